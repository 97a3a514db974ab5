# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the eligibility board keeps: statements as judged, devices' hours, paper voters, people's decisions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    insert,
    select,
    update,
)
from sqlalchemy import delete as delete_rows

from townhall_central.errors import VoteStateError
from townhall_central.schema import Schema
from townhall_central.vote.tables import BoardTables
from townhall_voting.eligibility.duplicates import Candidate, OpeningHours, Pseudonym
from townhall_voting.hashing import Fingerprint, HexHash

MAX_NAME: Final = 128
MAX_WHY: Final = 1000
METADATA = MetaData()
# Who changes a table adds a migration to migrations/eligibility and names it here.
SCHEMA = Schema("eligibility", METADATA, "0001")
TABLES: Final = BoardTables.in_metadata(METADATA)

_STATEMENT = Table(
    "statement",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("device", String(128), nullable=False),
    Column("container", LargeBinary, nullable=False),
    Column("standing", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("place", String(64), nullable=False),
    Column("election", String(43), nullable=False),
    Column("ballot", String(43), nullable=False),
    Column("person", LargeBinary, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
)

_DEVICE = Table(
    "device",
    METADATA,
    Column("name", String(128), primary_key=True),
    Column("opened", BigInteger, nullable=False),
    Column("closed", BigInteger, nullable=False),
    Column("made", BigInteger, nullable=False),
)

_PAPER = Table("paper_voter", METADATA, Column("person", LargeBinary, primary_key=True))

_DECISION = Table(
    "decision",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("counts", Integer, nullable=False),
    Column("first_officer", String(MAX_NAME), nullable=False),
    Column("second_officer", String(MAX_NAME), nullable=False),
    Column("why", String(MAX_WHY), nullable=False),
)

# What the board said at the close: once said it is said again byte for byte.
_SETTLEMENT = Table(
    "settlement",
    METADATA,
    Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
    Column("accepted", LargeBinary, nullable=False),
    Column("report", LargeBinary, nullable=False),
)


class Standing(Enum):
    """How a statement stands; the value is its name in the database."""

    GOOD = "good"
    OPEN = "open"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Judged:
    """A statement as it stands. ``candidate`` is None where it can never count."""

    sha256: HexHash
    device: str
    container: bytes = field(repr=False)
    standing: Standing
    reason: str = ""
    place: str = ""
    election: str = ""
    candidate: Candidate | None = None


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What a device said of itself: Unix seconds of opening and closing (0: open), and how many statements it made."""

    name: str
    opened: int
    closed: int
    made: int

    def hours(self, until: int) -> OpeningHours:
        """Return between which times its statements were made; ``until`` holds where it has not closed."""
        return OpeningHours(self.opened, self.closed or until)


@dataclass(frozen=True, slots=True)
class Decision:
    """What two officers decided about an open statement."""

    counts: bool
    first_officer: str
    second_officer: str
    why: str


@dataclass(frozen=True, slots=True)
class Settlement:
    """The signed files of the close."""

    accepted: bytes = field(repr=False)
    report: bytes = field(repr=False)


def store_statement(connection: Connection, judged: Judged) -> None:
    """Store or judge anew one statement; the same one is never stored twice.

    One that another device delivered before is taken over only if it is bad there: a device that delivers what another
    made spoils nothing.
    """
    before = connection.execute(
        select(_STATEMENT.c.device, _STATEMENT.c.standing).where(_STATEMENT.c.sha256 == judged.sha256)
    ).first()
    if before is not None and before.device != judged.device:
        is_better = judged.standing is not Standing.BAD and before.standing == Standing.BAD.value
        if not is_better:
            return
    candidate = judged.candidate
    row = {
        "device": judged.device,
        "container": judged.container,
        "standing": judged.standing.value,
        "reason": judged.reason,
        "place": judged.place,
        "election": judged.election,
        "ballot": candidate.ballot if candidate else "",
        "person": candidate.person if candidate else b"",
        "time": candidate.time if candidate else 0,
        "seq": candidate.seq if candidate else 0,
    }
    if before is None:
        connection.execute(insert(_STATEMENT).values(sha256=judged.sha256, **row))
    else:
        connection.execute(update(_STATEMENT).where(_STATEMENT.c.sha256 == judged.sha256).values(**row))


def read_statements(connection: Connection) -> list[Judged]:
    """Return every statement, sorted by its hash."""
    return [
        Judged(
            HexHash(row.sha256),
            row.device,
            row.container,
            Standing(row.standing),
            row.reason,
            row.place,
            row.election,
            Candidate(
                HexHash(row.sha256), Pseudonym(row.person), Fingerprint(row.ballot), row.device, row.time, row.seq
            )
            if row.ballot
            else None,
        )
        for row in connection.execute(select(_STATEMENT).order_by(_STATEMENT.c.sha256))
    ]


def read_device(connection: Connection, name: str) -> DeviceState | None:
    """Return what a device said of itself, if anything."""
    row = connection.execute(select(_DEVICE).where(_DEVICE.c.name == name)).first()
    return None if row is None else DeviceState(*row)


def read_devices(connection: Connection) -> list[DeviceState]:
    """Return what every device said of itself, by name."""
    return [DeviceState(*row) for row in connection.execute(select(_DEVICE).order_by(_DEVICE.c.name))]


def store_device(connection: Connection, state: DeviceState) -> None:
    """Store what a device says of itself, in the place of what it said before."""
    connection.execute(delete_rows(_DEVICE).where(_DEVICE.c.name == state.name))
    row = {"name": state.name, "opened": state.opened, "closed": state.closed, "made": state.made}
    connection.execute(insert(_DEVICE).values(**row))


def store_paper_voter(connection: Connection, person: Pseudonym) -> None:
    """Store that somebody voted on paper; storing it again is harmless."""
    if connection.scalar(select(_PAPER.c.person).where(_PAPER.c.person == person)) is None:
        connection.execute(insert(_PAPER).values(person=person))


def read_paper_voters(connection: Connection) -> frozenset[Pseudonym]:
    """Return everybody who voted on paper."""
    return frozenset(Pseudonym(person) for person in connection.scalars(select(_PAPER.c.person)))


def store_decision(connection: Connection, sha256: HexHash, decision: Decision) -> None:
    """Store what was decided about an open statement.

    Raises:
        VoteStateError: there is no such open statement, it is decided already, or the board has settled.
    """
    standing = connection.scalar(select(_STATEMENT.c.standing).where(_STATEMENT.c.sha256 == sha256))
    if standing != Standing.OPEN.value or sha256 in read_decisions(connection) or read_settlement(connection):
        raise VoteStateError("no open statement has this hash")
    row = {
        "counts": int(decision.counts),
        "first_officer": decision.first_officer,
        "second_officer": decision.second_officer,
        "why": decision.why,
    }
    connection.execute(insert(_DECISION).values(sha256=sha256, **row))


def read_decisions(connection: Connection) -> dict[HexHash, Decision]:
    """Return every decision by the statement's hash."""
    rows: Sequence[tuple[str, int, str, str, str]] = [tuple(row) for row in connection.execute(select(_DECISION))]
    return {HexHash(sha256): Decision(bool(counts), first, second, why) for sha256, counts, first, second, why in rows}


def store_settlement(connection: Connection, settlement: Settlement) -> None:
    """Store the signed files of the close; the caller has seen that there are none."""
    connection.execute(insert(_SETTLEMENT).values(id=1, accepted=settlement.accepted, report=settlement.report))


def read_settlement(connection: Connection) -> Settlement | None:
    """Return the signed files of the close, if the board has settled."""
    row = connection.execute(select(_SETTLEMENT.c.accepted, _SETTLEMENT.c.report)).first()
    return None if row is None else Settlement(*row)
