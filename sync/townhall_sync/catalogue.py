# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Keeps one verified copy of the signed catalogue, and replaces it only by a newer one that verified wholly.

python-tuf's client judges what a source brings (chain of roots, timestamp, snapshot, targets; rollback, freeze,
thresholds) with the metadata of our copy as its memory, in a directory of its own. Parts and files are then fetched and
checked against those. When everything is there and durable, one rename makes it the copy: a power cut at any step
leaves the old copy or the new one.

::

    DIRECTORY/current             a link to the copy that counts
    DIRECTORY/lock                held while somebody refreshes
    DIRECTORY/copies/<name>/      metadata as python-tuf keeps it, and targets by their paths
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final, TypeVar

from tuf.api.exceptions import (
    BadVersionNumberError,
    DownloadError,
    DownloadHTTPError,
    DownloadLengthMismatchError,
    ExpiredMetadataError,
    LengthOrHashMismatchError,
    RepositoryError,
    UnsignedMetadataError,
)
from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater, UpdaterConfig

from townhall_sync.catalogue_copy import METADATA, TARGETS, Catalogue, SignedPart, catalogue_of, load_parts, open_copy
from townhall_sync.catalogue_outcomes import CatalogueRefusal, Refreshed, RefreshOutcome, Refused, Unchanged
from townhall_sync.catalogue_parts import Part
from townhall_sync.catalogue_source import (
    BASE,
    MAX_METADATA_BYTES,
    Source,
    SourceFetcher,
    SourceUnreachableError,
    require,
)
from townhall_sync.central_service import Unreachable
from townhall_sync.errors import CatalogueDamagedError

MAX_TARGET_BYTES: Final = 64 * 1024 * 1024
"""A national revocation list is some megabytes."""
MAX_TOTAL_BYTES: Final = 512 * 1024 * 1024

_CURRENT: Final = "current"
_COPIES: Final = "copies"
_LOCK: Final = "lock"

_CONFIG: Final = UpdaterConfig()
_Kind = TypeVar("_Kind", Timestamp, Snapshot, Targets)


class _OtherBytesError(RepositoryError):
    """A target file is not the one that was signed; never leaves this module."""


