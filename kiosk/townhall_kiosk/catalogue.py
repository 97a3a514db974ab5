# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The kiosk's signed catalogue as the keeper runs it: refreshed over the line or from a stick, told about to staff.

Whatever is refused, service goes on with what is still valid; every refusal stands in the audit trail and in
``status``.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from townhall_crypto.trust import TrustAnchors
from townhall_kiosk.catalogue_elections import Standpoint, read_elections
from townhall_kiosk.catalogue_provisions import Provided, nothing_provided, provide
from townhall_kiosk.errors import ClockBackError, NothingOfferedError
from townhall_kiosk.home import Settings
from townhall_kiosk.ports import Clock
from townhall_kiosk.staff.roster import Roster
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event
from townhall_sync.catalogue import CatalogueStore
from townhall_sync.catalogue_copy import Catalogue
from townhall_sync.catalogue_outcomes import (
    CatalogueStatus,
    Hidden,
    Refreshed,
    RefreshMemory,
    RefreshOutcome,
    Refused,
)
from townhall_sync.catalogue_source import DirectorySource, LineSource, Source
from townhall_sync.central_service import Unreachable, Untrusted
from townhall_sync.errors import CatalogueDamagedError
from townhall_voting.mode import Mode

_log = logging.getLogger(__name__)

CLOCK_TOLERANCE_S = 300
"""Two honest clocks differ by seconds."""

Fetch = Callable[[str, int], Awaitable[Untrusted]]


