"""What is known of people and channels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.access import Member, Reach
from bot.domain.records import Channel, ChannelKind
from bot.domain.segments import Segment
from storage.renaming import now_called, present_id
from storage.rows import insert, upsert
from storage.tables import channels, people
from storage.types import Instant

# In one statement, and made once: every form asks for a channel.
_CHANNEL = sa.select(channels).where(
    channels.c.channel_id == now_called(sa.bindparam("channel_id"))
)


class RosterRepository:
    """See `bot.services.ports.Roster`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def member(self, user_id: str) -> Member | None:
        query = sa.select(people).where(people.c.user_id == user_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _member(row)

    def learn_member(self, member: Member, now: datetime) -> None:
        """Remember somebody; a DM channel once learned stays."""
        row = {**asdict(member), "learned_at": now}
        del row["is_stranger"]  # true for the moment in which Slack says so
        upsert(self._connection, people, row, keep=() if member.dm_channel else ("dm_channel",))

    def learned_since(self, user_ids: Iterable[str], since: datetime) -> set[str]:
        """Those of the people who were looked up lately enough."""
        query = sa.select(people.c.user_id).where(
            people.c.user_id.in_(list(user_ids)), people.c.learned_at >= since
        )
        return set(self._connection.execute(query).scalars())

    def reach(self, user_id: str) -> Reach:
        """What Slack said of reaching somebody; nothing against it of whom it was not asked."""
        query = sa.select(people).where(people.c.user_id == user_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return Reach()
        quiet = Segment(row.quiet_from, row.quiet_until) if row.quiet_from else None
        return Reach(row.dm_refused, quiet)

    def learn_reach(self, user_id: str, reach: Reach) -> None:
        """What Slack says of reaching a person who is known."""
        row = {
            "dm_refused": reach.dm_refused,
            "quiet_from": reach.quiet.start if reach.quiet else None,
            "quiet_until": reach.quiet.end if reach.quiet else None,
        }
        self._connection.execute(sa.update(people).where(people.c.user_id == user_id).values(row))

    def quiet(self, user_ids: Collection[str], at: datetime) -> frozenset[str]:
        """For whom of them Slack keeps quiet at an instant, as far as is known."""
        query = sa.select(people.c.user_id).where(
            people.c.user_id.in_(list(user_ids)),
            people.c.quiet_from <= at,
            people.c.quiet_until > at,
        )
        return frozenset(self._connection.execute(query).scalars())

    def set_team(self, user_ids: Iterable[str], asked_at: datetime) -> None:
        """Who is in TEAM_CHANNEL, and that nobody else is, but who was learned of since."""
        inside = people.c.user_id.in_(list(user_ids))
        statement = sa.update(people).where(people.c.learned_at <= asked_at)
        self._connection.execute(statement.values(in_team_channel=inside))

    def channel(self, channel_id: str) -> Channel | None:
        row = self._connection.execute(_CHANNEL, {"channel_id": channel_id}).one_or_none()
        return None if row is None else _channel(row)

    def learn_channel(self, channel: Channel, now: datetime) -> Channel:
        """What Slack says of a channel; whose it is and its kind stay. As it is known now."""
        learned = {
            "team_id": channel.team_id,
            "name": channel.name,
            "is_member": channel.is_member,
            "is_ext_shared": channel.is_ext_shared,
            "joined_at": sa.literal(now if channel.is_member else None, Instant),
            "learned_at": now,
        }
        known = learned.copy()
        if channel.is_member:  # who was in it before, came in then
            known["joined_at"] = sa.func.coalesce(channels.c.joined_at, learned["joined_at"])
        statement = insert(self._connection, channels).values(
            channel_id=channel.channel_id, **learned
        )
        row = self._connection.execute(
            statement.on_conflict_do_update(index_elements=["channel_id"], set_=known).returning(
                channels
            )
        ).one()
        return _channel(row)

    def describe_channel(self, channel_id: str, account: str, kind: ChannelKind) -> None:
        """What the team says of a channel."""
        statement = sa.update(channels).where(channels.c.channel_id == channel_id)
        self._connection.execute(statement.values(account=account, kind=kind))

    def follow(self, channel_id: str, unfollowed: frozenset[str], *, routine_always: bool) -> None:
        """Of which maintenance the team wants a channel told."""
        statement = sa.update(channels).where(channels.c.channel_id == channel_id)
        values = {"unfollowed": sorted(unfollowed), "routine_always": routine_always}
        self._connection.execute(statement.values(values))

    def leave_channel(self, channel_id: str, *, for_now: bool = False) -> None:
        """Casebell can post there no more; `for_now`: while it is archived."""
        which = channels.c.channel_id == present_id(self._connection, channel_id)
        if for_now:
            self._connection.execute(sa.update(channels).where(which).values(is_member=False))
        else:
            self._leave(which)

    def member_channels(self) -> list[Channel]:
        query = sa.select(channels).where(channels.c.is_member).order_by(channels.c.channel_id)
        return [_channel(row) for row in self._connection.execute(query)]

    def set_member_channels(self, found: Sequence[Channel], asked_at: datetime) -> list[Channel]:
        """The channels that Casebell is in; those that it is in no more.

        What was learned since Slack was asked is newer than its answer, and stays.
        """
        ids = [channel.channel_id for channel in found]
        gone = sa.and_(
            channels.c.is_member,
            channels.c.channel_id.not_in(ids),
            channels.c.learned_at <= asked_at,
        )
        left = [_channel(row) for row in self._connection.execute(sa.select(channels).where(gone))]
        self._leave(gone)
        for channel in found:
            self.learn_channel(channel, asked_at)
        return left

    def _leave(self, which: sa.ColumnElement[bool]) -> None:
        statement = sa.update(channels).where(which)
        self._connection.execute(statement.values(is_member=False, joined_at=None))


def _member(row: Any) -> Member:
    return Member(
        user_id=row.user_id,
        team_id=row.team_id,
        name=row.name,
        tz=row.tz,
        is_bot=row.is_bot,
        is_guest=row.is_guest,
        is_deleted=row.is_deleted,
        in_team_channel=row.in_team_channel,
        dm_channel=row.dm_channel,
    )


def _channel(row: Any) -> Channel:
    return Channel(
        channel_id=row.channel_id,
        team_id=row.team_id,
        name=row.name,
        is_member=row.is_member,
        is_ext_shared=row.is_ext_shared,
        account=row.account,
        kind=ChannelKind(row.kind),
        joined_at=row.joined_at,
        unfollowed=frozenset(row.unfollowed),
        routine_always=row.routine_always,
    )
