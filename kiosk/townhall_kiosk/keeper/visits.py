# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Starts and ends visits: one is on, the next waits warm.

A visit that is over is ended for good once the next one's window is on the glass. A visit that dies is told about by
the next: what it had stored, or that nothing was sent.
"""

import asyncio
import logging

from townhall_kiosk.keeper.running_visit import CutOff, KeeperServices, Processes, RunningVisit
from townhall_kiosk.messages import Provisions
from townhall_kiosk.staff.messages import ServiceStands
from townhall_process.errors import ChannelClosedError, ProcessError

_log = logging.getLogger(__name__)

_RESTART_PAUSE_S = 1.0  # a visit that cannot even stand by must not spin


class Visits:
    """Supervises the visit processes until cancelled; then all of them are ended."""

    def __init__(self, processes: Processes, provisions: Provisions, services: KeeperServices) -> None:
        """``processes`` start a visit and its card process."""
        self._processes = processes
        self._provisions = provisions
        self._services = services
        self._line_is_up = False
        self._are_headphones_in = False
        self._alive: set[RunningVisit] = set()
        self._current: RunningVisit | None = None
        self._standby: asyncio.Task[RunningVisit] | None = None

    async def run(self, previous: CutOff | None) -> None:
        """Play visits one after another; the first tells how the one before a restart ended, if it broke off."""
        try:
            standby = self._standby = asyncio.create_task(self._warm())
            while True:
                before, self._current = self._current, await self._on_stage(await self._stood_by(standby), previous)
                if before is not None:
                    await self._end(before)
                standby = self._standby = asyncio.create_task(self._warm())
                if self._current.provisions is not self._provisions:  # they changed while it was painted
                    self._current.retire()
                await self._until_left(self._current)
                previous = self._current.left_behind()
                await self._current.end_card_process()
        finally:
            if self._standby is not None:
                self._standby.cancel()
            for visit in tuple(self._alive):
                await self._end(visit)

    async def provide(self, provisions: Provisions) -> None:
        """Let visits begin with other provisions from now on; a visit that somebody has begun goes on with its own."""
        self._provisions = provisions
        if self._standby is not None and self._standby.done():
            before, self._standby = self._standby.result(), asyncio.create_task(self._warm())
            await self._end(before)
        if self._current is not None:
            self._current.retire()

    async def _until_left(self, visit: RunningVisit) -> None:
        """Wait until a visit is over, or a successor with newer provisions stands by and nobody came before it did."""
        while True:
            await visit.over()
            if visit.is_ended:
                return
            standby = None
            while self._standby is not standby and self._standby is not None:
                standby = self._standby
                await asyncio.wait([standby])
            if visit.leave():
                return  # else somebody came meanwhile, perhaps in the same instant in which it was retired

    async def _stood_by(self, standby: asyncio.Task[RunningVisit]) -> RunningVisit:
        """Return a visit that stands by, even if newer provisions replace it meanwhile."""
        visit = await standby
        while self._standby is not None and self._standby is not standby:
            standby = self._standby
            visit = await standby
        self._standby = None
        return visit

    async def line_changed(self, *, is_up: bool) -> None:
        """Tell every visit whether the centre answers."""
        self._line_is_up = is_up
        for visit in tuple(self._alive):
            await visit.tell_line(is_up=is_up)

    async def service_stands(self, news: ServiceStands) -> None:
        """Tell every visit that the kiosk was taken out of service or put back."""
        for visit in tuple(self._alive):
            await visit.tell_service(news)

    async def headphones_changed(self, are_plugged: bool) -> None:  # noqa: FBT001  # a callback of one fact
        """Tell every visit whether headphones are plugged in."""
        self._are_headphones_in = are_plugged
        for visit in tuple(self._alive):
            await visit.tell_headphones(are_plugged=are_plugged)

    async def _warm(self) -> RunningVisit:
        """Start a visit and wait until it stands by; start another if it dies first."""
        while True:
            try:
                visit = await RunningVisit.start(self._processes, self._services)
            except ProcessError as exc:
                _log.error("%s: no visit can be started: %s", exc.code, exc)
                await asyncio.sleep(_RESTART_PAUSE_S)
                continue
            self._alive.add(visit)
            provisions = self._provisions
            if await visit.stand_by(provisions):
                if provisions is not self._provisions:
                    await self._end(visit)
                    continue
                await visit.tell_line(is_up=self._line_is_up)
                await visit.tell_headphones(are_plugged=self._are_headphones_in)
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
