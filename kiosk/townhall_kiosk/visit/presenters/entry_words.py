# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the ways to answer a question say: labels of fields, names of keys, scales in words."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from townhall_forms.questions import FormChoice, Question, QuestionKind
from townhall_forms.shown import shown_number
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_ui.screens import Choice, DateWords, KeyboardWords, PlaceWords, Scale

_FEW = 11  # numbers of a range that are offered as choices: from nought to ten


def date_words(around: Surroundings) -> DateWords:
    """Return the labels of the fields of a date and of a time."""
    text = around.text
    return DateWords(text("date.day"), text("date.month"), text("date.year"), text("time.hour"), text("time.minute"))


def place_words(around: Surroundings) -> PlaceWords:
    """Return the labels of the fields of a place."""
    text = around.text
    return PlaceWords(text("place.latitude"), text("place.longitude"), text("key.minus"))


def scale(asked: Question, around: Surroundings) -> Scale | None:
    """Return the scale of a range; None for other questions."""
    bounds = asked.bounds
    if bounds is None:
        return None
    low, high = sorted((bounds.start.normalize(), bounds.end.normalize()))
    return Scale(low, high, abs(bounds.step.normalize()), around.text("scale.less"), around.text("scale.more"))


def few_numbers(asked: Question, language: str) -> tuple[Choice, ...]:
    """Return the numbers of a range as choices, from its start to its end; none where they are many."""
    bounds = asked.bounds
    if bounds is None or asked.is_read_only:
        return ()
    step = abs(bounds.step) if bounds.start <= bounds.end else -abs(bounds.step)
    count = int((bounds.end - bounds.start) // step) + 1
    if count > _FEW:
        return ()
    numbers = [(bounds.start + position * step).normalize() for position in range(count)]
    return tuple(Choice(f"{number:f}", shown_number(number, language)) for number in numbers)


def as_choices(choices: Sequence[FormChoice], value: str) -> tuple[Choice, ...]:
    """Return a form's choices as the screen has them; those in ``value`` are chosen."""
    chosen = value.split()
    return tuple(Choice(each.value, each.label, is_chosen=each.value in chosen) for each in choices)


def as_choice(value: str) -> str:
    """Return a number as the choices of ``few_numbers`` write it; what is no number as it is."""
    try:
        return f"{Decimal(value).normalize():f}"
    except InvalidOperation:
        return value


def what_is_asked(asked: Question, around: Surroundings) -> str:
    """Return what an answer of this kind looks like, where its fields do not say it."""
    text, bounds = around.text, asked.bounds
    if asked.is_read_only:
        return ""
    if asked.kind is QuestionKind.RANK:
        return text("rank.how")
    if bounds is None or few_numbers(asked, around.language):
        return ""
    low, high, step = (
        shown_number(number, around.language) for number in (*sorted((bounds.start, bounds.end)), abs(bounds.step))
    )
    return text("scale.how", low=low, high=high, step=step)


def keyboard_words(around: Surroundings) -> KeyboardWords:
    """Return the names of the keys that carry no letter."""
    text = around.text
    return KeyboardWords(
        space=text("key.space"),
        delete=text("key.delete"),
        shift=text("key.shift"),
        more_letters=text("key.more-letters"),
        symbols=text("key.symbols"),
        letters=text("key.letters"),
        script=text("key.other-script"),
        own_script=text("key.own-script"),
    )
