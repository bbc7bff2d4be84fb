"""Who is on call: rotations, and the overrides laid over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.domain.rotation import HandoffTime, Rotation
from bot.domain.schedule import Override, OverrideKind, Schedule
from bot.domain.segments import Segment
from storage.tables import overrides, rotations


class ScheduleRepository:
    """See `bot.services.ports.Schedules`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def load(self, since: datetime | None = None) -> Schedule:
        """The whole schedule; with `since`, what is over by then is left out."""
        query = sa.select(overrides)
        if since is not None:
            query = query.where(overrides.c.ends_at > since)
        # Put in order here: an ORDER BY would have SQLite read every override there ever was.
        found = sorted(self._connection.execute(query), key=lambda row: row.id)
        return Schedule(tuple(self._rotations()), tuple(_override(row) for row in found))

    def add_rotation(self, rotation: Rotation, now: datetime) -> None:
        row = {
            "level": rotation.level,
            "members": list(rotation.members),
            "handoff": str(rotation.handoff),
            "zone": rotation.zone.key,
            "every_days": rotation.every_days,
            "starts_at": rotation.starts_at,
            "set_at": now,
        }
        self._connection.execute(sa.insert(rotations).values(row))

    def add_override(self, override: Override) -> Override:
        """Store it; as it is stored, with its number."""
        row = {
            "level": override.level,
            "kind": override.kind,
            "user_id": override.user,
            "instead_of": override.instead_of,
            "starts_at": override.segment.start,
            "ends_at": override.segment.end,
            "set_at": override.set_at,
            "set_by": override.set_by,
            "request_id": override.request_id,
        }
        statement = sa.insert(overrides).values(row).returning(overrides.c.id)
        return replace(override, id=self._connection.execute(statement).scalar_one())

    def override(self, override_id: int) -> Override | None:
        query = sa.select(overrides).where(overrides.c.id == override_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _override(row)

    def overrides_of(self, request_id: int) -> list[Override]:
        """What came of a request."""
        query = sa.select(overrides).where(overrides.c.request_id == request_id)
        found = self._connection.execute(query.order_by(overrides.c.id))
        return [_override(row) for row in found]

    def cancel_overrides(self, override_ids: Sequence[int], by: str, now: datetime) -> None:
        """They count no more; what they made of the past stays."""
        which = overrides.c.id.in_(list(override_ids)), overrides.c.cancelled_at.is_(None)
        statement = sa.update(overrides).where(*which)
        self._connection.execute(statement.values(cancelled_at=now, cancelled_by=by))

    def _rotations(self) -> list[Rotation]:
        """All of them, in the order they were set."""
        return [
            Rotation(
                level=row.level,
                members=tuple(row.members),
                handoff=HandoffTime.parse(row.handoff),
                zone=ZoneInfo(row.zone),
                starts_at=row.starts_at,
                every_days=row.every_days,
                set_at=row.set_at,
            )
            for row in self._connection.execute(sa.select(rotations).order_by(rotations.c.id))
        ]


def _override(row: Any) -> Override:
    return Override(
        id=row.id,
        level=row.level,
        kind=OverrideKind(row.kind),
        user=row.user_id,
        instead_of=row.instead_of,
        segment=Segment(row.starts_at, row.ends_at),
        set_at=row.set_at,
        set_by=row.set_by,
        cancelled_at=row.cancelled_at,
        cancelled_by=row.cancelled_by,
        request_id=row.request_id,
    )
