# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The keeper: holds the device key and the journal, keeps the line, supervises the visits. It opens no window.

Nothing that a person says reaches it readable: a visit hands over sealed bytes and gets back a signed receipt.
"""

import asyncio
import logging
from collections.abc import Sequence
from importlib.metadata import version

from townhall_crypto.device_key import DeviceKey
from townhall_kiosk import messages
from townhall_kiosk.errors import ClockBackError
from townhall_kiosk.keeper.line_watch import LineWatch
from townhall_kiosk.keeper.running_visit import CutOff
from townhall_kiosk.keeper.visits import Visits
from townhall_kiosk.ports import Clock, Printer
from townhall_kiosk.receipt import ReceiptFacts, sign_receipt
from townhall_kiosk.states import Outcome
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event
from townhall_sync.courier import Courier
from townhall_sync.errors import JournalFullError, JournalRolledBackError
from townhall_sync.number import number_of

_log = logging.getLogger(__name__)

_CLOCK_TOLERANCE_S = 300  # two honest clocks differ by seconds


class Keeper:
    """One kiosk, running. Implements ``KeeperServices`` for its visits."""

    def __init__(  # noqa: PLR0913  # the composition root's wiring, keyword-only
        self,
        *,
        journal: AsyncJournal,
        courier: Courier,
        line: LineWatch,
        key: DeviceKey,
        clock: Clock,
        printer: Printer,
        provisions: messages.Provisions,
        visit_command: Sequence[str],
    ) -> None:
        """Wire the keeper; nothing happens before ``run``."""
        self._journal = journal
        self._courier = courier
        self._line = line
        self._key = key
        self._clock = clock
        self._printer = printer
        self._place = provisions.place
        self._visits = Visits(visit_command, provisions, self)

    async def run(self) -> None:
        """Run until cancelled.

        Raises:
            OutOfServiceError: the journal cannot be used; what a commit came to is known after the next start.
        """
        await self._journal.audit(Event.KIOSK_STARTED, {"version": version("townhall")})
        previous = await self._cut_off_by_restart()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._courier.run())
                group.create_task(self._line.run(self._line_changed))
                group.create_task(self._visits.run(previous))
        finally:
            await self._journal.audit(Event.KIOSK_STOPPED)

    async def commit(self, request: messages.Commit) -> messages.Committed | messages.NotCommitted:
        """Make a sealed payload durable and sign its receipt; the service's title is stored nowhere."""
        try:
            committed = await self._journal.commit(request.sealed)
        except JournalFullError as exc:
            _log.error("%s: the disk is full", exc.code)
            return messages.NotCommitted(exc.code)
        facts = ReceiptFacts(
            number=committed.number,
            service=request.service,
            place=self._place,
            date=self._clock.now().isoformat(timespec="minutes"),
            kiosk=self._journal.kiosk,
            envelope=committed.envelope_id,
            checkpoint=committed.checkpoint,
        )
        self._courier.wake()
        return messages.Committed(sign_receipt(facts, self._key))

    async def print(self, pdf: bytes) -> str:
        """Print; return an empty text, or the code of why not."""
        return await self._printer.print(pdf)

    async def closed(self) -> str:
        """Return an empty text, or the code of why no visit may begin; those that are on go on to their end."""
        status = await self._journal.status()
        behind_s = status.last_server_time - self._clock.wall()
        if behind_s > _CLOCK_TOLERANCE_S:
            await self._journal.audit(Event.CLOCK_BACK, {"seconds": behind_s})
            return self._closed_by(ClockBackError.code)
        if status.accepts_visits:
            return ""
        return self._closed_by(JournalRolledBackError.code if status.is_forked else JournalFullError.code)

    @staticmethod
    def _closed_by(code: str) -> str:
        _log.error("%s: no visit may begin", code)
        return code

    async def visit_begun(self, name: str) -> None:
        """Write to the audit trail that somebody came."""
        await self._journal.audit(Event.VISIT_BEGUN, {"visit": name})

    async def visit_ended(self, name: str, outcome: Outcome | None) -> None:
        """Write to the audit trail how the visit ended; None: it was cut off, and its person has read so."""
        told = "DIED" if outcome is None else outcome.name
        await self._journal.audit(Event.VISIT_ENDED, {"visit": name, "outcome": told})

    async def _cut_off_by_restart(self) -> CutOff | None:
        """Return the visit that a restart of the keeper cut off, or whose end nobody has read yet, if there is one."""
        cut_off = await self._journal.open_visit()
        if cut_off is None:
            return None
        number = number_of(cut_off.envelope_id) if cut_off.envelope_id else None
        return CutOff(cut_off.name, messages.Previous(number, None))

    async def _line_changed(self, is_up: bool) -> None:  # noqa: FBT001  # a callback of one fact
        _log.info("the centre %s", "answers" if is_up else "does not answer")
        if is_up:
            self._courier.wake()
        await self._visits.line_changed(is_up=is_up)
