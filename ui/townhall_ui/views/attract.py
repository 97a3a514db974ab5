# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows an ``AttractScreen``: the place on its colour, a town hall, and one large invitation a language."""

from PySide6.QtCore import QLocale, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from townhall_ui.choices import ChoiceButton
from townhall_ui.look import Look, Style
from townhall_ui.pages import Box
from townhall_ui.screens import AttractScreen, Choice, Chose, Direction
from townhall_ui.theme import GAP_MM
from townhall_ui.town_hall import draw_town_hall
from townhall_ui.views.choice_column import ChoiceColumn
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.words import Heading, Words

_MOST_IN_A_GRID = 6
_CARD_MM = 30.0
_LARGE_PANEL_MM = 200.0


class AttractView(View):
    """A hero as wide as the window; the invitations stand on its lower edge."""

    def __init__(self, look: Look, screen: AttractScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self.heading = Heading(screen.frame.heading, look, self._headline_style(), colour="on_band")
        self._buttons = [self._invitation(choice) for choice in screen.invitations]
        self._cards = self._grid() if len(self._buttons) <= _MOST_IN_A_GRID else self._pages()
        self._fill(screen)
        self.compose()

    def _headline_style(self) -> Style:
        return Style.HERO if self.room.height > self.look.px(_LARGE_PANEL_MM) else Style.TITLE

    def _invitation(self, choice: Choice) -> ChoiceButton:
        look = Look(self.look.theme, _direction(choice, self.look), self.look.density)
        button = ChoiceButton(choice, look, is_mark=False)
        button.setLayoutDirection(look.qt_direction)
        button.setMinimumHeight(look.px(_CARD_MM))
        button.clicked.connect(lambda: self.outlet.send(Chose(choice.id)))
        return button

    def _grid(self) -> QWidget:
        count, gap = len(self._buttons), self.look.px(GAP_MM)
        columns = count if count <= 2 else 2 if count == 4 else 3
        cards = QWidget()
        grid = QGridLayout(cards)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(gap)
        width = (self.main_width - gap * (columns - 1)) // max(1, columns)
        height = max((button.heightForWidth(width) for button in self._buttons), default=0)
        for index, button in enumerate(self._buttons):
            button.setFixedHeight(max(height, self.look.px(_CARD_MM)))
            grid.addWidget(button, index // columns, index % columns)
        for column in range(columns):
            grid.setColumnStretch(column, 1)
        cards.setFixedHeight(cards.sizeHint().height())
        return cards

    def _pages(self) -> QWidget:
        # Arrows and figures alone turn the pages: no words suit all languages.
        box = Box(self.main_width, self.main_height // 2, self.main_height // 2, self.main_width, None)
        column = ChoiceColumn(self._buttons, self.look, box, self.say_politely)
        self.add_to_foot(keys=column.pager)
        return column

    def _fill(self, screen: AttractScreen) -> None:
        look = self.look
        hero = QWidget()
        hero.setFixedWidth(self.main_width * 55 // 100)
        lines = QVBoxLayout(hero)
        lines.setContentsMargins(0, look.space(8), 0, 0)
        lines.setSpacing(look.px(3))
        lines.addWidget(Words(screen.place, look, Style.STRONG, colour="band_soft"))
        lines.addWidget(self.heading)
        if screen.frame.status:
            lines.addWidget(Words(screen.frame.status, look, Style.SMALL, colour="on_band"))
        hero.setFixedHeight(lines.totalHeightForWidth(hero.width()))
        self.column.addStretch(1)
        self.column.addWidget(hero, 0, look.leading | Qt.AlignmentFlag.AlignAbsolute)
        self.column.addStretch(2)
        self.column.addWidget(self._cards)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The hero ends in the middle of the first row of cards."""
        painter = QPainter(self)
        look = self.look
        ground = self._cards.mapTo(self, self._cards.rect().topLeft()).y()
        below = look.px(_CARD_MM / 2)
        painter.fillRect(self.rect(), look.colour("surface"))
        painter.fillRect(0, 0, self.width(), ground + below, look.colour("band"))
        width = self.room.width * 45 / 100
        left = self.room.margin if look.is_mirrored else self.width() - self.room.margin - width
        draw_town_hall(painter, QRectF(left, look.px(10), width, ground - look.px(10) + below))


def _direction(choice: Choice, look: Look) -> Direction:
    if not choice.language:
        return look.direction
    is_mirrored = QLocale(choice.language).textDirection() == Qt.LayoutDirection.RightToLeft
    return Direction.RIGHT_TO_LEFT if is_mirrored else Direction.LEFT_TO_RIGHT
