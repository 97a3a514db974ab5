# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The destruction ceremony: after the appeals nobody can say any more who cast which ciphertext.

What is destroyed is the stored link: statements, the key that opened them, the roll key. It is a procedure, not
mathematics: whoever kept a copy still has one, and the protocol says so.
"""

import os
from pathlib import Path
from typing import Final

from townhall_central.errors import VoteStateError
from townhall_central.vote import eligibility_store
from townhall_central.vote.home import BoardHome
from townhall_crypto import canonical
from townhall_crypto.device_key import DeviceKey
from townhall_crypto.namespaces import DESTRUCTION_PROTOCOL

_DESTROYED: Final = (
    "keys/recipient.key",
    "keys/roll.key",
    "board.db",
    *("board.db-journal", "board.db-wal", "board.db-shm"),  # what a process that died may have left of statements
    "keys/request.pem",
    "keys/board.pem",
)


def destroy(home: BoardHome, key: DeviceKey, witnesses: tuple[str, str], now: int) -> bytes:
    """Destroy what links people to ballots, and return the signed protocol of it.

    Raises:
        VoteStateError: the board has not settled, or its database is not the file in its directory.
    """
    with home.database.read() as connection:
        settled = eligibility_store.read_settlement(connection)
        statements = [each.sha256 for each in eligibility_store.read_statements(connection)]
    if settled is None:
        raise VoteStateError("the board has not settled: nothing may be destroyed")
    if home.settings.database:
        raise VoteStateError("drop the PostgreSQL database and its backups first, then clear the setting")
    body = canonical.encode(
        {
            "version": 1,
            "type": "destruction",
            "mode": home.package.mode.value,
            "election": home.package.definition.id,
            "witnesses": list(witnesses),
            "time": now,
            "statements": list(statements),
            "destroyed": list(_DESTROYED),
        }
    )
    signature = key.sign(DESTRUCTION_PROTOCOL, body)
    home.database.close()
    for name in _DESTROYED:
        _overwrite(home.directory / name)
    return body + b"\n" + signature.hex().encode() + b"\n"


def _overwrite(path: Path) -> None:
    """Overwrite and remove a file, durably; best effort on flash, which is why the disk is encrypted as well."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.write(os.urandom(size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
    descriptor = os.open(path.parent, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
