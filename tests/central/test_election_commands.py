# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""`townhall-admin election`: from the author's file to a package that two officers' cards signed, on a real pcscd."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from townhall_central.repository.cli import main
from townhall_central.repository.election_roll import read_voters
from townhall_smartcard.simulation.estonian_card import EstonianCard
from townhall_smartcard.simulation.estonian_card_person import JUHAN, KADRI, Person
from townhall_smartcard.simulation.estonian_card_pins import PinReference
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.pki import TestPki
from townhall_smartcard.simulation.vpcd import VirtualReader
from townhall_voting.errors import PackageRefusedError
from townhall_voting.nonces import Randomness
from townhall_voting.package.officers import Grounds
from townhall_voting.package.package import ElectionPackage, verify_package
from townhall_voting.randomness import OperatingSystem
from townhall_voting.schnorr_group import BELENIOS_2048
from townhall_voting.trustee_keys import prove_key
from townhall_voting.trustees.trustee_list import write_trustees

EXAMPLE = Path(__file__).resolve().parents[2] / "elections" / "small-town" / "election.yaml"
PROGRAM = "import sys; from townhall_central.repository.cli import main; sys.exit(main())"
VOTERS = "country,personal_code,district\nEE,48403159910,hill\nEE,35711029923,harbour\n"
FOLDER = "small-town-2026.test"
"""As the example is called."""


def lasting(text: str) -> str:
    """The example with an age that outlives this test."""
    text = text.replace("not_before: 2026-11-01", "not_before: 2020-01-01", 1)
    return text.replace("expires: 2026-12-14", "expires: 2090-01-01", 1)


