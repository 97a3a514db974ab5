# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a real process asked of its disk, read from a recording of strace(1); for ``simulated_disk``.

Only calls under one directory count, and what the process said on its standard output. A call that could change a file
in a way that is not understood here ends the reading: a model that overlooks a write proves nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn, TypeAlias

_CALLS: Final = (
    "?open,openat,?openat2,?creat,close,?dup,?dup2,?dup3,fcntl,write,writev,pwrite64,pwritev,?pwritev2,ftruncate,"
    "truncate,fallocate,fsync,fdatasync,sync_file_range,?unlink,unlinkat,?rename,?renameat,renameat2,?link,linkat,"
    "?symlink,symlinkat,?mkdir,mkdirat,?rmdir,mmap,sendfile,copy_file_range"
)
STRACE: Final = ("strace", "-f", "-qq", "-xx", "-s", "1000000", "-e", "signal=none", "-e", f"trace={_CALLS}")
"""The recorder's command line; ``-o FILE`` and the program follow."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file or directory was opened; ``handle`` is new at each opening."""

    handle: int
    path: str
    creates: bool
    truncates: bool


@dataclass(frozen=True, slots=True)
class Wrote:
    """Bytes were written."""

    handle: int
    offset: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Resized:
    """A file was cut or made longer, to ``size``; one that ``only_grows`` is never cut."""

    handle: int
    size: int
    only_grows: bool = False


@dataclass(frozen=True, slots=True)
class Synced:
    """The file, or the names in a directory, were brought to the disk before the call returned."""

    handle: int


@dataclass(frozen=True, slots=True)
class SyncFailed:
    """The disk refused a sync: what waited is dropped, although the system's memory goes on showing it."""

    handle: int


@dataclass(frozen=True, slots=True)
class MadeDirectory:
    """A directory was made."""

    path: str


@dataclass(frozen=True, slots=True)
class Removed:
    """A name was taken away."""

    path: str


@dataclass(frozen=True, slots=True)
class Renamed:
    """A name was changed."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Said:
    """Bytes on the standard output: somebody outside has read them."""

    text: bytes


Call: TypeAlias = Opened | Wrote | Resized | Synced | SyncFailed | MadeDirectory | Removed | Renamed | Said

_LINE: Final = re.compile(r"(?P<pid>\d+) +(?P<rest>.*)")
_WHOLE: Final = re.compile(r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\w+)(?: .*)?")
_UNFINISHED: Final = " <unfinished ...>"
_RESUMED: Final = re.compile(r"<\.\.\. \w+ resumed>(?P<rest>.*)")
_STRING: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_STDOUT: Final = 1


def read_calls(recording: str, directory: str) -> Iterator[Call]:
    """Yield the calls of one process (all its threads) under ``directory``, in the order in which they ended.

    Raises:
        ValueError: a call on our files could not be understood.
    """
    reader = _Reader(directory.rstrip("/"))
    unfinished: dict[str, str] = {}
    for line in recording.splitlines():
        parts = _LINE.fullmatch(line)
        if parts is None:
            _unknown(line)
        pid, rest = parts["pid"], parts["rest"]
        if rest.endswith(_UNFINISHED):
            unfinished[pid] = rest.removesuffix(_UNFINISHED)
            continue
        if resumed := _RESUMED.fullmatch(rest):
            rest = unfinished.pop(pid) + resumed["rest"]
        if whole := _WHOLE.fullmatch(rest):
            yield from reader.read(whole["name"], whole["arguments"], whole["result"])
        elif not rest.startswith(("+++", "exit")) and "= ?" not in rest:
            _unknown(rest)


@dataclass(slots=True)
class _Reader:
    """Follows the descriptors of one process."""

    directory: str
    handles: dict[int, int] = field(default_factory=dict)
    opened: int = 0

    def read(self, name: str, arguments: str, result: str) -> Iterator[Call]:
        """Yield what one call did; nothing where it failed."""
        if result.startswith("-") or result == "?":
            if name in {"fsync", "fdatasync"} and (handle := self.handles.get(int(arguments))) is not None:
                yield SyncFailed(handle)
            return
        paths = [bytes.fromhex(text.replace(r"\x", "")).decode(errors="replace") for text in _STRING.findall(arguments)]
        match name:
            case "open" | "openat":
                yield from self._open(paths[0], arguments, int(result))
            case "close":
                self.handles.pop(int(arguments), None)
            case "mkdir" | "mkdirat" if self._is_ours(paths[0]):
                yield MadeDirectory(paths[0])
            case "unlink" | "unlinkat" if self._is_ours(paths[0]):
                yield Removed(paths[0])
            case "rename" | "renameat" | "renameat2" if any(map(self._is_ours, paths)):
                yield Renamed(*paths)
            case "write" if int(arguments.partition(",")[0]) == _STDOUT:
                yield Said(_bytes(arguments))
            case _:
                yield from self._on_descriptor(name, arguments, paths)

    def _open(self, path: str, arguments: str, descriptor: int) -> Iterator[Call]:
        if not self._is_ours(path):
            self.handles.pop(descriptor, None)
            return
        self.opened += 1
        self.handles[descriptor] = self.opened
        yield Opened(self.opened, path, "O_CREAT" in arguments, "O_TRUNC" in arguments)

    def _on_descriptor(self, name: str, arguments: str, paths: list[str]) -> Iterator[Call]:
        fields = [field.strip() for field in _STRING.sub("", arguments).split(",")]
        # mmap names its descriptor fifth; the others first.
        named = fields[4] if name == "mmap" else fields[0]
        handle = self.handles.get(int(named)) if named.lstrip("-").isdigit() else None
        if handle is None:
            if any(map(self._is_ours, paths)):
                _unknown(name)
            return
        match name, fields:
            case "pwrite64", [_descriptor, _data, _size, offset]:
                yield Wrote(handle, int(offset), _bytes(arguments))
            case "ftruncate", [_descriptor, size]:
                yield Resized(handle, int(size))
            case "fallocate", [_descriptor, "0", offset, size]:
                yield Resized(handle, int(offset) + int(size), only_grows=True)
            case (("fsync" | "fdatasync"), _):
                yield Synced(handle)
            case "fcntl", [_descriptor, command, *_] if "DUP" not in command:
                pass
            case "mmap", [_address, _size, _protection, flags, *_] if "MAP_SHARED" not in flags:
                pass
            case _:
                _unknown(name)

    def _is_ours(self, path: str) -> bool:
        return path == self.directory or path.startswith(self.directory + "/")


def _bytes(arguments: str) -> bytes:
    text = _STRING.search(arguments)
    if text is None or (text.end() < len(arguments) and arguments[text.end() :].startswith("...")):
        _unknown("a write whose bytes were cut short")
    return bytes.fromhex(text[1].replace(r"\x", ""))


def _unknown(what: str) -> NoReturn:
    raise ValueError(f"not understood: {what[:80]}")
