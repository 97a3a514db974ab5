# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``ReceiptScreen``: done, the number to keep, the code to scan, and what happens next."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind, paint_box
from townhall_ui.errors import ScreenMalformedError
from townhall_ui.icons import Icon
from townhall_ui.look import Look, Style
from townhall_ui.pictures import DescribedPicture
from townhall_ui.screens import Choice, Chose, ReceiptScreen
from townhall_ui.theme import PRIMARY_MM
from townhall_ui.views.facts import Facts
from townhall_ui.views.view import Outlet, Room, View
from townhall_ui.words import Sign, Words


class _Card(QWidget):
    """A sheet with a soft ground: the code and its caption stand on it."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_box(painter, QRectF(self.rect()), self._look, fill="surface", edge="rule", edge_mm=0.3)


class ReceiptView(View):
    """Check mark, heading and number where lines start; the code where they end."""

    def __init__(self, look: Look, screen: ReceiptScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self._number_heard = screen.number_heard
        if screen.print is not None:
            self.add_to_foot(self._print_button(screen.print))
        self.reserve_side(self._make_card(screen), spans_foot=False)
        self.column.addWidget(self._headline())
        self.column.addWidget(self._number(screen.number))
        for paragraph in screen.paragraphs:
            self.column.addWidget(Words(paragraph, look))
        self.column.addWidget(Facts(screen.facts, look))
        self.column.addStretch(1)
        self.compose()

    def _headline(self) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self.look.px(4))
        row.addWidget(Sign(Icon.GOOD, self.look, "good", 12), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.heading, 1, Qt.AlignmentFlag.AlignVCenter)
        return line

    def _number(self, number: str) -> Words:
        words = Words(number, self.look, Style.NUMBER, is_foreign=True)
        words.setObjectName("number")
        return words

    def heard_of(self, words: Words) -> str:
        """The number in its own way, where it has one."""
        return self._number_heard if words.objectName() == "number" and self._number_heard else words.text()

    def _make_card(self, screen: ReceiptScreen) -> QWidget:
        look = self.look
        picture = QPixmap()
        if not picture.loadFromData(screen.qr, "PNG"):
            raise ScreenMalformedError("the receipt's code is no PNG")
        card = _Card(look)
        column = QVBoxLayout(card)
        margin = look.px(5)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(look.px(3))
        caption = Words(screen.qr_description, look, Style.SMALL, align=Qt.AlignmentFlag.AlignHCenter)
        side = max(look.px(25), min(look.px(80), self.room.width * 30 // 100, self.main_height - look.px(40)))
        around = 2 * margin + column.spacing()
        while side > look.px(25) and side + caption.heightForWidth(side) + around > self.main_height:
            side -= look.px(1)  # the caption is long, or its letters are large
        code = DescribedPicture(picture, screen.qr_description, side)
        caption.setFixedWidth(side)
        column.addWidget(code)
        column.addWidget(caption)
        card.setFixedSize(side + 2 * margin, side + caption.heightForWidth(side) + around)
        return card

    def _print_button(self, choice: Choice) -> Button:
        button = Button(choice.label, self.look, Kind.SECONDARY, icon=Icon.PRINTER)
        button.setObjectName(f"choice:{choice.id}")
        button.setEnabled(choice.is_available)
        button.setAccessibleDescription(choice.hint)
        button.setMinimumHeight(self.look.px(PRIMARY_MM))
        button.clicked.connect(lambda: self.outlet.send(Chose(choice.id)))
        return button