@dataclass
class Desk:
    """An officers' desk: a folder, a reader with one card at a time, and the command."""

    folder: Path
    service: PrivatePcscd
    pki: TestPki
    cards: dict[str, EstonianCard] = field(default_factory=dict)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PROGRAM, "election", *arguments],
            env=self.service.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def said(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refused(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        return done.stderr.strip()

    def card(self, person: Person) -> VirtualReader:
        """Put the person's card in; it is the same one each time."""
        if person.surname not in self.cards:
            self.cards[person.surname] = EstonianCard(person, self.pki.issue_card_keys(person))
        return VirtualReader(self.cards[person.surname], "127.0.0.1", self.service.ports[0])

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text, "utf-8")

    def verified(self) -> ElectionPackage:
        files = {path.name: path.read_bytes() for path in (self.folder / FOLDER).iterdir()}
        at = datetime.now(UTC)
        return verify_package(files, Grounds(self.pki.trust_anchors, lambda _certificate, _at: True, at))


@pytest.fixture(scope="module")
def service() -> Iterator[PrivatePcscd]:
    with PrivatePcscd() as service:
        yield service


@pytest.fixture
def desk(tmp_path: Path, service: PrivatePcscd) -> Desk:
    desk = Desk(tmp_path, service, TestPki())
    desk.write("election.yaml", lasting(EXAMPLE.read_text("utf-8")))
    desk.write("voters.csv", VOTERS)
    desk.write("pin", "12345\n")
    return desk


def trustees(randomness: Randomness) -> bytes:
    private = BELENIOS_2048.scalar(int.from_bytes(randomness.read(40), "big"))
    return write_trustees(BELENIOS_2048, [prove_key(BELENIOS_2048, private, randomness)]).data


def test_two_officers_make_a_package_of_an_authors_file(desk: Desk) -> None:
    (desk.folder / "trustees.json").write_bytes(trustees(OperatingSystem()) + b"\n")
    assert "contest    Mayor: 1 to 1 of 3, or blank, rotated, plurality" in desk.said("check", "election.yaml")
    for person in (KADRI, JUHAN):
        with desk.card(person):
            assert len(desk.said("certificate", f"{person.surname}.der").split()[0]) == 64
    officers = [argument for name in desk.cards for argument in ("--officer", f"{name}.der")]
    build = ["build", "election.yaml", "--trustees", "trustees.json", "--voters", "voters.csv", *officers, "."]
    desk.said(*build)
    assert "is there already" in desk.refused(*build)
    for number, person in enumerate((KADRI, JUHAN), 1):
        with desk.card(person):
            assert f"signatures: {number}" in desk.said("sign", FOLDER, "--pin-file", "pin")
        if number == 1:
            with pytest.raises(PackageRefusedError, match="1 of 2"):
                desk.verified()
    package = desk.verified()
    assert len(package.roll) == 2
    assert {package.wrapped_roll_key.holder_of(officer) for officer in package.officers} == {0, 1}


def test_an_officer_who_signs_again_takes_the_place_of_the_first_signature(desk: Desk) -> None:
    (desk.folder / "trustees.json").write_bytes(trustees(OperatingSystem()))
    with desk.card(KADRI):
        desk.said("certificate", "one.der")
    with desk.card(JUHAN):
        desk.said("certificate", "other.der")
        officers = ["--officer", "one.der", "--officer", "other.der"]
        desk.said("build", "election.yaml", "--trustees", "trustees.json", "--voters", "voters.csv", *officers, ".")
        desk.said("sign", FOLDER, "--pin-file", "pin")
        assert "signatures: 1" in desk.said("sign", FOLDER, "--pin-file", "pin")


def test_each_fault_is_told_with_its_code_and_nothing_is_written(desk: Desk) -> None:
    desk.write("bad.yaml", lasting(EXAMPLE.read_text("utf-8")).replace("maximum: 3", "maximum: 9", 1))
    said = desk.refused("check", "bad.yaml")
    assert said.startswith("TH-VOTE-120: bad.yaml, line ")
    assert said.endswith("contests[1].maximum: more than the 7 candidates")
    assert desk.refused("check", "missing.yaml").startswith("TH-CENT-070")
    assert desk.refused("sign", FOLDER, "--pin-file", "pin").startswith("TH-CENT-070")
    (desk.folder / FOLDER).mkdir()
    (desk.folder / FOLDER / "manifest.json").write_bytes(b"{}")
    waiting = ["sign", FOLDER, "--pin-file", "pin", "--wait", "0"]
    assert desk.refused(*waiting).startswith("TH-CENT-071: TH-CARD-002: 0 cards")
    with desk.card(KADRI):
        assert "no terminal" in desk.refused("sign", FOLDER)
        desk.write("wrong", "99999")
        assert "the PIN is wrong; 2 tries left" in desk.refused("sign", FOLDER, "--pin-file", "wrong")
        desk.write("short", "123")
        assert "5 to 12 digits" in desk.refused("sign", FOLDER, "--pin-file", "short")
    assert not (desk.folder / FOLDER / "signatures.json").exists()


def test_the_last_try_is_not_used_at_a_desk(desk: Desk) -> None:
    card = EstonianCard(KADRI, desk.pki.issue_card_keys(KADRI))
    (desk.folder / FOLDER).mkdir()
    (desk.folder / FOLDER / "manifest.json").write_bytes(b"{}")
    desk.write("wrong", "99999")
    with VirtualReader(card, "127.0.0.1", desk.service.ports[0]):
        for _ in range(3):
            said = desk.refused("sign", FOLDER, "--pin-file", "wrong")
    assert "one try left" in said
    assert card.tries_left(PinReference.PIN2) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("country;personal_code;district\n", "line 1: the columns must be country,personal_code,district"),
        (VOTERS + "EE,48403159910\n", "line 4: 2 columns"),
        (VOTERS + "ee,48403159910,hill\n", "line 4: country must be two capital letters"),
        (VOTERS + "EE,4840 3159910,hill\n", "line 4: no personal code as certificates have it"),
        (VOTERS + 'EE,"48403159910,hill\n', "no CSV in UTF-8"),
    ],
)
def test_a_line_of_voters_that_is_none_is_told_without_its_person(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "voters.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(Exception, match=said) as caught:
        list(read_voters(path))
    assert "4840" not in str(caught.value)
    assert len(list(read_voters_of(tmp_path, VOTERS))) == 2


def read_voters_of(folder: Path, text: str) -> list[object]:
    path = folder / "good.csv"
    path.write_text(text, "utf-8")
    return list(read_voters(path))


def test_a_centre_without_the_part_for_cards_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "townhall_central.officer_card", None)
    assert main(["election", "certificate", str(tmp_path / "one.der")]) == 1
    assert "TH-CENT-071" in capsys.readouterr().err
