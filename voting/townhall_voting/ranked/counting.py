# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How ranked votes become winners: Schulze and the single transferable vote, as the election's rules name them.

A vote is one number for each choice: 1 the best, larger is worse, 0 unranked. Choices are counted from 0. Both methods
give what ``belenios-tool method`` gives; the transferable vote computes in exact fractions, where the tool rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import NewType, TypeAlias

Ranks = NewType("Ranks", tuple[int, ...])


@dataclass(frozen=True, slots=True)
class Beat:
    """Strength of one choice over another: more votes for it first, fewer against it second."""

    wins: int
    losses: int

    def __lt__(self, other: "Beat") -> bool:
        return (self.wins, -self.losses) < (other.wins, -other.losses)


_NO_BEAT = Beat(0, 0)


@dataclass(frozen=True, slots=True)
class SchulzeResult:
    """Outcome of the Schulze method; ``tiers`` lists choices from the best, equals together."""

    valid: int
    blank: int
    preferences: tuple[tuple[int, ...], ...]
    """``preferences[a][b]``: how many votes rank a before b."""
    beats: tuple[tuple[Beat, ...], ...]
    """Strength of the strongest path from one choice to another."""
    tiers: tuple[tuple[int, ...], ...]


def schulze(votes: Sequence[Ranks], choice_count: int, *, is_blank_allowed: bool) -> SchulzeResult:
    """Count by M. Schulze's method (winning votes); unranked choices come last together.

    Where blank is allowed, a vote that ranks nothing is blank and counts as no vote.
    """
    blank = Ranks((0,) * choice_count)
    counted = [vote for vote in votes if not (is_blank_allowed and vote == blank)]
    preferences = _preferences(counted, choice_count)
    beats = _strongest_paths(preferences)
    return SchulzeResult(
        len(counted),
        len(votes) - len(counted),
        tuple(map(tuple, preferences)),
        tuple(map(tuple, beats)),
        _tiers(beats),
    )


def _preferences(votes: Sequence[Ranks], choice_count: int) -> list[list[int]]:
    preferences = [[0] * choice_count for _ in range(choice_count)]
    last = max((rank for vote in votes for rank in vote), default=0) + 1
    for vote in votes:
        ranks = [rank or last for rank in vote]
        for one, other in combinations(range(choice_count), 2):
            if ranks[one] < ranks[other]:
                preferences[one][other] += 1
            elif ranks[other] < ranks[one]:
                preferences[other][one] += 1
    return preferences


def _strongest_paths(preferences: Sequence[Sequence[int]]) -> list[list[Beat]]:
    """A path is as strong as its weakest beat (Floyd and Warshall, with the maximum of minima)."""
    choices = range(len(preferences))
    beats = [
        [
            Beat(preferences[a][b], preferences[b][a]) if preferences[a][b] > preferences[b][a] else _NO_BEAT
            for b in choices
        ]
        for a in choices
    ]
    for via in choices:
        for a in choices:
            for b in choices:
                beats[a][b] = max(beats[a][b], min(beats[a][via], beats[via][b]))
    return beats


def _tiers(beats: Sequence[Sequence[Beat]]) -> tuple[tuple[int, ...], ...]:
    remaining = list(range(len(beats)))
    tiers = []
    while remaining:
        unbeaten = tuple(a for a in remaining if not any(beats[a][b] < beats[b][a] for b in remaining))
        tiers.append(unbeaten)
        remaining = [a for a in remaining if a not in unbeaten]
    return tuple(tiers)


@dataclass(frozen=True, slots=True)
class Win:
    """Choices that were elected in one round: one that reached the quota, or all that were left."""

    choices: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Lose:
    """The choice that was eliminated in one round."""

    choice: int


@dataclass(frozen=True, slots=True)
class Tie:
    """Two choices had the same score; ``decided`` was taken because of the order on the ballot."""

    decided: int
    other: int
    is_for_winning: bool


StvEvent: TypeAlias = Win | Lose | Tie


@dataclass(frozen=True, slots=True)
class StvResult:
    """Outcome of the single transferable vote; events in the order in which they happened."""

    preferences: tuple[tuple[int, ...], ...]
    """Each valid vote's choices in order, sorted."""
    invalid: tuple[Ranks, ...]
    """Votes that give a rank twice or leave one out."""
    quota: int
    events: tuple[StvEvent, ...]

    @property
    def winners(self) -> tuple[int, ...]:
        """The elected choices in the order of their election."""
        return tuple(choice for event in self.events if isinstance(event, Win) for choice in event.choices)


_Weighted: TypeAlias = tuple[Fraction, tuple[int, ...]]


def single_transferable_vote(votes: Sequence[Ranks], seats: int) -> StvResult:
    """Elect ``seats`` choices: Droop quota, one choice a round, surplus transferred by weight (Gregory, inclusive).

    Ties are broken by the order on the ballot: the earlier choice wins, the later one is eliminated; each is told.
    """
    orders = [(vote, _order(vote)) for vote in votes]
    valid = sorted(order for _, order in orders if order is not None)
    quota = len(valid) // (seats + 1) + 1
    weighted: list[_Weighted] = [(Fraction(1), order) for order in valid]
    events: list[StvEvent] = []
    while seats > 0:
        scores = _scores(weighted)
        if len(scores) <= seats:
            events.append(Win(tuple(sorted(choice for choice, _ in scores))))
            break
        if scores[0][1] >= quota:
            winner, score = scores[0]
            events += _tie(scores[0], scores[1], is_for_winning=True)
            events.append(Win((winner,)))
            weighted = _transfer(weighted, winner, (score - quota) / score)
            seats -= 1
        else:
            loser = scores[-1][0]
            events += _tie(scores[-1], scores[-2], is_for_winning=False)
            events.append(Lose(loser))
            weighted = _transfer(weighted, loser, Fraction(1))
    invalid = tuple(sorted(vote for vote, order in orders if order is None))
    return StvResult(tuple(valid), invalid, quota, tuple(events))


def _order(vote: Ranks) -> tuple[int, ...] | None:
    """Return the ranked choices from the best, None if the ranks are not 1, 2, 3 and so on, each once."""
    ranked = sorted((rank, choice) for choice, rank in enumerate(vote) if rank)
    if [rank for rank, _ in ranked] != list(range(1, len(ranked) + 1)):
        return None
    return tuple(choice for _, choice in ranked)


def _scores(weighted: Sequence[_Weighted]) -> list[tuple[int, Fraction]]:
    """Return every choice that some vote still ranks with the weight of the votes it leads: the best first."""
    scores = dict.fromkeys((choice for _, order in weighted for choice in order), Fraction(0))
    for weight, order in weighted:
        if order:
            scores[order[0]] += weight
    return sorted(scores.items(), key=lambda item: (-item[1], item[0]))


def _transfer(weighted: Sequence[_Weighted], gone: int, share: Fraction) -> list[_Weighted]:
    """Strike out ``gone``; votes that it led keep ``share`` of their weight."""
    return [
        (weight * share if order[:1] == (gone,) else weight, tuple(choice for choice in order if choice != gone))
        for weight, order in weighted
    ]


def _tie(one: tuple[int, Fraction], other: tuple[int, Fraction], *, is_for_winning: bool) -> list[StvEvent]:
    return [Tie(one[0], other[0], is_for_winning)] if one[1] == other[1] else []
