# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Reads what an administrator wants to publish, and refuses here what a kiosk would refuse or hide later.

::

    services/<id>/{service.json,form.xml}   as docs/formats/service.md says; other files there stay at home
    recipients/<agency>/*.key               raw public keys
    trust/anchors/*.der, trust/intermediates/*.der, trust/crls/*.crl
    trust/states/*.der, trust/master-lists/*.ml, trust/state-crls/*.crl    where documents of states are read
    places/places.json                      kiosks, groups, and the services of each group
    places/<municipality>.json              fees, hours and offices of a municipality, where there are any
    staff/staff.json, texts/<language>/townhall.po    where there are any
    elections/<id>.<mode>/*                 election packages that two officers signed
    registers/<name>/{register.json,*.key,<date>.extract}    what registers know, sealed to people's cards
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography import x509

from townhall_central.agencies import AgencyFile
from townhall_central.errors import AgencyFileError, CatalogueContentError
from townhall_central.repository.content_elections import Files, Judgement, read_packages
from townhall_central.repository.content_municipalities import read_municipalities
from townhall_central.repository.content_registers import read_registers
from townhall_central.repository.content_staff import check_staff
from townhall_central.repository.content_state_trust import read_state_trust
from townhall_central.repository.content_texts import check_texts
from townhall_central.repository.signing_keys import write_whole
from townhall_crypto.errors import CryptoError
from townhall_crypto.recipients import RecipientPublicKey
from townhall_crypto.trust import TrustAnchors
from townhall_forms.errors import FormError
from townhall_forms.service import DESCRIPTION_FILE, Service, load_services
from townhall_sync import wire
from townhall_sync.catalogue_parts import Part, is_safe_path
from townhall_sync.catalogue_places import KioskPlace, service_folder
from townhall_sync.errors import MessageMalformedError

FORM_FILE: Final = "form.xml"
_FOLDERS: Final = {"services", "recipients", "trust", "places", "staff", "texts", "elections", "registers"}


class WantedGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group as the administrator writes it: services by their ids."""

    services: tuple[str, ...]


class WantedPlaces(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """places.json as the administrator writes it."""

    version: int
    languages: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    groups: dict[str, WantedGroup]
    kiosks: dict[str, KioskPlace]


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be published: files by target path, and the edition of each service that the directory holds.

    places.json itself is not among the files: what kiosks read follows from ``places`` and the groups' editions.
    """

    files: Mapping[Part, Files]
    editions: Mapping[str, str]
    places: WantedPlaces


def read_content(directory: Path, now: int) -> Content:
    """Read and check a directory.

    Raises:
        CatalogueContentError: a kiosk would refuse or hide something of it, or something in it would be left out.
    """
    try:
        strays = sorted(entry.name for entry in directory.iterdir() if entry.name not in _FOLDERS)
        if strays:
            raise CatalogueContentError(f"{', '.join(strays)}: what is that? There may be {sorted(_FOLDERS)}")
        places = _places(directory / "places" / "places.json")
        of_states, state_crls = read_state_trust(directory, now)
        services = _services(directory / "services", places)
        files: dict[Part, Files] = {
            Part.SERVICES: {path: content for each in services for path, content in edition_files(each, directory)},
            Part.RECIPIENTS: _recipients(directory, services),
            Part.TEXTS: _texts(directory),
            Part.TRUST: {**_trust(directory), **of_states},
            Part.STAFF: _staff(directory),
            Part.REGISTERS: read_registers(directory, places.languages, now),
            Part.PLACES: read_municipalities(
                directory / "places", places.kiosks, places.languages, [each.id for each in services]
            ),
            Part.CRLS: {**read_crls(directory / "trust" / "crls", now), **state_crls},
        }
        files[Part.ELECTIONS] = read_packages(directory / "elections", _judgement(files, places, now))
    except OSError as exc:
        raise CatalogueContentError(f"{exc.filename}: {exc.strerror}") from exc
    _check_paths(files)
    return Content(files, {each.id: edition(each, directory) for each in services}, places)


def add_recipient(directory: Path, name: str, agency_file: Path) -> Path:
    """Put the public recipient key of an agency's file where services that go to `name` find it; returns the place.

    Raises:
        AgencyFileError: it is no agency's file.
        CatalogueContentError: services cannot spell such a name.
    """
    place = directory / "recipients" / name / "1.key"
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,59}", name):
        raise CatalogueContentError("an agency's name: small letters, digits, hyphens")
    try:
        file = msgspec.json.decode(agency_file.read_bytes(), type=AgencyFile)
        key = RecipientPublicKey.from_bytes(wire.decode_base64(file.recipient_key))
    except (OSError, msgspec.MsgspecError, MessageMalformedError, CryptoError) as exc:
        raise AgencyFileError(f"{agency_file.name} is no agency's file") from exc
    write_whole(place, key.to_bytes())
    return place


def edition(service: Service, directory: Path) -> str:
    """Return the name of a service's edition: it follows from the bytes, so the same bytes are the same edition."""
    description = (directory / "services" / service.id / DESCRIPTION_FILE).read_bytes()
    digests = hashlib.sha256(description).digest() + hashlib.sha256(service.form_xml).digest()
    return hashlib.sha256(digests).hexdigest()[:16]


def edition_files(service: Service, directory: Path) -> list[tuple[str, bytes]]:
    """Return the two files of a service's edition."""
    folder = service_folder(service.id, edition(service, directory))
    description = (directory / "services" / service.id / DESCRIPTION_FILE).read_bytes()
    return [(f"{folder}/{DESCRIPTION_FILE}", description), (f"{folder}/{FORM_FILE}", service.form_xml)]


def read_crls(folder: Path, now: int) -> Files:
    """Read revocation lists; each must be one, and not past its own end."""
    files = _read_all(folder, "trust/crls", ".crl", x509.load_der_x509_crl)
    for path, content in files.items():
        ends = x509.load_der_x509_crl(content).next_update_utc
        if ends is not None and ends.timestamp() <= now:
            raise CatalogueContentError(f"{path} ended {ends:%Y-%m-%d}: get the newer list of this authority")
    return files


def _judgement(files: Mapping[Part, Files], places: WantedPlaces, now: int) -> Judgement:
    def below(part: Part, folder: str) -> tuple[bytes, ...]:
        return tuple(content for path, content in files[part].items() if path.startswith(folder))

    anchors = TrustAnchors(
        below(Part.TRUST, "trust/anchors/"), below(Part.TRUST, "trust/intermediates/"), below(Part.CRLS, "trust/crls/")
    )
    staff = files[Part.STAFF].get("staff/staff.json", b'{"version": 1, "staff": []}')
    return Judgement(staff, anchors, places.kiosks, now)


def _places(path: Path) -> WantedPlaces:
    try:
        places = msgspec.json.decode(path.read_bytes(), type=WantedPlaces)
    except msgspec.MsgspecError as exc:
        raise CatalogueContentError(f"places/places.json: {exc}") from exc
    strays = sorted(name for name, kiosk in places.kiosks.items() if kiosk.group not in places.groups)
    if places.version != 1 or strays:
        raise CatalogueContentError(f"places/places.json: another version, or kiosks of no group: {strays}")
    return places


def _services(folder: Path, places: WantedPlaces) -> tuple[Service, ...]:
    try:
        services = load_services(folder)
    except FormError as exc:
        raise CatalogueContentError(f"{exc.code}: {exc}") from exc
    known = {service.id for service in services}
    for name, group in places.groups.items():
        if missing := sorted(set(group.services) - known):
            raise CatalogueContentError(f"group {name} is to get {missing}, which services/ does not hold")
    for service in services:
        if mute := sorted(set(places.languages) - set(service.titles)):
            raise CatalogueContentError(f"services/{service.id} does not speak {mute}")
    return services


def _recipients(directory: Path, services: tuple[Service, ...]) -> Files:
    folder = directory / "recipients"
    files: dict[str, bytes] = {}
    for agency in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
        files |= _read_all(agency, f"recipients/{agency.name}", ".key", RecipientPublicKey.from_bytes)
    for service in services:
        if not any(path.startswith(f"recipients/{service.recipient}/") for path in files):
            raise CatalogueContentError(f"services/{service.id} goes to {service.recipient}, of whom there is no key")
    return files


def _trust(directory: Path) -> Files:
    trust = directory / "trust"
    anchors = _read_all(trust / "anchors", "trust/anchors", ".der", x509.load_der_x509_certificate)
    if not anchors:
        raise CatalogueContentError("trust/anchors is empty: no card could be believed")
    intermediates = _read_all(trust / "intermediates", "trust/intermediates", ".der", x509.load_der_x509_certificate)
    return {**anchors, **intermediates}


def _staff(directory: Path) -> Files:
    path = directory / "staff" / "staff.json"
    if not path.exists():
        return {}
    content = path.read_bytes()
    check_staff(content)
    return {"staff/staff.json": content}


def _texts(directory: Path) -> Files:
    files = {
        f"texts/{path.parent.name}/{path.name}": path.read_bytes()
        for path in sorted((directory / "texts").glob("*/townhall.po"))
    }
    check_texts(files)
    return files


def _read_all(folder: Path, target: str, suffix: str, check: Callable[[bytes], object]) -> dict[str, bytes]:
    """Read every file of a folder; each must have the suffix and pass the check."""
    files = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        content = path.read_bytes()
        try:
            if path.suffix != suffix:
                raise CatalogueContentError(f"{target}/{path.name} would be left out: its name must end in {suffix}")
            check(content)
        except (ValueError, CryptoError) as exc:
            raise CatalogueContentError(f"{target}/{path.name} is not what its place says") from exc
        files[f"{target}/{path.name}"] = content
    return files


def _check_paths(files: Mapping[Part, Files]) -> None:
    for of_part in files.values():
        for path in of_part:
            if not is_safe_path(path):
                raise CatalogueContentError(f"{path}: a name of other signs than letters, digits, dots and dashes")
