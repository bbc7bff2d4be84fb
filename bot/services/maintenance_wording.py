"""The words about maintenance, chosen when they are sent, if they are still true by then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.conversation import instant
from bot.domain.following import heard_of
from bot.domain.ledger import LedgerLine, LineState, is_said_since, last_told
from bot.domain.maintenance import MaintenanceRules
from bot.domain.notices import Notice, NoticeKind, own_notices
from bot.domain.outbox import Sending, Skip
from bot.domain.records import Channel
from bot.domain.window import Window
from bot.domain.window_news import NewsKind, beside, news_of
from bot.messages import maintenance
from bot.messages.kit import Message
from bot.messages.maintenance import More, News
from bot.services.desk import Desk
from bot.services.ports import Transaction
from bot.services.reached import not_reached

CALENDAR_PATH = "/maintenance.ics"


@dataclass(frozen=True)
class MaintenanceWording:
    """Gathers what a post about maintenance shows; part of somebody else's transaction."""

    desk: Desk

    def of(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        """The words of a post, or why it is left out."""
        lines = tx.ledger.of_message(sending.edits or sending.id)
        window = tx.windows.get(sending.facts.get("window", ""))
        own = next((x for x in lines if window and x.window_key == window.key), None)
        channel = tx.roster.channel(sending.channel_id or "")
        if window is None or own is None or channel is None:
            return Skip("its window or its channel is not known any more")
        if sending.edits is not None:
            others = [x for x in lines if x != own and x.state is not LineState.LEFT_OUT]
            return self._redrawn(tx, sending, [own, *others], now)
        if "news" in sending.facts:
            return self._news(tx, sending, window, own, channel, now)
        return self._notice(tx, sending, window, own, channel, now)

    def not_told(self, tx: Transaction, sending: Sending) -> Message | Skip:
        """Which channels do not know of a window, an hour before it."""
        window = tx.windows.get(sending.facts["window"])
        if window is None:
            return Skip("its window is not known any more")
        before = datetime.fromisoformat(sending.facts["before"])
        lines = not_reached(tx, self.desk, window, before)
        if window.segment.start.isoformat() != sending.facts["start"] or not lines:
            return Skip("all of them know it by now")
        channels = [(tx.roster.channel(line.channel_id), line) for line in lines]
        named = [(found.name if found else line.channel_id, line) for found, line in channels]
        return maintenance.not_told(self.desk.policy, window, named)

    def heard(self, channel: Channel, windows: Iterable[Window]) -> list[Window]:
        """Those of some windows that a channel hears of; the team hears of all."""
        if channel.channel_id == self.desk.team_channel:
            return list(windows)
        return heard_of(channel, windows)

    def notice_words(self, tx: Transaction, notice: Notice, now: datetime) -> Message:
        """The words of a notice."""
        more = self._more(tx, notice.about)
        return maintenance.notice_post(self.desk.policy, notice, now, more)

    def news_words(self, tx: Transaction, news: News, now: datetime) -> Message:
        """The words of a change."""
        return maintenance.news_post(self.desk.policy, news, now, self._more(tx, news.window))

    def _notice(
        self,
        tx: Transaction,
        sending: Sending,
        window: Window,
        own: LedgerLine,
        channel: Channel,
        now: datetime,
    ) -> Message | Skip:
        if own.told != window.segment:
            return Skip("its window was changed since")
        heard = self.heard(channel, tx.windows.overlapping(window.segment))
        if window not in heard:
            return Skip("the channel does not follow it any more")
        found = own_notices(self._rules, window, heard)
        due = next((notice for notice in found if notice.key == sending.facts["key"]), None)
        if due is None:
            return Skip("no longer planned")
        if now >= due.worth_until:
            return Skip("no longer worth sending")
        if due.kind in (NoticeKind.STARTED, NoticeKind.ENDED):
            lines = tx.ledger.of_window(window.key)
            there = [line for line in lines if line.channel_id == own.channel_id]
            if is_said_since(there, window.segment, due.due_at):
                return Skip("news that waited until then have said so")
        return self.notice_words(tx, due, now)

    def _news(
        self,
        tx: Transaction,
        sending: Sending,
        window: Window,
        own: LedgerLine,
        channel: Channel,
        now: datetime,
    ) -> Message | Skip:
        if sending.facts["sequence"] != window.sequence:
            return Skip("its window was changed again since")
        lines = tx.ledger.of_window(window.key)
        there = [line for line in lines if line.channel_id == own.channel_id]
        earlier = [line for line in there if line.number < own.number or line.is_told]
        told = last_told(earlier)
        kind = news_of(told, window)
        if kind is None:
            return Skip("it is as they know it")
        if kind is NewsKind.CALLED_OFF and not any(line.is_told for line in earlier):
            return Skip("nobody there had heard of it")
        if not any(line.is_told for line in earlier):
            heard = self.heard(channel, tx.windows.overlapping(window.segment))
            if window not in heard:
                return Skip("the channel does not follow it any more")
        if now >= max(segment.end for segment in (window.segment, told) if segment):
            return Skip("no longer worth sending")
        if window.takes_place and window.segment.end <= now:
            kind = NewsKind.DONE  # whatever it was when it was written
        shown = News(kind, window, told)
        if told is not None:
            heard = self.heard(channel, tx.windows.overlapping(told))
            shown = with_others(shown, heard)
        return self.news_words(tx, shown, now)

    def _redrawn(
        self, tx: Transaction, sending: Sending, lines: Sequence[LedgerLine], now: datetime
    ) -> Message | Skip:
        windows = [(tx.windows.get(line.window_key), line.told) for line in lines]
        said = [(window, told) for window, told in windows if window is not None]
        sent_at = instant(sending.original.ts) if sending.original else now
        more = self._more(tx, said[0][0])
        return maintenance.earlier_post(
            self.desk.policy, lines[0].kind, said, sent_at, now, replace(more, next_one=None)
        )

    def _more(self, tx: Transaction, window: Window) -> More:
        url = self.desk.public_url
        calendar = f"{url.rstrip('/')}{CALENDAR_PATH}" if url else None
        return More(calendar, tx.windows.next_of(window))

    @property
    def _rules(self) -> MaintenanceRules:
        return self.desk.policy.maintenance


def with_others(news: News, heard: Iterable[Window]) -> News:
    """News, with what was told together with its window and stays."""
    if news.told is None or news.kind not in (NewsKind.MOVED, NewsKind.CALLED_OFF):
        return news
    return replace(news, beside=beside(news.window, news.told, heard))
