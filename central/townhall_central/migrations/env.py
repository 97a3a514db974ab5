# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""What Alembic runs: the steps of one history, over the connection and in the transaction of `migration.upgrade`."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=context.config.attributes["metadata"],
    # Of SQLite it assumes otherwise, because of the driver's own transactions; ours are real.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
