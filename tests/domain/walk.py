"""A slow, independent answer to "when is it due": it walks minute by minute.

It imports nothing from the product, not even its holiday library: the US federal holidays are
written here from the law's own rules (5 U.S.C. 6103), so that an error in one is not an error in
both.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

CENTRAL = ZoneInfo("America/Chicago")
MINUTE = timedelta(minutes=1)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last_monday_of_may(year: int) -> date:
    last = date(year, 5, 31)
    return last - timedelta(days=last.weekday())


@cache
def federal_holidays(year: int) -> frozenset[date]:
    """The days on which federal offices are closed in that year, observed days included."""
    fixed = [
        date(y, m, d)
        for y in (year, year + 1)
        for m, d in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
    ]
    observed = set(fixed)
    for day in fixed:
        if day.weekday() == 5:
            observed.add(day - timedelta(days=1))
        if day.weekday() == 6:
            observed.add(day + timedelta(days=1))
    observed |= {
        _nth(year, 1, 0, 3),
        _nth(year, 2, 0, 3),
        _last_monday_of_may(year),
        _nth(year, 9, 0, 1),
        _nth(year, 10, 0, 2),
        _nth(year, 11, 3, 4),
    }
    return frozenset(day for day in observed if day.year == year)


def is_open(at: datetime) -> bool:
    local = at.astimezone(CENTRAL)
    return (
        local.weekday() < 5
        and 7 <= local.hour < 18
        and local.date() not in federal_holidays(local.year)
    )


def due(opened: datetime, target: timedelta) -> datetime:
    """Walk from the opening until the target is used up; partial minutes at both ends."""
    at, left = opened.astimezone(UTC), target
    while True:
        step_end = at.replace(second=0, microsecond=0) + MINUTE
        step = step_end - at
        if is_open(at):
            if left <= step:
                return at + left
            left -= step
        at = step_end


def open_between(start: datetime, end: datetime) -> timedelta:
    """Open time between two instants, minute by minute."""
    at, end, total = start.astimezone(UTC), end.astimezone(UTC), timedelta(0)
    while at < end:
        step_end = min(at.replace(second=0, microsecond=0) + MINUTE, end)
        if is_open(at):
            total += step_end - at
        at = step_end
    return total
