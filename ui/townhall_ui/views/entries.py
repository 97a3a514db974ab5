# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Answers that are chosen or only read, and which way to answer fits which kind of question."""

import unicodedata
from typing import assert_never

from PySide6.QtCore import QDate, QLocale
from PySide6.QtWidgets import QWidget

from townhall_ui.choices import ChoiceButton, RadioChoice
from townhall_ui.look import Look, Style
from townhall_ui.screens import Choice, EntryKind, QuestionScreen
from townhall_ui.views.choice_column import ChoiceColumn
from townhall_ui.views.entry import Entry
from townhall_ui.views.parted_entries import DateEntry, DateTimeEntry, PlaceEntry, TimeEntry
from townhall_ui.views.rank_entry import RankEntry
from townhall_ui.views.scale_entry import ScaleEntry
from townhall_ui.views.typed_entries import NumberEntry, TextEntry
from townhall_ui.views.view import View
from townhall_ui.words import Words

_TIME_LENGTH = len("14:30")


class ChoiceEntry(Entry):
    """Choices to mark: one that excludes the others, or many."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        self._view, self._screen = view, screen
        self._is_many = screen.kind is EntryKind.CHOOSE_MANY
        chosen = set(screen.value.split())
        self._buttons = [self._button(choice, view.look) for choice in screen.choices]
        for button in self._buttons:
            button.setChecked(button.choice.id in chosen)
        self._column: ChoiceColumn | None = None

    def _button(self, choice: Choice, look: Look) -> ChoiceButton | RadioChoice:
        if self._is_many:
            return ChoiceButton(choice, look, is_mark=True)
        button = RadioChoice(choice, look)
        button.toggled.connect(lambda is_on: self._release_others(button) if is_on else None)
        return button

    def _release_others(self, chosen: RadioChoice) -> None:
        for button in self._buttons:
            if button is not chosen:
                button.setChecked(False)

    @property
    def page(self) -> int:
        return self._column.page if self._column is not None else 0

    @property
    def pager(self) -> QWidget | None:
        return self._column.pager if self._column is not None else None

    def build(self) -> QWidget:
        box = self._view.box(self._screen.paging)
        self._column = ChoiceColumn(self._buttons, self._view.look, box, self._view.say_politely)
        marked = [index for index, button in enumerate(self._buttons) if button.isChecked()]
        if marked:
            self._column.show_choice(marked[0])
        return self._column

    def value(self) -> str:
        return " ".join(button.choice.id for button in self._buttons if button.isChecked())

    def set_value(self, value: str) -> None:
        chosen = set(value.split())
        for button in self._buttons:
            button.setChecked(button.choice.id in chosen)

    def describe(self, text: str) -> None:
        for button in self._buttons:
            button.setAccessibleDescription(" ".join(part for part in (button.choice.hint, text) if part))

    def show_page(self, page: int) -> None:
        if self._column is not None:
            self._column.show_page(page)


class ReadEntry(Entry):
    """An answer that can only be read."""

    def __init__(self, view: View, screen: QuestionScreen) -> None:
        self._look, self._screen, self._value = view.look, screen, screen.value
        self._words = Words("", view.look, Style.NUMBER, is_foreign=True)
        self.set_value(screen.value)

    def build(self) -> QWidget:
        # Without an answer there is nothing that a screen reader should stop at.
        return QWidget() if self._screen.kind is EntryKind.NOTE else self._words

    def value(self) -> str:
        return self._value

    def set_value(self, value: str) -> None:
        self._value = value
        self._words.setText(_readable(self._screen, value))


def _readable(screen: QuestionScreen, value: str) -> str:  # noqa: PLR0911 - one line a kind
    """A value as people read it: labels for ids, a date in words of the screen's language."""
    match screen.kind:
        case EntryKind.CHOOSE_ONE | EntryKind.CHOOSE_MANY:
            ids = value.split()
            return "\n".join(choice.label for choice in screen.choices if choice.id in ids)
        case EntryKind.RANK:
            labels = {choice.id: choice.label for choice in screen.choices}
            return "\n".join(f"{rank}. {labels.get(one, one)}" for rank, one in enumerate(value.split(), 1))
        case EntryKind.DATE:
            return _day_in_words(screen, value)
        case EntryKind.TIME:
            return value[:_TIME_LENGTH]
        case EntryKind.DATE_TIME:
            day, _, clock = value.partition("T")
            return f"{_day_in_words(screen, day)} {clock[:_TIME_LENGTH]}".strip()
        case EntryKind.PLACE:
            return ", ".join(value.split()[:2])
        case EntryKind.NOTE:
            return ""
        case EntryKind.TEXT | EntryKind.LONG_TEXT | EntryKind.LINES:
            return value
        case EntryKind.INTEGER | EntryKind.DECIMAL | EntryKind.RANGE:
            return value
        case _:
            assert_never(screen.kind)


def _day_in_words(screen: QuestionScreen, value: str) -> str:
    date = QDate.fromString(value, "yyyy-MM-dd")
    if not date.isValid():
        return value
    return _with_plain_digits(QLocale(screen.frame.language).toString(date, "d MMMM yyyy"))


def _with_plain_digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in text)


def make_entry(view: View, screen: QuestionScreen) -> Entry:  # noqa: C901, PLR0911 - one line a kind
    """The way to answer that fits the question's kind.

    Raises:
        ScreenMalformedError: the model lacks the words of its kind.
    """
    if screen.is_read_only or screen.kind is EntryKind.NOTE:
        return ReadEntry(view, screen)
    match screen.kind:
        case EntryKind.TEXT | EntryKind.LONG_TEXT | EntryKind.LINES:
            return TextEntry(view, screen)
        case EntryKind.INTEGER | EntryKind.DECIMAL:
            return NumberEntry(view, screen)
        case EntryKind.DATE:
            return DateEntry(view, screen)
        case EntryKind.TIME:
            return TimeEntry(view, screen)
        case EntryKind.DATE_TIME:
            return DateTimeEntry(view, screen)
        case EntryKind.PLACE:
            return PlaceEntry(view, screen)
        case EntryKind.RANGE:
            return ScaleEntry(view, screen)
        case EntryKind.RANK:
            return RankEntry(view, screen)
        case EntryKind.CHOOSE_ONE | EntryKind.CHOOSE_MANY:
            return ChoiceEntry(view, screen)
        case _:
            assert_never(screen.kind)
