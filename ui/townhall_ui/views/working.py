# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``WorkingScreen``: what happens, step by step, and what to mind meanwhile."""

from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from townhall_ui.errors import ScreenMalformedError
from townhall_ui.icons import Icon, draw_icon
from townhall_ui.look import Look, Style
from townhall_ui.screens import Screen, Tone, WorkingScreen
from townhall_ui.views.countdown import Countdown
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.words import Notice, Words

_MARK_MM = 11.0
_COUNTDOWN_MM = 90.0
_DONE, _NOW, _LATER = range(3)


class _Mark(QWidget):
    """A disc for one step: done, now, later; with the line that leads to the next."""

    def __init__(self, look: Look, state: int, *, is_last: bool) -> None:
        super().__init__()
        self._look, self._state, self._is_last = look, state, is_last
        self.setFixedWidth(look.px(_MARK_MM))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, side = self._look, float(self.width())
        middle = QPointF(side / 2, side / 2)
        edge = float(look.px(0.8))
        if not self._is_last:
            painter.setPen(QPen(look.colour("good" if self._state == _DONE else "rule"), edge))
            painter.drawLine(QPointF(side / 2, side), QPointF(side / 2, self.height()))
        colour = look.colour("edge" if self._state == _LATER else "good")
        painter.setPen(QPen(colour, edge))
        painter.setBrush(colour if self._state == _DONE else look.colour("page"))
        painter.drawEllipse(middle, (side - edge) / 2, (side - edge) / 2)
        if self._state == _DONE:
            quarter = side / 4
            draw_icon(painter, Icon.CHECK, QRectF(quarter, quarter, 2 * quarter, 2 * quarter), look.colour("page"))
        elif self._state == _NOW:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(middle, side / 4.4, side / 4.4)


def _check(screen: WorkingScreen) -> None:
    if not 0 <= screen.current < max(1, len(screen.steps)):
        raise ScreenMalformedError("the current step is none of the steps")


class WorkingView(View):
    """The steps under each other: done, now, later, by shape and weight of the words."""

    def __init__(self, look: Look, screen: WorkingScreen, room: Room, outlet: Outlet) -> None:
        _check(screen)
        super().__init__(look, screen, room, outlet)
        self._current, self._seconds = screen.current, screen.seconds
        self._countdown: Countdown | None = None
        if screen.seconds is not None:
            side = min(room.width * 30 // 100, self.main_height, look.px(_COUNTDOWN_MM))
            self._countdown = Countdown(look, screen.seconds, side)
            self.reserve_side(self._countdown, spans_foot=False)
        self.column.addSpacing(look.space(4))
        self.column.addWidget(self.heading)
        if screen.note:
            self.column.addWidget(Notice(screen.note, look, Tone.WARNING))
        self.column.addSpacing(look.space(4))
        self._list = self._make_list(screen)
        self.column.addWidget(self._list)
        self.column.addStretch(1)
        self.compose()

    def _make_list(self, screen: WorkingScreen) -> QWidget:
        steps = QWidget()
        column = QVBoxLayout(steps)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for index, step in enumerate(screen.steps):
            state = _DONE if index < screen.current else _NOW if index == screen.current else _LATER
            row = QHBoxLayout()
            row.setSpacing(self.look.px(5))
            is_last = index == len(screen.steps) - 1
            row.addWidget(_Mark(self.look, state, is_last=is_last))
            words = Words(
                step,
                self.look,
                Style.STRONG if state == _NOW else Style.BODY,
                colour="muted" if state == _LATER else "ink",
            )
            words.setContentsMargins(0, 0, 0, 0)
            cell = QVBoxLayout()
            cell.setSpacing(0)
            cell.addSpacing(max(0, round((self.look.px(_MARK_MM) - self.look.pitch(Style.BODY)) / 2)))
            cell.addWidget(words)
            cell.addSpacing(self.look.space(2 if is_last else 6))
            row.addLayout(cell, 1)
            column.addLayout(row)
        return steps

    def refresh(self, screen: Screen) -> bool:
        """The next step of the same work: the list alone is drawn anew; or a second less, which nobody is read."""
        if not isinstance(screen, WorkingScreen):
            return False
        if self._countdown is not None and screen.seconds and replace(screen, seconds=self._seconds) == self.shown:
            self.shown, self._seconds = screen, screen.seconds
            self._countdown.set_seconds(screen.seconds)
            return True
        if replace(screen, current=self._current) != self.shown:
            return False
        _check(screen)
        self.shown, self._current = screen, screen.current
        fresh = self._make_list(screen)
        self.column.replaceWidget(self._list, fresh)
        self._list.deleteLater()
        self._list.hide()
        self._list = fresh
        self.say_politely(screen.steps[screen.current])
        return True
