# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What tests of a booth and a desk share: both devices of one place, and a voter who goes from one to the other."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from tests.kiosk.voting_town import MAYOR_AND_COUNCIL, definition, sign, to_review

from townhall_crypto.device_key import FileDeviceKey
from townhall_kiosk import states as at
from townhall_kiosk.simulation.election import BOOTH, DESK, SimulatedElection, SimulatedPolls, at_booth_and_desk
from townhall_kiosk.simulation.ports import SimulatedOutbox, StandingClock
from townhall_kiosk.simulation.visit import SimulatedVisit
from townhall_kiosk.visit.election import VisitElection
from townhall_kiosk.visit.presenters.apart import ADMISSION, SLIP
from townhall_kiosk.visit.presenters.voting import CAST, CHECK, VOTE
from townhall_kiosk.visit.surroundings import Surroundings
from townhall_kiosk.voting import states as vote
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI, Person
from townhall_smartcard.simulation.pki import TestPki
from townhall_ui import screens
from townhall_voting.eligibility.slip import read_slip, sign_slip
from townhall_voting.mode import Mode
from townhall_voting.package.definition import Definition, DeviceRole

Act = Callable[[SimulatedVisit], Coroutine[object, object, None]]
Scene = Callable[["ApartTown"], Coroutine[object, object, None]]


def a_key() -> FileDeviceKey:
    return FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))


def in_role(around: Surroundings, role: DeviceRole) -> Surroundings:
    """Let surroundings be those of a device with another part in the same election."""
    assert around.election is not None
    here = around.election.here
    device = msgspec.structs.replace(here.device, role=role)
    around.election = replace(around.election, here=replace(here, device=device))
    return around


class ApartTown:
    """A booth and a desk of one place; each act at one of them is a visit of its own."""

    def __init__(self, directory: Path, around: Callable[[str], Surroundings], pki: TestPki) -> None:
        self.clock = StandingClock()
        self.directory, self._around, self.pki = directory, around, pki
        self.booth_key, self.desk_key = a_key(), a_key()
        self.voters: tuple[tuple[Person, str], ...] = ((KADRI, "harbour"), (JUHAN, "hill"))
        self.adapt: Callable[[Definition], Definition] = lambda same: same
        self.seen: list[screens.Screen] = []
        """Every screen that was shown."""
        self.papers: list[bytes] = []
        self.booth: SimulatedPolls
        self.desk: SimulatedPolls

    def play(self, scene: Scene) -> "ApartTown":
        async def stage() -> None:
            there = at_booth_and_desk(definition(), self.clock, self.booth_key, self.desk_key)
            self.election = SimulatedElection.of(self.adapt(there), self.voters)
            self.booth, self.desk = self.polls(BOOTH), self.polls(DESK)
            await scene(self)

        asyncio.run(stage())
        return self

    def polls(self, kiosk: str) -> SimulatedPolls:
        """Open a device's polls; again, as after a restart of its keeper and with both officers' cards."""
        key = self.booth_key if kiosk == BOOTH else self.desk_key
        folder = self.directory / kiosk
        return SimulatedPolls(self.election, folder, key, self.clock, self.pki.trust_anchors, kiosk=kiosk)

    async def at(self, polls: SimulatedPolls, act: Act) -> None:
        """Let somebody do something at a device."""
        around = self._around("en")
        around.election = VisitElection.read(self.election.files(), polls.kiosk)
        outbox = SimulatedOutbox(polls.key)
        async with SimulatedVisit(around, self.pki.trust_anchors, {}, outbox, polls=polls) as visit:
            await act(visit)
            await visit.settle()
            assert all(not any(pin) for pin in visit.pins), "every PIN was wiped"
            self.seen += visit.display.screens
            self.papers += visit.printer.sheets
        polls.station.gone(polls.visit)

    async def number_for(self, card: EstonianCard) -> str:
        """Have the desk give out an admission number."""
        given: list[str] = []

        async def act(visit: SimulatedVisit) -> None:
            await to_offer(visit)
            visit.press(screens.Chose(ADMISSION))
            await visit.until(vote.WaitingForVoter)
            visit.insert(card)
            await visit.until(vote.ShowingAdmission)
            assert visit.desk.ballot.given is not None
            given.append(visit.desk.ballot.given.admission)
            await visit.printed(1)
            await leave(visit)

        await self.at(self.desk, act)
        return given[0]

    async def slip_for(self, number: str, marks: tuple[tuple[str, ...], ...] = MAYOR_AND_COUNCIL) -> str:
        """Make a ballot at the booth and cast it; return the text of its cast slip."""
        slips: list[str] = []

        async def act(visit: SimulatedVisit) -> None:
            await to_decision(visit, number, marks)
            visit.press(screens.Chose(CAST))
            await visit.until(vote.TakingSlip)
            assert visit.desk.ballot.made is not None
            slips.append(visit.desk.ballot.made.cast_slip)
            visit.press(screens.Proceeded())
            await visit.until(at.Thanked)
            visit.timer.pass_time(5)
            await visit.until(at.Ended)

        await self.at(self.booth, act)
        return slips[0]

    async def redeem(self, slip: str, card: EstonianCard) -> None:
        """Sign for a slip at the desk."""

        async def act(visit: SimulatedVisit) -> None:
            await to_card(visit, slip)
            visit.insert(card)
            await visit.until(vote.ReadingStatement)
            await sign(visit)
            await visit.until(vote.ShowingVoteReceipt)
            await leave(visit)

        await self.at(self.desk, act)

    async def refused(self, slip: str, card: EstonianCard | None = None) -> str:
        """Bring a slip that the desk does not take; return the code that it gives."""
        codes: list[str] = []

        async def act(visit: SimulatedVisit) -> None:
            if card is None:
                await to_slip(visit, slip)
                codes.append((await visit.until(vote.EnteringSlip)).code)
                return
            await to_card(visit, slip)
            visit.insert(card)
            codes.append((await visit.until(vote.VoterTurnedAway)).code)

        await self.at(self.desk, act)
        return codes[0]


