# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What tests of voting share: an election at this kiosk, visits in it, and a voter who knows what to press."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from townhall_crypto.device_key import DeviceKey, FileDeviceKey
from townhall_kiosk import states as at
from townhall_kiosk.simulation.election import SimulatedElection, SimulatedPolls, at_this_kiosk
from townhall_kiosk.simulation.ports import SimulatedOutbox, StandingClock
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.visit.election import VisitElection
from townhall_kiosk.visit.presenters.voting import CAST, CHECK, VOTE
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import states as vote
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI, Person
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens
from townhall_voting.package.authored import read_authored
from townhall_voting.package.definition import Definition

PIN2 = "12345"
ELECTION = Path(__file__).resolve().parents[2] / "elections" / "small-town" / "election.yaml"
MAYOR_AND_COUNCIL = (("kask",), ("lepp", "toom"))
"""Marks by contest; as the record spells them: no blank, second of three; first and fifth of seven."""
AS_RECORDED = ((0, 0, 1, 0), (1, 0, 0, 0, 1, 0, 0))

Scene = Callable[[SimulatedVisit, SimulatedPolls], Coroutine[object, object, None]]


def definition() -> Definition:
    return read_authored(ELECTION.name, ELECTION.read_bytes())


class VotingTown:
    """One kiosk in one election; each visit is a fresh process's worth of desk, the polls go on."""

    def __init__(self, directory: Path, around: Callable[[str], Surroundings], pki: TestPki, key: DeviceKey) -> None:
        self.clock = StandingClock()
        self.pki, self.key, self.directory = pki, key, directory
        self._around = around
        self.adapt: Callable[[Definition], Definition] = lambda same: same
        self.voters: tuple[tuple[Person, str], ...] = ((KADRI, "harbour"), (JUHAN, "hill"))

    def open(self) -> SimulatedPolls:
        here = self.adapt(at_this_kiosk(definition(), self.clock, self.key))
        election = SimulatedElection.of(here, self.voters)
        return SimulatedPolls(election, self.directory, self.key, self.clock, self.pki.trust_anchors)

    def visit(self, polls: SimulatedPolls, start: at.State | None = None) -> SimulatedVisit:
        around = self._around("en")
        around.election = VisitElection.read(polls.election.files(), "kiosk-1")
        return SimulatedVisit(around, self.pki.trust_anchors, {}, SimulatedOutbox(self.key), start=start, polls=polls)

    def play(self, *scenes: Scene) -> SimulatedPolls:
        """Play each scene in a visit of its own."""

        async def stage() -> SimulatedPolls:
            polls = self.open()
            for scene in scenes:
                async with self.visit(polls) as visit:
                    await scene(visit, polls)
                    await visit.settle()
                    assert all(not any(pin) for pin in visit.pins), "every PIN was wiped"
                polls.station.gone(polls.visit)
            return polls

        return asyncio.run(stage())


async def to_first_contest(visit: SimulatedVisit, language: str = "en") -> None:
    visit.press(screens.Chose(language))
    await visit.until(vote.VotingOffered)
    visit.press(screens.Chose(VOTE))
    await visit.until(vote.Marking)


async def mark(visit: SimulatedVisit, *ids: str) -> None:
    visit.press(screens.Marked(ids))
    await visit.settle()


async def to_review(visit: SimulatedVisit, marks: tuple[tuple[str, ...], ...] = MAYOR_AND_COUNCIL) -> None:
    for number, ids in enumerate(marks):
        assert visit.state == vote.Marking(number)
        await mark(visit, *ids)
        visit.press(screens.Proceeded())
        await visit.settle()
    await visit.until(vote.ReviewingBallot)


async def to_decision(visit: SimulatedVisit, marks: tuple[tuple[str, ...], ...] = MAYOR_AND_COUNCIL) -> None:
    await to_review(visit, marks)
    visit.press(screens.Proceeded())
    await visit.until(vote.CheckOrCast)


async def check(visit: SimulatedVisit) -> None:
    visit.press(screens.Chose(CHECK))
    await visit.until(vote.ShowingCheck)


async def to_statement(visit: SimulatedVisit, card: EstonianCard) -> None:
    visit.press(screens.Chose(CAST))
    await visit.until(vote.WaitingForVoter)
    visit.insert(card)
    await visit.until(vote.ReadingStatement)


async def sign(visit: SimulatedVisit, pin: str = PIN2) -> None:
    visit.press(screens.Proceeded())
    await visit.until(vote.EnteringVotePin)
    visit.enter_pin(pin)
    await visit.settle()


async def cast(visit: SimulatedVisit, card: EstonianCard) -> None:
    await to_statement(visit, card)
    await sign(visit)
    await visit.until(vote.ShowingVoteReceipt)


async def whole_vote(visit: SimulatedVisit, card: EstonianCard) -> None:
    await to_first_contest(visit)
    await to_decision(visit)
    await cast(visit, card)


def stored(polls: SimulatedPolls) -> tuple[int, int, int, int]:
    """Return how many statements, ballots, marks and checked ballots are on the disk."""
    parts = (Part.ELIGIBILITY, Part.BALLOTS, Part.MARKS, Part.CHECKED)
    one, two, three, four = (len(polls.members(part)) for part in parts)
    return one, two, three, four


@pytest.fixture
def voting(tmp_path: Path, make_around: Callable[[str], Surroundings], pki: TestPki, key: FileDeviceKey) -> VotingTown:
    """Return a polling station in single-kiosk mode, and who comes there."""
    return VotingTown(tmp_path / "voting", make_around, pki, key)


@pytest.fixture
def other_card(juhan_keys: CardKeys) -> EstonianCard:
    """Return somebody else's card."""
    return EstonianCard(JUHAN, juhan_keys)
