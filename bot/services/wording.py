"""The words of an outgoing message, chosen when it is sent, if it is still true by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.alarm import possible_alarm
from bot.domain.case import Case
from bot.domain.events import EventKind
from bot.domain.night import TOLD_BY, night_of
from bot.domain.outbox import MessageKind, Sending, Skip
from bot.domain.page import RINGING, PageState, TeamNews
from bot.domain.records import ChannelNews, NotServed, PageRow
from bot.messages import case_card, clock_news, page, thread, welcome
from bot.messages.kit import Message
from bot.services.auditing import audit_words
from bot.services.before_work import BeforeWork
from bot.services.channels import Channels
from bot.services.desk import Desk, case_subject, channel_subject
from bot.services.directory import Directory
from bot.services.install_reports import InstallReports
from bot.services.installed import Installed
from bot.services.links import permalink, thread_url
from bot.services.maintenance_wording import MaintenanceWording
from bot.services.oncall_wording import OnCallWording
from bot.services.paging import Paging
from bot.services.ports import SlackGateway, Transaction
from bot.services.response import BREACH

# The states of a page in which news of it is still true when it is sent.
_TRUE_WHILE = {
    TeamNews.NO_ANSWER_YET: RINGING,
    TeamNews.EXHAUSTED: RINGING,
    TeamNews.NOBODY_ON_CALL: RINGING,
    TeamNews.NOBODY_REACHABLE: RINGING,
    TeamNews.NOT_ANSWERED: RINGING,
    TeamNews.UNDELIVERABLE: frozenset(PageState) - {PageState.CLOSED},
    TeamNews.HANDED_OVER: frozenset({PageState.HELD}),
    TeamNews.ROUTE_REFUSED: frozenset(PageState),
    TeamNews.SLACK_WAS_SILENT: frozenset(PageState),
}
# News that no later one replaces, and that replaces none.
_EACH_COUNTS = frozenset(
    {TeamNews.UNDELIVERABLE, TeamNews.ROUTE_REFUSED, TeamNews.SLACK_WAS_SILENT}
)
_WHERE_IT_STANDS = frozenset(TeamNews) - _EACH_COUNTS


@dataclass(frozen=True)
class Wording:
    """Gathers what a message shows, and has it built; part of somebody else's transaction."""

    desk: Desk
    slack: SlackGateway
    directory: Directory
    channels: Channels
    paging: Paging
    maintenance: MaintenanceWording
    on_call: OnCallWording
    before_work: BeforeWork
    installed: Installed
    install_reports: InstallReports

    def of(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        """The words, or why the message is left out."""
        if "case" in sending.facts:
            return self._of_case(tx, sending, tx.cases.get(sending.facts["case"]), now)
        if (words := self.on_call.of(tx, sending, now)) is not None:
            return words
        policy, facts = self.desk.policy, sending.facts
        match sending.kind:
            case MessageKind.MAINTENANCE:
                return self.maintenance.of(tx, sending, now)
            case MessageKind.POLICY_DIFFERS:
                return self.maintenance.policy_differs(tx, sending, now)
            case MessageKind.NOT_TOLD:
                return self.maintenance.not_told(tx, sending)
            case MessageKind.WELCOME:
                return self._welcome(tx, sending)
            case MessageKind.INVITATION:
                return self._invitation(tx, sending)
            case MessageKind.RESUME:
                if facts.get("blocked"):
                    return Message(welcome.not_served(policy, NotServed.BLOCKED), [])
                if facts.get("set_aside"):
                    return welcome.set_aside(policy, facts["key"])
                return welcome.resume(policy, facts["key"])
            case MessageKind.NOT_OPENED:
                return welcome.not_opened_team(facts["user"])
            case MessageKind.CHANNEL_NEWS:
                return self._channel_news(tx, sending)
            case MessageKind.INSTALL_NEWS:
                return self.install_reports.words(tx, sending)
            case MessageKind.AUDIT:
                return audit_words(policy, tx, facts, now)
            case MessageKind.BEFORE_WORK:
                return self.before_work.words(tx, facts, now)
            case MessageKind.RELEASED:
                cases = [tx.cases.get(number) for number in facts["cases"]]
                return thread.released(facts["user"], cases)
        raise ValueError(f"a message of the kind {sending.kind} is about a case")

    def _of_case(
        self, tx: Transaction, sending: Sending, case: Case, now: datetime
    ) -> Message | Skip:
        policy, facts = self.desk.policy, sending.facts
        match sending.kind:
            case MessageKind.CASE_CARD:
                return case_card.case_card(policy, case, self._customer_facts(case, now))
            case MessageKind.RECEIPT:
                return case_card.receipt(policy, case, self._what_next(tx, case, now))
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
            case MessageKind.REPLY:
                return self._reply(tx, sending, case)
            case MessageKind.MIRRORED:
                return self._mirrored(tx, case, facts)
            case MessageKind.STATUS_NEWS:
                return thread.status_news(policy, case, tx.cases.entry(facts["entry"]))
            case MessageKind.TEAM_NEWS:
                url = thread_url(self.slack.identity(), case)
                return thread.team_news(policy, case, tx.cases.entry(facts["entry"]), url)
            case MessageKind.ASSIGNED:
                if case.assignee != sending.user_id:
                    return Skip("it is somebody else's by now")
                return thread.assigned(policy, case, facts["by"], self._card_url(tx, case))
        raise ValueError(f"a message of the kind {sending.kind} is about no case")

    def _customer_facts(self, case: Case, now: datetime) -> case_card.CustomerFacts:
        worst = self.desk.policy.worst
        alarm = possible_alarm(case.severity, worst.key if worst else None)
        return case_card.CustomerFacts(alarm, self.desk.policy.hours.is_open(now))

    def _what_next(self, tx: Transaction, case: Case, now: datetime) -> str:
        woken = self.paging.woken_for(tx, case.number)
        return case_card.what_next(self.desk.policy, woken=woken, now=now)

    def _clock_news(self, case: Case, facts: Mapping[str, Any], now: datetime) -> Message | Skip:
        if not case.awaits_response:
            return Skip("answered since")
        if facts["percent"] < BREACH and now >= case.due_at:
            return Skip("overdue since")
        url = thread_url(self.slack.identity(), case)
        return clock_news.clock_news(self.desk.policy, case, facts["percent"], url)

    def _page(self, tx: Transaction, sending: Sending, case: Case) -> Message | Skip:
        row = tx.pages.get(sending.facts["page"])
        if row is None:
            return Skip("there is no such page")
        if sending.edits is None:
            if not row.page.is_ringing:
                return Skip(f"the page is {row.page.state} now")
            if tx.outbox.is_superseded(sending):
                return Skip("rung again since")
        return page.page_message(self.desk.policy, self._page_facts(tx, row, case), sending.facts)

    def _page_news(self, tx: Transaction, sending: Sending, case: Case) -> Message | Skip:
        facts, news = sending.facts, TeamNews(sending.facts["news"])
        row = tx.pages.get(facts["page"])
        if row is None or row.page.state not in _TRUE_WHILE[news]:
            return Skip("no longer so")
        if news in _WHERE_IT_STANDS and tx.outbox.is_superseded(sending, news=_WHERE_IT_STANDS):
            return Skip("more has happened since")
        shown, at = self._page_facts(tx, row, case), datetime.fromisoformat(facts["at"])
        if news is TeamNews.HANDED_OVER:
            entries = tx.cases.timeline(case.number, TOLD_BY)
            shown = replace(shown, night=night_of(row.id, entries, at))
        return page.page_news(self.desk.policy, shown, news, facts["user"], at, facts.get("route"))

    def _team_facts(self, tx: Transaction, case: Case) -> case_card.TeamFacts:
        row = tx.pages.latest_of(case.number)
        line = None
        if row is not None:
            line = page.page_state(self.desk.policy, self._page_facts(tx, row, case))
        return case_card.TeamFacts(line, thread_url(self.slack.identity(), case))

    def _page_facts(self, tx: Transaction, row: PageRow, case: Case) -> page.PageFacts:
        return page.PageFacts(
            page_id=row.id,
            page=row.page,
            case=case,
            thread_url=thread_url(self.slack.identity(), case),
            card_url=self._card_url(tx, case),
            again_every=row.policy.last_resort_every,
            ended=self._ended(tx, row),
        )

    def _ended(self, tx: Transaction, row: PageRow) -> tuple[str, str | None] | None:
        """Why a page is over, and by whom."""
        for entry in reversed(tx.cases.timeline(row.case_number, {EventKind.PAGE_CLOSED})):
            if entry.facts["page"] == row.id:
                return entry.facts.get("why", "answered"), entry.actor
        return None

    def _card_url(self, tx: Transaction, case: Case) -> str | None:
        """The address of the team's card."""
        posted = tx.outbox.where(case_subject(case.number), MessageKind.TEAM_CARD)
        return permalink(self.slack.identity(), posted) if posted else None

    def _mirrored(self, tx: Transaction, case: Case, facts: Mapping[str, Any]) -> Message:
        if "entry" in facts:
            entry = tx.cases.entry(facts["entry"])
            return thread.status_news(self.desk.policy, case, entry, calls=False)
        message = tx.messages.get(facts["message"])
        words = self.directory.read(tx, message.text)
        return thread.mirrored(case, message, words, route=facts.get("route"))

    def _reply(self, tx: Transaction, sending: Sending, case: Case) -> Message:
        message = tx.messages.get(sending.facts["message"])
        author = message.author.user_id
        name = self.directory.names(tx, [author]).get(author, "")
        words = self.directory.read(tx, message.text)
        return thread.reply(
            self.desk.policy, case, message, words, name, by_dm=sending.user_id is not None
        )

    def _welcome(self, tx: Transaction, sending: Sending) -> Message | Skip:
        channel = tx.roster.channel(sending.channel_id or "")
        if channel is None or not channel.is_member or channel.is_blocked:
            return Skip("no cases are taken from there")
        theirs = self.installed.of_channel(tx, channel.channel_id)
        return welcome.welcome(self.desk.policy, installed_in=theirs.name if theirs else None)

    def _invitation(self, tx: Transaction, sending: Sending) -> Message:
        channel_id = sending.channel_id or ""
        channel = tx.roster.channel(channel_id)
        if channel is not None and channel.is_blocked:
            return Message(welcome.not_served(self.desk.policy, NotServed.BLOCKED), [])
        facts = sending.facts
        if not channel_id.startswith("D"):
            return welcome.invitation(self.desk.policy, facts["key"], author=facts["user"])
        cases, _ = tx.cases.queue(channel_ids=[channel_id], reporter_id=facts["user"], most=5)
        return welcome.invitation(self.desk.policy, facts["key"], cases)

    def _channel_news(self, tx: Transaction, sending: Sending) -> Message | Skip:
        # The subject follows when Slack calls the channel by another id.
        channel = tx.roster.channel(sending.subject.removeprefix(channel_subject("")))
        if channel is None:
            return Skip("the channel is not known")
        cases, total = self.channels.open_cases(tx, channel.channel_id)
        news = ChannelNews(sending.facts["news"])
        return welcome.channel_news(self.desk.policy, channel, news, cases, total)
