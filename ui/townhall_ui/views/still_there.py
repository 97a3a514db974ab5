# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``StillThereScreen``: a question and a countdown that any touch or key ends."""

from dataclasses import replace

from PySide6.QtGui import QKeyEvent

from townhall_ui.look import Look
from townhall_ui.screens import Screen, StillThereScreen
from townhall_ui.views.countdown import Countdown
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.words import Words


class StillThereView(View):
    """The question large, the seconds beside it."""

    is_side_centred = True

    def __init__(self, look: Look, screen: StillThereScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self._seconds = screen.seconds
        side = min(room.width * 35 // 100, self.main_height, look.px(100))
        self._countdown = Countdown(look, screen.seconds, side)
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
