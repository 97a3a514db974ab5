# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The journal's tables in SQLite: the only file that knows SQL. It stores and reads; what it means is ``journal``'s.

One connection in one thread, with an exclusive lock: the WAL-reset corruption of SQLite before 3.51.3 needs two
connections, and Debian 12 has 3.40.1. ``synchronous=FULL`` makes COMMIT return after the WAL is on the disk. The WAL is
folded by us and not by SQLite, which would keep a failure of that to itself.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlite_utils import Database

from townhall_sync.durable import rewrite, sync_directory, translated_os_errors
from townhall_sync.errors import (
    JournalCorruptError,
    JournalFaultError,
    JournalForeignError,
    JournalFullError,
    JournalInUseError,
    JournalReadOnlyError,
    OutOfServiceError,
)
from townhall_sync.journal_rows import EnvelopeRow, OutboxRow, PayloadRow

SCHEMA: Final = 1
_LOCK_WAIT_S: Final = 2.0
_PAGE_BYTES: Final = 4096

_PRAGMAS: Final = (
    "PRAGMA locking_mode=EXCLUSIVE",  # before WAL: then there is no shared-memory file
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA wal_autocheckpoint=0",
    "PRAGMA secure_delete=ON",
    "PRAGMA mmap_size=0",  # a mapped file turns a disk fault into SIGBUS
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA temp_store=MEMORY",
)

# migrations[n] leads from user_version n to n + 1.
_MIGRATIONS: Final = (
    """
    CREATE TABLE log (idx INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
    CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), note BLOB NOT NULL) STRICT;
    CREATE TABLE envelope (
        seq INTEGER PRIMARY KEY, header BLOB NOT NULL, signature BLOB NOT NULL, checkpoint BLOB NOT NULL
    ) STRICT;
    CREATE TABLE payload (seq INTEGER PRIMARY KEY, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE outbox (seq INTEGER PRIMARY KEY, is_isolated INTEGER NOT NULL) STRICT;
    CREATE TABLE receipt (seq INTEGER PRIMARY KEY, signed BLOB NOT NULL) STRICT;
    CREATE TABLE centre (id INTEGER PRIMARY KEY CHECK (id = 1), note BLOB NOT NULL) STRICT;
    """,
)


