# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``StillThereScreen``: a question and a countdown that any touch or key ends."""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from townhall_ui.look import Look, Style
from townhall_ui.screens import Screen, StillThereScreen
from townhall_ui.typeset import Block
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.words import Words


class _Countdown(QWidget):
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


class StillThereView(View):
    """The question large, the seconds beside it."""

    is_side_centred = True

    def __init__(self, look: Look, screen: StillThereScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self._seconds = screen.seconds
        side = min(room.width * 35 // 100, self.main_height, look.px(100))
        self._countdown = _Countdown(look, screen.seconds, side)
        self.reserve_side(self._countdown, spans_foot=False)
        self.column.addStretch(2)
        self.column.addWidget(self.heading)
        for paragraph in screen.paragraphs:
            self.column.addWidget(Words(paragraph, look))
        self.column.addStretch(3)
        self.compose()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key ends the countdown, Enter too: the window says so."""
        event.ignore()

    def refresh(self, screen: Screen) -> bool:
        """A second less."""
        if not isinstance(screen, StillThereScreen) or replace(screen, seconds=self._seconds) != self.shown:
            return False
        self.shown, self._seconds = screen, screen.seconds
        self._countdown.set_seconds(screen.seconds)
        return True
