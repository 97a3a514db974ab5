# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An honest record taken apart: what false records are made with."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from tests.voting.our_election import UUID, GoodRecord, OurElection, archive

from townhall_voting.ballot import Ballot, signature_prefix
from townhall_voting.hashing import fingerprint
from townhall_voting.nonces import draw_scalar
from townhall_voting.proofs import prove_knowledge
from townhall_voting.record.events import (
    BallotEvent,
    Event,
    SetupEvent,
)
from townhall_voting.record.log_check import PublishedFiles
from townhall_voting.record.reasons import Refusal


@dataclass(frozen=True, slots=True)
class FalseRecord:
    """A record that must not be believed, for this reason; what the tool says of the archive alone."""

    data: bytes
    reason: Refusal
    is_accepted_by_the_tool: bool
    side_cars: dict[int, bytes]
    published: PublishedFiles
    uuid: str = UUID


Forgery = Callable[["Forger"], FalseRecord]


class Forger:
    """An honest record taken apart, and what the forgeries need of it."""

    def __init__(self, good: GoodRecord) -> None:
        self.good = good
        self.town: OurElection = good.town
        self.setup, *rest = good.events
        self.cast = [event for event in rest if isinstance(event, BallotEvent)]
        self.rest = rest[len(self.cast) :]
        self.ballots: list[Ballot] = sorted((each.ballot for each in good.votes), key=lambda ballot: ballot.tracker)

    def false(
        self,
        events: Sequence[Event],
        reason: Refusal,
        *,
        is_accepted: bool = False,
        side_cars: dict[int, bytes] | None = None,
        beside: PublishedFiles | None = None,
    ) -> FalseRecord:
        cars = self.good.side_cars if side_cars is None else side_cars
        return FalseRecord(archive(events), reason, is_accepted, cars, beside or self.good.published)

    def of_setup(self, reason: Refusal, **changes: bytes) -> FalseRecord:
        assert isinstance(self.setup, SetupEvent)
        return self.false([replace(self.setup, **changes), *self.cast, *self.rest], reason)

    def of_ballot(self, reason: Refusal, ballot: bytes) -> FalseRecord:
        """Put another ballot in the place of the second one; everything after it stands as it was."""
        return self.false([self.setup, self.cast[0], BallotEvent(ballot), self.cast[2], *self.rest], reason)

    def of_rest(self, reason: Refusal, index: int, event: Event, *, is_accepted: bool = False) -> FalseRecord:
        rest = [*self.rest[:index], event, *self.rest[index + 1 :]]
        return self.false([self.setup, *self.cast, *rest], reason, is_accepted=is_accepted)

    def recount(self, ballots: Sequence[Ballot]) -> tuple[list[Event], dict[int, bytes]]:
        """Return an honest count of these ballots, from EndBallots on, with its side-cars."""
        town = OurElection.__new__(OurElection)
        for name in ("randomness", "group", "questions", "privates", "trustees", "election"):
            setattr(town, name, getattr(self.town, name))
        town.side_cars = {}
        return town.closing(ballots), town.side_cars

    def changed(self, ballot: Ballot, *path: str | int, by: object) -> bytes:
        """Return the ballot with another member, its hash and signature made good again where its key is known."""
        copy = json.loads(ballot.data)
        place = copy
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = by(place[path[-1]]) if callable(by) else by
        return self.signed(copy)

    def signed(self, ballot: dict[str, object]) -> bytes:
        del ballot["signature"]
        unsigned = spelled(ballot)
        key = next(each.key for each in self.good.votes if str(int(each.key.public)) == ballot["credential"])
        drawn = draw_scalar(self.town.randomness, self.town.group)
        proof = prove_knowledge(self.town.group, signature_prefix(fingerprint(unsigned)), key.private, drawn)
        numbers = {"challenge": str(int(proof.challenge)), "response": str(int(proof.response))}
        return spelled(ballot | {"signature": {"hash": fingerprint(unsigned), "proof": numbers}})


def spelled(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def minus(number: str, modulus: int) -> str:
    return str(modulus - int(number))
