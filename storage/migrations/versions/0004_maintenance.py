"""Maintenance windows as rows: so that one can be moved, and an edited policy moves none by itself.

They are planned when Casebell starts; until then nothing is lost, for the policy says when they
are. Tables and columns are only added.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Instant, id_type, json_type

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "windows",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("cycle", sa.Date(), nullable=True),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("rule_starts_at", Instant(), nullable=True),
        sa.Column("rule_ends_at", Instant(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("affected", sa.Text(), nullable=False),
        sa.Column("called_off", sa.Text(), nullable=True),
        sa.Column("announced_at", Instant(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_windows")),
    )
    op.create_index("ix_windows_end", "windows", ["ends_at"])
    op.create_index("ix_windows_cycle", "windows", ["cycle"])

    op.create_table(
        "window_changes",
        sa.Column("id", id_type(), nullable=False),
        sa.Column("window_key", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("by", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("before", json_type(), nullable=True),
        sa.Column("after", json_type(), nullable=False),
        sa.ForeignKeyConstraint(
            ["window_key"], ["windows.key"], name=op.f("fk_window_changes_window_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_window_changes")),
    )
    op.create_index("ix_window_changes_window", "window_changes", ["window_key", "id"])

    op.create_table(
        "maintenance_posts",
        sa.Column("id", id_type(), nullable=False),
        sa.Column("window_key", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("told_starts_at", Instant(), nullable=False),
        sa.Column("told_ends_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("sent_channel", sa.Text(), nullable=True),
        sa.Column("sent_ts", sa.Text(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["window_key"], ["windows.key"], name=op.f("fk_maintenance_posts_window_key")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_posts")),
        sa.UniqueConstraint(
            "window_key",
            "notice",
            "channel_id",
            "message_id",
            name=op.f("uq_maintenance_posts_window_key_notice_channel_id_message_id"),
        ),
    )
    op.create_index("ix_maintenance_posts_message", "maintenance_posts", ["message_id"])
    op.create_index("ix_maintenance_posts_channel", "maintenance_posts", ["channel_id"])

    op.add_column(
        "channels", sa.Column("unfollowed", json_type(), server_default="[]", nullable=False)
    )
    op.add_column(
        "channels",
        sa.Column("routine_always", sa.Boolean(), server_default=sa.true(), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("what people made of the calendar would be lost")
