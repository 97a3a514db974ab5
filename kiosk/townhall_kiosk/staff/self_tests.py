# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Tests of what the keeper has: journal, clock and disk. The others need a person at the screen."""

import asyncio
import os
import secrets
from pathlib import Path
from typing import Final, Protocol

from townhall_kiosk.errors import ClockBackError
from townhall_kiosk.staff.errors import MediumError
from townhall_kiosk.staff.status import CLOCK_TOLERANCE_S, LineFacts
from townhall_sync.errors import SyncError

_PROBE: Final = ".self-test"
_PROBE_BYTES: Final = 1024 * 1024


class VerifiableJournal(Protocol):
    """What the test of the journal needs of it."""

    async def verify(self) -> None:
        """Check everything from the first entry to the last; raises ``SyncError`` with the reason."""


async def check_journal(journal: VerifiableJournal) -> str:
    """Return an empty text if every entry, envelope and payload is what was written, else the code."""
    try:
        await journal.verify()
    except SyncError as exc:
        return exc.code
    return ""


def check_clock(wall: int, last_server_time: int, line: LineFacts) -> str:
    """Return an empty text unless the clock is behind what the centre signed, or far from its time when it answered."""
    is_off = line.drift_s is not None and abs(line.drift_s) > CLOCK_TOLERANCE_S
    return ClockBackError.code if is_off or last_server_time - wall > CLOCK_TOLERANCE_S else ""


async def check_disk(directory: Path) -> str:
    """Write, sync, read and delete a mebibyte; return an empty text, or the code."""
    return await asyncio.to_thread(_probe_disk, directory)


def _probe_disk(directory: Path) -> str:
    path, content = directory / _PROBE, secrets.token_bytes(_PROBE_BYTES)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
                # Read from the medium, not from what the system remembers of it.
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            is_same = path.read_bytes() == content
        finally:
            path.unlink()
    except OSError:
        return MediumError.code
    return "" if is_same else MediumError.code
