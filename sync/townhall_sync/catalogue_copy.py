# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The kiosk's own copy of a repository that was verified once: opened again by its signatures, whatever its age.

python-tuf has no word for "this was current when I took it", so what stands on the disk is checked here with its public
interface: the chain of roots, then timestamp, snapshot, targets and each part by signatures, versions and hashes. Only
the age is left to the reader: each part says until when it counts.
"""

import mmap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from tuf.api.exceptions import BadVersionNumberError, RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from townhall_sync.catalogue_outcomes import PartStatus
from townhall_sync.catalogue_parts import SIGNED_FIELD, Part, is_safe_path
from townhall_sync.errors import CatalogueDamagedError

METADATA: Final = "metadata"
TARGETS: Final = "targets"
ROOT_HISTORY: Final = "root_history"

Signed = TypeVar("Signed", Root, Timestamp, Snapshot, Targets)


@dataclass(frozen=True, slots=True)
class SignedPart:
    """One part whose signatures verified. ``until`` is the end of its age, in unix seconds."""

    part: Part
    version: int
    signed: int
    until: int
    targets: Mapping[str, TargetFile] = field(repr=False)

    def status(self, now: int) -> PartStatus:
        """Return how it stands at ``now``."""
        return PartStatus(
            self.part, self.version, self.signed, self.until, max(0, now - self.signed), now >= self.until
        )


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A verified repository on this disk. ``signed`` and ``until`` are its timestamp's."""

    directory: Path
    version: int
    signed: int
    until: int
    parts: Mapping[Part, SignedPart]

    def paths(self, part: Part) -> tuple[str, ...]:
        """Return the paths of a part's files, sorted; none where the catalogue lacks the part."""
        return tuple(sorted(self.parts[part].targets)) if part in self.parts else ()

    def custom(self, path: str) -> Mapping[str, object]:
        """Return what the signers noted beside a file; raises KeyError for a path that no part names."""
        noted = self._target(path).custom
        return noted if isinstance(noted, dict) else {}

    def read(self, path: str) -> bytes:
        """Return a file's bytes, compared with the signed hash at each reading.

        Raises:
            KeyError: no part names this path.
            CatalogueDamagedError: the bytes on the disk are others.
        """
        target = self._target(path)
        try:
            content = (self.directory / TARGETS / path).read_bytes()
            target.verify_length_and_hashes(content)
        except (OSError, RepositoryError) as exc:
            raise CatalogueDamagedError(path) from exc
        return content

    def map(self, path: str) -> memoryview:
        """Return a file's bytes as they lie on the disk, not in memory; compared with the signed hash now, not later.

        They stay readable when another copy takes this one's place.

        Raises:
            KeyError: no part names this path.
            CatalogueDamagedError: the bytes on the disk are others, or none.
        """
        target = self._target(path)
        try:
            with (self.directory / TARGETS / path).open("rb") as file:
                target.verify_length_and_hashes(file)
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError, RepositoryError) as exc:
            raise CatalogueDamagedError(path) from exc
        return memoryview(mapped)

    def is_whole(self) -> bool:
        """Whether every file has its signed bytes."""
        try:
            for part in self.parts:
                for path in self.paths(part):
                    self.read(path)
        except CatalogueDamagedError:
            return False
        return True

    def _target(self, path: str) -> TargetFile:
        for signed in self.parts.values():
            if path in signed.targets:
                return signed.targets[path]
        raise KeyError(path)


def open_copy(directory: Path, bootstrap: bytes) -> Catalogue:
    """Open the copy in ``directory``, whose chain of roots must begin with ``bootstrap``.

    Raises:
        CatalogueDamagedError: it is not what was verified when it was taken.
    """
    metadata = directory / METADATA
    try:
        root = _newest_root(bootstrap, metadata / ROOT_HISTORY)
        timestamp = verified(Timestamp, _read(metadata, Timestamp.type), root, Timestamp.type)
        snapshot = _referred(Snapshot, _read(metadata, Snapshot.type), root, timestamp.snapshot_meta)
        targets = _referred(Targets, _read(metadata, Targets.type), root, snapshot.meta[f"{Targets.type}.json"])
        parts = load_parts(snapshot, targets, lambda part, _meta: _read(metadata, part.role))
        return catalogue_of(directory, timestamp, parts)
    except (RepositoryError, OSError, KeyError) as exc:
        raise CatalogueDamagedError(f"{type(exc).__name__}") from exc


