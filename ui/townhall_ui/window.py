# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window of a visit: shows one screen at a time and hands on what the person does."""

import dataclasses
import itertools
from collections.abc import Callable

from PySide6.QtCore import QBuffer, QElapsedTimer, QIODevice, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QKeyEvent, QMouseEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QLayout, QVBoxLayout, QWidget

from townhall_ui import accessibility
from townhall_ui.fields import LineField, LongField
from townhall_ui.header import HEADER_MM, LOW_HEADER_MM, Header
from townhall_ui.look import Density, Look, load_fonts
from townhall_ui.screens import Active, AttractScreen, Intent, Screen, StillThereScreen
from townhall_ui.theme import Theme
from townhall_ui.views.catalogue import make_view
from townhall_ui.views.view import Outlet, Place, Room, View

COLUMN_MM = 300.0
"""The page's column is no wider, however wide the panel is."""
COLUMN_HEIGHT_MM = 200.0
"""Nor higher: hands and eyes stay together on a large panel."""
_MARGIN_MM = 6.0
_LOW_PANEL_MM = 150.0
_LOW_EDGE_MM = 3.0
_ACTIVE_EVERY_MS = 1000


@dataclasses.dataclass(frozen=True, slots=True)
class _Covered:
    """What stands behind the countdown."""

    screen: Screen
    view: View
    place: Place


