# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The way to answer a question: as its kind says, by the few numbers of a range, or by searching its choices."""

from dataclasses import dataclass

from townhall_forms.questions import Question
from townhall_kiosk.visit.choice_search import MOST_FOUND, SEARCH_AGAIN, Sought, found_of, is_searched
from townhall_kiosk.visit.presenters.entry_words import as_choice, as_choices, few_numbers, what_is_asked
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import Choice, EntryKind

_REPEATED = 24  # signs of what was typed that are said again


@dataclass(frozen=True, slots=True)
class AnswerWay:
    """How an answer is entered, what stands there now, what is said about it, and what can be chosen."""

    kind: EntryKind
    value: str
    told: str
    choices: tuple[Choice, ...]


def answer_way(asked: Question, value: str, sought: Sought | None, around: Surroundings) -> AnswerWay:
    """Return the way of a question now; ``value`` is its answer, or what was given and not taken."""
    if is_searched(asked):
        return _searched(asked, value, sought, around)
    if few := few_numbers(asked, around.language):
        return AnswerWay(EntryKind.CHOOSE_ONE, as_choice(value), "", few)
    told, choices = what_is_asked(asked, around), as_choices(asked.choices, value)
    return AnswerWay(EntryKind(asked.kind.value), value, told, choices)


def repeated(words: str) -> str:
    """Return what was typed as it is said again: not all of what is long."""
    return words if len(words) <= _REPEATED else f"{words[:_REPEATED]}…"


def _searched(asked: Question, value: str, sought: Sought | None, around: Surroundings) -> AnswerWay:
    """What was found, to choose from; or a field for what to look for."""
    text, found = around.text, found_of(asked, sought)
    if sought is None or not found:
        label = next((choice.label for choice in asked.choices if choice.value == value), value)
        return AnswerWay(EntryKind.TEXT, label, text("search.how"), ())
    words = repeated(sought.words)
    are_all = len(found) <= MOST_FOUND
    told = text("search.found", words=words) if are_all else text("search.best", words=words)
    choices = (*as_choices(found[:MOST_FOUND], value), Choice(SEARCH_AGAIN, text("search.again")))
    return AnswerWay(EntryKind.CHOOSE_ONE, value, told, choices)
