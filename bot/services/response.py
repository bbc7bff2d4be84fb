"""The response clock of a case: its warnings, its breach, and the answer that stops it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.audit import is_kept
from bot.domain.case import Case, CaseStatus
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import MessageKind
from bot.domain.response_clock import Promise, reached_at
from bot.domain.timers import Timer, TimerKind
from bot.errors import UserError
from bot.policy import Severity
from bot.services.cards import Cards
from bot.services.desk import Desk, existing_case
from bot.services.paging import Paging
from bot.services.ports import Transaction

BREACH = 100
CLOCK_SKEW = timedelta(seconds=5)  # between our clock and Slack's, which dates messages


@dataclass(frozen=True)
class ResponseClock:
    """The use cases of the clock. Those that take a transaction are part of somebody else's."""

    desk: Desk
    cards: Cards
    paging: Paging

    def start(self, tx: Transaction, case: Case, now: datetime) -> None:
        """Promise the warnings and the breach of the response that a case awaits.

        No warning comes at or after the due time, nor for an instant that has passed.
        """
        promise = case.promise
        for percent in (*self.desk.policy.warn_at_percent, BREACH):
            at = promise.due_at
            if percent < BREACH:
                at = reached_at(
                    promise.target, percent, promise.counted_from, self.desk.policy.hours
                )
                if at >= promise.due_at or at < now:
                    continue
            tx.timers.add(_timer(case.number, percent, at, promise.due_at))

    def plan_anew(self, tx: Transaction, number: int, now: datetime) -> bool:
        """Promise a breach that nobody has promised; whether it was so."""
        case = tx.cases.get(number, lock=True)
        if not case.awaits_response or case.breached_at is not None:
            return False
        breach = breach_timer(number, case.due_at)
        promised = tx.timers.promised([breach.dedupe_key])
        if is_kept(promised.get(breach.dedupe_key), breach.due_at, now):
            return False
        self.start(tx, case, now)
        tx.timers.renew(breach)
        return True

    def fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """Part of a response target has passed; stale once answered, or by another deadline."""
        case = tx.cases.get(facts["case"], lock=True)
        if not case.awaits_response or case.due_at.isoformat() != facts["due_at"]:
            return
        percent = facts["percent"]
        if percent < BREACH and now >= case.due_at:
            return  # the engine was away: the breach says it all
        if percent == BREACH and case.breached_at is not None:
            return  # by an earlier deadline
        kind = EventKind.WARNED
        if percent == BREACH:
            kind = EventKind.BREACHED
            tx.cases.save(replace(case, breached_at=now))
            self.cards.redraw(tx, case.number, now)
        tx.cases.record(TimelineEntry(case.number, now, kind, facts={"percent": percent}))
        key = f"{percent}:{facts['due_at']}"
        self.cards.to_team(tx, case, MessageKind.CLOCK_NEWS, key, now, percent=percent)

    def resumed(self, tx: Transaction, case: Case, now: datetime) -> None:
        """A resolved case is open again; where it still awaits a response, its promise goes on.

        What fell due while it was resolved was let pass: it is told now, and its page opens anew.
        """
        self.cards.watch_office(tx, case, now)
        if not case.awaits_response:
            return
        if case.breached_at is None and case.due_at <= now:
            facts = {"case": case.number, "percent": BREACH, "due_at": case.due_at.isoformat()}
            self.fell_due(tx, facts, now)
        if self.desk.policy.pages(case.severity) and not self.paging.is_open(tx, case.number):
            self.paging.open(tx, case, now)

    def answered(self, tx: Transaction, number: int, by: str, at: datetime, now: datetime) -> None:
        """Somebody of the team answered the customer at that time.

        Only the first such answer stops the clock; each closes a page that was open by then.
        Somebody of the team who opened the case does not answer themselves, and what was written
        before the customer began to wait answers nothing.
        """
        case = tx.cases.get(number, lock=True)
        # A time ahead of now was stamped before the clock was set back.
        if by == case.reporter.user_id or at + CLOCK_SKEW < min(case.waiting_since, now):
            return
        # The page before the cards: everybody locks case, page, messages in this order.
        self.paging.answered(tx, number, by, at + CLOCK_SKEW, now)
        if case.status is CaseStatus.REOPENED:
            tx.cases.save(replace(case, status=CaseStatus.ANSWERED))
            self.cards.redraw(tx, number, now)
        if case.answered_at is None:
            status = CaseStatus.RESOLVED if case.is_resolved else CaseStatus.ANSWERED
            tx.cases.save(replace(case, status=status, answered_by=by, answered_at=at))
            tx.cases.record(TimelineEntry(number, at, EventKind.ANSWERED, by))
            self.cards.redraw(tx, number, now)

    def answered_elsewhere(self, number: int, by: str) -> Case:
        """Somebody of the team says that they answered where there is no thread to see it in.

        Raises:
            UserError: there is a thread, or they are the one who asks, or somebody was faster.
        """
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            case = existing_case(tx, number, lock=True)
            if case.answered_at is not None:
                raise UserError(f"<@{case.answered_by}> has answered {case.name} already.")
            if case.thread_ts is not None:
                raise UserError(f"{case.name} has a thread now: please answer there.")
            if by == case.reporter.user_id:
                raise UserError(f"You opened {case.name}: somebody else has to answer it.")
            self.answered(tx, number, by, now, now)
        return case

    def asked_again(self, case: Case, severity: Severity, now: datetime) -> Case:
        """A case that was answered, or resolved, as it is once the customer waits anew."""
        promise = Promise.make(severity.target, now, self.desk.policy.hours)
        return replace(
            case.promising(promise),
            status=CaseStatus.NEW,
            waiting_since=now,
            answered_at=None,
            answered_by=None,
            breached_at=None,
            resolved_at=None,
            resolved_by=None,
        )


def breach_timer(number: int, due_at: datetime) -> Timer:
    """The promise to look, when a response is due, whether it was given."""
    return _timer(number, BREACH, due_at, due_at)


def _timer(number: int, percent: int, at: datetime, due_at: datetime) -> Timer:
    due = due_at.isoformat()
    facts = {"case": number, "percent": percent, "due_at": due}
    return Timer(TimerKind.RESPONSE, at, f"response:{number}:{percent}:{due}", facts)
