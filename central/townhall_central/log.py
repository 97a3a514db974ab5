# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The centre's log in the database: appending under its lock, its head, and consistency proofs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from townhall_central import log_tree
from townhall_central.log_tree import HASH_BYTES, Appended
from townhall_central.tables import LOG_HEAD, LOG_NODE, RESTORATION
from townhall_crypto.checkpoint import Checkpoint
from townhall_sync import wire

_READ_HEAD = select(LOG_HEAD.c.size, LOG_HEAD.c.peaks)
_LOCK_HEAD = _READ_HEAD.with_for_update()
_UPDATE_HEAD = update(LOG_HEAD).values(size=bindparam("new_size"), peaks=bindparam("new_peaks"))
_INSERT_NODE = insert(LOG_NODE)
_NEWEST_RESTORATIONS = select(RESTORATION.c.statement).order_by(RESTORATION.c.number.desc()).limit(64)


@dataclass(frozen=True, slots=True)
class LogHead:
    """How long the log is, and its peaks."""

    size: int
    peaks: tuple[bytes, ...]

    def checkpoint(self, origin: str) -> Checkpoint:
        """Return what is signed about this state."""
        return Checkpoint(origin=origin, size=self.size, root=log_tree.fold_peaks(self.peaks))


def create_log(connection: Connection) -> None:
    """Write the head of the empty log."""
    connection.execute(insert(LOG_HEAD).values(id=1, size=0, peaks=b""))


def read_head(connection: Connection) -> LogHead:
    """Return the head as this transaction sees it."""
    return _head(connection.execute(_READ_HEAD).one())


def lock_head(connection: Connection) -> LogHead:
    """Return the head and keep every other writer out until this transaction ends."""
    # SQLite's transactions begin locked (see database.py) and it ignores FOR UPDATE; PostgreSQL needs it.
    return _head(connection.execute(_LOCK_HEAD).one())


def append(connection: Connection, head: LogHead, leaf_hashes: Sequence[bytes]) -> Appended:
    """Append leaves to the locked log and return their places, the new root and their proofs."""
    appended = log_tree.append(head.size, head.peaks, leaf_hashes)
    connection.execute(_INSERT_NODE, [{"position": number, "hash": value} for number, value in appended.nodes.items()])
    connection.execute(_UPDATE_HEAD, {"new_size": appended.size, "new_peaks": b"".join(appended.peaks)})
    return appended


def consistency_proof(connection: Connection, first: int, second: int) -> tuple[bytes, ...]:
    """Return the proof that the log at size `second` continues the log at `first`; 0 <= first <= second <= size.

    The empty log is the beginning of every log, so its proof is empty.
    """
    if first == 0:
        return ()

    def fetch(positions: Sequence[int]) -> Mapping[int, bytes]:
        statement = select(LOG_NODE.c.position, LOG_NODE.c.hash).where(LOG_NODE.c.position.in_(positions))
        return dict(connection.execute(statement).all())

    return log_tree.hash_ranges(log_tree.consistency_ranges(first, second), fetch)


def restorations(connection: Connection) -> wire.Restorations:
    """Return the administrators' newest statements about restored backups, newest last."""
    newest = connection.scalars(_NEWEST_RESTORATIONS).all()
    return wire.Restorations(restorations=tuple(wire.read(wire.SignedRestoration, each) for each in reversed(newest)))


def epoch(connection: Connection) -> int:
    """Return a number that changes with each restored backup: when the newest was restored, 0 before the first."""
    stated = restorations(connection).restorations
    return stated[-1].body.restored_at if stated else 0


def state_restoration(connection: Connection, signed: wire.SignedRestoration) -> None:
    """Keep a statement for the kiosks."""
    connection.execute(insert(RESTORATION).values(statement=wire.to_json(signed)))


def _head(row: Row[int, bytes]) -> LogHead:
    size, peaks = row
    return LogHead(size, tuple(peaks[at : at + HASH_BYTES] for at in range(0, len(peaks), HASH_BYTES)))
