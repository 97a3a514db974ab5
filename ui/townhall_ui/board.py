# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What stands in the window: the band at the top and the view below it, and the order in which the focus goes."""

import dataclasses
import itertools
from collections.abc import Callable

from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from townhall_ui.fitting import Fitting
from townhall_ui.header import Header
from townhall_ui.look import Look
from townhall_ui.scan_tree import ScanGroup, make_group, make_tree
from townhall_ui.screens import AttractScreen, Frame, Intent, Screen
from townhall_ui.views.view import View


def has_header(screen: Screen) -> bool:
    """Whether a screen has the band; the one that invites has it for its buttons alone."""
    frame = screen.frame
    return not isinstance(screen, AttractScreen) or (frame.help, frame.ways, frame.back, frame.stop) != (None,) * 4


def _told(screen: Screen) -> Frame:
    """What the band shows of a screen: the inviting one tells place and line itself."""
    if isinstance(screen, AttractScreen):
        return dataclasses.replace(screen.frame, status="", step="")
    return screen.frame


class Board:
    """Keeps band and view in their column.

    Args:
        window: whose column it is.
        send: takes what the band's buttons mean.
    """

    def __init__(self, window: QWidget, send: Callable[[Intent], None]) -> None:
        self._send = send
        self.view: View | None = None
        self.header: Header | None = None
        self._column = QVBoxLayout(window)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        # The panel rules the window's size, not its content.
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)

    def show_frame(self, screen: Screen) -> None:
        """The band of the same screen has changed."""
        if self.header is not None:
            self.header.show_frame(_told(screen))

    def place(self, view: View, screen: Screen, fitting: Fitting) -> list[QWidget]:
        """Put a view and its band where others were; what is new and can have the focus.

        The band stays if its look and size are the same.
        """
        if self.view is not None:
            self._drop(self.view)
        self.view = view
        look, place = Look(fitting.theme, screen.frame.direction), fitting.header_place
        old, header = self.header, self.header
        if header is not None and (not has_header(screen) or (header.look, header.measures) != (look, place)):
            self._drop(header)
            header = None
        if has_header(screen) and header is None:
            header = Header(look, _told(screen), place, self._send)
            self._column.addWidget(header)
        self.header = header
        self.show_frame(screen)
        self._column.addWidget(view, 1)
        self._settle()
        for earlier, later in itertools.pairwise([*self._band(), *view.stops()]):
            QWidget.setTabOrder(earlier, later)
        return [*view.stops(), *(self._band() if header is not old else [])]

    def _settle(self) -> None:
        """Give everything its place now and not with the next turn of the loop: the mark of scanning needs it."""
        for part in (self.header, self.view):
            if part is not None:
                part.show()
        self._column.activate()

    def _drop(self, old: QWidget) -> None:
        if isinstance(old, View):
            old.leave()
        self._column.removeWidget(old)
        old.hide()
        # Later, and still ours until then: the button whose click brought us here is a part of it.
        old.deleteLater()

    def _band(self) -> list[QWidget]:
        return list(self.header.buttons) if self.header is not None else []

    @property
    def has_focus_in_band(self) -> bool:
        """Whether a button of the band has the focus."""
        return any(button.hasFocus() for button in self._band())

    def stops(self) -> list[QWidget]:
        """What the focus can go to now, in reading order."""
        stops = [*(self.view.stops() if self.view is not None else []), *self._band()]
        return [stop for stop in stops if stop.isVisible() and stop.isEnabled()]

    def scan_tree(self) -> ScanGroup:
        """What switches go through now."""
        if self.view is None:
            return ScanGroup("", ())
        words = self.view.shown.frame.spoken
        content, keys, foot = self.view.scan_areas()
        return make_tree(
            (
                make_group(words.content, content, words),
                make_group(words.keys, keys, words, is_keys=True),
                make_group(words.foot, foot, words),
                make_group(words.band, self._band(), words),
            )
        )
