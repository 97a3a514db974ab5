# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Election packages among what is to be published: checked here as every kiosk that they name will check them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from townhall_central.errors import CatalogueContentError
from townhall_central.repository.content_staff import is_officer
from townhall_crypto.errors import CryptoError
from townhall_crypto.trust import TrustAnchors
from townhall_sync.catalogue_places import KioskPlace
from townhall_voting.errors import VotingError
from townhall_voting.package.definition import Definition
from townhall_voting.package.definition_check import read_definition
from townhall_voting.package.officers import Grounds
from townhall_voting.package.package import DEFINITION, ElectionPackage, package_folder, verify_package

Files = Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What kiosks judge a package by: list of staff, trusted certificates, where they stand, and the time."""

    staff: bytes
    anchors: TrustAnchors
    kiosks: Mapping[str, KioskPlace]
    now: int


def read_packages(folder: Path, by: Judgement) -> Files:
    """Return the files of every package below ``folder``, by target path.

    Raises:
        CatalogueContentError: a kiosk would refuse one, or one names a kiosk that is not there.
    """
    files: dict[str, bytes] = {}
    for each in sorted(entry for entry in folder.iterdir() if entry.is_dir()) if folder.is_dir() else ():
        found = {path.name: path.read_bytes() for path in sorted(each.iterdir())}
        where = f"elections/{each.name}"
        try:
            package = _verified(where, found, by)
        except (VotingError, CryptoError) as exc:
            raise CatalogueContentError(f"{where}: {exc.code}: {exc}") from exc
        if each.name != package_folder(package.definition):
            raise CatalogueContentError(f"{where} must be called {package_folder(package.definition)}")
        if package.definition.expires.timestamp() <= by.now:
            raise CatalogueContentError(f"{where} ended {package.definition.expires:%Y-%m-%d}")
        files |= {f"{where}/{name}": content for name, content in found.items()}
    return files


def _verified(where: str, files: Files, by: Judgement) -> ElectionPackage:
    if DEFINITION not in files:
        raise CatalogueContentError(f"{where} is no election package: townhall-admin election build")
    places = _places(where, read_definition(files[DEFINITION]), by.kiosks)

    def is_officer_everywhere(certificate_der: bytes, at: datetime) -> bool:
        return all(is_officer(by.staff, certificate_der, place, at) for place in places)

    return verify_package(files, Grounds(by.anchors, is_officer_everywhere, datetime.fromtimestamp(by.now, UTC)))


def _places(where: str, definition: Definition, kiosks: Mapping[str, KioskPlace]) -> set[str]:
    """Return the places of the kiosks that a definition names; it is not verified yet."""
    named = {device.kiosk for place in definition.places for device in place.devices}
    if strays := sorted(named - kiosks.keys()):
        raise CatalogueContentError(f"{where} names kiosks that places.json does not: {', '.join(strays)}")
    return {kiosks[kiosk].place for kiosk in named}
