# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the person did: the window hands each to one callback."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Proceeded:
    """The primary button."""


@dataclass(frozen=True, slots=True)
class WentBack:
    """The back button."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """The stop button."""


@dataclass(frozen=True, slots=True)
class Chose:
    """A choice: of an ``AttractScreen`` or ``ChoiceScreen``, one of two ways, a staff action, ``print``."""

    id: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The primary button of a ``QuestionScreen``; ``value`` in the form that the screen's ``value`` has."""

    value: str


@dataclass(frozen=True, slots=True)
class AskedToChange:
    """The change button of one line of a ``ReviewScreen``."""

    id: str


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark of a ``ContestScreen`` was made or taken away; ``marks`` has all there are now, in the model's order."""

    marks: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A rank of a ``RankedScreen`` has changed; ``ranking`` is the whole of it now."""

    ranking: tuple[tuple[str, ...], ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class EnteredPin:
    """The primary button of a ``PinScreen``. The receiver wipes ``pin``; its repr never shows it."""

    pin: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Active:
    """Any touch or key: somebody is there."""


@dataclass(frozen=True, slots=True)
class CalledForHelp:
    """The button that calls a member of staff."""


@dataclass(frozen=True, slots=True)
class EnteredAccessNumber:
    """The primary button of an ``AccessNumberScreen``. The receiver wipes the number; its repr never shows it."""

    access_number: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class AskedForWays:
    """The button that leads to the ways to use the kiosk."""


@dataclass(frozen=True, slots=True)
class ChoseWay:
    """One choice of a group of a ``WaysScreen``."""

    group: str
    choice: str


@dataclass(frozen=True, slots=True)
class TurnedVolume:
    """A volume key of the keypad: one step louder (1) or quieter (-1)."""

    steps: int


Intent = (
    Proceeded
    | WentBack
    | Stopped
    | Chose
    | Answered
    | AskedToChange
    | Marked
    | Ranked
    | EnteredPin
    | EnteredAccessNumber
    | Active
    | CalledForHelp
    | AskedForWays
    | ChoseWay
    | TurnedVolume
)
