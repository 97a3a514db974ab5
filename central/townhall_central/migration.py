# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Brings a database to this program's schema, by Alembic, in one transaction: all steps or none."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from townhall_central.errors import DirectoryError
from townhall_central.schema import VERSION, Schema, read_revision

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, schema: Schema) -> str:
    """Bring a database to the newest revision; returns the one it had. The caller commits.

    Raises:
        DirectoryError: it is none of ours, or a newer program wrote it.
    """
    before = read_revision(connection)
    if before is None:
        raise DirectoryError("this database is not of this program")
    try:
        settings = config(connection, schema)
        if not connection.dialect.has_table(connection, VERSION.name):
            command.stamp(settings, before)
        command.upgrade(settings, "head")
    except CommandError as exc:
        raise DirectoryError(f"a newer program made schema {before} of this database") from exc
    return before


def config(connection: Connection, schema: Schema) -> Config:
    """Return Alembic's settings for one history, to be used over an open connection."""
    made = Config(attributes={"connection": connection, "metadata": schema.metadata})
    # Config reads percent signs as its own.
    made.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    made.set_main_option("version_locations", str(MIGRATIONS / schema.name).replace("%", "%%"))
    made.set_main_option("path_separator", "newline")
    return made
