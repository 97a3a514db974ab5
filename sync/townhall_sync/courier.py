# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The courier: brings the outbox to the centre, exactly once in effect, for as long as it takes.

Everything it does may be done twice. An envelope leaves the outbox only when its receipt verifies; whatever else comes
back, it is tried again after a full-jitter wait that never ends. No envelope holds others up: those with fewer failures
go first, and one that the centre refuses for itself stands aside after three equal verdicts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn, assert_never

from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event, Fact
from townhall_sync.backoff import Backoff
from townhall_sync.central_service import (
    CentralService,
    RateLimited,
    Refusal,
    Refused,
    Stored,
    Unreachable,
)
from townhall_sync.clock import Clock
from townhall_sync.errors import JournalFullError, ReceiptRefusedError
from townhall_sync.journal_records import PendingEnvelope
from townhall_sync.receipt import CentreKeys, ExpectedReceipt, verify_receipt
from townhall_sync.upkeep import Upkeep

_VERDICTS_TO_ISOLATE: Final = 3
_UNREACHABLE_TO_STOP: Final = 2
_ALL: Final = 1_000_000
_NANOSECONDS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Timing:
    """The courier's sense of time and chance, all injected. Seconds."""

    clock: Clock
    sleep: Callable[[float], Awaitable[None]]
    uniform: Callable[[float, float], float]
    nonce: Callable[[], str]
    base_s: float = 2.0
    cap_s: float = 15 * 60.0
    aside_s: float = 6 * 60 * 60.0
    """How often what stands aside is tried again."""
    upkeep_s: float = 6 * 60 * 60.0
    """How often the centre's log is watched and payloads are freed."""


@dataclass(slots=True)
class _Round:
    """How one pass over the outbox went."""

    has_failures: bool = False
    has_progress: bool = False
    unreachable_in_a_row: int = 0
    is_stopped: bool = False
    at_least_s: float = 0.0


@dataclass(slots=True)
class _Verdicts:
    """How often in a row the centre said the same of an envelope."""

    code: str
    count: int


@dataclass(slots=True)
class _Memory:
    """What the courier may forget at a restart."""

    failures: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, _Verdicts] = field(default_factory=dict)
    audited: set[tuple[str, str]] = field(default_factory=set)
    aside_due_ns: int = 0
    upkeep_due_ns: int = 0


