"""A case's cards, and where words about it go: its thread, the team's channel, the reporter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.case import Case, Place
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import Draft, MessageKind, Posted, Sending
from bot.domain.timers import Timer, TimerKind
from bot.services.desk import Desk, about_case, case_subject, redraw
from bot.services.paging import Paging
from bot.services.ports import Transaction

CARDS = "2"  # the cards' version; a new one has all of them drawn anew
REDRAWN_AT_ONCE = 25
WATCHED_AFTER = timedelta(days=7)  # that a case was resolved


@dataclass(frozen=True)
class Cards:
    """What other use cases do to be seen; every method is part of somebody else's transaction."""

    desk: Desk
    paging: Paging

    def post(self, tx: Transaction, case: Case, long_answers: tuple[str, ...]) -> None:
        """Show a new case in its place and to the team."""
        now = self.desk.clock.now()
        self._post_customers(tx, case, now)
        self.watch_office(tx, case, now)
        self.to_team(tx, case, MessageKind.TEAM_CARD, "", now)
        for field in long_answers:
            self.in_team_thread(tx, case, MessageKind.LONG_ANSWER, field, now, field=field)

    def watch_office(self, tx: Transaction, case: Case, now: datetime) -> None:
        """Promise to redraw the customer's card at the office's next opening or closing.

        Only where that changes what its button says: on a case that can call on-call.
        """
        worst, hours = self.desk.policy.worst, self.desk.policy.hours
        if worst is None or case.severity != worst.key:
            return
        edge = hours.closes_at(now) if hours.is_open(now) else hours.opens_at(now)
        key = f"card:{case.number}:{edge.isoformat()}"
        tx.timers.add(Timer(TimerKind.CARD, edge, key, {"case": case.number}))

    def office_changed(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """The office has opened or closed; a case that was resolved long ago is let rest."""
        case = tx.cases.get(facts["case"], lock=True)  # before its messages, as everybody does
        if case.resolved_at is None or now < case.resolved_at + WATCHED_AFTER:
            self.redraw_customers(tx, case.number, now)
            self.watch_office(tx, case, now)

    def redraw_all(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """After an update: cards that an older version drew have no buttons of the newer one."""
        cases = tx.cases.unresolved_after(facts["after"], most=REDRAWN_AT_ONCE)
        for case in cases:
            tx.cases.get(case.number, lock=True)
            self.redraw(tx, case.number, now)
            self.watch_office(tx, case, now)
        if cases:
            self.promise_redraw(tx, now + timedelta(minutes=1), after=cases[-1].number)

    def promise_redraw(self, tx: Transaction, at: datetime, *, after: int = 0) -> None:
        """Have every card of an open case drawn anew once, a portion at a time."""
        key = f"redraw:{CARDS}:{after}"
        tx.timers.add(Timer(TimerKind.REDRAW, at, key, {"after": after}))

    def redraw(self, tx: Transaction, number: int, now: datetime) -> None:
        """Have both cards show the case as it stands."""
        kinds = (MessageKind.CASE_CARD, MessageKind.TEAM_CARD)
        redraw(tx, now, case_subject(number), *kinds)

    def redraw_customers(self, tx: Transaction, number: int, now: datetime) -> None:
        """Have the customer's card show the case as it stands."""
        redraw(tx, now, case_subject(number), MessageKind.CASE_CARD)

    def to_team(
        self, tx: Transaction, case: Case, kind: MessageKind, key: str, now: datetime, **facts: Any
    ) -> None:
        """Tell TEAM_CHANNEL."""
        team = self.desk.team_channel
        tx.outbox.add(about_case(kind, case.number, key, now, channel_id=team, **facts), now)

    def in_team_thread(
        self, tx: Transaction, case: Case, kind: MessageKind, key: str, now: datetime, **facts: Any
    ) -> None:
        """Tell the thread of the team's card: internal, and where the whole case can be read."""
        card = tx.outbox.newest(case_subject(case.number), MessageKind.TEAM_CARD)
        told = about_case(
            kind,
            case.number,
            key,
            now,
            channel_id=self.desk.team_channel,
            thread_of=card,
            **facts,
        )
        tx.outbox.add(told, now)

    def to_customer(
        self, tx: Transaction, case: Case, kind: MessageKind, key: str, now: datetime, **facts: Any
    ) -> None:
        """Tell the case's thread; its reporter alone, where there is none."""
        told = about_case(kind, case.number, key, now, **facts)
        card = tx.outbox.newest(case_subject(case.number), MessageKind.CASE_CARD)
        if case.thread_ts is not None:
            told = replace(told, channel_id=case.place.channel_id, thread_ts=case.thread_ts)
        elif card is not None:  # on its way, and first in its lane
            told = replace(_to_place(told, case), thread_of=card)
        else:
            told = replace(told, user_id=case.reporter.user_id)
        tx.outbox.add(told, now)

    def tell_customer(self, tx: Transaction, case: Case, entry_id: int, now: datetime) -> None:
        """Tell the customer of an entry of the timeline."""
        self.to_customer(tx, case, MessageKind.STATUS_NEWS, str(entry_id), now, entry=entry_id)

    def tell_team(self, tx: Transaction, case: Case, entry_id: int, now: datetime) -> None:
        """Tell TEAM_CHANNEL of an entry of the timeline."""
        self.to_team(tx, case, MessageKind.TEAM_NEWS, str(entry_id), now, entry=entry_id)

    def posted(self, tx: Transaction, number: int, posted: Posted, now: datetime) -> None:
        """The case's card is in its place: its thread has begun."""
        case = tx.cases.get(number)
        place = case.place
        if place.is_direct:  # Slack has said which channel that is
            place = Place(place.team_id, posted.channel_id)
        tx.cases.save(replace(case, place=place, thread_ts=posted.ts))
        redraw(tx, now, case_subject(number), MessageKind.TEAM_CARD)
        self.paging.thread_began(tx, number, now)

    def refused(self, tx: Transaction, number: int, reason: str, now: datetime) -> None:
        """Slack takes no card there: the reporter hears what to do, and the team hears of it."""
        case = tx.cases.get(number)
        entry = TimelineEntry(number, now, EventKind.CARD_REFUSED, facts={"reason": reason})
        tx.cases.record(entry)
        attempt = str(self._refusals(tx, number))
        reporter = case.reporter.user_id
        told = about_case(
            MessageKind.NOT_POSTED, number, attempt, now, user_id=reporter, reason=reason
        )
        tx.outbox.add(told, now)
        self.to_team(tx, case, MessageKind.NOT_POSTED_TEAM, attempt, now, reason=reason)

    def undelivered(self, tx: Transaction, sending: Sending, reason: str, now: datetime) -> None:
        """A customer's thread takes no words: the reporter gets them by DM, or the team hears."""
        case = tx.cases.get(sending.facts["case"])
        if sending.user_id is None:
            detour = Draft(
                kind=sending.kind,
                subject=sending.subject,
                dedupe_key=f"{sending.metadata_key}:dm",
                due_at=now,
                facts=sending.facts,
                user_id=case.reporter.user_id,
            )
            tx.outbox.add(detour, now)
            return
        actor, message_id = None, sending.facts.get("message")
        if message_id is not None:  # a reply: its words are kept where the team reads them
            actor = tx.messages.get(message_id).author.user_id
            mirror = (MessageKind.MIRRORED, str(message_id), now)
            self.in_team_thread(tx, case, *mirror, message=message_id, route="none")
        facts = {"reason": reason, "what": sending.kind}
        entry = TimelineEntry(case.number, now, EventKind.NOT_DELIVERED, actor, facts)
        self.tell_team(tx, case, tx.cases.record(entry), now)

    def joined_channel(self, tx: Transaction, channel_id: str, now: datetime) -> None:
        """Casebell is in a channel now: the cards that it could not post there follow."""
        for number in tx.cases.without_card(channel_id):
            self._post_customers(tx, tx.cases.get(number), now)

    def _post_customers(self, tx: Transaction, case: Case, now: datetime) -> None:
        attempt = str(self._refusals(tx, case.number))
        card = about_case(MessageKind.CASE_CARD, case.number, attempt, now)
        tx.outbox.add(_to_place(card, case), now)

    def _refusals(self, tx: Transaction, number: int) -> int:
        """How often Slack has refused the case's card: the next try is a message of its own."""
        return len(tx.cases.timeline(number, {EventKind.CARD_REFUSED}))


def _to_place(told: Draft, case: Case) -> Draft:
    """To where the case lives: a channel, or the reporter's DM, whose channel Slack has to say."""
    if case.place.is_direct and case.thread_ts is None:
        return replace(told, user_id=case.reporter.user_id)
    return replace(told, channel_id=case.place.channel_id)
