# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What of a form is put to the person, in order: questions that there is something to do about, and lists that grow."""

import enum
import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from townhall_forms.controls import Item, RepeatedItems
from townhall_forms.questions import Question, QuestionKind, RepeatState
from townhall_forms.session import FormSession

Asked: TypeAlias = Question | RepeatState
"""One step through the form: a question, or, behind all that is in it, a repeat that the person may change."""

_Place: TypeAlias = tuple[tuple[int, float], ...]
_SEGMENT = re.compile(r"([^/\[]+)(?:\[(\d+)\])?")


class RepeatChange(enum.Enum):
    """What a person does about a repeat; the value leads the id of the choice."""

    NONE = ""
    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"  # asked about once more
    REMOVE_NOW = "remove-now"
    KEEP = "keep"


def choice_of(change: RepeatChange, repeat: RepeatState, instance: str = "") -> str:
    """Return the id of a choice on the screen of a repeat.

    It tells how many there were when it was shown: refs move up when one is removed, and a second touch in the same
    moment must not reach the next one.
    """
    return f"{change.value} {len(repeat.instances)} {repeat.ref} {instance}"


def read_choice(chosen: str, repeat: RepeatState) -> tuple[RepeatChange, str]:
    """Return what to do, and the ref of the instance; go on where nothing was chosen.

    Raises:
        ValueError: it was chosen from another screen than the one that the repeat has now.
    """
    if not chosen:
        return RepeatChange.NONE, ""
    change, _count, _ref, instance = chosen.split(" ", 3)
    if chosen != choice_of(RepeatChange(change), repeat, instance):
        raise ValueError("a choice of another repeat, or of another time")
    return RepeatChange(change), instance


def asked_questions(form: FormSession) -> tuple[Question, ...]:
    """Return the questions that apply now and are the person's to answer or to read, in order.

    What the card stated or the form computed is not asked; the review shows it.
    """
    return tuple(each for each in form.questions() if each.kind is QuestionKind.NOTE or not each.is_read_only)


def asked_steps(form: FormSession) -> tuple[Asked, ...]:
    """Return the same with each repeat that the person may change behind its instances, or where they would be."""
    repeats = [each for each in form.repeats() if each.can_change]
    if not repeats:
        return asked_questions(form)
    order = _order(form.form.items)
    steps: list[Asked] = [*asked_questions(form), *repeats]
    return tuple(sorted(steps, key=lambda step: _place(step, order)))


def step_at(form: FormSession, position: int) -> Asked:
    """Return the step at a position, or the last one: in the moment of a change there may be fewer than were shown."""
    steps = asked_steps(form)
    return steps[min(position, len(steps) - 1)]


def _order(items: tuple[Item, ...]) -> Mapping[str, int]:
    """Return the number of each path of the body, that of a repeat before what is in it."""
    return {path: number for number, path in enumerate(dict.fromkeys(_paths(items)))}


def _paths(items: tuple[Item, ...]) -> Iterator[str]:
    for item in items:
        yield item.path
        if isinstance(item, RepeatedItems):
            yield from _paths(item.items)


def _place(step: Asked, order: Mapping[str, int]) -> _Place:
    """Where a step stands: for each repeat around it, the repeat's number and the instance; at last its own number.

    A repeat stands behind every instance of it.
    """
    path, place = "", []
    for name, instance in _SEGMENT.findall(step.ref):
        path = f"{path}/{name}"
        if instance:
            place.append((order[path], float(instance)))
    return *place, (order[path], math.inf if isinstance(step, RepeatState) else 0.0)
