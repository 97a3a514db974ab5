# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which statement of a person counts: the published rule ``earliest-1``, the same for whoever applies it, in any order.

A paper vote on record makes every electronic one void. Else the earliest statement counts: by its signed time, held
within the device's signed opening and closing; then by the device's count; then by the smaller SHA-256. Not the last
one: nobody re-votes at a kiosk, and among offline clocks "last" is the easiest to forge. Not none: a stolen card with
its PIN would cancel a vote.

The same ballot under two people's statements that would count is a fault of a device, or worse: neither counts until
people have looked. Only what would count is asked: else one card at one false device, with a statement for each ballot
that it has heard of, would cancel every vote. So it cancels one. The same statement twice is one statement.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, NewType

from townhall_voting.hashing import Fingerprint, HexHash

RULE: Final = "earliest-1"
"""The rule's name in the election package."""

Pseudonym = NewType("Pseudonym", bytes)
"""HMAC of a person's identity under the eligibility board's key: equal for one person, and nothing else."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A statement that is good in itself: signed by a certificate in force, of a person on the roll."""

    sha256: HexHash
    person: Pseudonym
    ballot: Fingerprint
    device: str
    time: int
    """Unix seconds, as signed."""
    seq: int


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a device was open, by its signed events: no statement of its counts as made before or after."""

    opened: int
    closed: int

    def bound(self, time: int) -> int:
        """Return ``time`` held within these hours."""
        return min(max(time, self.opened), self.closed)


class Resolution(Enum):
    """What became of a statement; the value is its name in files."""

    COUNTED = "counted"
    PAPER_VOTE = "paper-vote"
    LATER_DUPLICATE = "later-duplicate"
    SHARED_BALLOT = "shared-ballot"


def resolve(
    candidates: Iterable[Candidate], hours: Mapping[str, OpeningHours], paper_voters: Collection[Pseudonym]
) -> dict[HexHash, Resolution]:
    """Return what becomes of each statement, by its SHA-256. Neither order nor repetition of ``candidates`` matters.

    ``hours`` knows every device of the election package; the hours of one that never reported are those of the package.

    Raises:
        KeyError: a statement names a device without hours; such a one is refused before.
    """
    statements = {candidate.sha256: candidate for candidate in candidates}.values()
    resolved: dict[HexHash, Resolution] = {}
    contending: defaultdict[Pseudonym, list[Candidate]] = defaultdict(list)
    for statement in statements:
        if statement.person in paper_voters:
            resolved[statement.sha256] = Resolution.PAPER_VOTE
        else:
            resolved[statement.sha256] = Resolution.LATER_DUPLICATE
            contending[statement.person].append(statement)
    earliest = [
        min(several, key=lambda each: (hours[each.device].bound(each.time), each.seq, each.sha256))
        for several in contending.values()
    ]
    named = Counter(statement.ballot for statement in earliest)
    for statement in earliest:
        is_alone = named[statement.ballot] == 1
        resolved[statement.sha256] = Resolution.COUNTED if is_alone else Resolution.SHARED_BALLOT
    return resolved
