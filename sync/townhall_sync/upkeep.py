# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What follows delivery: watching that the centre's log only grows, and freeing payloads that it provably keeps."""

from collections.abc import Callable

from townhall_crypto.checkpoint import Checkpoint, verify_checkpoint
from townhall_crypto.errors import CheckpointRefusedError
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event, Fact
from townhall_sync.central_service import CentralService
from townhall_sync.errors import ReceiptRefusedError
from townhall_sync.journal_records import DeliveredPayload
from townhall_sync.receipt import (
    CentreKeys,
    ExpectedReceipt,
    FreshCheckpoint,
    Kept,
    check_continues,
    check_not_shrunken,
    prove_kept,
    verify_fresh_checkpoint,
    verify_receipt,
)


class Upkeep:
    """Asks the centre for proofs, and lets the journal free what they cover. Nothing is freed on anything less."""

    def __init__(
        self, journal: AsyncJournal, central: CentralService, keys: CentreKeys, nonce: Callable[[], str]
    ) -> None:
        """``nonce`` returns a fresh random text of the protocol's nonce alphabet."""
        self._journal = journal
        self._central = central
        self._keys = keys
        self._nonce = nonce

    async def run_once(self) -> bool:
        """Do it once; tell whether all of it could be done now."""
        fresh = await self._fresh()
        if fresh is None or not await self._watch(fresh):
            return False
        kept = []
        for payload in await self._journal.due_for_freeing():
            proof = await self._prove(payload, fresh)
            if proof is None:
                return False
            kept.extend(proof)
        await self._journal.free_delivered(kept)
        return True

    async def _fresh(self) -> FreshCheckpoint | None:
        nonce = self._nonce()
        reply = await self._central.checkpoint(nonce)
        if reply is None:
            return None
        try:
            return verify_fresh_checkpoint(reply, nonce, self._keys)
        except ReceiptRefusedError as exc:
            await self._journal.audit(Event.CENTRE_CONTRADICTED, {"size": 0, "reason": exc.reason.name})
            return None

    async def _watch(self, fresh: FreshCheckpoint) -> bool:
        """Check that ``fresh`` continues what we saw last, and remember it; False if the centre did not answer."""
        for known in await self._seen():
            continues = await self._continues(known, fresh)
            if continues is None:
                return False
            if not continues:
                # A restored or a lying centre. Staff read it in the audit trail; what we still have is offered again.
                facts: dict[str, Fact] = {"size": fresh.checkpoint.size, "reason": "NOT_CONTINUED"}
                await self._journal.audit(Event.CENTRE_CONTRADICTED, facts)
                await self._journal.queue_again(await self._journal.delivered_kept())
                break
        await self._journal.record_centre(fresh)
        return True

    async def _seen(self) -> list[Checkpoint | None]:
        """Return the last checkpoints that we saw, watching and delivering; None where our keys do not verify one."""
        seen: list[Checkpoint | None] = []
        note = await self._journal.centre_note()
        if note is not None:
            try:
                seen.append(verify_checkpoint(note, self._keys.log_key))
            except CheckpointRefusedError:  # the centre's key has changed since
                seen.append(None)
        newest = await self._journal.newest_delivered()
        if newest is not None:
            try:
                seen.append(self._received(newest))
            except ReceiptRefusedError:
                seen.append(None)
        return seen

    def _received(self, payload: DeliveredPayload) -> Checkpoint:
        expected = ExpectedReceipt(payload.envelope_id, self._journal.kiosk, self._journal.journal_id, payload.seq)
        return verify_receipt(payload.signed, expected, self._keys).checkpoint

    async def _continues(self, known: Checkpoint | None, fresh: FreshCheckpoint) -> bool | None:
        if known is None or fresh.checkpoint.size < known.size:
            return False
        if known.size == 0:
            return True
        proof = await self._central.consistency(known.size, fresh.checkpoint.size)
        if proof is None:
            return None
        try:
            check_continues(known, fresh.checkpoint, proof)
        except ReceiptRefusedError:
            return False
        return True

    async def _prove(self, payload: DeliveredPayload, fresh: FreshCheckpoint) -> list[Kept] | None:
        """Return the proof for one payload, or none when the centre does not have it any more; None: no answer."""
        try:
            received = self._received(payload)
            check_not_shrunken(received, fresh.checkpoint)
            proof = await self._central.consistency(received.size, fresh.checkpoint.size)
            return None if proof is None else [prove_kept(payload.seq, received, fresh, proof)]
        except ReceiptRefusedError as exc:
            await self._journal.audit(Event.RECEIPT_REFUSED, {"id": payload.envelope_id, "reason": exc.reason.name})
            await self._journal.queue_again([payload.seq])
            return []
