# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A kiosk's outbox by USB stick: what waits is written, what the centre answered is taken in, as over HTTP.

Everything may be done twice, on several sticks, in any order, and beside the line. An envelope leaves the outbox only
when its receipt verifies; a payload is freed only by a checkpoint that answers a question of ours.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeAlias

from townhall_crypto.checkpoint import verify_checkpoint
from townhall_crypto.device_key import DeviceKey
from townhall_crypto.errors import CheckpointRefusedError
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event
from townhall_sync.central_service import Refused, Stored
from townhall_sync.courier import Courier
from townhall_sync.errors import JournalFullError, MessageMalformedError, RequestSignatureError, StickFullError
from townhall_sync.journal_records import PendingEnvelope
from townhall_sync.receipt import CentreKeys
from townhall_sync.stick import (
    BATCH,
    MAX_SIZES,
    Consignment,
    ConsignmentBody,
    Folder,
    Item,
    Question,
    sign_consignment,
    verify_consignment,
)
from townhall_sync.stick_files import Stick
from townhall_sync.stick_replies import StickLog, read_ballot_log, read_reply
from townhall_sync.upkeep import Upkeep
from townhall_sync.wire import read, to_json

_ALL: Final = 1_000_000

Progress: TypeAlias = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Exported:
    """How many envelopes are on the stick now, and how many found no room on it."""

    envelopes: int
    left: int


