# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Checks what is to be published about states' signing authorities: a kiosk would leave out what it cannot use.

Single entries of a master list are allowed to be unusable: nobody here can mend another state's certificate.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from townhall_central.errors import CatalogueContentError
from townhall_central.repository.content_elections import Files
from townhall_crypto.state_trust import StateTrustFiles, load_state_trust
from townhall_sync.catalogue_state_trust import AUTHORITIES, CRLS, MASTER_LISTS

_SUFFIXES: Final = {AUTHORITIES: ".der", MASTER_LISTS: ".ml", CRLS: ".crl"}


def read_state_trust(directory: Path, now: int) -> tuple[Files, Files]:
    """Return the files of authorities and lists, and those of revocation lists; either may be empty.

    Raises:
        CatalogueContentError: a kiosk could not use one of the files, or a revocation list has ended.
    """
    files = {folder: _read(directory / folder, folder, suffix) for folder, suffix in _SUFFIXES.items()}
    check_state_trust(files[AUTHORITIES], files[MASTER_LISTS], files[CRLS], now)
    return {**files[AUTHORITIES], **files[MASTER_LISTS]}, files[CRLS]


def read_state_crls(folder: Path) -> Files:
    """Return the revocation lists of a folder of their own, by the paths that they get."""
    return _read(folder, CRLS, _SUFFIXES[CRLS])


def check_state_trust(
    authorities: Mapping[str, bytes], lists: Mapping[str, bytes], crls: Mapping[str, bytes], now: int
) -> None:
    """Load files as a kiosk does.

    Raises:
        CatalogueContentError: see ``read_state_trust``.
    """
    trust = load_state_trust(StateTrustFiles(authorities, lists, crls), datetime.fromtimestamp(now, UTC))
    whole = authorities.keys() | lists.keys() | crls.keys()
    for each in trust.refused:
        if each.source in whole:  # an entry of a list has a number behind the list's name
            raise CatalogueContentError(
                f"{each.source}: {each.reason.value}" + (f" ({each.detail})" * bool(each.detail))
            )
    for crl in trust.crls:
        if crl.until is not None and crl.until.timestamp() <= now:
            raise CatalogueContentError(
                f"{crl.source} ended {crl.until:%Y-%m-%d}: get the newer list of this authority"
            )


def _read(folder: Path, target: str, suffix: str) -> dict[str, bytes]:
    files = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix != suffix:
            raise CatalogueContentError(f"{target}/{path.name} would be left out: its name must end in {suffix}")
        files[f"{target}/{path.name}"] = path.read_bytes()
    return files
