# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The elections that this kiosk has a part in now: packages of the catalogue that two officers signed.

An election that cannot be used is left out with the reason; the others, and all services, go on.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from townhall_crypto.errors import CryptoError
from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.errors import PartExpiredError
from townhall_kiosk.staff.roster import Roster, StaffRole
from townhall_sync.catalogue_copy import Catalogue
from townhall_sync.catalogue_outcomes import Hidden
from townhall_sync.catalogue_parts import Part
from townhall_sync.errors import SyncError
from townhall_voting.errors import PackageRefusal, PackageRefusedError, VotingError
from townhall_voting.package.officers import Grounds
from townhall_voting.package.package import ROLL, Content, ElectionPackage, package_folder, verify_package


@dataclass(frozen=True, slots=True)
class Elections:
    """What a kiosk may vote on, and what is hidden and why."""

    packages: tuple[ElectionPackage, ...] = ()
    hidden: tuple[Hidden, ...] = ()


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Which kiosk looks, where it stands, whom it trusts, and when."""

    kiosk: str
    place: str
    roster: Roster
    anchors: TrustAnchors
    at: datetime

    def is_officer(self, certificate_der: bytes, at: datetime) -> bool:
        """Tell whether the holder of a certificate is an election officer here."""
        return self.roster.role_of(certificate_der, self.place, at) is StaffRole.OFFICER


def read_elections(catalogue: Catalogue, standpoint: Standpoint) -> Elections:
    """Return the packages that are signed, current and name this kiosk.

    Verifying takes a second or so for a roll of a million voters, which stays on the disk: call it once for each
    catalogue, and ask ``definition.is_current`` later.
    """
    packages: list[ElectionPackage] = []
    hidden: list[Hidden] = []
    for folder, paths in groupby(catalogue.paths(Part.ELECTIONS), key=lambda path: path.split("/")[1]):
        try:
            package = _read(catalogue, folder, tuple(paths), standpoint)
        except (VotingError, CryptoError, SyncError, PartExpiredError) as exc:
            hidden.append(Hidden(folder, exc.code))
            continue
        if package.definition.not_before <= standpoint.at and package.definition.device(standpoint.kiosk) is not None:
            packages.append(package)
    return Elections(tuple(packages), tuple(hidden))


def _read(catalogue: Catalogue, folder: str, paths: tuple[str, ...], standpoint: Standpoint) -> ElectionPackage:
    if standpoint.at.timestamp() >= catalogue.parts[Part.ELECTIONS].until:
        raise PartExpiredError(Part.ELECTIONS.role)
    files: dict[str, Content] = {path.rpartition("/")[2]: _content(catalogue, path) for path in paths}
    package = verify_package(files, Grounds(standpoint.anchors, standpoint.is_officer, standpoint.at))
    if package_folder(package.definition) != folder:
        raise PackageRefusedError(PackageRefusal.OTHER_MODE, folder)
    if package.definition.expires <= standpoint.at:
        raise PartExpiredError(folder)
    return package


def _content(catalogue: Catalogue, path: str) -> Content:
    return catalogue.map(path) if path.endswith(f"/{ROLL}") else catalogue.read(path)
