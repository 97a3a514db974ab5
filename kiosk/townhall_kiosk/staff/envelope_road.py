# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Envelopes and receipts by stick as staff have to do with them, and the reports that leave with them."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Final

from townhall_kiosk.keeper.ballot_log_watch import BallotLogWatch
from townhall_kiosk.staff.errors import MediumError
from townhall_kiosk.staff.report import FOLDER
from townhall_kiosk.staff.works import Progress
from townhall_sync.errors import StickFullError
from townhall_sync.stick_files import Stick
from townhall_sync.stick_road import StickRoad

_REPORTS: Final = "reports"


class EnvelopeRoad:
    """Implements ``StickRoad`` of ``works`` with the road of the journal."""

    def __init__(self, road: StickRoad, home: Path, kiosk: str, log: BallotLogWatch) -> None:
        """Carry what waits in the journal behind ``road``, the reports of ``home``, and the ballot box's ``log``."""
        self._log = log
        self._road = road
        self._reports = home / FOLDER
        self._kiosk = kiosk

    async def export(self, directory: Path, progress: Progress) -> int:
        """Write what waits, then the reports; return how many envelopes.

        Raises:
            StickError: the stick cannot be used; a full one holds what fitted, whole.
            MediumError: the reports could not be read.
        """
        exported = await self._road.export_to(directory, progress)
        await asyncio.to_thread(self._copy_reports, directory)
        if exported.left:
            raise StickFullError(f"{exported.left} envelopes found no room")
        return exported.envelopes

    async def take_in(self, directory: Path, progress: Progress) -> int:
        """Take receipts in; return how many envelopes are delivered by them. Raises ``StickError``."""
        taken = await self._road.import_from(directory)
        await self._log.ask_stick(partial(self._road.ballot_log, directory))
        await progress(1, 1)
        return taken.delivered + taken.known

    def _copy_reports(self, directory: Path) -> None:
        with Stick(directory) as stick:  # a stick's own links lead nowhere
            for report in sorted(self._reports.glob("*.pdf")):
                try:
                    content = report.read_bytes()
                except OSError as exc:
                    raise MediumError(f"{_REPORTS}: {exc.strerror}") from exc
                stick.lay((_REPORTS, self._kiosk), report.name, content)
