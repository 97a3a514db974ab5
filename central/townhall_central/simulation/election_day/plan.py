# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who votes what, where and when on a simulated day, and what goes wrong: all of it drawn from one seed.

Keys and nonces are fresh in every run; nothing here depends on them, so that one seed gives one report.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from townhall_voting.ballot_making import Choices

CHOICES: Final = tuple(
    Choices(pair)
    for pair in (
        ((0, 1, 0, 0), (1, 0, 0, 0, 1)),
        ((0, 0, 1, 0), (0, 1, 1, 1, 0)),
        ((0, 0, 0, 1), (0, 0, 0, 0, 0)),
        ((1, 0, 0, 0), (1, 1, 1, 0, 0)),
        ((0, 1, 0, 0), (0, 0, 1, 0, 1)),
    )
)
"""What people may want, for the contests of a simulated town."""

ROUNDS: Final = 4
"""So many times a day devices send what they have."""
_HOUR_S: Final = 3600


class Fault(Enum):
    """What goes wrong at a visit; the value is its name in the report."""

    NONE = "none"
    UNREDEEMED = "ballot without a statement"
    BALLOT_LOST = "ballot dropped after cast"
    BALLOT_REPLACED = "ballot replaced after cast"
    STATEMENT_LOST = "statement held back"
    REVOKED = "revoked card"
    STRANGER = "person not on the roll"
    CHECKED_CAST = "checked ballot cast"
    SHARED = "one ballot, statements of two people"
    SECOND_PIN = "second PIN for another ballot"
    MALLEATED = "altered copy of a ballot"


@dataclass(frozen=True, slots=True)
class Making:
    """A ballot as the person wanted it and as the device made it (indices into ``CHOICES``)."""

    wanted: int
    made: int

    @property
    def is_swapped(self) -> bool:
        """Whether the device cheated."""
        return self.wanted != self.made


@dataclass(frozen=True, slots=True)
class Visit:
    """One person at one polling post; ``at_s`` is the true time in seconds after the opening."""

    voter: int
    post: int
    at_s: int
    round: int
    cast: Making
    opened: tuple[Making, ...] = ()
    """Ballots that the person has made and opened before the one that they cast."""
    fault: Fault = Fault.NONE
    other: int = 0
    """The second person of ``SHARED``."""


@dataclass(frozen=True, slots=True)
class Post:
    """A kiosk that does both, or a booth with its desk. ``skew_s``: by how much its clocks are ahead."""

    number: int
    is_pair: bool
    skew_s: int = 0
    is_cheating: bool = False
    is_destroyed: bool = False
    """Its storage is gone before the last round leaves."""

    @property
    def statement_device(self) -> str:
        """The name of the device that makes statements."""
        return f"{'desk' if self.is_pair else 'kiosk'}-{self.number}"

    @property
    def ballot_device(self) -> str:
        """The name of the device that makes ballots."""
        return f"{'booth' if self.is_pair else 'kiosk'}-{self.number}"


@dataclass(frozen=True, slots=True)
class DaySize:
    """How large the day is; the shares are of all visits."""

    singles: int
    pairs: int
    voters: int
    check_share: float = 0.02
    staff_check_share: float = 0.2
    """At the pairs, where staff check at random too."""
    swap_share: float = 0.01


SMALL: Final = DaySize(singles=3, pairs=2, voters=44, staff_check_share=0.6)
LARGE: Final = DaySize(singles=20, pairs=3, voters=5000)


@dataclass(frozen=True, slots=True)
class DayPlan:
    """A day; ``visits`` in the order in which they happen."""

    seed: int
    size: DaySize
    posts: tuple[Post, ...]
    visits: tuple[Visit, ...]
    paper: tuple[int, ...]
    """Voters who have voted on paper as well."""

    def line(self) -> random.Random:
        """Return the chance by which the line fails."""
        return random.Random(f"{self.seed}/line")  # noqa: S311 - a simulation


