# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A second, small record of how far the journal is, beside the database.

SQLite drops the end of its WAL from the first damaged frame on, which is right after a power cut and silent after a
flipped bit or a WAL file that somebody deleted. This file says what was acknowledged. It is written after each commit
and never synced: after a power cut it may be older than the database, never newer, so it costs some microseconds.
"""

import contextlib
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from townhall_sync.durable import translated_os_errors

_NAME = "head"
_LINE = re.compile(
    rb"(?P<body>(?P<id>[A-Za-z0-9._-]{1,64}) (?P<size>[0-9]{1,16}) (?P<root>[0-9a-f]{64})) (?P<check>[0-9a-f]{16})\n"
)
_RECORD_BYTES = 256


@dataclass(frozen=True, slots=True)
class AcknowledgedHead:
    """A state of the log that somebody was told of: its size and root."""

    journal_id: str
    size: int
    root: bytes


class HeadFile:
    """The head file of a journal directory."""

    def __init__(self, directory: Path) -> None:
        """Open the file, or create it empty; raises the faults of ``translated_os_errors``."""
        with translated_os_errors():
            self._fd = os.open(directory / _NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def read(self) -> AcknowledgedHead | None:
        """Return the record; None where it is torn, for it is the second record and the log is the first.

        Raises:
            JournalFaultError: the disk refused to read it.
        """
        with translated_os_errors():
            stored = os.pread(self._fd, _RECORD_BYTES, 0)
        match = _LINE.match(stored)
        if match is None or _check(match["body"]) != match["check"]:
            return None
        return AcknowledgedHead(match["id"].decode(), int(match["size"]), bytes.fromhex(match["root"].decode()))

    def write(self, head: AcknowledgedHead) -> None:
        """Replace the record. Where the disk refuses, the older record stays, which is as true."""
        body = f"{head.journal_id} {head.size} {head.root.hex()}".encode()
        with contextlib.suppress(OSError):
            os.pwrite(self._fd, (body + b" " + _check(body) + b"\n").ljust(_RECORD_BYTES), 0)

    def sync(self) -> None:
        """Bring the record to the disk, at the end of a run."""
        with contextlib.suppress(OSError):
            os.fsync(self._fd)

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:16].encode()
