# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A town that votes, without windows: officers, trustees, voters with cards, devices, the centre and its two boards."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from townhall_central import agencies, ingest
from townhall_central.agencies import InboxPage
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.kiosk import MemoryDeviceKey
from townhall_central.simulation.polling import PollingDevice
from townhall_central.simulation.town_election import TownPlan, define, people, sign_package
from townhall_central.simulation.trustees import SimulatedTrustees
from townhall_central.vote import acts
from townhall_central.vote.closing import ClosedElection, Desk
from townhall_central.vote.eligibility_store import Settlement
from townhall_central.vote.home import (
    BoardHome,
    BoardRole,
    BoardSettings,
    create_home,
    new_log_key,
    open_home,
    store_roll_key,
)
from townhall_crypto.envelope import Envelope
from townhall_crypto.secret import Secret
from townhall_smartcard.simulation.estonian_card_keys import CertifiedKey
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI, Person
from townhall_smartcard.simulation.pki import Role, TestPki
from townhall_voting.board.lists import AcceptedList, EligibilityReport, RejectedList, verify_list
from townhall_voting.package.definition import DeviceRole
from townhall_voting.record.log_check import PublishedFiles
from townhall_voting.schnorr_group import BELENIOS_2048

PASSPHRASE: Final = b"of a simulated board"


@dataclass(frozen=True, slots=True)
class SimulatedVoter:
    """Somebody on the roll, with the signature key of their card."""

    person: Person = field(repr=False)
    card: CertifiedKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class DirectLine:
    """A board's line to a centre in the same process."""

    centre: SimulatedCentre
    key_id: str

    def page(self, after: int) -> InboxPage:
        """Return the next envelopes after a log index."""
        with self.centre.database.read() as connection:
            return agencies.page(connection, self.key_id, after)

    def envelope(self, envelope_id: str) -> bytes:
        """Return one envelope."""
        with self.centre.database.read() as connection:
            return ingest.read_bytes(connection, envelope_id) or b""


