# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the centre makes of one envelope: judged first, then stored once, in the log, with its receipt, or refused.

Rules, in this order: the same bytes again are answered with their first receipt; another envelope at the same place,
or a link that contradicts a stored neighbour, is refused and noted for the staff; everything else is stored. What the
agency could not use is stored as *quarantined* and fills its seq all the same, so nothing waits behind it.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping, and_, bindparam, insert, or_, select

from townhall_central import journals, log
from townhall_central.errors import (
    EnvelopeUnreadableError,
    HistoryConflictError,
    LinkContradictedError,
    NotYoursError,
    OtherBytesError,
    SequenceTakenError,
)
from townhall_central.keys import CentreKeys
from townhall_central.tables import ADDRESSEE, AGENCY, CONFLICT, ENVELOPE, KIOSK
from townhall_crypto.checkpoint import Ed25519NoteSigner, sign_checkpoint
from townhall_crypto.envelope import Envelope, OuterHeader, verify_envelope
from townhall_crypto.errors import MalformedError, RefusedError, SignatureRefusedError
from townhall_crypto.merkle import leaf_hash
from townhall_crypto.sealed import read_inner_header
from townhall_sync import wire

NOT_BY_THE_KIOSK = "TH-CENT-061"
"""Quarantined: the device's signature or the sealed part's hash does not hold."""
NOT_SEALED = "TH-CENT-062"
"""Quarantined: the sealed part is none that this version can read."""
NO_KNOWN_RECIPIENT = "TH-CENT-063"
"""Quarantined: sealed to nobody whom this centre knows."""

# Built once: SQLAlchemy spends more on building a statement than SQLite on running it.
_FIND_CALLER = select(KIOSK.c.name, KIOSK.c.public_key, KIOSK.c.certificate).where(KIOSK.c.name == bindparam("kiosk"))
_KNOWN_AGENCIES = select(AGENCY.c.key_id).where(AGENCY.c.key_id.in_(bindparam("key_ids", expanding=True)))
_NEIGHBOURS = select(ENVELOPE.c.id, ENVELOPE.c.seq, ENVELOPE.c.prev_hash).where(
    or_(
        ENVELOPE.c.id == bindparam("id"),
        and_(
            ENVELOPE.c.kiosk == bindparam("kiosk"),
            ENVELOPE.c.journal_id == bindparam("journal_id"),
            ENVELOPE.c.seq.between(bindparam("before"), bindparam("after")),
        ),
    )
)
_INSERT_ENVELOPE, _INSERT_ADDRESSEE = insert(ENVELOPE), insert(ADDRESSEE)


@dataclass(frozen=True, slots=True)
class Caller:
    """The enrolled kiosk that sends."""

    kiosk: str
    public_key: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """An envelope as it is to be stored; `reason` is empty unless it must be quarantined."""

    envelope_id: str
    header: OuterHeader
    content: bytes = field(repr=False)
    recipients: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Stored:
    """The envelope is in the log; `is_new` if this call put it there."""

    is_new: bool
    reply: wire.PutReply


@dataclass(frozen=True, slots=True)
class Conflict:
    """Refused and noted: `error` says why."""

    error: HistoryConflictError


Outcome = Stored | Conflict


def find_caller(connection: Connection, kiosk: str) -> Caller | None:
    """Return the enrolled kiosk of this name."""
    row = connection.execute(_FIND_CALLER, {"kiosk": kiosk}).first()
    return None if row is None else Caller(*row)


def judge(envelope_id: str, untrusted: bytes, caller: Caller) -> Judged:
    """Return what is to be stored. Needs no database and no lock.

    Raises:
        EnvelopeUnreadableError: no envelope, or its header has another id: there is no place that it could fill.
        NotYoursError: another kiosk's envelope.
    """
    try:
        header, recipients, reason = _inspect(untrusted, caller.public_key)
    except MalformedError as exc:
        raise EnvelopeUnreadableError from exc
    if header.envelope_id != envelope_id:
        raise EnvelopeUnreadableError
    if header.kiosk != caller.kiosk:
        raise NotYoursError
    return Judged(envelope_id, header, untrusted, recipients, reason)


