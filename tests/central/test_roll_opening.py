# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Two officers' cards open the roll at the eligibility board, on a real pcscd; one card alone or a stranger's never."""

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.simulation.polling import RANDOMNESS
from townhall_central.vote.home import BoardHome, BoardRole, BoardSettings, create_home, open_home
from townhall_crypto.secret import Secret
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_keys import CardKeys
from townhall_smartcard.simulation.estonian_card_person import AINO, JUHAN, KADRI, Person
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.stack import virtual_reader_name
from townhall_smartcard.simulation.vpcd import VirtualReader
from townhall_voting.nonces import draw_scalar
from townhall_voting.package.authored import read_authored
from townhall_voting.package.officers import OfficerSignature, Signatures, signing_digest
from townhall_voting.package.package import MANIFEST, SIGNATURES, build_package
from townhall_voting.package.roll import RollKeys, Voter, build_roll
from townhall_voting.package.roll_key import wrap_roll_key
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.trustee_list import write_trustees

EXAMPLE = Path(__file__).resolve().parents[2] / "elections" / "small-town" / "election.yaml"
PROGRAM = "import sys; from townhall_central.cli import main; sys.exit(main())"
AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
VOTER = Voter("EE", KADRI.personal_code)


@dataclass
class Room:
    """A board without its roll key, two readers, and the cards of three people, two of them officers."""

    home: BoardHome
    service: PrivatePcscd
    keys: dict[str, CardKeys]
    pin: Path

    def open_roll(self, *people: Person) -> subprocess.CompletedProcess[str]:
        """Put a card into each reader and give the command."""
        cards = [EstonianCard(person, self.keys[person.surname]) for person in people]
        readers = [
            VirtualReader(card, "127.0.0.1", port) for card, port in zip(cards, self.service.ports, strict=False)
        ]
        named = [
            part for slot in range(2) for part in ("--reader", virtual_reader_name(slot), "--pin-file", str(self.pin))
        ]
        where = ("--home", str(self.home.directory), "--wait", "20")
        try:
            return subprocess.run(
                [sys.executable, "-W", "ignore", "-c", PROGRAM, "board", "open-roll", *where, *named],
                env=self.service.environment,
                capture_output=True,
                text=True,
                timeout=90,
                check=False,
            )
        finally:
            for reader in readers:
                reader.close()


@pytest.fixture
def room(tmp_path: Path, centre: SimulatedCentre) -> Iterator[Room]:
    pki = TestPki(AT)
    keys = {person.surname: pki.issue_card_keys(person) for person in (KADRI, JUHAN, AINO)}
    officers = [keys[KADRI.surname], keys[JUHAN.surname]]
    definition, roll_key, group = read_authored(EXAMPLE.name, EXAMPLE.read_bytes()), Secret.random(32), BELENIOS_2048
    certificates = [each.authentication.certificate for each in officers]
    trustee = prove_key(group, draw_scalar(RANDOMNESS, group), RANDOMNESS)
    roll = build_roll([(VOTER, "hill")], definition, RollKeys.derive(roll_key, definition))
    wrapped = wrap_roll_key(roll_key, certificates, definition)
    files = dict(build_package(definition, write_trustees(group, [trustee]).data, roll, wrapped))
    digest = signing_digest(files[MANIFEST])
    signatures = [
        OfficerSignature(
            each.authentication.certificate, each.signature.certificate, each.signature.sign_digest(digest)
        )
        for each in officers
    ]
    files[SIGNATURES] = Signatures(1, tuple(signatures)).to_bytes()
    trust = tmp_path / "trust"
    for folder, contents in (
        ("anchors", pki.anchors_der),
        ("intermediates", pki.intermediates_der),
        ("crls", pki.crls_der),
    ):
        (trust / folder).mkdir(parents=True)
        for number, content in enumerate(contents):
            (trust / folder / f"{number}.der").write_bytes(content)
    settings = BoardSettings(
        role=BoardRole.ELIGIBILITY,
        name="Board",
        centre="http://127.0.0.1:9",
        anchors=str(trust),
        officers=tuple(hashlib.sha256(certificate).hexdigest() for certificate in certificates),
        verified_at=int(AT.timestamp()),
    )
    create_home(tmp_path / "board", settings, files, centre.keys.root_bytes, Secret(b"of a board"))
    pin = tmp_path / "pin"
    pin.touch(mode=0o600)
    pin.write_text("1234\n")
    with PrivatePcscd() as service:
        yield Room(open_home(tmp_path / "board", BoardRole.ELIGIBILITY), service, keys, pin)


def test_two_officers_open_the_roll_once(room: Room) -> None:
    opened = room.open_roll(KADRI, JUHAN)
    assert opened.returncode == 0, opened.stderr
    assert room.home.package.roll.district_of(VOTER, room.home.roll_keys()) == "hill"
    again = room.open_roll(JUHAN, KADRI)
    assert again.returncode == 1
    assert "exists already" in again.stderr


@pytest.mark.parametrize("people", [(KADRI, KADRI), (KADRI, AINO)], ids=["the same officer twice", "a stranger"])
def test_one_officer_alone_opens_nothing(room: Room, people: tuple[Person, ...]) -> None:
    refused = room.open_roll(*people)
    assert refused.returncode == 1
    assert "TH-CENT-071" in refused.stderr
    assert "no officer who is asked" in refused.stderr
    assert not (room.home.directory / "keys" / "roll.key").exists()
