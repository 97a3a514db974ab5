# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Shows a ``QuestionScreen``: one question of a form and the way to answer it that fits its kind."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from townhall_ui.fields import LineField, LongField, is_typing
from townhall_ui.icons import Icon
from townhall_ui.look import Density, Look, Style
from townhall_ui.screens import Answered, QuestionScreen, Screen, Tone
from townhall_ui.theme import GAP_MM
from townhall_ui.views.entries import make_entry
from townhall_ui.views.entry import Entry
from townhall_ui.views.fold import Fold
from townhall_ui.views.view import Outlet, Place, Room, View
from townhall_ui.words import Notice, Sign, Words


class QuestionView(View):
    """The question as heading, then hint, problem and entry; keys at the foot or at the side.

    ``Answered.value`` has the form of the model's ``value``, as typed: no check is made here. An impossible date
    goes out as ``2026-02-31``, a date with a field left empty as ``2026-02-``; the form says what is wrong with it.
    """

    def __init__(self, look: Look, screen: QuestionScreen, room: Room, outlet: Outlet) -> None:
        super().__init__(look, screen, room, outlet)
        self._entry: Entry = make_entry(self, screen)
        if self._entry.side is not None:
            self.reserve_side(self._entry.side)
        if self._entry.bar is not None:
            self.add_to_foot(keys=_held(self._entry.bar))
        self._fold: Fold | None = None
        self._fill(screen)
        texts = (screen.problem, screen.hint, screen.source)
        # Hint and problem belong to the field for those who hear it.
        self._entry.describe(" ".join(text for text in texts if text))
        self.compose()

    def _fill(self, screen: QuestionScreen) -> None:
        self.column.addWidget(self.heading)
        is_tight = self.look.density is Density.DENSEST and not self._folds
        problem = Notice(screen.problem, self.look, Tone.PROBLEM) if screen.problem else None
        # Where there is room for one of the two, the problem says what the hint said; both can still be heard.
        if screen.hint and not (is_tight and problem is not None):
            self.column.addWidget(Words(screen.hint, self.look, colour="muted"))
        if problem is not None and not is_tight:
            self.column.addWidget(problem)
        source = self._source(screen.source) if screen.source else None
        if source is not None and not is_tight:
            self.column.addWidget(source)
        if screen.choices:
            self.column.addSpacing(self.look.space(2))
        entry = self._entry.build()
        beside = (problem or source) if is_tight else None
        if self._folds and isinstance(entry, (LineField, LongField)):
            question = [part for part in self.main.children() if isinstance(part, QWidget)]
            self._fold = Fold(self.look, entry, (screen.keyboard.letters, screen.frame.heading), self.say_politely)
            self._fold.hold(question, [part for part in (self._entry.below, self._entry.bar) if part is not None])
            entry = self._fold
        self.column.addWidget(self._beside(entry, beside) if beside is not None else entry)
        if self._entry.pager is not None:
            self.add_to_foot(keys=self._entry.pager)
        self.column.addStretch(1)
        if self._entry.below is not None:
            self.column.addSpacing(max(0, self.look.px(GAP_MM) - self.column.spacing()))
            self.column.addWidget(self._entry.below)

    @property
    def _folds(self) -> bool:
        return self.look.is_folded and self._entry.below is not None

    def shortfall(self) -> int:
        """As of any view; of a folded one, the larger of its two turns."""
        if self._fold is None:
            return super().shortfall()
        self._fold.show_keys(is_open=True)
        with_keys = super().shortfall()
        self._fold.show_keys(is_open=False)
        return max(with_keys, super().shortfall())

    def _beside(self, entry: QWidget, other: QWidget) -> QWidget:
        """The entry in one row with its problem or its source, for panels as low as ten inches."""
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self.look.px(GAP_MM))
        row.addWidget(entry, 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(other, 1, Qt.AlignmentFlag.AlignVCenter)
        return line

    def _source(self, source: str) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(self.look.px(2.5))
        row.addWidget(Sign(Icon.CARD, self.look, "good", 7))
        row.addWidget(Words(source, self.look, Style.SMALL_STRONG, colour="good"), 1)
        return line

    def first_focus(self) -> QWidget:
        return self._entry.first_field() or self.heading

    def go_on(self) -> None:
        self.outlet.send(Answered(self._entry.value()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What is typed while the focus is on a key or on the heading goes into the field."""
        if event.isAutoRepeat():
            return
        self.outlet.tell_alive()
        if event.key() == Qt.Key.Key_Backspace:
            self._entry.delete_back()
        elif is_typing(event):
            self.leave_button(self.first_focus())
            self._entry.type_in(event.text())
        else:
            super().keyPressEvent(event)

    def refresh(self, screen: Screen) -> bool:
        """The same question with another value: the field takes it; the model's value is the truth."""
        if not isinstance(screen, QuestionScreen):
            return False
        same_but_value = (
            isinstance(self.shown, QuestionScreen) and replace(screen, value=self.shown.value) == self.shown
        )
        if not same_but_value:
            return False
        self.shown = screen
        self._entry.set_value(screen.value)
        return True

    def typed(self) -> str | None:
        return self._entry.value()

    def type_again(self, typed: str) -> None:
        self._entry.set_value(typed)

    def place(self) -> Place:
        is_open = self._fold is not None and self._fold.is_open
        return Place(super().place().focus, 1 if is_open else self._entry.page)

    def resume(self, place: Place) -> QWidget | None:
        self._entry.show_page(place.page)
        if self._fold is not None:
            self._fold.show_keys(is_open=place.page == 1)
        return super().resume(place)


def _held(bar: QWidget) -> QWidget:
    """Keys in a place that stays when they are hidden."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(bar)
    return holder
