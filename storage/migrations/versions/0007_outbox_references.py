"""Indexes by which a message finds the messages that refer to it.

Both databases look for those before they delete one, and had to read the whole outbox for each:
to forget a day's redraws took longer than a statement may. Indexes are only added.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    replies = sa.text("thread_of IS NOT NULL")
    op.create_index(
        "ix_outbox_thread_of",
        "outbox",
        ["thread_of"],
        sqlite_where=replies,
        postgresql_where=replies,
    )
    redraws = sa.text("edits IS NOT NULL")
    op.create_index(
        "ix_outbox_edits",
        "outbox",
        ["edits", "settled_at"],
        sqlite_where=redraws,
        postgresql_where=redraws,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_edits", "outbox")
    op.drop_index("ix_outbox_thread_of", "outbox")
