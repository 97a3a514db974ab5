# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The database behind the centre: how it is made, opened and written; one thread of a worker does all its work there.

Where it is, an embedded SQLite file or PostgreSQL, is `place`'s business; transactions mean the same on both: writers
take turns from their beginning, readers see one state, and what cannot be done now is BusyError and may be repeated.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, Engine, insert, inspect
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError

from townhall_central.errors import BusyError, DirectoryError
from townhall_central.place import Place
from townhall_central.schema import VERSION, Schema, lock_revision, read_revision

P = ParamSpec("P")
R = TypeVar("R")


def _nothing(_connection: Connection) -> None:
    """Write no first rows."""


class Database:
    """One database and the one thread that works on it. Raises BusyError where the lock does not come in time."""

    def __init__(self, place: Place, schema: Schema) -> None:
        """Use ``create`` or ``open``."""
        self.place = place
        self._schema = schema
        self.engine = place.engine()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database")

    @classmethod
    def create(cls, place: Place, schema: Schema, first: Callable[[Connection], None] = _nothing) -> Self:
        """Make the tables and what `first` writes in one transaction; raises DirectoryError where some exist."""
        place.claim()
        with _closed_on_failure(cls(place, schema)) as database, _transaction(database.engine) as connection:
            if inspect(connection).get_table_names():
                raise DirectoryError(f"{place.name} is not empty")
            VERSION.metadata.create_all(connection)
            schema.metadata.create_all(connection)
            connection.execute(insert(VERSION).values(version_num=schema.revision))
            first(connection)
        return database

    @classmethod
    def open(cls, place: Place, schema: Schema) -> Self:
        """Open a database of exactly this revision; raises DirectoryError for anything else."""
        database, found = cls._found(place, schema)
        if found != schema.revision:
            database.close()
            raise DirectoryError(
                f"{place.name} has schema {found}, this program needs {schema.revision}: see the command migrate"
            )
        return database

    @classmethod
    def migrate(cls, place: Place, schema: Schema) -> str:
        """Bring a database to this program's revision; returns the one it had. Workers may run: they stop writing.

        Raises:
            DirectoryError: it is none of ours, or a newer program wrote it.
        """
        # Only this command needs Alembic, which takes a moment to load.
        from townhall_central.migration import upgrade  # noqa: PLC0415

        database, _found = cls._found(place, schema)
        try:
            with _transaction(database.engine) as connection:
                return upgrade(connection, schema)
        finally:
            database.close()

    @classmethod
    def _found(cls, place: Place, schema: Schema) -> tuple[Self, str | None]:
        place.require()
        with _closed_on_failure(cls(place, schema)) as database:
            try:
                with database.read() as connection:
                    return database, read_revision(connection)
            except DatabaseError as exc:
                raise DirectoryError(f"{place.name} is no database") from exc

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that keeps other writers out from its beginning; commits at the end, or stores nothing."""
        with _transaction(self.engine) as connection:
            if lock_revision(connection) != self._schema.revision:
                raise BusyError("the database was migrated meanwhile: start this program's new version")
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One transaction that only reads, all of it from one state of the database."""
        with _translated(), self.engine.connect().execution_options(**self.place.read_options) as connection:
            yield connection

    async def run(self, work: Callable[Concatenate["Database", P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `work(database, ...)` on the database's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self, *args, **kwargs))

    def close(self) -> None:
        """End the thread after its last work and close the connections."""
        self._thread.shutdown(wait=True)
        self.engine.dispose()


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    with _translated(), engine.begin() as connection:
        yield connection


D = TypeVar("D", bound=Database)


@contextmanager
def _closed_on_failure(database: D) -> Iterator[D]:
    try:
        yield database
    except BaseException:
        database.close()
        raise


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what may pass by itself into BusyError: locks, deadlocks, conflicts between snapshots, a line that broke."""
    try:
        yield
    except (OperationalError, InterfaceError) as exc:
        raise BusyError("the database is locked, failing or out of reach") from exc
