"""Planned maintenance: when its windows are, and when customers are told of them.

Source: the support policy, "How about Planned Maintenance". Instants go in and come out in UTC;
the rules speak in dates and wall times of one zone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from itertools import count, pairwise
from zoneinfo import ZoneInfo

from bot.domain.segments import Segment

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class UpgradeRule:
    """One sector's upgrade in a cycle: a weekday (Monday is 0), a wall time, an elapsed length.

    It falls on the first such weekday on or after `after_days` from the day the cycle begins:
    the policy's "Friday, 13 days after" a Thursday Test is no Friday, so it is the next one.
    """

    sector: str
    after_days: int
    weekday: int
    at: time
    length: timedelta

    def day(self, cycle: date) -> date:
        """The local date of the upgrade in the cycle that begins on a date."""
        return _weekday_from(cycle + timedelta(days=self.after_days), self.weekday)


@dataclass(frozen=True)
class RoutineRule:
    """The weekly routine window, from one weekday (Monday is 0) and wall time to another."""

    weekday: int
    at: time
    end_weekday: int
    end_at: time

    @property
    def usual_length(self) -> timedelta:
        """Its length in a week without a change of the clocks; at most seven days."""
        monday = date(2001, 1, 1)
        start = datetime.combine(monday + timedelta(days=self.weekday), self.at)
        end = datetime.combine(monday + timedelta(days=self.end_weekday), self.end_at)
        return end - start if end > start else end - start + timedelta(weeks=1)


@dataclass(frozen=True)
class ReminderRule:
    """When customers are told of a window.

    Some days before, at a wall time; some minutes before; at its start; and at its end, as long
    as that is no older than `ended_worth` (None: they are not told of the end).
    """

    days_before: tuple[int, ...]
    at: time
    minutes_before: tuple[int, ...] = ()
    at_start: bool = False
    ended_worth: timedelta | None = None


@dataclass(frozen=True)
class MaintenanceRules:
    """What policy.toml says about maintenance.

    Upgrades come in cycles of `every_days`, counted from the `anchor` date and never from week
    numbers: 2026 has 53 weeks, and its last Thursday and the next one are both in odd weeks.
    The anchor begins the first cycle, so no upgrade is planned before it. The routine window is
    weekly and needs no anchor.

    Raises:
        ValueError: two upgrades of a sector could fall on one day.
    """

    zone: ZoneInfo
    anchor: date
    every_days: int
    upgrades: tuple[UpgradeRule, ...]
    upgrade_reminders: ReminderRule
    routine: RoutineRule | None
    routine_reminders: ReminderRule

    def __post_init__(self) -> None:
        if self.every_days < 7:
            raise ValueError(f"upgrades come at most once a week, not every {self.every_days} days")
        if len({rule.sector.lower() for rule in self.upgrades}) < len(self.upgrades):
            raise ValueError("a sector has one upgrade in a cycle, and it is given more than one")


class WindowKind(StrEnum):
    UPGRADE = "upgrade"
    ROUTINE = "routine"


@dataclass(frozen=True)
class Window:
    """A maintenance window, during which the application could be unavailable.

    Its key names it for good, for example "prod-2027-01-01". The sector is what an upgrade
    upgrades, as the policy names it; `usual_length` leaves changes of the clocks out. The
    collisions are the holidays it touches: for the team to see, nothing moves by itself.
    """

    key: str
    kind: WindowKind
    sector: str | None
    segment: Segment
    usual_length: timedelta
    collisions: tuple[str, ...] = ()

    @property
    def length(self) -> timedelta:
        """Elapsed time, not wall clock."""
        return self.segment.duration

    @property
    def clock_change(self) -> timedelta:
        """What a change of the clocks adds: above zero in autumn, below in spring, else zero."""
        return self.length - self.usual_length

    def surrounds(self, other: Window) -> bool:
        """Whether the other window lies wholly inside this one."""
        return self.segment.start <= other.segment.start and other.segment.end <= self.segment.end


class NoticeKind(StrEnum):
    DAYS_BEFORE = "days_before"
    SOON = "soon"
    STARTED = "started"
    ENDED = "ended"


@dataclass(frozen=True)
class Notice:
    """Something to tell every customer channel about a window.

    Its key names it for good, for example "prod-2027-01-01/3d". It is due at an instant in UTC
    and no longer sent from `worth_until` on. The first window is what it is about; the others
    are mentioned: the routine window around an upgrade, or the upgrades inside a routine window.
    """

    key: str
    kind: NoticeKind
    due_at: datetime
    worth_until: datetime
    windows: tuple[Window, ...]


def windows(
    rules: MaintenanceRules,
    start: datetime,
    end: datetime,
    holiday_name: Callable[[date], str | None],
) -> tuple[Window, ...]:
    """The windows that start at or after `start` and before `end` (UTC), earliest first.

    `holiday_name` gives the name of the holiday on a local date, or None.
    """
    # A day more at either side: where clocks change over midnight, a window may start on the
    # local date after its own, or the end may be on the date before.
    first = start.astimezone(rules.zone).date() - _DAY
    last = end.astimezone(rules.zone).date() + _DAY
    return tuple(
        replace(window, collisions=_collisions(window.segment, rules.zone, holiday_name))
        for window in sorted(
            [*_upgrades(rules, first, last), *_routine_windows(rules, first, last)],
            key=lambda w: (w.segment.start, w.key),
        )
        if start <= window.segment.start < end
    )


def notices(rules: MaintenanceRules, planned: Sequence[Window]) -> tuple[Notice, ...]:
    """What to tell customers about the planned windows, earliest first.

    An upgrade inside a routine window is announced in the same message: its notices mention the
    routine window, whose own notice is left out where one of the upgrade's says the same at the
    same time. So a routine window and the upgrades inside it have to be planned together.
    """
    upgrades = [w for w in planned if w.kind is WindowKind.UPGRADE]
    routine = [w for w in planned if w.kind is WindowKind.ROUTINE]
    found: list[Notice] = []
    for upgrade in upgrades:
        around = (w for w in routine if w.surrounds(upgrade))
        found += _notices_of((upgrade, *around), rules.upgrade_reminders, rules.zone)
    said = {(w.key, notice.kind, notice.due_at) for notice in found for w in notice.windows}
    for window in routine:
        inside = (w for w in upgrades if window.surrounds(w))
        own = _notices_of((window, *inside), rules.routine_reminders, rules.zone)
        found += (n for n in own if (window.key, n.kind, n.due_at) not in said)
    return tuple(sorted(found, key=lambda n: (n.due_at, n.key)))


def _upgrades(rules: MaintenanceRules, first: date, last: date) -> Iterator[Window]:
    """The upgrades between two local dates, and perhaps some before."""
    for rule in rules.upgrades:
        days = (first - rules.anchor).days - rule.after_days
        for cycle in count(max(0, days // rules.every_days)):
            day = rule.day(rules.anchor + timedelta(days=cycle * rules.every_days))
            if day > last:
                break
            start = datetime.combine(day, rule.at, rules.zone).astimezone(UTC)
            yield Window(
                key=f"{rule.sector.lower()}-{day}",
                kind=WindowKind.UPGRADE,
                sector=rule.sector,
                segment=Segment(start, start + rule.length),
                usual_length=rule.length,
            )


def _routine_windows(rules: MaintenanceRules, first: date, last: date) -> Iterator[Window]:
    if rules.routine is None:
        return
    day = _weekday_from(first, rules.routine.weekday)
    while day <= last:
        # The end is a wall time: found before UTC, so that the clocks may change in between.
        start_wall = datetime.combine(day, rules.routine.at, rules.zone)
        end_wall = start_wall + rules.routine.usual_length
        start, end = start_wall.astimezone(UTC), end_wall.astimezone(UTC)
        if start < end:  # else the hour that spring skips has swallowed it
            yield Window(
                key=f"routine-{day}",
                kind=WindowKind.ROUTINE,
                sector=None,
                segment=Segment(start, end),
                usual_length=rules.routine.usual_length,
            )
        day += timedelta(weeks=1)


def _weekday_from(day: date, weekday: int) -> date:
    """The first such weekday on or after a date."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _collisions(
    segment: Segment, zone: ZoneInfo, holiday_name: Callable[[date], str | None]
) -> tuple[str, ...]:
    """The holidays on every local date that the segment covers."""
    day = segment.start.astimezone(zone).date()
    last = (segment.end - timedelta.resolution).astimezone(zone).date()
    names = (holiday_name(day + timedelta(days=n)) for n in range((last - day).days + 1))
    return tuple(name for name in names if name)


