# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``WaysScreen``: each thing that can be had in several ways, and its ways beside each other."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from townhall_ui.choices import RadioChoice
from townhall_ui.look import Look, Style
from townhall_ui.pages import Pages
from townhall_ui.screens import Choice, ChoseWay, WaysGroup, WaysScreen
from townhall_ui.theme import GAP_MM
from townhall_ui.views.view import Outlet, Place, Room, View
from townhall_ui.words import Words

_LABEL_SHARE = 28


class _Group(QWidget):
    """A label and its choices in as many rows as they need; the label beside them, or above where space is short."""

    def __init__(self, group: WaysGroup, look: Look, width: int, buttons: list[RadioChoice]) -> None:
        super().__init__()
        self._look = look
        self.buttons = buttons
        self._label = Words(group.label, look, Style.STRONG)
        for child in (self._label, *buttons):
            child.setParent(self)
        gap = look.px(GAP_MM)
        is_beside = self._label.minimumSizeHint().width() <= width * _LABEL_SHARE // 100
        label_width = width * _LABEL_SHARE // 100 if is_beside else width
        height = self._label.heightForWidth(label_width)
        start, top = (label_width + gap, 0) if is_beside else (0, height + look.space(1.5))
        places, bottom = _flow(buttons, width - start, gap, top)
        for button, (left, y, button_width, button_height) in zip(buttons, places, strict=True):
            self._put(button, left + start, y, button_width, button_height, width)
        first = places[0][3] if places and is_beside else height
        self._put(self._label, 0, max(0, (first - height) // 2), label_width, height, width)
        self.setFixedHeight(max(bottom, height) + look.space(1))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _put(self, child: QWidget, left: int, top: int, width: int, height: int, whole: int) -> None:  # noqa: PLR0913, PLR0917 - a rectangle in its line
        child.setGeometry(whole - left - width if self._look.is_mirrored else left, top, width, height)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A thin rule below."""
        painter = QPainter(self)
        thickness = self._look.px(0.2)
        rule = QRectF(0, self.height() - thickness, self.width(), thickness)
        painter.fillRect(rule, self._look.colour("rule"))


def _flow(buttons: list[RadioChoice], width: int, gap: int, top: int) -> tuple[list[tuple[int, int, int, int]], int]:
    """Left, top, width and height of each button, equally wide in as few rows as they fit; and where the rows end."""
    widest = max((button.sizeHint().width() for button in buttons), default=0)
    columns = max(1, min(len(buttons), (width + gap) // max(1, widest + gap)))
    columns = -(-len(buttons) // -(-len(buttons) // columns)) if buttons else 1  # rows of equal length
    each = min(width, max((width - gap * (columns - 1)) // columns, 1))
    height = max((button.heightForWidth(each) for button in buttons), default=0)
    places = []
    for index in range(len(buttons)):
        row, column = divmod(index, columns)
        places.append((column * (each + gap), top + row * (height + gap), each, height))
    rows = -(-len(buttons) // columns)
    return places, top + rows * height + max(0, rows - 1) * gap


class WaysView(View):
    """Groups below each other, as many a page as fit."""

    def __init__(self, look: Look, screen: WaysScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self.column.addWidget(self.heading)
        if screen.introduction:
            self.column.addWidget(Words(screen.introduction, look))
        box = self.box(screen.paging)
        groups = [self._group(group, box.width) for group in screen.groups]
        self._pages = Pages(groups, look, box, self.say_politely)
        self.add_to_foot(keys=self._pages.pager)
        self.column.addWidget(self._pages)
        self.column.addStretch(1)
        self.compose()

    def _group(self, group: WaysGroup, width: int) -> _Group:
        return _Group(group, self.look, width, [self._button(group, choice) for choice in group.choices])

    def _button(self, group: WaysGroup, choice: Choice) -> RadioChoice:
        button = RadioChoice(choice, self.look)
        button.setObjectName(f"way:{group.id}:{choice.id}")
        button.setAccessibleName(f"{group.label}: {choice.label}")
        if choice.is_available:
            # A touch on the way it is already says so again: the caller knows best whether that matters.
            button.clicked.connect(lambda: self.outlet.send(ChoseWay(group.id, choice.id)))
        return button

    def place(self) -> Place:
        return Place(super().place().focus, self._pages.page)

    def resume(self, place: Place) -> QWidget | None:
        self._pages.show_page(place.page)
        return super().resume(place)
