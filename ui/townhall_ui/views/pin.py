# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``PinScreen``: what the PIN is for, dots, and the pad; the digits live in one buffer that is wiped."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from townhall_ui.look import Look
from townhall_ui.pinpad import PinBuffer, PinDots
from townhall_ui.screens import EnteredPin, PinScreen
from townhall_ui.views.digits import DigitsView
from townhall_ui.views.view import Outlet, Room
from townhall_ui.words import Notice, Words


class PinView(DigitsView):
    """Words and dots where lines start, the pad where they end."""

    def __init__(self, look: Look, screen: PinScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self._dots = PinDots(look, screen.minimum, screen.maximum)
        self._dots.setAccessibleName(screen.frame.heading)
        self.column.addWidget(self.heading)
        if screen.introduction:
            self.column.addWidget(Words(screen.introduction, look))
        self.column.addWidget(self._dots, 0, look.leading | Qt.AlignmentFlag.AlignAbsolute)
        if screen.notice:
            self.column.addWidget(Notice(screen.notice, look, screen.tone))
        self.column.addStretch(1)
        self.show_count()
        self.compose()

    def places(self) -> QWidget:
        return self._dots

    def show_digits(self, buffer: PinBuffer) -> None:
        self._dots.set_count(buffer.count)

    def send(self, digits: bytearray) -> None:
        self.outlet.send(EnteredPin(digits))
