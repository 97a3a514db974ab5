# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``ChoiceScreen``: a few big things; a touch chooses and goes on."""

from townhall_ui.choices import ChoiceButton
from townhall_ui.look import Look
from townhall_ui.screens import Choice, ChoiceScreen, Chose
from townhall_ui.theme import PRIMARY_MM
from townhall_ui.views.choice_column import ChoiceColumn
from townhall_ui.views.view import Outlet, Place, Room, View
from townhall_ui.words import Words

_FEW = 3


class ChoiceView(View):
    """Heading, a sentence, and the choices below it; pages where they do not fit."""

    def __init__(self, look: Look, screen: ChoiceScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self.column.addWidget(self.heading)
        if screen.introduction:
            self.column.addWidget(Words(screen.introduction, look))
        self.column.addSpacing(look.space(2))
        buttons = [self._button(choice, is_one_of_few=len(screen.choices) <= _FEW) for choice in screen.choices]
        self._choices = ChoiceColumn(buttons, look, self.box(screen.paging), self.say_politely)
        self.add_to_foot(keys=self._choices.pager)
        self.column.addWidget(self._choices)
        self.column.addStretch(1)
        self.compose()

    def _button(self, choice: Choice, *, is_one_of_few: bool) -> ChoiceButton:
        button = ChoiceButton(choice, self.look, is_mark=False)
        if is_one_of_few:
            button.setMinimumHeight(self.look.px(PRIMARY_MM + 4))
        if choice.is_available:
            button.clicked.connect(lambda: self.outlet.send(Chose(choice.id)))
        return button

    def place(self) -> Place:
        return Place(super().place().focus, self._choices.page)

    def resume(self, place: Place) -> ChoiceButton | None:
        self._choices.show_page(place.page)
        return self.findChild(ChoiceButton, place.focus) if place.focus else None
