# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where trust in states comes from: a kiosk's verified catalogue, or a directory that somebody is about to publish."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from townhall_crypto.state_trust import StateTrust, StateTrustFiles, load_state_trust
from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.errors import ConfigurationError, NoCatalogueError
from townhall_kiosk.home import KioskHome
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_copy import Catalogue
from townhall_sync.catalogue_parts import Part
from townhall_sync.catalogue_state_trust import AUTHORITIES, CRLS, MASTER_LISTS, state_trust_files

ANCHORS: Final = "trust/anchors"
INTERMEDIATES: Final = "trust/intermediates"
ISSUERS_CRLS: Final = "trust/crls"


def of_kiosk(home: Path, at: datetime) -> StateTrust:
    """Load what this kiosk's catalogue says.

    Raises:
        ConfigurationError: this kiosk is not enrolled.
        NoCatalogueError: it has no catalogue yet.
        CatalogueDamagedError: the copy is not what was verified.
    """
    kiosk = KioskHome(home)
    catalogue = CatalogueStore(kiosk.catalogue, kiosk.catalogue_root()).open()
    if catalogue is None:
        raise NoCatalogueError
    return load_state_trust(state_trust_files(catalogue), at)


def of_directory(directory: Path, at: datetime) -> StateTrust:
    """Load what a directory holds that an administrator publishes; nobody says of when it is.

    Raises:
        ConfigurationError: the directory has no ``trust`` folder, or cannot be read.
    """
    if not (directory / "trust").is_dir():
        raise ConfigurationError(f"{directory.name} has no folder `trust`")
    authorities, lists, crls = (_files(directory, folder) for folder in (AUTHORITIES, MASTER_LISTS, CRLS))
    return load_state_trust(StateTrustFiles(authorities, lists, crls), at)


def anchors_of_kiosk(home: Path) -> TrustAnchors:
    """Return the issuers of national cards that this kiosk's catalogue names; raises as ``of_kiosk``."""
    kiosk = KioskHome(home)
    catalogue = CatalogueStore(kiosk.catalogue, kiosk.catalogue_root()).open()
    if catalogue is None:
        raise NoCatalogueError
    anchors, intermediates = (_published(catalogue, Part.TRUST, folder) for folder in (ANCHORS, INTERMEDIATES))
    signed_at = datetime.fromtimestamp(catalogue.parts[Part.TRUST].signed, UTC)
    return TrustAnchors(anchors, intermediates, _published(catalogue, Part.CRLS, ISSUERS_CRLS), signed_at)


def anchors_of_directory(directory: Path) -> TrustAnchors:
    """Return those of a directory that an administrator publishes; raises as ``of_directory``."""
    folders = (ANCHORS, INTERMEDIATES, ISSUERS_CRLS)
    anchors, intermediates, crls = (tuple(_files(directory, folder).values()) for folder in folders)
    return TrustAnchors(anchors, intermediates, crls)


def _published(catalogue: Catalogue, part: Part, folder: str) -> tuple[bytes, ...]:
    return tuple(catalogue.read(path) for path in catalogue.paths(part) if path.startswith(folder + "/"))


def _files(directory: Path, folder: str) -> dict[str, bytes]:
    path = directory / folder
    try:
        return {f"{folder}/{each.name}": each.read_bytes() for each in sorted(path.iterdir())} if path.is_dir() else {}
    except OSError as exc:
        raise ConfigurationError(f"{folder}: {exc.strerror}") from exc
