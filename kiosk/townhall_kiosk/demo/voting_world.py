# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The demo's world with an election in it: package, roll, two officers, three trustees, and the two boards."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from townhall_crypto.secret import Secret
from townhall_kiosk.demo.boards import DemoBoards, Grounds
from townhall_kiosk.demo.person import Hands
from townhall_kiosk.demo.trustees import SIZE, THRESHOLD, DemoTrustees
from townhall_kiosk.demo.world import KIOSK, STAFF, World
from townhall_kiosk.home import KioskHome
from townhall_kiosk.keeper.app import make_device_key
from townhall_kiosk.simulation.staff import line, roster_bytes
from townhall_kiosk.voting.batching import BALLOT_BOX, ELIGIBILITY_BOARD
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import KADRI, Person, personal_code
from townhall_smartcard.simulation.stack import virtual_reader_name
from townhall_voting.package.authored import read_authored
from townhall_voting.package.definition import Definition, Device, DeviceRole, Hours
from townhall_voting.package.officers import OfficerSignature, Signatures, signing_digest
from townhall_voting.package.package import MANIFEST, SIGNATURES, build_package, package_folder
from townhall_voting.package.roll import KEY_BYTES, RollKeys, Voter, build_roll
from townhall_voting.package.roll_key import wrap_roll_key
from townhall_voting.randomness import MixedRandomness, OperatingSystem
from townhall_voting.schnorr_group import named_group
from townhall_voting.trustees.ceremony import Terms

ELECTION: Final = Path(__file__).resolve().parents[3] / "elections" / "small-town" / "election.yaml"


def voter(number: int) -> Person:
    """Return somebody on the roll."""
    code = personal_code(KADRI.birth, KADRI.sex, 100 + number)
    return Person(f"VALIJA {number}", "MARI", code, KADRI.sex, KADRI.birth, f"TT00001{number:02d}")


class VotingWorld(World):
    """A ``World`` whose kiosk takes part in a test election that is on now; the staff are its officers."""

    def __init__(
        self, hands: Hands = Hands.TOUCH, *, agency: str, log: Path | None = None, voters: Sequence[Person] = (KADRI,)
    ) -> None:
        """``voters`` are on the roll; the first one's card is ``card``."""
        super().__init__(voters[0], hands, agency=agency, log=log)
        self.voters = tuple(voters)
        self._randomness = MixedRandomness((OperatingSystem(),))
        self.boards = DemoBoards(self.directory / "boards", self.centre)
        self.trustees = DemoTrustees(self.directory / "trustees", self._randomness)
        self.definition: Definition
        self.package: Mapping[str, bytes] = {}

    @property
    def officers(self) -> tuple[CardKeys, ...]:
        """The keys on the officers' cards."""
        return tuple(self.keys_of(holder) for holder in STAFF)

    def _make_home(self) -> None:
        if not self.home.exists():
            super()._make_home()

    def _write_content(self) -> Path:
        """Write what the town publishes, with the election; the package names the kiosk's key, which is made before."""
        self._make_home()
        content = super()._write_content()
        self.definition = self._definition(make_device_key(KioskHome(self.home)).public_der)
        self.package = self._package()
        folder = content / "elections" / package_folder(self.definition)
        folder.mkdir(parents=True)
        for name, data in self.package.items():
            (folder / name).write_bytes(data)
        self._make_boards(folder, content)
        return content

    def _make_boards(self, package: Path, content: Path) -> None:
        """Make the boards, publish their keys, and have the two officers open the roll for one of them."""
        certificates = [each.authentication.certificate for each in self.officers]
        self.boards.create(Grounds(package, content / "trust", certificates))
        for name, home in ((ELIGIBILITY_BOARD, self.boards.board), (BALLOT_BOX, self.boards.box)):
            (content / "recipients" / name).mkdir()
            (content / "recipients" / name / "1.key").write_bytes(self.boards.recipient(home).public.to_bytes())
        for reader, officer in zip(self.readers, STAFF, strict=False):
            reader.insert(self.card_of(officer))
        names = [virtual_reader_name(slot) for slot in range(len(STAFF))]
        self.boards.open_roll(names, "1234", self.pcscd.environment)
        for reader in self.readers:
            reader.remove_slowly()

    def _staff(self) -> bytes:
        return roster_bytes(*(line(each.authentication.certificate, "officer", self.pki.at) for each in self.officers))

    def _definition(self, device_key: bytes) -> Definition:
        """Return the town's election as if it were today, with this kiosk as its only device."""
        authored, now = read_authored(ELECTION.name, ELECTION.read_bytes()), datetime.now(UTC).replace(microsecond=0)
        today = (Hours(now - timedelta(hours=1), now + timedelta(hours=8)),)
        place = msgspec.structs.replace(
            authored.places[-1], devices=(Device(KIOSK, DeviceRole.SINGLE, device_key),), districts=(), hours=()
        )
        return msgspec.structs.replace(
            authored,
            not_before=now - timedelta(hours=2),
            expires=now + timedelta(days=7),
            rules=msgspec.structs.replace(authored.rules, hours=today, minimum_tally=2),
            places=(place,),
            ballot_log=self.boards.log_key(authored.id, authored.mode.value),
        )

    def _package(self) -> Mapping[str, bytes]:
        definition = self.definition
        trustees = self.trustees.hold_ceremony(Terms(named_group(definition.group), SIZE, THRESHOLD))
        listed = [(Voter("EE", each.personal_code), definition.districts[0].id) for each in self.voters]
        with Secret.random(KEY_BYTES) as roll_key:
            roll = build_roll(listed, definition, RollKeys.derive(roll_key, definition))
            certificates = [each.authentication.certificate for each in self.officers]
            wrapped = wrap_roll_key(roll_key, certificates, definition)
        files = build_package(definition, trustees, roll, wrapped)
        signatures = Signatures(1, tuple(_sign(each, files[MANIFEST]) for each in self.officers))
        return {**files, SIGNATURES: signatures.to_bytes()}

    def facts(self) -> str:
        """Return what the election is called everywhere, for whoever looks into the demo's output."""
        definition = self.definition.to_bytes()
        told = {"election": self.definition.id, "definition": hashlib.sha256(definition).hexdigest()}
        return json.dumps(told, indent=1)


def _sign(officer: CardKeys, manifest: bytes) -> OfficerSignature:
    return OfficerSignature(
        officer.authentication.certificate,
        officer.signature.certificate,
        officer.signature.sign_digest(signing_digest(manifest)),
    )