def draw_plan(seed: int, size: DaySize) -> DayPlan:
    """Return the day of this seed."""
    chance = random.Random(f"{seed}/plan")  # noqa: S311 - a simulation
    posts = _posts(size)
    everybody = list(range(size.voters))
    chance.shuffle(everybody)
    people = iter(everybody)
    several = max(2, size.voters // 100)
    doubles = [next(people) for _ in range(several)]
    paper = tuple(next(people) for _ in range(max(1, several // 4)))
    faulty = [(fault, next(people)) for fault in Fault if fault is not Fault.NONE for _ in range(max(1, several // 5))]
    sharers = {voter: next(people) for fault, voter in faulty if fault is Fault.SHARED}
    visits = [_visit(chance, posts, voter, fault, sharers.get(voter, 0)) for fault, voter in faulty]
    visits += [_visit(chance, posts, voter) for voter in (*doubles, *paper, *people)]
    first = {visit.voter: visit for visit in visits}
    visits += [_again(chance, posts, first[voter]) for voter in doubles]
    cheated = _cheated(chance, posts, visits, size)
    return DayPlan(seed, size, posts, tuple(sorted(cheated, key=lambda each: (each.at_s, each.voter))), paper)


def _posts(size: DaySize) -> tuple[Post, ...]:
    """The first kiosk's clock is hours ahead, the second's hours behind; the third is destroyed; one booth cheats."""
    skews = {1: 5 * _HOUR_S, 2: -4 * _HOUR_S}
    singles = (Post(n, is_pair=False, skew_s=skews.get(n, 0), is_destroyed=n == 3) for n in range(1, size.singles + 1))
    return (*singles, *(Post(n, is_pair=True, is_cheating=n == 1) for n in range(1, size.pairs + 1)))


def _visit(
    chance: random.Random, posts: tuple[Post, ...], voter: int, fault: Fault = Fault.NONE, other: int = 0
) -> Visit:
    # What goes wrong goes wrong at sound posts, so that each trouble is told from each other.
    sound = [number for number, post in enumerate(posts) if not (post.skew_s or post.is_cheating or post.is_destroyed)]
    post = chance.randrange(len(posts)) if fault is Fault.NONE else chance.choice(sound)
    at_s = chance.randrange(60, 2 * _HOUR_S - 300)
    wanted = chance.randrange(len(CHOICES))
    return Visit(voter, post, at_s, _round(at_s), Making(wanted, wanted), (), fault, other)


def _again(chance: random.Random, posts: tuple[Post, ...], before: Visit) -> Visit:
    """The same person at another post a little later; never at a time that a whole number of hours makes the same."""
    post = (before.post + chance.randrange(1, len(posts))) % len(posts)
    at_s = min(before.at_s + chance.randrange(120, 3000), 2 * _HOUR_S - 200)
    at_s += (at_s - before.at_s) % _HOUR_S == 0
    wanted = (before.cast.wanted + 1) % len(CHOICES)
    return Visit(before.voter, post, at_s, _round(at_s), Making(wanted, wanted))


def _round(at_s: int) -> int:
    return min(at_s * ROUNDS // (2 * _HOUR_S), ROUNDS - 1)


def _cheated(chance: random.Random, posts: tuple[Post, ...], visits: list[Visit], size: DaySize) -> Iterator[Visit]:
    """Have people and staff open ballots; the cheating booth swaps as many as 1 % of all the day's ballots."""
    at_cheater = sum(posts[visit.post].is_cheating for visit in visits)
    swap = min(0.5, max(size.swap_share * len(visits), 4) / max(at_cheater, 1))
    for visit in visits:
        post = posts[visit.post]
        share = size.staff_check_share if post.is_pair else size.check_share
        opened = [visit.cast.wanted] if visit.fault is Fault.NONE and chance.random() < share else []
        made = [
            (wanted + 1) % len(CHOICES) if post.is_cheating and chance.random() < swap else wanted
            for wanted in (*opened, visit.cast.wanted)
        ]
        yield Visit(
            visit.voter,
            visit.post,
            visit.at_s,
            visit.round,
            Making(visit.cast.wanted, made[-1]),
            tuple(Making(wanted, each) for wanted, each in zip(opened, made[:-1], strict=True)),
            visit.fault,
            visit.other,
        )


def escape_probability(check_share: float, swapped: int) -> float:
    """Return how likely nobody opens any of so many swapped ballots, if that share of all ballots is opened."""
    return float((1 - check_share) ** swapped)


def escape_frequency(seed: int, check_share: float, swapped: int, days: int) -> float:
    """Return on which share of so many drawn days nobody opened any of the swapped ballots."""
    chance = random.Random(f"{seed}/checks")  # noqa: S311 - a simulation
    escaped = sum(all(chance.random() >= check_share for _ in range(swapped)) for _ in range(days))
    return escaped / days
