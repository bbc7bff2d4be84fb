"""Since when Slack says that it does not know the token of a customer's workspace.

It may say so of a good one for a moment: only if it says so again, later, is the token given up.
Processes of the version before may run on beside: they do not write it.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installations", sa.Column("doubted_at", Instant(), nullable=True))
