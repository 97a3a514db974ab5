# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Contests as people see them: texts in every language, candidates, how many to choose, in which order to show them."""

from collections.abc import Mapping
from enum import Enum, unique
from typing import Annotated, TypeAlias

import msgspec

from townhall_voting.nonces import Randomness

Id: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$(?!\n)")]
"""Names a thing within one election: small letters, digits, hyphens."""

Language: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$(?!\n)", max_length=35)]
"""BCP 47, as the kiosk's catalogues are named."""

Text: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=10_000)]
Texts: TypeAlias = Mapping[Language, Text]
"""One text in every language of the election; empty where the thing has no such text."""


@unique
class Presentation(Enum):
    """In which order a contest's candidates are shown."""

    STRAIGHT = "straight"  # as they are listed, to everybody
    ROTATED = "rotated"  # as listed, but each visit begins at a candidate drawn by lot
    SHUFFLED = "shuffled"  # each visit has an order drawn by lot


@unique
class Counting(Enum):
    """How the votes of a contest become a result."""

    PLURALITY = "plurality"  # homomorphic: only sums are ever decrypted
    SCHULZE = "schulze"  # ranked
    STV = "stv"  # ranked


class Candidate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody or something to choose; its place in ``Contest.candidates`` is the answer's place in election.json."""

    id: Id
    name: Texts
    second_line: Texts = {}  # list, party or occupation
    number: Annotated[str, msgspec.Meta(max_length=12)] = ""  # as on posters


class Contest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One question. Without ranks: choose ``minimum`` to ``maximum`` candidates, or blank where ``blank`` says so."""

    id: Id
    title: Texts
    candidates: Annotated[tuple[Candidate, ...], msgspec.Meta(min_length=1, max_length=2000)]
    minimum: Annotated[int, msgspec.Meta(ge=0)]
    maximum: Annotated[int, msgspec.Meta(ge=1)]
    blank: bool
    instruction: Texts = {}
    seats: Annotated[int, msgspec.Meta(ge=1)] = 1
    presentation: Presentation = Presentation.STRAIGHT
    counting: Counting = Counting.PLURALITY

    @property
    def is_ranked(self) -> bool:
        """Tell whether people rank candidates, so that ballots are shuffled and decrypted one by one."""
        return self.counting is not Counting.PLURALITY


def order_for_visit(contest: Contest, randomness: Randomness) -> tuple[int, ...]:
    """Return in which order one visit sees the candidates: their places in ``contest.candidates``.

    Drawn by lot and never counted on from visit to visit: an order that follows from the one before would tell a
    ballot's place in the queue to whoever saw one screen.

    Raises:
        RandomnessError: the source failed its health test.
    """
    places = list(range(len(contest.candidates)))
    match contest.presentation:
        case Presentation.STRAIGHT:
            pass
        case Presentation.ROTATED:
            first = _draw_below(len(places), randomness)
            places = places[first:] + places[:first]
        case Presentation.SHUFFLED:  # Fisher and Yates
            for last in range(len(places) - 1, 0, -1):
                other = _draw_below(last + 1, randomness)
                places[last], places[other] = places[other], places[last]
    return tuple(places)


def _draw_below(bound: int, randomness: Randomness) -> int:
    """Return a number of 0..bound-1; 64 bits above the bound leave a bias below 2 ** -64."""
    drawn = int.from_bytes(randomness.read((bound.bit_length() + 64 + 7) // 8), "big")
    return drawn % bound
