# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journal: what a kiosk has accepted, durable before anyone is told, until the centre provably has it.

Everything is said once in the log (``audit``) and held in tables beside it (``sqlite_store``). Nothing that a person
was told is ever deleted: only the payload of a delivered envelope is freed, and only on proof (``receipt.Kept``).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from townhall_crypto.device_key import DeviceKey
from townhall_crypto.envelope import Created, Envelope, HashedPayload, OuterHeader, sealed_sha256, sign_hashed
from townhall_sync import changes, wire
from townhall_sync.audit import Event, Fact
from townhall_sync.changes import Change, sha256_hex
from townhall_sync.clock import Clock
from townhall_sync.durable import make_durable_directory, translated_os_errors
from townhall_sync.errors import JournalRolledBackError
from townhall_sync.journal_log import JournalLog
from townhall_sync.journal_records import (
    Committed,
    DeliveredPayload,
    JournalPolicy,
    JournalStatus,
    KnownHead,
    PendingEnvelope,
)
from townhall_sync.journal_rows import EnvelopeRow
from townhall_sync.ledger import OpenVisit
from townhall_sync.number import number_of
from townhall_sync.receipt import FreshCheckpoint, Kept, Receipt
from townhall_sync.status import status_of


class Journal:
    """A kiosk's journal, open. All calls from the thread that opened it; ``AsyncJournal`` serves a loop."""

    def __init__(self, log: JournalLog, clock: Clock, key: DeviceKey, policy: JournalPolicy) -> None:
        """Use ``open``."""
        self._log = log
        self._clock = clock
        self._key = key
        self._reserve = log.reserve
        self._policy = policy
        self._lowest_handled: int | None = None

    @classmethod
    def open(  # noqa: PLR0913  the journal's whole outside world, by name
        cls,
        directory: Path,
        *,
        kiosk: str,
        key: DeviceKey,
        clock: Clock,
        policy: JournalPolicy | None = None,
        known_head: KnownHead | None = None,
    ) -> "Journal":
        """Open the journal of ``directory``, verified from the first entry to the last; create it where there is none.

        Raises:
            OutOfServiceError: it cannot be used; the class says why. Nothing was changed.
            JournalFullError: there is no room to begin a new journal.
        """
        policy = policy or JournalPolicy()
        with translated_os_errors():
            make_durable_directory(directory)
        journal = cls(JournalLog.open(directory, kiosk, key, clock, policy), clock, key, policy)
        if known_head is not None:
            journal._require_known(known_head)
        journal.restore_reserve()
        return journal

    def _require_known(self, known: KnownHead) -> None:
        ledger = self._log.ledger
        is_ours = known.journal_id == ledger.journal_id and 1 <= known.seq < ledger.next_seq
        if not is_ours or ledger.committed(known.seq).envelope_id.hex() != known.envelope_id:
            self.close()
            raise JournalRolledBackError("somebody knows a later or another envelope of this journal")

    @property
    def journal_id(self) -> str:
        """The journal's name, made at its first opening."""
        return self._log.ledger.journal_id

    @property
    def kiosk(self) -> str:
        """The kiosk's name."""
        return self._log.ledger.kiosk

    def commit(self, sealed: bytes) -> Committed:
        """Accept a sealed payload: signed envelope, outbox row and log entry are on the disk when this returns.

        Committing the same bytes again returns the first result, with ``is_repeat``.

        Raises:
            JournalFullError: not accepted; tell the person that nothing was sent.
            OutOfServiceError: unknown until the journal is opened again; then commit the same bytes again.
        """
        ledger, payload = self._log.ledger, HashedPayload.of(sealed)
        repeated = ledger.seq_by_sealed.get(bytes.fromhex(payload.sha256))
        if repeated is not None:
            return self._first_result(repeated)
        created = Created(self._clock.wall(), self._clock.monotonic_ns(), ledger.last_server_time)
        header = OuterHeader(
            kiosk=ledger.kiosk,
            journal_id=ledger.journal_id,
            boot=self._log.boot,
            seq=ledger.next_seq,
            prev_hash=ledger.last_id,
            created=created,
            sealed_sha256=payload.sha256,
        )
        return self._commit(sign_hashed(header, payload, self._key))

    def _commit(self, envelope: Envelope) -> Committed:
        envelope_id = envelope.header.envelope_id
        note = self._log.append(changes.envelope_committed(envelope, envelope_id))
        return Committed(number_of(envelope_id), envelope_id, envelope.header.seq, note.decode(), is_repeat=False)

    def _first_result(self, seq: int) -> Committed:
        envelope_id = self._log.ledger.committed(seq).envelope_id.hex()
        note = self._log.check_note(self._row(seq).checkpoint)
        return Committed(number_of(envelope_id), envelope_id, seq, note, is_repeat=True)

    def pending(self, limit: int = 100, *, after_seq: int = 0) -> tuple[PendingEnvelope, ...]:
        """Return up to ``limit`` unconfirmed envelopes with a seq above ``after_seq``, in order."""
        ledger = self._log.ledger
        seqs = sorted(seq for seq in ledger.queued if seq > after_seq)[:limit]
        return tuple(PendingEnvelope(seq, ledger.committed(seq).envelope_id.hex(), ledger.queued[seq]) for seq in seqs)

    def envelope_bytes(self, envelope_id: str) -> bytes:
        """Return an envelope as it travels; KeyError if there is none of this id, or its payload was freed.

        Raises:
            JournalCorruptError: it is not the one that was committed.
        """
        seq = self._log.ledger.seq_by_id[envelope_id]
        sealed = self._log.store.payload(seq)
        if sealed is None:
            raise KeyError(envelope_id)
        row = self._row(seq)
        envelope = Envelope(OuterHeader.from_bytes(row.header), row.signature, sealed)
        header = envelope.header
        if (header.envelope_id, header.sealed_sha256) != (envelope_id, sealed_sha256(sealed)):
            raise self._log.corrupt(f"envelope {seq}")
        return envelope.to_bytes()

    def _row(self, seq: int) -> EnvelopeRow:
        row = self._log.store.envelope(seq)
        if row is None:
            raise self._log.corrupt(f"envelope {seq} is gone")
        return row

    def isolate(self, seq: int, reason: str) -> None:
        """Set a queued envelope aside, because the centre refuses it for itself alone; it stays, and staff see it."""
        if self._log.ledger.queued.get(seq) is False:
            self._log.append(changes.envelope_isolated(seq, reason))

    def record_receipts(self, receipts: Iterable[Receipt]) -> None:
        """Keep verified receipts, together or none, and take their envelopes out of the outbox; the payloads stay.

        A newer receipt replaces an older one; the same one again changes nothing. KeyError for another's envelope.
        """
        news = [changes.receipt_recorded(receipt) for receipt in receipts if self._is_news(receipt)]
        if news:
            self._log.append(*news)

    def _is_news(self, receipt: Receipt) -> bool:
        ledger, seq = self._log.ledger, receipt.seq
        if ledger.committed(seq).envelope_id.hex() != receipt.envelope_id:
            raise KeyError(seq)
        known = ledger.delivered.get(seq)
        return seq in ledger.queued or known is None or known.server_time < receipt.server_time

    def queue_again_from(self, lowest_missing_seq: int) -> int:
        """Queue again what a restored centre has lost; return how many envelopes.

        ``lowest_missing_seq`` comes from the centre, unsigned: it can make us send again, never free. A lowest seq that
        is still queued here is the usual case and means nothing.
        """
        ledger = self._log.ledger
        if lowest_missing_seq not in ledger.delivered or lowest_missing_seq in ledger.queued:
            self._lowest_handled = None
            return 0
        if lowest_missing_seq == self._lowest_handled:
            return 0  # it was freed here: without this, each reply would queue the rest again
        self._lowest_handled = lowest_missing_seq
        freed = sum(1 for seq in ledger.freed if seq >= lowest_missing_seq)
        facts = {"lowest_seq": lowest_missing_seq, "freed_already": freed}
        self._log.append(Change(Event.CENTRE_LOST_ENVELOPES, facts))
        return self.queue_again(seq for seq in self.delivered_kept() if seq >= lowest_missing_seq)

    def queue_again(self, seqs: Iterable[int]) -> int:
        """Queue delivered envelopes again, as far as their payloads are still here; return how many."""
        again = sorted(set(self.delivered_kept()) & set(seqs))
        if again:
            self._log.append(*(changes.envelope_queued_again(seq) for seq in again))
        return len(again)

    def delivered_kept(self) -> tuple[int, ...]:
        """Return the seqs of delivered envelopes whose payloads are still here."""
        ledger = self._log.ledger
        return tuple(sorted(ledger.delivered.keys() - ledger.freed - ledger.queued.keys()))

    def due_for_freeing(self) -> tuple[DeliveredPayload, ...]:
        """Return the delivered payloads that have been kept long enough by the centre's own signed time."""
        ledger = self._log.ledger
        old = ledger.last_server_time - self._policy.keep_s
        return tuple(self._delivered(seq) for seq in self.delivered_kept() if ledger.delivered[seq].server_time <= old)

    def newest_delivered(self) -> DeliveredPayload | None:
        """Return the one that stands last in the centre's log, of those whose payloads are still here."""
        delivered = self._log.ledger.delivered
        seq = max(self.delivered_kept(), key=lambda each: delivered[each].index, default=None)
        return None if seq is None else self._delivered(seq)

    def _delivered(self, seq: int) -> DeliveredPayload:
        return DeliveredPayload(seq, self._log.ledger.committed(seq).envelope_id.hex(), self.receipt(seq))

    def receipt(self, seq: int) -> wire.SignedReceipt:
        """Return the kept receipt of an envelope; KeyError if there is none.

        Raises:
            JournalCorruptError: it is not the one that was recorded.
        """
        expected = self._log.ledger.delivered[seq].receipt_sha256
        signed = self._log.store.receipt(seq)
        if signed is None or sha256_hex(signed) != expected:
            raise self._log.corrupt(f"receipt {seq}")
        return wire.read(wire.SignedReceipt, signed)

    def free_delivered(self, kept: Iterable[Kept]) -> int:
        """Free the payloads that are proven to be kept at the centre for long enough; return how many."""
        ledger = self._log.ledger
        freed = []
        for proof in kept:
            delivered = ledger.delivered.get(proof.seq)
            if delivered is None or proof.seq in ledger.freed or proof.seq in ledger.queued:
                continue
            if proof.fresh.server_time - delivered.server_time >= self._policy.keep_s:
                size = len(self._log.store.payload(proof.seq) or b"")
                freed.append(changes.payload_freed(proof.seq, size))
        if freed:
            self._log.append(*freed)
            self._log.fold()
        self.restore_reserve()
        return len(freed)

    def centre_note(self) -> str | None:
        """Return the newest checkpoint of the centre's log that was proven, as a signed note."""
        note = self._log.store.centre()
        return None if note is None else note.decode()

    def centre_server_time(self) -> int:
        """Return the centre's own time when it signed ``centre_note``; 0 before the first."""
        return self._log.ledger.centre_server_time

    def is_contradicted(self) -> bool:
        """Tell whether the centre's log was found not to continue what we know of it, without an explanation."""
        return self._log.ledger.is_contradicted

    def ask_by_stick(self, nonce: str, envelopes: int) -> None:
        """Note that a question with ``nonce`` goes out on a stick, with so many envelopes."""
        facts: dict[str, Fact] = {"nonce_sha256": sha256_hex(nonce.encode()), "envelopes": envelopes}
        self._log.append(Change(Event.STICK_WRITTEN, facts))

    def open_questions(self) -> frozenset[str]:
        """Return SHA-256 of the nonces that went out on sticks since the centre was last seen: answers are news."""
        return frozenset(self._log.ledger.open_questions)

    def delivered_receipts(self) -> tuple[DeliveredPayload, ...]:
        """Return the delivered envelopes whose payloads are still here, those longest with the centre first."""
        delivered = self._log.ledger.delivered
        return tuple(
            self._delivered(seq) for seq in sorted(self.delivered_kept(), key=lambda s: delivered[s].server_time)
        )

    def record_centre(self, fresh: FreshCheckpoint) -> None:
        """Keep a checkpoint of the centre that continues the one before, and the centre's time."""
        self._log.append(changes.centre_seen(fresh))

    def report_fork(self, seq: int, reason: str) -> None:
        """Note that the centre knows another history of this journal; from then on no new visit begins."""
        if self._log.ledger.fork is None:
            self._log.append(Change(Event.FORK_REPORTED, {"seq": seq, "reason": reason}))

    def audit(self, event: Event, facts: Mapping[str, Fact] | None = None) -> None:
        """Write an event of the catalogue to the audit trail, durable when this returns.

        Raises:
            ValueError: not its facts, or an event that only the journal writes.
        """
        if event.value.is_kept_by_journal:
            raise ValueError(f"{event.name} is the journal's own")
        self._log.append(Change(event, facts or {}))

    def restore_reserve(self) -> None:
        """Take the reserve back when the disk has room again."""
        if not self._reserve.is_held() and self._reserve.restore():
            self._log.append(Change(Event.RESERVE_RESTORED, {}))

    def status(self) -> JournalStatus:
        """Return how the journal stands."""
        return status_of(self._log.ledger, self._reserve, self._policy)

    def head(self) -> KnownHead | None:
        """Return the last envelope, for somebody else to remember; None before the first."""
        ledger = self._log.ledger
        return KnownHead(ledger.journal_id, ledger.next_seq - 1, ledger.last_id) if ledger.envelopes else None

    def open_visit(self) -> OpenVisit | None:
        """Return the visit that has begun and not ended; at a start, the one that the last stop cut off."""
        return self._log.ledger.open_visit

    def verify(self) -> None:
        """Check everything on the disk again, as at the opening.

        Raises:
            OutOfServiceError: it is not what was written.
        """
        self._log.verify()

    def checkpoint(self) -> str:
        """Return the signed checkpoint of the whole log."""
        return self._log.check_note(self._log.store.head() or b"")

    def close(self) -> None:
        """Close the journal; it may be opened again."""
        self._log.close()
