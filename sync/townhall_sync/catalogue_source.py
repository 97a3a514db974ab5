# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a repository comes from: a directory (a stick) or the centre's line; nothing read there is trusted.

python-tuf asks through ``SourceFetcher`` and judges what it gets; a source only brings bytes, no more than asked for.
"""

import asyncio
import errno
import os
import stat
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Final, Protocol

from tuf.api.exceptions import DownloadError, DownloadHTTPError, DownloadLengthMismatchError
from tuf.ngclient.fetcher import FetcherInterface

from townhall_sync.central_service import Absent, Oversized, Unreachable, Untrusted

BASE: Final = "townhall:///"
"""python-tuf speaks of URLs; ours have no host."""

_CHUNK: Final = 64 * 1024
_LARGEST: Final = 64 * 1024 * 1024
MAX_METADATA_BYTES: Final = 5_000_000
"""Whatever length signed metadata state of others: a thief of the online key must not fill the keeper's memory."""


class Source(Protocol):
    """Brings one file of a repository (``metadata/...``, ``targets/...``), at most ``limit`` bytes of it."""

    def read(self, path: str, limit: int) -> Untrusted:
        """Return the whole file, or why not; may wait for the line."""


class DirectorySource:
    """A repository in a directory, which may be a hostile stick: nothing but plain files is opened."""

    def __init__(self, directory: Path) -> None:
        """Read below ``directory``."""
        self._directory = directory

    def read(self, path: str, limit: int) -> Untrusted:
        """Return the whole file, or why not."""
        try:
            # Neither a link out of the stick nor a pipe that never answers.
            descriptor = os.open(self._directory / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except (FileNotFoundError, NotADirectoryError):
            return Absent() if self._directory.is_dir() else Unreachable("no such directory")
        except OSError as exc:
            return Absent() if exc.errno == errno.ELOOP else Unreachable(f"{exc.strerror}")
        try:
            return _read_plain(descriptor, limit)
        except OSError as exc:  # the stick was pulled
            return Unreachable(f"{exc.strerror}")
        finally:
            os.close(descriptor)


def _read_plain(descriptor: int, limit: int) -> Untrusted:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return Absent()
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        content = file.read(limit + 1)
    return Oversized() if len(content) > limit else content


class LineSource:
    """The centre over its line; asked from a thread other than the loop's, since python-tuf blocks."""

    def __init__(self, fetch: Callable[[str, int], Awaitable[Untrusted]], loop: asyncio.AbstractEventLoop) -> None:
        """``fetch`` runs in ``loop``."""
        self._fetch = fetch
        self._loop = loop

    def read(self, path: str, limit: int) -> Untrusted:
        """Return the whole file, or why not."""

        async def asked() -> Untrusted:
            return await self._fetch(path, limit)

        return asyncio.run_coroutine_threadsafe(asked(), self._loop).result()


class SourceUnreachableError(DownloadError):
    """The source did not answer: nothing is concluded from it."""


class SourceFetcher(FetcherInterface):
    """python-tuf's way to a source."""

    def __init__(self, source: Source) -> None:
        """Fetch from ``source``."""
        self._source = source

    def _fetch(self, url: str) -> Iterator[bytes]:
        content = require(self._source.read(url.removeprefix(BASE), _LARGEST), url)
        return (content[start : start + _CHUNK] for start in range(0, len(content), _CHUNK))

    def download_bytes(self, url: str, max_length: int) -> bytes:
        """Return metadata of at most ``max_length`` bytes; see ``require``."""
        return require(self._source.read(url.removeprefix(BASE), min(max_length, MAX_METADATA_BYTES)), url)


def require(untrusted: Untrusted, name: str) -> bytes:
    """Return the bytes that a source brought.

    Raises:
        DownloadHTTPError: it has no such file.
        DownloadLengthMismatchError: the file is longer than it may be.
        SourceUnreachableError: it did not answer.
    """
    match untrusted:
        case bytes():
            return untrusted
        case Absent():
            raise DownloadHTTPError(f"no {name}", 404)
        case Oversized():
            raise DownloadLengthMismatchError(f"{name} is too long")
        case Unreachable(reason=reason):
            raise SourceUnreachableError(reason)
