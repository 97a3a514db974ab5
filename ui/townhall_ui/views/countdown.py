# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Seconds that run out, large, beside what they are for."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from townhall_ui.look import Look, Style
from townhall_ui.typeset import Block


class Countdown(QWidget):
    """The seconds in a ring; a ring alone while no seconds are told."""

    def __init__(self, look: Look, seconds: str | None, side: int) -> None:
        super().__init__()
        self._look, self._seconds = look, seconds
        self.setFixedSize(side, side)

    def set_seconds(self, seconds: str | None) -> None:
        """Tell other seconds."""
        self._seconds = seconds
        self.update()

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
            block = Block(self._seconds, look, Style.COUNTDOWN, self.width(), align=Qt.AlignmentFlag.AlignHCenter)
            block.draw(painter, QRectF(self.rect()))
            return
        painter.setPen(QPen(look.colour("plain"), edge, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        middle = area.center()
        painter.drawLine(middle, middle - QPointF(0, area.height() * 0.31))
        painter.drawLine(middle, middle + QPointF(area.width() * 0.22, 0))
