# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far each kiosk's journal has come without a gap: what the centre tells a kiosk to send next."""

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from townhall_central.tables import ENVELOPE, JOURNAL
from townhall_crypto.envelope import OuterHeader

_RUN = 1000

_IS_JOURNAL = and_(JOURNAL.c.kiosk == bindparam("of_kiosk"), JOURNAL.c.journal_id == bindparam("of_journal"))
_LOWEST = select(JOURNAL.c.lowest_missing_seq).where(_IS_JOURNAL)
_ADVANCE = (
    update(JOURNAL)
    .where(_IS_JOURNAL, JOURNAL.c.lowest_missing_seq == bindparam("lowest"))
    .values(lowest_missing_seq=bindparam("end"))
)
_INSERT = insert(JOURNAL)
_FOLLOWING = (
    select(ENVELOPE.c.seq)
    .where(
        ENVELOPE.c.kiosk == bindparam("of_kiosk"),
        ENVELOPE.c.journal_id == bindparam("of_journal"),
        ENVELOPE.c.seq >= bindparam("start"),
    )
    .order_by(ENVELOPE.c.seq)
    .limit(_RUN)
)


def lowest_missing(connection: Connection, header: OuterHeader) -> int:
    """Return the lowest seq that is missing in the journal of `header`: 1 where nothing of it is known."""
    return connection.scalar(_LOWEST, _journal(header)) or 1


def advance(connection: Connection, header: OuterHeader, *, is_followed: bool) -> int:
    """Return the lowest missing seq now that `header` is stored; each seq is passed over once in a journal's life.

    `is_followed`: whether the envelope after it is stored already.
    """
    step = {**_journal(header), "lowest": header.seq, "end": header.seq + 1}
    # At once for what nearly always comes: the envelope that was missed, with nothing after it.
    if not is_followed and connection.execute(_ADVANCE, step).rowcount:
        return header.seq + 1
    lowest: int | None = connection.scalar(_LOWEST, _journal(header))
    if lowest is None:
        lowest = 1
        new = {"kiosk": header.kiosk, "journal_id": header.journal_id, "lowest_missing_seq": lowest}
        connection.execute(_INSERT, new)
    if header.seq != lowest:
        return lowest
    end = _end_of_run(connection, header, lowest + 1)
    connection.execute(_ADVANCE, {**step, "end": end})
    return end


def _journal(header: OuterHeader) -> dict[str, str]:
    return {"of_kiosk": header.kiosk, "of_journal": header.journal_id}


def _end_of_run(connection: Connection, header: OuterHeader, start: int) -> int:
    """Return the first seq from `start` on that is not stored."""
    end = start
    while True:
        found = connection.scalars(_FOLLOWING, {**_journal(header), "start": end}).all()
        gap = next((seq for seq, stored in enumerate(found, end) if seq != stored), None)
        if gap is not None:
            return gap
        end += len(found)
        if len(found) < _RUN:
            return end
