# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Seconds that run out, large, beside what they are for."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from townhall_ui.look import Look, Style
from townhall_ui.typeset import Block

_SIZES: Final = (Style.COUNTDOWN, Style.TITLE, Style.NUMBER, Style.STRONG)
_INSIDE: Final = 0.8  # of the ring, where a line of words has room


class Countdown(QWidget):
    """The seconds in a ring, their number large and their name below; a ring alone while no seconds are told."""

    def __init__(self, look: Look, seconds: str | None, side: int) -> None:
        super().__init__()
        self._look, self._seconds = look, seconds
        self.setFixedSize(side, side)

    def set_seconds(self, seconds: str | None) -> None:
        """Tell other seconds."""
        self._seconds = seconds
        self.update()

    def _draw_seconds(self, painter: QPainter, seconds: str) -> None:
        inside = self.width() * _INSIDE
        number, name = parted(seconds)
        below = [self._block(name, Style.STRONG, inside)] if number and name else []
        room = (inside if below else self.height()) - sum(block.height for block in below)
        sizes = [self._block(number or name, style, inside) for style in _SIZES]
        fitting = (each for each in sizes if len(each.lines) == 1 and each.height <= room)
        blocks = [next(fitting, sizes[-1]), *below]
        top = (self.height() - sum(block.height for block in blocks)) / 2
        for block in blocks:
            block.draw(painter, QRectF((self.width() - inside) / 2, top, inside, block.height))
            top += block.height

    def _block(self, words: str, style: Style, width: float) -> Block:
        return Block(words, self._look, style, width, align=Qt.AlignmentFlag.AlignHCenter)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, edge = self._look, float(self._look.px(2.5))
        area = QRectF(self.rect()).adjusted(edge, edge, -edge, -edge)
        painter.setPen(QPen(look.colour("plain"), edge))
        painter.setBrush(look.colour("plain_tint"))
        painter.drawEllipse(area)
        if self._seconds is not None:
            painter.setPen(look.colour("ink"))
            self._draw_seconds(painter, self._seconds)
            return
        painter.setPen(QPen(look.colour("plain"), edge, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        middle = area.center()
        painter.drawLine(middle, middle - QPointF(0, area.height() * 0.31))
        painter.drawLine(middle, middle + QPointF(area.width() * 0.22, 0))


def parted(seconds: str) -> tuple[str, str]:
    """Return the number in "10 seconds", in any language, and what it counts; a text may name two without a digit."""
    words = seconds.split()
    numbers = [word for word in words if any(map(str.isdecimal, word))]
    return " ".join(numbers), " ".join(word for word in words if word not in numbers)
