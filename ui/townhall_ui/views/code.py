# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``CodeScreen``: a code as large as its place, and beside it what it is for."""

from PySide6.QtGui import QPixmap

from townhall_ui.errors import ScreenMalformedError
from townhall_ui.look import Look
from townhall_ui.pictures import DescribedPicture
from townhall_ui.screens import CodeScreen
from townhall_ui.views.facts import Facts
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.words import Notice, Words

_MOST_OF_WIDTH = 48


class CodeView(View):
    """Words where lines start, the code where they end, over the whole height: phones read it from a distance."""

    is_side_centred = True

    def __init__(self, look: Look, screen: CodeScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        picture = QPixmap()
        if not picture.loadFromData(screen.qr, "PNG"):
            raise ScreenMalformedError("the code is no PNG")
        side = min(room.height, room.width * _MOST_OF_WIDTH // 100)
        self.reserve_side(DescribedPicture(picture, screen.qr_description, side), spans_foot=True)
        self.column.addWidget(self.heading)
        for index, paragraph in enumerate(screen.paragraphs):
            self.column.addWidget(Notice(paragraph, look, screen.tone) if index == 0 else Words(paragraph, look))
        if screen.facts:
            self.column.addWidget(Facts(screen.facts, look))
        self.column.addStretch(1)
        self.compose()
