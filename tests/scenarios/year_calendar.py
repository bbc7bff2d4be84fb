"""When the office is open and who is on call, found the slow way: by tables, and by walking days.

It shares no code with `support_hours`, `rotation` and `schedule`, so that it can judge them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from year_journal import OverrideCancelled, OverrideSet, RotationSet

DAY = timedelta(days=1)
FIRST_DAY, LAST_DAY = date(2026, 6, 1), date(2027, 8, 31)
LEVELS = ("primary", "secondary", "manager")

# From when on Chicago's clocks were how many hours behind UTC.
OFFSETS = (
    (datetime(2026, 3, 8, 8, tzinfo=UTC), 5),
    (datetime(2026, 11, 1, 7, tzinfo=UTC), 6),
    (datetime(2027, 3, 14, 8, tzinfo=UTC), 5),
    (datetime(2027, 11, 7, 7, tzinfo=UTC), 6),
)
# https://www.opm.gov/policy-data-oversight/pay-leave/federal-holidays
HOLIDAYS = {
    date(2026, 6, 19),
    date(2026, 7, 3),  # the fourth is a Saturday
    date(2026, 9, 7),
    date(2026, 10, 12),
    date(2026, 11, 11),
    date(2026, 11, 26),
    date(2026, 12, 25),
    date(2027, 1, 1),
    date(2027, 1, 18),
    date(2027, 2, 15),
    date(2027, 5, 31),
    date(2027, 6, 18),  # the nineteenth is a Saturday
    date(2027, 7, 5),  # the fourth is a Sunday
}


def hours_behind(at: datetime) -> int:
    return next(hours for since, hours in reversed(OFFSETS) if since <= at)


def instant(day: date, wall: time) -> datetime:
    """The first instant at which Chicago's clocks show it; the hour that spring skips is waited."""
    utc = datetime.combine(day, wall, UTC)
    if hours_behind(utc + timedelta(hours=5)) == 5:
        return utc + timedelta(hours=5)
    return utc + timedelta(hours=6)


def local(at: datetime) -> datetime:
    """What Chicago's clocks show, without a zone."""
    return (at - timedelta(hours=hours_behind(at))).replace(tzinfo=None)


def _working_days() -> list[date]:
    days = [FIRST_DAY + n * DAY for n in range((LAST_DAY - FIRST_DAY).days)]
    return [day for day in days if day.weekday() < 5 and day not in HOLIDAYS]


OPENINGS = [instant(day, time(7)) for day in _working_days()]
CLOSINGS = [instant(day, time(18)) for day in _working_days()]


def is_open(at: datetime) -> bool:
    n = bisect_right(OPENINGS, at)
    return n > 0 and at < CLOSINGS[n - 1]


def next_opening(at: datetime) -> datetime:
    return OPENINGS[bisect_right(OPENINGS, at)]


def next_closing(at: datetime) -> datetime:
    return CLOSINGS[bisect_right(CLOSINGS, at)]


@dataclass
class Calendar:
    """Who is on call, of what was set so far."""

    rotations: list[RotationSet] = field(default_factory=list)
    overrides: list[OverrideSet] = field(default_factory=list)
    cancelled: dict[int, datetime] = field(default_factory=dict)
    _walked: dict[RotationSet, list[datetime]] = field(default_factory=dict)

    def note(self, entry: RotationSet | OverrideSet | OverrideCancelled) -> None:
        match entry:
            case RotationSet():
                self.rotations.append(entry)
            case OverrideSet():
                self.overrides.append(entry)
            case OverrideCancelled(at, number):
                self.cancelled.setdefault(number, at)

    def on_call(self, level: str, at: datetime) -> list[str]:
        people = self._of_rotation(level, at)
        for laid in sorted(self.overrides, key=lambda o: (o.at, o.number)):
            end = min(laid.end, self.cancelled.get(laid.number, laid.end))
            if laid.level != level or not max(laid.start, laid.at) <= at < end:
                continue
            if laid.kind == "add" and laid.comes:
                people |= {laid.comes}
            elif laid.goes is None:
                people = {laid.comes} if laid.comes else set()
            elif laid.goes in people:
                people = (people - {laid.goes}) | ({laid.comes} if laid.comes else set())
        return sorted(people)

    def staff(self, at: datetime) -> dict[str, list[str]]:
        return {level: self.on_call(level, at) for level in LEVELS}

    def _of_rotation(self, level: str, at: datetime) -> set[str]:
        holding = [
            r for r in self.rotations if r.level == level and r.starts_at <= at and r.at <= at
        ]
        if not holding:
            return set()
        rotation = holding[-1]  # the one that was set last
        turn = bisect_right(self._handoffs(rotation), at) - 1
        return {rotation.members[turn % len(rotation.members)]}

    def _handoffs(self, rotation: RotationSet) -> list[datetime]:
        """The instants at which its shifts begin, each the first day that fits after the last."""
        if rotation not in self._walked:
            wall = time(rotation.hour, rotation.minute)
            days = [FIRST_DAY - 30 * DAY + n * DAY for n in range(500)]
            if rotation.weekday is not None:
                days = [day for day in days if day.weekday() == rotation.weekday]
            begun = bisect_right([instant(day, wall) for day in days], rotation.starts_at) - 1
            apart = rotation.every_days if rotation.weekday is None else rotation.every_days // 7
            self._walked[rotation] = [instant(day, wall) for day in days[begun::apart]]
        return self._walked[rotation]


def edges(start: datetime, end: datetime) -> list[datetime]:
    """When the office opens and closes in between."""
    found = [
        at
        for instants in (OPENINGS, CLOSINGS)
        for at in instants[bisect_left(instants, start) : bisect_left(instants, end)]
    ]
    return sorted(found)
