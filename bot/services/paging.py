"""Pages: opened with a case, moved on by time and by people, closed by an answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, assert_never

from bot.domain import escalation
from bot.domain.audit import is_kept
from bot.domain.case import Case
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import Draft, MessageKind
from bot.domain.page import (
    Acknowledged,
    Answered,
    Due,
    EscalateNow,
    Event,
    Office,
    Outcome,
    Page,
    PageState,
    RefreshPage,
    Ring,
    Staff,
    Stale,
    StaleReason,
    TellTeam,
    Undeliverable,
    WhyWithdrawn,
    Withdrawn,
    Woken,
)
from bot.domain.records import PageRow
from bot.domain.timers import Timer, TimerKind
from bot.services.desk import Desk, case_subject, locked_page, page_news, page_subject, redraw
from bot.services.ports import Transaction
from bot.services.route_calls import RouteCalls
from bot.services.shifts import Shifts

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Paging:
    """The use cases of pages. Those that take a transaction are part of somebody else's."""

    desk: Desk
    route_calls: RouteCalls
    shifts: Shifts

    def open(self, tx: Transaction, case: Case, now: datetime) -> None:
        """Open the page of a case: held while the office is open, ringing at once otherwise."""
        policy = self.desk.policy.paging
        office, on_call = self._office(now), self.shifts.staff(tx, now)
        outcome = escalation.open_page(policy, now, office, on_call, _quiet(tx, on_call, now))
        page_id = tx.pages.add(case.number, policy, outcome.page, now)
        row = PageRow(page_id, case.number, policy, outcome.page, now)
        tx.cases.record(
            TimelineEntry(
                case.number,
                now,
                EventKind.PAGE_OPENED,
                facts={"page": page_id, "state": outcome.page.state},
            )
        )
        self._carry_out(tx, row, outcome, now)

    def fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """A page's next step is due; a step planned before the page moved on is stale."""
        row = locked_page(tx, facts["page"])
        if row is not None and row.page.version == facts["version"]:
            self._step(tx, row, Due(), now)

    def look_up(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """Somebody has come on call: a page that rings nobody takes its next step now."""
        row = locked_page(tx, facts["page"])
        if row is not None and row.page.version == facts["version"] and row.page.rings_nobody:
            self._step(tx, replace(row, page=replace(row.page, due_at=now)), Due(), now)

    def plan_anew(self, tx: Transaction, page_id: int, now: datetime) -> bool:
        """Promise the next step of a page for which nobody has; whether it was so."""
        row = locked_page(tx, page_id)
        if row is None or row.page.state is PageState.CLOSED:
            return False
        due_at = row.page.due_at or now
        timer = step_timer(row.id, row.page.version, row.case_number, due_at)
        promised = tx.timers.promised([timer.dedupe_key]).get(timer.dedupe_key)
        if row.page.due_at is not None and is_kept(promised, due_at, now):
            return False
        tx.pages.save(row.id, replace(row.page, due_at=due_at))
        tx.timers.renew(timer)
        return True

    def catch_up(self, tx: Transaction, page_id: int, now: datetime) -> bool:
        """Let a page go on that waits for a time which was set back; whether it was so."""
        row = locked_page(tx, page_id)
        if row is None:
            return False
        if not escalation.is_put_off(row.page.state, row.page.due_at, row.policy, now):
            return False
        self._step(tx, row, Due(), now)
        return True

    def acknowledge(self, page_id: int, by: str) -> Stale | None:
        """Somebody of the team takes a page; what is stale about it, if anything is."""
        with self.desk.store.transaction() as tx:
            return self._press(tx, page_id, Acknowledged(by))

    def escalate(self, page_id: int, drawn: int, by: str) -> Stale | None:
        """Somebody of the team wants the next level, by a button drawn at that version."""
        with self.desk.store.transaction() as tx:
            return self._press(tx, page_id, EscalateNow(by, drawn))

    def delivered(
        self, tx: Transaction, ring: Mapping[str, Any], user: str, at: datetime, now: datetime
    ) -> None:
        """Slack has a ring, since `at`; what is told of it in its thread is no ring."""
        self._ring_ended(tx, EventKind.PAGE_DELIVERED, ring, user, now, at=at.isoformat())

    def undeliverable(
        self, tx: Transaction, ring: Mapping[str, Any], user: str, reason: str, now: datetime
    ) -> None:
        """Slack refused for good to deliver a ring."""
        row = locked_page(tx, ring["page"])
        self._ring_ended(tx, EventKind.PAGE_REFUSED, ring, user, now, reason=reason)
        if row is not None:
            self._step(tx, row, Undeliverable(user), now)

    def is_open(self, tx: Transaction, case_number: int) -> bool:
        """Whether the case has a page that is not over."""
        row = tx.pages.latest_of(case_number)
        return row is not None and row.page.due_at is not None

    def is_staffed(self, tx: Transaction, now: datetime) -> bool:
        """Whether anybody is on call."""
        return any(self.shifts.staff(tx, now).values())

    def woken_for(self, tx: Transaction, case_number: int) -> Woken:
        """Who is being woken for a case, by what became of its page."""
        row = tx.pages.latest_of(case_number)
        return row.page.woke if row is not None else Woken.NOBODY

    def wakes(self, tx: Transaction, severity_key: str, at: datetime) -> bool:
        """Whether a case of that severity wakes somebody at that time."""
        policy = self.desk.policy
        is_closed = not policy.hours.is_open(at)
        return policy.pages(severity_key) and is_closed and self.is_staffed(tx, at)

    def answered(
        self, tx: Transaction, case_number: int, by: str, at: datetime, now: datetime
    ) -> None:
        """The team answered the customer: a page that was open by then is over."""
        row = tx.pages.latest_of(case_number, lock=True)
        # One ahead of now was opened before the clock was set back.
        if row is not None and min(row.opened_at, now) <= at:
            self._step(tx, row, Answered(by), now)

    def withdraw(
        self, tx: Transaction, case_number: int, by: str, why: WhyWithdrawn, now: datetime
    ) -> None:
        """The case wakes nobody any more: a page that is open is over."""
        row = tx.pages.latest_of(case_number, lock=True)
        if row is not None:
            self._step(tx, row, Withdrawn(by, why), now)

    def thread_began(self, tx: Transaction, case_number: int, now: datetime) -> None:
        """The case has a thread to answer in: what was rung before shows the way there."""
        row = tx.pages.latest_of(case_number)
        if row is not None:
            redraw(tx, now, page_subject(row.id), MessageKind.PAGE)

    def _press(self, tx: Transaction, page_id: int, event: Event) -> Stale | None:
        row = locked_page(tx, page_id)
        if row is None:
            return Stale(StaleReason.CLOSED)
        return self._step(tx, row, event, self.desk.clock.now())

    def _step(self, tx: Transaction, row: PageRow, event: Event, now: datetime) -> Stale | None:
        office, on_call = self._office(now), self.shifts.staff(tx, now)
        quiet = _quiet(tx, on_call, now, row.page)
        outcome = escalation.step(row.page, row.policy, event, now, office, on_call, quiet)
        if isinstance(outcome, Stale):
            return outcome
        tx.pages.save(row.id, outcome.page)
        if entry := _entry(row, event, now):
            tx.cases.record(entry)
        self._carry_out(tx, row, outcome, now)
        return None

    def _carry_out(self, tx: Transaction, row: PageRow, outcome: Outcome, now: datetime) -> None:
        """Write what the decision asks for: the next due time, rings, news, cards drawn anew."""
        page = outcome.page
        if page.due_at is not None:
            tx.timers.add(step_timer(row.id, page.version, row.case_number, page.due_at))
        for effect in outcome.effects:
            match effect:
                case Ring():
                    self._ring(tx, row, page, effect, now)
                case TellTeam():
                    self._tell_team(tx, row, page, effect, now)
                case RefreshPage():
                    redraw(tx, now, page_subject(row.id), MessageKind.PAGE)
                case _:
                    assert_never(effect)
        rings = [effect for effect in outcome.effects if isinstance(effect, Ring)]
        self.route_calls.follow(tx, row, page, rings, now)
        redraw(tx, now, case_subject(row.case_number), MessageKind.TEAM_CARD)

    def _ring(self, tx: Transaction, row: PageRow, page: Page, ring: Ring, now: datetime) -> None:
        facts = {
            "page": row.id,
            "case": row.case_number,
            "level": ring.level,
            "reason": ring.reason,
            "quiet": sorted(page.quiet - {ring.user}),
            "version": page.version,  # with the person, it names the ring
        }
        tx.outbox.add(
            Draft(
                kind=MessageKind.PAGE,
                subject=page_subject(row.id),
                dedupe_key=f"ring:{row.id}:{page.version}:{ring.user}",
                due_at=now,
                facts=facts,
                user_id=ring.user,
            ),
            now,
        )
        tx.cases.record(
            TimelineEntry(
                row.case_number, now, EventKind.PAGE_RANG, facts={**facts, "user": ring.user}
            )
        )

    def _ring_ended(
        self,
        tx: Transaction,
        kind: EventKind,
        ring: Mapping[str, Any],
        user: str,
        now: datetime,
        **how: str,
    ) -> None:
        """On the timeline, from which alone the record of pages is told."""
        facts = {"page": ring["page"], "user": user, "version": ring.get("version"), **how}
        tx.cases.record(TimelineEntry(ring["case"], now, kind, facts=facts))

    def _tell_team(
        self, tx: Transaction, row: PageRow, page: Page, told: TellTeam, now: datetime
    ) -> None:
        _log.warning("page %s: %s", row.id, told.news)
        key = f"{page.version}:{told.news}"
        tx.outbox.add(page_news(self.desk, row, told.news, key, now, user=told.user), now)
        facts = {"page": row.id, "case": row.case_number, "news": told.news, "user": told.user}
        tx.cases.record(TimelineEntry(row.case_number, now, EventKind.PAGE_NEWS, facts=facts))

    def _office(self, now: datetime) -> Office:
        hours = self.desk.policy.hours
        return Office(hours.is_open(now), hours.opens_at(now), hours.closes_at(now))


def step_timer(page_id: int, version: int, case_number: int, due_at: datetime) -> Timer:
    """The promise of a page's next step, as long as it is at that version."""
    facts = {"page": page_id, "version": version, "case": case_number}
    return Timer(TimerKind.PAGE, due_at, f"page:{page_id}:{version}", facts)


def _quiet(
    tx: Transaction, on_call: Staff, now: datetime, page: Page | None = None
) -> frozenset[str]:
    """For whom Slack keeps quiet, of those who could be rung, or are."""
    people = {user for users in on_call.values() for user in users}
    if page is not None:
        people |= page.rung | {user for user in [page.acknowledged_by] if user}
    return tx.roster.quiet(people, now)


def _entry(row: PageRow, event: Event, now: datetime) -> TimelineEntry | None:
    """What the timeline says of an event; rings and news have entries of their own."""
    facts = {"page": row.id}
    match event:
        case Acknowledged(by):
            return TimelineEntry(row.case_number, now, EventKind.PAGE_ACKNOWLEDGED, by, facts)
        case EscalateNow(by):
            return TimelineEntry(row.case_number, now, EventKind.PAGE_ESCALATED, by, facts)
        case Answered(by):
            return TimelineEntry(
                row.case_number, now, EventKind.PAGE_CLOSED, by, {**facts, "why": "answered"}
            )
        case Withdrawn(by, why):
            return TimelineEntry(
                row.case_number, now, EventKind.PAGE_CLOSED, by, {**facts, "why": why}
            )
    return None
