"""A case's whole life: what is said about it, who has it, how it ends; and whose channel it is in.

What an older version wrote stays true: an empty `waiting_since` or `counted_from` means since the
opening. Columns are only added or renamed, never a table made anew: on SQLite that would take the
rows that point to it.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Instant, id_type, json_type

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("cases", sa.Column("account", sa.Text(), server_default="", nullable=False))
    op.add_column("cases", sa.Column("on_behalf_of", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("waiting_since", Instant(), nullable=True))
    op.add_column("cases", sa.Column("counted_from", Instant(), nullable=True))
    op.add_column("cases", sa.Column("assignee_id", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("resolved_at", Instant(), nullable=True))
    op.add_column("cases", sa.Column("resolved_by", sa.Text(), nullable=True))
    op.add_column("cases", sa.Column("version", sa.Integer(), server_default="0", nullable=False))
    op.create_index(
        "ix_cases_open",
        "cases",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("status <> 'resolved'"),
        postgresql_where=sa.text("status <> 'resolved'"),
    )
    # Until now a customer had no name but that of their channel.
    op.execute(
        "UPDATE cases SET account = coalesce("
        "(SELECT name FROM channels WHERE channels.channel_id = cases.channel_id), '')"
    )

    op.add_column("channels", sa.Column("account", sa.Text(), nullable=True))
    op.add_column(
        "channels", sa.Column("kind", sa.Text(), server_default="customer", nullable=False)
    )
    op.add_column("channels", sa.Column("joined_at", Instant(), nullable=True))
    op.execute("UPDATE channels SET joined_at = learned_at WHERE is_member")

    op.add_column("outbox", sa.Column("thread_ts", sa.Text(), nullable=True))
    op.add_column("drafts", sa.Column("channel_team", sa.Text(), nullable=True))
    op.add_column("drafts", sa.Column("channel_id", sa.Text(), nullable=True))

    op.create_index("ix_outbox_sent", "outbox", ["sent_channel", "sent_ts"], unique=False)

    op.create_table(
        "channel_aliases",
        sa.Column("old_id", sa.Text(), nullable=False),
        sa.Column("new_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("old_id", name=op.f("pk_channel_aliases")),
    )

    op.create_table(
        "messages",
        sa.Column("id", id_type(), nullable=False),
        sa.Column("case_number", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.Text(), nullable=False),
        sa.Column("ts", sa.Text(), nullable=True),
        sa.Column("author_team", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("by_team", sa.Boolean(), nullable=False),
        sa.Column("is_reply", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("files", json_type(), nullable=False),
        sa.Column("wordings", json_type(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.Column("edited_at", Instant(), nullable=True),
        sa.Column("deleted_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_number"], ["cases.number"], name=op.f("fk_messages_case_number")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("channel_id", "ts", name=op.f("uq_messages_channel_id_ts")),
    )
    op.create_index("ix_messages_case", "messages", ["case_number", "said_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("what was said would be lost")
