# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How the polls of a kiosk stand, as one pure table: closed, open, paused, closed for good."""

import enum
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from townhall_kiosk.voting.errors import (
    NotYetClosingError,
    OutsideHoursError,
    PackageNotCurrentError,
    PollsClosedError,
    PollsEndedError,
    PollsPausedError,
    RollLockedError,
    VotingRefusedError,
)
from townhall_voting.mode import Mode
from townhall_voting.package.definition import Definition, Device, Place

SLOT_S: Final = 900
"""A desk stores an admission number with the quarter of an hour in which it was given out, hashed with the rest."""
SLOTS: Final = 12
"""So many further quarters it may be used in, time enough to queue for a booth."""
LASTS_HOURS: Final = SLOT_S * SLOTS // 3600


class PollsState(enum.Enum):
    """How the polls stand."""

    CLOSED = "closed"  # not opened yet
    OPEN = "open"
    PAUSED = "paused"
    ENDED = "ended"  # closed for good


class PollsAct(enum.Enum):
    """What officers do to the polls."""

    OPEN = "open"  # two officers; also after a restart, which forgets the roll key
    PAUSE = "pause"
    RESUME = "resume"
    CLOSE = "close"  # two officers, for good


POLLS_TABLE: Final[Mapping[tuple[PollsState, PollsAct], PollsState]] = MappingProxyType(
    {
        (PollsState.CLOSED, PollsAct.OPEN): PollsState.OPEN,
        (PollsState.OPEN, PollsAct.OPEN): PollsState.OPEN,
        (PollsState.PAUSED, PollsAct.OPEN): PollsState.OPEN,
        (PollsState.OPEN, PollsAct.PAUSE): PollsState.PAUSED,
        (PollsState.PAUSED, PollsAct.RESUME): PollsState.OPEN,
        (PollsState.OPEN, PollsAct.CLOSE): PollsState.ENDED,
        (PollsState.PAUSED, PollsAct.CLOSE): PollsState.ENDED,
    }
)
"""Every act that there is; nothing leads back from closed for good."""


class PollsRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one member of the set ``polls``. Counts run from the first opening; the number of a statement is signed."""

    definition: str  # SHA-256 of the election package's definition
    mode: Mode
    state: PollsState = PollsState.CLOSED
    opened: int = 0  # Unix seconds of the first opening
    closed: int = 0
    statements: int = 0
    ballots: int = 0
    checked: int = 0
    is_reported: bool = False  # the batches that say "nothing follows" are made

    def to_bytes(self) -> bytes:
        """Return the record's one spelling."""
        return msgspec.json.encode(self, order="sorted")


@dataclass(frozen=True, slots=True)
class PollingPlace:
    """What this kiosk is in an election."""

    definition: Definition
    place: Place
    device: Device

    @property
    def definition_sha256(self) -> str:
        """Which definition: everything that a kiosk says of an election names it."""
        return hashlib.sha256(self.definition.to_bytes()).hexdigest()

    def is_in_hours(self, at: datetime) -> bool:
        """Tell whether people may begin to vote here at that time."""
        return any(hours.holds(at) for hours in self.definition.hours_of(self.place))


def polls_after(record: PollsRecord, act: PollsAct, here: PollingPlace, at: datetime) -> PollsRecord:
    """Return how the polls stand after ``act``.

    Raises:
        VotingRefusedError: not from where they stand, or not at that time; the class says why.
    """
    target = POLLS_TABLE.get((record.state, act))
    if target is None:
        raise _NOT_OPEN.get(record.state, VotingRefusedError)(f"{act.value} from {record.state.value}")
    seconds = int(at.timestamp())
    if act in {PollsAct.OPEN, PollsAct.RESUME} and not here.definition.is_current(at):
        raise PackageNotCurrentError("the election's own window")
    if act is PollsAct.CLOSE and record.mode is Mode.OFFICIAL and _is_voting_to_come(here, at):
        raise NotYetClosingError("hours of voting are on, or to come")
    if record.state is PollsState.CLOSED:
        record = msgspec.structs.replace(record, opened=seconds)
    if act is PollsAct.CLOSE:
        record = msgspec.structs.replace(record, closed=seconds)
    return msgspec.structs.replace(record, state=target)


def _is_voting_to_come(here: PollingPlace, at: datetime) -> bool:
    return any(at < hours.closes for hours in here.definition.hours_of(here.place))


_NOT_OPEN: Final[Mapping[PollsState, type[VotingRefusedError]]] = MappingProxyType(
    {
        PollsState.CLOSED: PollsClosedError,
        PollsState.PAUSED: PollsPausedError,
        PollsState.ENDED: PollsEndedError,
    }
)


def check_may_begin(record: PollsRecord, here: PollingPlace, at: datetime, *, has_roll: bool) -> None:
    """Check that somebody may begin to vote now.

    Raises:
        VotingRefusedError: nobody may; the class says why.
    """
    check_may_cast(record, here, at, has_roll=has_roll)
    if record.state is PollsState.PAUSED:
        raise PollsPausedError("paused")
    if not here.is_in_hours(at):
        raise OutsideHoursError("outside the hours")


def check_may_cast(record: PollsRecord, here: PollingPlace, at: datetime, *, has_roll: bool) -> None:
    """Check that who has begun may cast: a pause, or the end of the hours, stops nobody who is at it.

    Raises:
        VotingRefusedError: nobody may; the class says why.
    """
    if record.state in {PollsState.CLOSED, PollsState.ENDED}:
        raise _NOT_OPEN[record.state](record.state.value)
    if not here.definition.is_current(at):
        raise PackageNotCurrentError("the election's own window")
    if not has_roll:
        raise RollLockedError("two officers must open again")
