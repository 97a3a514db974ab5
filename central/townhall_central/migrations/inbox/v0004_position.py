# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A restored log counts its places anew: they are unique no longer, and how far we have come is said by itself."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table of deliveries without the constraint, and remember the last place."""
    op.create_table(
        "position",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("after_index", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.execute("INSERT INTO position SELECT 1, 0, max(log_index) FROM delivery HAVING count(*) > 0")
    # SQLite drops no constraint; nothing refers to this table.
    op.rename_table("delivery", "delivery_before")
    op.create_table(
        "delivery",
        sa.Column("envelope_id", sa.String(length=64), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("case_number", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["agency_case.number"]),
        sa.PrimaryKeyConstraint("envelope_id"),
    )
    op.execute(
        "INSERT INTO delivery (envelope_id, log_index, case_number, envelope)"
        " SELECT envelope_id, log_index, case_number, envelope FROM delivery_before"
    )
    op.drop_table("delivery_before")
