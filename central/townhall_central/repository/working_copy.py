# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The administrators' directory: what is published, and beside it what still waits for signatures.

::

    published/metadata, published/targets   a TUF repository with consistent snapshots, as kiosks see it
    staged/metadata/<role>.json             the next version of a role, signed by none, some or enough
    staged/targets/                         files that only staged roles name
    online.pem, online.pub                  the key of timestamp, snapshot and crls

A role is looked up staged first: what is built next builds on what waits.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer

from townhall_central.errors import RepositoryStateError
from townhall_central.repository.signing_keys import write_whole
from townhall_sync.catalogue_parts import Part

TOP_ROLES: Final = (Root.type, Targets.type)
PART_ROLES: Final = tuple(part.role for part in Part)
OFFLINE_PARTS: Final = tuple(part.role for part in Part if part is not Part.CRLS)

_Kind = TypeVar("_Kind", Root, Snapshot, Targets)
AnyMetadata = Metadata[Any]  # a role's kind is known by its name only


@dataclass(frozen=True, slots=True)
class WorkingCopy:
    """Paths of one repository, and its metadata."""

    path: Path

    @property
    def published(self) -> Path:
        """What kiosks see."""
        return self.path / "published"

    @property
    def staged_targets(self) -> Path:
        """Files that wait with their roles."""
        return self.path / "staged" / "targets"

    @property
    def online_key(self) -> Path:
        """The encrypted online key."""
        return self.path / "online.pem"

    def _staged(self, role: str) -> Path:
        return self.path / "staged" / "metadata" / f"{role}.json"

    def staged_roles(self) -> tuple[str, ...]:
        """Return the roles that wait, in the order in which they rest on each other."""
        return tuple(role for role in (*TOP_ROLES, *PART_ROLES) if self._staged(role).exists())

    def staged(self, role: str) -> AnyMetadata | None:
        """Return what waits of a role."""
        return _load(self._staged(role)) if self._staged(role).exists() else None

    def published_role(self, role: str) -> AnyMetadata | None:
        """Return the newest published version of a role."""
        if role == Timestamp.type:
            path = self.published / "metadata" / "timestamp.json"
            return _load(path) if path.exists() else None
        versions = self.versions(role)
        return _load(self.versioned(role, max(versions))) if versions else None

    def newest(self, role: str) -> AnyMetadata | None:
        """Return a role as it waits, or as it is published."""
        return self.staged(role) or self.published_role(role)

    def root(self) -> Root:
        """Return the newest root, staged or published."""
        return _require(self.newest(Root.type), Root)

    def targets(self) -> Targets:
        """Return the newest top-level targets, staged or published."""
        return _require(self.newest(Targets.type), Targets)

    def part(self, part: Part) -> Targets | None:
        """Return a part as it waits, or as it is published."""
        found = self.newest(part.role)
        return None if found is None else _require(found, Targets)

    def snapshot(self) -> Snapshot | None:
        """Return the published snapshot."""
        found = self.published_role(Snapshot.type)
        return None if found is None else _require(found, Snapshot)

    def versions(self, role: str) -> list[int]:
        """Return the published versions of a role."""
        files = (self.published / "metadata").glob(f"*.{role}.json")
        return sorted(int(number) for file in files if (number := file.name.partition(".")[0]).isdigit())

    def versioned(self, role: str, version: int) -> Path:
        """Return the place of a published version."""
        return self.published / "metadata" / f"{version}.{role}.json"

    def stage(self, role: str, metadata: AnyMetadata) -> None:
        """Let a role wait for its signatures."""
        write_whole(self._staged(role), to_bytes(metadata))

    def unstage(self, role: str) -> None:
        """A role waits no longer."""
        self._staged(role).unlink(missing_ok=True)


def hashed_path(path: str, target: TargetFile) -> str:
    """Return where a target's file lies below targets/ (consistent snapshots)."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{target.hashes['sha256']}.{name}"


def to_bytes(metadata: AnyMetadata) -> bytes:
    """Return metadata as a file; people read it too."""
    return metadata.to_bytes(JSONSerializer(compact=False))


def _load(path: Path) -> AnyMetadata:
    try:
        return Metadata.from_bytes(path.read_bytes())
    except (OSError, RepositoryError) as exc:
        raise RepositoryStateError(f"{path.name} cannot be read") from exc


def _require(metadata: AnyMetadata | None, kind: type[_Kind]) -> _Kind:
    if metadata is None or not isinstance(metadata.signed, kind):
        raise RepositoryStateError("no repository here: townhall-admin init")
    return metadata.signed
