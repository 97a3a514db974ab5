# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A process that commits sealed payloads one after the other and prints what was acknowledged, until it is killed.

Usage: committing_child.py DIRECTORY KEY FIRST. Each line on stdout is "number envelope-id seq"; by a bare write, so
what a reader has seen was acknowledged. Ends with "FULL" where the disk has no room.
"""

import hashlib
import os
import sys
from pathlib import Path

from townhall_crypto.device_key import FileDeviceKey
from townhall_crypto.secret import Secret
from townhall_sync.clock import SystemClock
from townhall_sync.errors import JournalFullError
from townhall_sync.journal import Journal
from townhall_sync.journal_records import JournalPolicy


def sealed(number: int) -> bytes:
    """The n-th payload of 4 to 12 KiB; the journal looks at no sealed byte."""
    return hashlib.shake_256(str(number).encode()).digest(4096 + number * 997 % 8192)


def main(directory: str, key_file: str, first: str, reserve: str) -> None:
    """Commit until killed."""
    key = FileDeviceKey.load(Path(key_file), Secret(b"passphrase of a test"))
    policy = JournalPolicy(reserve_bytes=int(reserve), low_disk_bytes=0)
    journal = Journal.open(Path(directory), kiosk="kiosk-1", key=key, clock=SystemClock(), policy=policy)
    number = int(first)
    try:
        while True:
            committed = journal.commit(sealed(number))
            os.write(1, f"{number} {committed.envelope_id} {committed.seq}\n".encode())
            number += 1
    except JournalFullError:
        status = journal.status()
        os.write(1, f"FULL {status.last_seq} {status.reserve_held} {status.accepts_visits}\n".encode())
        journal.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
