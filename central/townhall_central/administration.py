# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What administrators ask of the centre's database beyond enrolment: agencies, and what waits or is wrong."""

from pathlib import Path

import msgspec
from sqlalchemy import Connection, func, select

from townhall_central import agencies, enrolment, log
from townhall_central.database import Database
from townhall_central.errors import AgencyFileError
from townhall_central.tables import CODE, CONFLICT, ENVELOPE, JOURNAL, KIOSK

_MAX_FILE = 64 * 1024


class WaitingLine(msgspec.Struct, frozen=True):
    """A kiosk that asked and waits for a second administrator."""

    id: str
    kiosk: str
    requested_at: int
    code_by: str


class JournalLine(msgspec.Struct, frozen=True):
    """One journal: from which seq on something is missing, and how many envelopes came."""

    kiosk: str
    journal_id: str
    lowest_missing_seq: int
    envelopes: int
    quarantined: int


class ConflictLine(msgspec.Struct, frozen=True):
    """An envelope that was refused because it contradicts the stored history."""

    kiosk: str
    journal_id: str
    seq: int
    envelope_id: str
    code: str
    seen_at: int


class Status(msgspec.Struct, frozen=True):
    """The centre at a glance."""

    log_size: int
    kiosks: list[str]
    waiting: list[WaitingLine]
    blocked_codes: list[str]
    journals: list[JournalLine]
    conflicts: list[ConflictLine]


def status(database: Database) -> str:
    """Return the centre at a glance as JSON."""
    with database.read() as connection:
        found = Status(
            log_size=log.read_head(connection).size,
            kiosks=list(connection.scalars(select(KIOSK.c.name).order_by(KIOSK.c.name))),
            waiting=[WaitingLine(e.id, e.kiosk, e.requested_at, e.code_by) for e in enrolment.waiting(connection)],
            blocked_codes=_blocked_codes(connection),
            journals=_journals(connection),
            conflicts=[ConflictLine(*row) for row in connection.execute(select(CONFLICT).order_by(CONFLICT.c.seen_at))],
        )
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()


def add_agency(database: Database, file: Path, *, by: str, now: int) -> str:
    """Let an agency in; returns its key id. Raises AgencyFileError."""
    try:
        with file.open("rb") as opened:
            content = opened.read(_MAX_FILE)
    except OSError as exc:
        raise AgencyFileError("the file cannot be read") from exc
    with database.write() as connection:
        return agencies.add(connection, content, by=by, now=now)


def agency_lines(database: Database) -> list[str]:
    """Return key id and name of each agency, a line each."""
    with database.read() as connection:
        return [f"{key_id}  {name}" for key_id, name in agencies.names(connection)]


def _blocked_codes(connection: Connection) -> list[str]:
    statement = select(CODE.c.kiosk).where(CODE.c.wrong_proofs >= enrolment.MAX_WRONG_PROOFS).distinct()
    return sorted(connection.scalars(statement))


def _journals(connection: Connection) -> list[JournalLine]:
    quarantined = func.count().filter(ENVELOPE.c.status == "quarantined")
    statement = (
        select(JOURNAL.c.kiosk, JOURNAL.c.journal_id, JOURNAL.c.lowest_missing_seq, func.count(), quarantined)
        .join(ENVELOPE, (ENVELOPE.c.kiosk == JOURNAL.c.kiosk) & (ENVELOPE.c.journal_id == JOURNAL.c.journal_id))
        .group_by(JOURNAL.c.kiosk, JOURNAL.c.journal_id, JOURNAL.c.lowest_missing_seq)
        .order_by(JOURNAL.c.kiosk, JOURNAL.c.journal_id)
    )
    return [JournalLine(*row) for row in connection.execute(statement)]