async def to_offer(visit: SimulatedVisit) -> None:
    visit.press(screens.Chose("en"))
    await visit.until(vote.VotingOffered)


async def to_slip(visit: SimulatedVisit, slip: str) -> None:
    await to_offer(visit)
    visit.press(screens.Chose(SLIP))
    await visit.until(vote.EnteringSlip)
    visit.press(screens.Answered(slip))
    await visit.settle()


async def to_card(visit: SimulatedVisit, slip: str) -> None:
    await to_slip(visit, slip)
    await visit.until(vote.WaitingForVoter)


async def to_first_contest(visit: SimulatedVisit, number: str) -> None:
    await to_offer(visit)
    visit.press(screens.Chose(VOTE))
    await visit.until(vote.EnteringAdmission)
    visit.press(screens.EnteredAccessNumber(bytearray(number.encode())))
    await visit.until(vote.Marking)


async def to_decision(
    visit: SimulatedVisit, number: str, marks: tuple[tuple[str, ...], ...] = MAYOR_AND_COUNCIL
) -> None:
    await to_first_contest(visit, number)
    await to_review(visit, marks)
    visit.press(screens.Proceeded())
    await visit.until(vote.CheckOrCast)


async def check(visit: SimulatedVisit) -> None:
    visit.press(screens.Chose(CHECK))
    await visit.until(vote.ShowingCheck)


async def leave(visit: SimulatedVisit) -> None:
    visit.press(screens.Proceeded())
    await visit.until(at.TakingCard)
    visit.remove()
    await visit.until(at.Thanked)


def forged(slip: str, key: FileDeviceKey, **changes: str | Mode) -> str:
    """Return a slip with other facts, signed by any key."""
    return sign_slip(msgspec.structs.replace(read_slip(slip), **changes), key)
