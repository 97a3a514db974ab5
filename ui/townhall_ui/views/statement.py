# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``StatementScreen``: the sentence that will be signed, on a sheet of its own."""

from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind, paint_box
from townhall_ui.look import Look, Style
from townhall_ui.pages import Box, Pages
from townhall_ui.screens import StatementScreen
from townhall_ui.theme import GAP_MM
from townhall_ui.views.view import Outlet, Place, Room, View
from townhall_ui.words import Words

_SHARE_OF_WIDTH = 52
_PROBE = "1"
_EDGE_MM = 5.0


class _Sheet(QWidget):
    """The sentence, framed as paper is; in large letters a page at a time.

    A page holds whole lines, and its letters are as large as was chosen, however tightly the rest is set. A ballot's
    fingerprint, one word of 43 letters, may run over two lines.

    Attributes:
        pages: the lines.
    """

    def __init__(self, screen: StatementScreen, look: Look, room: Room, on_turn: Callable[[str], None]) -> None:
        super().__init__()
        self._look = look
        self.setObjectName("statement")
        self.setAccessibleName(screen.statement)
        edge, gap = look.px(_EDGE_MM), look.px(GAP_MM)
        width = room.width * _SHARE_OF_WIDTH // 100
        inner = width - 2 * edge
        lines = Words(screen.statement, look, Style.SENTENCE).block(inner).lines
        items = [Words(line, look, Style.SENTENCE) for line in lines]
        height = min(room.height - 2 * edge, sum(item.heightForWidth(inner) for item in items))
        turning = Button(_PROBE, look, Kind.SECONDARY).sizeHint().height() + gap
        self.pages = Pages(items, look, Box(inner, height, height - turning, inner, screen.paging, gap_mm=0), on_turn)
        column = QVBoxLayout(self)
        column.setContentsMargins(edge, edge, edge, edge)
        column.setSpacing(gap)
        column.addWidget(self.pages)
        if self.pages.pager is not None:
            column.addWidget(self.pages.pager)
        self.setFixedSize(width, column.totalMinimumSize().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_box(painter, QRectF(self.rect()), self._look, fill="page", edge="edge", edge_mm=0.6)


class StatementView(View):
    """Words where lines start, the sheet where they end over the whole height.

    As with a document, the button that signs does not stand where Continue stood.
    """

    def __init__(self, look: Look, screen: StatementScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self._statement = screen
        self._sheet = _Sheet(screen, look, room, self.say_politely)
        self.reserve_side(self._sheet, spans_foot=True)
        self.column.addWidget(self.heading)
        for paragraph in screen.paragraphs:
            self.column.addWidget(Words(paragraph, look))
        self.column.addStretch(1)
        self.compose()

    @property
    def description(self) -> str:
        """The sentence follows the introduction: exactly what is signed."""
        return " ".join(part for part in (super().description, self._statement.statement) if part)

    def place(self) -> Place:
        return Place(super().place().focus, self._sheet.pages.page)

    def resume(self, place: Place) -> QWidget | None:
        self._sheet.pages.show_page(place.page)
        return super().resume(place)
