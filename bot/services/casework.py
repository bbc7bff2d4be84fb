"""A case after it was opened: its response clock, its card, the team's answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.case import Case
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import MessageKind, Posted
from bot.domain.response_clock import due_at, reached_at
from bot.domain.timers import Timer, TimerKind
from bot.errors import UserError
from bot.services.desk import Desk, about_case, case_subject, redraw
from bot.services.paging import Paging
from bot.services.ports import Transaction

_log = logging.getLogger(__name__)
BREACH = 100


@dataclass(frozen=True)
class Casework:
    """The use cases of a case. Those that take a transaction are part of somebody else's."""

    desk: Desk
    paging: Paging

    def start_clock(self, tx: Transaction, case: Case, *, since: datetime | None = None) -> None:
        """Promise the warnings and the breach of a case's first response.

        The target counts from the opening, or from when it was changed; no warning comes at or
        after the due time.
        """
        start = since or case.opened_at
        for percent in (*self.desk.policy.warn_at_percent, BREACH):
            at = reached_at(case.target, percent, start, self.desk.policy.hours)
            if percent == BREACH:
                at = case.due_at
            elif at >= case.due_at:
                continue
            facts = {"case": case.number, "percent": percent, "due_at": case.due_at.isoformat()}
            key = f"response:{case.number}:{percent}:{case.due_at.isoformat()}"
            tx.timers.add(Timer(TimerKind.RESPONSE, at, key, facts))

    def fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """Part of a response target has passed; stale once answered, or by another deadline."""
        case = tx.cases.get(facts["case"], lock=True)
        if case.answered_at is not None or case.due_at.isoformat() != facts["due_at"]:
            return
        percent = facts["percent"]
        if percent < BREACH and now >= case.due_at:
            return  # the engine was away: the breach says it all
        kind = EventKind.WARNED
        if percent == BREACH:
            kind = EventKind.BREACHED
            tx.cases.mark_breached(case.number, now)
            self._redraw(tx, case.number, now)
        tx.cases.record(TimelineEntry(case.number, now, kind, facts={"percent": percent}))
        key, team = f"{percent}:{facts['due_at']}", self.desk.team_channel
        news = about_case(
            MessageKind.CLOCK_NEWS, case.number, key, now, channel_id=team, percent=percent
        )
        tx.outbox.add(news, now)

    def post_cards(self, tx: Transaction, case: Case, long_answers: tuple[str, ...]) -> None:
        """Show a new case in its channel and to the team."""
        now, team, number = self.desk.clock.now(), self.desk.team_channel, case.number
        self._post_card(tx, case, now)
        card = about_case(MessageKind.TEAM_CARD, number, "", now, channel_id=team)
        card_id = tx.outbox.add(card, now)
        for field in long_answers:
            answer = about_case(
                MessageKind.LONG_ANSWER,
                number,
                field,
                now,
                channel_id=team,
                thread_of=card_id,
                field=field,
            )
            tx.outbox.add(answer, now)

    def card_posted(self, tx: Transaction, number: int, posted: Posted, now: datetime) -> None:
        """The case's card is in its channel: its thread has begun."""
        tx.cases.set_thread(number, posted.ts)
        redraw(tx, now, case_subject(number), MessageKind.TEAM_CARD)
        self.paging.thread_began(tx, number, now)

    def card_refused(self, tx: Transaction, number: int, reason: str, now: datetime) -> None:
        """Slack takes no card there: the reporter hears what to do, and the team hears of it."""
        case = tx.cases.get(number)
        entry = TimelineEntry(number, now, EventKind.CARD_REFUSED, facts={"reason": reason})
        tx.cases.record(entry)
        attempt = str(self._refusals(tx, number))
        for kind, channel_id, user_id in (
            (MessageKind.NOT_POSTED, None, case.reporter.user_id),
            (MessageKind.NOT_POSTED_TEAM, self.desk.team_channel, None),
        ):
            told = about_case(
                kind, number, attempt, now, channel_id=channel_id, user_id=user_id, reason=reason
            )
            tx.outbox.add(told, now)

    def joined_channel(self, tx: Transaction, channel_id: str, now: datetime) -> None:
        """Casebell is in a channel now: the cards that it could not post there follow."""
        for number in tx.cases.without_card(channel_id):
            self._post_card(tx, tx.cases.get(number), now)

    def answered_in_thread(
        self, tx: Transaction, channel_id: str, thread_ts: str, by: str, at: datetime
    ) -> None:
        """Somebody of the team wrote in a thread at that time: if it is a case's, this answers it.

        Only the first such answer stops the response clock; each closes an open page. Somebody
        of the team who opened the case does not answer themselves.
        """
        number = tx.cases.in_thread(channel_id, thread_ts)
        if number is not None and by != tx.cases.get(number).reporter.user_id:
            self._answered(tx, number, by, at)

    def answered_elsewhere(self, number: int, by: str) -> Case:
        """Somebody of the team says that they answered where there is no thread to see it in.

        Raises:
            UserError: there is a thread, or they are the one who asks, or somebody was faster.
        """
        with self.desk.store.transaction() as tx:
            case = tx.cases.get(number, lock=True)
            if case.answered_at is not None:
                raise UserError(f"<@{case.answered_by}> has answered {case.name} already.")
            if case.thread_ts is not None:
                raise UserError(f"{case.name} has a thread now: please answer there.")
            if by == case.reporter.user_id:
                raise UserError(f"You opened {case.name}: somebody else has to answer it.")
            self._answered(tx, number, by, self.desk.clock.now())
        return case

    def raise_severity(self, tx: Transaction, case: Case, key: str, now: datetime) -> Case:
        """The case is worse than it was said to be: its deadline can only come nearer.

        Due is the earlier of the old due time and the change + the new target; both stay on the
        timeline. A page opens if the new severity has one.
        """
        policy = self.desk.policy
        severity = policy.severity(key)
        due = min(case.due_at, due_at(severity.target, now, policy.hours))
        tx.cases.raise_severity(case.number, key, severity.target, due)
        raised = tx.cases.get(case.number)
        facts = {
            "from": case.severity,
            "to": key,
            "was_due_at": case.due_at.isoformat(),
            "due_at": due.isoformat(),
        }
        actor = case.reporter.user_id
        tx.cases.record(TimelineEntry(case.number, now, EventKind.RAISED, actor, facts))
        self.start_clock(tx, raised, since=now)
        if severity.pages and not self.paging.is_open(tx, case.number):
            self.paging.open(tx, raised, now)
        self._redraw(tx, case.number, now)
        return raised

    def _answered(self, tx: Transaction, number: int, by: str, at: datetime) -> None:
        case, now = tx.cases.get(number, lock=True), self.desk.clock.now()
        # The page before the cards: everybody locks case, page, messages in this order.
        self.paging.answered(tx, number, by, at, now)
        if case.answered_at is None:
            tx.cases.mark_answered(number, by, at)
            tx.cases.record(TimelineEntry(number, at, EventKind.ANSWERED, by))
            self._redraw(tx, number, now)

    def _post_card(self, tx: Transaction, case: Case, now: datetime) -> None:
        attempt = str(self._refusals(tx, case.number))
        channel_id = case.place.channel_id
        card = about_case(MessageKind.CASE_CARD, case.number, attempt, now, channel_id=channel_id)
        tx.outbox.add(card, now)

    def _refusals(self, tx: Transaction, number: int) -> int:
        """How often Slack has refused the case's card: the next try is a message of its own."""
        return sum(entry.kind is EventKind.CARD_REFUSED for entry in tx.cases.timeline(number))

    def _redraw(self, tx: Transaction, number: int, now: datetime) -> None:
        kinds = (MessageKind.CASE_CARD, MessageKind.TEAM_CARD)
        redraw(tx, now, case_subject(number), *kinds)
