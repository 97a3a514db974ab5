# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``PinScreen``: what the PIN is for, dots, and the pad; the digits live in one buffer that is wiped."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from townhall_ui.buttons import ENTER_KEYS, Button, Kind
from townhall_ui.look import Look
from townhall_ui.pinpad import DigitPad, PinBuffer, PinDots, delete_key, digit_of_key
from townhall_ui.screens import EnteredPin, PinScreen, Screen
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.words import Notice, Words


class PinView(View):
    """Words and dots where lines start, the pad where they end."""

    def __init__(self, look: Look, screen: PinScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self._screen = screen
        self._buffer = PinBuffer(screen.maximum)
        self.reserve_side(self._make_pad(screen))
        self._dots = PinDots(look, screen.minimum, screen.maximum)
        self._dots.setAccessibleName(screen.frame.heading)
        self.column.addWidget(self.heading)
        if screen.introduction:
            self.column.addWidget(Words(screen.introduction, look))
        self.column.addWidget(self._dots, 0, look.leading | Qt.AlignmentFlag.AlignAbsolute)
        if screen.notice:
            self.column.addWidget(Notice(screen.notice, look, screen.tone))
        self.column.addStretch(1)
        self._show_count()
        self.compose()

    def _make_pad(self, screen: PinScreen) -> DigitPad:
        clear = Button(screen.words.clear, self.look, Kind.WORD_DIGIT)
        clear.setObjectName("key:clear")
        clear.clicked.connect(self._clear)
        return DigitPad(self.look, self._add, (clear, delete_key(self.look, screen.words.delete, self._delete)))

    def _add(self, digit: int) -> None:
        if self._buffer.add(digit):
            self._tell_count()

    def _delete(self) -> None:
        self._buffer.delete()
        self._tell_count()

    def _clear(self) -> None:
        self._buffer.wipe()
        self._tell_count()

    def _show_count(self) -> None:
        count = self._buffer.count
        self._dots.set_count(count)
        self._dots.setAccessibleDescription(self._screen.words.entered.format(count=count))
        if self.proceed is not None:
            self.proceed.setEnabled(count >= self._screen.minimum)

    def _tell_count(self) -> None:
        self._show_count()
        self.outlet.say(self._screen.words.entered.format(count=self._buffer.count), True)

    def first_focus(self) -> QWidget:
        return self._dots

    def go_on(self) -> None:
        """Hand the PIN over; nothing of it stays here."""
        if self._buffer.count < self._screen.minimum:
            return
        pin = self._buffer.hand_over()
        # The button is about to sleep; the focus must not be left on it.
        self._dots.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_count()
        self.outlet.send(EnteredPin(pin))

    def leave(self) -> None:
        self._buffer.wipe()
        self._show_count()

    def refresh(self, screen: Screen) -> bool:
        """The same question again begins with no digits; another notice needs other room."""
        if not isinstance(screen, PinScreen) or screen != self._screen:
            return False
        self._clear()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The hardware keyboard's digits, wherever the focus is; keys are read by code, never by text."""
        self.outlet.tell_alive()
        digit = digit_of_key(event.key())
        if digit is not None:
            self._add(digit)
        elif event.key() in {Qt.Key.Key_Backspace, Qt.Key.Key_Delete}:
            self._delete()
        elif event.key() in ENTER_KEYS:
            if not event.isAutoRepeat():
                self.go_on()
        else:
            event.ignore()
