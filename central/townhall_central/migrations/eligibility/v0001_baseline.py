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
        "decision",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("counts", sa.Integer(), nullable=False),
        sa.Column("first_officer", sa.String(length=128), nullable=False),
        sa.Column("second_officer", sa.String(length=128), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
    op.create_table(
        "delivery",
        sa.Column("envelope_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("envelope_id"),
    )
    op.create_table(
        "device",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("opened", sa.BigInteger(), nullable=False),
        sa.Column("closed", sa.BigInteger(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "paper_voter", sa.Column("person", sa.LargeBinary(), nullable=False), sa.PrimaryKeyConstraint("person")
    )
    op.create_table(
        "position",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("after_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "settlement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.LargeBinary(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "statement",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=128), nullable=False),
        sa.Column("container", sa.LargeBinary(), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("election", sa.String(length=43), nullable=False),
        sa.Column("ballot", sa.String(length=43), nullable=False),
        sa.Column("person", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sha256"),
    )
