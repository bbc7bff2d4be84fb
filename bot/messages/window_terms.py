"""How maintenance windows are spoken of where people look them up and change them."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.flags import Flag, FlagKind
from bot.domain.maintenance import WindowKind
from bot.domain.window import Window, WindowState
from bot.messages import kit, terms, window_ids
from bot.messages.words import clock_time, duration
from bot.policy import Policy

SECTOR = 40
WORDS = 300  # of what is done, and of what will not work


def name(window: Window) -> str:
    """What a window is called: "Prod upgrade". Not escaped."""
    return _name(window) if window.sector else _name(window).capitalize()


def full_name(policy: Policy, window: Window) -> str:
    """The same with whose it is: "Logik.io Prod upgrade". Not escaped."""
    return f"{policy.vendor.name} {_name(window)}"


def _name(window: Window) -> str:
    sector = kit.clip(" ".join((window.sector or "").split()), SECTOR)
    match window.kind:
        case WindowKind.UPGRADE:
            return f"{sector} upgrade"
        case WindowKind.ROUTINE:
            return "routine maintenance"
        case WindowKind.EXTRA:
            return f"{sector} maintenance" if sector else "maintenance"


def bold(window: Window) -> str:
    """The same in Slack's mrkdwn, in bold."""
    return f"*{kit.line(name(window))}*"


def length(policy: Policy, window: Window) -> str:
    """How long it is, and why it is that long: "32 h: spring skips an hour"."""
    change = window.clock_change(policy.hours.zone)
    if not change:
        return duration(window.length)
    hour = "an hour" if abs(change) == timedelta(hours=1) else duration(abs(change))
    season = "autumn repeats" if change > timedelta(0) else "spring skips"
    return f"{duration(window.length)}: {season} {hour}"


def when(policy: Policy, window: Window) -> str:
    """From when to when by both clocks, and how long that is."""
    return f"{terms.stretch(policy, window.segment)} · {length(policy, window)}"


def was_moved(window: Window) -> bool:
    """Whether people put it elsewhere than the policy has it."""
    by_rule = window.by_rule
    return window.changed_at is not None and by_rule is not None and by_rule != window.segment


def state(window: Window, now: datetime) -> str | None:
    """Where it stands, if that is more than planned."""
    match window.state(now):
        case WindowState.RUNNING:
            return ":wrench: under way"
        case WindowState.FINISHED:
            return "over"
        case WindowState.CANCELLED | WindowState.DROPPED:
            return "cancelled: it does not take place"
        case WindowState.SKIPPED:
            return "skipped: it does not take place this time"
        case WindowState.PLANNED:
            return _changed(window)


def _changed(window: Window) -> str | None:
    if not was_moved(window) or window.by_rule is None:
        return None
    if window.segment.start != window.by_rule.start:
        return "moved"
    return "longer" if window.segment.end > window.by_rule.end else "shorter"


def details(window: Window) -> list[str]:
    """What is done and what will not work, in the team's words, as far as they said so."""
    said = (("What", window.what), ("Will not work", window.affected))
    return [f"{label}: {kit.line(words, WORDS)}" for label, words in said if words]


def flag(policy: Policy, found: Flag, window: Window) -> str:
    """What is to be looked at in a window, where it is one of those that the flag is about."""
    return kit.escape(plain_flag(policy, found, window))


def plain_flag(policy: Policy, found: Flag, window: Window) -> str:
    """The same where nothing is live, as in a terminal. Not escaped."""
    other = found.window if found.other == window else found.other
    if found.kind is FlagKind.HOLIDAY or other is None:
        return f"falls on {kit.clip(' '.join((found.holiday or 'a holiday').split()), 80)}"
    begins = f"{clock_time(other.segment.start, policy.hours.zone)} {policy.zone_name}"
    that = f"{name(other)} of {begins}"
    match found.kind:
        case FlagKind.AT_ONCE:
            return f"at the same time as {that}"
        case FlagKind.CROSSES_EDGE if window.kind is WindowKind.ROUTINE:
            return f"{that} is only partly inside it"
        case FlagKind.CROSSES_EDGE:
            return f"only partly inside {that}"
        case _:
            return f"overlaps {that}"


def is_about(found: Flag, window: Window) -> bool:
    """Whether a flag is about a window."""
    return window.key in {found.window.key, found.other.key if found.other else ""}


def told_button(window: Window) -> kit.Block | None:
    """Shows who was told of a window, once anybody was."""
    if window.announced_at is None:
        return None
    return kit.button(window_ids.TOLD, "Who was told", window.key)