def store(connection: Connection, judged: Judged, caller: Caller, keys: CentreKeys, now: int) -> Outcome:
    """Store a judged envelope exactly once; the caller commits, and answers only then."""
    head = log.lock_head(connection)
    header = judged.header
    neighbours = _neighbours(connection, judged)
    if any(row["id"] == judged.envelope_id for row in neighbours):
        receipt = _first_receipt(connection, judged)
        if receipt is not None:
            return Stored(is_new=False, reply=_reply(receipt, journals.lowest_missing(connection, header)))
    conflict = _conflict(judged, neighbours)
    if conflict is not None:
        _note(connection, header, judged.envelope_id, conflict, now)
        return Conflict(conflict)
    addressees = _known_recipients(connection, judged)
    reason = judged.reason or ("" if addressees else NO_KNOWN_RECIPIENT)
    appended = log.append(connection, head, leaf_hash(wire.central_leaf(judged.envelope_id)))
    checkpoint = log.LogHead(appended.size, appended.peaks).checkpoint(keys.root.log_origin)
    body = wire.ReceiptBody(
        id=judged.envelope_id,
        kiosk=header.kiosk,
        journal_id=header.journal_id,
        seq=header.seq,
        status="quarantined" if reason else "accepted",
        reason=reason,
        server_time=now,
        index=appended.index,
        checkpoint=sign_checkpoint(checkpoint, Ed25519NoteSigner(keys.root.log_origin, keys.log)),
        inclusion_proof=tuple(value.hex() for value in appended.inclusion_proof),
    )
    receipt = wire.sign_receipt(body, keys.receipt)
    is_followed = any(row["seq"] == header.seq + 1 for row in neighbours)
    _insert(connection, judged, caller, receipt, () if reason else addressees)
    return Stored(is_new=True, reply=_reply(receipt, journals.advance(connection, header, is_followed=is_followed)))


def read_bytes(connection: Connection, envelope_id: str) -> bytes | None:
    """Return a stored envelope exactly as it came, or None."""
    content: bytes | None = connection.scalar(select(ENVELOPE.c.bytes).where(ENVELOPE.c.id == envelope_id))
    return content


def _inspect(untrusted: bytes, public_key: bytes) -> tuple[OuterHeader, tuple[str, ...], str]:
    """Return the header, and the recipients or the reason why no agency could use it; raises MalformedError."""
    try:
        envelope = verify_envelope(untrusted, public_key)
    except SignatureRefusedError:
        return Envelope.from_bytes(untrusted).header, (), NOT_BY_THE_KIOSK
    try:
        return envelope.header, read_inner_header(envelope.sealed).recipients, ""
    except RefusedError:
        return envelope.header, (), NOT_SEALED


def _neighbours(connection: Connection, judged: Judged) -> list[RowMapping]:
    header = judged.header
    place = {"kiosk": header.kiosk, "journal_id": header.journal_id, "before": header.seq - 1, "after": header.seq + 1}
    return list(connection.execute(_NEIGHBOURS, {"id": judged.envelope_id, **place}).mappings())


def _first_receipt(connection: Connection, judged: Judged) -> wire.SignedReceipt | None:
    """Return the receipt of an id that is stored, or None where it is stored with other bytes."""
    statement = select(ENVELOPE.c.receipt, ENVELOPE.c.bytes).where(ENVELOPE.c.id == judged.envelope_id)
    receipt, content = connection.execute(statement).one()
    return wire.read(wire.SignedReceipt, receipt) if content == judged.content else None


def _conflict(judged: Judged, neighbours: list[RowMapping]) -> HistoryConflictError | None:
    header = judged.header
    for row in neighbours:
        if row["id"] == judged.envelope_id:
            return OtherBytesError()
    for row in neighbours:
        if row["seq"] == header.seq:
            return SequenceTakenError()
    for row in neighbours:
        is_before_us = row["seq"] == header.seq - 1
        link = header.prev_hash == row["id"] if is_before_us else row["prev_hash"] == judged.envelope_id
        if not link:
            return LinkContradictedError()
    return None


def _note(
    connection: Connection, header: OuterHeader, envelope_id: str, conflict: HistoryConflictError, now: int
) -> None:
    key = {
        "kiosk": header.kiosk,
        "journal_id": header.journal_id,
        "seq": header.seq,
        "envelope_id": envelope_id,
        "code": conflict.code,
    }
    is_noted = select(CONFLICT.c.seen_at).where(*(CONFLICT.c[name] == value for name, value in key.items()))
    if connection.execute(is_noted).first() is None:
        connection.execute(insert(CONFLICT).values(**key, seen_at=now))


def _known_recipients(connection: Connection, judged: Judged) -> tuple[str, ...]:
    if not judged.recipients:
        return ()
    return tuple(connection.scalars(_KNOWN_AGENCIES, {"key_ids": judged.recipients}))


def _insert(
    connection: Connection,
    judged: Judged,
    caller: Caller,
    receipt: wire.SignedReceipt,
    addressees: tuple[str, ...],
) -> None:
    header, body = judged.header, receipt.body
    row = {
        "id": judged.envelope_id,
        "kiosk": header.kiosk,
        "journal_id": header.journal_id,
        "seq": header.seq,
        "prev_hash": header.prev_hash,
        "status": body.status,
        "received_at": body.server_time,
        "log_index": body.index,
        "certificate": caller.certificate,
        "receipt": wire.to_json(receipt),
        "bytes": judged.content,
    }
    connection.execute(_INSERT_ENVELOPE, row)
    for key_id in addressees:
        connection.execute(_INSERT_ADDRESSEE, {"key_id": key_id, "log_index": body.index})


def _reply(receipt: wire.SignedReceipt, lowest_missing: int) -> wire.PutReply:
    return wire.PutReply(receipt=receipt, lowest_missing_seq=lowest_missing)
