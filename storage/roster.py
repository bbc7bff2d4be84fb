"""Who is on call, and what is known of people and channels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.domain.access import Member
from bot.domain.records import Channel
from bot.domain.rotation import Handoff, Rotation
from storage.rows import upsert
from storage.tables import channels, people, rotations


class RosterRepository:
    """See `bot.services.ports.Roster`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add_rotation(self, rotation: Rotation, now: datetime) -> None:
        row = {
            "level": rotation.level,
            "members": list(rotation.members),
            "handoff": str(rotation.handoff),
            "zone": rotation.zone.key,
            "starts_at": rotation.starts_at,
            "set_at": now,
        }
        self._connection.execute(sa.insert(rotations).values(row))

    def rotations(self) -> list[Rotation]:
        """All of them, in the order they were set."""
        return [
            Rotation(
                level=row.level,
                members=tuple(row.members),
                handoff=Handoff.parse(row.handoff),
                zone=ZoneInfo(row.zone),
                starts_at=row.starts_at,
            )
            for row in self._connection.execute(sa.select(rotations).order_by(rotations.c.id))
        ]

    def member(self, user_id: str) -> Member | None:
        query = sa.select(people).where(people.c.user_id == user_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _member(row)

    def learn_member(self, member: Member, now: datetime) -> None:
        """Remember somebody; a DM channel once learned stays."""
        row = {**asdict(member), "learned_at": now}
        upsert(self._connection, people, row, keep=() if member.dm_channel else ("dm_channel",))

    def learned_since(self, user_ids: Iterable[str], since: datetime) -> set[str]:
        """Those of the people who were looked up lately enough."""
        query = sa.select(people.c.user_id).where(
            people.c.user_id.in_(list(user_ids)), people.c.learned_at >= since
        )
        return set(self._connection.execute(query).scalars())

    def set_team(self, user_ids: Iterable[str]) -> None:
        """Who is in TEAM_CHANNEL, and that nobody else is."""
        inside = people.c.user_id.in_(list(user_ids))
        self._connection.execute(sa.update(people).values(in_team_channel=inside))

    def channel(self, channel_id: str) -> Channel | None:
        query = sa.select(channels).where(channels.c.channel_id == channel_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _channel(row)

    def learn_channel(self, channel: Channel, now: datetime) -> None:
        upsert(self._connection, channels, {**asdict(channel), "learned_at": now})

    def leave_channel(self, channel_id: str) -> None:
        statement = sa.update(channels).where(channels.c.channel_id == channel_id)
        self._connection.execute(statement.values(is_member=False))

    def member_channels(self) -> list[Channel]:
        query = sa.select(channels).where(channels.c.is_member).order_by(channels.c.channel_id)
        return [_channel(row) for row in self._connection.execute(query)]

    def set_member_channels(self, found: Sequence[Channel], now: datetime) -> None:
        """The channels that Casebell is in, and that it is in no other."""
        ids = [channel.channel_id for channel in found]
        self._connection.execute(
            sa.update(channels).where(channels.c.channel_id.not_in(ids)).values(is_member=False)
        )
        for channel in found:
            self.learn_channel(channel, now)


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
    return Channel(row.channel_id, row.team_id, row.name, row.is_member, row.is_ext_shared)
