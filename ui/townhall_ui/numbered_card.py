# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A drawing of a card's front, or of a slip, that shows the digits where they are printed, as they are typed."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from townhall_ui.buttons import paint_box
from townhall_ui.look import Look, Style
from townhall_ui.pinpad import PinBuffer

_CARD_MM: Final = (85.6, 54.0)  # ISO/IEC 7810 ID-1
_LEAST_HEIGHT_MM: Final = 20.0
_PLACE_MM: Final = 8.0  # a digit in the largest letters of a key
_BESIDE_MM: Final = 9.0  # around the digits
_STRIP_MM: Final = 14.0
_PORTRAIT: Final = QColor("#7fa8bf")


class NumberedCard(QWidget):
    """A card in its own size where there is room, and never too small for its digits; they are painted one by one.

    Never mirrored: so the card lies in the hand, and so its digits run, whatever the page's direction.

    Signals, of paper alone, whose digits may be heard:
        typed: the digit that was added.
        removed: the digit that was taken back.
    """

    typed = Signal(str)
    removed = Signal(str)

    def __init__(self, look: Look, digits: int, width: int, height: int, *, is_paper: bool = False) -> None:
        super().__init__()
        self._look, self._places, self._is_paper = look, digits, is_paper
        self._buffer = PinBuffer(digits)
        self.setObjectName("access-number")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        least = QSize(look.px(_PLACE_MM * digits + _BESIDE_MM), look.px(_LEAST_HEIGHT_MM))
        most = QSize(*map(look.px, _CARD_MM))
        self.setFixedSize(most.boundedTo(QSize(width, height)).expandedTo(least))

    def show_digits(self, buffer: PinBuffer) -> None:
        """Show these digits from now on; the buffer stays its owner's."""
        self._buffer = buffer
        self.update()

    @property
    def heard(self) -> str:
        """The digits one by one, where they may be heard."""
        return " ".join(map(self._buffer.sign_at, range(self._buffer.count))) if self._is_paper else ""

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, card = self._look, QRectF(self.rect())
        paint_box(painter, card, look, fill="page" if self._is_paper else "plain_tint", edge="plain", edge_mm=0.6)
        strip = QRectF(0, 0, look.px(_PLACE_MM) * self._places + look.px(4), look.px(_STRIP_MM))
        strip.moveBottomRight(card.bottomRight() - QPointF(look.px(2.5), look.px(2.5)))
        self._paint_print(painter, card, strip)
        if self.hasFocus():
            around = strip.adjusted(*(look.px(1.6) * side for side in (-1, -1, 1, 1)))
            paint_box(painter, around, look, fill="focus", edge="focus", edge_mm=0.4)
        paint_box(painter, strip, look, fill="page", edge="ink", edge_mm=1.0 if self.hasFocus() else 0.7)
        self._paint_digits(painter, strip)

    def _paint_print(self, painter: QPainter, card: QRectF, strip: QRectF) -> None:
        """What else is on it: lines, and its holder on a card; left out where only the digits have room."""
        look = self._look
        edge, width = look.px(4), look.px(20)
        lines = QRectF(card.topLeft() + QPointF(look.px(5), look.px(5)), QPointF(card.right(), strip.top()))
        if self._is_paper:
            if lines.height() >= look.px(14):
                self._paint_lines(painter, lines)
            return
        portrait = QRectF(card.left() + edge, card.top() + edge, width, min(card.height() - 2 * edge, width * 1.3))
        if portrait.right() + edge > strip.left() or portrait.height() < look.px(11):
            return
        self._paint_portrait(painter, portrait)
        lines.setTopLeft(portrait.topRight() + QPointF(edge, 0))
        self._paint_lines(painter, lines)

    def _paint_portrait(self, painter: QPainter, place: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.colour("page"))
        painter.drawRect(place)
        painter.setBrush(_PORTRAIT)
        head = min(place.width(), place.height()) * 0.2
        painter.drawEllipse(QPointF(place.center().x(), place.top() + place.height() * 0.36), head, head)
        shoulders = QRectF(0, 0, head * 3.6, place.height() * 0.7)
        shoulders.moveCenter(QPointF(place.center().x(), place.bottom()))
        painter.drawChord(shoulders, 0, 180 * 16)

    def _paint_lines(self, painter: QPainter, place: QRectF) -> None:
        look = self._look
        painter.setPen(QPen(look.colour("muted"), look.px(1.1), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for line, share in enumerate((0.55, 0.8, 0.4)):
            start = place.topLeft() + QPointF(0, look.px(3 + 5 * line))
            if start.y() < place.bottom():
                painter.drawLine(start, start + QPointF((place.width() - look.px(6)) * share, 0))

    def _paint_digits(self, painter: QPainter, strip: QRectF) -> None:
        look = self._look
        font = QFont(look.font(Style.DIGIT))
        painter.setFont(font)
        for place in range(self._places):
            box = QRectF(
                strip.left() + look.px(2) + place * look.px(_PLACE_MM), strip.top(), look.px(_PLACE_MM), strip.height()
            )
            if place < self._buffer.count:
                painter.setPen(look.colour("ink"))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._buffer.sign_at(place))
            else:
                painter.setPen(QPen(look.colour("edge"), look.px(0.7), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
                foot = box.bottom() - look.px(3.2)
                painter.drawLine(QPointF(box.left() + look.px(1.4), foot), QPointF(box.right() - look.px(1.4), foot))
