# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Sets on the disk that say what is in them and nothing of when, in what order, or together with what it came.

Format: docs/formats/voting-stores.md. Each set is one file whose bytes follow from its members alone, but for a salt.
A change writes every file that it touches anew beside the old one, and one rename makes all of them count at once;
then the old files are overwritten and taken away. No database: rows, free pages and journals of SQLite remember orders.
"""

import asyncio
import contextlib
import hashlib
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, unique
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

import msgspec

from townhall_kiosk.voting.errors import StoreDamagedError
from townhall_sync.durable import make_durable_directory, sync_directory, translated_os_errors
from townhall_sync.errors import JournalFaultError

_log = logging.getLogger(__name__)

CURRENT: Final = "current"
_NEW: Final = "current.new"
_SLOTS: Final = ("a", "b")
_MAGIC: Final = b"townhall-voting-set/v1\n"
_SALT_BYTES: Final = 32
_COUNT_BYTES: Final = 4
_LENGTH_BYTES: Final = 4
_MAX_BYTES: Final = 1 << 31
_LONG_AGO_NS: Final = (0, 0)


@unique
class Part(Enum):
    """The sets of a polling station; the value is the file's name."""

    ELECTION = "election"  # one member: of which election, as far as closing and sending need it
    POLLS = "polls"  # one member: how the polls stand, and counts
    ELIGIBILITY = "eligibility"  # statements, sealed to the eligibility board
    BALLOTS = "ballots"  # signed ballots
    MARKS = "marks"  # who voted here, under the roll key that is nowhere on the disk
    ADMITTED = "admitted"  # at a desk: whose admission number is open, under a key like that of the marks
    CHECKED = "checked"  # openings of ballots that are void
    OUTGOING = "outgoing"  # sealed batches on their way into the journal


Sets: TypeAlias = Mapping[Part, frozenset[bytes]]
"""The members of some sets."""

Randomness: TypeAlias = Callable[[int], bytes]


class _Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    slot: str
    sha256: str


