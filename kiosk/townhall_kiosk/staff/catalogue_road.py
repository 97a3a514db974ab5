# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The kiosk's signed catalogue as staff have to do with it. Implements ``CatalogueRoad``."""

import asyncio
from pathlib import Path
from typing import assert_never

from townhall_crypto.state_trust import StateTrustFiles
from townhall_kiosk.catalogue import KioskCatalogue
from townhall_kiosk.errors import NoCatalogueError
from townhall_kiosk.staff.errors import MediumError
from townhall_kiosk.staff.status import CatalogueFacts, CatalogueLine, HiddenLine
from townhall_sync.catalogue_outcomes import Refreshed, Refused, Unchanged
from townhall_sync.catalogue_state_trust import state_trust_files
from townhall_sync.central_service import Unreachable


class SignedCatalogueRoad:
    """Tells how the catalogue stands, and takes a newer one from a stick."""

    def __init__(self, catalogue: KioskCatalogue) -> None:
        """Stand before the keeper's ``catalogue``."""
        self._catalogue = catalogue

    def facts(self) -> CatalogueFacts:
        """Return how it stands."""
        status = self._catalogue.status()
        return CatalogueFacts(
            parts=tuple(
                CatalogueLine(each.part.role, each.version, each.age_s, each.until, each.is_expired)
                for each in status.parts
            ),
            hidden=tuple(HiddenLine(each.what, each.code) for each in status.hidden),
            refusal=status.last_refusal,
        )

    async def state_trust(self) -> StateTrustFiles:
        """Return whom it says to believe about documents.

        Raises:
            NoCatalogueError: there is none yet.
            CatalogueDamagedError: the copy is not what was verified.
        """
        if self._catalogue.catalogue is None:
            raise NoCatalogueError
        return await asyncio.to_thread(state_trust_files, self._catalogue.catalogue)

    async def refresh_from(self, directory: Path) -> str:
        """Take a newer one from ``directory``; return an empty text, or the code of why it was not taken."""
        outcome = await self._catalogue.refresh_from(directory)
        match outcome:
            case Refreshed() | Unchanged():
                return ""
            case Refused(code=code):
                return code
            case Unreachable():
                return MediumError.code
            case _:
                assert_never(outcome)
