"""What channels are told of maintenance windows, and the team of channels that were not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.ledger import LedgerLine, LineState, PostKind
from bot.domain.maintenance import WindowKind
from bot.domain.notices import Notice, NoticeKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window
from bot.domain.window_news import NewsKind
from bot.messages import kit, terms, window_terms
from bot.messages.words import clock_time, counted, duration
from bot.policy import Policy

_MOST_CHANNELS = 20


@dataclass(frozen=True)
class More:
    """What a post shows beside its windows: where a calendar of them is, and the next one."""

    calendar_url: str | None = None
    next_one: Window | None = None


@dataclass(frozen=True)
class News:
    """A change of a window.

    Args:
        told: when it was to be, by what the channel was told last; None: it never heard of it.
        beside: windows that were told of together with it, and take place all the same.
    """

    kind: NewsKind
    window: Window
    told: Segment | None = None
    beside: tuple[Window, ...] = ()


def notice_post(policy: Policy, notice: Notice, now: datetime, more: More) -> kit.Message:
    """A notice of a window, in words that are true at the moment it is sent."""
    about, *around = notice.windows
    headline = _headline(policy, notice.kind, about, now)
    is_over = notice.kind is NoticeKind.ENDED
    goes_on = (
        "The routine maintenance around it goes on: the application could still be unavailable."
    )
    return kit.message(
        headline,
        kit.section(f"*{headline}*"),
        *(_window(policy, window) for window in (about, *around)),
        *(() if is_over else _work(policy, about)),
        kit.section(goes_on) if is_over and any(w.segment.end > now for w in around) else None,
        _next(policy, more) if is_over else None,
        _where_to_look(policy, more),
    )


def news_post(policy: Policy, news: News, now: datetime, more: More) -> kit.Message:
    """A change of a window, for those who were told of it before it was changed."""
    window, kind = news.window, news.kind
    headline = _news_headline(policy, news, now)
    is_on = kind not in (NewsKind.CALLED_OFF, NewsKind.DONE)
    return kit.message(
        headline,
        kit.section(f"*{headline}*"),
        _window(policy, window) if kind is not NewsKind.CALLED_OFF else None,
        kit.section(f"It was planned {_from_to(policy, news.told)}.") if news.told else None,
        *(_stays(policy, other) for other in news.beside),
        *(_work(policy, window) if is_on else ()),
        None if is_on else _next(policy, more),
        _where_to_look(policy, more),
    )


def earlier_post(
    policy: Policy,
    kind: PostKind,
    said: Sequence[tuple[Window, Segment]],
    sent_at: datetime,
    more: More,
) -> kit.Message:
    """A post of before a change: it keeps saying when it told of, with what is true now.

    Args:
        kind: what the post was.
        said: its windows as they stand, each with when it was by this post.
    """
    about, told = said[0]
    is_off = kind is NewsKind.CALLED_OFF and not about.takes_place
    if is_off or (about.takes_place and about.segment == told):
        headline = _headline_then(policy, kind, about, sent_at)
        is_past = is_off or kind in (NoticeKind.ENDED, NewsKind.DONE)
        return kit.message(
            headline,
            kit.section(f"*{headline}*"),
            *(_then_and_now(policy, window, then) for window, then in said),
            *(() if is_past else _work(policy, about)),
            _where_to_look(policy, more),
        )
    headline = f"{_status(about, told)}: {_name(policy, about)}"
    return kit.message(
        headline,
        kit.section(f"*{headline}*"),
        *(_then_and_now(policy, window, then) for window, then in said),
        _where_to_look(policy, more),
    )


def not_told(
    policy: Policy, window: Window, lines: Sequence[tuple[str, LedgerLine]]
) -> kit.Message:
    """Channels that do not know how a window stands, an hour before. Internal.

    Args:
        lines: with the channels' names, the newest line of each.
    """
    count = counted(len(lines), "channel")
    headline = f"{count} could not be told of: {_name(policy, window)}"
    shown = [f"• #{kit.line(channel, 80)}: {_why(line)}" for channel, line in lines]
    if len(shown) > _MOST_CHANNELS:
        shown = [*shown[:_MOST_CHANNELS], f"and {len(shown) - _MOST_CHANNELS} more"]
    off = "" if window.takes_place else f" It was called off: {_off(window)}."
    return kit.message(
        headline,
        kit.section(
            f":warning: *{headline}*\n{_when(policy, window)}.{off} Please tell them another way:"
        ),
        kit.section("\n".join(shown)),
    )


def _name(policy: Policy, window: Window) -> str:
    return kit.escape(window_terms.full_name(policy, window))


def _headline(policy: Policy, kind: NoticeKind, window: Window, now: datetime) -> str:
    called = _name(policy, window)
    match kind:
        case NoticeKind.DAYS_BEFORE:
            # The day by name: "tomorrow" is another day where the reader is.
            return f"{called} on {_clock(policy, window.segment.start)}"
        case NoticeKind.SOON:
            return f"{called} begins in {_about(window.segment.start, now)}"
        case NoticeKind.STARTED:
            return f"{called} is under way"
        case NoticeKind.ENDED:
            return f"{called} is over"


def _news_headline(policy: Policy, news: News, now: datetime) -> str:
    window = news.window
    called, segment = _name(policy, window), window.segment
    begins, ends = _clock(policy, segment.start), _clock(policy, segment.end)
    match news.kind:
        case NewsKind.ADDED | NewsKind.MOVED if segment.start <= now:
            return f"{called} is under way"
        case NewsKind.ADDED:
            return f"{called} is planned for {begins}"
        case NewsKind.MOVED:
            return f"{called} is moved to {begins}"
        case NewsKind.RESIZED:
            return f"{called} lasts {duration(window.length)} now, until {ends}"
        case NewsKind.BEGUN:
            return f"{called} has begun early"
        case NewsKind.RUNS_LATE if _was_over(news):
            return f"{called} is not over after all, it goes on until {ends}"
        case NewsKind.RUNS_LATE:
            return f"{called} is running late, until {ends}"
        case NewsKind.DONE:
            return f"{called} is over"
        case NewsKind.CALLED_OFF:
            return f"{called} is {_off(window)}"


def _was_over(news: News) -> bool:
    """Whether its end had passed when it was said to run late."""
    told, changed_at = news.told, news.window.changed_at
    return told is not None and changed_at is not None and told.end <= changed_at


def _headline_then(policy: Policy, kind: PostKind, window: Window, sent_at: datetime) -> str:
    """What a post says at its top of a window that is as it told."""
    if isinstance(kind, NoticeKind):
        return _headline(policy, kind, window, sent_at)
    return _news_headline(policy, News(kind, window), sent_at)


def _status(window: Window, told: Segment) -> str:
    """What became of a window that was told of otherwise; it stays true as time goes by."""
    if not window.takes_place:
        return "Skipped" if window.called_off is CalledOff.SKIPPED else "Cancelled"
    return "Moved" if window.segment.start != told.start else "Changed"


def _then_and_now(policy: Policy, window: Window, told: Segment) -> kit.Block:
    called = _name(policy, window)
    if window.takes_place and window.segment == told:
        return _window(policy, window)
    was = f"It was planned {_from_to(policy, told)}."
    if not window.takes_place:
        return kit.section(f"{called}: {_off(window)}. {was}")
    return kit.section(f"{_when(policy, window)}. {was}")


def _window(policy: Policy, window: Window) -> kit.Block:
    return kit.section(_when(policy, window))


def _when(policy: Policy, window: Window) -> str:
    when = _from_to(policy, window.segment)
    return f"{_name(policy, window)}: {when}, {duration(window.length)}"


def _from_to(policy: Policy, segment: Segment) -> str:
    return f"from {terms.office(policy, segment.start)} to {terms.office(policy, segment.end)}"


def _stays(policy: Policy, window: Window) -> kit.Block:
    return kit.section(f"This stays as it is: {_when(policy, window)}.")


def _work(policy: Policy, window: Window) -> Iterator[kit.Block]:
    """What is done, and what will not work: in the team's words, where there are any."""
    vendor = policy.vendor.name
    sector = f" {kit.line(window.sector, window_terms.SECTOR)}" if window.sector else ""
    unavailable = f"The {vendor}{sector} application could be unavailable during this time."
    done = "A new version is installed. " if window.kind is WindowKind.UPGRADE else ""
    if window.what:
        yield kit.plain(f"What is done: {kit.clip(window.what, window_terms.WORDS)}")
        done = ""
    if window.affected:
        yield kit.plain(f"What will not work: {kit.clip(window.affected, window_terms.WORDS)}")
        unavailable = ""
    if done or unavailable:
        yield kit.section(f"{done}{unavailable}".strip())


