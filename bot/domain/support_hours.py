"""Support hours: the calendar of when the office is open, and arithmetic along it.

The open segments are laid out once, with the open time before each; every question is then a
bisect, so a deadline of 2,000 hours costs what one of 4 hours does.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, time, timedelta
from typing import TypeAlias
from zoneinfo import ZoneInfo

from bot.domain.segments import Segment

WallHours: TypeAlias = tuple[time, time]
"""Opening and closing by the wall clock; a closing of 00:00 is the end of that day."""

_DAY, _NO_TIME = timedelta(days=1), timedelta(0)


@dataclass(frozen=True)
class _Table:
    """The open segments of whole years, laid end to end."""

    first_year: int
    last_year: int
    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    before: tuple[timedelta, ...]  # open time before each segment, and after the last

    def elapsed(self, at: datetime) -> timedelta:
        """Open time from the start of the table to the instant."""
        i = bisect_right(self.starts, at)
        if i == 0 or at >= self.ends[i - 1]:
            return self.before[i]
        return self.before[i - 1] + (at - self.starts[i - 1])


class SupportHours:
    """When the office is open: weekly wall hours in one time zone, holidays excluded.

    Source: the support policy, "Monday - Friday, 7am to 6pm Central Time (Excluding Holidays)".
    Every instant that goes in is aware, in any zone; every instant that comes out is in UTC.

    Args:
        zone: the office's time zone.
        week: for a weekday (Monday is 0) its open hours by the wall clock, in order; a weekday
            that is absent is closed. Where the clocks change, an opening in a repeated hour is
            its first instance and a closing its last.
        holiday_name: the name of the holiday on a date, or None.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        week: Mapping[int, tuple[WallHours, ...]],
        holiday_name: Callable[[date], str | None],
    ) -> None:
        if not any(week.values()):
            raise ValueError("support hours that are never open have no deadlines")
        self.zone = zone
        self.week = week
        self.holiday_name = holiday_name
        # Swapped whole when it grows, so that threads may share it without a lock.
        self._table = _Table(0, -1, (), (), (timedelta(0),))

    @property
    def business_day(self) -> timedelta:
        """The support hours of one day: what "1 business day" means.

        Raises:
            ValueError: the days of the week are not equally long, so there is no such length.
        """
        lengths = {_wall_length(hours) for hours in self.week.values() if hours}
        if len(lengths) != 1:
            raise ValueError("days of different length: give targets in business hours")
        return lengths.pop()

    def is_open(self, at: datetime) -> bool:
        """Whether the office is open; at the instant of closing it no longer is."""
        at, table = self._at(at)
        i = bisect_right(table.starts, at)
        return i > 0 and at < table.ends[i - 1]

    def opens_at(self, after: datetime) -> datetime:
        """The first opening after the instant; weekends and holidays have none."""
        after, table = self._at(after)
        while (i := bisect_right(table.starts, after)) == len(table.starts):
            table = self._cover(table.first_year, table.last_year + 1)
        return table.starts[i]

    def closes_at(self, after: datetime) -> datetime:
        """The first closing after the instant; weekends and holidays have none."""
        after, table = self._at(after)
        while (i := bisect_right(table.ends, after)) == len(table.ends):
            table = self._cover(table.first_year, table.last_year + 1)
        return table.ends[i]

    def add(self, at: datetime, amount: timedelta) -> datetime:
        """The earliest instant by which that much open time has passed.

        So an amount that is used up exactly at closing is due at closing, not at the next
        opening; a clock started while the office is closed begins at the next opening.

        Raises:
            ValueError: the amount is not positive.
        """
        if amount <= _NO_TIME:
            raise ValueError(f"a deadline lies ahead, not {amount} away")
        at, table = self._at(at)
        used = table.elapsed(at) + amount
        while table.before[-1] < used:
            table = self._cover(table.first_year, table.last_year + 1)
            used = table.elapsed(at) + amount
        i = bisect_left(table.before, used) - 1
        return table.starts[i] + (used - table.before[i])

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Open time from one instant to a later one.

        Raises:
            ValueError: the end is before the start.
        """
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end < start:
            raise ValueError(f"{end} is before {start}")
        table = self._cover(start.year, end.year)
        return table.elapsed(end) - table.elapsed(start)

    def segments(self, start: datetime, end: datetime) -> Iterator[Segment]:
        """The open segments between two instants, the outer ones cut to fit."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        table = self._cover(start.year, end.year)
        i = bisect_right(table.ends, start)
        while i < len(table.starts) and table.starts[i] < end:
            yield Segment(max(start, table.starts[i]), min(end, table.ends[i]))
            i += 1

    def is_working_day(self, day: date) -> bool:
        """Whether the office opens on that date."""
        return bool(self.week.get(day.weekday())) and self.holiday_name(day) is None

    def _at(self, at: datetime) -> tuple[datetime, _Table]:
        """The instant in UTC, and a table that covers it."""
        at = at.astimezone(UTC)
        return at, self._cover(at.year, at.year)

    def _cover(self, first: int, last: int) -> _Table:
        """A table of at least these years, a year more at each side for the zone's offset."""
        table = self._table
        if table.first_year < first and last < table.last_year:
            return table
        if last >= MAXYEAR - 1:
            raise ValueError("the calendar ends before that deadline")
        grown = table.first_year <= table.last_year
        self._table = self._lay_out(
            min(first - 1, table.first_year) if grown else first - 1,
            max(last + 1, table.last_year) if grown else last + 1,
        )
        return self._table

    def _lay_out(self, first_year: int, last_year: int) -> _Table:
        starts: list[datetime] = []
        ends: list[datetime] = []
        day, last_day = date(first_year, 1, 1), date(last_year, 12, 31)
        while day <= last_day:
            if self.is_working_day(day):
                for opening, closing in self.week[day.weekday()]:
                    start = self._instant(day, opening, fold=0)
                    end = self._instant(day if closing > opening else day + _DAY, closing, fold=1)
                    if ends and ends[-1] == start:  # open past midnight: no closing, no opening
                        ends[-1] = end
                    else:
                        starts.append(start)
                        ends.append(end)
            day += _DAY
        before = [timedelta(0)]
        for start, end in zip(starts, ends, strict=True):
            before.append(before[-1] + (end - start))
        return _Table(first_year, last_year, tuple(starts), tuple(ends), tuple(before))

    def _instant(self, day: date, wall: time, *, fold: int) -> datetime:
        local = datetime.combine(day, wall, self.zone).replace(fold=fold)
        return local.astimezone(UTC)


def _wall_length(hours: tuple[WallHours, ...]) -> timedelta:
    noon = date(2000, 1, 1)
    return sum(
        (
            datetime.combine(noon if closing > opening else noon + _DAY, closing)
            - datetime.combine(noon, opening)
            for opening, closing in hours
        ),
        timedelta(0),
    )
