# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Making a transaction durable, beside a raw SQLite commit of the same bytes and the signatures that go with it."""

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from townhall_bench.pairing import in_turns, seconds
from townhall_bench.row import Budget, Held, Row
from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.recipients import RecipientPublicKey, generate_recipient_key
from townhall_crypto.sealed import seal
from townhall_sync.clock import SystemClock
from townhall_sync.journal import Journal

_SIZES: Final = (("4 KiB", 3_000), ("64 KiB", 60_000))
_ROUNDS: Final = 200
_MS: Final = 1000.0
_SIGNATURES: Final = 2  # the envelope's and the log's note
_PRAGMAS: Final = ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON")


def rows() -> Iterator[Row]:
    """Measure."""
    key = ec.generate_private_key(ec.SECP256R1())
    recipient = generate_recipient_key()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:  # the disk of the checkout: /tmp may be memory
        for name, payload_bytes in _SIZES:
            yield _row(name, payload_bytes, key, [recipient.public], Path(folder) / name.replace(" ", ""))


def _row(
    name: str, payload_bytes: int, key: ec.EllipticCurvePrivateKey, recipients: list[RecipientPublicKey], folder: Path
) -> Row:
    folder.mkdir()
    sealed = iter(
        [seal(os.urandom(payload_bytes), kind="service-transaction", recipients=recipients) for _ in range(_ROUNDS + 1)]
    )
    journal = Journal.open(folder / "journal", kiosk="kiosk-1", key=FileDeviceKey(key), clock=SystemClock())
    raw = _raw(folder / "raw.db")
    latest = b""

    def commit() -> None:
        nonlocal latest
        latest = next(sealed)
        journal.commit(latest)

    def floor() -> None:
        digest = hashlib.sha256(latest).digest()
        for _ in range(_SIGNATURES):
            key.sign(digest, ec.ECDSA(SHA256()))
        raw.execute("INSERT INTO floor (bytes) VALUES (?)", (latest,))

    ours, theirs = in_turns(seconds(commit), seconds(floor), _ROUNDS)
    journal.close()
    raw.close()
    return Row(
        f"accept a transaction of {name}",
        ours * _MS,
        "ms",
        "raw SQLite commit of the same bytes, hash and two signatures (floor)",
        theirs * _MS,
        Budget(1.5, Held.RATIO),
    )


def _raw(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE floor (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)")
    return connection
