# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The window of a visit: shows one screen at a time and hands on what the person does."""

import dataclasses
from collections.abc import Callable

from PySide6.QtCore import QBuffer, QIODevice, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QKeyEvent, QMouseEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QWidget

from townhall_ui import accessibility
from townhall_ui.board import Board, has_header
from townhall_ui.bookmarks import Bookmarks, asks_the_same, body
from townhall_ui.choices import ChoiceButton, RadioChoice
from townhall_ui.fields import LineField, LongField
from townhall_ui.fitting import Fitting
from townhall_ui.keypad import PAGE_KEYS, REPEAT_KEYS, intent_of_key
from townhall_ui.life import SignsOfLife
from townhall_ui.look import Look, load_fonts
from townhall_ui.moving import ARROWS, HeldTab, move_focus
from townhall_ui.numbered_card import NumberedCard
from townhall_ui.scanner import Scanner, ScanOutlet
from townhall_ui.screens import (
    Active,
    AttractScreen,
    CalledForHelp,
    Direction,
    Intent,
    Screen,
    StillThereScreen,
    WaysScreen,
)
from townhall_ui.speech import Speaker
from townhall_ui.theme import Theme
from townhall_ui.views.view import Outlet, Place, View
from townhall_ui.ways import Scanning, Switches, Ways


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
        spoken: everything that somebody who cannot see must hear: text, its language (BCP 47), and whether it goes
            over what is being said. No digit of a PIN is ever in it.
    """

    announced = Signal(str)
    spoken = Signal(str, str, bool)

    def __init__(self, theme: Theme, on_intent: Callable[[Intent], None]) -> None:
        super().__init__()
        accessibility.install()
        load_fonts(tuple(theme.fonts))
        self._theme, self._on_intent = theme, on_intent
        self._ways: Ways | None = None
        self._screen: Screen | None = None
        self._board = Board(self, self._send)
        self._speaker = Speaker(self.spoken.emit)
        self._scanner = Scanner(self, self._scan_outlet())
        self._bookmarks, self._tab = Bookmarks(), HeldTab()
        self._has_called = self._is_changing = False
        self._fitting = Fitting(theme, self.size())
        self._built_size = QSize()
        self._life = SignsOfLife(lambda: self._on_intent(Active()))
        self._colour_ground()
        self.setAutoFillBackground(True)
        self.setCursor(Qt.CursorShape.BlankCursor)

    def _scan_outlet(self) -> ScanOutlet:
        return ScanOutlet(
            tree=self._board.scan_tree,
            look=lambda: Look(self._theme),
            say=self._speaker.mark,
            say_leave=self._speaker.way_out,
            tell_alive=self._tell_alive,
            pass_on=self.keyPressEvent,
        )

    def _colour_ground(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(self._theme.palette.page))
        self.setPalette(palette)

    def use(self, ways: Ways) -> None:
        """Look and work as ``ways`` say, from this moment on; what is typed, the page and the focus stay."""
        if ways == self._ways:
            return
        old, self._ways = self._ways, ways
        self._theme = dataclasses.replace(self._theme, palette=ways.contrast.value, text_size=ways.text_size)
        self._colour_ground()
        if ways.scanning != (old.scanning if old is not None else Scanning()):
            # Otherwise it stays as it is: who began to scan by pressing a switch has chosen nothing by name.
            self._scanner.use(ways.scanning)
        self._is_changing = True
        try:
            self._build(self._whereabouts(), is_told=False)
        finally:
            self._is_changing = False

    def _whereabouts(self) -> Place:
        """Where somebody is, with what is typed."""
        view = self._board.view
        return Place() if view is None else dataclasses.replace(view.place(), typed=view.typed())

    @property
    def current(self) -> Screen | None:
        """The screen shown last; None before the first."""
        return self._screen

    def show_screen(self, screen: Screen) -> None:
        """Show ``screen`` in place of what was there.

        The same question again is updated in place: focus and page stay, and a field takes the model's value. If
        only the band at the top differs (status, step, its buttons), what is typed stays too. A ``StillThereScreen``,
        a ``WaysScreen`` and the message after ``CalledForHelp`` are asides: if the screen from before them is shown
        again, it comes back with page, focus and what was typed, except for a PIN.

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
        self._life.begin()
        view = self._board.view
        if old is not None and view is not None and asks_the_same(old, screen):
            self._update(view, old, screen)
        else:
            place = self._bookmarks.turn(old, self._whereabouts(), screen, has_called=self._has_called)
            self._has_called = False
            if isinstance(screen, AttractScreen):
                self._scanner.use(self._ways.scanning if self._ways is not None else Scanning())
            self._build(place, is_new=place == Place())

    def _update(self, view: View, old: Screen, screen: Screen) -> None:
        self._board.show_frame(screen)
        if old != screen and body(old) == body(screen):
            return
        if not view.refresh(body(screen)):
            # Whoever chose a way has heard what they chose.
            self._build(view.place(), is_told=not isinstance(screen, WaysScreen))
        elif isinstance(screen, StillThereScreen):
            self._speaker.count_down(screen)

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
            self._build(self._whereabouts(), is_told=False)
            self._is_changing = False

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._board.view is not None:
            self._board.view.leave()
        super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A key that the band has no use for belongs to the screen, as if the focus were there; then to the window."""
        if event.isAutoRepeat():
            return  # VVSG 2.0, 7.2-M: a key held down acts once
        is_elsewhere = self._board.has_focus_in_band or self._scanner.has_focus
        if self._board.view is not None and is_elsewhere and event.key() not in ARROWS:
            self._board.view.keyPressEvent(event)
        else:
            event.ignore()
        if not event.isAccepted():
            self._press(event)

    def _press(self, event: QKeyEvent) -> None:
        """What the keys of the keypad do on every screen."""
        self._tell_alive()
        key, screen = event.key(), self._screen
        if screen is None or isinstance(screen, StillThereScreen):
            return
        intent = intent_of_key(key, screen.frame)
        if intent is not None:
            self._send(intent)
        elif key in REPEAT_KEYS:
            self._speaker.tell_screen(None)
        elif key in ARROWS:
            is_mirrored = screen.frame.direction is Direction.RIGHT_TO_LEFT
            if move_focus(self.focusWidget(), self._board.stops(), Qt.Key(key), is_mirrored=is_mirrored):
                self._tell_focus()
        elif key == Qt.Key.Key_Space and not self._scanner.is_on:
            # Nothing else on a screen takes this key: somebody has a switch and no other way to say so.
            self._scanner.use(Scanning(Switches.ONE))
            self._scanner.begin(is_new=True)

    def _tell_focus(self) -> None:
        focus = self.focusWidget()
        if focus is not None:
            self._speaker.focus(focus)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        self._tab.comes_up(event)

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
        if not self._tab.goes_down() or isinstance(self._screen, StillThereScreen):
            return True
        if self._scanner.is_on:
            self._scanner.step()
            return True
        has_moved = super().focusNextPrevChild(is_forward)
        self._tell_focus()
        return has_moved

    def _send(self, intent: Intent) -> None:
        self._has_called = isinstance(intent, CalledForHelp)
        self._on_intent(intent)

    def _tell_alive(self) -> None:
        """Somebody is there; a countdown learns it at once."""
        self._life.give(is_due=isinstance(self._screen, StillThereScreen))

    def _build(self, place: Place, *, is_new: bool = False, is_told: bool = True) -> None:
        """Make header and view anew for the current screen, and say it where it says something new."""
        screen = self._screen
        if screen is None:
            return
        self._built_size = self.size()
        self._fitting = Fitting(self._theme, self.size())
        outlet = Outlet(send=self._send, say=self._say, tell_alive=self._tell_alive)
        view = self._fitting.fit(body(screen), outlet, has_header=has_header(screen))
        for stop in self._board.place(view, screen, self._fitting):
            self._wire(stop)
        focus = self._focus(view, place)
        self._speaker.follow(screen, view)
        if is_told:
            self._announce(f"{view.heading.text()} {view.description}", is_urgent=False)
            self._speaker.tell_screen(focus)
        if isinstance(screen, StillThereScreen):
            self._scanner.pause()
        else:
            self._scanner.begin(is_new=is_new)

    def _wire(self, stop: QWidget) -> None:
        if isinstance(stop, QAbstractButton):
            stop.pressed.connect(self._tell_alive)
            if isinstance(stop, (ChoiceButton, RadioChoice)) and stop.isCheckable():
                stop.clicked.connect(lambda: self._speaker.turned(stop))
            elif stop.objectName() in PAGE_KEYS:
                stop.pressed.connect(lambda: self._speaker.say(stop.accessibleName(), is_urgent=True))
        elif isinstance(stop, (LineField, LongField)):
            stop.keyed.connect(self._tell_alive)
        if isinstance(stop, (LineField, LongField, NumberedCard)):
            stop.typed.connect(self._speaker.echo)
            stop.removed.connect(self._speaker.echo_removed)

    @staticmethod
    def _focus(view: View, place: Place) -> QWidget:
        resumed = view.resume(place) if place != Place() else None
        if place.typed is not None:
            view.type_again(place.typed)
        view.heading.setAccessibleDescription(view.description)
        focus = resumed if resumed is not None and resumed.isEnabled() else view.first_focus()
        focus.setFocus(Qt.FocusReason.OtherFocusReason)
        return focus

    def _say(self, text: str, is_urgent: bool) -> None:  # noqa: FBT001 - one of the two arguments of Outlet.say
        self._announce(text, is_urgent=is_urgent)
        self._speaker.say(text, is_urgent=is_urgent)

    def _announce(self, text: str, *, is_urgent: bool) -> None:
        self.announced.emit(text)
        if self._board.view is not None:
            accessibility.announce(self._board.view, text, is_urgent=is_urgent)
