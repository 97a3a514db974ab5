# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where the catalogue says whom to believe as signing authorities of states (docs/formats/catalogue.md)."""

from datetime import UTC, datetime
from typing import Final

from townhall_crypto.state_trust import StateTrustFiles
from townhall_sync.catalogue_copy import Catalogue
from townhall_sync.catalogue_parts import Part

AUTHORITIES: Final = "trust/states"
MASTER_LISTS: Final = "trust/master-lists"
CRLS: Final = "trust/state-crls"


def state_trust_files(catalogue: Catalogue) -> StateTrustFiles:
    """Return what the catalogue has of it, whatever its age: the verdict on a document says how old it is.

    Raises:
        CatalogueDamagedError: the bytes on the disk are others than were signed.
    """
    trust = catalogue.parts.get(Part.TRUST)
    return StateTrustFiles(
        authorities=_folder(catalogue, Part.TRUST, AUTHORITIES),
        master_lists=_folder(catalogue, Part.TRUST, MASTER_LISTS),
        crls=_folder(catalogue, Part.CRLS, CRLS),
        signed_at=None if trust is None else datetime.fromtimestamp(trust.signed, UTC),
    )


def _folder(catalogue: Catalogue, part: Part, folder: str) -> dict[str, bytes]:
    paths = (path for path in catalogue.paths(part) if path.startswith(folder + "/"))
    return {path: catalogue.read(path) for path in paths}
