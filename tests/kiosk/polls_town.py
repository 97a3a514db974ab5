# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Officers at the polls of a kiosk: a counter with an election, their cards, and what they do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.kiosk.voting_town import definition

from townhall_crypto.device_key import DeviceKey, FileDeviceKey
from townhall_crypto.envelope import Envelope
from townhall_crypto.secret import Secret
from townhall_kiosk.simulation.counter import Counter
from townhall_kiosk.simulation.election import SimulatedElection, at_this_kiosk
from townhall_kiosk.simulation.ports import StandingClock
from townhall_kiosk.simulation.staff import line, roster_bytes
from townhall_kiosk.staff import acts
from townhall_kiosk.staff.messages import (
    Answer,
    FurtherPersonWanted,
    RollPoint,
    RollShareWanted,
    StaffActWanted,
    StaffChallengeWanted,
    StaffLetIn,
    StaffProof,
)
from townhall_kiosk.staff.proof import Purpose, StaffChallenge
from townhall_kiosk.staff.roster import Roster
from townhall_kiosk.voting.batching import BALLOT_BOX, ELIGIBILITY_BOARD
from townhall_kiosk.voting.messages import BallotWanted, PollsDone
from townhall_kiosk.voting.polls import PollsRecord, PollsState
from townhall_kiosk.voting.sets_on_disk import Part
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI
from townhall_smartcard.simulation.pki import TestPki
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.courier import Courier
from townhall_sync.simulated_kiosk import SimulatedKiosk, SimulatedLine
from townhall_sync.simulator import CentralServiceSimulator
from townhall_voting.hashing import hex_hash
from townhall_voting.mode import Mode
from townhall_voting.package.definition import Definition, Device, DeviceRole
from townhall_voting.package.package import ElectionPackage
from townhall_voting.package.roll import Roll
from townhall_voting.package.roll_key import wrap_roll_key
from townhall_voting.randomness import MixedRandomness, OperatingSystem
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.trustee_list import write_trustees

Scene = Callable[["Polls"], Awaitable[None]]


@dataclass(slots=True)
class Polls:
    """A counter with an election, the cards of its officers, and what they do."""

    counter: Counter
    election: SimulatedElection
    package: ElectionPackage
    one: CardKeys
    other: CardKeys
    clerk: CardKeys
    journal: AsyncJournal
    recipients: dict[str, tuple[bytes, ...]]
    token: bytes = b""
    challenges: bytes = b""
    """What the officers' cards give of their generators."""

    async def prove(self, keys: CardKeys, purpose: Purpose, *, gives_share: bool = True) -> Answer:
        card = keys.authentication
        challenge = await self.counter.ask_office(StaffChallengeWanted(purpose))
        if not isinstance(challenge, StaffChallenge):
            return challenge
        point = await self.counter.ask_office(RollShareWanted(card.certificate))
        assert isinstance(point, RollPoint)
        shared = (card.agree(point.point) or b"") if point.point and gives_share else b""
        signature = card.sign_digest(challenge.digest())
        return await self.counter.ask_office(StaffProof(purpose, card.certificate, signature, shared, self.challenges))

    async def both(self, act: acts.StaffAct, *, other: CardKeys | None = None, gives_share: bool = True) -> Answer:
        """Come in, want an act, and have another person agree."""
        answer = await self.prove(self.one, Purpose.SESSION, gives_share=gives_share)
        assert isinstance(answer, StaffLetIn)
        self.token = answer.token
        wanted = await self.counter.ask_office(StaffActWanted(self.token, act))
        if not isinstance(wanted, FurtherPersonWanted):
            return wanted
        return await self.prove(other or self.other, Purpose.AGREEMENT)

    async def alone(self, act: acts.StaffAct) -> Answer:
        return await self.counter.ask_office(StaffActWanted(self.token, act))

    def stands(self) -> PollsState:
        return self.record.state

    @property
    def record(self) -> PollsRecord:
        assert self.counter.election.polls is not None
        return self.counter.election.polls.station.record

    async def may_vote(self) -> str:
        assert self.counter.election.polls is not None
        answer = await self.counter.election.polls.station.take("v", BallotWanted())
        assert isinstance(answer, PollsDone)
        return answer.code

    def put(self, part: Part, *members: bytes) -> None:
        assert self.counter.election.polls is not None
        sets = self.counter.election.polls.station.sets
        sets.replace({part: sets.read()[part] | frozenset(members)})

    async def batches(self) -> list[bytes]:
        pending = await self.journal.pending()
        return [Envelope.from_bytes(await self.journal.envelope_bytes(each.envelope_id)).sealed for each in pending]


