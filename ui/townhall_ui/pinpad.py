# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The PIN pad: a fixed layout that hands learn, digits that are never shown, spoken or kept in a string."""

import unicodedata
from collections.abc import Callable

from PySide6.QtCore import QLocale, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QWidget

from townhall_ui.buttons import Button, Kind, paint_box
from townhall_ui.icons import Icon
from townhall_ui.look import Look, Style
from townhall_ui.theme import GAP_MM
from townhall_ui.typeset import Block

PHONE_ORDER = ((1, 2, 3), (4, 5, 6), (7, 8, 9))


class PinBuffer:
    """The digits so far, in one bytearray that is wiped and never copied into a string.

    Args:
        maximum: the most digits it holds.
    """

    def __init__(self, maximum: int) -> None:
        self._digits = bytearray(maximum)
        self.count = 0

    def __repr__(self) -> str:
        return "PinBuffer(...)"

    def add(self, digit: int) -> bool:
        """Append 0-9; False where the buffer is full."""
        if self.count == len(self._digits):
            return False
        self._digits[self.count] = ord("0") + digit
        self.count += 1
        return True

    def delete(self) -> None:
        """Take the last digit back."""
        if self.count:
            self.count -= 1
            self._digits[self.count] = 0

    def sign_at(self, place: int) -> str:
        """One digit, for numbers that may be seen; more than one is never put together."""
        return chr(self._digits[place])

    def wipe(self) -> None:
        """Overwrite every digit."""
        for index in range(len(self._digits)):
            self._digits[index] = 0
        self.count = 0

    def hand_over(self) -> bytearray:
        """The digits as ASCII, in a bytearray that is the receiver's to wipe; the buffer is empty afterwards."""
        pin = bytearray(self.count)
        for index in range(self.count):
            pin[index] = self._digits[index]
        self.wipe()
        return pin


def digit_of_key(key: int) -> int | None:
    """The digit that a key of the hardware keyboard means, Arabic and Persian digits too; None for other keys.

    The key's code is read, not its text: Qt would make a string of that.
    """
    if not 0 < key < 0x110000:
        return None
    return unicodedata.decimal(chr(key), None)


class PinDots(QWidget):
    """How many digits have been entered, as dots over as many places as are needed at least."""

    def __init__(self, look: Look, minimum: int, maximum: int) -> None:
        super().__init__()
        self._look, self._minimum, self._maximum = look, minimum, maximum
        self._count = 0
        self.setObjectName("pin")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(look.px(18))
        self.setMinimumWidth(look.px(60))

    def set_count(self, count: int) -> None:
        """Show ``count`` dots."""
        self._count = count
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._look.px(6 + 8 * self._maximum), self._look.px(18))

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look = self._look
        if self.hasFocus():
            paint_box(painter, QRectF(self.rect()), look, fill="focus", edge="focus", edge_mm=0.4)
            inner = QRectF(self.rect()).adjusted(*(look.px(0.8) * side for side in (1, 1, -1, -1)))
            paint_box(painter, inner, look, fill="page", edge="ink", edge_mm=1.0)
        else:
            paint_box(painter, QRectF(self.rect()), look, fill="page", edge="edge", edge_mm=0.6)
        places = max(self._minimum, self._count)
        step = min(look.px(9.0), (self.width() - look.px(8)) / max(places, 1))
        start = (self.width() - step * (places - 1)) / 2
        for place in range(places):
            # Dots grow from the left in every script: so do the digits of a number.
            self._paint_place(painter, QPointF(start + place * step, self.height() / 2), is_filled=place < self._count)

    def _paint_place(self, painter: QPainter, centre: QPointF, *, is_filled: bool) -> None:
        look = self._look
        if is_filled:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("ink"))
            painter.drawEllipse(centre, look.px(2.3), look.px(2.3))
        else:
            painter.setPen(QPen(look.colour("edge"), look.px(0.7), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(centre + QPointF(-look.px(2), look.px(3)), centre + QPointF(look.px(2), look.px(3)))


class DigitPad(QWidget):
    """Ten digits in phone order and two more keys beside the zero; the same in every language.

    Args:
        look: sizes, fonts and colours.
        on_digit: called with 0-9.
        corners: the keys left and right of the zero, or None.
        zero: how the screen's language writes it; where that is not "0", each key carries its digit in both scripts.
    """

    def __init__(
        self,
        look: Look,
        on_digit: Callable[[int], None],
        corners: tuple[Button | None, Button | None],
        *,
        zero: str = "0",
    ) -> None:
        super().__init__()
        # A blind finger finds the one at the top left whatever the script.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(look.px(GAP_MM))
        for row, digits in enumerate(PHONE_ORDER):
            for column, digit in enumerate(digits):
                grid.addWidget(_digit_key(look, digit, on_digit, zero), row, column)
        if corners[0] is not None:
            grid.addWidget(corners[0], 3, 0)
        grid.addWidget(_digit_key(look, 0, on_digit, zero), 3, 1)
        if corners[1] is not None:
            grid.addWidget(corners[1], 3, 2)
        width, height = pad_size(look)
        self.setFixedSize(width, height)


class _DigitKey(Button):
    """A digit, and the same digit small in the corner as the screen's language writes it."""

    def __init__(self, digit: int, look: Look, zero: str) -> None:
        super().__init__(str(digit), look, Kind.DIGIT)
        self._second = chr(ord(zero) + digit) if zero != "0" else ""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._second:
            return
        painter = QPainter(self)
        painter.setPen(self.look.colour("on_focus" if self.hasFocus() else "muted"))
        width, height = self.look.px(6), self.look.px(8)
        block = Block(self._second, self.look, Style.KEY_WORD_STRONG, width, align=Qt.AlignmentFlag.AlignHCenter)
        block.draw(painter, QRectF(self.width() - width - self.look.px(1), self.look.px(0.8), width, height))


def zero_of(language: str) -> str:
    """The digit nought as a language (BCP 47) writes it."""
    return QLocale(language).zeroDigit()


def _digit_key(look: Look, digit: int, on_digit: Callable[[int], None], zero: str) -> Button:
    key = _DigitKey(digit, look, zero)
    key.setObjectName(f"digit:{digit}")
    key.clicked.connect(lambda: on_digit(digit))
    return key


def delete_key(look: Look, name: str, on_delete: Callable[[], None]) -> Button:
    """A key that takes the last sign back."""
    key = Button("", look, Kind.WORD_DIGIT, icon=Icon.DELETE, name=name)
    key.setObjectName("key:delete")
    key.clicked.connect(lambda _checked: on_delete())
    return key


def pad_size(look: Look) -> tuple[int, int]:
    """Width and height of the pad in pixels: keys a little wider than high."""
    gap = look.px(GAP_MM)
    return 3 * look.px(24) + 2 * gap, 4 * look.px(20) + 3 * gap
