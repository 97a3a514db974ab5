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
    insert,
    select,
)

from townhall_central.errors import CaseUnknownError
from townhall_central.inbox.case import Case, ShownCase
from townhall_central.pickup import Progress
from townhall_central.schema import Schema

METADATA = MetaData()

# Who changes a table adds a migration to migrations/inbox and names it here.
SCHEMA = Schema("inbox", METADATA, "0004")

CASE = Table(
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
    Column("log_index", BigInteger, nullable=False),
    Column("case_number", Integer, ForeignKey("agency_case.number"), nullable=False),
    Column("envelope", LargeBinary, nullable=False),
)

PROGRESS = Progress(METADATA)


@dataclass(frozen=True, slots=True)
class NewCase:
    """One envelope that was looked at, and what is to be shown of it."""

    envelope_id: str
    log_index: int
    envelope: bytes = field(repr=False)
    sealed_sha256: bytes
    case: Case = field(repr=False)
    document: bytes | None = field(repr=False)


def is_delivered(connection: Connection, envelope_id: str) -> bool:
    """Tell whether an envelope came before."""
    statement = select(_DELIVERY.c.case_number).where(_DELIVERY.c.envelope_id == envelope_id)
    return connection.scalar(statement) is not None


def store_case(connection: Connection, new: NewCase) -> bool:
    """Store a delivery and its case, both exactly once; returns whether the case is new."""
    if is_delivered(connection, new.envelope_id):
        return False
    number: int | None = connection.scalar(select(CASE.c.number).where(CASE.c.sealed_sha256 == new.sealed_sha256))
    is_new = number is None
    if number is None:
        row = {
            "sealed_sha256": new.sealed_sha256,
            "state": new.case.state,
            "shown": msgspec.json.encode(new.case),
            "document": new.document,
        }
        number = connection.execute(insert(CASE).values(**row).returning(CASE.c.number)).scalar_one()
    connection.execute(
        insert(_DELIVERY).values(
            envelope_id=new.envelope_id, log_index=new.log_index, case_number=number, envelope=new.envelope
        )
    )
    return is_new


def read_case(connection: Connection, number: int) -> ShownCase:
    """Return one case; raises CaseUnknownError."""
    shown = connection.scalar(select(CASE.c.shown).where(CASE.c.number == number))
    if shown is None:
        raise CaseUnknownError(f"there is no case {number}")
    statement = select(_DELIVERY.c.envelope_id).where(_DELIVERY.c.case_number == number).order_by(_DELIVERY.c.log_index)
    envelopes = list(connection.scalars(statement))
    return ShownCase(number=number, envelopes=envelopes, case=msgspec.json.decode(shown, type=Case))


def read_document(connection: Connection, number: int) -> bytes:
    """Return the signed document of a case; raises CaseUnknownError where there is none."""
    document: bytes | None = connection.scalar(select(CASE.c.document).where(CASE.c.number == number))
    if document is None:
        raise CaseUnknownError(f"there is no document of a case {number}")
    return document


def list_cases(connection: Connection) -> list[tuple[int, str]]:
    """Return (number, state) of every case, oldest first."""
    statement = select(CASE.c.number, CASE.c.state).order_by(CASE.c.number)
    return [(number, state) for number, state in connection.execute(statement)]
