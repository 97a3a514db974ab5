# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A disk that may lose its power after any call: what a directory can hold when the power is back.

It promises what POSIX and SQLite's "powersafe overwrite" do, and no more. A file's bytes are safe once the file was
synced, a name once its directory was; of everything else each piece may have arrived or not, in any order. A sector
holds its old or its new bytes; a sector that was never written may hold anything.
"""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from townhall_sync.simulated_disk_calls import (
    Call,
    MadeDirectory,
    Opened,
    Removed,
    Renamed,
    Resized,
    Said,
    Synced,
    SyncFailed,
    Wrote,
)
from townhall_sync.simulated_survival import Keep, Naming, Piece, Survival

_DIRECTORY: Final = 0
"""The number that a directory's name leads to; files count from 1."""


@dataclass(slots=True)
class _File:
    safe: bytearray = field(default_factory=bytearray)
    pending: list[Piece] = field(default_factory=list)


@dataclass(slots=True)
class _Directory:
    safe: dict[str, int] = field(default_factory=dict)
    pending: list[Naming] = field(default_factory=list)

    def names(self) -> dict[str, int]:
        """Return the names as the running system sees them."""
        return _named(self.safe, self.pending)


Image: TypeAlias = dict[str, bytes | None]
"""Files by their path, and None for a directory; parents before children."""


@dataclass(slots=True)
class SimulatedDisk:
    """Follows the calls of real processes under ``root``, which exists and is safe."""

    root: str
    _files: list[_File] = field(default_factory=lambda: [_File()])
    _directories: dict[str, _Directory] = field(default_factory=dict)
    _handles: dict[int, tuple[str, int]] = field(default_factory=dict)
    _calls: int = 0

    def __post_init__(self) -> None:
        self._directories[self.root] = _Directory()

    def restart_process(self) -> None:
        """Let another process follow; what the one before wrote is still only pending."""
        self._handles.clear()

    def do(self, call: Call) -> None:
        """Follow one call."""
        self._calls += 1
        match call:
            case Opened():
                self._open(call)
            case Wrote(handle, offset, data):
                self._file(handle).pending.append(Piece(self._calls, offset, data))
            case Resized(handle, size, only_grows):
                self._file(handle).pending.append(Piece(self._calls, 0, b"", size, only_grows))
            case Synced(handle):
                self._sync(*self._handles[handle])
            case SyncFailed(handle):
                self._drop(*self._handles[handle])
            case MadeDirectory(path):
                self._name(path, _DIRECTORY)
                self._directories[path] = _Directory()
            case Removed(path):
                self._name(path, None)
            case Renamed(old, new):
                self._name(new, self._found(old))
                self._name(old, None)
            case Said():
                pass

    @property
    def pending(self) -> int:
        """How many calls are not safe yet."""
        waiting = sum(len(each.pending) for each in self._files)
        return waiting + sum(len(each.pending) for each in self._directories.values())

    def after_cut(self, survival: Survival, dice: random.Random) -> Image:
        """Return what is there when the power comes back; nothing of this disk changes."""
        keep = self._keep(survival, dice)
        image: Image = {}
        self._collect(self.root, "", keep, image)
        return image

    def _keep(self, survival: Survival, dice: random.Random) -> "Keep":
        pieces = [each.order for file in self._files for each in file.pending]
        namings = [each.order for directory in self._directories.values() for each in directory.pending]
        orders = sorted(pieces + namings)
        border = dice.choice(orders) if orders else 0
        last = max((each.order for file in self._files for each in file.pending if each.data), default=0)
        return Keep(survival, dice, border, last)

    def _collect(self, path: str, relative: str, keep: "Keep", image: Image) -> None:
        directory = self._directories[path]
        names = _named(directory.safe, [each for each in directory.pending if keep.name(each)])
        for name, number in names.items():
            place = f"{relative}{name}"
            if number == _DIRECTORY:
                image[place] = None
                self._collect(f"{path}/{name}", place + "/", keep, image)
            else:
                file = self._files[number]
                image[place] = bytes(_written(bytearray(file.safe), keep.pieces(file.pending), keep.gap))

    def _open(self, call: Opened) -> None:
        if call.path in self._directories:
            self._handles[call.handle] = (call.path, _DIRECTORY)
            return
        number = self._found(call.path)
        if number is None:
            if not call.creates:
                raise ValueError(f"opened what was never made: {call.path}")
            self._files.append(_File())
            number = len(self._files) - 1
            self._name(call.path, number)
        self._handles[call.handle] = (call.path, number)
        if call.truncates:
            self._files[number].pending.append(Piece(self._calls, 0, b"", 0))

    def _file(self, handle: int) -> _File:
        return self._files[self._handles[handle][1]]

    def _found(self, path: str) -> int | None:
        parent, name = _split(path)
        return self._directories[parent].names().get(name)

    def _name(self, path: str, number: int | None) -> None:
        parent, name = _split(path)
        self._directories[parent].pending.append(Naming(self._calls, name, number))

    def _sync(self, path: str, number: int) -> None:
        if number == _DIRECTORY:
            directory = self._directories[path]
            directory.safe, directory.pending = directory.names(), []
        else:
            file = self._files[number]
            _written(file.safe, file.pending, bytes)
            file.pending = []

    def _drop(self, _path: str, number: int) -> None:
        """Forget what waited of a file; a directory's names wait on for its next sync."""
        if number != _DIRECTORY:
            self._files[number].pending = []


def _written(content: bytearray, pieces: Iterable[Piece], gap: Callable[[int], bytes]) -> bytearray:
    for piece in pieces:
        end = piece.offset + len(piece.data) if piece.size is None else piece.size
        if len(content) < end:
            content.extend(gap(end - len(content)))
        elif piece.size is not None and not piece.only_grows:
            del content[end:]
        content[piece.offset : piece.offset + len(piece.data)] = piece.data
    return content


def _named(safe: dict[str, int], pending: Iterable[Naming]) -> dict[str, int]:
    names = dict(safe)
    for each in pending:
        if each.file is None:
            names.pop(each.name, None)
        else:
            names[each.name] = each.file
    return names


def _split(path: str) -> tuple[str, str]:
    pure = PurePosixPath(path)
    return str(pure.parent), pure.name


def materialise(image: Image, directory: Path) -> None:
    """Write an image into an empty directory."""
    for relative, content in image.items():
        place = directory / relative
        if content is None:
            place.mkdir(mode=0o700)
        else:
            place.write_bytes(content)
