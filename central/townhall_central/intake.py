# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Stores judged envelopes of one kiosk in one transaction: exactly once, in the log, under one signed checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, insert, select

from townhall_central import journals, log
from townhall_central.errors import HistoryConflictError
from townhall_central.judgement import Caller, Judged
from townhall_central.keys import CentreKeys
from townhall_central.places import Places, first_receipt
from townhall_central.tables import ADDRESSEE, AGENCY, CONFLICT, ENVELOPE
from townhall_crypto.checkpoint import Ed25519NoteSigner, sign_checkpoint
from townhall_crypto.merkle import leaf_hash
from townhall_sync import wire

NO_KNOWN_RECIPIENT = "TH-CENT-063"
"""Quarantined: sealed to nobody whom this centre knows."""

_KNOWN_AGENCIES = select(AGENCY.c.key_id).where(AGENCY.c.key_id.in_(bindparam("key_ids", expanding=True)))
_INSERT_ENVELOPE, _INSERT_ADDRESSEE, _INSERT_CONFLICT = insert(ENVELOPE), insert(ADDRESSEE), insert(CONFLICT)


@dataclass(frozen=True, slots=True)
class Stored:
    """The envelope is in the log; `is_new` if this call put it there."""

    is_new: bool
    reply: wire.PutReply


@dataclass(frozen=True, slots=True)
class Conflict:
    """Refused and noted: `error` says why."""

    error: HistoryConflictError


def store(
    connection: Connection, envelopes: Sequence[Judged], caller: Caller, keys: CentreKeys, now: int
) -> tuple[Stored | Conflict, ...]:
    """Store a kiosk's envelopes of different ids, each as if it came alone, in this order; commit, then answer."""
    head = log.lock_head(connection)
    places = Places(connection, caller.kiosk, [each.header for each in envelopes])
    new: list[Judged] = []
    met: dict[str, wire.SignedReceipt | HistoryConflictError] = {}
    for judged in envelopes:
        if places.holds(judged):
            met[judged.envelope_id] = first_receipt(connection, judged)
        elif (conflict := places.conflict(judged)) is not None:
            met[judged.envelope_id] = conflict
        else:
            places.fill(judged)
            new.append(judged)
    receipts = _append(connection, head, new, caller=caller, keys=keys, now=now) if new else {}
    answers = met | receipts
    lowest = _lowest_missing(connection, caller.kiosk, envelopes, new, places)
    outcomes: list[Stored | Conflict] = []
    for judged in envelopes:
        answer = answers[judged.envelope_id]
        if isinstance(answer, HistoryConflictError):
            _note(connection, judged, answer, now)
            outcomes.append(Conflict(answer))
        else:
            reply = wire.PutReply(receipt=answer, lowest_missing_seq=lowest[judged.header.journal_id])
            outcomes.append(Stored(judged.envelope_id in receipts, reply))
    return tuple(outcomes)


def _append(  # noqa: PLR0913  what a receipt states, and where it is kept
    connection: Connection, head: log.LogHead, new: Sequence[Judged], *, caller: Caller, keys: CentreKeys, now: int
) -> dict[str, wire.SignedReceipt]:
    """Put envelopes into the log and return their receipts, by id."""
    origin = keys.root.log_origin
    appended = log.append(connection, head, [leaf_hash(wire.central_leaf(each.envelope_id)) for each in new])
    checkpoint = log.LogHead(appended.size, appended.peaks).checkpoint(origin)
    note = sign_checkpoint(checkpoint, Ed25519NoteSigner(origin, keys.log))
    agencies = _known_agencies(connection, new)
    receipts: dict[str, wire.SignedReceipt] = {}
    rows: list[dict[str, object]] = []
    addressees: list[dict[str, object]] = []
    for index, (judged, proof) in enumerate(zip(new, appended.inclusion_proofs, strict=True), appended.first):
        known = [key_id for key_id in judged.recipients if key_id in agencies]
        reason = judged.reason or ("" if known else NO_KNOWN_RECIPIENT)
        body = wire.ReceiptBody(
            id=judged.envelope_id,
            kiosk=judged.header.kiosk,
            journal_id=judged.header.journal_id,
            seq=judged.header.seq,
            status="quarantined" if reason else "accepted",
            reason=reason,
            server_time=now,
            index=index,
            checkpoint=note,
            inclusion_proof=tuple(value.hex() for value in proof),
        )
        receipt = receipts[judged.envelope_id] = wire.sign_receipt(body, keys.receipt)
        rows.append(_row(judged, caller, receipt))
        addressees += [{"key_id": key_id, "log_index": index} for key_id in known if not reason]
    connection.execute(_INSERT_ENVELOPE, rows)
    if addressees:
        connection.execute(_INSERT_ADDRESSEE, addressees)
    return receipts


def _row(judged: Judged, caller: Caller, receipt: wire.SignedReceipt) -> dict[str, object]:
    header, body = judged.header, receipt.body
    return {
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


def _known_agencies(connection: Connection, envelopes: Sequence[Judged]) -> set[str]:
    asked = {key_id for each in envelopes for key_id in each.recipients}
    return set(connection.scalars(_KNOWN_AGENCIES, {"key_ids": sorted(asked)})) if asked else set()


def _lowest_missing(
    connection: Connection, kiosk: str, envelopes: Sequence[Judged], new: Sequence[Judged], places: Places
) -> dict[str, int]:
    """Return the lowest missing seq of each journal, now that `new` are stored."""
    found: dict[str, int] = {}
    for journal_id in {each.header.journal_id for each in envelopes}:
        headers = [each.header for each in new if each.header.journal_id == journal_id]
        if headers:
            is_followed = places.is_followed(max(headers, key=lambda header: header.seq))
            seqs = sorted(header.seq for header in headers)
            found[journal_id] = journals.advance(connection, kiosk, journal_id, seqs, is_followed=is_followed)
        else:
            found[journal_id] = journals.lowest_missing(connection, kiosk, journal_id)
    return found


def _note(connection: Connection, judged: Judged, conflict: HistoryConflictError, now: int) -> None:
    key = {
        "kiosk": judged.header.kiosk,
        "journal_id": judged.header.journal_id,
        "seq": judged.header.seq,
        "envelope_id": judged.envelope_id,
        "code": conflict.code,
    }
    is_noted = select(CONFLICT.c.seen_at).where(*(CONFLICT.c[name] == value for name, value in key.items()))
    if connection.execute(is_noted).first() is None:
        connection.execute(_INSERT_CONFLICT, {**key, "seen_at": now})
