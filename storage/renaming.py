"""A channel that Slack calls by a new id."""

from __future__ import annotations

import sqlalchemy as sa

from storage.rows import insert_once, upsert
from storage.tables import (
    cases,
    channel_aliases,
    channels,
    install_links,
    installations,
    maintenance_posts,
    messages,
    outbox,
    paces,
    submissions,
)

_SAID_BY_SLACK = ("team_id", "name", "is_member", "is_ext_shared", "joined_at", "learned_at")


def rename_channel(connection: sa.Connection, old_id: str, new_id: str) -> None:
    """Everything that names the old id names the new one. To do it again changes nothing."""
    if old_id == new_id:
        return
    _remember(connection, old_id, new_id)
    _rename_the_channel_itself(connection, old_id, new_id)
    for table in (cases, messages, submissions, installations, install_links):
        _rename(connection, table.c.channel_id, old_id, new_id)
    _rename(connection, outbox.c.subject, f"channel:{old_id}", f"channel:{new_id}")
    lane = outbox.c.subject.concat(f">{new_id}")  # as a draft makes it
    connection.execute(
        sa.update(outbox).where(outbox.c.channel_id == old_id).values(channel_id=new_id, lane=lane)
    )
    _rename(connection, outbox.c.sent_channel, old_id, new_id)
    _rename_in_ledger(connection, old_id, new_id)
    given_up = sa.delete(paces).where(paces.c.place == old_id).returning(paces.c.free_at)
    if (free_at := connection.execute(given_up).scalar()) is not None:
        insert_once(connection, paces, {"place": new_id, "free_at": free_at})


def present_id(connection: sa.Connection, channel_id: str) -> str:
    """By which id Slack calls a channel now."""
    query = sa.select(channel_aliases.c.new_id).where(channel_aliases.c.old_id == channel_id)
    return connection.execute(query).scalar() or channel_id


def now_called(channel_id: sa.BindParameter[str]) -> sa.ColumnElement[str]:
    """The same, as part of a statement."""
    query = sa.select(channel_aliases.c.new_id).where(channel_aliases.c.old_id == channel_id)
    return sa.func.coalesce(query.scalar_subquery(), channel_id)


def _remember(connection: sa.Connection, old_id: str, new_id: str) -> None:
    connection.execute(sa.delete(channel_aliases).where(channel_aliases.c.old_id == new_id))
    _rename(connection, channel_aliases.c.new_id, old_id, new_id)
    upsert(connection, channel_aliases, {"old_id": old_id, "new_id": new_id})


def _rename_the_channel_itself(connection: sa.Connection, old_id: str, new_id: str) -> None:
    given_up = sa.delete(channels).where(channels.c.channel_id == old_id).returning(channels)
    row = connection.execute(given_up).mappings().one_or_none()
    if row is not None:
        # Where the new id came first, Slack's word on it is newer; the team's is on the old one.
        upsert(connection, channels, {**row, "channel_id": new_id}, keep=_SAID_BY_SLACK)


def _rename_in_ledger(connection: sa.Connection, old_id: str, new_id: str) -> None:
    for column in (maintenance_posts.c.channel_id, maintenance_posts.c.sent_channel):
        _rename(connection, column, old_id, new_id)


def _rename(connection: sa.Connection, column: sa.Column[str], old_id: str, new_id: str) -> None:
    connection.execute(
        sa.update(column.table).where(column == old_id).values({column.name: new_id})
    )