class _Current(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file ``current``: which file of each set counts."""

    version: int
    parts: dict[str, _Reference]


class SetsOnDisk:
    """The sets of one directory. All calls from one thread at a time."""

    def __init__(self, directory: Path, randomness: Randomness = os.urandom) -> None:
        """Open the sets of ``directory``, empty where there are none; what a cut left half done is taken away.

        Raises:
            StoreDamagedError: a file is missing or not the one that was written.
            JournalFullError, JournalReadOnlyError, JournalFaultError: the disk.
        """
        self.lock = asyncio.Lock()
        """Held by whoever reads and then changes what follows from it."""
        self._directory = directory
        self._randomness = randomness
        self._is_unknown = False
        with translated_os_errors():
            make_durable_directory(directory)
            self._parts = self._read_current()
            self._sets = {part: self._read(part) for part in self._parts}
            self._clear()

    def read(self) -> Sets:
        """Return every set as it is on the disk; a set that was never written is empty."""
        return MappingProxyType({part: self._sets.get(part, frozenset()) for part in Part})

    def replace(self, changes: Sets) -> None:
        """Make these sets have these members: all of them, or after a cut none. Durable when it returns.

        Raises:
            JournalFullError: not done; the sets are as before.
            JournalReadOnlyError, JournalFaultError: unknown until the sets are opened again; nothing more is written.
        """
        if self._is_unknown:
            raise JournalFaultError("which files count is known after opening again")
        with translated_os_errors():
            self._clear()  # what an earlier change could not take away must not be cut off under a new file
            try:
                parts = self._prepare(changes)
            except OSError:
                with contextlib.suppress(OSError):
                    self._clear()  # a full disk gets its room back
                raise
            self._is_unknown = True
            (self._directory / _NEW).replace(self._directory / CURRENT)
            sync_directory(self._directory)
            self._parts = parts
            self._sets.update(changes)
            self._is_unknown = False
        self._tidy()

    async def change(self, changes: Sets) -> None:
        """As ``replace``, in a thread. Who is cancelled waits for its end all the same: nobody may write beside it."""
        writing = asyncio.ensure_future(asyncio.to_thread(self.replace, changes))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await asyncio.wait({writing})
            raise

    def _prepare(self, changes: Sets) -> dict[Part, _Reference]:
        """Write all that will count, under names that do not count yet."""
        parts = {**self._parts, **{part: self._write(part, members) for part, members in changes.items()}}
        current = _Current(1, {part.value: each for part, each in parts.items()})
        self._write_file(_NEW, msgspec.json.encode(current, order="sorted"))
        sync_directory(self._directory)
        return parts

    def _read_current(self) -> dict[Part, _Reference]:
        try:
            read = msgspec.json.decode((self._directory / CURRENT).read_bytes(), type=_Current)
            parts = {Part(name): each for name, each in read.parts.items()}
        except FileNotFoundError:
            return {}
        except (msgspec.MsgspecError, ValueError) as exc:
            raise StoreDamagedError(CURRENT) from exc
        if read.version != 1 or any(each.slot not in _SLOTS for each in parts.values()):
            raise StoreDamagedError(CURRENT)
        return parts

    def _read(self, part: Part) -> frozenset[bytes]:
        try:
            data = self._path(part, self._parts[part].slot).read_bytes()
        except FileNotFoundError as exc:
            raise StoreDamagedError(part.value) from exc
        if hashlib.sha256(data).hexdigest() != self._parts[part].sha256:
            raise StoreDamagedError(part.value)
        return decode_set(data)

    def _write(self, part: Part, members: frozenset[bytes]) -> _Reference:
        """Write a set's new file into the slot that does not count."""
        before = self._parts.get(part)
        slot = _SLOTS[0] if before is None or before.slot == _SLOTS[1] else _SLOTS[1]
        data = encode_set(members, self._randomness(_SALT_BYTES))
        self._write_file(self._path(part, slot).name, data)
        return _Reference(slot, hashlib.sha256(data).hexdigest())

    def _write_file(self, name: str, data: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
        descriptor = os.open(self._directory / name, flags, 0o600)
        try:
            _write_all(descriptor, data)
            os.utime(descriptor, ns=_LONG_AGO_NS)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _clear(self) -> None:
        """Overwrite and take away every file that does not count, whole or not."""
        counting = {CURRENT, *(self._path(part, each.slot).name for part, each in self._parts.items())}
        for path in self._directory.iterdir():
            if path.name not in counting:
                _destroy(path)

    def _tidy(self) -> None:
        """Clear after a change, which counts whatever a disk refuses now; the next change clears again, or fails."""
        try:
            self._clear()
        except OSError as exc:
            _log.error("errno %s: what sets were before is on the disk until the next change", exc.errno)

    def _path(self, part: Part, slot: str) -> Path:
        return self._directory / f"{part.value}.{slot}"


def encode_set(members: Iterable[bytes], salt: bytes) -> bytes:
    """Return a set's file: members in the order of their SHA-256, so the bytes tell no other order."""
    ordered = sorted(frozenset(members), key=lambda member: hashlib.sha256(member).digest())
    pieces = [_MAGIC, salt, len(ordered).to_bytes(_COUNT_BYTES, "big")]
    for member in ordered:
        pieces += [len(member).to_bytes(_LENGTH_BYTES, "big"), member]
    return b"".join(pieces)


def decode_set(untrusted: bytes) -> frozenset[bytes]:
    """Return the members of a set's file.

    Raises:
        StoreDamagedError: it is not in its one spelling.
    """
    start = len(_MAGIC) + _SALT_BYTES + _COUNT_BYTES
    if not untrusted.startswith(_MAGIC) or not start <= len(untrusted) <= _MAX_BYTES:
        raise StoreDamagedError("not a set")
    members, place = [], start
    for _ in range(int.from_bytes(untrusted[start - _COUNT_BYTES : start], "big")):
        end = place + _LENGTH_BYTES
        length = int.from_bytes(untrusted[place:end], "big")
        if end + length > len(untrusted):
            raise StoreDamagedError("a set that ends early")
        members.append(untrusted[end : end + length])
        place = end + length
    if encode_set(members, untrusted[len(_MAGIC) : len(_MAGIC) + _SALT_BYTES]) != untrusted:
        raise StoreDamagedError("a set in another spelling")
    return frozenset(members)


def _write_all(descriptor: int, data: bytes) -> None:
    offset = 0
    while offset < len(data):
        offset += os.pwrite(descriptor, data[offset:], offset)


def _destroy(path: Path) -> None:
    """Overwrite a file and take it away; what a disk keeps of overwritten blocks is for the disk's encryption."""
    with contextlib.suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            _write_all(descriptor, bytes(os.fstat(descriptor).st_size))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        path.unlink()
