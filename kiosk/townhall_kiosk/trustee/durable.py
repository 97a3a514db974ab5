# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Files of a trustee: written whole and durable or not at all, read only where they are plain files of a sane size."""

import contextlib
import fcntl
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MAX_BYTES: Final = 16 * 1024 * 1024
_READING: Final = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def write_new(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Create ``path``; when the call returns it survives a power cut.

    Raises:
        FileExistsError: there is such a file; it is left as it is.
        OSError: the medium refuses.
    """
    partial = _write_partial(path, content, mode)
    try:
        _give_name(partial, path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    _sync_folder(path.parent)


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Put ``content`` in the place of ``path``; a power cut leaves the old file or the new one.

    Raises:
        OSError: the medium refuses; the old file is as it was.
    """
    partial = _write_partial(path, content, mode)
    try:
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    _sync_folder(path.parent)


def replace_by_copy(path: Path, source: Path) -> None:
    """Put a copy of a file of any size in the place of ``path``; a power cut leaves the old file or the new one."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with source.open("rb") as original, partial.open("xb") as copy:
            shutil.copyfileobj(original, copy)
            copy.flush()
            os.fsync(copy.fileno())
        partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    _sync_folder(path.parent)


def read(path: Path, most: int = _MAX_BYTES) -> bytes | None:
    """Return what ``path`` holds, ``most`` bytes at the most; None where there is no such file.

    Raises:
        OSError: a link, a device, too large, or unreadable.
    """
    try:
        descriptor = os.open(path, _READING)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > most:
            raise OSError("no plain file of a sane size")
        return file.read(most + 1)


def copy_in(source: Path, copy: Path) -> None:
    """Copy a file of any size from a medium that nobody trusts.

    Raises:
        OSError: a link, a device, or unreadable; or the copy cannot be written.
    """
    with os.fdopen(os.open(source, _READING), "rb") as original, copy.open("wb") as written:
        if not stat.S_ISREG(os.fstat(original.fileno()).st_mode):
            raise OSError("no plain file")
        shutil.copyfileobj(original, written)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep every other process of ours out of ``folder`` meanwhile; wait for one that is in it."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write_partial(path: Path, content: bytes, mode: int) -> Path:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    return partial


def _give_name(partial: Path, path: Path) -> None:
    try:
        os.link(partial, path)  # unlike a rename, it fails if the name is taken
    except FileExistsError:
        raise
    except OSError:  # a stick's file system has no links; ``alone`` keeps others out between the two calls
        if path.exists():
            raise FileExistsError(path.name) from None
        partial.rename(path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder for its owner alone; durable when the call returns."""
    path.mkdir(mode=0o700)
    _sync_folder(path.parent)
