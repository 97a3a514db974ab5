# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checks the registers that are to be published: a kiosk would hide what it cannot use, and then ask the person."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from townhall_central.errors import CatalogueContentError
from townhall_central.repository.content_elections import Files
from townhall_forms.errors import RegisterRefusedError
from townhall_forms.registers.register import DESCRIPTION_FILE, EXTRACT_SUFFIX, KEY_SUFFIX, read_register

FOLDER: Final = "registers"


def read_registers(directory: Path, languages: tuple[str, ...], now: int) -> Files:
    """Return the files of every register in a content directory.

    Raises:
        CatalogueContentError: a register is not whole, does not speak a language, or a file would be left out.
    """
    folder, files = directory / FOLDER, dict[str, bytes]()
    for place in sorted(folder.iterdir()) if folder.is_dir() else ():
        own = {path.name: path.read_bytes() for path in sorted(place.iterdir())}
        if strays := sorted(name for name in own if not _is_ours(name)):
            raise CatalogueContentError(f"{FOLDER}/{place.name}: {strays} would be left out")
        try:
            known, extract = read_register(place.name, own, datetime.fromtimestamp(now, UTC).date())
        except RegisterRefusedError as exc:
            raise CatalogueContentError(f"{FOLDER}/{exc}") from exc
        if mute := sorted(set(languages) - set(known.registrar.titles)):
            raise CatalogueContentError(f"{FOLDER}/{place.name} does not speak {mute}")
        if not extract.is_sorted():
            raise CatalogueContentError(f"{FOLDER}/{place.name}: records that a kiosk would not find")
        files |= {f"{FOLDER}/{place.name}/{name}": content for name, content in own.items()}
    return files


def _is_ours(name: str) -> bool:
    return name == DESCRIPTION_FILE or name.endswith((KEY_SUFFIX, EXTRACT_SUFFIX))
