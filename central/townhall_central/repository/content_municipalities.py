# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checks what municipalities add to services before it is signed: a kiosk would hide what is wrong here."""

from collections.abc import Collection, Mapping
from pathlib import Path

from townhall_central.errors import CatalogueContentError
from townhall_sync.catalogue_municipality import municipality_path, read_municipality
from townhall_sync.catalogue_places import PLACES_PATH, KioskPlace
from townhall_sync.errors import MessageMalformedError


def read_municipalities(
    folder: Path, kiosks: Mapping[str, KioskPlace], languages: Collection[str], services: Collection[str]
) -> dict[str, bytes]:
    """Return the municipalities' files of ``places/`` by target path.

    Raises:
        CatalogueContentError: a kiosk would refuse one, one is missing that a kiosk names, or a file would be left out.
    """
    files = {f"places/{path.name}": path.read_bytes() for path in sorted(folder.iterdir())}
    files.pop(PLACES_PATH, None)
    for path, content in files.items():
        if not path.endswith(".json"):
            raise CatalogueContentError(f"{path} would be left out: its name must end in .json")
        try:
            read_municipality(content, languages=languages, services=services)
        except MessageMalformedError as exc:
            raise CatalogueContentError(f"{path}: {exc}") from exc
    named = {kiosk.municipality for kiosk in kiosks.values()} - {""}
    if missing := sorted(name for name in named if municipality_path(name) not in files):
        raise CatalogueContentError(f"places/places.json names municipalities of whom there is no file: {missing}")
    return files
