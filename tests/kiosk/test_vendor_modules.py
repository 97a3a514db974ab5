# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""``townhall card read`` with modules of vendors: which card goes to which, and what is printed then."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.smartcard.vendor.relay import relayed
from tests.smartcard.vendor.soft_tokens import OPENSC, PIN, SOFTHSM, SoftTokens, compile_faulty_module

from townhall_kiosk.documents.vendor_modules import read_modules
from townhall_kiosk.errors import ConfigurationError
from townhall_smartcard.connection import RawCommand
from townhall_smartcard.national.atr import AtrPattern
from townhall_smartcard.simulation.documents import ACCESS_NUMBER, DocumentWish, document
from townhall_smartcard.simulation.emrtd_chip import EmrtdChip
from townhall_smartcard.simulation.every_family import EVERY_FAMILY
from townhall_smartcard.simulation.national_keys import KeyKind, NationalAuthority
from townhall_smartcard.simulation.pcscd import PrivatePcscd
from townhall_smartcard.simulation.stack import virtual_reader_name
from townhall_smartcard.simulation.state_keys import CurveStateKey
from townhall_smartcard.simulation.states import authority, document_signer
from townhall_smartcard.simulation.vpcd import VirtualCard, VirtualReader
from townhall_smartcard.vendor.modules import VendorModule, modules_for

_COMMAND = "import sys; from townhall_kiosk.cli import main; sys.exit(main())"
_ATR = "3B7F96000000316553C164090000000082900000"
KNOWN_ATRS = tuple(
    bytes.fromhex(each)
    for each in (
        "3B9D188131FC358031C0694D54434F5373020505D3",  # Lithuania
        "3B9D188131FC358031C0694D54434F5373020604D1",
        "3BFF1300008131FE450031B9640444ECC17394018082900012",  # Croatia
        "3B7E9400008025D20310010056000000020200",  # Czechia
        "3B7F380000006A444E496520024C340113039000",  # Spain
    )
)


class VendorsCard:
    """A card that says nothing to anybody but its vendor's module."""

    atr = bytes.fromhex(_ATR)

    def transmit(self, _command: RawCommand) -> bytes:
        return bytes.fromhex("6D00")

    def reset(self) -> None:
        pass


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str
    reached: list[str]
    """What reached the module that breaks on command."""


