# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far each kiosk's journal has come without a gap: what the centre tells a kiosk to send next."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, bindparam, insert, select, update

from townhall_central.tables import ENVELOPE, JOURNAL

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


def lowest_missing(connection: Connection, kiosk: str, journal_id: str) -> int:
    """Return the lowest seq that is missing in a journal: 1 where nothing of it is known."""
    return connection.scalar(_LOWEST, {"of_kiosk": kiosk, "of_journal": journal_id}) or 1


def advance(connection: Connection, kiosk: str, journal_id: str, stored: Sequence[int], *, is_followed: bool) -> int:
    """Return the lowest missing seq now that `stored` are there; each seq is passed over once in a journal's life.

    `stored`: one or more, ascending. `is_followed`: whether the one after the last is stored already.
    """
    of = {"of_kiosk": kiosk, "of_journal": journal_id}
    step = {**of, "lowest": stored[0], "end": stored[-1] + 1}
    is_one_stretch = stored[-1] + 1 - stored[0] == len(stored)
    # At once for what nearly always comes: what was missed, with nothing after it.
    if is_one_stretch and not is_followed and connection.execute(_ADVANCE, step).rowcount:
        return stored[-1] + 1
    lowest: int | None = connection.scalar(_LOWEST, of)
    if lowest is None:
        lowest = 1
        connection.execute(_INSERT, {"kiosk": kiosk, "journal_id": journal_id, "lowest_missing_seq": lowest})
    if lowest not in stored:
        return lowest
    end = _end_of_run(connection, of, lowest + 1)
    connection.execute(_ADVANCE, {**of, "lowest": lowest, "end": end})
    return end


def _end_of_run(connection: Connection, of: Mapping[str, str], start: int) -> int:
    """Return the first seq from `start` on that is not stored."""
    end = start
    while True:
        found = connection.scalars(_FOLLOWING, {**of, "start": end}).all()
        gap = next((seq for seq, stored in enumerate(found, end) if seq != stored), None)
        if gap is not None:
            return gap
        end += len(found)
        if len(found) < _RUN:
            return end
