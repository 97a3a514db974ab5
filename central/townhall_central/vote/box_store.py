# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the ballot box keeps: ballots, opened ballots, what devices say of themselves, the lines of its public log."""

from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    func,
    insert,
    select,
)
from sqlalchemy import delete as delete_rows

from townhall_central.schema import Schema
from townhall_central.vote.tables import BoardTables
from townhall_voting.eligibility.batches import CheckedBallot
from townhall_voting.hashing import Fingerprint

METADATA = MetaData()
# Who changes a table adds a migration to migrations/ballotbox and names it here.
SCHEMA = Schema("ballotbox", METADATA, "0001")
TABLES: Final = BoardTables.in_metadata(METADATA)

_BALLOT = Table(
    "ballot",
    METADATA,
    Column("ballot", String(43), primary_key=True),
    Column("election", String(43), nullable=False),
    Column("credential_sha256", String(64), nullable=False, index=True),
    Column("data", LargeBinary, nullable=False),
)

# What came and is no ballot, or contradicts one: kept as evidence.
_REFUSED = Table(
    "refused",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

_CHECKED = Table(
    "checked", METADATA, Column("ballot", String(43), primary_key=True), Column("code", String(4096), nullable=False)
)

_DEVICE = Table(
    "device",
    METADATA,
    Column("name", String(128), primary_key=True),
    Column("cast_count", BigInteger, nullable=False),
    Column("checked_count", BigInteger, nullable=False),
    Column("is_final", Integer, nullable=False),
)

_LINE = Table(
    "log_line", METADATA, Column("number", BigInteger, primary_key=True), Column("line", LargeBinary, nullable=False)
)


@dataclass(frozen=True, slots=True)
class StoredBallot:
    """A ballot that was checked before it was stored."""

    ballot: Fingerprint
    election: Fingerprint
    credential_sha256: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class BoxDevice:
    """What a device says of itself: how many ballots were cast and opened there, and whether nothing follows."""

    name: str
    cast: int
    checked: int
    is_final: bool


def read_ballot(connection: Connection, ballot: Fingerprint) -> StoredBallot | None:
    """Return a ballot by its h, if it is there."""
    row = connection.execute(select(_BALLOT).where(_BALLOT.c.ballot == ballot)).first()
    return None if row is None else StoredBallot(*row)


def read_ballots(connection: Connection, election: Fingerprint) -> list[bytes]:
    """Return every ballot of an election, sorted by h."""
    rows = select(_BALLOT.c.data).where(_BALLOT.c.election == election).order_by(_BALLOT.c.ballot)
    return list(connection.scalars(rows))


def has_credential(connection: Connection, credential_sha256: str) -> bool:
    """Tell whether a ballot of that voting key is there."""
    rows = select(_BALLOT.c.ballot).where(_BALLOT.c.credential_sha256 == credential_sha256)
    return connection.execute(rows).first() is not None


def store_ballot(connection: Connection, ballot: StoredBallot) -> None:
    """Store a ballot whose h is not there yet."""
    row = {
        "ballot": ballot.ballot,
        "election": ballot.election,
        "credential_sha256": ballot.credential_sha256,
        "data": ballot.data,
    }
    connection.execute(insert(_BALLOT).values(**row))


def count_received(connection: Connection) -> int:
    """Return how many ballots came, those that were refused among them."""
    counts = (connection.scalar(select(func.count()).select_from(table)) for table in (_BALLOT, _REFUSED))
    return sum(count or 0 for count in counts)


def store_refused(connection: Connection, sha256: str, data: bytes) -> None:
    """Keep what was refused, once."""
    if connection.scalar(select(_REFUSED.c.sha256).where(_REFUSED.c.sha256 == sha256)) is None:
        connection.execute(insert(_REFUSED).values(sha256=sha256, data=data))


def read_checked(connection: Connection) -> list[CheckedBallot]:
    """Return every opened ballot, sorted by h."""
    return [CheckedBallot(Fingerprint(h), code) for h, code in connection.execute(select(_CHECKED).order_by("ballot"))]


def is_checked(connection: Connection, ballot: Fingerprint) -> bool:
    """Tell whether a ballot was opened."""
    return connection.scalar(select(_CHECKED.c.ballot).where(_CHECKED.c.ballot == ballot)) is not None


def store_checked(connection: Connection, checked: CheckedBallot) -> None:
    """Store an opened ballot that is not there yet."""
    connection.execute(insert(_CHECKED).values(ballot=checked.ballot, code=checked.code))


def forget_checked(connection: Connection, ballot: Fingerprint) -> None:
    """Forget that a ballot is said to be opened, if it is."""
    connection.execute(delete_rows(_CHECKED).where(_CHECKED.c.ballot == ballot))


def read_devices(connection: Connection) -> list[BoxDevice]:
    """Return what every device says of itself, by name."""
    rows = connection.execute(select(_DEVICE).order_by(_DEVICE.c.name))
    return [BoxDevice(name, cast, checked, bool(is_final)) for name, cast, checked, is_final in rows]


def store_device(connection: Connection, device: BoxDevice) -> None:
    """Store what a device says of itself, in the place of what it said before."""
    connection.execute(delete_rows(_DEVICE).where(_DEVICE.c.name == device.name))
    row = {"cast_count": device.cast, "checked_count": device.checked, "is_final": int(device.is_final)}
    connection.execute(insert(_DEVICE).values(name=device.name, **row))


def append_line(connection: Connection, line: bytes) -> None:
    """Add one line to the public log."""
    last = connection.scalar(select(func.max(_LINE.c.number)))
    connection.execute(insert(_LINE).values(number=0 if last is None else last + 1, line=line))


def read_last_line(connection: Connection) -> bytes | None:
    """Return the public log's last line, None where it has none."""
    return connection.scalar(select(_LINE.c.line).order_by(_LINE.c.number.desc()).limit(1))


def read_lines(connection: Connection) -> list[bytes]:
    """Return the public log's lines in their order."""
    return list(connection.scalars(select(_LINE.c.line).order_by(_LINE.c.number)))
