# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who is elected in a ranked contest, for paper, tables and NIST report alike: by the method of its package."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from townhall_voting.errors import ProgrammingError
from townhall_voting.package.contests import Contest, Counting
from townhall_voting.ranked.counting import Ranks, Tie, schulze, single_transferable_vote


class Candidacy(Enum):
    """What the count says of a candidate."""

    ELECTED = "elected"
    TIED = "tied"
    NOT_ELECTED = "not-elected"


@dataclass(frozen=True, slots=True)
class Elected:
    """Outcome of a ranked contest; candidates by their place in ``Contest.candidates``."""

    winners: tuple[int, ...]
    """In the order of their election."""
    tied: tuple[int, ...]
    """More candidates than seats are left, and the method puts none of them before another."""
    vacant: int
    """Seats that nobody gets: the tied ones' is not among them."""
    counted: int
    """Rankings of at least one candidate that the method could read."""
    blank: int
    """Rankings of nobody: they put no candidate before another, but the quota of a transferable vote counts them."""
    invalid: int
    """Rankings that the method cannot read: two candidates with one rank, or a rank left out."""
    decided_by_order: tuple[Tie, ...]
    """Ties on the way that the order on the ballot decided, as the method says."""

    def standing(self, candidate: int) -> Candidacy:
        """Return what the count says of the candidate at this place."""
        if candidate in self.winners:
            return Candidacy.ELECTED
        return Candidacy.TIED if candidate in self.tied else Candidacy.NOT_ELECTED


def elect(contest: Contest, rankings: Sequence[Ranks]) -> Elected:
    """Count the rankings of a contest, over all its ballot styles.

    Raises:
        ProgrammingError: people do not rank in it.
    """
    match contest.counting:
        case Counting.SCHULZE:
            return _by_schulze(contest, rankings)
        case Counting.STV:
            return _by_transferable_vote(contest, rankings)
        case Counting.PLURALITY:
            raise ProgrammingError("a contest in which nobody ranks")


def _by_schulze(contest: Contest, rankings: Sequence[Ranks]) -> Elected:
    """Give the seats from the best tier down; a tier that has more candidates than seats are left is a tie."""
    result = schulze(rankings, len(contest.candidates), is_blank_allowed=True)
    winners: tuple[int, ...] = ()
    tied: tuple[int, ...] = ()
    for tier in result.tiers:
        if len(winners) + len(tier) > contest.seats:
            tied = tier if len(winners) < contest.seats else ()
            break
        winners += tier
    vacant = 0 if tied else contest.seats - len(winners)
    return Elected(winners, tied, vacant, result.valid, result.blank, 0, ())


def _by_transferable_vote(contest: Contest, rankings: Sequence[Ranks]) -> Elected:
    result = single_transferable_vote(rankings, contest.seats)
    ties = tuple(event for event in result.events if isinstance(event, Tie))
    vacant = contest.seats - len(result.winners)
    blank = result.preferences.count(())
    counted = len(result.preferences) - blank
    return Elected(result.winners, (), vacant, counted, blank, len(result.invalid), ties)
