# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small election around one simulated kiosk: its files, a roll whose key is here, boards, a trustee who opens.

The polling station is the product's own. Whoever holds this object is everybody at once, and sees what nobody may.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import msgspec

from townhall_crypto.device_key import DeviceKey
from townhall_crypto.recipients import RecipientPrivateKey, generate_recipient_key
from townhall_crypto.sealed import open_sealed
from townhall_crypto.secret import Secret
from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.ports import Clock
from townhall_kiosk.voting import messages
from townhall_kiosk.voting.polls import PollingPlace, PollsRecord, PollsState
from townhall_kiosk.voting.sets_on_disk import Part, SetsOnDisk
from townhall_kiosk.voting.station import PollingStation
from townhall_kiosk.voting.station_hold import StationSetting
from townhall_kiosk.voting.station_roll import KeyedRoll
from townhall_smartcard.simulation.estonian_card_person import Person
from townhall_voting.ballot import HomomorphicAnswer, RankedAnswer, parse_ballot
from townhall_voting.ballot_check import BallotChecker
from townhall_voting.ballot_making import Choices
from townhall_voting.election import Election
from townhall_voting.group import Element, Group, Scalar
from townhall_voting.hashing import HexHash, hex_hash
from townhall_voting.package.definition import Definition, Device, DeviceRole, Hours
from townhall_voting.package.derivation import derive_elections
from townhall_voting.package.roll import Roll, RollKeys, Voter, build_roll
from townhall_voting.proofs import Ciphertext
from townhall_voting.schnorr_group import named_group

KIOSK = "kiosk-1"
BOOTH, DESK = "booth-1", "desk-1"


def at_this_kiosk(definition: Definition, clock: Clock, key: DeviceKey, kiosk: str = KIOSK) -> Definition:
    """Return ``definition`` as if written for today: polls are open now, and ``kiosk`` is its single device."""
    return _at(definition, clock, (Device(kiosk, DeviceRole.SINGLE, key.public_der),))


def at_booth_and_desk(definition: Definition, clock: Clock, booth: DeviceKey, desk: DeviceKey) -> Definition:
    """Return ``definition`` the same way, at one place with a booth and a desk."""
    devices = (Device(BOOTH, DeviceRole.BOOTH, booth.public_der), Device(DESK, DeviceRole.DESK, desk.public_der))
    return _at(definition, clock, devices)


def _at(definition: Definition, clock: Clock, devices: tuple[Device, ...]) -> Definition:
    now = clock.now()
    open_now = (Hours(now - timedelta(hours=2), now + timedelta(hours=8)),)
    first = definition.places[0]
    return msgspec.structs.replace(
        definition,
        not_before=now - timedelta(days=1),
        expires=now + timedelta(days=10),
        rules=msgspec.structs.replace(definition.rules, hours=open_now),
        places=(msgspec.structs.replace(first, devices=devices, districts=(), hours=()),),
    )


@dataclass(frozen=True, slots=True)
class SimulatedElection:
    """One election with all its secrets."""

    definition: Definition
    elections: dict[str, Election]
    secret: Scalar = field(repr=False)
    board: RecipientPrivateKey = field(repr=False)
    ballot_box: RecipientPrivateKey = field(repr=False)
    roll_key: bytes = field(repr=False)
    roll: bytes = field(repr=False)

    @classmethod
    def of(cls, definition: Definition, voters: Iterable[tuple[Person, str]]) -> "SimulatedElection":
        """Return an election for these people, each with their district; one trustee holds the whole key."""
        group = named_group(definition.group)
        secret = group.scalar(int.from_bytes(secrets.token_bytes(group.draw_bytes), "big"))
        elections = derive_elections(definition, b"a trustee of a test", group.secret_power(group.generator, secret))
        roll_key = secrets.token_bytes(32)
        keys = RollKeys.derive(Secret(roll_key), definition)
        listed = [(Voter("EE", person.personal_code), district) for person, district in voters]
        roll = build_roll(listed, definition, keys)
        board, box = generate_recipient_key(), generate_recipient_key()
        return cls(definition, dict(elections), secret, board, box, roll_key, roll)

    @property
    def roll_version(self) -> HexHash:
        """SHA-256 of the roll."""
        return hex_hash(self.roll)

    def files(self) -> messages.ElectionFiles:
        """Return what the keeper gives a visit."""
        elections = {style: each.data for style, each in self.elections.items()}
        keys = (self.board.public.to_bytes(),)
        return messages.ElectionFiles(self.definition.to_bytes(), elections, keys, self.roll_version)

    def open_roll(self, device: str = KIOSK) -> KeyedRoll:
        """Return the roll as two officers open it."""
        roll = Roll.over(memoryview(self.roll), self.definition)
        return KeyedRoll.open(roll, Secret(self.roll_key), self.definition, device)

    def statement(self, sealed: bytes) -> bytes:
        """Return R, as the eligibility board opens it."""
        return open_sealed(sealed, self.board).payload

    def choices(self, ballot: bytes) -> Choices:
        """Decrypt a ballot, as all trustees together could."""
        election = next(each for each in self.elections.values() if each.fingerprint.encode() in ballot)
        parsed, group = parse_ballot(election, ballot), election.group
        opened: list[tuple[int, ...]] = []
        for answer, question in zip(parsed.answers, election.questions, strict=True):
            match answer:
                case HomomorphicAnswer(choices=choices):
                    opened.append(tuple(_bit(group, each, self.secret) for each in choices))
                case RankedAnswer(choices=choices):
                    opened.append(group.extract(_plain(group, choices, self.secret), len(question.answers)))
        return Choices(tuple(opened))


