"""What is said of response clocks and of maintenance windows, and the help."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.case import Case
from bot.domain.maintenance import WindowKind
from bot.domain.notices import Notice, NoticeKind
from bot.domain.window import Window
from bot.messages import kit, terms
from bot.messages.words import duration
from bot.policy import Policy

_SECTOR = 40  # characters of a sector in a headline


def clock_news(policy: Policy, case: Case, percent: int, thread_url: str | None) -> kit.Message:
    """A warning that a response falls due, or that it is overdue. Internal."""
    due, response = terms.office(policy, case.due_at), terms.response(case)
    place = f" <{thread_url}|Open the thread>" if thread_url else ""
    name = terms.named(policy, case)
    owner = f"It is {kit.person(case.assignee)}'s." if case.assignee else "*Nobody has taken it.*"
    if percent >= 100:
        return kit.message(
            f"{name}: {response} overdue",
            kit.section(
                f":red_circle: *{name}: the {response} is overdue.* It was due {due}."
                f" {owner}{place}"
            ),
            kit.plain(case.summary),
        )
    return kit.message(
        f"{name}: {percent} % of the response time has passed",
        kit.section(
            f":hourglass_flowing_sand: *{name}: {percent} % of the response time has passed* and"
            f" nobody has answered. The {response} is due {due}. {owner}{place}"
        ),
        kit.plain(case.summary),
    )


def maintenance(policy: Policy, notice: Notice, now: datetime) -> kit.Message:
    """A notice of a window, in words that are true at the moment it is sent."""
    about, *around = notice.windows
    headline = _headline(policy, notice, about, now)
    return kit.message(
        headline,
        kit.section(f"*{headline}*"),
        *(_window(policy, window) for window in (about, *around)),
        kit.context(_consequence(policy, notice)),
    )


def help_text(policy: Policy) -> str:
    """The answer to `/case help`, and to words that mean nothing."""
    return "\n".join(_help_lines(policy))


def _help_lines(policy: Policy) -> Iterator[str]:
    yield f"*{policy.vendor.name} support cases*"
    yield "`/case` opens a form; submit it, and we have your case."
    yield "`/case list` shows the open cases, `/case 1042` one of them."
    yield "`/case why 1042` shows how its response time is counted."
    yield "`/case help` shows this."
    yield "We respond first within:"
    for severity in policy.severities:
        clock = ", around the clock" if severity.target.around_the_clock else ""
        yield f"• {severity.label} ({severity.definition}): {severity.target}{clock}"
    yield f"Or write to {policy.vendor.support_email}. <{policy.vendor.scope_url}|What we support>"


def _name(policy: Policy, window: Window) -> str:
    name = policy.vendor.name
    match window.kind:
        case WindowKind.UPGRADE:
            return f"{name} {window.sector} upgrade"
        case WindowKind.ROUTINE:
            return f"{name} routine maintenance"
        case WindowKind.EXTRA:
            sector = f" {kit.line(window.sector, _SECTOR)}" if window.sector else ""
            return f"{name}{sector} maintenance"


def _headline(policy: Policy, notice: Notice, window: Window, now: datetime) -> str:
    zone, name = policy.hours.zone, _name(policy, window)
    match notice.kind:
        case NoticeKind.DAYS_BEFORE:
            return f"{name} {_day(window.segment.start, now, zone)}"
        case NoticeKind.SOON:
            return f"{name} begins in {_about(window.segment.start, now)}"
        case NoticeKind.STARTED:
            return f"{name} is under way"
        case NoticeKind.ENDED:
            return f"{name} is over"


def _window(policy: Policy, window: Window) -> kit.Block:
    start, end = (terms.office(policy, at) for at in (window.segment.start, window.segment.end))
    return kit.section(f"{_name(policy, window)}: from {start} to {end}, {duration(window.length)}")


def _consequence(policy: Policy, notice: Notice) -> str:
    if notice.kind is NoticeKind.ENDED and len(notice.windows) == 1:
        return f"If something does not work, open a case with `/case` or write to {policy.vendor.support_email}."  # noqa: E501
    if notice.kind is NoticeKind.ENDED:
        return (
            "The routine maintenance around it goes on: the application could still be unavailable."
        )
    return f"The {policy.vendor.name} application could be unavailable during this time."


def _day(start: datetime, now: datetime, zone: ZoneInfo) -> str:
    days = (start.astimezone(zone).date() - now.astimezone(zone).date()).days
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} days")


def _about(start: datetime, now: datetime) -> str:
    minutes = max(1, round((start - now).total_seconds() / 60))
    if minutes == 60:
        return "an hour"
    if minutes > 60:
        return duration(timedelta(minutes=minutes))
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
