# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every change of the journal's own state: an event for the log, its facts, and the rows that go with it."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from townhall_crypto.envelope import Envelope
from townhall_sync import wire
from townhall_sync.audit import Event, Fact
from townhall_sync.journal_rows import EnvelopeRow, OutboxRow
from townhall_sync.receipt import FreshCheckpoint, Receipt
from townhall_sync.sqlite_store import JournalStore


def _nothing(_store: JournalStore, _note: bytes) -> None:
    """Write no row."""


@dataclass(frozen=True, slots=True)
class Change:
    """An event with its facts, and the rows that go with it; ``write`` gets the note of the new head."""

    event: Event
    facts: Mapping[str, Fact]
    write: Callable[[JournalStore, bytes], None] = _nothing


def sha256_hex(data: bytes) -> str:
    """Return a HASH fact of ``data``."""
    return hashlib.sha256(data).hexdigest()


def envelope_committed(envelope: Envelope, envelope_id: str) -> Change:
    """Store an envelope and put it into the outbox."""
    seq = envelope.header.seq
    facts: dict[str, Fact] = {
        "seq": seq,
        "id": envelope_id,
        "sealed_sha256": envelope.header.sealed_sha256,
        "signature_sha256": sha256_hex(envelope.signature),
    }

    def write(store: JournalStore, note: bytes) -> None:
        store.add_envelope(EnvelopeRow(seq, envelope.header.signed_bytes(), envelope.signature, note), envelope.sealed)

    return Change(Event.ENVELOPE_COMMITTED, facts, write)


def envelope_isolated(seq: int, reason: str) -> Change:
    """Set a queued envelope aside."""
    row = OutboxRow(seq, is_isolated=True)
    return Change(Event.ENVELOPE_ISOLATED, {"seq": seq, "reason": reason}, lambda store, _note: store.set_outbox(row))


def envelope_queued_again(seq: int) -> Change:
    """Put a delivered envelope into the outbox again."""
    row = OutboxRow(seq, is_isolated=False)
    return Change(Event.ENVELOPE_QUEUED_AGAIN, {"seq": seq}, lambda store, _note: store.set_outbox(row))


def receipt_recorded(receipt: Receipt) -> Change:
    """Keep a receipt and take its envelope out of the outbox."""
    signed = wire.to_json(receipt.signed)
    facts: dict[str, Fact] = {
        "seq": receipt.seq,
        "sha256": sha256_hex(signed),
        "status": receipt.outcome.name,
        "index": receipt.signed.body.index,
        "server_time": receipt.server_time,
    }

    def write(store: JournalStore, _note: bytes) -> None:
        store.set_receipt(receipt.seq, signed)
        store.remove_outbox(receipt.seq)

    return Change(Event.RECEIPT_RECORDED, facts, write)


def payload_freed(seq: int, size: int) -> Change:
    """Free a delivered payload of ``size`` bytes."""
    return Change(Event.PAYLOAD_FREED, {"seq": seq, "size": size}, lambda store, _note: store.remove_payload(seq))


def centre_seen(fresh: FreshCheckpoint) -> Change:
    """Keep the centre's newest proven checkpoint."""
    note = fresh.note.encode()
    facts: dict[str, Fact] = {
        "size": fresh.checkpoint.size,
        "note_sha256": sha256_hex(note),
        "server_time": fresh.server_time,
    }
    return Change(Event.CENTRE_SEEN, facts, lambda store, _note: store.set_centre(note))
