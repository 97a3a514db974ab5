# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The commands on a whole repository: make it, change its keys, tell how it stands, copy it out."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from securesystemslib.signer import Key
from tuf.api.metadata import Metadata, Root, Targets

from townhall_central.errors import DirectoryError, RepositoryStateError
from townhall_central.repository import roles
from townhall_central.repository.roles import KeySet
from townhall_central.repository.signatures import standings
from townhall_central.repository.signing_keys import load_public, write_whole
from townhall_central.repository.working_copy import PART_ROLES, TOP_ROLES, WorkingCopy
from townhall_sync.catalogue_parts import Part


def key_set(files: Sequence[Path], threshold: int) -> KeySet:
    """Return the keys of an offline role from people's public files."""
    return KeySet(tuple(load_public(file) for file in files), threshold)


def create(copy: WorkingCopy, root: KeySet, targets: KeySet, online: Key, now: int) -> None:
    """Stage the first root and targets of a new repository.

    Raises:
        DirectoryError: there is a repository already.
        RepositoryStateError: a person would sign for two roles with one key.
    """
    if copy.staged_roles() or copy.published.exists():
        raise DirectoryError("there is a repository already")
    _check_apart(root.keys, targets.keys, (online,))
    copy.stage(Root.type, roles.first_root(root, targets, online, now))
    copy.stage(Targets.type, roles.first_targets(targets, online, now))


def rotate_root(copy: WorkingCopy, keys: KeySet, now: int) -> None:
    """Stage a root whose own keys are new; enough of the old ones and of the new ones must sign it."""
    root = _next_root(copy, now)
    roles.set_root_keys(root.signed, keys)
    copy.stage(Root.type, root)


def rotate_targets(copy: WorkingCopy, keys: KeySet, now: int) -> None:
    """Stage new targets keys: the root names them, and everything that the old ones signed must be signed anew."""
    root = _next_root(copy, now)
    roles.set_targets_keys(root.signed, keys)
    copy.stage(Root.type, root)
    _restage_targets(copy, keys, _online_of(root.signed), now)
    _restage_parts(copy, [part for part in Part if part is not Part.CRLS], now)


def rotate_online(copy: WorkingCopy, online: Key, now: int) -> None:
    """Stage a new online key: the root names it for timestamp and snapshot, the targets for crls."""
    root = _next_root(copy, now)
    roles.set_online_key(root.signed, online)
    owners = KeySet(
        tuple(root.signed.keys[keyid] for keyid in root.signed.roles[Targets.type].keyids),
        root.signed.roles[Targets.type].threshold,
    )
    copy.stage(Root.type, root)
    _restage_targets(copy, owners, online, now)
    _restage_parts(copy, [Part.CRLS], now)


def renew(copy: WorkingCopy, now: int) -> None:
    """Stage root and targets with another year."""
    for role in TOP_ROLES:
        copy.stage(role, roles.renewed(_published(copy, role), now))


def status_lines(copy: WorkingCopy, now: int) -> list[str]:
    """Return how the repository stands, a line each."""
    copy.root()
    lines = []
    for role in ("timestamp", "snapshot", *TOP_ROLES, *PART_ROLES):
        published = copy.published_role(role)
        if published is not None:
            ends = published.signed.expires
            told = "PAST ITS AGE" if ends.timestamp() <= now else "until"
            lines.append(f"published  {role} {published.signed.version}, {told} {ends:%Y-%m-%d %H:%M} UTC")
    return lines + [f"staged     {each}" for each in standings(copy)]


def export(copy: WorkingCopy, directory: Path) -> int:
    """Copy what kiosks see to a stick or to the centre, the timestamp last; returns the number of new files.

    Files that a kiosk no longer asks for are removed at the end.

    Raises:
        RepositoryStateError: nothing is published yet.
    """
    timestamp = copy.published / "metadata" / "timestamp.json"
    if not timestamp.exists():
        raise RepositoryStateError("nothing is published yet: sign, then townhall-admin timestamp")
    files = [path.relative_to(copy.published) for path in sorted(copy.published.rglob("*")) if path.is_file()]
    new = [name for name in files if not (directory / name).exists()]
    for name in new:
        write_whole(directory / name, (copy.published / name).read_bytes())
    write_whole(directory / "metadata" / "timestamp.json", timestamp.read_bytes())
    for folder in ("metadata", "targets"):
        for path in (directory / folder).rglob("*"):
            if path.is_file() and path.relative_to(directory) not in files:
                path.unlink()
    return len(new)


def utc(now: int) -> str:
    """Return a time for people."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M} UTC"


def _next_root(copy: WorkingCopy, now: int) -> Metadata[Root]:
    """Return the next root; one that waits already is changed further, its signatures gone."""
    waiting = copy.staged(Root.type)
    if waiting is None:
        return roles.renewed(_published(copy, Root.type), now)  # type: ignore[return-value]  # a root stays one
    waiting.signatures.clear()
    return waiting


def _restage_targets(copy: WorkingCopy, owners: KeySet, online: Key, now: int) -> None:
    targets = roles.renewed(_published(copy, Targets.type), now)
    targets.signed.delegations = roles.delegations(owners, online)  # type: ignore[union-attr]  # these are targets
    copy.stage(Targets.type, targets)


def _restage_parts(copy: WorkingCopy, parts: Sequence[Part], now: int) -> None:
    for part in parts:
        signed = copy.part(part)
        if signed is not None:
            copy.stage(part.role, roles.next_part(copy, part, signed.targets, now))


def _online_of(root: Root) -> Key:
    return root.keys[root.roles["timestamp"].keyids[0]]


def _published(copy: WorkingCopy, role: str) -> Metadata[Root] | Metadata[Targets]:
    published = copy.published_role(role)
    if published is None:
        raise RepositoryStateError("nothing is published yet: sign, then townhall-admin timestamp")
    return published


def _check_apart(*sets: Sequence[Key]) -> None:
    keyids = [key.keyid for keys in sets for key in keys]
    if len(set(keyids)) != len(keyids):
        raise RepositoryStateError("one key for two duties: make one for each (townhall-admin key)")
