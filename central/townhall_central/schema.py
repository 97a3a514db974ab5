# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a database must look like, and the one row in it that says which revision of that it has."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, inspect, select

VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)

_BASELINE = "0001"
_READ_REVISION = select(VERSION.c.version_num)
_LOCK_REVISION = _READ_REVISION.with_for_update()


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables of one kind of database: `migrations/NAME` leads to `revision`, which `metadata` describes."""

    name: str
    metadata: MetaData
    revision: str


def read_revision(connection: Connection) -> str | None:
    """Return the revision of a database, or None where it is none of ours."""
    found = inspect(connection)
    if found.has_table(VERSION.name):
        revision: str | None = connection.scalar(_READ_REVISION)
        return revision
    # Version 1 of the program kept a number of its own.
    return _BASELINE if found.has_table("schema_version") else None


def lock_revision(connection: Connection) -> str | None:
    """Return the revision and keep every other writer out until this transaction ends.

    SQLite's transactions begin locked and it ignores FOR UPDATE; on PostgreSQL the row's lock makes writers take turns.
    """
    revision: str | None = connection.scalar(_LOCK_REVISION)
    return revision
