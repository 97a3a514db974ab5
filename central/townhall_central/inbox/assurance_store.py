# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far each case's document has come, in the database: what is done stays done, whatever is killed when."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    insert,
    select,
    update,
)

from townhall_central.errors import CaseUnknownError
from townhall_central.inbox.case import Assurance, Case, Level, Reason, ReasonLine, Verdict
from townhall_central.inbox.store import CASE, METADATA

ASSURANCE = Table(
    "assurance",
    METADATA,
    Column("case_number", Integer, ForeignKey("agency_case.number"), primary_key=True),
    Column("level", String(8), nullable=False),
    Column("verdict", String(32), nullable=False),
    # When to go on, Unix seconds; null: a person must decide, or nothing is left to do.
    Column("due_at", BigInteger, nullable=True),
    # How often the inbox began and ended with it; the difference is how often it died meanwhile.
    Column("begun", Integer, nullable=False),
    Column("ended", Integer, nullable=False),
    Column("failures", Integer, nullable=False),  # in a row
    Column("last_failure", String(16), nullable=False),
    Column("stamped_at", BigInteger, nullable=True),
    Column("revoked_at", BigInteger, nullable=True),
    Column("archive_until", BigInteger, nullable=True),
    Column("ocsp", LargeBinary, nullable=True),
    Column("document", LargeBinary, nullable=True),  # at its level; null at B-B: the case has it
)
Index("assurance_by_due", ASSURANCE.c.due_at)


@dataclass(frozen=True, slots=True)
class Progress:
    """One document on its way. Immutable: a step returns another one."""

    case_number: int
    claim: int
    """Which claim this is of: whoever was taken over stores nothing any more."""
    level: Level
    verdict: Verdict
    document: bytes = field(repr=False)
    deaths: int
    failures: int
    last_failure: str = ""
    due_at: int | None = None
    stamped_at: int | None = None
    revoked_at: int | None = None
    archive_until: int | None = None
    ocsp: bytes | None = field(default=None, repr=False)


def enlist(connection: Connection, now: int) -> None:
    """Begin with every case that has a document and was not begun with."""
    known = select(ASSURANCE.c.case_number)
    waiting = select(CASE.c.number).where(CASE.c.document.is_not(None), CASE.c.number.not_in(known))
    rows = [
        {
            "case_number": number,
            "level": Level.B.value,
            "verdict": Verdict.PROVISIONAL.value,
            "due_at": now,
            "begun": 0,
            "ended": 0,
            "failures": 0,
            "last_failure": "",
        }
        for number in connection.scalars(waiting)
    ]
    if rows:
        connection.execute(insert(ASSURANCE), rows)


def claim(connection: Connection, now: int, lease_s: int) -> Progress | None:
    """Take the document that is due longest; nobody else gets it before the lease is over."""
    columns = (*ASSURANCE.c, CASE.c.document.label("signed"))
    due = (
        select(*columns)
        .join(CASE, CASE.c.number == ASSURANCE.c.case_number)
        .where(ASSURANCE.c.due_at <= now)
        .order_by(ASSURANCE.c.due_at, ASSURANCE.c.case_number)
        .limit(1)
    )
    row = connection.execute(due).first()
    if row is None:
        return None
    taken = {"due_at": now + lease_s, "begun": row.begun + 1}
    connection.execute(update(ASSURANCE).where(ASSURANCE.c.case_number == row.case_number).values(**taken))
    return Progress(
        case_number=row.case_number,
        claim=taken["begun"],
        level=Level(row.level),
        verdict=Verdict(row.verdict),
        document=row.signed if row.document is None else row.document,
        deaths=row.begun - row.ended,
        failures=row.failures,
        stamped_at=row.stamped_at,
        revoked_at=row.revoked_at,
        archive_until=row.archive_until,
        ocsp=row.ocsp,
    )


def store_progress(connection: Connection, progress: Progress, *, is_over: bool) -> bool:
    """Store what a step has reached; ``is_over``: the inbox lets go of it for now.

    Returns whether it is stored: not if the lease ran out and another has taken the document over.
    """
    values = {
        "level": progress.level.value,
        "verdict": progress.verdict.value,
        "failures": progress.failures,
        "last_failure": progress.last_failure,
        "stamped_at": progress.stamped_at,
        "revoked_at": progress.revoked_at,
        "archive_until": progress.archive_until,
        "ocsp": progress.ocsp,
        "document": None if progress.level is Level.B else progress.document,
    }
    is_ours = (ASSURANCE.c.case_number == progress.case_number, ASSURANCE.c.begun == progress.claim)
    statement = update(ASSURANCE).where(*is_ours).values(**values)
    if is_over:
        statement = statement.values(due_at=progress.due_at, ended=ASSURANCE.c.begun)
    return connection.execute(statement).rowcount == 1


def retry(connection: Connection, case_number: int, now: int) -> None:
    """Begin again with a document that was given up, at the level that it has; raises CaseUnknownError."""
    statement = update(ASSURANCE).where(ASSURANCE.c.case_number == case_number, ASSURANCE.c.due_at.is_(None))
    values = {"due_at": now, "verdict": Verdict.PROVISIONAL.value, "failures": 0, "ended": ASSURANCE.c.begun}
    if connection.execute(statement.values(**values)).rowcount != 1:
        raise CaseUnknownError(f"no document of a case {case_number} was given up")


def flag(connection: Connection, case_number: int, reason: Reason, detail: str) -> None:
    """Make the case one that a person must look at, once for each reason."""
    shown = connection.scalar(select(CASE.c.shown).where(CASE.c.number == case_number))
    case = msgspec.json.decode(shown, type=Case) if shown is not None else None
    if case is None or any(line.code == reason.code for line in case.reasons):
        return
    reasons = [*case.reasons, ReasonLine(reason.code, reason.what, detail)]
    flagged = msgspec.structs.replace(case, state="needs attention", reasons=reasons)
    values = {"state": flagged.state, "shown": msgspec.json.encode(flagged)}
    connection.execute(update(CASE).where(CASE.c.number == case_number).values(**values))


def read_assurance(connection: Connection, case_number: int) -> Assurance | None:
    """Return how far a case's document has come; None: it has none."""
    row = connection.execute(select(ASSURANCE).where(ASSURANCE.c.case_number == case_number)).first()
    if row is not None:
        return _shown(row)
    has_document = connection.scalar(select(CASE.c.document.is_not(None)).where(CASE.c.number == case_number))
    return Assurance() if has_document else None


def read_archived(connection: Connection, case_number: int) -> bytes:
    """Return the document at the level that it has reached; raises CaseUnknownError where it is still as it came."""
    statement = select(ASSURANCE.c.document).where(ASSURANCE.c.case_number == case_number)
    document: bytes | None = connection.scalar(statement)
    if document is None:
        raise CaseUnknownError(f"the document of case {case_number} has got no proof yet")
    return document


def _shown(row: Row[tuple[object, ...]]) -> Assurance:
    return Assurance(
        level=Level(row.level),
        verdict=Verdict(row.verdict),
        stamped_at=_time(row.stamped_at),
        revoked_at=_time(row.revoked_at),
        archive_until=_time(row.archive_until),
        last_failure=row.last_failure,
    )


def _time(seconds: int | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat()
