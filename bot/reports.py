"""What the command line prints: plain text and JSON, in the office's time and in UTC."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.flags import Flag, flags
from bot.domain.notices import notices
from bot.domain.response_clock import Counted, due_at, explain
from bot.domain.rotation import Rotation, Shift
from bot.domain.window import Window
from bot.messages import window_terms
from bot.messages.kit import joined
from bot.messages.oncall_views import OnCallLine
from bot.messages.why import sum_lines
from bot.messages.words import clock_time, counted, duration
from bot.policy import Policy, Severity

_MOMENT = "%a %d %b %Y %H:%M"


def why_text(policy: Policy, severity: Severity, opened_at: datetime) -> str:
    """The due time and the sum behind it. First line: ISO 8601 with offset, Central then UTC."""
    return "\n".join(_why_lines(policy, severity, opened_at))


def _why_lines(policy: Policy, severity: Severity, opened_at: datetime) -> Iterator[str]:
    due = due_at(severity.target, opened_at, policy.hours)
    yield f"{due.astimezone(policy.hours.zone).isoformat()}  {due.isoformat()}"
    yield f"{severity.label}: first response within {severity.target}, {_clock(severity)}"
    yield f"opened {_local(policy, opened_at, seconds=True)} {policy.zone_name}"
    yield from sum_lines(policy, severity.target, opened_at)
    yield f"due    {_local(policy, due, seconds=True)} {policy.zone_name}"


def why_json(policy: Policy, severity: Severity, opened_at: datetime) -> dict[str, Any]:
    """The same as data: instants as ISO 8601 in UTC, lengths in seconds."""
    due = due_at(severity.target, opened_at, policy.hours)
    return {
        "severity": severity.key,
        "target": str(severity.target),
        "opened_at": opened_at.astimezone(UTC).isoformat(),
        "due_at": due.isoformat(),
        "due_at_local": due.astimezone(policy.hours.zone).isoformat(),
        "sum": [
            {
                "from": part.segment.start.isoformat(),
                "to": part.segment.end.isoformat(),
                "counted_seconds": (
                    part.segment.duration.total_seconds() if isinstance(part, Counted) else 0
                ),
                "skipped_for": [] if isinstance(part, Counted) else list(part.reasons),
            }
            for part in explain(severity.target, opened_at, policy.hours)
        ],
    }


def policy_text(policy: Policy) -> str:
    """The policy in a page: what is promised, who is paged, what is announced."""
    return "\n".join(_policy_lines(policy))


def _policy_lines(policy: Policy) -> Iterator[str]:
    yield f"{policy.vendor.name} support, {policy.hours.zone} ({policy.zone_name})"
    yield ""
    for severity in policy.severities:
        paged = "; pages on-call outside support hours" if severity.pages else ""
        promise = f"first response within {severity.target}, {_clock(severity)}{paged}"
        yield f"  {severity.key:18} {severity.label} ({severity.definition})"
        yield f"  {'':18} {promise}"
    yield ""
    yield "Warnings at " + " and ".join(f"{n} %" for n in policy.warn_at_percent) + " of the target"
    yield ""
    yield "A page rings:"
    for step in policy.paging.steps:
        who = " and ".join(step.levels) + (" and the team's channel" if step.tell_team else "")
        when = f"after {duration(step.after)}" if step.after else "at once"
        yield f"  {when:14} {who}"
    rounds = counted(policy.paging.rounds, "round")
    yield f"  again every {duration(policy.paging.round_length)}, {rounds};"
    yield f"  then every level every {duration(policy.paging.last_resort_every)}"
    for route in policy.paging.routes:
        levels = " or ".join(route.levels)
        yield f"  and by {route.name} ({route.host}) {duration(route.after)} after {levels}"
    yield ""
    fields = (f"{f.label}{' (optional)' if f.optional else ''}" for f in policy.form.fields)
    yield "The form asks: " + "; ".join(fields)
    for note in policy.notes:
        yield f"Note {note}"
    yield "The policy is sound."


def on_call_text(policy: Policy, lines: Sequence[OnCallLine], names: Mapping[str, str]) -> str:
    """Who is on call at each level, until when, and who then; or how to set somebody."""
    return "\n".join(f"{now.level:10} {_shifts(policy, now, then, names)}" for now, then in lines)


def _shifts(policy: Policy, now: Shift, then: Shift | None, names: Mapping[str, str]) -> str:
    words = _people(now.users, names)
    if then is None:
        hint = "" if now.users else f": python -m bot oncall set {now.level} U0123ABC"
        return words + hint
    until = f"{clock_time(now.segment.end, policy.hours.zone)} {policy.zone_name}"
    return f"{words} until {until}, then {_people(then.users, names)}"


def staff_text(
    policy: Policy, at: datetime, staff: Mapping[str, Sequence[str]], names: Mapping[str, str]
) -> str:
    """Who was on call at an instant, or will be, a line a level."""
    when = clock_time(at, policy.hours.zone, with_year=True)
    lines = (f"{level:10} {_people(users, names)}" for level, users in staff.items())
    return "\n".join([f"On call at {when} {policy.zone_name}:", *lines])


def turns(rotation: Rotation) -> str:
    """How often the pager goes to the next: "every week on Monday at 9:00 AM"."""
    handoff, days = rotation.handoff, rotation.every_days
    weeks, is_weeks = days // 7, handoff.day is not None
    count, unit = (weeks, "week") if is_weeks else (days, "day")
    often = f"every {unit}" if count == 1 else f"every {counted(count, unit)}"
    on = f" on {calendar.day_name[handoff.weekday]}" if is_weeks else ""
    return f"{often}{on} at {handoff.at.hour % 12 or 12}:{handoff.at:%M %p}"


def _people(users: Sequence[str], names: Mapping[str, str]) -> str:
    known = [f"{names[user]} ({user})" if user in names else user for user in users]
    return joined(known) if known else "nobody"


def maintenance_text(policy: Policy, windows: Sequence[Window]) -> str:
    """Every window with its length and collisions, and when each notice of it is posted."""
    return "\n".join(_maintenance_lines(policy, windows))


def _maintenance_lines(policy: Policy, windows: Sequence[Window]) -> Iterator[str]:
    told = notices(policy.maintenance, windows)
    flagged = flags(windows, policy.hours.zone, policy.hours.holiday_name)
    for window in windows:
        start, end = _local(policy, window.segment.start), _local(policy, window.segment.end)
        remarks = "".join(f"   ! {remark}" for remark in _remarks(policy, window, flagged))
        lasts, name = duration(window.length), window_terms.name(window)
        yield f"{start}  to  {end}   {lasts:>6}   {name}{remarks}"
        posts = [notice for notice in told if notice.about == window]
        around = [n for n in told if window in n.windows[1:]]
        if not posts and around:
            yield f"    will be told with the {window_terms.name(around[0].about)} inside it"
        if posts:
            when = ", ".join(
                f"{notice.due_at.astimezone(policy.hours.zone):%a %d %b %H:%M}" for notice in posts
            )
            yield f"    will be told: {when}"
    zone = f"Times are {policy.zone_name} ({policy.hours.zone})."
    changed = "What was changed in Slack, `/maintenance` shows there."
    yield f"{counted(len(windows), 'window')} by the policy. {zone} {changed}"


def _remarks(policy: Policy, window: Window, flagged: Sequence[Flag]) -> Iterator[str]:
    for flag in flagged:
        if window_terms.is_about(flag, window):
            yield window_terms.plain_flag(policy, flag, window)
    if change := window.clock_change(policy.hours.zone):
        more = "more" if change > timedelta(0) else "less"
        yield f"{duration(abs(change))} {more}: the clocks change"


def _clock(severity: Severity) -> str:
    return "around the clock" if severity.target.around_the_clock else "in support hours"


def _local(policy: Policy, at: datetime, *, seconds: bool = False) -> str:
    return f"{at.astimezone(policy.hours.zone):{_MOMENT + (':%S' if seconds else '')}}"
