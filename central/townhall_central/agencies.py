# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Agencies as ingest knows them: public keys alone. Whoever holds the private ones runs an inbox of his own."""

from typing import Annotated

import msgspec
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import IntegrityError

from townhall_central import device_ca, log
from townhall_central.enrolment import check_administrator
from townhall_central.errors import AgencyFileError
from townhall_central.tables import ADDRESSEE, AGENCY, ENVELOPE
from townhall_crypto.errors import MalformedError
from townhall_crypto.recipients import RecipientPublicKey
from townhall_sync import wire
from townhall_sync.errors import MessageMalformedError

PAGE = 100


class AgencyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """agency.json: what an inbox publishes; kiosks seal to `recipient_key`, ingest checks requests by `request_key`.

    Both are base64: the raw hybrid public key (1,216 bytes), and a P-256 SubjectPublicKeyInfo in DER.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    recipient_key: wire.Base64
    request_key: wire.Base64


class InboxItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One envelope for an agency: its place in the log, when it came, and the kiosk's certificate (DER, base64)."""

    index: wire.Count
    id: wire.Hash
    server_time: wire.Count
    certificate: wire.Base64


class InboxPage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What came for an agency, in the log's order; `is_last` if there was no more when this page was made.

    `epoch` changes when the log was put back to a backup: places in the log are new then, so one begins anew.
    """

    epoch: wire.Count
    items: Annotated[list[InboxItem], msgspec.Meta(max_length=PAGE)]
    is_last: bool


def add(connection: Connection, untrusted_file: bytes, *, by: str, now: int) -> str:
    """Let an agency in by its agency.json; returns its key id. Envelopes that came before stay quarantined.

    Raises:
        AgencyFileError: not such a file, or the key is there already.
    """
    check_administrator(by)
    try:
        stated = msgspec.json.decode(untrusted_file, type=AgencyFile)
        recipient = RecipientPublicKey.from_bytes(wire.decode_base64(stated.recipient_key))
        request_key = wire.decode_base64(stated.request_key)
    except (msgspec.MsgspecError, MalformedError, MessageMalformedError, UnicodeDecodeError) as exc:
        raise AgencyFileError("this is no agency.json") from exc
    if not device_ca.is_device_key(request_key):
        raise AgencyFileError("the request key is no P-256 key")
    row = {
        "key_id": recipient.key_id,
        "name": stated.name,
        "recipient_key": recipient.public,
        "request_key": request_key,
    }
    try:
        connection.execute(insert(AGENCY).values(**row, added_by=by, added_at=now))
    except IntegrityError as exc:
        raise AgencyFileError("this key is there already") from exc
    return recipient.key_id


def names(connection: Connection) -> list[tuple[str, str]]:
    """Return (key id, name) of every agency."""
    statement = select(AGENCY.c.key_id, AGENCY.c.name).order_by(AGENCY.c.name)
    return [(key_id, name) for key_id, name in connection.execute(statement)]


def request_key(connection: Connection, key_id: str) -> bytes | None:
    """Return the key that signs an agency's requests, or None where there is no such agency."""
    key: bytes | None = connection.scalar(select(AGENCY.c.request_key).where(AGENCY.c.key_id == key_id))
    return key


def page(connection: Connection, key_id: str, after: int) -> InboxPage:
    """Return the next accepted envelopes for an agency whose log index is greater than `after`."""
    statement = (
        select(ENVELOPE.c.log_index, ENVELOPE.c.id, ENVELOPE.c.received_at, ENVELOPE.c.certificate)
        .join(ADDRESSEE, ADDRESSEE.c.log_index == ENVELOPE.c.log_index)
        .where(ADDRESSEE.c.key_id == key_id, ADDRESSEE.c.log_index > after)
        .order_by(ADDRESSEE.c.log_index)
        .limit(PAGE + 1)
    )
    rows = connection.execute(statement).all()
    items = [
        InboxItem(index=index, id=identifier, server_time=received_at, certificate=wire.encode_base64(certificate))
        for index, identifier, received_at, certificate in rows[:PAGE]
    ]
    return InboxPage(epoch=log.epoch(connection), items=items, is_last=len(rows) <= PAGE)


def is_addressee(connection: Connection, key_id: str, envelope_id: str) -> bool:
    """Tell whether an envelope came for an agency."""
    statement = (
        select(ADDRESSEE.c.log_index)
        .join(ENVELOPE, ENVELOPE.c.log_index == ADDRESSEE.c.log_index)
        .where(ENVELOPE.c.id == envelope_id, ADDRESSEE.c.key_id == key_id)
    )
    return connection.execute(statement).first() is not None
