# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How much room a screen has on a panel, and the roomiest setting in which nothing of it is missing."""

from collections.abc import Iterator
from dataclasses import replace

from PySide6.QtCore import QSize

from townhall_ui.header import HEADER_MM, LOW_HEADER_MM
from townhall_ui.look import Density, Look
from townhall_ui.screens import EntryKind, QuestionScreen, Screen
from townhall_ui.theme import TextSize, Theme
from townhall_ui.views.catalogue import make_view
from townhall_ui.views.view import Outlet, Room, View

COLUMN_MM = 300.0
"""The page's column is no wider, however wide the panel is."""
COLUMN_HEIGHT_MM = 200.0
"""Nor higher: hands and eyes stay together on a large panel."""
_MARGIN_MM = 6.0
_LOW_PANEL_MM = 150.0
_LOW_EDGES_MM = (3.7, 2.8)


class Fitting:
    """Sets screens for one size of the window in one theme."""

    def __init__(self, theme: Theme, size: QSize) -> None:
        self.theme, self._width, self._height = theme, size.width(), size.height()
        self.margin = max(theme.px(_MARGIN_MM), (self._width - theme.px(COLUMN_MM)) // 2)

    @property
    def _is_low(self) -> bool:
        """Whether the panel is so low that white space gives way to keys and words."""
        return self._height < self.theme.px(_LOW_PANEL_MM)

    @property
    def header_height(self) -> int:
        """Pixels of height of the band at the top."""
        return self.theme.px(LOW_HEADER_MM if self._is_low else HEADER_MM)

    @property
    def header_place(self) -> tuple[int, int, int]:
        """Width and height of the band, and the margins of the page's column."""
        return self._width, self.header_height, self.margin

    def room(self, *, has_header: bool) -> Room:
        """The place that a view has."""
        above, below = map(self.theme.px, _LOW_EDGES_MM if self._is_low else (_MARGIN_MM, _MARGIN_MM))
        height = self._height - (self.header_height if has_header else 0) - above - below
        spare = max(0, height - self.theme.px(COLUMN_HEIGHT_MM)) if has_header else 0
        top, bottom = above + spare // 4, below + spare - spare // 4
        return Room(self._width - 2 * self.margin, height - spare, self.margin, top, bottom)

    def fit(self, screen: Screen, outlet: Outlet, *, has_header: bool) -> View:
        """The view in the roomiest setting in which nothing is missing.

        Raises:
            ScreenMalformedError: the model contradicts itself.
        """
        room = self.room(has_header=has_header)
        *roomy, tightest = self._looks(screen)
        for look in roomy:
            view = make_view(look, screen, room, outlet)
            if view.shortfall() <= 0:
                return view
            view.leave()
            view.deleteLater()
        return make_view(tightest, screen, room, outlet)

    def _looks(self, screen: Screen) -> Iterator[Look]:
        """From roomy to tight; text smaller than was asked for comes last: it is better than text cut off."""
        direction = screen.frame.direction
        folds = (False, True) if _has_keyboard(screen) else (False,)
        sizes = [size for size in TextSize if size.value <= self.theme.text_size.value]
        for size in reversed(sizes):
            theme = replace(self.theme, text_size=size)
            tight = (Density.DENSER, Density.DENSEST)
            for is_folded in folds:
                for density in Density if size is self.theme.text_size and not is_folded else tight:
                    yield Look(theme, direction, density, is_folded)


def _has_keyboard(screen: Screen) -> bool:
    if not isinstance(screen, QuestionScreen) or screen.is_read_only:
        return False
    return screen.kind in {EntryKind.TEXT, EntryKind.LONG_TEXT, EntryKind.LINES}
