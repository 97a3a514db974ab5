# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journal for an asyncio loop: every call runs on one thread of its own, one after the other."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from townhall_sync.audit import Event, Fact
from townhall_sync.journal import Journal
from townhall_sync.journal_records import (
    Committed,
    DeliveredPayload,
    JournalStatus,
    KnownHead,
    PendingEnvelope,
)
from townhall_sync.ledger import OpenVisit
from townhall_sync.receipt import FreshCheckpoint, Kept, Receipt

Result = TypeVar("Result")


class AsyncJournal:
    """A journal and its thread. A cancelled call still ends what it began, before the next call starts."""

    def __init__(self, journal: Journal, executor: ThreadPoolExecutor) -> None:
        """Use ``open``."""
        self._journal = journal
        self._executor = executor
        self.kiosk = journal.kiosk
        self.journal_id = journal.journal_id

    @classmethod
    async def open(cls, open_journal: Callable[[], Journal]) -> "AsyncJournal":
        """Open a journal on its own thread, e.g. ``open(partial(Journal.open, directory, kiosk=..., ...))``.

        Raises what ``open_journal`` raises.
        """
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        try:
            journal = await asyncio.get_running_loop().run_in_executor(executor, open_journal)
        except BaseException:
            executor.shutdown(wait=False)
            raise
        return cls(journal, executor)

    async def _run(self, call: Callable[[], Result]) -> Result:
        # Shielded: a cancelled caller must not take a queued commit out of the executor.
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._executor, call))

    async def commit(self, sealed: bytes) -> Committed:
        """See ``Journal.commit``."""
        return await self._run(lambda: self._journal.commit(sealed))

    async def pending(self, limit: int = 100, *, after_seq: int = 0) -> tuple[PendingEnvelope, ...]:
        """See ``Journal.pending``."""
        return await self._run(lambda: self._journal.pending(limit, after_seq=after_seq))

    async def envelope_bytes(self, envelope_id: str) -> bytes:
        """See ``Journal.envelope_bytes``."""
        return await self._run(lambda: self._journal.envelope_bytes(envelope_id))

    async def isolate(self, seq: int, reason: str) -> None:
        """See ``Journal.isolate``."""
        await self._run(lambda: self._journal.isolate(seq, reason))

    async def record_receipts(self, receipts: Iterable[Receipt]) -> None:
        """See ``Journal.record_receipts``."""
        await self._run(lambda: self._journal.record_receipts(receipts))

    async def queue_again_from(self, lowest_missing_seq: int) -> int:
        """See ``Journal.queue_again_from``."""
        return await self._run(lambda: self._journal.queue_again_from(lowest_missing_seq))

    async def queue_again(self, seqs: Iterable[int]) -> int:
        """See ``Journal.queue_again``."""
        return await self._run(lambda: self._journal.queue_again(seqs))

    async def delivered_kept(self) -> tuple[int, ...]:
        """See ``Journal.delivered_kept``."""
        return await self._run(self._journal.delivered_kept)

    async def due_for_freeing(self) -> tuple[DeliveredPayload, ...]:
        """See ``Journal.due_for_freeing``."""
        return await self._run(self._journal.due_for_freeing)

    async def newest_delivered(self) -> DeliveredPayload | None:
        """See ``Journal.newest_delivered``."""
        return await self._run(self._journal.newest_delivered)

    async def free_delivered(self, kept: Iterable[Kept]) -> int:
        """See ``Journal.free_delivered``."""
        return await self._run(lambda: self._journal.free_delivered(kept))

    async def centre_note(self) -> str | None:
        """See ``Journal.centre_note``."""
        return await self._run(self._journal.centre_note)

    async def centre_server_time(self) -> int:
        """See ``Journal.centre_server_time``."""
        return await self._run(self._journal.centre_server_time)

    async def is_contradicted(self) -> bool:
        """See ``Journal.is_contradicted``."""
        return await self._run(self._journal.is_contradicted)

    async def ask_by_stick(self, nonce: str, envelopes: int) -> None:
        """See ``Journal.ask_by_stick``."""
        await self._run(lambda: self._journal.ask_by_stick(nonce, envelopes))

    async def open_questions(self) -> frozenset[str]:
        """See ``Journal.open_questions``."""
        return await self._run(self._journal.open_questions)

    async def delivered_receipts(self) -> tuple[DeliveredPayload, ...]:
        """See ``Journal.delivered_receipts``."""
        return await self._run(self._journal.delivered_receipts)

    async def record_centre(self, fresh: FreshCheckpoint) -> None:
        """See ``Journal.record_centre``."""
        await self._run(lambda: self._journal.record_centre(fresh))

    async def report_fork(self, seq: int, reason: str) -> None:
        """See ``Journal.report_fork``."""
        await self._run(lambda: self._journal.report_fork(seq, reason))

    async def audit(self, event: Event, facts: Mapping[str, Fact] | None = None) -> None:
        """See ``Journal.audit``."""
        await self._run(lambda: self._journal.audit(event, facts))

    async def restore_reserve(self) -> None:
        """See ``Journal.restore_reserve``."""
        await self._run(self._journal.restore_reserve)

    async def status(self) -> JournalStatus:
        """See ``Journal.status``."""
        return await self._run(self._journal.status)

    async def head(self) -> KnownHead | None:
        """See ``Journal.head``."""
        return await self._run(self._journal.head)

    async def open_visit(self) -> OpenVisit | None:
        """See ``Journal.open_visit``."""
        return await self._run(self._journal.open_visit)

    async def checkpoint(self) -> str:
        """See ``Journal.checkpoint``."""
        return await self._run(self._journal.checkpoint)

    async def verify(self) -> None:
        """See ``Journal.verify``."""
        await self._run(self._journal.verify)

    async def close(self) -> None:
        """Close the journal and end its thread."""
        await self._run(self._journal.close)
        self._executor.shutdown(wait=True)