def _notices_of(
    named: tuple[Window, ...], reminders: ReminderRule, zone: ZoneInfo
) -> Iterator[Notice]:
    """The notices about the first of the named windows.

    A reminder is worth sending until the next one is due or the window begins; one that would
    never be worth it (two at the same instant, or not before the start) is left out.
    """
    window = named[0]
    start, end = window.segment.start, window.segment.end
    start_day = start.astimezone(zone).date()

    def notice(kind: NoticeKind, tag: str, due_at: datetime, worth_until: datetime) -> Notice:
        return Notice(f"{window.key}/{tag}", kind, due_at, worth_until, named)

    reminded = [
        (start - timedelta(minutes=n), NoticeKind.SOON, f"{n}m") for n in reminders.minutes_before
    ]
    for n in reminders.days_before:
        due = datetime.combine(start_day - timedelta(days=n), reminders.at, zone)
        reminded.append((due.astimezone(UTC), NoticeKind.DAYS_BEFORE, f"{n}d"))
    before = sorted(reminder for reminder in reminded if reminder[0] < start)
    for (due_at, kind, tag), (next_due, *_) in pairwise([*before, (start, NoticeKind.STARTED, "")]):
        if due_at < next_due:
            yield notice(kind, tag, due_at, next_due)
    if reminders.at_start:
        yield notice(NoticeKind.STARTED, "started", start, end)
    if reminders.ended_worth:
        yield notice(NoticeKind.ENDED, "ended", end, end + reminders.ended_worth)