def in_role(here: Definition, role: DeviceRole, other_key: DeviceKey) -> Definition:
    """Give the kiosk this role; beside a booth stands a desk, beside a desk a booth."""
    (place,) = here.places
    (device,) = place.devices
    devices: tuple[Device, ...] = (msgspec.structs.replace(device, role=role),)
    if role is not DeviceRole.SINGLE:
        beside = DeviceRole.DESK if role is DeviceRole.BOOTH else DeviceRole.BOOTH
        devices = (*devices, Device("kiosk-beside", beside, other_key.public_der))
    return msgspec.structs.replace(here, places=(msgspec.structs.replace(place, devices=devices),))


@pytest.fixture
def play(
    tmp_path: Path, key: FileDeviceKey, pki: TestPki, kadri_keys: CardKeys, juhan_keys: CardKeys
) -> Callable[..., None]:
    aino_keys = pki.issue_card_keys(AINO)
    other_key = FileDeviceKey(ec.generate_private_key(ec.SECP256R1()))

    def run(scene: Scene, mode: Mode = Mode.TEST, role: DeviceRole = DeviceRole.SINGLE) -> None:
        clock = StandingClock()
        here = in_role(msgspec.structs.replace(at_this_kiosk(definition(), clock, key), mode=mode), role, other_key)
        election = SimulatedElection.of(here, [(KADRI, "harbour"), (JUHAN, "hill")])
        randomness = MixedRandomness((OperatingSystem(),))
        secret = BELENIOS_2048.scalar(12345678901234567890)
        officers = [each.authentication.certificate for each in (kadri_keys, juhan_keys)]
        wrapped = wrap_roll_key(Secret(election.roll_key), officers, here)
        package = ElectionPackage(
            sha256=hex_hash(here.to_bytes()),
            definition=here,
            elections=election.elections,
            trustees=write_trustees(BELENIOS_2048, [prove_key(BELENIOS_2048, secret, randomness)]),
            roll=Roll.over(memoryview(election.roll), here),
            roll_version=election.roll_version,
            wrapped_roll_key=wrapped,
            officers=tuple(officers),
        )
        kiosk = SimulatedKiosk(tmp_path / "journal", key, clock)
        centre = CentralServiceSimulator(clock.wall)
        centre.add_kiosk(kiosk.name, key.public_der)
        people = [
            *(line(each, "officer", clock.now()) for each in officers),
            line(aino_keys.authentication.certificate, "clerk", clock.now()),
        ]

        async def work(journal: AsyncJournal, _courier: Courier) -> None:
            roster = Roster.read(roster_bytes(*people))
            counter = Counter(tmp_path, journal, key, pki.trust_anchors, roster, clock)
            recipients: dict[str, tuple[bytes, ...]] = {
                ELIGIBILITY_BOARD: (election.board.public.to_bytes(),),
                BALLOT_BOX: (election.ballot_box.public.to_bytes(),),
            }
            assert counter.election.use(package, recipients) is not None
            await scene(Polls(counter, election, package, kadri_keys, juhan_keys, aino_keys, journal, recipients))

        SimulatedLine(kiosk, centre, centre.keys).run(work)

    return run


def restarted(polls: Polls) -> Polls:
    """Return the same kiosk after a restart of its keeper, which has looked at no catalogue yet."""
    counter = polls.counter
    again = Counter(counter.home, counter.journal, counter.key, counter.anchors, counter.roster, counter.clock)
    return replace(polls, counter=again)


def is_for(sealed: bytes, polls: Polls) -> bool:
    return polls.election.ballot_box.public.key_id.encode() in sealed
