# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who takes the whole disk, and every key that the kiosk holds, reads no queued payload."""

import itertools
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.envelope import Envelope
from townhall_crypto.errors import RefusedError
from townhall_crypto.recipients import RecipientPrivateKey, generate_recipient_key
from townhall_crypto.sealed import open_sealed, seal
from townhall_crypto.secret import Secret
from townhall_sync.clock import SimulatedClock
from townhall_sync.simulated_kiosk import SimulatedKiosk

SECRETS = (b"Mari-Liis M\xc3\xa4nnik", b"60001019906", b"Pikk tn 7-12, Tallinn")
PASSPHRASE = b"passphrase of a test"


@pytest.fixture
def stolen(tmp_path: Path) -> tuple[SimulatedKiosk, RecipientPrivateKey]:
    """A kiosk with queued payloads, as a thief finds it: with WAL, head and reserve, and its key file."""
    recipient = generate_recipient_key()
    key = FileDeviceKey.create(tmp_path / "device.key", Secret(PASSPHRASE))
    kiosk = SimulatedKiosk(tmp_path / "journal", key, SimulatedClock())
    journal = kiosk.open()
    for secret in SECRETS:
        journal.commit(seal(b"<answer>" + secret + b"</answer>" * 50, kind="service", recipients=[recipient.public]))
    return kiosk, recipient


def test_no_answer_stands_on_the_disk(stolen: tuple[SimulatedKiosk, RecipientPrivateKey]) -> None:
    kiosk, _recipient = stolen
    disk = b"".join(path.read_bytes() for path in sorted(kiosk.directory.parent.rglob("*")) if path.is_file())
    assert b"townhall" in disk
    for secret in (*SECRETS, b"<answer>", recipient_private(stolen)):
        assert secret not in disk


def test_no_key_that_the_kiosk_holds_opens_a_queued_payload(stolen: tuple[SimulatedKiosk, RecipientPrivateKey]) -> None:
    kiosk, recipient = stolen
    journal = kiosk.open()
    sealed = [Envelope.from_bytes(journal.envelope_bytes(each.envelope_id)).sealed for each in journal.pending()]
    assert len(sealed) == len(SECRETS)
    # The thief has the passphrase too, and takes the device key's number for every kind of private key.
    device = FileDeviceKey.load(kiosk.directory.parent / "device.key", Secret(PASSPHRASE))
    number = device._private_key.private_numbers().private_value.to_bytes(32, "big")
    held = [
        number,
        device.public_der[-32:],
        device._private_key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())[:32],
        PASSPHRASE.ljust(32, b"\x00"),
        *(path.read_bytes()[:32].ljust(32, b"\x00") for path in kiosk.directory.iterdir()),
    ]
    for payload, guess in itertools.product(sealed, held):
        X25519PrivateKey.from_private_bytes(guess)
        thiefs = RecipientPrivateKey.from_bytes(guess * 3)
        with pytest.raises(RefusedError):
            open_sealed(payload, thiefs)
    assert [open_sealed(payload, recipient).payload[8:12] for payload in sealed] == [each[:4] for each in SECRETS]


def test_the_log_holds_no_answer_even_in_its_facts(stolen: tuple[SimulatedKiosk, RecipientPrivateKey]) -> None:
    kiosk, _recipient = stolen
    entries = b"".join(entry for _index, entry in kiosk.open()._log._store.entries())
    assert b"ENVELOPE_COMMITTED" in entries
    assert all(secret not in entries for secret in SECRETS)


def recipient_private(stolen: tuple[SimulatedKiosk, RecipientPrivateKey]) -> bytes:
    _kiosk, recipient = stolen
    return recipient.to_bytes()


def test_a_device_key_is_no_recipient_key() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    encoded = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(RefusedError):
        RecipientPrivateKey.from_bytes(encoded)
