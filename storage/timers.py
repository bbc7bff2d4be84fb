"""Promises with a due time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa

from bot.domain.timers import WAITS_BRIEFLY, DueTimer, Timer, TimerKind
from storage.rows import delete_some, insert, insert_once, one_of
from storage.tables import timers

# A kind that only a newer version knows is left to that version.
_OPEN = sa.and_(timers.c.done_at.is_(None), one_of(timers.c.kind, TimerKind))
# What every tick asks is put together once.
_NEXT_DUE = sa.select(timers.c.due_at).where(_OPEN).order_by(timers.c.due_at).limit(1)
_DUE = (
    sa.select(timers)
    .where(_OPEN, timers.c.due_at <= sa.bindparam("now"))
    .order_by(timers.c.due_at, timers.c.id)
    .limit(sa.bindparam("at_most"))
    .with_for_update(skip_locked=True)
)
_KEYS_AT_ONCE = 500  # fewer than any database's limit of values in a statement


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
        if added:
            self._written(timer.due_at)
        return added

    def take_due(self, now: datetime, limit: int) -> list[DueTimer]:
        """The earliest due timers; on PostgreSQL they are locked, and those of others skipped."""
        rows = self._connection.execute(_DUE, {"now": now, "at_most": limit})
        return [
            DueTimer(row.id, TimerKind(row.kind), row.due_at, row.facts, row.attempts)
            for row in rows
        ]

    def finish(self, timer_ids: Sequence[int], now: datetime) -> None:
        statement = sa.update(timers).where(timers.c.id.in_(timer_ids))
        self._connection.execute(statement.values(done_at=now))

    def push(self, timer_id: int, due_at: datetime, error: str, *, failed: bool = True) -> None:
        """Try it again later: deciding it has failed, or has to wait for something."""
        attempts = timers.c.attempts + (1 if failed else 0)
        self._connection.execute(
            sa.update(timers)
            .where(timers.c.id == timer_id)
            .values(due_at=due_at, attempts=attempts, error=error)
        )

    def finish_all(self, kind: TimerKind, now: datetime) -> None:
        """Call off every promise of a kind: what an earlier version promised is promised anew."""
        statement = sa.update(timers).where(_OPEN, timers.c.kind == kind)
        self._connection.execute(statement.values(done_at=now))

    def promised(self, dedupe_keys: Sequence[str]) -> dict[str, datetime]:
        """Those of the promises that are not done, and when they are due."""
        found: dict[str, datetime] = {}
        for first in range(0, len(dedupe_keys), _KEYS_AT_ONCE):
            keys = dedupe_keys[first : first + _KEYS_AT_ONCE]
            query = sa.select(timers.c.dedupe_key, timers.c.due_at).where(
                timers.c.dedupe_key.in_(keys), timers.c.done_at.is_(None)
            )
            found |= {row.dedupe_key: row.due_at for row in self._connection.execute(query)}
        return found

    def put_off(self, until: datetime) -> int:
        """How many promises that wait briefly, or are tried again, wait until after then."""
        query = sa.select(sa.func.count()).select_from(timers)
        found: int = self._connection.execute(query.where(_put_off(until))).scalar_one()
        return found

    def hasten(self, now: datetime, until: datetime) -> int:
        """Have those be decided now; how many there were."""
        statement = sa.update(timers).where(_put_off(until)).values(due_at=now)
        count = self._connection.execute(statement).rowcount
        if count:
            self._written(now)
        return count

    def is_promised(self, kind: TimerKind, due_at: datetime) -> bool:
        """Whether something of a kind is due at that instant, and not done."""
        query = sa.select(timers.c.id).where(
            timers.c.due_at == due_at, timers.c.done_at.is_(None), timers.c.kind == kind
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def renew(self, timer: Timer) -> None:
        """Promise it, though it was done before; one that is open is due then at the latest."""
        row = {
            "kind": timer.kind,
            "facts": dict(timer.facts),
            "dedupe_key": timer.dedupe_key,
            "due_at": timer.due_at,
        }
        statement = insert(self._connection, timers).values(row)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["dedupe_key"],
                set_={"due_at": timer.due_at, "done_at": None, "attempts": 0, "error": None},
                where=sa.or_(timers.c.done_at.is_not(None), timers.c.due_at > timer.due_at),
            )
        )
        self._written(timer.due_at)

    def next_due(self) -> datetime | None:
        earliest: datetime | None = self._connection.execute(_NEXT_DUE).scalar()
        return earliest

    def purge(self, done_before: datetime, limit: int) -> int:
        """Forget promises that were kept long ago; how many, at most the limit."""
        return delete_some(self._connection, timers, timers.c.done_at < done_before, limit)

    def _written(self, due_at: datetime) -> None:
        if self.earliest is None or due_at < self.earliest:
            self.earliest = due_at


def _put_off(until: datetime) -> sa.ColumnElement[bool]:
    is_brief = sa.or_(one_of(timers.c.kind, WAITS_BRIEFLY), timers.c.attempts > 0)
    return sa.and_(_OPEN, timers.c.due_at > until, is_brief)
