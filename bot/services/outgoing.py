"""Outgoing messages: their words and their place, chosen when they are sent; how they ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.access import Destination, is_team, refusal
from bot.domain.case import Case
from bot.domain.outbox import (
    AUDIENCES,
    Delivered,
    GiveUp,
    MessageKind,
    Posted,
    Sending,
    Settlement,
    Skip,
)
from bot.domain.page import PageState, TeamNews
from bot.domain.records import PageRow
from bot.domain.rotation import staff
from bot.errors import NotReadyError
from bot.messages import case_card, notices, page
from bot.messages.kit import Message
from bot.services.casework import BREACH, Casework
from bot.services.desk import Desk, about_case
from bot.services.maintenance import Maintenance
from bot.services.paging import Paging
from bot.services.ports import SlackGateway, Transaction

_TEAM_CHANNEL_KINDS = frozenset(
    {
        MessageKind.TEAM_CARD,
        MessageKind.NOT_POSTED_TEAM,
        MessageKind.CLOCK_NEWS,
        MessageKind.PAGE_NEWS,
        MessageKind.RESUBMITTED,
    }
)

# Every two seconds: after a minute, Slack does not tell of the team's channel because it is not
# there, or because Casebell is not in it.
MOST_TRIES_UNREAD = 30
_RINGING = frozenset({PageState.RINGING, PageState.EXHAUSTED})
# The states of a page in which news of it is still true when it is sent.
_TRUE_WHILE = {
    TeamNews.NO_ANSWER_YET: _RINGING,
    TeamNews.EXHAUSTED: _RINGING,
    TeamNews.NOBODY_ON_CALL: _RINGING,
    TeamNews.NOBODY_REACHABLE: _RINGING,
    TeamNews.NOT_ANSWERED: _RINGING,
    TeamNews.UNDELIVERABLE: frozenset(PageState) - {PageState.CLOSED},
    TeamNews.HANDED_OVER: frozenset({PageState.HELD}),
}


@dataclass(frozen=True)
class Outgoing:
    """What the sender asks and tells about each message."""

    desk: Desk
    slack: SlackGateway
    casework: Casework
    paging: Paging
    maintenance: Maintenance

    def compose(self, sending: Sending, now: datetime) -> Message | Skip:
        """The words, if the message is still true; otherwise why it is left out."""
        with self.desk.store.reading() as tx:
            if sending.edits is not None and sending.original is None:
                return Skip("the message that it redraws was not sent")
            if sending.edits is not None and tx.outbox.is_superseded(sending):
                return Skip("drawn again since")
            return self._compose(tx, sending, now)

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
            # Locked in the order that everybody keeps: case, page, outbox.
            if sending.edits is None and "case" in sending.facts:
                tx.cases.get(sending.facts["case"], lock=True)
            if not tx.outbox.settle(sending, settlement, now) or sending.edits is not None:
                return
            match settlement:
                case Delivered(posted) if sending.kind is MessageKind.CASE_CARD:
                    self.casework.card_posted(tx, sending.facts["case"], posted, now)
                case GiveUp(reason):
                    self._gave_up(tx, sending, reason, now)

    def _gave_up(self, tx: Transaction, sending: Sending, reason: str, now: datetime) -> None:
        facts = sending.facts
        if sending.kind is MessageKind.CASE_CARD:
            self.casework.card_refused(tx, facts["case"], reason, now)
        elif sending.kind is MessageKind.PAGE and sending.user_id is not None:
            self.paging.undeliverable(tx, facts["page"], sending.user_id, now)
        elif sending.kind in _TEAM_CHANNEL_KINDS:
            self._tell_on_call(tx, sending, reason, now)

    def _tell_on_call(self, tx: Transaction, sending: Sending, reason: str, now: datetime) -> None:
        """The team's channel takes nothing: whoever is on call hears of it, once an hour a case."""
        case_number = sending.facts["case"]
        on_call = {user for users in staff(tx.roster.rotations(), now).values() for user in users}
        for user_id in sorted(on_call):
            key = f"{user_id}:{now:%Y-%m-%dT%H}"
            lost = about_case(
                MessageKind.TEAM_CHANNEL_LOST, case_number, key, now, user_id=user_id, reason=reason
            )
            tx.outbox.add(lost, now)

    def _destination(self, tx: Transaction, sending: Sending) -> Destination:
        identity = self.slack.identity()
        if sending.user_id is not None:
            member = tx.roster.member(sending.user_id)
            known = member is not None and identity is not None
            team = known and is_team(member, identity.team_id)  # type: ignore[arg-type,union-attr]
            return Destination(is_team_member=team)
        if sending.channel_id != self.desk.team_channel:
            return Destination()
        channel = tx.roster.channel(sending.channel_id)
        if channel is None and sending.attempts > MOST_TRIES_UNREAD:
            return Destination(is_team_channel=False)
        if channel is None:
            raise NotReadyError("Slack has not said yet whether TEAM_CHANNEL is shared.")
        return Destination(is_team_channel=True, is_shared_outside=channel.is_ext_shared)

    def _compose(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        policy, facts = self.desk.policy, sending.facts
        if sending.kind is MessageKind.MAINTENANCE:
            notice = self.maintenance.still_planned(facts)
            if notice is None or now >= notice.worth_until:
                return Skip("no longer worth sending")
            return notices.maintenance(policy, notice, now)
        case = tx.cases.get(facts["case"])
        match sending.kind:
            case MessageKind.CASE_CARD:
                return case_card.case_card(policy, case)
            case MessageKind.RECEIPT:
                return case_card.receipt(policy, case, self._what_next(tx, case))
            case MessageKind.NOT_POSTED:
                return case_card.not_posted(policy, case, facts["reason"])
            case MessageKind.TEAM_CARD:
                return case_card.team_card(policy, case, self._team_facts(tx, case))
            case MessageKind.LONG_ANSWER:
                return case_card.long_answer(policy, case, facts["field"])
            case MessageKind.RESUBMITTED:
                return case_card.resubmitted(policy, case, facts["changed"])
            case MessageKind.NOT_POSTED_TEAM:
                return case_card.not_posted_team(case, facts["reason"])
            case MessageKind.CLOCK_NEWS:
                return self._clock_news(case, facts, now)
            case MessageKind.PAGE:
                return self._page(tx, sending, case)
            case MessageKind.PAGE_NEWS:
                return self._page_news(tx, sending, case)
            case MessageKind.TEAM_CHANNEL_LOST:
                return page.team_channel_lost(case, facts["reason"])

    def _what_next(self, tx: Transaction, case: Case) -> str:
        policy = self.desk.policy
        wakes = policy.pages(case.severity) and not policy.hours.is_open(case.opened_at)
        pages = wakes and self.paging.is_staffed(tx, case.opened_at)
        return case_card.what_next(policy, pages=pages, now=case.opened_at)

    def _clock_news(self, case: Case, facts: Mapping[str, Any], now: datetime) -> Message | Skip:
        if case.answered_at is not None:
            return Skip("answered since")
        if facts["percent"] < BREACH and now >= case.due_at:
            return Skip("overdue since")
        return notices.clock_news(self.desk.policy, case, facts["percent"], self._thread_url(case))

    def _page(self, tx: Transaction, sending: Sending, case: Case) -> Message | Skip:
        row = tx.pages.get(sending.facts["page"])
        if row is None:
            return Skip("there is no such page")
        if sending.edits is None:
            if row.page.state not in _RINGING:
                return Skip(f"the page is {row.page.state} now")
            if tx.outbox.is_superseded(sending):
                return Skip("rung again since")
        return page.page_message(self.desk.policy, self._page_facts(row, case), sending.facts)

    def _page_news(self, tx: Transaction, sending: Sending, case: Case) -> Message | Skip:
        facts, news = sending.facts, TeamNews(sending.facts["news"])
        row = tx.pages.get(facts["page"])
        if row is None or row.page.state not in _TRUE_WHILE[news]:
            return Skip("no longer so")
        if news is not TeamNews.UNDELIVERABLE and tx.outbox.is_superseded(sending):
            return Skip("more has happened since")
        return page.page_news(
            self.desk.policy,
            self._page_facts(row, case),
            news,
            facts["user"],
            datetime.fromisoformat(facts["at"]),
        )

    def _team_facts(self, tx: Transaction, case: Case) -> case_card.TeamFacts:
        row = tx.pages.latest_of(case.number)
        line = page.page_state(self.desk.policy, self._page_facts(row, case)) if row else None
        return case_card.TeamFacts(line, self._thread_url(case))

    def _page_facts(self, row: PageRow, case: Case) -> page.PageFacts:
        return page.PageFacts(
            page_id=row.id,
            page=row.page,
            case=case,
            thread_url=self._thread_url(case),
            again_every=row.policy.last_resort_every,
            answered_by=case.answered_by,
        )

    def _thread_url(self, case: Case) -> str | None:
        """The address of the case's thread, which opens it in Slack."""
        identity = self.slack.identity()
        if case.thread_ts is None or identity is None:
            return None
        return _permalink(identity.url, Posted(case.place.channel_id, case.thread_ts))


def _permalink(workspace_url: str, posted: Posted) -> str:
    return f"{workspace_url}archives/{posted.channel_id}/p{posted.ts.replace('.', '')}"
