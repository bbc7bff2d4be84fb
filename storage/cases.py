"""The cases and their timelines."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.case import Case, CaseStatus, Person, Place
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.records import NewCase
from bot.domain.response_clock import Target
from storage.renaming import present_id
from storage.rows import insert_once
from storage.tables import AWAITS, UNRESOLVED, cases, messages, outbox, timeline

_MOST = 2**63 - 1  # what a number of 64 bits can hold
_MOST_ROWS = 2**31  # no database counts further, and people type anything
_URGENT_FIRST = (
    sa.case((AWAITS, 0), (cases.c.status == CaseStatus.REOPENED, 1), else_=2),
    sa.case((AWAITS, cases.c.due_at)),
    cases.c.number,
)

# Made once: to spell out the values of a row takes longer than to write it.
_RECORD = sa.insert(timeline).returning(timeline.c.id)


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
            "account": case.account,
            "on_behalf_of": case.on_behalf_of,
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
        return _case(self._connection.execute(_numbered(number, lock=lock)).one())

    def find(self, number: int, *, lock: bool = False) -> Case | None:
        """The case of that number, if there is one; people type any number."""
        if not 0 < number <= _MOST:
            return None
        row = self._connection.execute(_numbered(number, lock=lock)).one_or_none()
        return None if row is None else _case(row)

    def save(self, case: Case) -> None:
        """Store what has changed of a case that was locked; what it was opened with stays."""
        statement = sa.update(cases).where(cases.c.number == case.number)
        self._connection.execute(statement.values(_changeable(case)))

    def in_thread(self, channel_id: str, thread_ts: str) -> int | None:
        query = sa.select(cases.c.number).where(
            cases.c.channel_id == present_id(self._connection, channel_id),
            cases.c.thread_ts == thread_ts,
        )
        return self._connection.execute(query).scalar_one_or_none()

    def without_card(self, channel_id: str) -> list[int]:
        """The cases of a channel whose card Slack has refused, and that nobody has posted since.

        Of one that is resolved, no card is missed.
        """
        under_way = sa.exists().where(
            outbox.c.subject == sa.literal("case:").concat(sa.cast(cases.c.number, sa.Text)),
            outbox.c.kind == "case_card",
            outbox.c.state == "pending",
        )
        query = sa.select(cases.c.number).where(
            cases.c.channel_id == channel_id, cases.c.thread_ts.is_(None), UNRESOLVED, ~under_way
        )
        return list(self._connection.execute(query.order_by(cases.c.number)).scalars())

    def to_catch_up(self, since: datetime) -> list[Case]:
        """Cases with a thread in which something may be said: those that wait come first.

        They await a response, or something happened since then; none that was resolved before.
        """
        said = sa.exists().where(
            messages.c.case_number == cases.c.number, messages.c.said_at >= since
        )
        query = sa.select(cases).where(
            cases.c.thread_ts.is_not(None),
            sa.or_(AWAITS, cases.c.opened_at >= since, said),
            sa.or_(cases.c.resolved_at.is_(None), cases.c.resolved_at >= since),
        )
        return self._all(query.order_by(*_URGENT_FIRST))

    def queue(
        self,
        *,
        channel_ids: Sequence[str] | None = None,
        reporter_id: str | None = None,
        assignee_id: str | None = None,
        severities: Collection[str] | None = None,
        first: int = 0,
        most: int,
    ) -> tuple[list[Case], int]:
        """A page of the cases that are not resolved, the most urgent first; how many in all."""
        wanted: list[sa.ColumnElement[bool]] = [UNRESOLVED]
        whose: list[sa.ColumnElement[bool]] = []
        if channel_ids is not None:
            whose.append(cases.c.channel_id.in_(channel_ids))
        if reporter_id is not None:
            whose.append(cases.c.reporter_id == reporter_id)
        if whose:
            wanted.append(sa.or_(*whose))
        if assignee_id is not None:
            wanted.append(cases.c.assignee_id == assignee_id)
        if severities is not None:
            wanted.append(cases.c.severity.in_(severities))
        count = sa.select(sa.func.count()).select_from(cases).where(*wanted)
        page = (
            sa.select(cases)
            .where(*wanted)
            .order_by(*_URGENT_FIRST)
            .offset(min(first, _MOST_ROWS))
            .limit(most)
        )
        return self._all(page), self._connection.execute(count).scalar_one()

    def unresolved_after(self, number: int, *, most: int) -> list[Case]:
        """Cases of higher numbers that are not resolved, in order."""
        query = sa.select(cases).where(UNRESOLVED, cases.c.number > number)
        return self._all(query.order_by(cases.c.number).limit(most))

    def urgent(self, severities: Collection[str], *, due_before: datetime) -> list[Case]:
        """Cases that are not resolved, of these severities or with a response due by then."""
        falls_due = sa.and_(AWAITS, cases.c.due_at < due_before)
        wanted = UNRESOLVED, sa.or_(cases.c.severity.in_(severities), falls_due)
        return self._all(sa.select(cases).where(*wanted).order_by(*_URGENT_FIRST))

    def assignees(self) -> list[str]:
        query = sa.select(cases.c.assignee_id).where(cases.c.assignee_id.is_not(None), UNRESOLVED)
        return list(self._connection.execute(query.distinct().order_by("assignee_id")).scalars())

    def record(self, entry: TimelineEntry) -> int:
        row = {
            "case_number": entry.case_number,
            "at": entry.at,
            "kind": entry.kind,
            "actor": entry.actor,
            "facts": dict(entry.facts),
        }
        recorded: int = self._connection.execute(_RECORD, row).scalar_one()
        return recorded

    def entry(self, entry_id: int) -> TimelineEntry:
        query = sa.select(timeline).where(timeline.c.id == entry_id)
        return _entry(self._connection.execute(query).one())

    def timeline(
        self, number: int, kinds: Collection[EventKind] | None = None
    ) -> list[TimelineEntry]:
        """What happened to a case, in order; a kind that only a newer version knows is left out."""
        query = sa.select(timeline).where(
            timeline.c.case_number == number,
            timeline.c.kind.in_(tuple(EventKind if kinds is None else kinds)),
        )
        return [_entry(row) for row in self._connection.execute(query.order_by(timeline.c.id))]

    def timelines(
        self, numbers: Collection[int], kinds: Collection[EventKind]
    ) -> list[TimelineEntry]:
        """What of these kinds happened to several cases, in order."""
        wanted = timeline.c.case_number.in_(tuple(numbers)), timeline.c.kind.in_(tuple(kinds))
        query = sa.select(timeline).where(*wanted).order_by(timeline.c.id)
        return [_entry(row) for row in self._connection.execute(query)]

    def _all(self, query: sa.Select[Any]) -> list[Case]:
        return [_case(row) for row in self._connection.execute(query)]


def _numbered(number: int, *, lock: bool) -> sa.Select[Any]:
    query = sa.select(cases).where(cases.c.number == number)
    # Those who only refer to the case need not wait.
    return query.with_for_update(key_share=True) if lock else query


def _case(row: Any) -> Case:
    return Case(
        number=row.number,
        reporter=Person(row.reporter_team, row.reporter_id),
        place=Place(row.channel_team, row.channel_id),
        account=row.account,
        on_behalf_of=row.on_behalf_of,
        severity=row.severity,
        summary=row.summary,
        answers=row.answers,
        status=CaseStatus(row.status),
        opened_at=row.opened_at,
        waiting_since=row.waiting_since or row.opened_at,
        target=Target.parse(row.target),
        counted_from=row.counted_from or row.opened_at,
        due_at=row.due_at,
        answered_at=row.answered_at,
        answered_by=row.answered_by,
        breached_at=row.breached_at,
        assignee=row.assignee_id,
        resolved_at=row.resolved_at,
        resolved_by=row.resolved_by,
        thread_ts=row.thread_ts,
        version=row.version,
    )


def _changeable(case: Case) -> dict[str, Any]:
    return {
        "channel_team": case.place.team_id,
        "channel_id": case.place.channel_id,
        "severity": case.severity,
        "status": case.status,
        "waiting_since": case.waiting_since,
        "target": str(case.target),
        "counted_from": case.counted_from,
        "due_at": case.due_at,
        "answered_at": case.answered_at,
        "answered_by": case.answered_by,
        "breached_at": case.breached_at,
        "assignee_id": case.assignee,
        "resolved_at": case.resolved_at,
        "resolved_by": case.resolved_by,
        "thread_ts": case.thread_ts,
        "version": case.version,
    }


def _entry(row: Any) -> TimelineEntry:
    return TimelineEntry(row.case_number, row.at, EventKind(row.kind), row.actor, row.facts)
