# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The cases of an inbox: each sealed payload is one case, each envelope one delivery, whatever is killed when."""

from dataclasses import dataclass, field

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from townhall_central.errors import CaseUnknownError
from townhall_central.inbox.case import Case, ShownCase

SCHEMA_VERSION = 1

METADATA = MetaData()

_SCHEMA = Table("schema_version", METADATA, Column("version", Integer, primary_key=True))

_CASE = Table(
    "agency_case",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("sealed_sha256", LargeBinary, nullable=False, unique=True),
    Column("state", String(32), nullable=False),
    Column("shown", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=True),
)

_DELIVERY = Table(
    "delivery",
    METADATA,
    Column("envelope_id", String(64), primary_key=True),
    Column("log_index", BigInteger, nullable=False, unique=True),
    Column("case_number", Integer, ForeignKey("agency_case.number"), nullable=False),
    Column("envelope", LargeBinary, nullable=False),
)

# How often the inbox began to look at an envelope; more than once only where it died meanwhile.
_ATTEMPT = Table(
    "attempt",
    METADATA,
    Column("envelope_id", String(64), primary_key=True),
    Column("begun", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class NewCase:
    """One envelope that was looked at, and what is to be shown of it."""

    envelope_id: str
    log_index: int
    envelope: bytes = field(repr=False)
    sealed_sha256: bytes
    case: Case = field(repr=False)
    document: bytes | None = field(repr=False)


def last_index(connection: Connection) -> int:
    """Return the log index up to which every envelope is a delivery, -1 at the beginning."""
    found: int | None = connection.scalar(select(func.max(_DELIVERY.c.log_index)))
    return -1 if found is None else found


def begin_attempt(connection: Connection, envelope_id: str) -> int:
    """Note that the inbox begins to look at an envelope; returns how often it began before."""
    begun: int | None = connection.scalar(select(_ATTEMPT.c.begun).where(_ATTEMPT.c.envelope_id == envelope_id))
    if begun is None:
        connection.execute(insert(_ATTEMPT).values(envelope_id=envelope_id, begun=1))
        return 0
    connection.execute(update(_ATTEMPT).where(_ATTEMPT.c.envelope_id == envelope_id).values(begun=begun + 1))
    return begun


def store_case(connection: Connection, new: NewCase) -> bool:
    """Store a delivery and its case, both exactly once; returns whether the case is new."""
    statement = select(_DELIVERY.c.case_number).where(_DELIVERY.c.envelope_id == new.envelope_id)
    if connection.scalar(statement) is not None:
        return False
    number: int | None = connection.scalar(select(_CASE.c.number).where(_CASE.c.sealed_sha256 == new.sealed_sha256))
    is_new = number is None
    if number is None:
        row = {
            "sealed_sha256": new.sealed_sha256,
            "state": new.case.state,
            "shown": msgspec.json.encode(new.case),
            "document": new.document,
        }
        number = connection.execute(insert(_CASE).values(**row).returning(_CASE.c.number)).scalar_one()
    connection.execute(
        insert(_DELIVERY).values(
            envelope_id=new.envelope_id, log_index=new.log_index, case_number=number, envelope=new.envelope
        )
    )
    return is_new


def read_case(connection: Connection, number: int) -> ShownCase:
    """Return one case; raises CaseUnknownError."""
    shown = connection.scalar(select(_CASE.c.shown).where(_CASE.c.number == number))
    if shown is None:
        raise CaseUnknownError(f"there is no case {number}")
    statement = select(_DELIVERY.c.envelope_id).where(_DELIVERY.c.case_number == number).order_by(_DELIVERY.c.log_index)
    envelopes = list(connection.scalars(statement))
    return ShownCase(number=number, envelopes=envelopes, case=msgspec.json.decode(shown, type=Case))


def read_document(connection: Connection, number: int) -> bytes:
    """Return the signed document of a case; raises CaseUnknownError where there is none."""
    document: bytes | None = connection.scalar(select(_CASE.c.document).where(_CASE.c.number == number))
    if document is None:
        raise CaseUnknownError(f"there is no document of a case {number}")
    return document


def list_cases(connection: Connection) -> list[tuple[int, str]]:
    """Return (number, state) of every case, oldest first."""
    statement = select(_CASE.c.number, _CASE.c.state).order_by(_CASE.c.number)
    return [(number, state) for number, state in connection.execute(statement)]
