# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The embedded default: one SQLite file with a rollback journal.

Several workers write one file, and SQLite before 3.51.3 can corrupt a WAL database when two connections meet at its
reset.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from townhall_central.errors import DirectoryError

BUSY_TIMEOUT_S = 20.0

_READ_ONLY: Final = "townhall_read_only"


@dataclass(frozen=True, slots=True)
class SqliteFile:
    """A database in one file, readable by its owner alone."""

    path: Path

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def read_options(self) -> Mapping[str, object]:
        """Begin without the write lock."""
        return {_READ_ONLY: True}

    def claim(self) -> None:
        """Make the file; raises DirectoryError where it exists."""
        try:
            self.path.touch(mode=0o600, exist_ok=False)
        except FileExistsError as exc:
            raise DirectoryError(f"{self.name} exists already") from exc

    def require(self) -> None:
        """Raise DirectoryError where there is no file."""
        if not self.path.is_file():
            raise DirectoryError(f"no {self.name} here: run init first")

    def engine(self) -> Engine:
        """Return the way to the file: one connection."""
        made = create_engine(
            f"sqlite:///{self.path}",
            poolclass=StaticPool,
            connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_S, "isolation_level": None},
            hide_parameters=True,
        )
        event.listen(made, "connect", _configure)
        event.listen(made, "begin", _begin)
        return made


def _configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Transactions are begun by us (see _begin): the driver's own are deferred and can fail half-way.
    cursor = connection.cursor()
    # TRUNCATE syncs the truncation itself; EXTRA syncs the directory where a journal is made (sqlite.org/pragma.html).
    for pragma in ("journal_mode=TRUNCATE", "synchronous=EXTRA", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # Take the write lock at once: a reader that turns writer may find its snapshot gone.
    is_read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")
