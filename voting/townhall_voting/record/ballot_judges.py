# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who checks and counts the ballots of a record: the port, and the judge that does it here, one after the other."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol, TypeAlias

from townhall_voting.ballot_check import BallotChecker
from townhall_voting.election import Election
from townhall_voting.errors import BallotRefusal, BallotRefusedError
from townhall_voting.group import MembershipBatch
from townhall_voting.hashing import Fingerprint
from townhall_voting.trustees.tally import Tally


@dataclass(frozen=True, slots=True)
class WeighedBallot:
    """The bytes of a ballot that nobody has checked, and how many times it counts if it is good."""

    data: bytes = field(repr=False)
    weight: int


@dataclass(frozen=True, slots=True)
class GoodBallot:
    """A ballot that was checked and counted: the hash h that its voter signed, and its tracker."""

    hash: Fingerprint
    tracker: Fingerprint


@dataclass(frozen=True, slots=True)
class BadBallot:
    """A ballot that must not be counted, and was not."""

    reason: BallotRefusal


Verdict: TypeAlias = GoodBallot | BadBallot


class Membership(Enum):
    """How a judge tells that the numbers of ballots are elements of the group."""

    EACH = "each"
    """Number by number: the first ballot with one that is none is told."""
    TOGETHER = "together"
    """Of all ballots at the end: quicker for thousands, and does not tell which ballot it is."""


class BallotJudge(Protocol):
    """Checks ballots of one election and counts the good ones."""

    def judge(
        self, election: Election, ballots: Iterator[WeighedBallot], tally: Tally
    ) -> Generator[Verdict, None, None]:
        """Return a verdict for each ballot, in their order; at the end all good ones are counted in ``tally``.

        ``ballots`` may be read some way ahead. Closing the iterator ends the work.

        Raises:
            BallotRefusedError: after all verdicts: a number of some ballot is no element (``Membership.TOGETHER``).
            UnavailableError: the judge cannot go on; no verdict is missing silently.
        """


class DirectJudge:
    """Checks in this process, one ballot after the other."""

    def __init__(self, membership: Membership = Membership.EACH) -> None:
        self._membership = membership

    def judge(
        self, election: Election, ballots: Iterator[WeighedBallot], tally: Tally
    ) -> Generator[Verdict, None, None]:
        """Check and count each ballot as it is asked for."""
        batch = batch_for(election, self._membership)
        checker = BallotChecker(election, batch)
        for ballot in ballots:
            yield judge_one(checker, ballot, tally)
        if batch is not None and not batch.are_elements():
            raise BallotRefusedError(BallotRefusal.MEMBERSHIP)


def batch_for(election: Election, membership: Membership) -> MembershipBatch | None:
    """Return a new batch where membership is told together."""
    return election.group.membership_batch() if membership is Membership.TOGETHER else None


def judge_one(checker: BallotChecker, ballot: WeighedBallot, tally: Tally) -> Verdict:
    """Check one ballot and count it if it is good."""
    try:
        good = checker.check(ballot.data)
    except BallotRefusedError as error:
        return BadBallot(error.reason)
    tally.add(good, ballot.weight)
    return GoodBallot(good.hash, good.tracker)
