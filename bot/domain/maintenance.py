"""Planned maintenance by the rules of the policy: when each of its windows occurs.

Source: the support policy, "How about Planned Maintenance". Instants go in and come out in UTC;
the rules speak in dates and wall times of one zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.segments import Segment

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class UpgradeRule:
    """One sector's upgrade in a cycle: a weekday (Monday is 0), a wall time, an elapsed length.

    It falls on the first such weekday on or after `after_days` from the day that it is counted
    from: the policy's "Friday, 13 days after" a Thursday Test is no Friday, so it is the next one.
    """

    sector: str
    after_days: int
    weekday: int
    at: time
    length: timedelta

    def day(self, counted_from: date) -> date:
        """The local date of the upgrade, counted from a date."""
        day = counted_from + timedelta(days=self.after_days)
        return day + timedelta(days=(self.weekday - day.weekday()) % 7)


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
        return end - start if end > start else end - start + _WEEK


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


class WindowKind(StrEnum):
    """What a window is; the names of sectors stand beside them in keys."""

    UPGRADE = "upgrade"  # of one sector, by the rules
    ROUTINE = "routine"  # weekly, by the rules
    EXTRA = "extra"  # added by hand


@dataclass(frozen=True)
class MaintenanceRules:
    """What policy.toml says about maintenance.

    Upgrades come in cycles of `every_days`, counted from the `anchor` date and never from week
    numbers: 2026 has 53 weeks, and its last Thursday and the next one are both in odd weeks.
    The anchor begins the first cycle, so no upgrade is planned before it. The routine window is
    weekly and needs no anchor.

    Raises:
        ValueError: two upgrades of a sector could fall on one day, or a sector is called as
            other windows are.
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
        sectors = [rule.sector.lower() for rule in self.upgrades]
        if len(set(sectors)) < len(sectors):
            raise ValueError("a sector has one upgrade in a cycle, and it is given more than one")
        if taken := sorted({WindowKind.ROUTINE, WindowKind.EXTRA} & set(sectors)):
            raise ValueError(f'no sector can be called "{taken[0]}": other windows are')

    @property
    def lead(self) -> UpgradeRule | None:
        """The upgrade that the later ones of its cycle follow: the first with no days after."""
        return next((rule for rule in self.upgrades if rule.after_days == 0), None)

    def upgrade(self, sector: str | None) -> UpgradeRule | None:
        """The rule of a sector, if it has one."""
        name = (sector or "").lower()
        return next((rule for rule in self.upgrades if rule.sector.lower() == name), None)

    def reminders(self, kind: WindowKind) -> ReminderRule:
        """When customers are told of a window of that kind."""
        return self.routine_reminders if kind is WindowKind.ROUTINE else self.upgrade_reminders

    def begins_cycle(self, day: date) -> bool:
        """Whether a cycle begins on that date."""
        return day >= self.anchor and (day - self.anchor).days % self.every_days == 0

    def counted_from(
        self, rule: UpgradeRule, cycle: date, leads: Mapping[date, date] | None = None
    ) -> date:
        """The local date that an upgrade of a cycle is counted from.

        Those that come days after the lead are counted from the day on which that really is.

        Args:
            leads: where the lead is, by its cycle, wherever it is known to be.
        """
        lead = self.lead
        if rule.after_days == 0 or lead is None:
            return cycle
        return (leads or {}).get(cycle) or lead.day(cycle)


@dataclass(frozen=True)
class Occurrence:
    """A window that the rules give.

    It is named by rule and cycle ("prod-2026-12-17" belongs to the cycle of that date, whenever
    it is), the routine one by its week's Monday: so its weekday, hour and length may change in
    the policy, and it is still the same window.
    """

    kind: WindowKind
    sector: str | None
    cycle: date
    segment: Segment

    @property
    def key(self) -> str:
        """Its name for good."""
        return f"{(self.sector or self.kind).lower()}-{self.cycle}"


def occurrences(
    rules: MaintenanceRules,
    start: datetime,
    end: datetime,
    leads: Mapping[date, date] | None = None,
) -> tuple[Occurrence, ...]:
    """What the rules give that starts at or after `start` and before `end` (UTC), earliest first.

    Args:
        leads: the local date on which the lead of a cycle really is, by cycle.
    """
    # A day more at either side: where clocks change over midnight, a window may start on the
    # local date after its own, or the end may be on the date before.
    first = start.astimezone(rules.zone).date() - _DAY
    last = end.astimezone(rules.zone).date() + _DAY
    found = [*_upgrades(rules, first, last, leads), *_routine_windows(rules, first, last)]
    within = (one for one in found if start <= one.segment.start < end)
    return tuple(sorted(within, key=lambda one: (one.segment.start, one.key)))


def occurrence(
    rules: MaintenanceRules,
    kind: WindowKind,
    sector: str | None,
    cycle: date,
    leads: Mapping[date, date] | None = None,
) -> Occurrence | None:
    """What the rules make of one window, whenever that is; None: they no longer give it."""
    if kind is WindowKind.ROUTINE:
        return _routine(rules, cycle)
    rule = rules.upgrade(sector)
    if kind is WindowKind.EXTRA or rule is None or not rules.begins_cycle(cycle):
        return None
    return _upgrade(rules, rule, cycle, leads)


def _upgrades(
    rules: MaintenanceRules, first: date, last: date, leads: Mapping[date, date] | None
) -> Iterator[Occurrence]:
    """The upgrades between two local dates, and some around them."""
    for rule in rules.upgrades:
        # Up to six days are added to find the weekday: of the lead, and then its own.
        days_before_first = (first - rules.anchor).days - rule.after_days - 12
        days_before_last = (last - rules.anchor).days - rule.after_days
        numbers = range(
            max(0, days_before_first // rules.every_days),
            days_before_last // rules.every_days + 1,
        )
        cycles = {rules.anchor + timedelta(days=n * rules.every_days) for n in numbers}
        cycles |= {cycle for cycle in leads or () if rules.begins_cycle(cycle)}
        yield from (_upgrade(rules, rule, cycle, leads) for cycle in cycles)


def _upgrade(
    rules: MaintenanceRules, rule: UpgradeRule, cycle: date, leads: Mapping[date, date] | None
) -> Occurrence:
    day = rule.day(rules.counted_from(rule, cycle, leads))
    start = datetime.combine(day, rule.at, rules.zone).astimezone(UTC)
    segment = Segment(start, start + rule.length)
    return Occurrence(WindowKind.UPGRADE, rule.sector, cycle, segment)


def _routine_windows(rules: MaintenanceRules, first: date, last: date) -> Iterator[Occurrence]:
    monday = first - timedelta(days=first.weekday()) - _WEEK
    while monday <= last:
        if (found := _routine(rules, monday)) is not None:
            yield found
        monday += _WEEK


def _routine(rules: MaintenanceRules, monday: date) -> Occurrence | None:
    if rules.routine is None:
        return None
    # The end is a wall time: found before UTC, so that the clocks may change in between.
    day = monday + timedelta(days=rules.routine.weekday)
    start_wall = datetime.combine(day, rules.routine.at, rules.zone)
    end_wall = start_wall + rules.routine.usual_length
    start, end = start_wall.astimezone(UTC), end_wall.astimezone(UTC)
    if start >= end:  # the hour that spring skips has swallowed it
        return None
    return Occurrence(WindowKind.ROUTINE, None, monday, Segment(start, end))