class Window(QWidget):
    """Shows any ``Screen``; every touch and key comes back as an ``Intent`` through one callback.

    The window holds no words and nothing of a visit beyond the screen it shows. Its size is the caller's business;
    resizing sets the screen anew from its model.

    Args:
        theme: colours, sizes and fonts.
        on_intent: called in the thread of the window with each intent.

    Raises:
        FontUnreadableError: a font of the theme cannot be read.

    Signals:
        announced: what a screen reader is told beyond the focus.
    """

    announced = Signal(str)

    def __init__(self, theme: Theme, on_intent: Callable[[Intent], None]) -> None:
        super().__init__()
        accessibility.install()
        load_fonts(tuple(theme.fonts))
        self._theme, self._on_intent = theme, on_intent
        self._screen: Screen | None = None
        self._view: View | None = None
        self._header: Header | None = None
        self._covered: _Covered | None = None
        self._built_size = QSize()
        self._is_changing = False
        self._since_active = QElapsedTimer()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        # The panel rules the window's size, not its content.
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(theme.palette.page))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        self.setCursor(Qt.CursorShape.BlankCursor)

    @property
    def current(self) -> Screen | None:
        """The screen shown last; None before the first."""
        return self._screen

    def show_screen(self, screen: Screen) -> None:
        """Show ``screen`` in place of what was there.

        The same question again is updated in place: focus and page stay, and a field takes the model's value. If
        only the band at the top differs (status, step, Back, Stop), what is typed stays too. A ``StillThereScreen``
        covers the screen before it; if that one is shown again, it comes back as it was, except for a PIN.

        Raises:
            ScreenMalformedError: the model contradicts itself.
        """
        self._is_changing = True
        try:
            self._change_to(screen)
        finally:
            self._is_changing = False

    def _change_to(self, screen: Screen) -> None:
        old, self._screen = self._screen, screen
        self._since_active.invalidate()
        if isinstance(screen, StillThereScreen) and not isinstance(old, StillThereScreen):
            self._cover(old)
        elif old is None or self._view is None or not _asks_the_same(old, screen):
            if not self._uncover(screen):
                self._build(Place())
        else:
            self._update(self._view, old, screen)

    def _update(self, view: View, old: Screen, screen: Screen) -> None:
        if self._header is not None:
            self._header.show_frame(screen.frame)
        if old != screen and _body(old) == _body(screen):
            return
        if not view.refresh(_body(screen)):
            self._build(view.place())

    def _cover(self, old: Screen | None) -> None:
        """Put the countdown over the screen that is there and keep that one's widgets."""
        if self._view is not None and old is not None:
            self._covered = _Covered(old, self._view, self._view.place())
            self._column.removeWidget(self._view)
            self._view.hide()
            self._view.leave()
            self._view = None
        self._build(Place())

    def _uncover(self, screen: Screen) -> bool:
        """Bring the covered screen back if ``screen`` is that one; forget it in any case."""
        covered, self._covered = self._covered, None
        if covered is None:
            return False
        if _body(covered.screen) != _body(screen) or self._built_size != self.size():
            self._drop(covered.view)
            return False
        self._place_view(covered.view, screen)
        covered.view.show()
        self._focus(covered.place)
        return True

    def grab_png(self) -> bytes:
        """The window as it stands, as PNG."""
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.grab().save(buffer, "PNG")
        return bytes(buffer.data().data())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._screen is not None and self.size() != self._built_size:
            self._is_changing = True
            self._build(self._view.place() if self._view is not None else Place())
            self._is_changing = False

    def closeEvent(self, event: QCloseEvent) -> None:
        for view in (self._view, self._covered.view if self._covered is not None else None):
            if view is not None:
                view.leave()
        super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A key that the band has no use for belongs to the screen, as if the focus were there."""
        if self._view is not None and self._header is not None and self._header.focusWidget() is not None:
            self._view.keyPressEvent(event)
        else:
            self._tell_alive()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A touch that no control took."""
        self._tell_alive()
        event.accept()

    def focusNextPrevChild(self, is_forward: bool) -> bool:  # noqa: FBT001 - Qt hands it over by position
        """Tab moves the focus; on the countdown it ends that, as any key does."""
        if self._is_changing:
            # Qt moves the focus off a widget that is about to go: nobody pressed a key.
            return super().focusNextPrevChild(is_forward)
        self._tell_alive()
        return isinstance(self._screen, StillThereScreen) or super().focusNextPrevChild(is_forward)

    def _tell_alive(self) -> None:
        """Somebody is there: say so, at most once a second, but at once to a countdown.

        Controls report touches and keys themselves. A filter over all events of the application would be shorter, but
        PySide then makes Python types in the middle of a delivery, and dies when that nests (PySide6 6.11.3).
        """
        is_due = not self._since_active.isValid() or self._since_active.elapsed() >= _ACTIVE_EVERY_MS
        if is_due or isinstance(self._screen, StillThereScreen):
            self._since_active.start()
            self._on_intent(Active())

    def _build(self, place: Place) -> None:
        """Make header and view anew for the current screen."""
        if self._screen is None:
            return
        self._built_size = self.size()
        self._place_view(self._fit(self._screen), self._screen)
        self._focus(place)

    def _place_view(self, view: View, screen: Screen) -> None:
        """Put a view and its header where others were."""
        for old in (self._view, self._header):
            if old is not None:
                self._drop(old)
        self._view = view
        self._header = (
            Header(
                view.look,
                screen.frame,
                (self.width(), self._theme.px(self._header_mm), self._margin()),
                self._on_intent,
            )
            if view.shows_header
            else None
        )
        if self._header is not None:
            self._column.addWidget(self._header)
        self._column.addWidget(view, 1)
        self._wire()

    def _drop(self, old: QWidget) -> None:
        if isinstance(old, View):
            old.leave()
        self._column.removeWidget(old)
        old.hide()
        # Later, and still ours until then: the button whose click brought us here is a part of it.
        old.deleteLater()

    def _fit(self, screen: Screen) -> View:
        """The view in the roomiest setting in which nothing is missing."""
        outlet = Outlet(send=self._on_intent, say=self._say, tell_alive=self._tell_alive)
        room = self._room(has_header=not isinstance(screen, AttractScreen))
        for density in (Density.ROOMY, Density.DENSE, Density.DENSER):
            view = make_view(Look(self._theme, screen.frame.direction, density), _body(screen), room, outlet)
            if view.shortfall() <= 0:
                return view
            view.leave()
            view.deleteLater()
        return make_view(Look(self._theme, screen.frame.direction, Density.DENSEST), _body(screen), room, outlet)

    @property
    def _is_low(self) -> bool:
        """Whether the panel is so low that white space gives way to keys and words."""
        return self.height() < self._theme.px(_LOW_PANEL_MM)

    @property
    def _header_mm(self) -> float:
        return LOW_HEADER_MM if self._is_low else HEADER_MM

    def _margin(self) -> int:
        return max(self._theme.px(_MARGIN_MM), (self.width() - self._theme.px(COLUMN_MM)) // 2)

    def _room(self, *, has_header: bool) -> Room:
        margin, edge = self._margin(), self._theme.px(_LOW_EDGE_MM if self._is_low else _MARGIN_MM)
        header = self._theme.px(self._header_mm) if has_header else 0
        height = self.height() - header - 2 * edge
        spare = max(0, height - self._theme.px(COLUMN_HEIGHT_MM)) if has_header else 0
        top, bottom = edge + spare // 4, edge + spare - spare // 4
        return Room(self.width() - 2 * margin, height - spare, margin, top, bottom)

    def _wire(self) -> None:
        if self._view is None:
            return
        header = [self._header.back, self._header.stop] if self._header is not None else []
        stops = [*header, *self._view.stops()]
        for earlier, later in itertools.pairwise(stops):
            QWidget.setTabOrder(earlier, later)
        for stop in stops:
            if isinstance(stop, QAbstractButton):
                stop.pressed.connect(self._tell_alive)
            elif isinstance(stop, (LineField, LongField)):
                stop.keyed.connect(self._tell_alive)

    def _focus(self, place: Place) -> None:
        if self._view is None:
            return
        view = self._view
        resumed = view.resume(place) if place != Place() else None
        view.heading.setAccessibleDescription(view.description)
        focus = resumed if resumed is not None and resumed.isEnabled() else view.first_focus()
        focus.setFocus(Qt.FocusReason.OtherFocusReason)
        self._say(f"{view.heading.text()} {view.description}", False)

    def _say(self, text: str, is_urgent: bool) -> None:  # noqa: FBT001 - one of the two arguments of Outlet.say
        self.announced.emit(text)
        if self._view is not None:
            accessibility.announce(self._view, text, is_urgent=is_urgent)


def _body(screen: Screen) -> Screen:
    """The screen without what the band at the top shows: that changes without the question changing."""
    if isinstance(screen, AttractScreen):
        return screen
    frame = dataclasses.replace(screen.frame, status="", step="", back=None, stop=None)
    return dataclasses.replace(screen, frame=frame)


def _asks_the_same(old: Screen, new: Screen) -> bool:
    """Whether two screens are the same kind and ask the same, in the same language."""
    return (
        type(old) is type(new)
        and (old.frame.heading, old.frame.language) == (new.frame.heading, new.frame.language)
        and old.frame.direction is new.frame.direction
    )
