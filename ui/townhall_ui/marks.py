# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Candidates as wide as the page, marked with a word, a shape and an edge; and what is told above them."""

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QVBoxLayout, QWidget

from townhall_ui.buttons import ENTER_KEYS
from townhall_ui.choices import ChoiceButton, ChoiceFace
from townhall_ui.look import Look, Style
from townhall_ui.marking import Refusal
from townhall_ui.screens import Candidate, Choice, Tone
from townhall_ui.typeset import Block, Setting
from townhall_ui.words import Notice, Words


class MarkFace(ChoiceFace):
    """Number and name, and below them the word of the mark and the detail; as high in every state."""

    def __init__(self, button: QAbstractButton, candidate: Candidate, look: Look, states: Sequence[str]) -> None:
        label = "\u2002".join(part for part in (candidate.number, candidate.name) if part)
        super().__init__(button, Choice(candidate.id, label, candidate.detail), look)
        self.sign = ""
        # A name runs as its own letters do, wherever the page begins.
        self._name = Setting(label, look, Style.STRONG, align=look.leading, is_foreign=True)
        self._lines = {state: self._line(state, candidate.detail) for state in ("", *states)}
        self._settings = [self._name]
        self.set_state("")

    def _line(self, state: str, detail: str) -> Setting | None:
        text = " · ".join(part for part in (state, detail) if part)
        style = Style.SMALL_STRONG if state else Style.SMALL
        return Setting(text, self._look, style, align=self._look.leading) if text else None

    def set_state(self, state: str) -> None:
        """Say ``state`` below the name; empty: nothing."""
        line = self._lines[state]
        self._settings = [self._name, *([line] if line is not None else [])]
        self._button.update()

    def height(self, width: int) -> int:
        lines = [line for line in self._lines.values() if line is not None]
        room = width - self._around()
        second = max((line.at(room).height for line in lines), default=0.0)
        return max(self._height_of(self._name.at(room).height + second), self._button.minimumHeight())

    def least_size(self) -> QSize:
        lines = [self._name, *(line for line in self._lines.values() if line is not None)]
        return self._least_size_of(lines)

    def _paint_mark(self, painter: QPainter, words: QRectF, ink: str) -> None:
        """A box; in it a check, or the rank."""
        if not self.sign:
            super()._paint_mark(painter, words, ink)
            return
        area = self._paint_box_of_mark(painter, words)
        painter.setPen(self._look.colour("ink"))
        block = Block(self.sign, self._look, Style.KEY_WORD_STRONG, area.width(), align=Qt.AlignmentFlag.AlignHCenter)
        block.draw(painter, area)


class MarkButton(ChoiceButton):
    """A candidate (role: check box); whoever takes its clicks says whether there is a mark now.

    Enter and Space do the same, with a mark and without: keypads have no other key to take a mark away.
    """

    def __init__(self, candidate: Candidate, look: Look, states: Sequence[str]) -> None:
        super().__init__(Choice(candidate.id, candidate.name, candidate.detail), look, is_mark=True)
        self.candidate = candidate
        self.mark_face = MarkFace(self, candidate, look, states)
        self.face = self.mark_face
        self._name = self.accessibleName()

    def nextCheckState(self) -> None:
        """A touch alone marks nothing: it may be one too many."""

    def set_mark(self, state: str, *, is_marked: bool, sign: str = "") -> None:
        """Be marked or not, and say so: by ``state`` below the name, and by ``sign`` (a rank) in the box."""
        self.mark_face.sign = sign
        self.mark_face.set_state(state)
        self.setChecked(is_marked)
        # A rank is told with the name: that a box is checked says nothing of it.
        self.setAccessibleName(f"{self._name}, {state}" if sign else self._name)

    @property
    def label(self) -> str:
        """Number and name."""
        return self._name

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER_KEYS:
            if not event.isAutoRepeat():
                self.click()
        else:
            super().keyPressEvent(event)


class CountStrip(QWidget):
    """The instruction and the live count; in their place, why a touch changed nothing.

    It is as high as the highest of them needs, so that nothing below moves while somebody touches.

    Args:
        look: sizes, fonts and colours.
        width: pixels of its place.
        instruction: what can be done.
        counts: every text that the count can have.
        notices: reasons, by what they are reasons for.
    """

    def __init__(
        self, look: Look, width: int, instruction: str, counts: Iterable[str], notices: Mapping[Refusal | None, str]
    ) -> None:
        super().__init__()
        self._instruction = Words(instruction, look, colour="muted")
        self._count = Words("", look, Style.STRONG)
        self._count.setObjectName("count")
        self._plain = QWidget()
        plain = QVBoxLayout(self._plain)
        plain.setContentsMargins(0, 0, 0, 0)
        plain.setSpacing(look.space(0.5))
        plain.addWidget(self._instruction)
        plain.addWidget(self._count)
        self._notices = {reason: Notice(text, look, Tone.WARNING) for reason, text in notices.items() if text}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._plain)
        for notice in self._notices.values():
            notice.hide()
            column.addWidget(notice)
        column.addStretch(1)
        self.setFixedHeight(self._highest(width, tuple(counts)))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _highest(self, width: int, counts: tuple[str, ...]) -> int:
        heights = [notice.heightForWidth(width) for notice in self._notices.values()]
        for count in counts:
            self._count.setText(count)
            heights.append(self._plain.heightForWidth(width))
        return max(heights)

    def show_count(self, text: str) -> None:
        """Tell how many marks there are."""
        self._count.setText(text)
        self._show(self._plain)

    def show_notice(self, reason: Refusal | None) -> None:
        """Tell why a touch changed nothing, or, for None, what the model has to say."""
        self._show(self._notices[reason])

    def _show(self, shown: QWidget) -> None:
        for part in (self._plain, *self._notices.values()):
            part.setVisible(part is shown)

    @property
    def text(self) -> str:
        """What it tells now, and the instruction in any case."""
        told = [notice.text for notice in self._notices.values() if not notice.isHidden()]
        return " ".join((self._instruction.text(), *(told or [self._count.text()])))