def _next(policy: Policy, more: More) -> kit.Block | None:
    if more.next_one is None:
        return None
    return kit.section(f"The next {_when(policy, more.next_one)}.")


def _where_to_look(policy: Policy, more: More) -> kit.Block:
    help_words = (
        f"If something does not work, open a case or write to {policy.vendor.support_email}."
    )
    if more.calendar_url is None:
        return kit.context(help_words)
    return kit.context(f"{help_words} <{more.calendar_url}|All maintenance, for your calendar>")


def _off(window: Window) -> str:
    return "skipped this time" if window.called_off is CalledOff.SKIPPED else "cancelled"


def _why(line: LedgerLine) -> str:
    if line.state is LineState.REFUSED:
        return f"Slack refused it ({kit.line(line.reason, 80)})"
    why = f" ({kit.line(line.reason, 80)})" if line.reason else ""
    return f"it is still on its way{why}"


def _clock(policy: Policy, at: datetime) -> str:
    return f"{clock_time(at, policy.hours.zone)} {policy.zone_name}"


def _about(start: datetime, now: datetime) -> str:
    minutes = max(1, round((start - now).total_seconds() / 60))
    if minutes == 60:
        return "an hour"
    if minutes > 60:
        return duration(timedelta(minutes=minutes))
    return counted(minutes, "minute")
