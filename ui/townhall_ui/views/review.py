# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``ReviewScreen``: every question, its answer, and a button that leads back to it."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from townhall_ui.buttons import Button, Kind
from townhall_ui.icons import Icon
from townhall_ui.look import Look, Style
from townhall_ui.pages import Pages
from townhall_ui.screens import Answer, AskedToChange, PageWords, ReviewScreen
from townhall_ui.views.view import Outlet, Place, Room, View
from townhall_ui.words import Sign, Words

_NOTE_SIGN_MM = 6.0
_LINES_OF_A_PART = 4


class _Value(QWidget):
    """The answer, and below it, with a sign, what it leaves open."""

    def __init__(self, answer: Answer, look: Look, width: int) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(look.px(0.5))
        words = Words(answer.answer, look, Style.STRONG, is_foreign=True)
        words.setFixedWidth(width)
        height = 0
        if answer.answer or not answer.note:
            column.addWidget(words)
            height = words.heightForWidth(width)
        if answer.note:
            sign, gap = Sign(Icon.WARNING, look, "warning", _NOTE_SIGN_MM), look.px(2)
            note = Words(answer.note, look, Style.SMALL_STRONG, colour="warning")
            note.setFixedWidth(width - sign.width() - gap)
            row = QHBoxLayout()
            row.setSpacing(gap)
            row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(note)
            column.addLayout(row)
            height += max(note.heightForWidth(note.width()), sign.height()) + (column.spacing() if height else 0)
        self.setFixedSize(width, height)


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
        question.setFixedWidth(room * 45 // 100)
        value = _Value(answer, look, room - question.width())
        row.addWidget(question, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(value, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        if self.button is not None:
            self.button.setFixedWidth(button_width)
            row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        heights = (question.heightForWidth(question.width()), value.height())
        self.setFixedHeight(max(*heights, look.px(15)) + look.px(3))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _make_button(self, answer: Answer) -> Button | None:
        if answer.change is None:
            return None
        button = Button(answer.change, self._look, Kind.SECONDARY, name=f"{answer.change}: {answer.question}")
        button.setObjectName(f"change:{answer.id}")
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
            for part in _parts(answer):
                line = _Line(part, self.look, self.main_width, button_width)
                if line.button is not None:
                    line.button.setAccessibleDescription(" ".join(filter(None, (answer.answer, answer.note))))
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


def _parts(answer: Answer) -> list[Answer]:
    """An answer of many lines in parts, each with its question, of which a page holds one at any size of text."""
    lines = answer.answer.split("\n")
    starts = range(0, len(lines), _LINES_OF_A_PART)
    texts = ["\n".join(lines[start : start + _LINES_OF_A_PART]) for start in starts]
    parts = [replace(answer, answer=text, change=None, note="") for text in texts]
    parts[0] = replace(parts[0], change=answer.change)
    parts[-1] = replace(parts[-1], note=answer.note)
    return parts


class _Change:
    """What one change button does."""

    def __init__(self, outlet: Outlet, answer_id: str) -> None:
        self._outlet, self._answer_id = outlet, answer_id

    def __call__(self) -> None:
        self._outlet.send(AskedToChange(self._answer_id))
