# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""The tables as the first version of the board made them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "alarm",
        sa.Column("alarm", sa.String(length=32), nullable=False),
        sa.Column("device", sa.String(length=128), nullable=False),
        sa.Column("detail", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("alarm", "device", "detail"),
    )
    op.create_table(
        "attempt",
        sa.Column("envelope_id", sa.String(length=64), nullable=False),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("envelope_id"),
    )
    op.create_table(
        "ballot",
        sa.Column("ballot", sa.String(length=43), nullable=False),
        sa.Column("election", sa.String(length=43), nullable=False),
        sa.Column("credential_sha256", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ballot"),
    )
    op.create_index(op.f("ix_ballot_credential_sha256"), "ballot", ["credential_sha256"], unique=False)
    op.create_table(
        "checked",
        sa.Column("ballot", sa.String(length=43), nullable=False),
        sa.Column("code", sa.String(length=4096), nullable=False),
        sa.PrimaryKeyConstraint("ballot"),
    )
    op.create_table(
        "delivery",
        sa.Column("envelope_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("envelope_id"),
    )
    op.create_table(
        "device",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("cast_count", sa.BigInteger(), nullable=False),
        sa.Column("checked_count", sa.BigInteger(), nullable=False),
        sa.Column("is_final", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "log_line",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "position",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("after_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "refused",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
