# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who steals the kiosk after a visit has its whole disk, the passphrase and every key: no answer, no name, no PIN."""

import base64
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from townhall_crypto.envelope import Envelope, OuterHeader
from townhall_crypto.inner_header import SealedParts, split_sealed
from townhall_crypto.recipients import RecipientPrivateKey
from townhall_crypto.sealed import _derive_keys, open_sealed
from townhall_crypto.secret import Secret
from townhall_forms.transaction import Transaction
from townhall_kiosk.home import KioskHome
from townhall_kiosk.texts import Texts
from townhall_smartcard.simulation.estonian_card_pins import Pins

if TYPE_CHECKING:
    from tests.journeys import canaries
    from tests.journeys.conftest import Town
else:
    # Tests are no package (style rule 26).
    canaries = SimpleNamespace(**run_path(str(Path(__file__).with_name("canaries.py"))))

ENGLISH = Texts("en")
PRIVATE_KEY_BYTES, SECRET_BYTES = 96, 32


@dataclass(frozen=True, slots=True)
class Loot:
    """What the thief has, and what the processes had said by then."""

    home: Path
    log: bytes
    number: str


def copy(home: Path, stolen: Path) -> None:
    """Copy a disk; the keeper's socket has no content."""
    shutil.copytree(home, stolen, ignore=shutil.ignore_patterns("control"))


@pytest.fixture(scope="module")
def loot(town: "Town", tmp_path_factory: pytest.TempPathFactory) -> Loot:
    """The kiosk's disk after a whole visit with its form still queued; then switched off; then delivered."""
    stolen = tmp_path_factory.mktemp("loot") / "home"
    town.open_kiosk(with_line=False)
    try:
        card = town.world.card_of(canaries.HOLDER, Pins(pin1=canaries.PIN1.encode(), pin2=canaries.PIN2.encode()))
        visitor = town.visitor(holder=canaries.HOLDER, card=card)
        visitor.pin1, visitor.pin2, visitor.answers = canaries.PIN1, canaries.PIN2, canaries.ANSWERS
        for step in visitor.steps():
            if step == "receipt":
                number = town.number_on_screen()
        copy(town.world.home, stolen)
        town.world.stop_kiosk()
        copy(town.world.home, stolen / "switched-off")
        town.open_kiosk(with_line=True)
        town.settle()
        copy(town.world.home, stolen / "delivered")
    finally:
        town.close_kiosk()
    return Loot(stolen, town.log.read_bytes(), number)


def test_the_spellings_are_found_where_they_are() -> None:
    for canary in canaries.CANARIES:
        for padding in range(4):
            content = b"x" * padding + canary.encode() + b"yz"
            assert canary in canaries.found_in(content)
            assert canary in canaries.found_in(base64.b64encode(content))
            assert canary in canaries.found_in(b"-" + content.hex().encode())
            assert canary in canaries.found_in(("x" * padding + canary).encode("utf-16-le"))


def test_no_byte_of_the_disk_holds_a_name_a_code_a_pin_or_an_answer(loot: Loot) -> None:
    files = [path for path in loot.home.rglob("*") if path.is_file()]
    assert any(path.name == "journal.db" for path in files)
    for path in files:
        assert not canaries.found_in(path.read_bytes()), path
    assert not canaries.found_in("\n".join(path.name for path in files).encode())


def test_no_process_said_a_name_a_code_a_pin_or_an_answer(loot: Loot) -> None:
    assert b"keeper " in loot.log
    assert b"visit " in loot.log
    assert not canaries.found_in(loot.log)


def queued(loot: Loot) -> bytes:
    """Return the sealed payload of the visit as the journal holds it."""
    with closing(sqlite3.connect(loot.home / "journal" / "journal.db")) as connection:
        query = "SELECT header, signature, sealed FROM envelope JOIN payload USING (seq) ORDER BY seq DESC LIMIT 1"
        header, signature, sealed = connection.execute(query).fetchone()
    return Envelope(OuterHeader.from_bytes(header), signature, sealed).sealed


def everything_secret(home: Path) -> Iterator[bytes]:
    """Yield what lies on the disk outside the journal, the device key opened with its passphrase first."""
    kiosk = KioskHome(home)
    passphrase = (home / kiosk.settings().passphrase_file).read_bytes().strip()
    device = load_pem_private_key(kiosk.device_key.read_bytes(), passphrase)
    assert isinstance(device, ec.EllipticCurvePrivateKey)
    yield device.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    yield passphrase
    files = [path for path in home.rglob("*") if path.is_file()]
    # Three images of one disk hold most files more than once.
    yield from {path.read_bytes() for path in files if not {"journal", "services"} & set(path.parts)}


def opens(sealed: bytes, content: bytes) -> bool:
    """Try every stretch of some bytes as a recipient's private key, as a payload's secret, and as its content key."""
    parts = split_sealed(sealed)
    header = parts.header
    for start in range(len(content)):
        key = content[start : start + PRIVATE_KEY_BYTES]
        if may_be_key(key) and RecipientPrivateKey.from_bytes(key).public.key_id in header.recipients:
            return True
        if opens_by_secret(parts, content[start : start + SECRET_BYTES]):
            return True
    return False


def may_be_key(stretch: bytes) -> bool:
    """Tell whether bytes could be chance alone, which a key is: trying one takes a millisecond, text is no key."""
    return len(stretch) == PRIVATE_KEY_BYTES and not stretch.isascii() and len(set(stretch)) > PRIVATE_KEY_BYTES // 2


def opens_by_secret(parts: SealedParts, secret: bytes) -> bool:
    if len(secret) != SECRET_BYTES:
        return False
    _content_key, commitment = _derive_keys(Secret(secret), parts.header.salt)
    if commitment == parts.header.commitment:
        return True
    try:
        AESGCM(secret).decrypt(bytes(12), parts.body, parts.header_bytes)
    except InvalidTag:
        return False
    return True


def agency_key(town: "Town") -> bytes:
    return (town.world.centre.inbox / "keys" / "recipient.key").read_bytes()


def test_no_key_of_the_kiosk_opens_a_queued_payload(loot: Loot) -> None:
    sealed = queued(loot)
    assert not any(opens(sealed, content) for content in everything_secret(loot.home))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_no_stretch_of_the_journal_opens_a_queued_payload(loot: Loot) -> None:
    sealed = queued(loot)
    for path in (loot.home / "journal").iterdir():
        if path.name.startswith("journal.db"):
            assert not opens(sealed, path.read_bytes().replace(sealed, b"")), path


def test_the_agency_s_key_would_have_been_found_and_opens_it(loot: Loot, town: "Town") -> None:
    sealed = queued(loot)
    assert opens(sealed, b"somewhere" + agency_key(town) + b"else")
    payload = open_sealed(sealed, RecipientPrivateKey.from_bytes(agency_key(town))).payload
    certificate = bytes.fromhex(Transaction.from_bytes(payload).evidence.certificate)
    assert canaries.HOLDER.personal_code.encode() in certificate