@dataclass
class SimulatedTown:
    """A town on its voting day."""

    folder: Path
    plan: TownPlan
    pki: TestPki
    centre: SimulatedCentre
    board: BoardHome
    box: BoardHome
    devices: list[PollingDevice]
    voters: list[SimulatedVoter]
    trustees: SimulatedTrustees = field(repr=False)

    @classmethod
    def create(cls, folder: Path, plan: TownPlan, new_url: Callable[[], str] = str) -> "SimulatedTown":
        """Found a town in an empty or missing folder; ``new_url`` gives the address of an empty database, "" a file."""
        pki = TestPki(at=datetime.fromtimestamp(plan.now, UTC))
        centre = SimulatedCentre.create(folder / "centre", plan.now, new_url())
        roles = {name: role for place in plan.places for name, role in place}
        keys = {name: MemoryDeviceKey() for name in roles}
        on_roll = people(plan.voters)
        cards = pki.issue_many(on_roll, Role.SIGNATURE)
        voters = [SimulatedVoter(person, card) for person, card in zip(on_roll, cards, strict=True)]
        trustees = SimulatedTrustees.hold_ceremony(BELENIOS_2048, plan.threshold, plan.trustees)
        officers = [pki.issue_card_keys(person) for person in (KADRI, JUHAN)]
        roll_key = Secret.random(32)
        definition = define(plan, {name: key.public_der for name, key in keys.items()})
        new_log_key(folder / "log-key", definition.id, definition.mode)
        vkey = (folder / "log-key" / "log.vkey").read_text("ascii").strip()
        definition = msgspec.structs.replace(definition, ballot_log=vkey)
        files = sign_package(definition, trustees.published, roll_key, officers, on_roll)
        _write_trust(folder / "trust", pki)
        known = tuple(hashlib.sha256(each.authentication.certificate).hexdigest() for each in officers)
        homes = {}
        for role in BoardRole:
            settings = _settings(role, folder, plan, known, new_url())
            log_key = (folder / "log-key" / "log.pem").read_bytes()
            root = centre.keys.root_bytes
            create_home(folder / role.value, settings, files, root, Secret(PASSPHRASE), log_key=log_key)
            if role is BoardRole.ELIGIBILITY:
                store_roll_key(folder / role.value, roll_key)
            homes[role] = _introduce(centre, folder / role.value, role, plan.now)
        board, box = homes[BoardRole.ELIGIBILITY], homes[BoardRole.BALLOT_BOX]
        devices = [_device(centre, (board, box), name, keys[name], role) for name, role in roles.items()]
        return cls(folder, plan, pki, centre, board, box, devices, voters, trustees)

    def device(self, name: str) -> PollingDevice:
        """Return a device by its name; raises KeyError."""
        return {each.kiosk.name: each for each in self.devices}[name]

    def put(self, device: PollingDevice, envelopes: Sequence[Envelope]) -> None:
        """Have the centre take envelopes, in the order given."""
        for envelope in envelopes:
            self.centre.put(device.kiosk, envelope)

    def renew_lists(self) -> None:
        """Put the card authority's newest revocation lists where the boards look for them."""
        _write_trust(self.folder / "trust", self.pki)

    def pick_up(self) -> None:
        """Have both boards take what came."""
        for home in (self.board, self.box):
            acts.pick_up_now(home, DirectLine(self.centre, home.keys.key_id), self.plan.now)

    def settle(self, *, without: Sequence[str] = (), after_s: int = 0) -> Settlement:
        """Have the eligibility board settle, so many seconds after the plan's time."""
        key = self.board.signing_key(Secret(PASSPHRASE))
        return acts.settle_now(self.board, key, self.plan.now + after_s, frozenset(without))

    def close(self, accepted: bytes, *, without: Sequence[str] = ()) -> list[ClosedElection]:
        """Have the box close and write what is public into ``public/``."""
        self.public.mkdir(exist_ok=True)
        given = acts.GivenList(accepted, self.board_key)
        desk = Desk(self.public, self.box.signing_key(Secret(PASSPHRASE)), self.plan.now)
        return acts.close_now(self.box, given, desk, frozenset(without))

    def end(self) -> None:
        """Close all databases."""
        for database in (self.board.database, self.box.database, self.centre.database):
            database.close()

    @property
    def public(self) -> Path:
        """Where the close leaves what everybody may read."""
        return self.folder / "public"

    @property
    def board_key(self) -> bytes:
        """The eligibility board's public key (DER)."""
        return (self.board.directory / "keys" / "board.pub").read_bytes()

    @property
    def box_key(self) -> bytes:
        """The ballot box's public key (DER)."""
        return (self.box.directory / "keys" / "board.pub").read_bytes()

    def accepted(self, untrusted: bytes) -> AcceptedList:
        """Return the verified list of accepted ballots."""
        return verify_list(untrusted, AcceptedList, self.board_key)

    def report(self, untrusted: bytes) -> EligibilityReport:
        """Return the verified eligibility report."""
        return verify_list(untrusted, EligibilityReport, self.board_key)

    @property
    def rejected(self) -> RejectedList:
        """The verified list of rejected ballots."""
        (path,) = self.public.glob("*.rejected.json")
        return verify_list(path.read_bytes(), RejectedList, self.box_key)

    @property
    def published(self) -> PublishedFiles:
        """What the box published, for the strict verifier."""
        files = acts.public_log(self.box).files
        (lists,) = self.public.glob("*.rejected.json")
        verifier = self.box.log_signer().verifier
        return PublishedFiles(
            files["log.jsonl"], files["checkpoint"].decode(), lists.read_bytes(), verifier, self.box_key
        )


def _settings(role: BoardRole, folder: Path, plan: TownPlan, officers: tuple[str, ...], database: str) -> BoardSettings:
    return BoardSettings(
        role=role,
        name=role.value,
        centre="http://127.0.0.1:9",
        anchors=str(folder / "trust"),
        officers=officers,
        verified_at=plan.now,
        database=database,
    )


def _introduce(centre: SimulatedCentre, home: Path, role: BoardRole, now: int) -> BoardHome:
    with centre.database.write() as connection:
        agencies.add(connection, (home / "agency.json").read_bytes(), by="Ann", now=now)
    return open_home(home, role)


def _device(
    centre: SimulatedCentre, boards: tuple[BoardHome, BoardHome], name: str, key: MemoryDeviceKey, role: DeviceRole
) -> PollingDevice:
    board, box = boards
    who, what = board.keys.recipient.public, box.keys.recipient.public
    kiosk = centre.enrol(name, [who, what], key=key)
    return PollingDevice(kiosk, board.package, who, what, centre.now - 3600, role)


def _write_trust(folder: Path, pki: TestPki) -> None:
    kinds = {"anchors": pki.anchors_der, "intermediates": pki.intermediates_der, "crls": pki.crls_der}
    for name, contents in kinds.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, content in enumerate(contents):
            (folder / name / f"{number}.der").write_bytes(content)
