# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What follows delivery: watching that the centre's log only grows, and freeing payloads that it provably keeps."""

from collections.abc import Callable
from enum import Enum

from townhall_crypto.checkpoint import Checkpoint, verify_checkpoint
from townhall_crypto.errors import CheckpointRefusedError
from townhall_sync.async_journal import AsyncJournal
from townhall_sync.audit import Event, Fact
from townhall_sync.central_service import CentreLog
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
from townhall_sync.restoration import Known, Restoration, verify_restoration


class _Watched(Enum):
    """How a fresh checkpoint stands to what we know of the centre's log."""

    CONTINUED = "it continues it, or there is a good reason why not"
    CONTRADICTED = "it does not, and nothing explains it"
    UNANSWERED = "the centre did not give the proofs"


class Upkeep:
    """Asks the centre for proofs, and lets the journal free what they cover. Nothing is freed on anything less."""

    def __init__(self, journal: AsyncJournal, central: CentreLog, keys: CentreKeys, nonce: Callable[[], str]) -> None:
        """``nonce`` returns a fresh random text of the protocol's nonce alphabet."""
        self._journal = journal
        self._central = central
        self._keys = keys
        self._nonce = nonce

    async def run_once(self) -> bool:
        """Do it once; tell whether all of it could be done now. What is proven is freed, whatever comes of the rest."""
        fresh = await self._fresh()
        if fresh is None:
            return False
        match await self._watch(fresh):
            case _Watched.UNANSWERED:
                return False
            case _Watched.CONTRADICTED:
                return True  # nothing is believed of this log, so nothing is freed
            case _Watched.CONTINUED:
                await self._journal.record_centre(fresh)
        return await self._free(fresh)

    async def _free(self, fresh: FreshCheckpoint) -> bool:
        kept: list[Kept] = []
        has_answered = True
        for payload in await self._journal.due_for_freeing():
            proof = await self._prove(payload, fresh)
            if proof is None:
                has_answered = False
                break
            kept.extend(proof)
        await self._journal.free_delivered(kept)
        return has_answered

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

    async def _watch(self, fresh: FreshCheckpoint) -> _Watched:
        """Check that ``fresh`` continues what we saw last."""
        for known in await self._seen():
            # None: the centre's keys have changed since, by an enrolment that somebody made here.
            continues = False if known is None else await self._continues(known.checkpoint, fresh)
            if continues is None:
                return _Watched.UNANSWERED
            if not continues:
                return await self._differs(known, fresh)
        return _Watched.CONTINUED

    async def _differs(self, known: Known | None, fresh: FreshCheckpoint) -> _Watched:
        """Tell staff, through the audit trail, and offer what we still have again: some of it may be lost there."""
        if known is None:
            await self._contradicted(fresh, "OTHER_KEYS")
            await self._journal.queue_again(await self._journal.delivered_kept())
            return _Watched.CONTINUED
        explanation = await self._explained(known, fresh)
        if explanation is None:
            return _Watched.UNANSWERED
        if not explanation:
            if not await self._journal.is_contradicted():
                await self._contradicted(fresh, "NOT_CONTINUED")
                await self._journal.queue_again(await self._journal.delivered_kept())
            return _Watched.CONTRADICTED
        size, moment = explanation[0].checkpoint.size, explanation[0].restored_at
        await self._journal.audit(Event.CENTRE_RESTORED, {"size": size, "restored_at": moment})
        await self._journal.queue_again(await self._journal.delivered_kept())
        return _Watched.CONTINUED

    async def _contradicted(self, fresh: FreshCheckpoint, reason: str) -> None:
        facts: dict[str, Fact] = {"size": fresh.checkpoint.size, "reason": reason}
        await self._journal.audit(Event.CENTRE_CONTRADICTED, facts)

    async def _explained(self, known: Known, fresh: FreshCheckpoint) -> list[Restoration] | None:
        """Return the statement that explains the difference, or none; None: the centre did not answer."""
        stated = await self._central.restorations()
        if stated is None:
            return None
        for untrusted in reversed(stated.restorations):
            try:
                restoration = verify_restoration(untrusted, self._keys)
            except ReceiptRefusedError:
                continue
            if restoration.explains(known):
                continues = await self._continues(restoration.checkpoint, fresh)
                if continues is None:
                    return None
                if continues:
                    return [restoration]
        return []

    async def _seen(self) -> list[Known | None]:
        """Return the last checkpoints that we saw, watching and delivering; None where our keys do not verify one."""
        seen: list[Known | None] = []
        note = await self._journal.centre_note()
        if note is not None:
            try:
                checkpoint = verify_checkpoint(note, self._keys.log_key)
                seen.append(Known(checkpoint, await self._journal.centre_server_time()))
            except CheckpointRefusedError:
                seen.append(None)
        newest = await self._journal.newest_delivered()
        if newest is not None:
            try:
                seen.append(Known(self._received(newest), newest.signed.body.server_time))
            except ReceiptRefusedError:
                seen.append(None)
        return seen

    def _received(self, payload: DeliveredPayload) -> Checkpoint:
        expected = ExpectedReceipt(payload.envelope_id, self._journal.kiosk, self._journal.journal_id, payload.seq)
        return verify_receipt(payload.signed, expected, self._keys).checkpoint

    async def _continues(self, known: Checkpoint, fresh: FreshCheckpoint) -> bool | None:
        if fresh.checkpoint.size < known.size:
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