class CatalogueStore:
    """The copy in one directory. Its calls block: the keeper makes them on a thread. One refresh at a time."""

    def __init__(self, directory: Path, bootstrap: bytes) -> None:
        """``bootstrap`` is the root that the enrolment brought."""
        self._directory = directory
        self._bootstrap = bootstrap

    def open(self) -> Catalogue | None:
        """Return the copy, or None where none was taken yet.

        Raises:
            CatalogueDamagedError: the copy is not what was verified when it was taken.
        """
        current = self._current()
        return None if current is None else open_copy(current, self._bootstrap)

    def refresh(self, source: Source) -> RefreshOutcome:
        """Take what ``source`` has if it is newer than the copy and verifies wholly.

        A copy that was replaced stays on the disk until the next call, for who reads in it still.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with (self._directory / _LOCK).open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)  # the keeper, and somebody at the shell
                return self._refresh_alone(source)
        except OSError as exc:
            return Refused(CatalogueRefusal.NO_ROOM.value, exc.strerror or type(exc).__name__)

    def _refresh_alone(self, source: Source) -> RefreshOutcome:
        self._sweep()
        staged = self._directory / _COPIES / secrets.token_hex(8)
        try:
            (staged / METADATA).mkdir(parents=True)
            return self._refresh(source, staged)
        except SourceUnreachableError as exc:
            return Unreachable(str(exc))
        except (RepositoryError, DownloadError) as exc:
            return Refused(_refusal(exc).value, str(exc))
        finally:
            if self._current() != staged.resolve():
                shutil.rmtree(staged, ignore_errors=True)

    def _refresh(self, source: Source, staged: Path) -> RefreshOutcome:
        before = self._opened()
        if (current := self._current()) is not None:  # what python-tuf remembers, even of a damaged copy
            shutil.copytree(current / METADATA, staged / METADATA, symlinks=True, dirs_exist_ok=True)
        fetcher = SourceFetcher(source)
        base = f"{BASE}{METADATA}/"
        Updater(str(staged / METADATA), base, fetcher=fetcher, config=_CONFIG, bootstrap=self._bootstrap).refresh()
        if before is not None and _is_same(before.directory, staged) and before.is_whole():
            return Unchanged()
        after = self._fetch(source, staged, before)
        _sync_tree(staged)
        self._swap(staged)
        return Refreshed(after.version, _changed(before, after))

    def _opened(self) -> Catalogue | None:
        try:
            return self.open()
        except CatalogueDamagedError:
            return None

    def _fetch(self, source: Source, staged: Path, before: Catalogue | None) -> Catalogue:
        """Fetch parts and files that verified top-level metadata speak of."""
        metadata = staged / METADATA
        timestamp = _trusted(Timestamp, metadata)
        snapshot, targets = _trusted(Snapshot, metadata), _trusted(Targets, metadata)

        def fetched(part: Part, meta: MetaFile) -> bytes:
            name = f"{METADATA}/{meta.version}.{part.role}.json"
            limit = min(meta.length or MAX_METADATA_BYTES, MAX_METADATA_BYTES)
            content = require(source.read(name, limit), name)
            (metadata / f"{part.role}.json").write_bytes(content)
            return content

        parts = load_parts(snapshot, targets, fetched)
        _check_sizes(parts.values())
        for signed in parts.values():
            for path, target in signed.targets.items():
                _bring(source, staged, path, target, before)
        return catalogue_of(staged, timestamp, parts)

    def _current(self) -> Path | None:
        link = self._directory / _CURRENT
        return link.resolve() if link.is_symlink() else None

    def _swap(self, staged: Path) -> None:
        """Make ``staged`` the copy; the rename is the one instant at which that happens."""
        link = self._directory / f"{_CURRENT}.new"
        link.unlink(missing_ok=True)
        link.symlink_to(Path(_COPIES) / staged.name)
        _sync(self._directory / _COPIES)
        link.replace(self._directory / _CURRENT)
        _sync(self._directory)

    def _sweep(self) -> None:
        """Remove what an earlier try left, and copies that were replaced."""
        current = self._current()
        copies = self._directory / _COPIES
        for copy in copies.iterdir() if copies.is_dir() else ():
            if current is None or copy.resolve() != current:
                shutil.rmtree(copy, ignore_errors=True)


def _trusted(kind: type[_Kind], metadata: Path) -> _Kind:
    """Read what python-tuf verified and stored just now."""
    content: Metadata[_Kind] = Metadata.from_bytes((metadata / f"{kind.type}.json").read_bytes())
    return content.signed


def _is_same(before: Path, staged: Path) -> bool:
    name = Path(METADATA) / f"{Timestamp.type}.json"
    return (before / name).read_bytes() == (staged / name).read_bytes()


def _check_sizes(parts: Iterable[SignedPart]) -> None:
    lengths = [target.length for signed in parts for target in signed.targets.values()]
    if sum(lengths) > MAX_TOTAL_BYTES or max(lengths, default=0) > MAX_TARGET_BYTES:
        raise DownloadLengthMismatchError("the files are too large for a kiosk")


def _bring(source: Source, staged: Path, path: str, target: TargetFile, before: Catalogue | None) -> None:
    """Put one verified file into the staged copy: our own, if we have it, or the source's."""
    place = staged / TARGETS / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if before is not None and _has(before, path, target):
        place.hardlink_to(before.directory / TARGETS / path)
        return
    folder, _, name = path.rpartition("/")
    prefix = next(iter(target.hashes.values()))
    content = require(source.read(f"{TARGETS}/{folder}/{prefix}.{name}", target.length), path)
    try:
        target.verify_length_and_hashes(content)
    except LengthOrHashMismatchError as exc:
        raise _OtherBytesError(path) from exc
    place.write_bytes(content)


def _has(before: Catalogue, path: str, target: TargetFile) -> bool:
    try:
        target.verify_length_and_hashes(before.read(path))
    except (KeyError, CatalogueDamagedError, LengthOrHashMismatchError):
        return False
    return True


def _changed(before: Catalogue | None, after: Catalogue) -> tuple[Part, ...]:
    versions = {} if before is None else {part: signed.version for part, signed in before.parts.items()}
    return tuple(part for part in Part if part in after.parts and after.parts[part].version != versions.get(part))


def _refusal(error: RepositoryError | DownloadError) -> CatalogueRefusal:  # noqa: PLR0911  # one line a reason
    match error:
        case _OtherBytesError():
            return CatalogueRefusal.OTHER_BYTES
        case LengthOrHashMismatchError():  # of metadata: files of two repositories, or of two times
            return CatalogueRefusal.MIXED
        case UnsignedMetadataError():
            return CatalogueRefusal.UNDER_SIGNED
        case BadVersionNumberError():
            return CatalogueRefusal.ROLLED_BACK
        case ExpiredMetadataError():
            return CatalogueRefusal.EXPIRED
        case DownloadLengthMismatchError():
            return CatalogueRefusal.TOO_LARGE
        case DownloadHTTPError():
            return CatalogueRefusal.INCOMPLETE
        case _:
            return CatalogueRefusal.NOT_A_REPOSITORY


def _sync_tree(directory: Path) -> None:
    for folder, _folders, files in os.walk(directory):
        for name in files:
            _sync(Path(folder) / name)
        _sync(Path(folder))


def _sync(path: Path) -> None:
    if path.is_symlink():
        return  # what it says stands in its folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
