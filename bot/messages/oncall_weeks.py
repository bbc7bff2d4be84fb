"""The schedule of the coming weeks, a block a week. Internal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bot.domain.rotation import Shift
from bot.messages import ids, kit, terms
from bot.messages.inputs import modal
from bot.messages.oncall_views import people
from bot.messages.words import clock_time
from bot.policy import Policy

_MOST_SHIFTS = 14  # of a level in a week; more are counted
_FEW = 2  # so many shifts are shown by the reader's own clock too


@dataclass(frozen=True)
class Week:
    """A week of the schedule, from its Monday.

    `shifts` has those that begin in the week, by level; of the first week, also those under way
    when it was asked for. A level at which nobody changes in the week has none.
    """

    monday: date
    shifts: Mapping[str, Sequence[Shift]]
    holds: Mapping[str, tuple[str, ...]]  # who is on call as the week begins


@dataclass(frozen=True)
class WeeksFacts:
    """What the view shows; `until` is where the look ahead ends."""

    now: datetime
    until: datetime
    weeks: Sequence[Week]


def weeks_view(policy: Policy, facts: WeeksFacts) -> dict[str, Any]:
    """The view: it only says something, and is as it was when it was opened."""
    blocks = [block for week in facts.weeks for block in _week(policy, week, facts)]
    return modal(
        ids.ONCALL_WEEKS,
        "Who is on call",
        None,
        kit.context(
            f"As of {terms.office(policy, facts.now)}. Times are {policy.zone_name}, and your own"
            " where there is room. `/oncall` lets you take the pager, ask for cover, or swap."
        ),
        *blocks,
        close="Close",
    )


def _week(policy: Policy, week: Week, facts: WeeksFacts) -> Iterator[kit.Block]:
    sunday = week.monday + timedelta(days=6)
    lines = [_level(policy, level, week, facts) for level in policy.paging.levels]
    head = f"*{_day(week.monday)} to {_day(sunday)}*"
    whole = "\n".join([head, *lines])
    yield kit.divider()
    if len(whole) <= kit.SECTION:
        yield kit.section(whole)
    else:
        yield kit.section(head)
        yield from map(kit.section, lines)


def _level(policy: Policy, level: str, week: Week, facts: WeeksFacts) -> str:
    name, shifts = terms.level(level), week.shifts[level]
    if not shifts:
        return f"• {name}: {people(week.holds[level])}, all week"
    shown = [
        f"{people(shift.users)}, {_stretch(policy, shift, facts, both=len(shifts) <= _FEW)}"
        for shift in shifts[:_MOST_SHIFTS]
    ]
    if len(shifts) > _MOST_SHIFTS:
        shown.append(f"and {len(shifts) - _MOST_SHIFTS} more")
    if len(shown) == 1:
        return f"• {name}: {shown[0]}"
    return "\n".join([f"• {name}:", *(f"    ◦ {one}" for one in shown)])


def _stretch(policy: Policy, shift: Shift, facts: WeeksFacts, *, both: bool) -> str:
    """From when to when; what is under way says until when, what goes on says from when."""

    def at(moment: datetime) -> str:
        if both:
            return terms.office(policy, moment)
        return clock_time(moment, policy.hours.zone)

    begun, goes_on = shift.segment.start <= facts.now, shift.segment.end >= facts.until
    match begun, goes_on:
        case True, True:
            return "with no end in sight" if not shift.users else "always"
        case True, False:
            return f"until {at(shift.segment.end)}"
        case False, True:
            return f"from {at(shift.segment.start)}"
        case _:
            return f"{at(shift.segment.start)} to {at(shift.segment.end)}"


def _day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
