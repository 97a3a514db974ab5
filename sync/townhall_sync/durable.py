# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files by the system's own calls: names that outlive a power cut, and the system's errors as ours.

A file's name is on the disk only once its directory was synced.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from townhall_sync.errors import JournalFaultError, JournalFullError, JournalReadOnlyError

_PIECE_BYTES: Final = 1 << 20


@contextmanager
def translated_os_errors() -> Iterator[None]:
    """Turn the system's errors into ours.

    Raises:
        JournalFullError: no room on the disk.
        JournalReadOnlyError: nothing may be written there.
        JournalFaultError: anything else.
    """
    try:
        yield
    except OSError as exc:
        match exc.errno:
            case errno.ENOSPC | errno.EDQUOT:
                raise JournalFullError from exc
            case errno.EROFS | errno.EACCES | errno.EPERM:
                raise JournalReadOnlyError(exc.strerror) from exc
            case _:
                raise JournalFaultError(exc.strerror) from exc


def sync_directory(directory: Path) -> None:
    """Bring the names in ``directory`` to the disk; OSError where that fails."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Put ``content`` in the place of ``path``, whose directory is made; after a power cut the old file or the new one.

    OSError where that fails; the old file is as it was.
    """
    make_durable_directory(path.parent)
    unfinished = path.with_name(f".{path.name}.new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    unfinished.replace(path)
    sync_directory(path.parent)


def rewrite(path: Path) -> None:
    """Write a file's bytes over themselves and sync them; OSError where that fails."""
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        offset = 0
        while piece := os.pread(descriptor, _PIECE_BYTES, offset):
            offset += os.pwrite(descriptor, piece, offset)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_durable_directory(directory: Path) -> None:
    """Make ``directory`` (mode 0700) and those above it where they are missing; the names of all are on the disk."""
    if not directory.is_dir():
        make_durable_directory(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)
    sync_directory(directory.parent)
