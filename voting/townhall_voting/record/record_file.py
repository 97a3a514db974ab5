# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""An archive on disk that only ever grows: each event is durable before ``append`` returns, whatever the power does."""

import fcntl
import os
from pathlib import Path
from typing import Final, Self

from townhall_voting.errors import RecordFileError, RecordRefusedError
from townhall_voting.record.archive import Head, append_event, open_archive, read_events, read_head
from townhall_voting.record.events import Event, SetupEvent
from townhall_voting.record.grammar import START, Phase, advance
from townhall_voting.record.reasons import Place, Refusal

_FLAGS: Final = os.O_RDWR | os.O_APPEND | os.O_CLOEXEC
_TORN: Final = {Refusal.TRUNCATED, Refusal.LOOSE_DATA}
"""What an interrupted append leaves behind: the beginning of an event that nobody was told of."""


class RecordFile:
    """The one writer of an archive; a second one is refused. Use it as a context manager, from one thread."""

    def __init__(self, descriptor: int, head: Head, phase: Phase) -> None:
        self._descriptor = descriptor
        self.head = head
        self.phase = phase

    @classmethod
    def create(cls, path: Path, setup: SetupEvent, timestamp: int) -> Self:
        """Begin the archive ``path`` (``<uuid>.bel``) with ``setup``; after a power cut it is whole or not there.

        Raises:
            RecordFileError: there is such a file, or it cannot be written.
        """
        first, head = open_archive(timestamp)
        added, head = append_event(head, setup)
        unfinished = path.with_name(f".{path.name}.new")
        try:
            unfinished.unlink(missing_ok=True)
            descriptor = os.open(unfinished, _FLAGS | os.O_CREAT | os.O_EXCL, 0o644)
        except OSError as error:
            raise RecordFileError("the archive cannot be begun") from error
        try:
            _lock(descriptor)
            _write(descriptor, first + added)
            os.link(unfinished, path)
            unfinished.unlink()
            _sync_folder(path.parent)
        except OSError as error:
            os.close(descriptor)
            raise RecordFileError("the archive is there already, or cannot be written") from error
        return cls(descriptor, head, advance(START, setup, Place(0)))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Go on with an archive, read from its beginning; what an interrupted append left at its end is cut off.

        The events' chain and order are checked, not what they hold.

        Raises:
            RecordFileError: it cannot be opened, or another process writes it.
            RecordRefusedError: it is damaged in a way that no interrupted append explains; nothing was changed.
        """
        try:
            descriptor = os.open(path, _FLAGS)
        except OSError as error:
            raise RecordFileError("the archive cannot be opened") from error
        try:
            _lock(descriptor)
            head, phase = _recover(descriptor)
        except OSError as error:
            os.close(descriptor)
            raise RecordFileError("another process writes the archive, or it cannot be read") from error
        except RecordRefusedError:
            os.close(descriptor)
            raise
        return cls(descriptor, head, phase)

    def append(self, event: Event) -> Head:
        """Add ``event`` durably; return where the archive then stands.

        Raises:
            RecordRefusedError: ORDER: no such event may follow. Nothing was written.
            RecordFileError: it could not be written; the archive is as before.
        """
        phase = advance(self.phase, event, Place(self.head.offset, self.head.height))
        added, head = append_event(self.head, event)
        try:
            _write(self._descriptor, added)
        except OSError as error:
            self._cut_back()
            raise RecordFileError("the archive could not be written") from error
        self.head, self.phase = head, phase
        return head

    def close(self) -> None:
        """Let another process write."""
        os.close(self._descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _cut_back(self) -> None:
        try:
            os.ftruncate(self._descriptor, self.head.offset)
            os.fsync(self._descriptor)
        except OSError as error:
            raise RecordFileError("an event was written in part; opening the archive again cuts it off") from error


def _recover(descriptor: int) -> tuple[Head, Phase]:
    with os.fdopen(os.dup(descriptor), "rb") as stream:
        stream.seek(0)
        head, phase = read_head(stream), START
        try:
            for recorded in read_events(stream, head):
                phase = advance(phase, recorded.event, recorded.place)
                head = recorded.head
        except RecordRefusedError as error:
            if error.reason not in _TORN or head.height == 0:
                raise
            os.ftruncate(descriptor, head.offset)
            os.fsync(descriptor)
    return head, phase


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def _lock(descriptor: int) -> None:
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
