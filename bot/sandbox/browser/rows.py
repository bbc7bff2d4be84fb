"""What the bot's own rows say, read beside it: also while it is down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from bot.domain.case import Case
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.timers import TimerKind
from bot.services.ports import Transaction
from storage.database import Database
from storage.store import SqlStore
from storage.tables import timers

_FIRST_CASE = 1001
_OF_THE_TOUR = frozenset(
    {
        EventKind.ANSWERED,
        EventKind.RESOLVED,
        EventKind.WROTE,
        EventKind.REOPENED,
        EventKind.PAGE_RANG,
        EventKind.PAGE_ACKNOWLEDGED,
    }
)
# What people see come of it. The rest, such as housekeeping, is nothing to wait for.
_WORDS: Mapping[TimerKind, str] = {
    TimerKind.RESPONSE: "a response clock",
    TimerKind.BEFORE_WORK: "urgent cases before maintenance",
    TimerKind.PAGE: "the next step of a page",
    TimerKind.HANDOFF: "a handoff of the pager",
    TimerKind.REQUEST: "a request for cover",
    TimerKind.READINESS: "what on-call lacks",
    TimerKind.HANDOFF_CHECK: "who has confirmed the pager",
    TimerKind.CARD: "cards, as the office opens or closes",
    TimerKind.MAINTENANCE: "a maintenance notice",
    TimerKind.UNREACHED: "who was not told of maintenance",
}


@dataclass(frozen=True)
class Due:
    """What falls due next (UTC), in a few words."""

    at: datetime
    what: str


@dataclass(frozen=True)
class CaseRow:
    """A case, with what happened to it as far as the tour asks."""

    case: Case
    events: tuple[TimelineEntry, ...]


class Rows:
    """Reads the database that the bot writes."""

    def __init__(self, database_url: str) -> None:
        self._database = Database(database_url)
        self._store = SqlStore(self._database)

    def close(self) -> None:
        """Let go of the database."""
        self._database.dispose()

    def next_due(self) -> Due | None:
        """What falls due next of what people would see; a message that waits included."""
        promised = (
            sa.select(timers.c.due_at, timers.c.kind)
            .where(timers.c.done_at.is_(None), timers.c.kind.in_(tuple(_WORDS)))
            .order_by(timers.c.due_at)
            .limit(1)
        )
        with self._store.reading() as tx:
            message = tx.outbox.next_due()
        with self._database.engine.connect() as connection:
            promise = connection.execute(promised).first()
        if message is not None and (promise is None or message < promise.due_at):
            return Due(message, "a message to send")
        return Due(promise.due_at, _WORDS[TimerKind(promise.kind)]) if promise else None

    def on_call(self, now: datetime) -> dict[str, tuple[str, ...]]:
        """The ids of those who are on call, by level."""
        with self._store.reading() as tx:
            return tx.schedule.load(now - timedelta(days=1)).staff(now)

    def cases(self) -> tuple[CaseRow, ...]:
        """Every case there is, by number."""
        with self._store.reading() as tx:
            cases = list(_cases(tx))
            happened = tx.cases.timelines([case.number for case in cases], _OF_THE_TOUR)
        return tuple(
            CaseRow(case, tuple(e for e in happened if e.case_number == case.number))
            for case in cases
        )


def _cases(tx: Transaction) -> Iterator[Case]:
    number = _FIRST_CASE
    while (case := tx.cases.find(number)) is not None:
        yield case
        number += 1