@dataclass
class Desk:
    """A reader, a card in SoftHSM that stands for the one in it, and somebody who runs the command."""

    ports: tuple[int, ...]
    folder: Path
    line: socket.socket
    environment: dict[str, str] = field(repr=False)

    def run(self, card: VirtualCard, modules: str, *arguments: str, **more: str) -> Ran:
        (self.folder / "modules.toml").write_text(modules)
        (self.folder / "password").write_text(ACCESS_NUMBER.decode())
        told = ["--content", str(self.folder), "--password-file", str(self.folder / "password")]
        told += ["--modules", str(self.folder / "modules.toml"), *arguments]
        with VirtualReader(card, "127.0.0.1", self.ports[0]):
            done = subprocess.run(
                [sys.executable, "-c", _COMMAND, "card", "read", *told],
                env={**self.environment, **more},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        return Ran(done.returncode, done.stdout, done.stderr, self._reached())

    def _reached(self) -> list[str]:
        found: list[str] = []
        while True:
            try:
                connection, _ = self.line.accept()
            except BlockingIOError:
                return found
            with connection:
                found.append(connection.recv(200).decode())


def table(name: str, path: Path, cards: str, *more: str) -> str:
    return "\n".join(("[[module]]", f'name = "{name}"', f'path = "{path}"', cards, *more, ""))


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_faulty_module(tmp_path_factory.mktemp("module"))


@pytest.fixture(scope="module")
def soft(tmp_path_factory: pytest.TempPathFactory) -> SoftTokens:
    tokens = SoftTokens(tmp_path_factory.mktemp("softhsm"), NationalAuthority("LU"))
    tokens.prepare()
    tokens.make(KeyKind.RSA_2048, KeyKind.P384)
    return tokens


@pytest.fixture(scope="module")
def service() -> Iterator[PrivatePcscd]:
    with PrivatePcscd() as running:
        yield running


@pytest.fixture
def desk(service: PrivatePcscd, soft: SoftTokens, tmp_path: Path) -> Iterator[Desk]:
    trusted = soft.authority.trusted()
    for folder, made in (("anchors", trusted.anchors_der), ("crls", trusted.crls_der)):
        (tmp_path / "trust" / folder).mkdir(parents=True)
        for number, der in enumerate(made):
            (tmp_path / "trust" / folder / str(number)).write_bytes(der)
    with relayed(service.socket_path, tmp_path) as path, socket.socket(socket.AF_UNIX) as line:
        line.bind(str(tmp_path / "log"))
        line.listen(64)
        line.setblocking(False)
        environment = {
            **os.environ,
            "PCSCLITE_CSOCK_NAME": str(path),
            "SOFTHSM2_CONF": str(soft.configuration),
            "REAL_MODULE": str(SOFTHSM),
            "MODULE_READER": virtual_reader_name(0),
            "MODULE_LOG": str(tmp_path / "log"),
        }
        yield Desk(service.ports, tmp_path, line, environment)


def luxembourg(faulty: Path, cards: str = f'atrs = ["{_ATR}"]') -> str:
    return table("lux", faulty, cards, 'country = "LU"', "writes_files = true")


def test_a_card_that_only_its_module_knows_is_read_judged_and_proves_itself(desk: Desk, faulty: Path) -> None:
    ran = desk.run(VendorsCard(), luxembourg(faulty))
    assert (ran.status, ran.err) == (0, "")
    assert "as far as this kiosk knows" in ran.out.splitlines()[0]
    said = {line[:17].strip(): line[17:] for line in ran.out.splitlines() if line[:1].islower()}
    assert (said["surname"], said["given names"], said["state"]) == ("SPECIMEN", "LÉA", "LU")
    assert said["tries left"] == "pin1 not told, pin2 not told"
    assert said["card"].endswith("by pkcs11 lux")
    assert said["card"].startswith("uncounted commands")
    (desk.folder / "pin").write_bytes(PIN)
    told = desk.run(VendorsCard(), luxembourg(faulty), "--pin-file", str(desk.folder / "pin"), "--json")
    found = json.loads(told.out)
    assert (found["family"], found["module"], found["apdus"]) == ("pkcs11", "lux", None)
    verdicts = found["verdicts"]
    assert {name: verdicts[name] for name in ("chain", "country", "validity", "agreement", "chip")} == dict.fromkeys(
        ("chain", "country", "validity", "agreement", "chip"), "good"
    )
    assert told.reached == ["initialize", f"login 1 {len(PIN)}", "sign"]


def test_at_a_reader_with_keys_of_its_own_the_pin_is_entered_there(desk: Desk, faulty: Path) -> None:
    ran = desk.run(VendorsCard(), luxembourg(faulty), "--pin-pad", "--json", MODULE_FAULT="pin pad")
    assert json.loads(ran.out)["verdicts"]["chip"] == "good"
    assert ran.reached == ["initialize", "login 1 0 at the reader", "sign"]


def test_a_card_that_a_driver_of_ours_serves_goes_to_no_module(desk: Desk, faulty: Path) -> None:
    sample = EVERY_FAMILY["Estonia 2018"]()
    ran = desk.run(sample.card, luxembourg(faulty, "any_card = true"), "--json")
    found = json.loads(ran.out)
    assert (found["family"], found["module"], ran.reached) == ("esteid-2018", None, [])


def test_a_module_for_other_cards_is_not_loaded_and_the_card_is_read_as_a_document(desk: Desk, faulty: Path) -> None:
    chip = EmrtdChip(document(DocumentWish(document_signer(authority(CurveStateKey("secp256r1"))))))
    modules = luxembourg(faulty) + table("opensc", OPENSC, "any_card = true")
    ran = desk.run(chip, modules, "--json")
    assert (json.loads(ran.out)["protocol"], ran.reached) == ("pace", []), ran.err


def test_a_module_that_fails_is_told_and_no_other_takes_its_place(desk: Desk, faulty: Path) -> None:
    """The one that names the card's ATR comes first, wherever it stands."""
    modules = table("any", OPENSC, "any_card = true") + luxembourg(faulty)
    (desk.folder / "pin").write_bytes(PIN)
    pin = ("--pin-file", str(desk.folder / "pin"))
    ran = desk.run(VendorsCard(), modules, *pin, MODULE_FAULT="crash in sign")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "TH-CARD-018: lux\n"
    absent = table("absent", desk.folder / "absent.so", f'atrs = ["{_ATR}"]') + luxembourg(faulty)
    ran = desk.run(VendorsCard(), absent)
    assert (ran.status, ran.out, ran.reached) == (2, "", [])
    assert ran.err.startswith("TH-CARD-017: absent")


def test_the_file_tells_of_each_module_what_it_is_for(tmp_path: Path) -> None:
    path = tmp_path / "modules.toml"
    path.write_text(
        table("one", SOFTHSM, 'atrs = ["3B00xx01"]', 'country = "HR"', "deadline_s = 40", "writes_files = true")
        + table("two", OPENSC, "any_card = true")
    )
    one, two = read_modules(path)
    assert (one.country, one.deadline_s, one.writes_files) == ("HR", 40.0, True)
    assert two == VendorModule("two", OPENSC)
    assert modules_for(bytes.fromhex("3B00FF01"), (two, one)) == (one, two)
    assert modules_for(bytes.fromhex("3B00FF02"), (two, one)) == (two,)
    assert read_modules(None) == ()


def test_the_operators_page_has_a_file_that_is_taken_and_fits_its_table_of_cards(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "card-modules.md").read_text()
    (tmp_path / "modules.toml").write_text(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])  # type: ignore[index]  # there
    mcard, anything = read_modules(tmp_path / "modules.toml")
    told = re.findall(r"`(3B[0-9A-Fx]+)`", page)
    assert len(told) == 6
    patterns = [AtrPattern.parse(each) for each in told]
    assert all(any(each.matches(known) for each in patterns) for known in KNOWN_ATRS)
    lithuanian = [each for each in KNOWN_ATRS if modules_for(each, (mcard, anything))[0] is mcard]
    assert len(lithuanian) == 2
    assert modules_for(VendorsCard.atr, (mcard, anything)) == (anything,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "module"),
        ("module = 3", "module"),
        (table("one", Path("libone.so"), "any_card = true"), "path"),
        (table("one", SOFTHSM, ""), "any_card"),
        (table("one", SOFTHSM, 'atrs = ["3B00"]', "any_card = true"), "any_card"),
        (table("one", SOFTHSM, 'atrs = ["3B0"]'), "atrs"),
        (table("one", SOFTHSM, 'atrs = ["everything"]'), "atrs"),
        (table("one", SOFTHSM, "any_card = true", 'country = "Spain"'), "country"),
        (table("one", SOFTHSM, "any_card = true", "deadline_s = 0"), "deadline_s"),
        (table("one", SOFTHSM, "any_card = true", "pin = 1234"), "pin"),
        (table("one\\u001b", SOFTHSM, "any_card = true"), "name"),
        (2 * table("one", SOFTHSM, "any_card = true"), "one name"),
    ],
)
def test_a_file_that_leaves_anything_open_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "modules.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=told):
        read_modules(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"modules\.toml"):
        read_modules(tmp_path / "modules.toml")
