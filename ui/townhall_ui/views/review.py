# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``ReviewScreen``: every question, its answer, and a button that leads back to it."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.look import Look, Style
from townhall_ui.pages import Pages
from townhall_ui.screens import Answer, AskedToChange, PageWords, ReviewScreen
from townhall_ui.views.view import Outlet, Place, Room, View
from townhall_ui.words import Words


class _Line(QWidget):
    """Question, answer, button: side by side, over a thin rule."""

    def __init__(self, answer: Answer, look: Look, width: int, button_width: int) -> None:
        super().__init__()
        self._look = look
        self.button = self._make_button(answer)
        gap = look.px(5)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, look.px(0.5), 0, look.px(2))
        row.setSpacing(gap)
        room = width - button_width - 2 * gap
        question = Words(answer.question, look, colour="muted")
        value = Words(answer.answer, look, Style.STRONG, is_foreign=True)
        question.setFixedWidth(room * 45 // 100)
        value.setFixedWidth(room - question.width())
        row.addWidget(question, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(value, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        if self.button is not None:
            self.button.setFixedWidth(button_width)
            row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        heights = [words.heightForWidth(words.width()) for words in (question, value)]
        self.setFixedHeight(max(*heights, look.px(15)) + look.px(3))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _make_button(self, answer: Answer) -> Button | None:
        if answer.change is None:
            return None
        button = Button(answer.change, self._look, Kind.SECONDARY, name=f"{answer.change}: {answer.question}")
        button.setObjectName(f"change:{answer.id}")
        button.setAccessibleDescription(answer.answer)
        return button

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        thickness = self._look.px(0.3)
        painter.fillRect(0, self.height() - thickness, self.width(), thickness, self._look.colour("rule"))


class ReviewView(View):
    """All answers, as many a page as fit."""

    def __init__(self, look: Look, screen: ReviewScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self.column.addWidget(self.heading)
        if screen.introduction:
            self.column.addWidget(Words(screen.introduction, look))
        words = PageWords(screen.previous_page, screen.next_page, screen.page_of)
        self._pages = Pages(self._lines(screen), look, self.box(words, gap_mm=1.5), self.say_politely)
        self.add_to_foot(keys=self._pages.pager)
        self.column.addWidget(self._pages)
        self.column.addStretch(1)
        self.compose()

    def _lines(self, screen: ReviewScreen) -> list[QWidget]:
        captions = {answer.change for answer in screen.answers if answer.change is not None}
        probes = [Button(caption, self.look, Kind.SECONDARY) for caption in captions]
        button_width = max((probe.sizeHint().width() for probe in probes), default=0)
        lines: list[QWidget] = []
        for answer in screen.answers:
            line = _Line(answer, self.look, self.main_width, button_width)
            if line.button is not None:
                line.button.clicked.connect(self._change(answer.id))
            lines.append(line)
        return lines

    def _change(self, answer_id: str) -> "_Change":
        return _Change(self.outlet, answer_id)

    def place(self) -> Place:
        return Place(super().place().focus, self._pages.page)

    def resume(self, place: Place) -> QWidget | None:
        self._pages.show_page(place.page)
        return super().resume(place)


class _Change:
    """What one change button does."""

    def __init__(self, outlet: Outlet, answer_id: str) -> None:
        self._outlet, self._answer_id = outlet, answer_id

    def __call__(self) -> None:
        self._outlet.send(AskedToChange(self._answer_id))
