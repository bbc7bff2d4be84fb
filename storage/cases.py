"""The cases and their timelines."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.domain.case import Case, CaseStatus, Person, Place
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.records import NewCase
from bot.domain.response_clock import Target
from storage.rows import insert_once
from storage.tables import cases, outbox, timeline


class CaseRepository:
    """See `bot.services.ports.Cases`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def open(self, case: NewCase) -> tuple[Case, bool]:
        """The new case and True; or the one already opened by this view and person, and False."""
        same = sa.select(cases.c.number).where(
            cases.c.view_id == case.view_id, cases.c.reporter_id == case.reporter.user_id
        )
        # Looked for first, since an insert that meets it would use up a number.
        if (number := self._connection.execute(same).scalar()) is not None:
            return self.get(number), False
        row = {
            "view_id": case.view_id,
            "reporter_team": case.reporter.team_id,
            "reporter_id": case.reporter.user_id,
            "channel_team": case.place.team_id,
            "channel_id": case.place.channel_id,
            "severity": case.severity,
            "summary": case.summary,
            "answers": dict(case.answers),
            "status": CaseStatus.NEW,
            "opened_at": case.opened_at,
            "target": str(case.target),
            "due_at": case.due_at,
        }
        if (number := insert_once(self._connection, cases, row)) is not None:
            return self.get(number), True
        return self.get(self._connection.execute(same).scalar_one()), False

    def get(self, number: int, *, lock: bool = False) -> Case:
        query = sa.select(cases).where(cases.c.number == number)
        row = self._connection.execute(query.with_for_update() if lock else query).one()
        return Case(
            number=row.number,
            reporter=Person(row.reporter_team, row.reporter_id),
            place=Place(row.channel_team, row.channel_id),
            severity=row.severity,
            summary=row.summary,
            answers=row.answers,
            status=CaseStatus(row.status),
            opened_at=row.opened_at,
            target=Target.parse(row.target),
            due_at=row.due_at,
            answered_at=row.answered_at,
            answered_by=row.answered_by,
            breached_at=row.breached_at,
            thread_ts=row.thread_ts,
        )

    def in_thread(self, channel_id: str, thread_ts: str) -> int | None:
        query = sa.select(cases.c.number).where(
            cases.c.channel_id == channel_id, cases.c.thread_ts == thread_ts
        )
        return self._connection.execute(query).scalar_one_or_none()

    def without_card(self, channel_id: str) -> list[int]:
        """The cases of a channel whose card Slack has refused, and that nobody has posted since."""
        under_way = sa.exists().where(
            outbox.c.subject == sa.literal("case:").concat(sa.cast(cases.c.number, sa.Text)),
            outbox.c.kind == "case_card",
            outbox.c.state == "pending",
        )
        query = sa.select(cases.c.number).where(
            cases.c.channel_id == channel_id, cases.c.thread_ts.is_(None), ~under_way
        )
        return list(self._connection.execute(query.order_by(cases.c.number)).scalars())

    def unanswered(self, opened_since: datetime) -> list[Case]:
        """The cases that wait for a first response and have a thread to get it in."""
        query = sa.select(cases.c.number).where(
            cases.c.answered_at.is_(None),
            cases.c.thread_ts.is_not(None),
            cases.c.opened_at >= opened_since,
        )
        numbers = self._connection.execute(query.order_by(cases.c.due_at)).scalars().all()
        return [self.get(number) for number in numbers]

    def raise_severity(self, number: int, severity: str, target: Target, due_at: datetime) -> None:
        self._change(number, severity=severity, target=str(target), due_at=due_at)

    def mark_answered(self, number: int, by: str, at: datetime) -> None:
        self._change(number, status=CaseStatus.ANSWERED, answered_by=by, answered_at=at)

    def mark_breached(self, number: int, at: datetime) -> None:
        self._change(number, breached_at=at)

    def set_thread(self, number: int, ts: str) -> None:
        self._change(number, thread_ts=ts)

    def record(self, entry: TimelineEntry) -> None:
        row = {
            "case_number": entry.case_number,
            "at": entry.at,
            "kind": entry.kind,
            "actor": entry.actor,
            "facts": dict(entry.facts),
        }
        self._connection.execute(sa.insert(timeline).values(row))

    def timeline(self, number: int) -> list[TimelineEntry]:
        query = sa.select(timeline).where(timeline.c.case_number == number).order_by(timeline.c.id)
        return [
            TimelineEntry(row.case_number, row.at, EventKind(row.kind), row.actor, row.facts)
            for row in self._connection.execute(query)
        ]

    def _change(self, number: int, **values: object) -> None:
        self._connection.execute(sa.update(cases).where(cases.c.number == number).values(values))
