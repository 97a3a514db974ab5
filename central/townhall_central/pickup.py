# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How whoever opens envelopes picks them up from the centre: each once, safe to kill at any point.

What is done with an envelope is its desk's business. How far one has come, and over which envelope one died before,
stands in two tables that each desk's database has.
"""

from dataclasses import dataclass
from typing import Protocol, TypeVar

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)

from townhall_central.agencies import InboxItem, InboxPage
from townhall_central.database import Database
from townhall_central.errors import CentreUnreachableError

MAX_DEATHS = 3
"""After so many deaths over one envelope it is set aside: one that kills its reader must not stop all others."""

_Look = TypeVar("_Look")


class Line(Protocol):
    """Where envelopes come from."""

    def page(self, after: int) -> InboxPage:
        """Return the next envelopes after a log index."""

    def envelope(self, envelope_id: str) -> bytes:
        """Return one envelope, unverified."""


@dataclass(frozen=True, slots=True)
class Position:
    """The log index up to which every envelope was picked up, -1 at the beginning of an epoch of the centre's log."""

    epoch: int
    after: int


class Progress:
    """The two tables, as part of a database's metadata."""

    def __init__(self, metadata: MetaData) -> None:
        # Up to where the centre's log was gone through, and in which of its epochs: a restored log counts anew.
        self._position = Table(
            "position",
            metadata,
            Column("id", Integer, CheckConstraint("id = 1"), primary_key=True),
            Column("epoch", BigInteger, nullable=False),
            Column("after_index", BigInteger, nullable=False),
        )
        # How often one began to look at an envelope; more than once only where one died meanwhile.
        self._attempt = Table(
            "attempt",
            metadata,
            Column("envelope_id", String(64), primary_key=True),
            Column("begun", Integer, nullable=False),
        )

    def position(self, connection: Connection) -> Position:
        """Return how far one has come."""
        columns = self._position.c
        found = connection.execute(select(columns.epoch, columns.after_index)).first()
        return Position(0, -1) if found is None else Position(*found)

    def move(self, connection: Connection, to: Position) -> None:
        """Set how far one has come."""
        connection.execute(delete(self._position))
        connection.execute(insert(self._position).values(id=1, epoch=to.epoch, after_index=to.after))

    def begin_attempt(self, connection: Connection, envelope_id: str) -> int:
        """Note that one begins to look at an envelope; returns how often one began before."""
        row = self._attempt.c.envelope_id == envelope_id
        begun: int | None = connection.scalar(select(self._attempt.c.begun).where(row))
        if begun is None:
            connection.execute(insert(self._attempt).values(envelope_id=envelope_id, begun=1))
            return 0
        connection.execute(update(self._attempt).where(row).values(begun=begun + 1))
        return begun


class Desk(Protocol[_Look]):
    """What is done with an envelope: looked at without a transaction, then stored in one."""

    def is_known(self, connection: Connection, envelope_id: str) -> bool:
        """Tell whether an envelope was stored before."""

    def look(self, untrusted: bytes, item: InboxItem, deaths: int) -> _Look:
        """Return what came of a look at an envelope over which one died ``deaths`` times before; raises nothing."""

    def store(self, connection: Connection, look: _Look) -> None:
        """Store it; the same envelope is never stored twice."""


def pick_up(database: Database, line: Line, progress: Progress, desk: Desk[_Look]) -> None:
    """Give everything that came since the last time to ``desk``.

    Raises:
        CentreUnreachableError, CentreRefusedError: as `Line` does; everything before is stored.
    """
    while True:
        page = _next_page(database, line, progress)
        for item in page.items:
            with database.read() as connection:
                is_known = desk.is_known(connection, item.id)
            # A restored log names what came before once more.
            look = None if is_known else _look(database, line, progress, desk, item)
            with database.write() as connection:
                # Another worker on this database may have been quicker.
                if look is not None and not desk.is_known(connection, item.id):
                    desk.store(connection, look)
                progress.move(connection, Position(page.epoch, item.index))
        if page.is_last:
            return


def _look(database: Database, line: Line, progress: Progress, desk: Desk[_Look], item: InboxItem) -> _Look:
    untrusted = line.envelope(item.id)
    with database.write() as connection:
        deaths = progress.begin_attempt(connection, item.id)
    return desk.look(untrusted, item, deaths)


def _next_page(database: Database, line: Line, progress: Progress) -> InboxPage:
    """Return what follows, from the beginning where the centre's log was restored meanwhile."""
    with database.read() as connection:
        at = progress.position(connection)
    page = line.page(at.after)
    if page.epoch == at.epoch:
        return page
    with database.write() as connection:
        progress.move(connection, Position(page.epoch, -1))
    again = line.page(-1)
    if again.epoch != page.epoch:
        raise CentreUnreachableError("the centre's log is being restored")
    return again