@dataclass(frozen=True, slots=True)
class RefusedEnvelope:
    """An envelope that the centre did not take, and its stable code."""

    seq: int
    code: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a stick's replies.

    ``delivered`` envelopes left the outbox; ``known`` had left it before; ``doubted`` replies did not verify and
    changed nothing; ``freed`` payloads are provably kept at the centre for long enough.
    """

    delivered: int
    known: int
    doubted: int
    refused: tuple[RefusedEnvelope, ...]
    freed: int


class StickRoad:
    """Writes and reads sticks for one journal, in turn with its courier."""

    def __init__(
        self, journal: AsyncJournal, courier: Courier, keys: CentreKeys, key: DeviceKey, nonce: Callable[[], str]
    ) -> None:
        """``key`` signs what is sent; ``nonce`` returns a fresh random text of the protocol's nonce alphabet."""
        self._journal = journal
        self._courier = courier
        self._keys = keys
        self._key = key
        self._nonce = nonce

    async def export_to(self, directory: Path, progress: Progress | None = None) -> Exported:
        """Write everything that waits to a mounted stick; a full one takes what fits. Doing it again goes on.

        ``progress`` is told after each batch how many envelopes are written, and of how many.

        Raises:
            StickError: the stick cannot be used, or was pulled; what is whole on it counts.
            OutOfServiceError: the journal.
        """
        with await asyncio.to_thread(Stick, directory) as stick:
            await asyncio.to_thread(stick.sweep)
            pending = await self._journal.pending(_ALL)
            await self._ask(stick, len(pending))
            written = 0
            for batch in _batches(pending):
                fitted, is_full = await self._write_batch(stick, batch)
                written += fitted
                if progress is not None:
                    await progress(written, len(pending))
                if is_full:
                    return Exported(written, len(pending) - written)
            return Exported(written, 0)

    async def _write_batch(self, stick: Stick, batch: Sequence[PendingEnvelope]) -> tuple[int, bool]:
        """Write envelopes and the consignment that names them; return how many, and whether the stick is full."""
        items: list[Item] = []
        is_full = False
        try:
            for pending in batch:
                try:
                    content = await self._journal.envelope_bytes(pending.envelope_id)
                except KeyError:  # meanwhile delivered over the line, and freed
                    continue
                await asyncio.to_thread(stick.write, Folder.ENVELOPES, pending.envelope_id, content)
                items.append(Item(id=pending.envelope_id, sha256=sha256(content).hexdigest()))
        except StickFullError:
            is_full = True
        while items:
            body = ConsignmentBody(kiosk=self._journal.kiosk, journal_id=self._journal.journal_id, items=tuple(items))
            try:
                await asyncio.to_thread(self._write_consignment, stick, body)
            except StickFullError:
                is_full = True
                await asyncio.to_thread(stick.remove, Folder.ENVELOPES, items.pop().id)  # make room for the list
            else:
                break
        return len(items), is_full

    def _write_consignment(self, stick: Stick, body: ConsignmentBody) -> None:
        there = stick.read(Folder.CONSIGNMENTS, body.name())
        if there is None or self._own(there) != body:  # signing again would only write the same anew
            stick.write(Folder.CONSIGNMENTS, body.name(), to_json(sign_consignment(body, self._key)))

    async def _ask(self, stick: Stick, envelopes: int) -> None:
        """Ask the centre for what frees payloads; a kiosk or stick without room only delivers."""
        question = Question(nonce=self._nonce(), sizes=await self._sizes())
        try:
            # First noted: an answer to a question that the journal does not know is none.
            await self._journal.ask_by_stick(question.nonce, envelopes)
            await asyncio.to_thread(stick.write, Folder.QUESTIONS, question.name(), to_json(question))
        except (JournalFullError, StickFullError):
            return

    async def _sizes(self) -> tuple[int, ...]:
        """Return the sizes of the centre's log that proofs must begin at."""
        notes = [payload.signed.body.checkpoint for payload in await self._journal.delivered_receipts()]
        newest = await self._journal.newest_delivered()
        # The two that the log's growth is watched by come first, then those that are due soonest.
        first = [await self._journal.centre_note(), newest.signed.body.checkpoint if newest is not None else None]
        sizes: dict[int, None] = {}
        for note in (*first, *notes):
            if note is None or len(sizes) == MAX_SIZES:
                continue
            try:
                sizes[verify_checkpoint(note, self._keys.log_key).size] = None
            except CheckpointRefusedError:  # the centre's key has changed since
                continue
        return tuple(sizes)

    async def import_from(self, directory: Path) -> Imported:
        """Take in what the centre answered on a stick, and remove from it what is done.

        Raises:
            StickError: the stick cannot be used, or was pulled; what was taken in before counts.
            JournalFullError: a receipt had no room; do it again.
            OutOfServiceError: the journal.
        """
        with await asyncio.to_thread(Stick, directory) as stick:
            async with self._courier.turn:
                # Before the receipts: the question asked for proofs of what was known when it was asked.
                freed = await self._keep_up(stick)
                taken = await self._take_replies(stick, freed)
            facts = {"delivered": taken.delivered, "known": taken.known, "refused": len(taken.refused)}
            await self._journal.audit(Event.STICK_READ, facts)
            self._courier.wake()
            return taken

    async def ballot_log(self, directory: Path, origin: str) -> tuple[str, bytes] | None:
        """Return what a stick brings of a ballot box's log, unverified (``read_ballot_log``); raises StickError."""

        def look() -> tuple[str, bytes] | None:
            with Stick(directory) as stick:
                return read_ballot_log(stick, origin)

        return await asyncio.to_thread(look)

    async def _keep_up(self, stick: Stick) -> int:
        questions = await self._journal.open_questions()
        log = await asyncio.to_thread(StickLog.newest, stick, questions, self._keys)
        if log is None:
            return 0
        before = (await self._journal.status()).kept_payloads
        await Upkeep(self._journal, log, self._keys, lambda: log.nonce).run_once()
        for name in questions - await self._journal.open_questions():
            for folder in (Folder.QUESTIONS, Folder.ANSWERS):
                await asyncio.to_thread(stick.remove, folder, name)
        return before - (await self._journal.status()).kept_payloads

    async def _take_replies(self, stick: Stick, freed: int) -> Imported:
        delivered_before = {each.envelope_id for each in await self._journal.delivered_receipts()}
        refused: list[RefusedEnvelope] = []
        settled: list[str] = []
        for batch in _batches(await self._journal.pending(_ALL)):
            answers: list[tuple[PendingEnvelope, Stored | Refused]] = []
            for pending in batch:
                outcome = await asyncio.to_thread(
                    read_reply, stick, pending.envelope_id, self._journal.kiosk, self._keys
                )
                if isinstance(outcome, Stored | Refused):
                    answers.append((pending, outcome))
                if isinstance(outcome, Refused):
                    refused.append(RefusedEnvelope(pending.seq, outcome.code))
            await self._courier.settle(answers)
            settled += [pending.envelope_id for pending, _outcome in answers]
        done = {each.envelope_id for each in await self._journal.delivered_receipts()}
        delivered = sum(each in done for each in settled)
        known = await asyncio.to_thread(self._clean, stick, done, delivered_before)
        doubted = len(settled) - delivered - len(refused)
        return Imported(delivered, known, doubted, tuple(refused), freed)

    def _clean(self, stick: Stick, done: set[str], known: set[str]) -> int:
        """Remove what is done from the stick; return how many replies on it were known before."""
        found = [each for each in known if stick.read(Folder.REPLIES, each) is not None]
        for name in list(stick.names(Folder.CONSIGNMENTS)):
            body = self._own(stick.read(Folder.CONSIGNMENTS, name) or b"")
            if body is not None and {item.id for item in body.items} <= done:
                stick.remove(Folder.CONSIGNMENTS, name)
        for each in done:
            stick.remove(Folder.ENVELOPES, each)
            stick.remove(Folder.REPLIES, each)
        return len(found)

    def _own(self, untrusted: bytes) -> ConsignmentBody | None:
        """Return a consignment of this journal, or None for anything else."""
        try:
            body = verify_consignment(read(Consignment, untrusted), self._key.public_der)
        except (MessageMalformedError, RequestSignatureError):
            return None
        return body if (body.kiosk, body.journal_id) == (self._journal.kiosk, self._journal.journal_id) else None


def _batches(pending: Sequence[PendingEnvelope]) -> Iterator[Sequence[PendingEnvelope]]:
    for start in range(0, len(pending), BATCH):
        yield pending[start : start + BATCH]
