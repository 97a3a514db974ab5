# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``DocumentScreen``: the very pages that will be signed, large enough to read, turned by buttons."""

from PySide6.QtCore import QBuffer, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QImageReader, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from townhall_ui.errors import ScreenMalformedError
from townhall_ui.look import Look
from townhall_ui.pages import Leaf, Pager
from townhall_ui.screens import DocumentScreen, PageWords
from townhall_ui.views.view import Outlet, Place, Room, View
from townhall_ui.words import Words

_OVERLAP_MM = 8.0
_SHARE_OF_WIDTH = 0.6


class _Sheet(QWidget):
    """A part of a page as wide as the widget; parts overlap, so that no line is cut in both."""

    def __init__(self, pages: tuple[bytes, ...], look: Look, width: int, height: int) -> None:
        super().__init__()
        self._look, self._pages = look, pages
        self._page, self._picture = -1, QPixmap()
        self.setObjectName("sheet")
        self.setFixedSize(width, height)
        self._parts = [part for page, data in enumerate(pages) for part in self._parts_of(page, _size(data))]
        self._index = 0

    def _parts_of(self, page: int, size: QSize) -> list[tuple[int, QRect]]:
        """Page and place in its picture of each part, from top to bottom."""
        part_height = min(size.height(), self.height() * size.width() // self.width())
        spare = size.height() - part_height
        step = max(1, part_height - self._look.px(_OVERLAP_MM) * size.width() // self.width())
        count = -(-spare // step) + 1
        tops = [spare * number // max(1, count - 1) for number in range(count)]
        return [(page, QRect(0, top, size.width(), part_height)) for top in tops]

    def _load(self, page: int) -> QPixmap:
        """The picture of a page; one at a time is unpacked, for they are large."""
        if page != self._page:
            self._page, self._picture = page, QPixmap()
            self._picture.loadFromData(self._pages[page], "PNG")
        return self._picture

    @property
    def count(self) -> int:
        """How many parts there are."""
        return len(self._parts)

    def show_part(self, index: int) -> None:
        """Show part ``index`` from 0."""
        self._index = index
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        page, source = self._parts[self._index]
        height = source.height() * self.width() / source.width()
        painter.fillRect(self.rect(), self._look.colour("surface"))
        painter.drawPixmap(QRectF(0, 0, self.width(), height), self._load(page), QRectF(source))
        painter.setPen(QPen(self._look.colour("edge"), self._look.px(0.4)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(0, 0, self.width(), min(height, self.height())).adjusted(1, 1, -1, -1))


def _size(page: bytes) -> QSize:
    buffer = QBuffer()
    buffer.setData(page)
    size = QImageReader(buffer, b"png").size()
    if size.isEmpty():
        raise ScreenMalformedError("a page of the document is no PNG")
    return size


class DocumentView(View):
    """Words where lines start, the sheet where they end over the whole height.

    So the button that signs does not stand where Continue stood on the screens before.
    """

    def __init__(self, look: Look, screen: DocumentScreen, room: Room, outlet: Outlet) -> None:
        if not screen.pages:
            raise ScreenMalformedError("a document without pages")
        super().__init__(look, screen, room, outlet)
        self._page = 0
        width = min(round(room.width * _SHARE_OF_WIDTH), look.px(190))
        self._sheet = _Sheet(screen.pages, look, width, room.height)
        self._sheet.setAccessibleName(screen.frame.heading)
        self._sheet.setAccessibleDescription(screen.text)
        self._sheet.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._text = screen.text
        self.reserve_side(self._sheet, spans_foot=True)
        self.column.addWidget(self.heading)
        if screen.introduction:
            self.column.addWidget(Words(screen.introduction, look))
        self.column.addStretch(1)
        self._pager: Pager | None = None
        if self._sheet.count > 1:
            words = PageWords(screen.previous_page, screen.next_page, screen.page_of)
            self._pager = Pager(look, words, self.main_width, self._turn)
            self.column.addWidget(self._pager)
        self._show_part(0)
        self.compose()

    @property
    def description(self) -> str:
        """The document's own text follows the introduction: exactly what is signed."""
        return f"{super().description} {self._text}"

    def _show_part(self, part: int) -> None:
        self._page = min(part, self._sheet.count - 1)
        self._sheet.show_part(self._page)
        if self._pager is not None:
            self._pager.set_page(Leaf(self._page + 1, self._sheet.count))

    def _turn(self, part: int) -> None:
        self._show_part(part)
        if self._pager is not None:
            self.say_politely(self._pager.text)

    def place(self) -> Place:
        return Place(super().place().focus, self._page)

    def resume(self, place: Place) -> QWidget | None:
        self._show_part(place.page)
        return super().resume(place)
