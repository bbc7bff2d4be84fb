"""Promises with a due time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.timers import DueTimer, Timer, TimerKind
from storage.rows import delete_some, insert_once
from storage.tables import timers

# A kind that only a newer version knows is left to that version.
_OPEN = sa.and_(timers.c.done_at.is_(None), timers.c.kind.in_(tuple(TimerKind)))


class TimerRepository:
    """See `bot.services.ports.Timers`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.earliest: datetime | None = None

    def add(self, timer: Timer) -> bool:
        """Whether it is new: a second promise with the same key is the same promise."""
        row = {
            "kind": timer.kind,
            "facts": dict(timer.facts),
            "dedupe_key": timer.dedupe_key,
            "due_at": timer.due_at,
        }
        added = insert_once(self._connection, timers, row) is not None
        if added and (self.earliest is None or timer.due_at < self.earliest):
            self.earliest = timer.due_at
        return added

    def take_due(self, now: datetime, limit: int) -> list[DueTimer]:
        """The earliest due timers; on PostgreSQL they are locked, and those of others skipped."""
        query = (
            sa.select(timers)
            .where(_OPEN, timers.c.due_at <= now)
            .order_by(timers.c.due_at, timers.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [
            DueTimer(row.id, TimerKind(row.kind), row.due_at, row.facts, row.attempts)
            for row in self._connection.execute(query)
        ]

    def finish(self, timer_ids: Sequence[int], now: datetime) -> None:
        statement = sa.update(timers).where(timers.c.id.in_(timer_ids))
        self._connection.execute(statement.values(done_at=now))

    def push(self, timer_id: int, due_at: datetime, error: str) -> None:
        """Try it again later: deciding it has failed."""
        self._connection.execute(
            sa.update(timers)
            .where(timers.c.id == timer_id)
            .values(due_at=due_at, attempts=timers.c.attempts + 1, error=error)
        )

    def finish_all(self, kind: TimerKind, now: datetime) -> None:
        """Call off every promise of a kind: what an earlier version promised is promised anew."""
        statement = sa.update(timers).where(_OPEN, timers.c.kind == kind)
        self._connection.execute(statement.values(done_at=now))

    def next_due(self) -> datetime | None:
        query = sa.select(timers.c.due_at).where(_OPEN).order_by(timers.c.due_at).limit(1)
        earliest: datetime | None = self._connection.execute(query).scalar()
        return earliest

    def purge(self, done_before: datetime, limit: int) -> int:
        """Forget promises that were kept long ago; how many, at most the limit."""
        return delete_some(self._connection, timers, timers.c.done_at < done_before, limit)