def _plain(group: Group, ciphertext: Ciphertext, secret: Scalar) -> Element:
    return group.divide(ciphertext.beta, group.secret_power(ciphertext.alpha, secret))


def _bit(group: Group, ciphertext: Ciphertext, secret: Scalar) -> int:
    return [group.identity, group.generator].index(_plain(group, ciphertext, secret))


@dataclass(slots=True)
class SimulatedPolls:
    """Implements the ``PollsOffice`` port over a real polling station in a directory; polls are open at once."""

    election: SimulatedElection
    directory: Path
    key: DeviceKey
    clock: Clock
    anchors: TrustAnchors
    visit: str = "visit"
    kiosk: str = KIOSK
    station: PollingStation = field(init=False)
    counts: list[PollsRecord] = field(default_factory=list)
    ballot_log: tuple[int, str] = (0, "")
    asked: list[messages.ToPolls] = field(default_factory=list)
    """Everything that a visit asked, in order."""

    def __post_init__(self) -> None:
        """Open the station."""
        definition = self.election.definition
        place, device = definition.place_of(self.kiosk), definition.device(self.kiosk)
        if place is None or device is None:
            raise ValueError(self.kiosk)
        here = PollingPlace(definition, place, device)
        checkers = {
            str(each.fingerprint): (style, BallotChecker(each)) for style, each in self.election.elections.items()
        }
        setting = StationSetting(
            here=here,
            checkers=checkers,
            anchors=lambda: self.anchors,
            key=self.key,
            clock=self.clock,
            journal_root=self._root,
            note_counts=self._note,
            ballot_log=lambda: self.ballot_log,
        )
        self.station = PollingStation(setting, SetsOnDisk(self.directory))
        self.stand(PollsState.OPEN)
        if device.role is not DeviceRole.BOOTH:
            self.station.use_roll(self.election.open_roll(self.kiosk))

    def stand(self, state: PollsState) -> None:
        """Let the polls stand like this."""
        record = msgspec.structs.replace(self.station.record, state=state, opened=self.clock.wall())
        self.station.sets.replace({Part.POLLS: frozenset({record.to_bytes()})})

    async def ask_polls(self, message: messages.ToPolls) -> messages.FromPolls:
        """Ask the station; what the two say goes through the wire's own bytes."""
        sent = msgspec.msgpack.decode(msgspec.msgpack.encode(message), type=messages.ToPolls)
        self.asked.append(sent)
        return await self.station.take(self.visit, sent)

    async def _root(self) -> str:
        return hex_hash(str(len(self.counts)).encode())

    async def _note(self, record: PollsRecord) -> None:
        self.counts.append(record)

    def members(self, part: Part) -> frozenset[bytes]:
        """Return what is in a set, read from the disk."""
        return SetsOnDisk(self.directory).read()[part]


def without_hours(definition: Definition, clock: Clock) -> Definition:
    """Return ``definition`` with hours that begin in an hour."""
    hours = (Hours(clock.now() + timedelta(hours=1), clock.now() + timedelta(hours=2)),)
    return msgspec.structs.replace(definition, rules=msgspec.structs.replace(definition.rules, hours=hours))
