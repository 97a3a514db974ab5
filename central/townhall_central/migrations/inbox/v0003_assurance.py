# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""How far each document has come on its way to proving itself."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table; the inbox enlists the cases that are there already by itself."""
    op.create_table(
        "assurance",
        sa.Column("case_number", sa.Integer(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("begun", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_failure", sa.String(length=16), nullable=False),
        sa.Column("stamped_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("archive_until", sa.BigInteger(), nullable=True),
        sa.Column("ocsp", sa.LargeBinary(), nullable=True),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_number"], ["agency_case.number"]),
        sa.PrimaryKeyConstraint("case_number"),
    )
    op.create_index("assurance_by_due", "assurance", ["due_at"])
