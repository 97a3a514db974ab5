# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reading and writing a stick that anybody may have prepared, and that may be full, locked or pulled at any moment.

Nothing on it is trusted to be what it seems: every component is opened relative to the one before without following
links, only plain files of a bounded length are read, names are ours or not looked at, and listings end. A file appears
under its name whole (written beside, synced, renamed) or not at all.
"""

import contextlib
import errno
import os
import re
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from townhall_sync.errors import StickError, StickFaultError, StickFullError, StickReadOnlyError, StickUnusableError
from townhall_sync.stick import ROOT, Folder

MAX_LISTED: Final = 50_000
"""Entries of one directory that are looked at; a stick with more is hostile or broken, and the rest waits."""
_NAME: Final = re.compile(r"[0-9a-f]{64}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PART: Final = re.compile(r"[0-9a-f]{16}\.part")
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Non-blocking: opening a pipe that nobody writes to would wait for ever.
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}
_READ_ONLY: Final = {errno.EROFS, errno.EACCES, errno.EPERM}
_NOT_A_PLACE: Final = {errno.ELOOP, errno.ENOTDIR, errno.EISDIR}


class Stick:
    """A mounted stick, open; a context manager. Every method raises the faults of ``_translated``."""

    def __init__(self, directory: Path) -> None:
        """Open the directory where the stick is mounted.

        Raises:
            StickUnusableError: there is no directory of that name, or a link is.
        """
        try:
            self._top = os.open(directory, _DIRECTORY)
        except OSError as exc:
            raise StickUnusableError("no directory is here") from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it; the stick may be pulled then."""
        os.close(self._top)

    def read(self, folder: Folder, name: str) -> bytes | None:
        """Return a file, or None where there is none, or none that we would read: a link, a device, too long."""
        with _translated(), self._folder(folder, name, make=False) as directory:
            return None if directory is None else _read(directory, name, folder.max_bytes)

    def write(self, folder: Folder, name: str, content: bytes) -> bool:
        """Put a file under its name, whole and durable; returns False where exactly this was there.

        Raises:
            StickFullError, StickReadOnlyError: nothing was changed.
        """
        if self.read(folder, name) == content:
            return False
        with _translated(), self._folder(folder, name, make=True) as directory:
            if directory is None:
                raise StickUnusableError("something else is where our folder should be")
            _write(directory, name, content)
        return True

    def lay(self, folders: Sequence[str], name: str, content: bytes) -> None:
        """Put a file that is for people under ``townhall``, by the same rules; letters, digits and ``._-`` in names.

        Raises:
            ValueError: another name.
        """
        if not all(_PLAIN.fullmatch(part) for part in (*folders, name)):
            raise ValueError("a name that not every file system takes")
        with _translated(), self._directory((ROOT, *folders), make=True) as directory:
            if directory is None:
                raise StickUnusableError("something else is where our folder should be")
            _write(directory, name, content)

    def names(self, folder: Folder) -> Iterator[str]:
        """Return the names of ours in a folder that is not sharded, at most ``MAX_LISTED`` entries deep."""
        with _translated(), self._folder(folder, "", make=False) as directory:
            if directory is not None:
                yield from (name for name in _listed(directory) if _NAME.fullmatch(name))

    def remove(self, folder: Folder, name: str) -> None:
        """Remove a file where there is one and the stick lets us; a link goes, and not what it names."""
        with contextlib.suppress(StickError), _translated(), self._folder(folder, name, make=False) as directory:
            if directory is not None:
                os.unlink(name, dir_fd=directory)

    def sweep(self) -> None:
        """Remove what a stick that was pulled while we wrote left behind."""
        for folder in Folder:
            shards = [f"{number:02x}" for number in range(256)] if folder.is_sharded else [""]
            for shard in shards:
                with contextlib.suppress(StickError), _translated(), self._folder(folder, shard, make=False) as found:
                    for part in [name for name in _listed(found) if _PART.fullmatch(name)] if found else []:
                        os.unlink(part, dir_fd=found)

    @contextmanager
    def _folder(self, folder: Folder, name: str, *, make: bool) -> Iterator[int | None]:
        """Open the directory for a name; None where it is missing or no directory of its own."""
        path = (ROOT, folder.folder, *([name[:2]] if folder.is_sharded else []))
        with self._directory(path, make=make) as directory:
            yield directory

    @contextmanager
    def _directory(self, path: Sequence[str], *, make: bool) -> Iterator[int | None]:
        with ExitStack() as opened:
            here: int | None = self._top
            for part in path:
                if here is not None:
                    here = _open_directory(here, part, make=make)
                if here is not None:
                    opened.callback(os.close, here)
            yield here


def _listed(directory: int) -> Iterator[str]:
    with os.scandir(directory) as entries:
        for number, entry in enumerate(entries):
            if number == MAX_LISTED:
                return
            yield entry.name


def _open_directory(above: int, name: str, *, make: bool) -> int | None:
    try:
        return os.open(name, _DIRECTORY, dir_fd=above)
    except FileNotFoundError:
        if not make:
            return None
    except OSError as exc:
        if exc.errno in _NOT_A_PLACE:
            return None
        raise
    os.mkdir(name, 0o755, dir_fd=above)
    os.fsync(above)
    return os.open(name, _DIRECTORY, dir_fd=above)


def _read(directory: int, name: str, max_bytes: int) -> bytes | None:
    try:
        # Looked at before: opening a device may do something.
        if not stat.S_ISREG(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            return None
        fd = os.open(name, _READ, dir_fd=directory)
    except OSError as exc:
        if exc.errno in _NOT_A_PLACE | {errno.ENOENT, errno.ENXIO, errno.EACCES}:
            return None
        raise
    try:
        return _content(fd, max_bytes)
    finally:
        os.close(fd)


def _write(directory: int, name: str, content: bytes) -> None:
    part = f"{secrets.token_hex(8)}.part"
    # Readable for the other side's user, where the stick has users at all: everything on it is sealed or signed.
    fd = os.open(part, _WRITE, 0o644, dir_fd=directory)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(part, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part, dir_fd=directory)
        raise
    os.fsync(directory)


def _content(fd: int, max_bytes: int) -> bytes | None:
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode) or found.st_size > max_bytes:
        return None
    parts, left = [], max_bytes + 1
    while left and (part := os.read(fd, min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts) if left else None


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the disk's errors into ours.

    Raises:
        StickFullError, StickReadOnlyError, StickUnusableError: as their names say.
        StickFaultError: anything else: it was pulled, or does not work.
    """
    try:
        yield
    except OSError as exc:
        if exc.errno in _FULL:
            raise StickFullError("no room on the stick") from exc
        if exc.errno in _READ_ONLY:
            raise StickReadOnlyError("the stick cannot be written to") from exc
        if exc.errno in _NOT_A_PLACE:
            raise StickUnusableError("something else is where our folder should be") from exc
        raise StickFaultError(f"the stick does not work: {errno.errorcode.get(exc.errno or 0, 'unknown')}") from exc
