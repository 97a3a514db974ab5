# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the screens that ask for digits share: the pad, and one buffer that is wiped whenever somebody leaves."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from townhall_ui.buttons import ENTER_KEYS, Button, Kind
from townhall_ui.look import Look
from townhall_ui.pinpad import DigitPad, PinBuffer, delete_key, digit_of_key, zero_of
from townhall_ui.screens import AccessNumberScreen, PinScreen, Screen
from townhall_ui.views.view import Outlet, Room, View


class DigitsView(View):
    """Words where lines start, the pad where they end.

    Subclasses give the widget that tells of the digits (``places``) and what is sent in the end.
    """

    def __init__(self, look: Look, screen: PinScreen | AccessNumberScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self.asked = screen
        self.minimum, self.maximum = limits(screen)
        self._buffer = PinBuffer(self.maximum)
        self.reserve_side(self._make_pad(screen))

    def _make_pad(self, screen: PinScreen | AccessNumberScreen) -> DigitPad:
        clear = Button(screen.words.clear, self.look, Kind.WORD_DIGIT)
        clear.setObjectName("key:clear")
        clear.clicked.connect(self.clear)
        delete = delete_key(self.look, screen.words.delete, self._delete)
        return DigitPad(self.look, self._add, (clear, delete), zero=zero_of(screen.frame.language))

    def places(self) -> QWidget:
        """The widget that tells of the digits and has the focus first."""
        raise NotImplementedError

    @property
    def is_heard(self) -> bool:
        """Whether a digit may be said to who wears headphones; of a PIN and of a card's number never."""
        return False

    def tell_digit(self, digit: str) -> None:
        """Have ``digit`` said, where it may be heard."""

    def tell_gone(self, digit: str) -> None:
        """Have it said that ``digit`` is taken back, where it may be heard."""

    def show_digits(self, buffer: PinBuffer) -> None:
        """Show what of ``buffer`` may be seen."""
        raise NotImplementedError

    def send(self, digits: bytearray) -> None:
        """Send the digits, which are the receiver's to wipe."""
        raise NotImplementedError

    def _add(self, digit: int) -> None:
        if self._buffer.add(digit):
            self.tell_digit(str(digit))
            self._tell_count()

    def _delete(self) -> None:
        gone = self._buffer.sign_at(self._buffer.count - 1) if self.is_heard and self._buffer.count else ""
        self._buffer.delete()
        self.tell_gone(gone)
        self._tell_count()

    def clear(self) -> None:
        """Begin again with no digits."""
        self._buffer.wipe()
        self._tell_count()

    def show_count(self) -> None:
        """Show how many digits there are, and whether that is enough."""
        self.show_digits(self._buffer)
        self.places().setAccessibleDescription(self._told())
        if self.proceed is not None:
            self.proceed.setEnabled(self._buffer.count >= self.minimum)

    def _tell_count(self) -> None:
        self.show_count()
        self.outlet.say(self._told(), not self.is_heard)  # after the digit, not over it

    def _told(self) -> str:
        """How many digits there are: of how many, where every card of this kind has as many."""
        count, digit = self._buffer.count, self.asked.frame.spoken.digit
        if digit and count and self.minimum == self.maximum:
            return digit.format(n=count, m=self.maximum)
        return self.asked.words.entered.format(count=count)

    def first_focus(self) -> QWidget:
        return self.places()

    def go_on(self) -> None:
        """Hand the digits over; nothing of them stays here."""
        if self._buffer.count < self.minimum:
            return
        digits = self._buffer.hand_over()
        # The button is about to sleep; the focus must not be left on it.
        self.places().setFocus(Qt.FocusReason.OtherFocusReason)
        self.show_count()
        self.send(digits)

    def leave(self) -> None:
        self._buffer.wipe()
        self.show_count()

    def refresh(self, screen: Screen) -> bool:
        """The same question again begins with no digits; another notice needs other room."""
        if screen != self.asked:
            return False
        self.clear()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The hardware keyboard's digits, wherever the focus is; keys are read by code, never by text."""
        if event.isAutoRepeat():
            return
        self.outlet.tell_alive()
        digit = digit_of_key(event.key())
        if digit is not None:
            self.leave_button(self.places())
            self._add(digit)
        elif event.key() in {Qt.Key.Key_Backspace, Qt.Key.Key_Delete}:
            self._delete()
        elif event.key() in ENTER_KEYS:
            self.go_on()
        else:
            event.ignore()


def limits(screen: PinScreen | AccessNumberScreen) -> tuple[int, int]:
    """The fewest and the most digits that a screen takes."""
    if isinstance(screen, AccessNumberScreen):
        return screen.digits, screen.digits
    return screen.minimum, screen.maximum
