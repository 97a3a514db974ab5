# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``MessageScreen``: a few sentences, a drawing, at most two buttons."""

from townhall_ui.buttons import Button, Kind
from townhall_ui.look import Look, Style
from townhall_ui.pictures import Drawing
from townhall_ui.screens import Choice, Chose, MessageScreen, Picture, Tone
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.words import Notice, Words


class MessageView(View):
    """Text where lines start, drawing where they end."""

    is_side_centred = True

    def __init__(self, look: Look, screen: MessageScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        if screen.other is not None:
            self.add_to_foot(self._other_button(screen.other))
        if screen.picture is not Picture.NONE:
            width_mm = min(look.theme.mm(room.width) * 0.4, look.theme.mm(self.main_height) * 1.15, 130)
            self.reserve_side(Drawing(screen.picture, look, width_mm), spans_foot=False)
        self.column.addStretch(2)
        self.column.addWidget(self.heading)
        first, rest = screen.paragraphs[:1], screen.paragraphs[1:]
        for text in first:
            is_plain = screen.tone in {Tone.PLAIN, Tone.GOOD}
            self.column.addWidget(Words(text, look) if is_plain else Notice(text, look, screen.tone))
        for text in rest:
            self.column.addWidget(Words(text, look, Style.BODY))
        self.column.addStretch(3)
        self.compose()

    def _other_button(self, other: Choice) -> Button:
        button = Button(other.label, self.look, Kind.SECONDARY)
        button.setObjectName(f"choice:{other.id}")
        button.setEnabled(other.is_available)
        button.setAccessibleDescription(other.hint)
        button.setMinimumHeight(self.look.px(20))
        button.clicked.connect(lambda: self.outlet.send(Chose(other.id)))
        return button
