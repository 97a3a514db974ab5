# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a verification found: the facts of a record, and whether it is to be believed."""

from dataclasses import dataclass, field
from typing import TypeAlias

from townhall_voting.election import Election
from townhall_voting.hashing import HexHash
from townhall_voting.record.archive import Head
from townhall_voting.record.grammar import START, Phase
from townhall_voting.record.reasons import Concern, Place, Refusal
from townhall_voting.record.remembered import Remembered
from townhall_voting.trustees.result import Result
from townhall_voting.trustees.trustee_list import Trustees


@dataclass(slots=True)
class Facts:
    """What is known of a record up to where its verification came."""

    election: Election | None = None
    trustees: Trustees | None = None
    credential_count: int = 0
    ballot_count: int = 0
    remembered_count: int = 0
    """How many of the ballots an earlier verification had checked already."""
    total_weight: int = 0
    tally: HexHash | None = None
    shuffled_by: list[int] = field(default_factory=list)
    decrypted_by: list[int] = field(default_factory=list)
    result: Result | None = None
    published_count: int | None = None
    checked_count: int | None = None
    rejected_count: int | None = None
    phase: Phase = START
    head: Head | None = None
    concerns: list[Concern] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Verified:
    """Everything that the record holds was checked and is good; ``facts.phase`` tells how far the election is."""

    facts: Facts
    remembered: Remembered = field(repr=False)


@dataclass(frozen=True, slots=True)
class NotVerified:
    """The record must not be believed. ``facts`` are those up to the fault; ``detail`` is for engineers."""

    reason: Refusal
    place: Place
    detail: str
    facts: Facts


Outcome: TypeAlias = Verified | NotVerified
