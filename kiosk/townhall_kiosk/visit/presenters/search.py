# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The two screens of a long list of choices: what is looked for, and what is found."""

from townhall_forms.questions import Question
from townhall_kiosk.visit.choice_search import MOST_FOUND, SEARCH_AGAIN, Sought, find
from townhall_kiosk.visit.presenters.entry_words import as_choices, date_words, keyboard_words
from townhall_kiosk.visit.presenters.frames import page_words
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import Choice, EntryKind, Frame, QuestionScreen

_REPEATED = 24  # signs of what was typed that are said again


def searched(  # noqa: PLR0913, PLR0917  # a question, how it stands, and where
    asked: Question, value: str, heading: Frame, problem: str, sought: Sought | None, around: Surroundings
) -> QuestionScreen:
    """Return the screen of what was found, or of what to look for.

    ``value`` is that of a choice, or what was typed and not taken.
    """
    text = around.text
    words = sought.words if sought is not None and sought.ref == asked.ref else ""
    found = find(asked.choices, words)
    if found:
        repeated = words if len(words) <= _REPEATED else f"{words[:_REPEATED]}…"
        are_all = len(found) <= MOST_FOUND
        told = text("search.found", words=repeated) if are_all else text("search.best", words=repeated)
        choices = (*as_choices(found[:MOST_FOUND], value), Choice(SEARCH_AGAIN, text("search.again")))
    else:
        told, choices = text("search.how"), ()
        value = next((choice.label for choice in asked.choices if choice.value == value), value)
    return QuestionScreen(
        heading,
        EntryKind.CHOOSE_ONE if found else EntryKind.TEXT,
        value,
        keyboard_words(around),
        date_words(around),
        hint=" ".join(part for part in (asked.hint, told) if part),
        problem=problem,
        choices=choices,
        paging=page_words(around),
    )