class Courier:
    """Drains one journal's outbox to one centre."""

    def __init__(self, journal: AsyncJournal, central: CentralService, keys: CentreKeys, timing: Timing) -> None:
        """Deliver from ``journal`` to ``central``; receipts must verify under ``keys``."""
        self._journal = journal
        self._central = central
        self._keys = keys
        self._timing = timing
        self._backoff = Backoff(timing.uniform, timing.base_s, timing.cap_s)
        self._upkeep = Upkeep(journal, central, keys, timing.nonce)
        self._memory = _Memory()
        self._wake = asyncio.Event()

    async def run(self) -> NoReturn:
        """Deliver for ever; cancel it to stop. Faults of the journal come out of it."""
        while True:
            self._wake.clear()
            try:
                seconds = await self.deliver_once()
            except JournalFullError:  # a receipt had no room; it comes again
                seconds = self._backoff.failed()
            if self._backoff.failures:
                await self._timing.sleep(seconds)
            else:
                await self._sleep_until_news(seconds)

    def wake(self) -> None:
        """Tell that something new is in the outbox; while the line is down it waits for its turn all the same."""
        self._wake.set()

    async def deliver_once(self) -> float:
        """Go through the outbox once and return the seconds to wait before the next time."""
        done = _Round()
        for pending in await self._order():
            await self._deliver(pending, done)
            if done.is_stopped:
                break
        if not done.is_stopped:
            await self._keep_up(done)
        if done.has_progress or not done.has_failures:
            self._backoff.succeeded()
        return done.at_least_s + self._backoff.failed() if done.has_failures else self._timing.cap_s

    async def _sleep_until_news(self, seconds: float) -> None:
        tasks = {asyncio.ensure_future(self._timing.sleep(seconds)), asyncio.ensure_future(self._wake.wait())}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _order(self) -> list[PendingEnvelope]:
        """Return what to send now: those with fewer failures first, and what stands aside only now and then."""
        is_aside_due = self._is_due(self._memory.aside_due_ns)
        if is_aside_due:
            self._memory.aside_due_ns = self._after(self._timing.aside_s)
        pending = [each for each in await self._journal.pending(_ALL) if is_aside_due or not each.is_isolated]
        return sorted(pending, key=lambda each: (self._memory.failures.get(each.envelope_id, 0), each.seq))

    async def _deliver(self, pending: PendingEnvelope, done: _Round) -> None:
        envelope = await self._journal.envelope_bytes(pending.envelope_id)
        outcome = await self._central.put_envelope(pending.envelope_id, envelope)
        if isinstance(outcome, Unreachable):
            self._failed(pending, done)
            done.unreachable_in_a_row += 1
            # One may be the centre stumbling over this envelope alone; two are the line.
            done.is_stopped = done.unreachable_in_a_row == _UNREACHABLE_TO_STOP
            return
        done.unreachable_in_a_row = 0
        match outcome:
            case Stored():
                await self._stored(pending, outcome, done)
            case Refused():
                self._failed(pending, done)
                await self._refused(pending, outcome, done)
            case RateLimited(retry_after_s=seconds):
                self._failed(pending, done)
                done.is_stopped, done.at_least_s = True, float(seconds)
            case _:
                assert_never(outcome)

    async def _stored(self, pending: PendingEnvelope, stored: Stored, done: _Round) -> None:
        journal = self._journal
        expected = ExpectedReceipt(pending.envelope_id, journal.kiosk, journal.journal_id, pending.seq)
        try:
            receipt = verify_receipt(stored.reply.receipt, expected, self._keys)
        except ReceiptRefusedError as exc:
            self._failed(pending, done)
            facts = {"id": pending.envelope_id, "reason": exc.reason.name}
            await self._audit_once(Event.RECEIPT_REFUSED, facts, pending.envelope_id + exc.reason.name)
            return
        await journal.record_receipt(receipt)
        done.has_progress = True
        self._memory.failures.pop(pending.envelope_id, None)
        self._memory.verdicts.pop(pending.envelope_id, None)
        if await journal.queue_again_from(stored.reply.lowest_missing_seq):
            done.has_failures = True  # there is more to send, soon

    async def _refused(self, pending: PendingEnvelope, refused: Refused, done: _Round) -> None:
        match refused.refusal:
            case Refusal.NOT_ENROLLED:
                done.is_stopped = True
                await self._audit_once(Event.KIOSK_REFUSED, {"reason": refused.code}, refused.code)
            case Refusal.FORKED:
                await self._journal.report_fork(pending.seq, refused.code)
                await self._journal.isolate(pending.seq, refused.code)
            case Refusal.POISON:
                verdicts = self._memory.verdicts.get(pending.envelope_id)
                if verdicts is None or verdicts.code != refused.code:
                    verdicts = self._memory.verdicts[pending.envelope_id] = _Verdicts(refused.code, 0)
                verdicts.count += 1
                if verdicts.count >= _VERDICTS_TO_ISOLATE:
                    await self._journal.isolate(pending.seq, refused.code)
            case _:
                assert_never(refused.refusal)

    async def _keep_up(self, done: _Round) -> None:
        if not self._is_due(self._memory.upkeep_due_ns):
            return
        if await self._upkeep.run_once():
            self._memory.upkeep_due_ns = self._after(self._timing.upkeep_s)
        else:
            done.has_failures = True
        if any(not each.is_isolated for each in await self._journal.pending(_ALL)):
            done.has_failures = True  # the centre lost something, or something new came meanwhile

    def _failed(self, pending: PendingEnvelope, done: _Round) -> None:
        done.has_failures = True
        failures = self._memory.failures
        failures[pending.envelope_id] = failures.get(pending.envelope_id, 0) + 1

    async def _audit_once(self, event: Event, facts: Mapping[str, Fact], what: str) -> None:
        """Audit something that every later try may repeat."""
        if (event.name, what) not in self._memory.audited:
            self._memory.audited.add((event.name, what))
            await self._journal.audit(event, facts)

    def _is_due(self, due_ns: int) -> bool:
        return self._timing.clock.monotonic_ns() >= due_ns

    def _after(self, seconds: float) -> int:
        return self._timing.clock.monotonic_ns() + int(seconds * _NANOSECONDS)
