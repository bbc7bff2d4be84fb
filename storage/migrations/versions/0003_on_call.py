"""On-call as people live it: cover and swaps over the rotations, handoffs, who can be reached.

What is stored stays true: rotations of before are weekly. Columns and tables are only added.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import Instant, id_type, json_type

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "rotations", sa.Column("every_days", sa.Integer(), server_default="7", nullable=False)
    )
    op.add_column("people", sa.Column("dm_refused", sa.Text(), nullable=True))
    op.add_column("people", sa.Column("quiet_from", Instant(), nullable=True))
    op.add_column("people", sa.Column("quiet_until", Instant(), nullable=True))

    rang = sa.text("kind IN ('page_rang', 'page_news')")
    op.create_index(
        "ix_timeline_rang", "timeline", ["at"], sqlite_where=rang, postgresql_where=rang
    )

    op.create_table(
        "shift_requests",
        sa.Column("id", id_type(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("asked_of", sa.Text(), nullable=True),
        sa.Column("return_starts_at", Instant(), nullable=True),
        sa.Column("return_ends_at", Instant(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_requests")),
    )
    op.create_index("ix_shift_requests_state", "shift_requests", ["state", "ends_at"])

    op.create_table(
        "overrides",
        sa.Column("id", id_type(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("instead_of", sa.Text(), nullable=True),
        sa.Column("starts_at", Instant(), nullable=False),
        sa.Column("ends_at", Instant(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("cancelled_at", Instant(), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["shift_requests.id"], name=op.f("fk_overrides_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index("ix_overrides_end", "overrides", ["ends_at"])

    op.create_table(
        "handoffs",
        sa.Column("id", id_type(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("outgoing", json_type(), nullable=False),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("missed_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handoffs")),
        sa.UniqueConstraint("level", "at", "user_id", name=op.f("uq_handoffs_level_at_user_id")),
    )
    op.create_index("ix_handoffs_user", "handoffs", ["user_id", "at"])

    op.create_table(
        "marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=True),
        sa.Column("facts", json_type(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )

    # What the auditor asks for every minute.
    awaits = sa.text("answered_at IS NULL AND status != 'resolved'")
    op.create_index(
        "ix_cases_awaiting",
        "cases",
        ["breached_at", "due_at"],
        sqlite_where=awaits,
        postgresql_where=awaits,
    )
    is_open = sa.text("state != 'closed'")
    op.create_index(
        "ix_pages_open", "pages", ["due_at"], sqlite_where=is_open, postgresql_where=is_open
    )
    op.create_index("ix_outbox_settled", "outbox", ["settled_at"])


def downgrade() -> None:
    raise NotImplementedError("who was on call when would be lost")
