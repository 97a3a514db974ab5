# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The database behind the centre: how it is opened, written and kept from hurting itself.

The embedded default is SQLite with a rollback journal: several workers write one file, and SQLite before 3.51.3 can
corrupt a WAL database when two connections meet at its reset. One thread of each worker does all its database work.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, MetaData, create_engine, event, insert, inspect, select
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, StaticPool

from townhall_central.errors import BusyError, DirectoryError

BUSY_TIMEOUT_S = 20.0

P = ParamSpec("P")
R = TypeVar("R")


def _configure(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Transactions are begun by us (see _begin): the driver's own are deferred and can fail half-way.
    cursor = connection.cursor()
    # TRUNCATE syncs the truncation itself; EXTRA syncs the directory where a journal is made (sqlite.org/pragma.html).
    for pragma in ("journal_mode=TRUNCATE", "synchronous=EXTRA", "foreign_keys=ON", "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # Take the write lock at once: a reader that turns writer may find its snapshot gone. PostgreSQL locks log_head.
    is_read_only = connection.get_execution_options().get("townhall_read_only", False)
    connection.exec_driver_sql("BEGIN" if is_read_only else "BEGIN IMMEDIATE")


class Database:
    """One database file and the one thread that works on it. Raises BusyError where the lock does not come in time."""

    def __init__(self, path: Path) -> None:
        self._engine = create_engine(
            f"sqlite:///{path}",
            poolclass=StaticPool,
            connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_S, "isolation_level": None},
        )
        event.listen(self._engine, "connect", _configure)
        event.listen(self._engine, "begin", _begin)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")

    @classmethod
    def create(cls, path: Path, metadata: MetaData, version: int) -> Self:
        """Create the file with its tables, readable by its owner alone; raises DirectoryError where one exists."""
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError as exc:
            raise DirectoryError(f"{path.name} exists already") from exc
        database = cls(path)
        with database.write() as connection:
            metadata.create_all(connection)
            connection.execute(insert(metadata.tables["schema_version"]).values(version=version))
        return database

    @classmethod
    def open(cls, path: Path, metadata: MetaData, version: int) -> Self:
        """Open a database of exactly this version; raises DirectoryError for anything else."""
        if not path.is_file():
            raise DirectoryError(f"no {path.name} here: run init first")
        database = cls(path)
        found = None
        try:
            with database.read() as connection:
                if inspect(connection).has_table("schema_version"):
                    found = connection.scalar(select(metadata.tables["schema_version"].c.version))
        except DatabaseError as exc:
            raise DirectoryError(f"{path.name} is no database") from exc
        if found != version:
            database.close()
            raise DirectoryError(f"{path.name} has version {found}, this program knows {version}")
        return database

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that holds the write lock from its beginning; commits at the end, or stores nothing."""
        try:
            with self._engine.begin() as connection:
                yield connection
        except OperationalError as exc:
            raise BusyError("the database is locked or failing") from exc

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that only reads, all of it from one state of the database."""
        try:
            with self._engine.connect().execution_options(townhall_read_only=True) as connection:
                yield connection
        except OperationalError as exc:
            raise BusyError("the database is locked or failing") from exc

    async def run(self, work: Callable[Concatenate["Database", P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work(database, ...)` on the database's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self, *args, **kwargs))

    def close(self) -> None:
        """End the thread after its last work and close the file."""
        self._thread.shutdown(wait=True)
        self._engine.dispose()
