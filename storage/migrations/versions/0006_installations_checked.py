"""Of which organisation a customer's workspace is, and what is known of its token.

Processes of the version before may run on beside: they write neither.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite cannot loosen a column: there the table is made anew.
    with op.batch_alter_table("installations") as table:
        table.add_column(sa.Column("enterprise_id", sa.Text(), nullable=False, server_default=""))
        table.add_column(sa.Column("doubted_at", Instant(), nullable=True))
        table.alter_column("checked_at", existing_type=Instant(), nullable=True)
