# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who steals the kiosk after a visit has its whole disk, the passphrase and every key: no answer, no name, no PIN."""

import base64
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
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
from townhall_smartcard.simulation.estonian_card_person import Person, Sex, personal_code
from townhall_smartcard.simulation.estonian_card_pins import Pins

if TYPE_CHECKING:
    from tests.journeys.conftest import Town

ENGLISH = Texts("en")
HOLDER = Person(
    "QUÕKSALVERSTEIN",
    "XANTHIPPÜ",
    personal_code(date(1971, 7, 23), Sex.FEMALE, 997),
    Sex.FEMALE,
    date(1971, 7, 23),
    "TT0000997",
)
PRIVATE_KEY_BYTES, SECRET_BYTES = 96, 32
PIN1, PIN2 = "80317426", "951746380"
ANSWERS = {
    "street": "Zwiebelfischgasse",
    "house": "Quittenhof 7x",
    "postcode": "90817",
    "town": "Vexillopolis",
    "previous_place": "country",
    "previous_address": "Jackdaw lane 4711, Sphinxberg",
    "movers": "partner children",
    "people": "3",
    "people_names": "Wenzeslaus, Kunigunde",
    "tenure": "renting",
    "owner_name": "Obergurgl Immobilien",
    "owner_consent": "yes",
    "phone": "+37298765432",
    "email": "canary@vogelhaus.example",
    "declaration": "yes",
}
# Short ones and choices would be found by chance, or stand in the form for everybody.
CANARIES = (
    *(HOLDER.surname, HOLDER.given_names, HOLDER.personal_code, HOLDER.document_number, PIN1, PIN2),
    *(ANSWERS[name] for name in ("street", "house", "town", "previous_address", "people_names", "owner_name")),
    *(ANSWERS[name] for name in ("phone", "email")),
    *("Wenzeslaus", "Kunigunde", "Sphinxberg", "vogelhaus"),
)


def spellings(canary: str) -> Iterator[bytes]:
    """Yield a text as it may lie on a disk or in a log: encodings, hexadecimal, base64 at its three alignments."""
    for text in {canary, canary.lower(), canary.upper(), canary.title()}:
        for encoded in (text.encode(), text.encode("utf-16-le"), text.encode("utf-16-be")):
            yield encoded
            yield encoded.hex().encode()
            yield encoded.hex().upper().encode()
            for shift in range(3):
                aligned = base64.b64encode(b"\0" * shift + encoded)
                # The first and last characters mix with the neighbours' bits.
                inner = aligned[(0, 2, 3)[shift] : (len(encoded) + shift) * 8 // 6]
                yield inner
                yield inner.replace(b"+", b"-").replace(b"/", b"_")


def found_in(content: bytes) -> set[str]:
    content = b"\0" + content.strip(b"\0") + b"\0"  # the reserve for a full disk is all zeros
    return {canary for canary in CANARIES for spelling in spellings(canary) if spelling in content}


@dataclass(frozen=True, slots=True)
class Loot:
    """What the thief has, and what the processes had said by then."""

    home: Path
    log: bytes
    number: str


@pytest.fixture(scope="module")
def loot(town: "Town", tmp_path_factory: pytest.TempPathFactory) -> Loot:
    """The kiosk's disk after a whole visit with its form still queued; then switched off; then delivered."""
    stolen = tmp_path_factory.mktemp("loot") / "home"
    town.open_kiosk(with_line=False)
    try:
        card = town.world.card_of(HOLDER, Pins(pin1=PIN1.encode(), pin2=PIN2.encode()))
        visitor = town.visitor(holder=HOLDER, card=card)
        visitor.pin1, visitor.pin2, visitor.answers = PIN1, PIN2, ANSWERS
        for step in visitor.steps():
            if step == "receipt":
                number = town.number_on_screen()
        shutil.copytree(town.world.home, stolen)
        town.world.stop_kiosk()
        shutil.copytree(town.world.home, stolen / "switched-off")
        town.open_kiosk(with_line=True)
        town.settle()
        shutil.copytree(town.world.home, stolen / "delivered")
    finally:
        town.close_kiosk()
    return Loot(stolen, town.log.read_bytes(), number)


def test_the_spellings_are_found_where_they_are() -> None:
    for canary in CANARIES:
        for padding in range(4):
            content = b"x" * padding + canary.encode() + b"yz"
            assert canary in found_in(content)
            assert canary in found_in(base64.b64encode(content))
            assert canary in found_in(b"-" + content.hex().encode())
            assert canary in found_in(("x" * padding + canary).encode("utf-16-le"))


def test_no_byte_of_the_disk_holds_a_name_a_code_a_pin_or_an_answer(loot: Loot) -> None:
    files = [path for path in loot.home.rglob("*") if path.is_file()]
    assert any(path.name == "journal.db" for path in files)
    for path in files:
        assert not found_in(path.read_bytes()), path
    assert not found_in("\n".join(path.name for path in files).encode())


def test_no_process_said_a_name_a_code_a_pin_or_an_answer(loot: Loot) -> None:
    assert b"keeper " in loot.log
    assert b"visit " in loot.log
    assert not found_in(loot.log)


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
    for path in home.rglob("*"):
        if path.is_file() and "journal" not in path.parts and "services" not in path.parts:
            yield path.read_bytes()


def opens(sealed: bytes, content: bytes) -> bool:
    """Try every stretch of some bytes as a recipient's private key, as a payload's secret, and as its content key."""
    parts = split_sealed(sealed)
    header = parts.header
    for start in range(len(content)):
        key = content[start : start + PRIVATE_KEY_BYTES]
        if len(key) == PRIVATE_KEY_BYTES and RecipientPrivateKey.from_bytes(key).public.key_id in header.recipients:
            return True
        if opens_by_secret(parts, content[start : start + SECRET_BYTES]):
            return True
    return False


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
    assert HOLDER.personal_code.encode() in certificate
