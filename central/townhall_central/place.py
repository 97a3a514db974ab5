# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Where a database is: what `Database` must know of SQLite and PostgreSQL, and nothing else does."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine

from townhall_central.postgresql import PostgresqlDatabase
from townhall_central.sqlite import SqliteFile


class Place(Protocol):
    """A place for one database."""

    @property
    def name(self) -> str:
        """What messages call it: holds no secret."""

    @property
    def read_options(self) -> Mapping[str, object]:
        """What makes a transaction read one state of the database, and only read."""

    def claim(self) -> None:
        """Make room for a new database; raises DirectoryError where there is one already."""

    def require(self) -> None:
        """Raise DirectoryError where no database can be."""

    def engine(self) -> Engine:
        """Return a way to it; nothing is opened yet."""


def place_of(directory: Path, file: str, url: str) -> Place:
    """Return the place that a setting names: empty for the embedded `file`, else `postgresql://...`.

    Raises:
        DirectoryError: another kind of address, or one that would not be safe.
    """
    return PostgresqlDatabase.parse(url) if url else SqliteFile(directory / file)
