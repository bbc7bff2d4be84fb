"""What the auditor asks of all rows at once, each by an index."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from bot.domain.audit import Counts, OpenPage, Tried, Waiting
from bot.domain.outbox import MessageKind, Priority
from bot.domain.page import PageState
from bot.domain.timers import TimerKind
from storage.outbox import FIRST_OF_ITS_LANE, PENDING
from storage.tables import AWAITS, OPEN_PAGE, UNRESOLVED, cases, outbox, pages, timers

_OPEN_TIMER = sa.and_(timers.c.done_at.is_(None), timers.c.kind.in_(tuple(TimerKind)))
_TO_SLACK = outbox.c.kind != MessageKind.ROUTE_CALL
_PLACE = sa.func.coalesce(outbox.c.channel_id, outbox.c.user_id)
# What is offered for the first time just now is not in vain yet.
_IN_VAIN = sa.or_(outbox.c.error.is_not(None), outbox.c.attempts > 1)


class AuditRepository:
    """See `bot.services.ports.Audits`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def running(self, limit: int) -> list[tuple[int, datetime]]:
        """Cases that await a response and have no breach on record, the earliest due first."""
        query = (
            sa.select(cases.c.number, cases.c.due_at)
            .where(AWAITS, cases.c.breached_at.is_(None))
            .order_by(cases.c.due_at)
            .limit(limit)
        )
        return [(row.number, row.due_at) for row in self._connection.execute(query)]

    def open_pages(self, limit: int) -> list[OpenPage]:
        """Pages that are not over; those without a next step first, then the earliest due."""
        page = pages.c
        query = sa.select(
            page.id, page.case_number, page.version, page.due_at, page.state, page.policy
        )
        query = query.where(OPEN_PAGE).order_by(page.due_at.nulls_first()).limit(limit)
        found = self._connection.execute(query)
        return [OpenPage(*row[:4], PageState(row.state), row.policy) for row in found]

    def late_timers(self, due_before: datetime) -> tuple[int, datetime | None]:
        """How many promises were due before then, and the earliest due time."""
        query = sa.select(sa.func.count(), sa.func.min(timers.c.due_at))
        count, oldest = self._connection.execute(
            query.where(_OPEN_TIMER, timers.c.due_at < due_before)
        ).one()
        return count, oldest

    def failing_timers(self, due_by: datetime, attempts: int) -> dict[str, int]:
        """How many promises of each kind have failed so often; those due by then."""
        query = sa.select(timers.c.kind, sa.func.count().label("failing")).where(
            _OPEN_TIMER, timers.c.due_at <= due_by, timers.c.attempts >= attempts
        )
        rows = self._connection.execute(query.group_by(timers.c.kind))
        return {row.kind: row.failing for row in rows}

    def waiting(self) -> Waiting:
        """What waits to be sent."""
        is_urgent = outbox.c.priority == Priority.PAGE
        return Waiting(
            page_due=self._first(outbox.c.due_at, PENDING, FIRST_OF_ITS_LANE, is_urgent),
            other_due=self._first(outbox.c.due_at, PENDING, FIRST_OF_ITS_LANE, ~is_urgent),
            tried=self._tried(),
            taken_at=self._connection.execute(
                sa.select(outbox.c.settled_at)
                .where(outbox.c.settled_at.is_not(None), outbox.c.state == "sent", _TO_SLACK)
                .order_by(outbox.c.settled_at.desc())
                .limit(1)
            ).scalar(),
        )

    def _tried(self) -> tuple[Tried, ...]:
        since = sa.func.min(outbox.c.created_at).label("since")
        which = sa.and_(PENDING, _TO_SLACK, _IN_VAIN)
        query = sa.select(_PLACE.label("place"), outbox.c.priority, since).where(which)
        query = query.group_by(_PLACE, outbox.c.priority).order_by(since)
        rows = self._connection.execute(query).all()
        taken = self._taken({row.place for row in rows}, min((r.since for r in rows), default=None))
        return tuple(
            Tried(row.place, row.priority == Priority.PAGE, row.since, taken.get(row.place))
            for row in rows
        )

    def _taken(self, places: Collection[str], since: datetime | None) -> dict[str, datetime]:
        """When Slack took something for these places last, if it did since then."""
        if since is None:
            return {}
        query = sa.select(_PLACE.label("place"), sa.func.max(outbox.c.settled_at).label("at"))
        query = query.where(
            outbox.c.settled_at >= since, outbox.c.state == "sent", _TO_SLACK, _PLACE.in_(places)
        )
        return {row.place: row.at for row in self._connection.execute(query.group_by(_PLACE))}

    def counts(self, now: datetime) -> Counts:
        """How much there is."""
        return Counts(
            open_cases=self._count(cases, UNRESOLVED),
            awaiting_response=self._count(cases, AWAITS),
            open_pages=self._count(pages, OPEN_PAGE),
            due_timers=self._count(timers, _OPEN_TIMER, timers.c.due_at <= now),
            waiting_messages=self._count(outbox, PENDING),
            oldest_message=self._first(outbox.c.created_at, PENDING),
        )

    def _first(
        self, column: sa.Column[datetime], *which: sa.ColumnElement[bool]
    ) -> datetime | None:
        query = sa.select(column).where(*which).order_by(column).limit(1)
        found: datetime | None = self._connection.execute(query).scalar()
        return found

    def _count(self, table: sa.Table, *which: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).select_from(table).where(*which)
        return int(self._connection.execute(query).scalar_one())
