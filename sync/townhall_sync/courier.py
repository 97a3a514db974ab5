# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The courier: brings the outbox to the centre, exactly once in effect, for as long as it takes.

Everything it does may be done twice. An envelope leaves the outbox only when its receipt verifies; whatever else comes
back, it is tried again after a full-jitter wait that never ends. No envelope holds others up: those with fewer failures
go first, several in one request where several wait, and one that the centre refuses for itself stands aside after three
equal verdicts.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn, assert_never

from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event, Fact
from townhall_sync.backoff import Backoff
from townhall_sync.batch import BatchLoad, NamedEnvelope
from townhall_sync.batch_size import BatchSize
from townhall_sync.central_service import (
    BatchAnswered,
    BatchOutcome,
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
from townhall_sync.receipt import CentreKeys, ExpectedReceipt, Receipt, verify_receipt
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
    is_fresh: bool = True
    """Whether the answers are of this moment; what came by stick may be of last month."""
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
        self._size = BatchSize()
        self._wake = asyncio.Event()
        self.turn = asyncio.Lock()
        """Held through a round: who brings receipts by another road takes it too."""

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
        async with self.turn:
            return await self._deliver_all()

    async def settle(self, answers: Sequence[tuple[PendingEnvelope, Stored | Refused]]) -> None:
        """Do what answers ask for that came by another road than ours; hold ``turn``."""
        await self._settle(answers, _Round(is_fresh=False))

    async def _deliver_all(self) -> float:
        done = _Round()
        waiting = deque(await self._order())
        while waiting and not done.is_stopped:
            await self._deliver_next(waiting, done)
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

    async def _deliver_next(self, waiting: deque[PendingEnvelope], done: _Round) -> None:
        """Send what goes in one request from the front of the queue; a batch that came to nothing goes back there."""
        taken, envelopes = await self._next_load(waiting)
        outcome = await self._send(envelopes)
        is_back = len(taken) > 1 and isinstance(outcome, Unreachable)
        match outcome:
            case BatchAnswered(outcomes=outcomes):
                done.unreachable_in_a_row = 0
                self._size.went_well()
                await self._settle(list(zip(taken, outcomes, strict=True)), done)
            case Refused(refusal=Refusal.NOT_ENROLLED):
                await self._settle([(each, outcome) for each in taken], done)
            case Refused():
                is_back = True
                self._size.refuse()
            case Unreachable():
                done.has_failures = True
                self._size.failed()
                # A batch may be too long for the line, and one envelope may trouble the centre; two are the line.
                done.unreachable_in_a_row += not is_back
                done.is_stopped = done.unreachable_in_a_row == _UNREACHABLE_TO_STOP
            case RateLimited(retry_after_s=seconds):
                done.is_stopped, done.at_least_s = True, float(seconds)
            case _:
                assert_never(outcome)
        if is_back:
            waiting.extendleft(reversed(taken))
        elif isinstance(outcome, Unreachable | RateLimited):
            self._failed(taken, done)

    async def _next_load(self, waiting: deque[PendingEnvelope]) -> tuple[list[PendingEnvelope], list[NamedEnvelope]]:
        """Take envelopes that fared alike so far, as many as fit and as the line has borne lately."""
        load, taken, kind = BatchLoad(), list[PendingEnvelope](), self._fared(waiting[0])
        while waiting and len(taken) < self._size.most and self._fared(waiting[0]) == kind:
            name = waiting[0].envelope_id
            envelope = NamedEnvelope(name, await self._journal.envelope_bytes(name))
            if not load.has_room_for(envelope):
                break
            load.add(envelope)
            taken.append(waiting.popleft())
        return taken, load.envelopes

    def _fared(self, pending: PendingEnvelope) -> tuple[int, bool]:
        return self._memory.failures.get(pending.envelope_id, 0), pending.is_isolated

    async def _send(self, envelopes: Sequence[NamedEnvelope]) -> BatchOutcome:
        if len(envelopes) > 1:
            return await self._central.put_envelopes(envelopes)
        (alone,) = envelopes
        outcome = await self._central.put_envelope(alone.id, alone.content)
        return BatchAnswered((outcome,)) if isinstance(outcome, Stored | Refused) else outcome

    async def _settle(self, answers: Sequence[tuple[PendingEnvelope, Stored | Refused]], done: _Round) -> None:
        receipts: list[Receipt] = []
        lowest_missing_seq = 0
        for pending, outcome in answers:
            if isinstance(outcome, Refused):
                await self._refused(pending, outcome, done)
            elif (receipt := await self._verified(pending, outcome, done)) is not None:
                receipts.append(receipt)
                lowest_missing_seq = outcome.reply.lowest_missing_seq
        if not receipts:
            return
        try:
            await self._journal.record_receipts(receipts)
        except JournalFullError:
            self._size.failed()  # there may be room for one
            raise
        done.has_progress = True
        for receipt in receipts:
            self._memory.failures.pop(receipt.envelope_id, None)
            self._memory.verdicts.pop(receipt.envelope_id, None)
        # An old answer names as missing what came since.
        if done.is_fresh and await self._journal.queue_again_from(lowest_missing_seq):
            done.has_failures = True  # there is more to send, soon

    async def _verified(self, pending: PendingEnvelope, stored: Stored, done: _Round) -> Receipt | None:
        journal = self._journal
        expected = ExpectedReceipt(pending.envelope_id, journal.kiosk, journal.journal_id, pending.seq)
        try:
            return verify_receipt(stored.reply.receipt, expected, self._keys)
        except ReceiptRefusedError as exc:
            self._failed([pending], done)
            facts = {"id": pending.envelope_id, "reason": exc.reason.name}
            await self._audit_once(Event.RECEIPT_REFUSED, facts, pending.envelope_id + exc.reason.name)
            return None

    async def _refused(self, pending: PendingEnvelope, refused: Refused, done: _Round) -> None:
        self._failed([pending], done)
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
        self._size.ask_again()
        if await self._upkeep.run_once():
            self._memory.upkeep_due_ns = self._after(self._timing.upkeep_s)
        else:
            done.has_failures = True
        if any(not each.is_isolated for each in await self._journal.pending(_ALL)):
            done.has_failures = True  # the centre lost something, or something new came meanwhile

    def _failed(self, several: Sequence[PendingEnvelope], done: _Round) -> None:
        done.has_failures = True
        failures = self._memory.failures
        for pending in several:
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
