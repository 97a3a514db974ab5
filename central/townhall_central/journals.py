# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far each kiosk's journal has come without a gap: what the centre tells a kiosk to send next."""

from sqlalchemy import ColumnElement, Connection, and_, insert, select, update

from townhall_central.tables import ENVELOPE, JOURNAL
from townhall_crypto.envelope import OuterHeader

_RUN = 1000


def lowest_missing(connection: Connection, header: OuterHeader) -> int:
    """Return the lowest seq that is missing in the journal of `header`: 1 where nothing of it is known."""
    return connection.scalar(select(JOURNAL.c.lowest_missing_seq).where(_is_journal(header))) or 1


def advance(connection: Connection, header: OuterHeader) -> int:
    """Return the lowest missing seq now that `header` is stored; each seq is passed over once in a journal's life."""
    lowest = connection.scalar(select(JOURNAL.c.lowest_missing_seq).where(_is_journal(header)))
    if lowest is None:
        lowest = 1
        new = {"kiosk": header.kiosk, "journal_id": header.journal_id, "lowest_missing_seq": lowest}
        connection.execute(insert(JOURNAL).values(**new))
    if header.seq != lowest:
        return lowest
    end = lowest + 1
    while (further := _end_of_run(connection, header, end)) != end:
        end = further
    connection.execute(update(JOURNAL).where(_is_journal(header)).values(lowest_missing_seq=end))
    return end


def _is_journal(header: OuterHeader) -> ColumnElement[bool]:
    return and_(JOURNAL.c.kiosk == header.kiosk, JOURNAL.c.journal_id == header.journal_id)


def _end_of_run(connection: Connection, header: OuterHeader, start: int) -> int:
    is_ours = and_(ENVELOPE.c.kiosk == header.kiosk, ENVELOPE.c.journal_id == header.journal_id)
    statement = select(ENVELOPE.c.seq).where(is_ours, ENVELOPE.c.seq >= start).order_by(ENVELOPE.c.seq).limit(_RUN)
    for seq in connection.scalars(statement):
        if seq != start:
            break
        start += 1
    return start
