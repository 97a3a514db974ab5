# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The boards' tables: what their migrations make is what the code describes, on SQLite and on PostgreSQL."""

from collections.abc import Callable

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from townhall_central import migration
from townhall_central.database import Database
from townhall_central.place import Place
from townhall_central.schema import Schema
from townhall_central.vote import box_store, eligibility_store


@pytest.mark.parametrize("schema", [eligibility_store.SCHEMA, box_store.SCHEMA], ids=["eligibility", "ballotbox"])
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"], indirect=True)
def test_the_migrations_lead_to_the_tables_of_the_code(schema: Schema, new_place: Callable[[], Place]) -> None:
    place = new_place()
    place.claim()
    engine = place.engine()
    with engine.begin() as connection:
        settings = migration.config(connection, schema)
        command.upgrade(settings, "head")
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
        assert ScriptDirectory.from_config(settings).get_heads() == [schema.revision]
    engine.dispose()
    Database.open(place, schema).close()
