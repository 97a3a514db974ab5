# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""Databases of older programs become this one's, with everything that stood in them, on SQLite and on PostgreSQL."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, inspect, select

from townhall_central import cli, keys, migration
from townhall_central.database import Database
from townhall_central.errors import DirectoryError
from townhall_central.inbox import store
from townhall_central.inbox.home import InboxHome
from townhall_central.place import Place
from townhall_central.schema import VERSION, Schema
from townhall_central.simulation.centre import SimulatedCentre
from townhall_central.sqlite import SqliteFile
from townhall_central.tables import SCHEMA

DATA = Path(__file__).parent / "data"
SCHEMAS = {"ingest": SCHEMA, "inbox": store.SCHEMA}

pytestmark = pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS.keys())
on_both = pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)


def version_1(schema: Schema, path: Path) -> SqliteFile:
    """A database that version 1 of the program wrote, out of its dump."""
    with sqlite3.connect(path) as connection:
        connection.executescript((DATA / f"{schema.name}-version-1.sqlite.sql").read_text())
    connection.close()
    path.chmod(0o600)
    return SqliteFile(path)


def contents(connection: Connection) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but those that say which revision this is."""
    found = MetaData()
    found.reflect(connection)
    return {
        table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
        for table in found.sorted_tables
        if table.name not in {VERSION.name, "schema_version"}
    }


def make_baseline(place: Place, schema: Schema, source: SqliteFile) -> None:
    """Make what version 1 would have made at `place`, with the rows of `source`."""
    made, old = place.engine(), source.engine()
    with old.connect() as reading, made.begin() as writing:
        command.upgrade(migration.config(writing, schema), "0001")
        found = MetaData()
        found.reflect(writing)
        for table in found.sorted_tables:
            rows = (
                [dict(row) for row in reading.execute(select(table)).mappings()] if table.name != VERSION.name else []
            )
            if rows:
                writing.execute(table.insert(), rows)
        VERSION.drop(writing)
    made.dispose()
    old.dispose()


@on_both
def test_a_database_of_version_1_keeps_every_row(
    schema: Schema, engine: str, new_place: Callable[[], Place], tmp_path: Path
) -> None:
    source = version_1(schema, tmp_path / "old.db")
    place: Place = source
    if engine == "postgresql":
        place = new_place()
        make_baseline(place, schema, source)
    with pytest.raises(DirectoryError, match=r"has schema 0001.*migrate"):
        Database.open(place, schema)
    reading = place.engine()
    with reading.connect() as connection:
        before = contents(connection)
    assert sum(len(rows) for rows in before.values()) > 2
    assert Database.migrate(place, schema) == "0001"
    assert Database.migrate(place, schema) == schema.revision
    with reading.connect() as connection:
        after = contents(connection)
    reading.dispose()
    assert {name: after[name] for name in before} == before
    Database.open(place, schema).close()


@on_both
def test_the_migrated_schema_is_the_one_of_the_code(
    schema: Schema, engine: str, new_place: Callable[[], Place], tmp_path: Path
) -> None:
    place: Place = version_1(schema, tmp_path / "old.db")
    if engine == "postgresql":
        source, place = SqliteFile(tmp_path / "old.db"), new_place()
        make_baseline(place, schema, source)
    Database.migrate(place, schema)
    made = Database.create(new_place(), schema)
    migrated = place.engine()
    with migrated.connect() as connection, made.read() as fresh:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
        assert constraints(connection) == constraints(fresh)
    migrated.dispose()
    made.close()


def constraints(connection: Connection) -> object:
    """What Alembic does not compare."""
    found = inspect(connection)
    return {
        name: (
            sorted(each["sqltext"] for each in found.get_check_constraints(name)),
            found.get_pk_constraint(name)["constrained_columns"],
            sorted((key["constrained_columns"], key["referred_table"]) for key in found.get_foreign_keys(name)),
            sorted(each["column_names"] for each in found.get_unique_constraints(name)),
        )
        for name in found.get_table_names()
    }


def test_the_code_names_the_newest_revision_of_one_unbroken_line(schema: Schema, tmp_path: Path) -> None:
    made = Database.create(SqliteFile(tmp_path / "x.db"), schema)
    with made.read() as connection:
        script = ScriptDirectory.from_config(migration.config(connection, schema))
        assert script.get_heads() == [schema.revision]
        line = [each.revision for each in script.walk_revisions()]
    made.close()
    assert line == [f"{number:04}" for number in range(len(line), 0, -1)]


def test_a_database_of_somebody_else_is_left_alone(schema: Schema, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE letters (id INTEGER)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(DirectoryError, match="not of this program"):
        Database.migrate(SqliteFile(path), schema)
    assert path.read_bytes() == before


def test_a_migration_that_is_cut_off_changes_nothing(schema: Schema, tmp_path: Path) -> None:
    place = version_1(schema, tmp_path / "x.db")
    before = place.path.read_bytes()
    dying = f"""
import os, sys
from pathlib import Path
from sqlalchemy import Engine, event
from townhall_central.database import Database
from townhall_central.inbox import store
from townhall_central.sqlite import SqliteFile
from townhall_central.tables import SCHEMA

def die(connection, cursor, statement, *_):
    if statement.strip().startswith("DROP TABLE"):
        os._exit(7)

event.listen(Engine, "after_cursor_execute", die)
Database.migrate(SqliteFile(Path(sys.argv[1])), {{"ingest": SCHEMA, "inbox": store.SCHEMA}}["{schema.name}"])
"""
    done = subprocess.run([sys.executable, "-c", dying, str(place.path)], check=False)
    assert done.returncode == 7
    with pytest.raises(DirectoryError, match="has schema 0001"):  # and SQLite rolls the half step back
        Database.open(place, schema)
    assert place.path.read_bytes() == before
    Database.migrate(place, schema)
    Database.open(place, schema).close()


def test_the_command_migrates(
    schema: Schema, centre: SimulatedCentre, inbox: InboxHome, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    centre.database.close()
    inbox.database.close()
    (centre.path / keys.SETTINGS_FILE).unlink()  # version 1 had none
    ours = ["--data", str(centre.path)]
    theirs = ["--inbox", str(tmp_path / "inbox")]
    file, migrate, look, seen = {
        "ingest": (centre.path / "central.db", ["migrate", *ours], ["status", *ours], '"log_size": 2'),
        "inbox": (tmp_path / "inbox/inbox.db", ["inbox", "migrate", *theirs], ["inbox", "list", *theirs], "1  needs"),
    }[schema.name]
    file.unlink()
    version_1(schema, file)
    assert cli.main(look) == 1
    assert capsys.readouterr().err.startswith("TH-CENT-041")
    assert cli.main(migrate) == 0
    assert capsys.readouterr().out == f"schema 0001 -> {schema.revision}\n"
    assert cli.main(look) == 0
    assert seen in capsys.readouterr().out
