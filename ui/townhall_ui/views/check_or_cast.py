# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``CheckOrCastScreen``: what the slip says, and two ways on that weigh the same."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from townhall_ui.choices import ChoiceButton, ChoiceFace
from townhall_ui.errors import ScreenMalformedError
from townhall_ui.look import Look, Style
from townhall_ui.screens import CheckOrCastScreen, Choice, Chose
from townhall_ui.theme import GAP_MM, PRIMARY_MM
from townhall_ui.views.view import FOOT_GAP_MM, Outlet, Room, View
from townhall_ui.words import Words

_LARGE_MM = 45.0


class CheckOrCastView(View):
    """Sentences, the slip's words, and below them two buttons of one size; the foot stays empty.

    A hand that still rests where Continue was does not cast a ballot.
    """

    def __init__(self, look: Look, screen: CheckOrCastScreen, room: Room, outlet: Outlet) -> None:
        if screen.frame.proceed is not None:
            raise ScreenMalformedError("two ways on, and a primary button beside them")
        super().__init__(look, screen, room, outlet)
        self.column.addWidget(self.heading)
        for paragraph in screen.paragraphs:
            self.column.addWidget(Words(paragraph, look))
        self.column.addWidget(self._slip(screen))
        self.column.addWidget(self._ways(screen.ways))
        self.column.addStretch(1)
        self.compose()

    def _foot_height(self) -> int:
        return self.look.px(PRIMARY_MM) + self.look.px(FOOT_GAP_MM)

    def _slip(self, screen: CheckOrCastScreen) -> QWidget:
        slip = QWidget()
        grid = QGridLayout(slip)
        grid.setContentsMargins(0, self.look.space(1), 0, self.look.space(2))
        grid.setHorizontalSpacing(self.look.px(4))
        grid.setVerticalSpacing(0)
        words = Words(screen.slip, self.look, Style.NUMBER, is_foreign=True)
        words.setObjectName("slip")
        label = Words(screen.slip_label, self.look, colour="muted")
        wide = label.sizeHint().width() + grid.horizontalSpacing() + words.sizeHint().width()
        if wide <= self.main_width:
            grid.addWidget(label, 0, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(words, 0, 1)
            grid.setColumnStretch(1, 1)
        else:
            grid.addWidget(label, 0, 0)
            grid.addWidget(words, 1, 0)
        return slip

    def _ways(self, ways: tuple[Choice, Choice]) -> QWidget:
        """Beside each other, or below each other where their words are too long for that."""
        buttons = [self._button(way) for way in ways]
        gap, left = self.look.px(GAP_MM), self.height_left()
        for columns in (2, 1):
            width = (self.main_width - gap * (columns - 1)) // columns
            height = max(self.look.px(PRIMARY_MM), *(button.heightForWidth(width) for button in buttons))
            height = max(height, min(self.look.px(_LARGE_MM), left if columns == 2 else 0))
            rows = 2 // columns
            is_wide = all(button.minimumSizeHint().width() <= width for button in buttons)
            if is_wide and rows * height + (rows - 1) * gap <= left:
                break
        panel = QWidget()
        grid = QGridLayout(panel)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(gap)
        for index, button in enumerate(buttons):
            button.setFixedSize(width, height)
            grid.addWidget(button, index // columns, index % columns)
        panel.setFixedSize(columns * (width + gap) - gap, rows * (height + gap) - gap)
        return panel

    def _button(self, way: Choice) -> ChoiceButton:
        button = ChoiceButton(way, self.look, is_mark=False)
        button.face = ChoiceFace(button, way, self.look, hint_style=Style.BODY)
        if way.is_available:
            button.clicked.connect(lambda: self.outlet.send(Chose(way.id)))
        return button