def catalogue_of(directory: Path, timestamp: Timestamp, parts: Mapping[Part, SignedPart]) -> Catalogue:
    """Return the catalogue that verified metadata speak of."""
    until = int(timestamp.expires.timestamp())
    return Catalogue(directory, timestamp.version, signed_time(timestamp), until, parts)


def load_parts(
    snapshot: Snapshot, targets: Targets, read: Callable[[Part, MetaFile], bytes]
) -> Mapping[Part, SignedPart]:
    """Return every part that ``snapshot`` lists, from what ``read`` brings, verified but for its age.

    Raises:
        RepositoryError: signatures, version, hash or names of a part are not as they must be.
    """
    parts = {}
    for part in Part:
        meta = snapshot.meta.get(f"{part.role}.json")
        if meta is not None:
            parts[part] = _part(part, read(part, meta), meta, targets)
    return MappingProxyType(parts)


def _part(part: Part, untrusted: bytes, meta: MetaFile, delegator: Targets) -> SignedPart:
    signed = _referred(Targets, untrusted, delegator, meta, part.role)
    delegated = (delegator.delegations.roles or {})[part.role] if delegator.delegations else None
    for path in signed.targets:
        if delegated is None or not is_safe_path(path) or not delegated.is_delegated_path(path):
            raise UnsignedMetadataError(f"{part.role} may not speak about all that it names")
    at = signed_time(signed)
    until = min(int(signed.expires.timestamp()), at + part.age_s)
    return SignedPart(part, signed.version, at, until, MappingProxyType(signed.targets))


def signed_time(signed: Timestamp | Snapshot | Targets) -> int:
    """Return when metadata were signed, in unix seconds.

    Raises:
        RepositoryError: they do not say so.
    """
    at = signed.unrecognized_fields.get(SIGNED_FIELD)
    if type(at) is not int or at < 0:
        raise RepositoryError(f"no {SIGNED_FIELD}")
    return at


def verified(kind: type[Signed], untrusted: bytes, delegator: Root | Targets, role: str) -> Signed:
    """Return metadata that enough of the delegator's keys for ``role`` signed.

    Raises:
        RepositoryError: they cannot be read, are of another kind, or too few signed.
    """
    metadata: Metadata[Signed] = Metadata.from_bytes(untrusted)
    if not isinstance(metadata.signed, kind):
        raise RepositoryError(f"no {role}")
    try:
        delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
    except ValueError as exc:  # no such delegation
        raise UnsignedMetadataError(f"{role} is nobody's role") from exc
    return metadata.signed


def _referred(
    kind: type[Signed], untrusted: bytes, delegator: Root | Targets, meta: MetaFile, role: str = ""
) -> Signed:
    """Return verified metadata that are exactly those that ``meta`` refers to."""
    meta.verify_length_and_hashes(untrusted)
    signed = verified(kind, untrusted, delegator, role or kind.type)
    if signed.version != meta.version:
        raise BadVersionNumberError(f"{role or kind.type} {signed.version} instead of {meta.version}")
    return signed


def _newest_root(bootstrap: bytes, history: Path) -> Root:
    """Walk from the bootstrap root to the newest one that was taken; each is signed by the one before and by itself."""
    root = verified(Root, bootstrap, _root_of(bootstrap), Root.type)
    while (path := history / f"{root.version + 1}.root.json").exists():
        content = path.read_bytes()
        newer = verified(Root, content, root, Root.type)
        verified(Root, content, newer, Root.type)
        if newer.version != root.version + 1:
            raise BadVersionNumberError("a root under another's number")
        root = newer
    return root


def _root_of(untrusted: bytes) -> Root:
    metadata: Metadata[Root] = Metadata.from_bytes(untrusted)
    if not isinstance(metadata.signed, Root):
        raise RepositoryError("no root")
    return metadata.signed


def _read(metadata: Path, role: str) -> bytes:
    return (metadata / f"{role}.json").read_bytes()
