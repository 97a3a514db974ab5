# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""From a checked directory to versions of roles that wait for signatures: for all groups, or the first ones first."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from tuf.api.metadata import TargetFile, Targets

from townhall_central.errors import CatalogueContentError, RepositoryStateError
from townhall_central.repository import roles
from townhall_central.repository.content import Content, read_crls
from townhall_central.repository.content_elections import Files
from townhall_central.repository.content_state_trust import check_state_trust, read_state_crls
from townhall_central.repository.signing_keys import write_whole
from townhall_central.repository.working_copy import WorkingCopy, hashed_path
from townhall_sync.catalogue_parts import Part
from townhall_sync.catalogue_places import PLACES_PATH, Group, Places, read_places, service_folder
from townhall_sync.catalogue_state_trust import AUTHORITIES, MASTER_LISTS
from townhall_sync.catalogue_state_trust import CRLS as STATE_CRLS
from townhall_sync.errors import MessageMalformedError

_RENEW_AFTER: Final = 1 / 3
"""Of a part's age: what is older is signed anew although nothing in it changed."""


def publish(copy: WorkingCopy, content: Content, to: Collection[str], now: int) -> list[Part]:
    """Stage every part that changed or grows old; only the groups of ``to`` get the directory's services.

    Other groups keep the editions that they have. Returns the parts that were staged.

    Raises:
        CatalogueContentError: a group of ``to`` is not in places.json.
    """
    places = assigned(content, _known_places(copy), to)
    services = {path: _target(copy, path, data) for path, data in content.files[Part.SERVICES].items()}
    kept = _kept(copy, places)
    files: dict[Part, Mapping[str, TargetFile]] = {
        part: _targets(copy, data) for part, data in content.files.items() if part is not Part.SERVICES
    }
    files[Part.SERVICES] = {**kept, **services}
    files[Part.PLACES] = {**files[Part.PLACES], PLACES_PATH: _target(copy, PLACES_PATH, places.to_bytes())}
    return [part for part in Part if _stage(copy, part, files[part], now)]


def advance(copy: WorkingCopy, content: Content, to: Collection[str], now: int) -> list[Part]:
    """Let more groups have what the first ones got: nothing but places changes.

    Raises:
        RepositoryStateError: the directory's services are not those that were published.
        CatalogueContentError: a group of ``to`` is not in places.json.
    """
    known = copy.part(Part.SERVICES)
    if known is None or not content.files[Part.SERVICES].keys() <= known.targets.keys():
        raise RepositoryStateError("the directory holds services that no group has yet: publish them first")
    places = assigned(content, _known_places(copy), to).to_bytes()
    files = _targets(copy, {**content.files[Part.PLACES], PLACES_PATH: places})
    return [part for part in (Part.PLACES,) if _stage(copy, part, files, now)]


def renew_crls(copy: WorkingCopy, now: int, *, cards: Path | None = None, of_states: Path | None = None) -> None:
    """Stage new revocation lists, of cards, of states or of both; the online key alone signs them.

    Lists of the kind that no folder is given for stay as they are.

    Raises:
        CatalogueContentError: a kiosk could not use one of them.
    """
    part = copy.part(Part.CRLS)
    files = dict(part.targets) if part is not None else {}
    if cards is not None:
        files = {path: target for path, target in files.items() if path.startswith(STATE_CRLS + "/")}
        files |= _targets(copy, read_crls(cards, now))
    if of_states is not None:
        crls = read_state_crls(of_states)
        check_state_trust(*_published_trust(copy), crls, now)
        files = {path: target for path, target in files.items() if not path.startswith(STATE_CRLS + "/")}
        files |= _targets(copy, crls)
    _stage(copy, Part.CRLS, files, now)


def _published_trust(copy: WorkingCopy) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    """Return the authorities of states and the master lists that kiosks have."""
    part = copy.part(Part.TRUST)
    targets = part.targets if part is not None else {}

    def folder(name: str) -> dict[str, bytes]:
        return {path: _content(copy, path, each) for path, each in targets.items() if path.startswith(name + "/")}

    return folder(AUTHORITIES), folder(MASTER_LISTS)


def assigned(content: Content, before: Places | None, to: Collection[str]) -> Places:
    """Return places.json as kiosks read it: the directory's editions for ``to``, the earlier ones for the rest."""
    wanted = content.places
    if strays := sorted(set(to) - wanted.groups.keys()):
        raise CatalogueContentError(f"places.json has no group {strays}")
    groups = {}
    for name, group in wanted.groups.items():
        if name in to:
            groups[name] = Group({service: content.editions[service] for service in group.services})
        else:
            groups[name] = (before.groups if before else {}).get(name, Group({}))
    return Places(1, wanted.languages, groups, wanted.kiosks)


def _known_places(copy: WorkingCopy) -> Places | None:
    part = copy.part(Part.PLACES)
    if part is None:
        return None
    try:
        return read_places(_content(copy, PLACES_PATH, part.targets[PLACES_PATH]))
    except MessageMalformedError as exc:
        raise RepositoryStateError(str(exc)) from exc


def _content(copy: WorkingCopy, path: str, target: TargetFile) -> bytes:
    hashed = hashed_path(path, target)
    for folder in (copy.staged_targets, copy.published / "targets"):
        if (folder / hashed).exists():
            return (folder / hashed).read_bytes()
    raise RepositoryStateError(f"{path} is missing")


def _kept(copy: WorkingCopy, places: Places) -> Mapping[str, TargetFile]:
    """Return the files of editions that some group goes on with."""
    part = copy.part(Part.SERVICES)
    folders = {service_folder(*pair) for group in places.groups.values() for pair in group.services.items()}
    known = part.targets if part is not None else {}
    return {path: target for path, target in known.items() if path.rpartition("/")[0] in folders}


def _targets(copy: WorkingCopy, files: Files) -> dict[str, TargetFile]:
    return {path: _target(copy, path, content) for path, content in files.items()}


def _target(copy: WorkingCopy, path: str, content: bytes) -> TargetFile:
    """Put a file where it waits, and return what metadata say of it."""
    target = TargetFile.from_data(path, content, ["sha256"])
    hashed = hashed_path(path, target)
    if not (copy.published / "targets" / hashed).exists():
        write_whole(copy.staged_targets / hashed, content)
    return target


def _stage(copy: WorkingCopy, part: Part, files: Mapping[str, TargetFile], now: int) -> bool:
    """Stage a part unless kiosks have it so already; what waits with the same files keeps its signatures."""
    published, waiting = copy.published_role(part.role), copy.staged(part.role)
    if published is not None and _is_same(published.signed, files) and not _grows_old(published.signed, part, now):
        copy.unstage(part.role)
        return False
    if waiting is not None and _is_same(waiting.signed, files) and not _grows_old(waiting.signed, part, now):
        return True
    if published is None and not files:
        return False
    copy.stage(part.role, roles.next_part(copy, part, files, now))
    return True


def _is_same(signed: Targets, files: Mapping[str, TargetFile]) -> bool:
    return dict(signed.targets) == dict(files)


def _grows_old(signed: Targets, part: Part, now: int) -> bool:
    return signed.expires.timestamp() - now < part.age_s * (1 - _RENEW_AFTER)
