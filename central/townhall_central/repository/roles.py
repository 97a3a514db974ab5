# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Builds the next version of roles: keys, thresholds, delegations, ages. Nothing here signs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from securesystemslib.signer import Key
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Role,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from townhall_central.errors import RepositoryStateError
from townhall_central.repository.working_copy import OFFLINE_PARTS, WorkingCopy
from townhall_sync.catalogue_parts import SIGNED_FIELD, TIMESTAMP_AGE_S, Part

_YEAR_S: Final = 365 * 24 * 60 * 60
MIN_THRESHOLD: Final = 2


@dataclass(frozen=True, slots=True)
class KeySet:
    """Who signs: the keys of one offline role and how many of them it takes."""

    keys: tuple[Key, ...]
    threshold: int

    def __post_init__(self) -> None:
        """Raise RepositoryStateError for a set that one person could sign for, or that the loss of one key ends."""
        different = {key.keyid for key in self.keys}
        if len(different) != len(self.keys):
            raise RepositoryStateError("the same key twice")
        if not MIN_THRESHOLD <= self.threshold < len(self.keys):
            raise RepositoryStateError("at least two must sign, and one more key than that must exist")


def first_root(root: KeySet, targets: KeySet, online: Key, now: int) -> Metadata[Root]:
    """Return version 1 of the root, unsigned."""
    signed = Root(version=1, expires=_expiry(now, _YEAR_S), consistent_snapshot=True)
    _stamp(signed, now)
    set_root_keys(signed, root)
    set_targets_keys(signed, targets)
    set_online_key(signed, online)
    return Metadata(signed)


def set_root_keys(root: Root, keys: KeySet) -> None:
    """Let ``keys`` sign the root from this version on."""
    _set_keys(root, Root.type, keys.keys, keys.threshold)


def set_targets_keys(root: Root, keys: KeySet) -> None:
    """Let ``keys`` sign the top-level targets."""
    _set_keys(root, Targets.type, keys.keys, keys.threshold)


def set_online_key(root: Root, key: Key) -> None:
    """Let ``key`` alone sign timestamp and snapshot."""
    for role in (Timestamp.type, Snapshot.type):
        _set_keys(root, role, (key,), 1)


def _set_keys(root: Root, role: str, keys: Sequence[Key], threshold: int) -> None:
    for keyid in tuple(root.roles[role].keyids):
        root.revoke_key(keyid, role)
    root.roles[role] = Role([], threshold)
    for key in keys:
        root.add_key(key, role)


def first_targets(targets: KeySet, online: Key, now: int) -> Metadata[Targets]:
    """Return version 1 of the top-level targets, unsigned: it names no file, it says who may name which."""
    signed = Targets(version=1, expires=_expiry(now, _YEAR_S))
    _stamp(signed, now)
    signed.delegations = delegations(targets, online)
    return Metadata(signed)


def delegations(owners: KeySet, online: Key) -> Delegations:
    """Return the delegation of every part: to the targets keys, and of crls to the online key.

    A revocation list is signed by its own authority, so who holds the online key can keep one back, but make none.
    """
    roles = {}
    for part in Part:
        is_online = part is Part.CRLS
        keyids = [online.keyid] if is_online else [key.keyid for key in owners.keys]
        threshold = 1 if is_online else owners.threshold
        roles[part.role] = DelegatedRole(part.role, keyids, threshold, terminating=True, paths=list(part.patterns))
    return Delegations({key.keyid: key for key in (*owners.keys, online)}, roles)


def next_part(copy: WorkingCopy, part: Part, files: Mapping[str, TargetFile], now: int) -> Metadata[Targets]:
    """Return the next version of a part, unsigned; one that waits already is built anew under its own number."""
    published = copy.published_role(part.role)
    version = 1 if published is None else published.signed.version + 1
    signed = Targets(version=version, expires=_expiry(now, part.age_s), targets=dict(files))
    _stamp(signed, now)
    return Metadata(signed)


def renewed(published: Metadata[Root] | Metadata[Targets], now: int) -> Metadata[Root] | Metadata[Targets]:
    """Return the next version of a top-level role with a fresh year, its signatures gone."""
    signed = published.signed
    signed.version += 1
    signed.expires = _expiry(now, _YEAR_S)
    _stamp(signed, now)
    published.signatures.clear()
    return published


def next_snapshot(copy: WorkingCopy, meta: Mapping[str, bytes], versions: Mapping[str, int], now: int) -> Snapshot:
    """Return the next snapshot: exactly these files, with their hashes, so that none can be mixed with another time."""
    before = copy.snapshot()
    signed = Snapshot(version=1 if before is None else before.version + 1, expires=_expiry(now, TIMESTAMP_AGE_S))
    signed.meta = {name: _meta(versions[name], content) for name, content in meta.items()}
    _stamp(signed, now)
    return signed


def next_timestamp(copy: WorkingCopy, snapshot: bytes, snapshot_version: int, now: int) -> Timestamp:
    """Return the next timestamp, for that snapshot."""
    before = copy.published_role(Timestamp.type)
    signed = Timestamp(version=1 if before is None else before.signed.version + 1)
    signed.expires = _expiry(now, TIMESTAMP_AGE_S)
    signed.snapshot_meta = _meta(snapshot_version, snapshot)
    _stamp(signed, now)
    return signed


def offline_parts_of(copy: WorkingCopy) -> Iterable[Part]:
    """Return the parts that people sign and that exist."""
    return [part for part in Part if part.role in OFFLINE_PARTS and copy.part(part) is not None]


def _meta(version: int, content: bytes) -> MetaFile:
    return MetaFile.from_data(version, content, ["sha256"])


def _expiry(now: int, seconds: int) -> datetime:
    return datetime.fromtimestamp(now, UTC) + timedelta(seconds=seconds)


def _stamp(signed: Root | Targets | Snapshot | Timestamp, now: int) -> None:
    signed.unrecognized_fields[SIGNED_FIELD] = now
