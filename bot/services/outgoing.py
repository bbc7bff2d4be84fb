"""Outgoing messages: whether they may go where they go, and what follows from how they ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.access import Destination, refusal
from bot.domain.conversation import instant
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import (
    AUDIENCES,
    Delivered,
    Draft,
    GiveUp,
    MessageKind,
    Posted,
    Sending,
    Settlement,
    Skip,
)
from bot.errors import NotReadyError
from bot.messages.kit import Message
from bot.services.announcements import Announcements
from bot.services.cards import Cards
from bot.services.desk import Desk, about_case
from bot.services.directory import Directory
from bot.services.handoff_news import NEVER_LOST
from bot.services.handoffs import SCHEDULE
from bot.services.paging import Paging
from bot.services.ports import Transaction
from bot.services.response import ResponseClock
from bot.services.route_calls import ROUTE
from bot.services.shifts import Shifts
from bot.services.wording import Wording

_TEAM_CHANNEL_KINDS = frozenset(
    {
        MessageKind.TEAM_CARD,
        MessageKind.NOT_POSTED_TEAM,
        MessageKind.CLOCK_NEWS,
        MessageKind.PAGE_NEWS,
        MessageKind.RESUBMITTED,
        MessageKind.TEAM_NEWS,
        MessageKind.MIRRORED,
    }
)
# News for the team that are about no one case: refused there, on-call gets them.
_RATHER_TO_ON_CALL = frozenset(
    {
        MessageKind.AUDIT,
        MessageKind.BEFORE_WORK,
        MessageKind.CHANNEL_NEWS,
        MessageKind.INSTALL_NEWS,
        MessageKind.NOT_OPENED,
        MessageKind.NOT_TOLD,
        MessageKind.POLICY_DIFFERS,
        MessageKind.READINESS,
        MessageKind.RELEASED,
        MessageKind.REQUEST_NEWS,
    }
)
_TO_CUSTOMERS_THREAD = frozenset({MessageKind.REPLY, MessageKind.STATUS_NEWS})
_WITH_WORDS = frozenset({EventKind.RAISED, EventKind.LOWERED, EventKind.RESOLVED})

# Every two seconds: after a minute, Slack does not tell of the team's channel because it is not
# there, or because Casebell is not in it.
MOST_TRIES_UNREAD = 30


@dataclass(frozen=True)
class Outgoing:
    """What the sender asks and tells about each message."""

    desk: Desk
    directory: Directory
    cards: Cards
    response_clock: ResponseClock
    paging: Paging
    wording: Wording
    shifts: Shifts
    announcements: Announcements

    def compose(self, sending: Sending, now: datetime) -> Message | Skip:
        """The words, if the message is still true; otherwise why it is left out."""
        with self.desk.store.reading() as tx:
            if sending.edits is not None and sending.original is None:
                return Skip("the message that it redraws was not sent")
            if sending.edits is not None and tx.outbox.is_superseded(sending):
                return Skip("drawn again since")
            return self.wording.of(tx, sending, now)

    def refused(self, sending: Sending) -> str | None:
        """Why the message must not go where it would go, or None when it may.

        Raises:
            NotReadyError: whether the team's channel is shared is not known yet.
        """
        with self.desk.store.reading() as tx:
            return refusal(AUDIENCES[sending.kind], self._destination(tx, sending))

    def settle(self, sending: Sending, settlement: Settlement, now: datetime) -> None:
        """Record how it ended, and what follows from that, in one transaction."""
        with self.desk.store.transaction() as tx:
            # Locked in the order that everybody keeps: case or schedule, page, outbox.
            if sending.edits is None and "case" in sending.facts:
                tx.cases.get(sending.facts["case"], lock=True)
            if sending.edits is None and sending.kind in NEVER_LOST:
                tx.marks.lock(SCHEDULE)
            if not tx.outbox.settle(sending, settlement, now):
                return
            if sending.kind is MessageKind.MAINTENANCE:
                self.announcements.settled(tx, sending, settlement, now)
            if sending.edits is not None:
                return
            match settlement:
                case Delivered(posted):
                    self._arrived(tx, sending, posted, now)
                case GiveUp(reason):
                    self._gave_up(tx, sending, reason, now)

    def _arrived(self, tx: Transaction, sending: Sending, posted: Posted, now: datetime) -> None:
        match sending.kind:
            case MessageKind.CASE_CARD:
                self.cards.posted(tx, sending.facts["case"], posted, now)
            case MessageKind.REPLY:
                self._replied(tx, sending, posted, now)
            case MessageKind.STATUS_NEWS:
                self._told(tx, sending, posted, now)
            case MessageKind.HANDOFF:
                self.shifts.handoffs.arrived(tx, sending, posted, now)
            case MessageKind.PAGE if sending.user_id is not None:
                # When Slack had it: its answer may have been lost, and found much later.
                at = min(instant(posted.ts), now)
                self.paging.delivered(tx, sending.facts, sending.user_id, at, now)
            case MessageKind.ROUTE_CALL:
                facts, number = sending.facts, sending.facts["case"]
                tx.cases.record(TimelineEntry(number, now, EventKind.PAGE_ROUTED, facts=facts))

    def _told(self, tx: Transaction, sending: Sending, posted: Posted, now: datetime) -> None:
        """The customer knows what somebody of the team did, and why: these words are kept too."""
        entry_id = sending.facts["entry"]
        entry, case = tx.cases.entry(entry_id), tx.cases.get(sending.facts["case"])
        if entry.kind in _WITH_WORDS:
            key, kind = f"entry:{entry_id}", MessageKind.MIRRORED
            self.cards.in_team_thread(tx, case, kind, key, now, entry=entry_id)
        if entry.kind is EventKind.RESOLVED and entry.actor is not None:
            # The note is an answer.
            at = min(instant(posted.ts), now)
            self.response_clock.answered(tx, case.number, entry.actor, at, now)

    def _replied(self, tx: Transaction, sending: Sending, posted: Posted, now: datetime) -> None:
        message_id = sending.facts["message"]
        tx.messages.posted(message_id, posted)
        message = tx.messages.get(message_id)
        case = tx.cases.get(message.case_number)
        # When Slack had it: its answer may have been lost, and found much later.
        at = min(instant(posted.ts), now)
        self.response_clock.answered(tx, case.number, message.author.user_id, at, now)
        key, route = str(message_id), "dm" if sending.user_id else "thread"
        self.cards.in_team_thread(
            tx, case, MessageKind.MIRRORED, key, now, message=message_id, route=route
        )

    def _gave_up(self, tx: Transaction, sending: Sending, reason: str, now: datetime) -> None:
        facts = sending.facts
        if sending.kind is MessageKind.CASE_CARD:
            self.cards.refused(tx, facts["case"], reason, now)
        elif sending.kind is MessageKind.PAGE and sending.user_id is not None:
            self.paging.undeliverable(tx, facts, sending.user_id, reason, now)
        elif sending.kind is MessageKind.ROUTE_CALL:
            self.paging.route_calls.refused(tx, facts, reason, now)
        elif sending.kind in NEVER_LOST:
            self.shifts.handoffs.refused(tx, sending, reason, now)
        elif sending.kind in _TO_CUSTOMERS_THREAD:
            self.cards.undelivered(tx, sending, reason, now)
        elif sending.kind in _TEAM_CHANNEL_KINDS:
            self._tell_on_call(tx, sending, reason, now)
        elif sending.kind in _RATHER_TO_ON_CALL and sending.channel_id == self.desk.team_channel:
            self._send_to_on_call(tx, sending, now)

    def _send_to_on_call(self, tx: Transaction, sending: Sending, now: datetime) -> None:
        """The same, by direct message to whoever is on call."""
        for user_id in self._on_call(tx, now):
            draft = Draft(
                kind=sending.kind,
                subject=sending.subject,
                dedupe_key=f"instead:{sending.id}:{user_id}",
                due_at=now,
                facts=sending.facts,
                user_id=user_id,
            )
            tx.outbox.add(draft, now)

    def _on_call(self, tx: Transaction, now: datetime) -> list[str]:
        return sorted({user for users in self.shifts.staff(tx, now).values() for user in users})

    def _tell_on_call(self, tx: Transaction, sending: Sending, reason: str, now: datetime) -> None:
        """The team's channel takes nothing: whoever is on call hears of it, once an hour a case."""
        case_number = sending.facts["case"]
        for user_id in self._on_call(tx, now):
            key = f"{user_id}:{now:%Y-%m-%dT%H}"
            lost = about_case(
                MessageKind.TEAM_CHANNEL_LOST, case_number, key, now, user_id=user_id, reason=reason
            )
            tx.outbox.add(lost, now)

    def _destination(self, tx: Transaction, sending: Sending) -> Destination:
        is_of_the_case = self._is_of_the_case(tx, sending)
        if sending.user_id is not None:
            is_team = self.directory.is_known_as_team(tx, sending.user_id)
            return Destination(is_team_member=is_team, is_of_the_case=is_of_the_case)
        if sending.kind is MessageKind.ROUTE_CALL and (sending.channel_id or "").startswith(ROUTE):
            return Destination(is_route=True)
        if sending.channel_id != self.desk.team_channel:
            return Destination(is_of_the_case=is_of_the_case)
        channel = tx.roster.channel(sending.channel_id)
        if channel is None and sending.attempts > MOST_TRIES_UNREAD:
            return Destination(is_team_channel=False, is_of_the_case=is_of_the_case)
        if channel is None:
            raise NotReadyError("Slack has not said yet whether TEAM_CHANNEL is shared.")
        return Destination(
            is_team_channel=True,
            is_shared_outside=channel.is_ext_shared,
            is_of_the_case=is_of_the_case,
        )

    def _is_of_the_case(self, tx: Transaction, sending: Sending) -> bool:
        """Whether it goes to the place of the case that it is about, or to its reporter."""
        if "case" not in sending.facts:
            return False
        case = tx.cases.get(sending.facts["case"])
        return sending.user_id == case.reporter.user_id or (
            sending.channel_id is not None and sending.channel_id == case.place.channel_id
        )
