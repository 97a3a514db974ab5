# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables as version 1 of the program made them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "agency_case",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("shown", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("sealed_sha256"),
    )
    op.create_table(
        "attempt",
        sa.Column("envelope_id", sa.String(length=64), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("envelope_id"),
    )
    op.create_table(
        "schema_version", sa.Column("version", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("version")
    )
    op.create_table(
        "delivery",
        sa.Column("envelope_id", sa.String(length=64), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.Column("case_number", sa.Integer(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_number"], ["agency_case.number"]),
        sa.PrimaryKeyConstraint("envelope_id"),
        sa.UniqueConstraint("log_index"),
    )