class JournalStore:
    """An open journal database; unusable after its first fault.

    Every method raises the faults of ``_translated`` beside what it names; after one of them each raises
    JournalFaultError: what the system's memory shows after a failed sync need not be on the disk.
    """

    def __init__(self, path: Path, fold_pages: int) -> None:
        """Open or create the database, lock it and bring it to this program's schema.

        ``fold_pages``: how long the WAL may become, in pages.

        Raises:
            JournalInUseError: another process has it open.
            JournalForeignError: a newer program wrote it.
            JournalCorruptError: SQLite finds its structure damaged.
        """
        with translated_os_errors():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        self._wal = path.with_name(path.name + "-wal")
        self._fold_bytes = fold_pages * _PAGE_BYTES
        self.fault: OutOfServiceError | None = None
        with _translated():
            connection = sqlite3.connect(path, timeout=_LOCK_WAIT_S, isolation_level=None)
            connection.text_factory = bytes  # a damaged text is no Unicode; the driver's complaint has no code
            # Plug-ins would run code of whoever can install a package.
            self._database = Database(connection, recursive_triggers=False, execute_plugins=False)
        try:
            with _translated(), translated_os_errors():
                self._prepare()
                sync_directory(path.parent)  # SQLite does so too for the WAL's name, but ignores a failure
        except OutOfServiceError:
            self.close()
            raise

    def _prepare(self) -> None:
        for pragma in _PRAGMAS:
            self._database.execute(pragma).fetchall()
        with self.transaction():  # takes the lock before anything is believed
            version = self._number("PRAGMA user_version")
            if version > SCHEMA:
                raise JournalForeignError(f"schema {version} of a newer program")
            for step in range(version, SCHEMA):
                self._database.executescript(_MIGRATIONS[step])
                self._database.execute(f"PRAGMA user_version={step + 1}")
        findings = self._database.execute("PRAGMA integrity_check(1)").fetchall()
        if findings != [(b"ok",)]:
            raise JournalCorruptError("the database's structure is damaged")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what happens inside one commit, on the disk when the block is left; undone when it raises."""
        with self._watched():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                self._database.rollback()
                raise

    def close(self) -> None:
        """Fold the WAL into the database and close; nothing is lost if that does not succeed."""
        self._database.close()

    def make_safe(self) -> None:
        """Write the WAL's bytes anew and sync them: after a failed sync they may stand in the system's memory alone.

        Before anything is folded, or a power cut could put an older WAL before a newer database.
        """
        with self._watched():
            rewrite(self._wal)

    def fold(self) -> None:
        """Fold the WAL into the database and empty it; bytes of freed payloads may still have stood there.

        Raises:
            JournalFullError: there is no room to; nothing is lost, the WAL stays.
        """
        with self._watched():
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def fold_if_long(self) -> None:
        """Fold the WAL where it is longer than it should be; as ``fold``."""
        with self._watched():
            is_long = self._wal.stat().st_size >= self._fold_bytes
        if is_long:
            self.fold()

    def is_empty(self) -> bool:
        """Tell whether nothing was ever committed here."""
        with self._watched():
            return self._number("SELECT count(*) FROM log") == 0

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """Return the log's entries with their indices, in order."""
        with self._watched():
            yield from self._database.execute("SELECT idx, entry FROM log ORDER BY idx")

    def add_entry(self, index: int, entry: bytes) -> None:
        """Append to the log."""
        self._database.execute("INSERT INTO log VALUES (?, ?)", (index, entry))

    def head(self) -> bytes | None:
        """Return the signed checkpoint of the whole log."""
        return self._note("SELECT note FROM head")

    def set_head(self, note: bytes) -> None:
        """Replace the signed checkpoint of the whole log."""
        self._database.execute("INSERT OR REPLACE INTO head VALUES (1, ?)", (note,))

    def envelopes(self) -> Iterator[EnvelopeRow]:
        """Return all envelopes in order."""
        with self._watched():
            for row in self._database.execute("SELECT seq, header, signature, checkpoint FROM envelope ORDER BY seq"):
                yield EnvelopeRow(*row)

    def envelope(self, seq: int) -> EnvelopeRow | None:
        """Return one envelope."""
        with self._watched():
            row = self._database.execute(
                "SELECT seq, header, signature, checkpoint FROM envelope WHERE seq = ?", (seq,)
            ).fetchone()
        return None if row is None else EnvelopeRow(*row)

    def add_envelope(self, row: EnvelopeRow, sealed: bytes) -> None:
        """Store an envelope with its payload and put it into the outbox."""
        execute = self._database.execute
        execute("INSERT INTO envelope VALUES (?, ?, ?, ?)", (row.seq, row.header, row.signature, row.checkpoint))
        execute("INSERT INTO payload VALUES (?, ?)", (row.seq, sealed))
        execute("INSERT INTO outbox VALUES (?, 0)", (row.seq,))

    def payloads(self) -> Iterator[PayloadRow]:
        """Return all kept payloads in order."""
        with self._watched():
            for row in self._database.execute("SELECT seq, sealed FROM payload ORDER BY seq"):
                yield PayloadRow(*row)

    def payload(self, seq: int) -> bytes | None:
        """Return one sealed payload, if it is kept."""
        with self._watched():
            row = self._database.execute("SELECT sealed FROM payload WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else bytes(row[0])

    def remove_payload(self, seq: int) -> None:
        """Free a payload; SQLite overwrites its bytes (secure_delete)."""
        self._database.execute("DELETE FROM payload WHERE seq = ?", (seq,))

    def outbox(self) -> Iterator[OutboxRow]:
        """Return the outbox in order."""
        with self._watched():
            for seq, is_isolated in self._database.execute("SELECT seq, is_isolated FROM outbox ORDER BY seq"):
                yield OutboxRow(seq, bool(is_isolated))

    def set_outbox(self, row: OutboxRow) -> None:
        """Put an envelope into the outbox, or change how it stands there."""
        self._database.execute("INSERT OR REPLACE INTO outbox VALUES (?, ?)", (row.seq, int(row.is_isolated)))

    def remove_outbox(self, seq: int) -> None:
        """Take an envelope out of the outbox."""
        self._database.execute("DELETE FROM outbox WHERE seq = ?", (seq,))

    def receipts(self) -> Iterator[tuple[int, bytes]]:
        """Return all receipts as they travelled, by seq."""
        with self._watched():
            yield from self._database.execute("SELECT seq, signed FROM receipt ORDER BY seq")

    def receipt(self, seq: int) -> bytes | None:
        """Return one receipt as it travelled."""
        with self._watched():
            row = self._database.execute("SELECT signed FROM receipt WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else bytes(row[0])

    def set_receipt(self, seq: int, signed: bytes) -> None:
        """Keep a receipt, in place of an earlier one."""
        self._database.execute("INSERT OR REPLACE INTO receipt VALUES (?, ?)", (seq, signed))

    def centre(self) -> bytes | None:
        """Return the newest proven checkpoint of the centre's log."""
        return self._note("SELECT note FROM centre")

    def set_centre(self, note: bytes) -> None:
        """Replace the newest proven checkpoint of the centre's log."""
        self._database.execute("INSERT OR REPLACE INTO centre VALUES (1, ?)", (note,))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Translate errors, and remember the first fault."""
        if self.fault is not None:
            raise JournalFaultError("an earlier fault") from self.fault
        try:
            with translated_os_errors(), _translated():
                yield
        except OutOfServiceError as exc:
            self.fault = self.fault or exc
            raise

    def _note(self, query: str) -> bytes | None:
        with self._watched():
            row = self._database.execute(query).fetchone()
        return None if row is None else bytes(row[0])

    def _number(self, query: str) -> int:
        return int(self._database.execute(query).fetchone()[0])


@contextmanager
def _translated() -> Iterator[None]:
    """Turn SQLite's errors into ours.

    Raises:
        JournalFullError: no room on the disk.
        JournalCorruptError: damaged, or not a database; SQLite counts a sector that cannot be read as damage.
        JournalInUseError: locked by another process.
        JournalReadOnlyError: nothing may be written.
        JournalFaultError: anything else: reading or writing failed.
    """
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # a mistake of ours, such as a call from another thread
    except UnicodeDecodeError as exc:
        raise JournalCorruptError("SQLite complains of a name that is no text") from exc
    except sqlite3.DatabaseError as exc:
        raise _fault(exc) from exc


def _fault(exc: sqlite3.DatabaseError) -> OutOfServiceError | JournalFullError:
    match exc.sqlite_errorcode & 0xFF:
        case sqlite3.SQLITE_FULL:
            return JournalFullError()
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_SCHEMA | sqlite3.SQLITE_CONSTRAINT:
            return JournalCorruptError(exc.sqlite_errorname)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return JournalInUseError()
        case sqlite3.SQLITE_READONLY:
            return JournalReadOnlyError(exc.sqlite_errorname)
        case _:
            return JournalFaultError(exc.sqlite_errorname)
