# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starts and ends visits: one is on, the next waits warm.

A visit that is over is ended for good once the next one's window is on the glass. A visit that dies is told about by
the next: what it had stored, or that nothing was sent.
"""

import asyncio
import logging
from collections.abc import Sequence

from townhall_kiosk.keeper.running_visit import CutOff, KeeperServices, RunningVisit
from townhall_kiosk.messages import Provisions
from townhall_process.errors import ChannelClosedError

_log = logging.getLogger(__name__)

_RESTART_PAUSE_S = 1.0  # a visit that cannot even stand by must not spin


class Visits:
    """Supervises the visit processes until cancelled; then all of them are ended."""

    def __init__(self, command: Sequence[str], provisions: Provisions, services: KeeperServices) -> None:
        """``command`` starts a visit process; the channel's file descriptor is put behind it."""
        self._command = command
        self._provisions = provisions
        self._services = services
        self._line_is_up = False
        self._alive: set[RunningVisit] = set()

    async def run(self, previous: CutOff | None) -> None:
        """Play visits one after another; the first tells how the one before a restart ended, if it broke off."""
        current: RunningVisit | None = None
        try:
            standby = asyncio.create_task(self._warm())
            while True:
                before, current = current, await self._on_stage(await standby, previous)
                if before is not None:
                    await self._end(before)
                standby = asyncio.create_task(self._warm())
                await current.over()
                previous = current.left_behind()
                await current.end_card_process()
        finally:
            standby.cancel()
            for visit in tuple(self._alive):
                await self._end(visit)

    async def line_changed(self, *, is_up: bool) -> None:
        """Tell every visit whether the centre answers."""
        self._line_is_up = is_up
        for visit in tuple(self._alive):
            await visit.tell_line(is_up=is_up)

    async def _warm(self) -> RunningVisit:
        """Start a visit and wait until it stands by; start another if it dies first."""
        while True:
            visit = await RunningVisit.start(self._command, self._services)
            self._alive.add(visit)
            if await visit.stand_by(self._provisions):
                await visit.tell_line(is_up=self._line_is_up)
                return visit
            _log.error("a visit ended before it stood by")
            await self._end(visit)
            await asyncio.sleep(_RESTART_PAUSE_S)

    async def _on_stage(self, visit: RunningVisit, previous: CutOff | None) -> RunningVisit:
        """Let a visit begin and wait for its first screen; take another if it died in standby."""
        while True:
            try:
                await visit.begin(previous)
            except ChannelClosedError:
                _log.warning("the standby visit was gone")
                await self._end(visit)
                visit = await self._warm()
                continue
            await visit.painted_or_ended()
            return visit

    async def _end(self, visit: RunningVisit) -> None:
        await visit.end()
        self._alive.discard(visit)
