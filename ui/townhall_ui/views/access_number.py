# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows an ``AccessNumberScreen``: a card or slip with the digits where they stand on it, and the pad."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from townhall_ui.look import Look
from townhall_ui.numbered_card import NumberedCard
from townhall_ui.pinpad import PinBuffer
from townhall_ui.screens import AccessNumberScreen, EnteredAccessNumber
from townhall_ui.views.digits import DigitsView
from townhall_ui.views.view import Outlet, Room
from townhall_ui.words import Notice, Words


class AccessNumberView(DigitsView):
    """Words and the card where lines start, the pad where they end."""

    def __init__(self, look: Look, screen: AccessNumberScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        notice = Notice(screen.notice, look, screen.tone) if screen.notice else None
        self.column.addWidget(self.heading)
        self.column.addWidget(Words(screen.introduction, look))
        below = 0 if notice is None else notice.heightForWidth(self.main_width) + self.column.spacing()
        height = self.height_left() - below
        self._card = NumberedCard(look, screen.digits, self.main_width, height, is_paper=screen.is_on_paper)
        self._card.setAccessibleName(screen.frame.heading)
        self.column.addWidget(self._card, 0, look.leading | Qt.AlignmentFlag.AlignAbsolute)
        if notice is not None:
            self.column.addWidget(notice)
        self.column.addStretch(1)
        self.show_count()
        self.compose()

    def places(self) -> QWidget:
        return self._card

    @property
    def is_heard(self) -> bool:
        """A number on paper is its holder's to compare, by eye or by ear."""
        return isinstance(self.asked, AccessNumberScreen) and self.asked.is_on_paper

    def tell_digit(self, digit: str) -> None:
        if self.is_heard:
            self._card.typed.emit(digit)

    def tell_gone(self, digit: str) -> None:
        if digit:
            self._card.removed.emit(digit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """As of any digits; a letter is of another paper that was held to the scanner, as were the digits before."""
        if self.is_heard and event.text().isalpha():
            self.outlet.tell_alive()
            self.clear()
        else:
            super().keyPressEvent(event)

    def show_digits(self, buffer: PinBuffer) -> None:
        self._card.show_digits(buffer)

    def send(self, digits: bytearray) -> None:
        self.outlet.send(EnteredAccessNumber(digits))
