# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables of the centre's database: all its truth, and the unique constraints that make "exactly once" true.

Times are whole seconds of Unix time by the centre's clock. Bytes are stored as they came; nothing is ever updated
but `log_head`, `journal`, `code`, `enrolment` (its decision), `kiosk` (its newest key) and `ballot_log`.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

from townhall_central.schema import Schema

METADATA = MetaData()

# Who changes a table adds a migration to migrations/ingest and names it here.
SCHEMA = Schema("ingest", METADATA, "0004")

_ID = String(64)
_NAME = String(128)
# The key of a table that grows at its end: in SQLite only an INTEGER is the row's own number.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

CODE = Table(
    "code",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("kiosk", _NAME, nullable=False),
    # Forgotten as soon as it is used, blocked, replaced or found expired; the proof cannot be checked without it.
    Column("secret", LargeBinary, nullable=True),
    Column("created_by", _NAME, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("wrong_proofs", Integer, nullable=False, default=0),
)
Index("code_by_kiosk", CODE.c.kiosk)

ENROLMENT = Table(
    "enrolment",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("code_id", Integer, ForeignKey("code.id"), nullable=False, unique=True),  # a code is used once
    Column("kiosk", _NAME, nullable=False),
    Column("public_key", LargeBinary, nullable=False, unique=True),
    Column("requested_at", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("decided_by", _NAME, nullable=True),
    Column("decided_at", BigInteger, nullable=True),
    Column("certificate", LargeBinary, nullable=True),
)

KIOSK = Table(
    "kiosk",
    METADATA,
    Column("name", _NAME, primary_key=True),
    Column("enrolment_id", _ID, ForeignKey("enrolment.id"), nullable=False),
    Column("public_key", LargeBinary, nullable=False, unique=True),
    Column("certificate", LargeBinary, nullable=False),
)

AGENCY = Table(
    "agency",
    METADATA,
    Column("key_id", _NAME, primary_key=True),
    Column("name", _NAME, nullable=False),
    Column("recipient_key", LargeBinary, nullable=False),
    Column("request_key", LargeBinary, nullable=False),
    Column("added_by", _NAME, nullable=False),
    Column("added_at", BigInteger, nullable=False),
)

ENVELOPE = Table(
    "envelope",
    METADATA,
    Column("log_index", _NUMBER, primary_key=True, autoincrement=False),
    Column("id", _ID, nullable=False, unique=True),
    Column("kiosk", _NAME, nullable=False),
    Column("journal_id", _NAME, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("prev_hash", _ID, nullable=False),
    Column("status", String(16), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("certificate", LargeBinary, nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    # Last: both databases keep a long value beside the row, so looking at the columns before never reads megabytes.
    Column("bytes", LargeBinary, nullable=False),
    UniqueConstraint("kiosk", "journal_id", "seq", name="one_envelope_a_place"),
)

ADDRESSEE = Table(
    "addressee",
    METADATA,
    Column("key_id", _NAME, primary_key=True),
    Column("log_index", _NUMBER, ForeignKey("envelope.log_index"), primary_key=True),
    sqlite_with_rowid=False,
)

JOURNAL = Table(
    "journal",
    METADATA,
    Column("kiosk", _NAME, primary_key=True),
    Column("journal_id", _NAME, primary_key=True),
    Column("lowest_missing_seq", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# One row; who appends locks it first, so indexes have neither gap nor repeat.
LOG_HEAD = Table(
    "log_head",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("peaks", LargeBinary, nullable=False),
)

LOG_NODE = Table(
    "log_node",
    METADATA,
    Column("position", _NUMBER, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)

# The log was put back to a backup: what administrators stated about it, each signed by the device CA.
RESTORATION = Table(
    "restoration",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("statement", LargeBinary, nullable=False),
)

# The public log of a ballot box as it last gave it: what kiosks fetch and judge. Its first bringer owns its name.
BALLOT_LOG = Table(
    "ballot_log",
    METADATA,
    Column("origin", _NAME, primary_key=True),
    Column("key_id", _NAME, ForeignKey("agency.key_id"), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("checkpoint", LargeBinary, nullable=False),
    Column("leaves", LargeBinary, nullable=False),
)

# What contradicted the stored history: kept for the staff, once each.
CONFLICT = Table(
    "conflict",
    METADATA,
    Column("kiosk", _NAME, primary_key=True),
    Column("journal_id", _NAME, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("envelope_id", _ID, primary_key=True),
    Column("code", String(16), primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
)
