# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Long lists of choices: the person types a part of the answer and chooses from what is found (ADR 0048)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from townhall_forms.questions import FormChoice, Question, QuestionKind
from townhall_kiosk.finding.words import LONGEST, spelled

SEARCH_AGAIN: Final = "/ search-again"
"""Id of the choice that leads back to the search. No value of a form's choice begins with a slash and a space."""
MOST_FOUND: Final = 30
_MANY: Final = 20
_ASKED_FOR: Final = frozenset({"autocomplete", "search"})
"""Appearances by which a form asks for a search however few its choices are."""
_CLOSE: Final = 0.75
_CLOSE_FROM: Final = 4  # signs: shorter words are like too many others


@dataclass(frozen=True, slots=True)
class Sought:
    """What was looked for, and of which question."""

    ref: str
    words: str = field(repr=False)


def is_searched(asked: Question) -> bool:
    """Whether the choices of a question are looked for instead of being shown all."""
    is_one = asked.kind is QuestionKind.CHOOSE_ONE and not asked.is_read_only
    return is_one and (len(asked.choices) > _MANY or bool(asked.appearance & _ASKED_FOR))


def found_of(asked: Question, sought: Sought | None) -> tuple[FormChoice, ...]:
    """Return what is found for a question; nothing while the person is asked what to look for."""
    return find(asked.choices, sought.words) if sought is not None and sought.ref == asked.ref else ()


def find(choices: Sequence[FormChoice], words: str) -> tuple[FormChoice, ...]:
    """Return the choices that fit ``words``, the best first.

    Each word must be a word of the label, begin one or be a part of one; where no choice has all of them, be like one.
    Capitals, accents and the order of the words do not matter. Nothing fits no words.
    """
    typed = spelled(words[:LONGEST])
    labels = [spelled(choice.label) for choice in choices]
    for is_forgiving in (False, True):
        scores = ((_score(label, typed, is_forgiving=is_forgiving), place) for place, label in enumerate(labels))
        found = sorted((score, place) for score, place in scores if score is not None)
        if found:
            return tuple(choices[place] for _score_of_it, place in found)
    return ()


def _score(label: tuple[str, ...], typed: tuple[str, ...], *, is_forgiving: bool) -> int | None:
    """Return how far the label is from what was typed, 0 for the same words; None where a word is not in it."""
    if not typed:
        return None
    total = 0 if label == typed else 1 if " ".join(label).startswith(" ".join(typed)) else 2
    for word in typed:
        distances = (_distance(word, each, is_forgiving=is_forgiving) for each in label)
        nearest = min((distance for distance in distances if distance is not None), default=None)
        if nearest is None:
            return None
        total += 3 * nearest
    return total


def _distance(typed: str, word: str, *, is_forgiving: bool) -> int | None:
    if word == typed:
        return 0
    if word.startswith(typed):
        return 1
    if typed in word:
        return 2
    if is_forgiving and len(typed) >= _CLOSE_FROM:
        beginning = word[: len(typed) + 1]
        return 3 if get_close_matches(typed, (beginning, word), 1, _CLOSE) else None
    return None