class KioskCatalogue:
    """One kiosk's catalogue; ``provided`` is what visits get now. Use ``load`` first."""

    def __init__(  # noqa: PLR0913  # the composition root's wiring, keyword-only
        self,
        *,
        store: CatalogueStore,
        kiosk: str,
        settings: Settings,
        clock: Clock,
        journal: AsyncJournal,
        fetch: Fetch,
    ) -> None:
        """``fetch`` asks the centre for a file of the catalogue."""
        self._store = store
        self._kiosk = kiosk
        self._settings = settings
        self._clock = clock
        self._journal = journal
        self._fetch = fetch
        self._memory = RefreshMemory()
        self._told: set[Hidden] = set()
        self._one_at_a_time = asyncio.Lock()
        self._soon = asyncio.Event()
        self._changed: Callable[[Provided], Awaitable[None]] | None = None
        self.catalogue: Catalogue | None = None
        self.provided = nothing_provided(kiosk, settings, "")

    async def load(self) -> Provided:
        """Open the copy on the disk and look at it as of now; returns what visits get."""
        async with self._one_at_a_time:
            await self._look()
        return self.provided

    async def run(self, changed: Callable[[Provided], Awaitable[None]]) -> None:
        """Refresh over the line now and then, for ever; call ``changed`` whenever visits get something else."""
        self._changed = changed
        while True:
            self._soon.clear()
            source = LineSource(self._fetch, asyncio.get_running_loop())
            await self._refresh(source)
            try:
                async with asyncio.timeout(self._settings.catalogue_check_s):
                    await self._soon.wait()
            except TimeoutError:
                continue

    def wake(self) -> None:
        """The line is up: do not wait for the next turn."""
        self._soon.set()

    async def refresh_from(self, directory: Path) -> RefreshOutcome:
        """Take what a stick holds, if it is newer and verifies wholly."""
        return await self._refresh(DirectorySource(directory))

    def status(self) -> CatalogueStatus:
        """Return how the catalogue stands now, for staff."""
        catalogue, memory, now = self.catalogue, self._memory, self._clock.wall()
        if catalogue is None:
            return CatalogueStatus(
                hidden=self.provided.hidden,
                last_refusal=memory.last_refusal,
                last_refusal_wall=memory.last_refusal_wall,
                last_answer_wall=memory.last_answer_wall,
            )
        return CatalogueStatus(
            version=catalogue.version,
            signed=catalogue.signed,
            until=catalogue.until,
            is_stale=now >= catalogue.until,
            parts=tuple(signed.status(now) for signed in catalogue.parts.values()),
            hidden=self.provided.hidden,
            last_refusal=memory.last_refusal,
            last_refusal_wall=memory.last_refusal_wall,
            last_answer_wall=memory.last_answer_wall,
        )

    async def _refresh(self, source: Source) -> RefreshOutcome:
        async with self._one_at_a_time:
            outcome: RefreshOutcome | None = await self._refused_by_clock()
            if outcome is None:
                outcome = await asyncio.to_thread(self._store.refresh, source)
            await self._note(outcome)
            before = self.provided
            await self._look()
        if self._changed is not None and self.provided != before:
            await self._changed(self.provided)
        return outcome

    async def _refused_by_clock(self) -> Refused | None:
        """python-tuf believes the wall clock: one that is behind signed time would let an old catalogue pass."""
        newest = (await self._journal.status()).last_server_time
        if self.catalogue is not None:
            newest = max(newest, self.catalogue.signed)
        behind_s = newest - self._clock.wall()
        if behind_s <= CLOCK_TOLERANCE_S:
            return None
        return Refused(ClockBackError.code, f"{behind_s} s behind signed time")

    async def _note(self, outcome: RefreshOutcome) -> None:
        """Remember an outcome; one that repeats itself is audited once."""
        known = self._memory.last_refusal
        self._memory.note(outcome, self._clock.wall())
        match outcome:
            case Refused(code=code, detail=detail):
                _log.warning("%s: the catalogue was refused: %s", code, detail)
                if code != known:
                    await self._journal.audit(Event.CATALOGUE_REFUSED, {"reason": code})
            case Refreshed(version=version):
                _log.info("catalogue %d taken", version)
            case Unreachable(reason=reason):
                _log.info("no catalogue now: %s", reason)
            case _:
                pass

    async def _look(self) -> None:
        """Open the copy and see what of it counts now."""
        before = self.catalogue.version if self.catalogue is not None else 0
        self.catalogue, self.provided = await asyncio.to_thread(self._opened)
        if self.catalogue is not None and self.catalogue.version != before:
            facts = {"version": self.catalogue.version, "signed": self.catalogue.signed}
            await self._journal.audit(Event.CATALOGUE_TAKEN, facts)
        for hidden in set(self.provided.hidden) - self._told:
            _log.warning("%s: %s is not offered", hidden.code, hidden.what)
            await self._journal.audit(Event.CATALOGUE_HIDDEN, {"what": hidden.what, "reason": hidden.code})
        self._told = set(self.provided.hidden)

    def _opened(self) -> tuple[Catalogue | None, Provided]:
        try:
            catalogue = self._store.open()
        except CatalogueDamagedError as exc:
            return None, nothing_provided(self._kiosk, self._settings, exc.code)
        provided = provide(catalogue, self._kiosk, self._settings, self._clock.wall())
        return catalogue, provided if catalogue is None else self._with_election(catalogue, provided)

    def _with_election(self, catalogue: Catalogue, provided: Provided) -> Provided:
        """Add the election of this kiosk, if there is one now: an official one before a test."""
        provisions = provided.provisions
        standpoint = Standpoint(
            self._kiosk,
            provisions.place,
            Roster.read(provisions.roster) if provisions.roster else Roster(),
            TrustAnchors(provisions.anchors, provisions.intermediates, provisions.revocation_lists),
            datetime.fromtimestamp(self._clock.wall(), UTC),
        )
        elections = read_elections(catalogue, standpoint)
        by_weight = sorted(elections.packages, key=lambda each: (each.mode is Mode.TEST, each.definition.not_before))
        election = next(iter(by_weight), None)
        is_nothing_else = provided.closed == NothingOfferedError.code
        closed = "" if election is not None and is_nothing_else else provided.closed
        return replace(provided, hidden=(*provided.hidden, *elections.hidden), closed=closed, election=election)
