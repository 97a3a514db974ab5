# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the online key does: let what enough people signed out to the kiosks, and renew snapshot and timestamp.

Files go out before what names them, and the timestamp last, each by a rename: a kiosk that asks at any instant sees a
repository that was whole once.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets

from townhall_central.errors import RepositoryStateError, SigningKeyError
from townhall_central.repository import roles
from townhall_central.repository.signatures import Standing, standing, standings
from townhall_central.repository.signing_keys import write_whole
from townhall_central.repository.working_copy import (
    PART_ROLES,
    TOP_ROLES,
    AnyMetadata,
    WorkingCopy,
    hashed_path,
    to_bytes,
)
from townhall_sync.catalogue_parts import Part

_GENERATIONS: Final = 2
_DELEGATED_TO: Final = {**dict.fromkeys(TOP_ROLES, Root.type), **dict.fromkeys(PART_ROLES, Targets.type)}


def release(copy: WorkingCopy, online: CryptoSigner, now: int) -> list[Standing]:
    """Publish what is ready, then a new timestamp; returns what still waits.

    Raises:
        RepositoryStateError: there is no signed root or targets yet, what would be published does not hold together
            (a key was changed and not everything is signed anew), or root or targets are past their year.
        SigningKeyError: the root does not name this online key.
    """
    _sign_crls(copy, online)
    ready = {each.role for each in standings(copy) if each.is_ready}
    chosen = _choose(copy, ready)
    _check_whole(chosen, online, now)
    for role in copy.staged_roles():
        if role in ready:
            _publish_role(copy, role, chosen[role])
    _publish_top(copy, chosen, online, now)
    _prune(copy)
    return standings(copy)


def _sign_crls(copy: WorkingCopy, online: CryptoSigner) -> None:
    waiting = copy.staged(Part.CRLS.role)
    if waiting is not None and not standing(copy, Part.CRLS.role).is_ready:
        waiting.sign(online, append=True)
        copy.stage(Part.CRLS.role, waiting)


def _choose(copy: WorkingCopy, ready: set[str]) -> dict[str, AnyMetadata]:
    """Return what kiosks will see of each role: what waits and is ready, or what they see already."""
    chosen = {}
    for role in (*TOP_ROLES, *PART_ROLES):
        metadata = copy.staged(role) if role in ready else copy.published_role(role)
        if metadata is not None:
            chosen[role] = metadata
    return chosen


def _check_whole(chosen: Mapping[str, AnyMetadata], online: CryptoSigner, now: int) -> None:
    if not chosen.keys() >= set(TOP_ROLES):
        raise RepositoryStateError("root and targets wait for signatures: townhall-admin status")
    for role, metadata in chosen.items():
        delegator = chosen[_DELEGATED_TO[role]].signed
        try:
            delegator.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
        except RepositoryError as exc:
            raise RepositoryStateError(f"{role} is not signed by today's keys: sign it first") from exc
        # A part past its age is hidden by kiosks; it must not keep the others from them.
        if role in TOP_ROLES and metadata.signed.expires.timestamp() <= now:
            raise RepositoryStateError(f"{role} is past its age: townhall-admin rotate REPOSITORY year")
    if online.public_key.keyid not in chosen[Root.type].signed.roles["timestamp"].keyids:
        raise SigningKeyError("this is not the online key that the root names")


def _publish_role(copy: WorkingCopy, role: str, metadata: AnyMetadata) -> None:
    if role in PART_ROLES:
        for path, target in metadata.signed.targets.items():
            hashed = hashed_path(path, target)
            waiting, place = copy.staged_targets / hashed, copy.published / "targets" / hashed
            if not place.exists():
                write_whole(place, _file(waiting))
    write_whole(copy.versioned(role, metadata.signed.version), to_bytes(metadata))
    copy.unstage(role)
    if not copy.staged_roles():
        shutil.rmtree(copy.staged_targets, ignore_errors=True)


def _file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise RepositoryStateError(f"{path.name} is gone: publish the directory again") from exc


def _publish_top(copy: WorkingCopy, chosen: Mapping[str, AnyMetadata], online: CryptoSigner, now: int) -> None:
    named = [role for role in chosen if role != Root.type]
    versions = {f"{role}.json": chosen[role].signed.version for role in named}
    content = {f"{role}.json": copy.versioned(role, chosen[role].signed.version).read_bytes() for role in named}
    snapshot = Metadata(roles.next_snapshot(copy, content, versions, now))
    snapshot.sign(online)
    snapshot_bytes = to_bytes(snapshot)
    write_whole(copy.versioned("snapshot", snapshot.signed.version), snapshot_bytes)
    timestamp = Metadata(roles.next_timestamp(copy, snapshot_bytes, snapshot.signed.version, now))
    timestamp.sign(online)
    write_whole(copy.published / "metadata" / "timestamp.json", to_bytes(timestamp))


def _prune(copy: WorkingCopy) -> None:
    """Remove what neither this snapshot nor the one before it names; kiosks may be fetching either. Roots stay."""
    kept = {f"{version}.root.json" for version in copy.versions(Root.type)} | {"timestamp.json"}
    named = {path for role in copy.staged_roles() if role in PART_ROLES for path in _hashed_paths(copy.staged(role))}
    for version in copy.versions("snapshot")[-_GENERATIONS:]:
        kept.add(f"{version}.snapshot.json")
        snapshot = Metadata[Snapshot].from_bytes(copy.versioned("snapshot", version).read_bytes()).signed
        for name, meta in snapshot.meta.items():
            kept.add(f"{meta.version}.{name}")
            role = (copy.published / "metadata" / f"{meta.version}.{name}").read_bytes()
            named |= _hashed_paths(Metadata[Targets].from_bytes(role))
    for path in (copy.published / "metadata").iterdir():
        if path.name not in kept:
            path.unlink()
    for path in (copy.published / "targets").rglob("*"):
        if path.is_file() and str(path.relative_to(copy.published / "targets")) not in named:
            path.unlink()


def _hashed_paths(metadata: AnyMetadata | None) -> set[str]:
    targets = metadata.signed.targets if metadata is not None else {}
    return {hashed_path(path, target) for path, target in targets.items()}
