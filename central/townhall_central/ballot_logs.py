# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Public logs of ballot boxes at the centre, which hands them on to kiosks and judges nothing: each kiosk does.

A box's newest word replaces the one before, be it older: a centre that sorted out what does not fit would hide from
kiosks the very thing that they watch for.
"""

import re

from sqlalchemy import Connection, insert, select, update

from townhall_central.errors import MalformedRequestError, NotYoursError
from townhall_central.tables import BALLOT_LOG
from townhall_sync.ballot_log import MAX_LEAVES, ORIGIN, PAGE_LEAVES, BallotLogPart, part_of
from townhall_sync.errors import MessageMalformedError


def put(connection: Connection, key_id: str, part: BallotLogPart, now: int) -> None:
    """Keep what an agency gives as its log; the first line of the checkpoint is the log's name.

    Raises:
        MalformedRequestError: not a whole log.
        NotYoursError: another agency's log has that name.
    """
    origin = part.checkpoint.partition("\n")[0]
    try:
        leaves = part.hashes()
    except MessageMalformedError as exc:
        raise MalformedRequestError from exc
    if part.start or not re.fullmatch(ORIGIN, origin):
        raise MalformedRequestError
    owner = connection.scalar(select(BALLOT_LOG.c.key_id).where(BALLOT_LOG.c.origin == origin))
    row = {"key_id": key_id, "received_at": now, "checkpoint": part.checkpoint.encode(), "leaves": leaves}
    if owner is None:
        connection.execute(insert(BALLOT_LOG).values(origin=origin, **row))
    elif owner == key_id:
        connection.execute(update(BALLOT_LOG).where(BALLOT_LOG.c.origin == origin).values(row))
    else:
        raise NotYoursError


def page(connection: Connection, origin: str, start: int) -> BallotLogPart | None:
    """Return the log of that name from leaf `start` on, as much as one message holds; None where there is none."""
    found = connection.execute(
        select(BALLOT_LOG.c.checkpoint, BALLOT_LOG.c.leaves).where(BALLOT_LOG.c.origin == origin)
    ).first()
    return None if found is None else part_of(found.checkpoint.decode(), found.leaves, start, PAGE_LEAVES)


def all_whole(connection: Connection) -> list[tuple[str, BallotLogPart]]:
    """Return every log by its name, whole: what a stick carries."""
    rows = connection.execute(select(BALLOT_LOG.c.origin, BALLOT_LOG.c.checkpoint, BALLOT_LOG.c.leaves))
    return [(row.origin, part_of(row.checkpoint.decode(), row.leaves, 0, MAX_LEAVES)) for row in rows]
