"""What is posted about maintenance, and in which channels: notices, and changes of windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from bot.domain.calendar_plan import Changed
from bot.domain.ledger import LedgerLine, PostKind, by_channel, last_told
from bot.domain.maintenance import MaintenanceRules, WindowKind
from bot.domain.notices import Notice, NoticeKind, name_in, notice, own_notices
from bot.domain.records import Channel
from bot.domain.segments import Segment
from bot.domain.window import Window
from bot.domain.window_news import NewsKind, news_key, news_of
from bot.messages.kit import Message
from bot.messages.maintenance import News
from bot.services.desk import Desk
from bot.services.maintenance_wording import MaintenanceWording, with_others
from bot.services.ports import Transaction


@dataclass(frozen=True)
class Post:
    """Something to post: its name for good, and what the outbox keeps of it.

    `tells_of` are its windows, the one that it is about first, each with what the post is called
    as far as it tells of that one.
    """

    kind: PostKind
    key: str
    facts: Mapping[str, Any]
    tells_of: tuple[tuple[Window, str], ...]
    words: Callable[[], Message]

    @property
    def about(self) -> Window:
        """The window that it is about."""
        return self.tells_of[0][0]


@dataclass(frozen=True)
class Telling:
    """A post, the channels that get it, and the earlier posts of its window there."""

    post: Post
    channel_ids: tuple[str, ...]
    earlier: tuple[LedgerLine, ...]


@dataclass(frozen=True)
class Tellings:
    """Finds what is posted where; writes nothing."""

    desk: Desk

    @property
    def wording(self) -> MaintenanceWording:
        """The words."""
        return MaintenanceWording(self.desk)

    def of_change(self, tx: Transaction, changed: Changed, now: datetime) -> list[Telling]:
        """What a change has to have posted; the same before and after it is stored."""
        stands = {after.key: after for _, after in changed.pairs}
        return [
            telling
            for before, after in changed.pairs
            if before is None or not _is_same(before, after)
            for telling in self._of_pair(tx, before, after, stands, now)
        ]

    def of_return(self, tx: Transaction, channel: Channel, now: datetime) -> list[Telling]:
        """What a channel in which Casebell is again knows otherwise than it is."""
        lines: dict[str, list[LedgerLine]] = {}
        for line in tx.ledger.of_channel(channel.channel_id, now):
            lines.setdefault(line.window_key, []).append(line)
        found = []
        for key, of_window in lines.items():
            window = tx.windows.get(key)
            counting = [line for line in of_window if line.counts]
            told = last_told(counting)
            kinds = {line.kind for line in counting if line.is_about_it}
            if window is None or told is None or NewsKind.CALLED_OFF in kinds:
                continue
            news = self._news(channel, window, told, {told: tx.windows.overlapping(told)})
            if news is not None:
                news = replace(news, beside=())  # what is not known there is told by itself
                post = self._of_news(tx, news, now, again=f"@{now.isoformat()}")
                found.append(Telling(post, (channel.channel_id,), tuple(of_window)))
        return found

    def in_channel(
        self, channel: Channel, own: Notice, windows: Sequence[Window]
    ) -> Notice | str | None:
        """A notice as a channel gets it: with the windows that it hears of.

        A sentence: why it does not; None: another notice tells it the same.
        """
        heard = self.wording.heard(channel, windows)
        if own.about.key in {window.key for window in heard}:
            return notice(self._rules, heard, own.key)
        if own.about.kind is WindowKind.ROUTINE:
            return "it hears of the routine window when work is planned in it"
        return f"it does not follow {own.about.sector}"

    def post_of(self, tx: Transaction, due: Notice, now: datetime) -> Post:
        """A notice, to be posted."""
        facts = {"window": due.about.key, "key": due.key, "due_at": due.due_at.isoformat()}
        named = [(window, name_in(self._rules, due, window)) for window in due.windows]
        next_one = tx.windows.next_of(due.about) if due.kind is NoticeKind.ENDED else None
        words = partial(self.wording.notice_words, due, now, next_one)
        return _naming_next(due.kind, due.key, facts, named, next_one, words)

    def _of_pair(
        self,
        tx: Transaction,
        before: Window | None,
        after: Window,
        stands: Mapping[str, Window],
        now: datetime,
    ) -> list[Telling]:
        """Those who know of the window are told of the change; the others, what is due by now."""
        ledger = tx.ledger.of_window(after.key)
        earlier = by_channel(line for line in ledger if line.counts)
        windows = _overlapping(tx, after.segment, stands)
        is_added = before is None
        new = [] if is_added else self._due_by(after, ledger, now)
        around: dict[Segment, list[Window]] = {after.segment: windows}
        posts: dict[Notice | News, tuple[Post, list[str]]] = {}
        for channel in tx.roster.member_channels():
            told = last_told(earlier.get(channel.channel_id, []))
            due: Notice | News | None = self._first_due(channel, new, windows, told)
            if due is None and (told or is_added):
                if told is not None and told not in around:
                    around[told] = _overlapping(tx, told, stands)
                hears = told is not None or after in self.wording.heard(channel, windows)
                due = self._news(channel, after, told, around) if hears else None
            if due is None:
                continue
            if due not in posts:
                posts[due] = (self._post(tx, due, now), [])
            posts[due][1].append(channel.channel_id)
        return [
            Telling(post, tuple(ids), tuple(line for one in ids for line in earlier.get(one, [])))
            for post, ids in posts.values()
        ]

    def _post(self, tx: Transaction, due: Notice | News, now: datetime) -> Post:
        if isinstance(due, Notice):
            return self.post_of(tx, due, now)
        return self._of_news(tx, due, now)

    def _due_by(self, after: Window, ledger: Iterable[LedgerLine], now: datetime) -> list[Notice]:
        """The notices of a window that are worth sending now, and that nobody had yet."""
        had = {line.notice for line in ledger}
        found = own_notices(self._rules, after)
        return [own for own in found if own.due_at <= now < own.worth_until and own.key not in had]

    def _first_due(
        self,
        channel: Channel,
        new: Iterable[Notice],
        windows: Sequence[Window],
        told: Segment | None,
    ) -> Notice | None:
        """The notice that a channel gets at once; whoever was told needs no reminder, but news."""
        for own in new:
            if told is None:
                due = self.in_channel(channel, own, windows)
                if isinstance(due, Notice):
                    return due
        return None

    def _news(
        self,
        channel: Channel,
        after: Window,
        told: Segment | None,
        around: Mapping[Segment, Sequence[Window]],
    ) -> News | None:
        kind = news_of(told, after)
        if kind is None:
            return None
        news = News(kind, after, told)
        if told is None:
            return news
        return with_others(news, self.wording.heard(channel, around[told]))

    def _of_news(self, tx: Transaction, news: News, now: datetime, again: str = "") -> Post:
        """News, to be posted; `again` names them where the same may have been written before."""
        window = news.window
        key = news_key(window, news.kind) + again
        facts = {"window": window.key, "news": news.kind, "sequence": window.sequence}
        named = [(told, key) for told in (window, *news.beside)]
        is_off = news.kind in (NewsKind.DONE, NewsKind.CALLED_OFF)
        next_one = tx.windows.next_of(window) if is_off else None
        words = partial(self.wording.news_words, news, now, next_one)
        return _naming_next(news.kind, key, facts, named, next_one, words)

    @property
    def _rules(self) -> MaintenanceRules:
        return self.desk.policy.maintenance


def _naming_next(
    kind: PostKind,
    key: str,
    facts: Mapping[str, Any],
    named: Sequence[tuple[Window, str]],
    next_one: Window | None,
    words: Callable[[], Message],
) -> Post:
    """A post; it tells of the next window as well, where it says when that is."""
    if next_one is None:
        return Post(kind, key, facts, tuple(named), words)
    return Post(kind, key, {**facts, "next": next_one.key}, (*named, (next_one, key)), words)


def _is_same(before: Window, after: Window) -> bool:
    """Whether nobody but the team needs to know of a change: a policy that is not followed."""
    return (before.segment, before.called_off) == (after.segment, after.called_off)


def _overlapping(tx: Transaction, segment: Segment, stands: Mapping[str, Window]) -> list[Window]:
    """The windows that share time with a segment, as they are once a change is stored."""
    others = [w for w in tx.windows.overlapping(segment) if w.key not in stands]
    changed = [window for window in stands.values() if window.segment.overlaps(segment)]
    return sorted([*others, *changed], key=lambda w: (w.segment.start, w.key))
