# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""One line of a table ``State x Event -> State + effects``, checked when it is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from townhall_kiosk.events import Event
from townhall_kiosk.states import State
from townhall_kiosk.steps import Step

# Without bounds: a type checker first reads a row's lambda with the variable itself, and looks at each attribute in all
# members of a bound. For the table that took minutes. Walks of the tables show that these are states and events.
_S = TypeVar("_S")
_E = TypeVar("_E")
Key: TypeAlias = tuple[type[object], type[object]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; ``targets`` are the states it can lead to."""

    source: type[object]
    event: type[object]
    take: Callable[[State, Event], Step]
    targets: tuple[type[object], ...]


def row(source: type[_S], event: type[_E], take: Callable[[_S, _E], Step], *targets: type[object]) -> tuple[Key, Row]:
    """Return the line for a pair, by its key."""

    def checked(state: State, happened: Event) -> Step:
        if not (isinstance(state, source) and isinstance(happened, event)):
            raise TypeError(f"{type(state).__name__} x {type(happened).__name__} came to the wrong row")
        return take(state, happened)

    return (source, event), Row(source, event, checked, targets)
