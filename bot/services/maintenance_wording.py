"""The words about maintenance, chosen when they are sent, if they are still true by then."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.calendar_plan import difference_key, looks_back, reconcile
from bot.domain.conversation import instant
from bot.domain.following import heard_of
from bot.domain.ledger import (
    LedgerLine,
    LineState,
    is_mentioned_since,
    is_said_since,
    last_told,
)
from bot.domain.maintenance import MaintenanceRules
from bot.domain.notices import Notice, NoticeKind, own_notices
from bot.domain.outbox import Sending, Skip
from bot.domain.records import Channel
from bot.domain.segments import Segment
from bot.domain.window import Window
from bot.domain.window_news import NewsKind, beside, news_of
from bot.messages import maintenance, window_list
from bot.messages.kit import Message
from bot.messages.maintenance import More, News
from bot.services.desk import Desk
from bot.services.ports import Transaction
from bot.services.reached import not_reached


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

    def policy_differs(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        """What the policy says otherwise of a window, for the team to confirm."""
        stored = tx.windows.load(now - looks_back(self._rules))
        for difference in reconcile(self._rules, stored, now).differences:
            if difference_key(difference) == sending.facts["key"]:
                return window_list.policy_differs(self.desk.policy, difference)
        return Skip("it is settled")

    def heard(self, channel: Channel, windows: Iterable[Window]) -> list[Window]:
        """Those of some windows that a channel hears of; the team hears of all."""
        if channel.channel_id == self.desk.team_channel:
            return list(windows)
        return heard_of(channel, windows)

    def notice_words(self, notice: Notice, now: datetime, next_one: Window | None) -> Message:
        """The words of a notice, and of the next window where it says when that is."""
        more = More(self.desk.calendar_url, next_one)
        return maintenance.notice_post(self.desk.policy, notice, now, more)

    def news_words(self, news: News, now: datetime, next_one: Window | None) -> Message:
        """The words of a change, and of the next window where it says when that is."""
        more = More(self.desk.calendar_url, next_one)
        return maintenance.news_post(self.desk.policy, news, now, more)

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
        # What it was not written to tell of is told by itself.
        tells = {line.window_key for line in tx.ledger.of_message(sending.id)}
        found = own_notices(self._rules, window, [w for w in heard if w.key in tells])
        due = next((notice for notice in found if notice.key == sending.facts["key"]), None)
        if due is None:
            return Skip("no longer planned")
        if now >= due.worth_until:
            return Skip("no longer worth sending")
        there = tx.ledger.of_window(window.key, own.channel_id)
        if due.kind is NoticeKind.DAYS_BEFORE:
            if is_mentioned_since(there, window.segment, due.due_at):
                return Skip("a post about another has said so")
        elif due.kind is not NoticeKind.SOON and is_said_since(there, window.segment, due.due_at):
            return Skip("news that waited until then have said so")
        return self.notice_words(due, now, self._next(tx, sending))

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
        lines = tx.ledger.of_window(window.key, own.channel_id)
        earlier = [line for line in lines if line.number < own.number or line.is_told]
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
            tells = {(line.window_key, line.told) for line in tx.ledger.of_message(sending.id)}
            stays = tuple(w for w in shown.beside if (w.key, w.segment) in tells)
            shown = replace(shown, beside=stays)
        return self.news_words(shown, now, self._next(tx, sending))

    def _redrawn(
        self, tx: Transaction, sending: Sending, lines: Sequence[LedgerLine], now: datetime
    ) -> Message | Skip:
        if lines[0].kind is NewsKind.CALLED_OFF:
            lines = [_as_known_before(tx, lines[0]), *lines[1:]]
        windows = [(tx.windows.get(line.window_key), line.told) for line in lines]
        said = [(window, told) for window, told in windows if window is not None]
        sent_at = instant(sending.original.ts) if sending.original else now
        more = More(self.desk.calendar_url)
        return maintenance.earlier_post(self.desk.policy, lines[0].kind, said, sent_at, more)

    def _next(self, tx: Transaction, sending: Sending) -> Window | None:
        """The next window, if it is still when the ledger says that this post tells of it."""
        key = sending.facts.get("next")
        window = tx.windows.get(key) if key is not None else None
        if window is None or not window.takes_place:
            return None
        told = (line.told for line in tx.ledger.of_message(sending.id) if line.window_key == key)
        return window if window.segment in told else None

    @property
    def _rules(self) -> MaintenanceRules:
        return self.desk.policy.maintenance


def _as_known_before(tx: Transaction, cancelling: LedgerLine) -> LedgerLine:
    """The line of a cancelling, with when its window was by the last post before it.

    It says that, whatever became of the window before it was called off.
    """
    there = tx.ledger.of_window(cancelling.window_key, cancelling.channel_id)
    told = last_told([line for line in there if line.is_told and line.is_before(cancelling)])
    return cancelling if told is None else replace(cancelling, told=told)


def _leaves_others(news: News, told: Segment) -> bool:
    """Whether somebody may wonder if what was told together with it stays."""
    ends_sooner = news.kind is NewsKind.RESIZED and news.window.segment.end < told.end
    return ends_sooner or news.kind in (NewsKind.MOVED, NewsKind.CALLED_OFF, NewsKind.DONE)


def with_others(news: News, heard: Iterable[Window]) -> News:
    """News, with what was told together with its window and stays."""
    if news.told is None or not _leaves_others(news, news.told):
        return news
    others = beside(news.window, news.told, heard)
    over_by = news.window.segment.end if news.kind is NewsKind.DONE else news.told.start
    return replace(news, beside=tuple(w for w in others if w.segment.end > over_by))
