# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The database says which revision it has in `alembic_version` alone."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Drop the number that version 1 kept."""
    op.drop_table("schema_version")
