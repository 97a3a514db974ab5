# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``StatusScreen``: what staff want to know, line by line, and what they can do about it."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.look import Look, Style
from townhall_ui.pages import Pages
from townhall_ui.pictures import PortraitPicture
from townhall_ui.screens import Choice, Chose, StatusRow, StatusScreen, Tone
from townhall_ui.theme import GAP_MM, PRIMARY_MM
from townhall_ui.views.view import FOOT_GAP_MM, Outlet, Place, Room, View
from townhall_ui.words import TONE_COLOURS, TONE_ICONS, Notice, Sign, Words

_SIGN_MM = 7.0
_ACTIONS_SHARE = 36
_TWO_COLUMNS_SHARE = 46
_LEAST_PORTRAIT_MM, _MOST_PORTRAIT_MM = 25.0, 90.0


class _Row(QWidget):
    """Sign, label and value over a thin rule."""

    def __init__(self, row: StatusRow, look: Look, width: int) -> None:
        super().__init__()
        self._look = look
        line = QHBoxLayout(self)
        line.setContentsMargins(0, look.space(1), 0, look.space(1))
        line.setSpacing(look.px(3))
        sign = look.px(_SIGN_MM)
        if row.tone is Tone.PLAIN:
            line.addSpacing(sign)
        else:
            line.addWidget(
                Sign(TONE_ICONS[row.tone], look, TONE_COLOURS[row.tone][0], _SIGN_MM), 0, Qt.AlignmentFlag.AlignTop
            )
        room = width - sign - 2 * look.px(3)
        label = Words(row.label, look, Style.SMALL, colour="muted")
        value = Words(row.value, look, Style.SMALL_STRONG, is_foreign=True)
        label.setFixedWidth(room * 45 // 100)
        value.setFixedWidth(room - label.width())
        line.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(value, 0, Qt.AlignmentFlag.AlignTop)
        line.addStretch(1)
        words = max(part.heightForWidth(part.width()) for part in (label, value))
        self.setFixedHeight(max(words, sign) + 2 * look.space(1) + look.px(0.3))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        thickness = self._look.px(0.3)
        painter.fillRect(0, self.height() - thickness, self.width(), thickness, self._look.colour("rule"))


class StatusView(View):
    """Lines where lines start, actions where they end; both turn pages together where they need several."""

    def __init__(self, look: Look, screen: StatusScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        side = self._side(screen)
        if side is not None:
            self.reserve_side(side, spans_foot=False)
        self.column.addWidget(self.heading)
        if screen.introduction and screen.tone is Tone.PLAIN:
            self.column.addWidget(Words(screen.introduction, look))
        elif screen.introduction:
            self.column.addWidget(Notice(screen.introduction, look, screen.tone))
        box = self.box(screen.paging, gap_mm=0.5)
        rows = [_Row(row, look, self.main_width) for row in screen.rows]
        self._pages = Pages(rows, look, box, self.say_politely)
        self.add_to_foot(keys=self._pages.pager)
        self.column.addWidget(self._pages)
        self.column.addStretch(1)
        self.compose()

    def _side(self, screen: StatusScreen) -> QWidget | None:
        """Actions, and over them the portrait in what they leave."""
        actions = self._actions(screen.actions) if screen.actions else None
        if screen.portrait is None:
            return actions
        gap = self.look.px(GAP_MM)
        used = 0 if actions is None else actions.height() + gap
        width = self.room.width * _ACTIONS_SHARE // 100 if actions is None else actions.width()
        foot = self.look.px(PRIMARY_MM) + self.look.px(FOOT_GAP_MM)  # where pages are turned
        height = min(self.look.px(_MOST_PORTRAIT_MM), self.room.height - foot - used)
        most = QSize(width, max(self.look.px(_LEAST_PORTRAIT_MM), height))
        portrait = PortraitPicture(screen.portrait, self.look, most)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(gap)
        column.addWidget(portrait, 0, Qt.AlignmentFlag.AlignHCenter)
        if actions is not None:
            column.addWidget(actions)
        side.setFixedSize(width, portrait.height() + used)
        return side

    def _actions(self, actions: tuple[Choice, ...]) -> QWidget:
        """All actions below each other, or in two columns where they are too many for the height."""
        gap = self.look.px(GAP_MM)
        buttons = [self._action(action) for action in actions]
        for columns, share in ((1, _ACTIONS_SHARE), (2, _TWO_COLUMNS_SHARE)):
            width = (self.room.width * share // 100 - gap * (columns - 1)) // columns
            height = max(button.heightForWidth(width) for button in buttons)
            rows = -(-len(buttons) // columns)
            whole = rows * (height + gap) - gap
            if whole <= self.main_height:
                break
        side = QWidget()
        grid = QGridLayout(side)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(gap)
        for index, button in enumerate(buttons):
            button.setFixedSize(width, height)
            grid.addWidget(button, index // columns, index % columns)
        side.setFixedSize(columns * (width + gap) - gap, whole)
        return side

    def _action(self, action: Choice) -> Button:
        button = Button(action.label, self.look, Kind.ACTION)
        button.setObjectName(f"choice:{action.id}")
        button.setAccessibleDescription(action.hint)
        button.setEnabled(action.is_available)
        button.clicked.connect(lambda: self.outlet.send(Chose(action.id)))
        return button

    def place(self) -> Place:
        return Place(super().place().focus, self._pages.page)

    def resume(self, place: Place) -> QWidget | None:
        self._pages.show_page(place.page)
        return super().resume(place)
