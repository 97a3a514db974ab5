# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a body holds: controls, the groups around them, and repeats with what they repeat."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from townhall_forms.expressions import Rule
from townhall_forms.texts import Text


class ControlKind(enum.Enum):
    """The controls of the standard."""

    INPUT = "input"
    SELECT_ONE = "select1"
    SELECT_MANY = "select"
    RANK = "rank"
    RANGE = "range"
    UPLOAD = "upload"
    TRIGGER = "trigger"


CHOOSING = frozenset({ControlKind.SELECT_ONE, ControlKind.SELECT_MANY, ControlKind.RANK})


@dataclass(frozen=True, slots=True)
class StaticItem:
    """One choice written in the body."""

    value: str
    label: Text | None


@dataclass(frozen=True, slots=True)
class Itemset:
    """Choices taken from an instance; ``value`` and ``label`` are evaluated at each selected node."""

    nodes: Rule
    value: Rule
    label: Text | None


Choices: TypeAlias = tuple[StaticItem, ...] | Itemset


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values of a range: from ``start`` to ``end`` in steps, upwards or downwards."""

    start: Decimal
    end: Decimal
    step: Decimal  # never 0; its sign does not matter

    def holds(self, number: Decimal) -> bool:
        """Say whether a number is one of the values."""
        low, high = sorted((self.start, self.end))
        return low <= number <= high and (number - self.start) % self.step == 0


@dataclass(frozen=True, slots=True)
class Group:
    """A group in the body; ``path`` is empty where it is about layout only."""

    path: str
    label: Text | None
    outer: "Group | None"
    appearance: frozenset[str] = frozenset()
    number: int = 0  # among the groups of the form


@dataclass(frozen=True, slots=True)
class Control:
    """One question or note of the body."""

    path: str
    kind: ControlKind
    label: Text | None
    hint: Text | None
    choices: Choices
    appearance: frozenset[str]
    group: Group | None
    bounds: Bounds | None = None  # of a range
    media_type: str = ""  # of an upload, such as "image/*"

    @property
    def is_choice(self) -> bool:
        """Whether it asks to choose among offered values."""
        return self.kind in CHOOSING


@dataclass(frozen=True, slots=True)
class RepeatedItems:
    """What the body repeats for every instance at ``path``."""

    path: str
    group: Group | None  # the innermost around the repeat: its label names the repeat
    items: "tuple[Item, ...]"


Item: TypeAlias = Control | RepeatedItems


def all_controls(items: tuple[Item, ...]) -> Iterator[Control]:
    """Yield every control once, in the body's order."""
    for item in items:
        if isinstance(item, Control):
            yield item
        else:
            yield from all_controls(item.items)


def all_repeats(items: tuple[Item, ...]) -> Iterator[RepeatedItems]:
    """Yield every repeat of the body, outer ones first."""
    for item in items:
        if isinstance(item, RepeatedItems):
            yield item
            yield from all_repeats(item.items)
