"""The response clock: when a first response is due, and the sum that proves it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from bot.domain.segments import Segment
from bot.domain.support_hours import SupportHours

_HOUR = timedelta(hours=1)


class Unit(StrEnum):
    """What a target counts. Plain hours run around the clock."""

    BUSINESS_DAYS = "business day"
    BUSINESS_HOURS = "business hour"
    HOURS = "hour"


@dataclass(frozen=True)
class Target:
    """A promise to respond, in the words of the policy: "2 business days", "2 hours"."""

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Target:
        """Read the words of the policy back.

        Raises:
            ValueError: with a sentence that shows what a target looks like.
        """
        match = re.fullmatch(r"([1-9]\d{0,3}) (business day|business hour|hour)s?", text.strip())
        if match is None:
            raise ValueError(
                f'"{text}" is no target: write "2 business days", "4 business hours" or "2 hours"'
            )
        return cls(int(match[1]), Unit(match[2]))

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}{'' if self.amount == 1 else 's'}"

    @property
    def around_the_clock(self) -> bool:
        """Whether nights, weekends and holidays count too."""
        return self.unit is Unit.HOURS

    @property
    def with_clock(self) -> str:
        """The target in few words, with its clock where that is not the office's."""
        return f"{self} 24x7" if self.around_the_clock else str(self)

    def length(self, hours: SupportHours) -> timedelta:
        """The target as time on its clock; a business day is the support hours of one day."""
        unit = hours.business_day if self.unit is Unit.BUSINESS_DAYS else _HOUR
        return self.amount * unit


def due_at(target: Target, opened_at: datetime, hours: SupportHours) -> datetime:
    """The instant, in UTC, by which the first response is due."""
    return _passed_at(target, target.length(hours), opened_at, hours)


@dataclass(frozen=True)
class Promise:
    """By when a response is due: the target, counted from an instant. All in UTC."""

    target: Target
    counted_from: datetime
    due_at: datetime

    @classmethod
    def make(cls, target: Target, counted_from: datetime, hours: SupportHours) -> Promise:
        """The promise of that target from that instant on."""
        return cls(target, counted_from, due_at(target, counted_from, hours))

    def raised(self, target: Target, now: datetime, hours: SupportHours) -> Promise:
        """What is promised when a case becomes worse: its deadline can only come nearer.

        The earlier of the old due time, and the change + the new target.
        """
        return min(self, self.make(target, now, hours), key=lambda promise: promise.due_at)


def reached_at(target: Target, percent: int, opened_at: datetime, hours: SupportHours) -> datetime:
    """The instant, in UTC, at which that part of the target has passed.

    For a target in support hours it falls inside them or exactly at closing, so a warning never
    comes at night.
    """
    return _passed_at(target, target.length(hours) * percent / 100, opened_at, hours)


def _passed_at(
    target: Target, length: timedelta, opened_at: datetime, hours: SupportHours
) -> datetime:
    if target.unit is Unit.HOURS:
        return opened_at.astimezone(UTC) + length
    return hours.add(opened_at, length)


@dataclass(frozen=True)
class Counted:
    """Time that the clock ran, and how much of the target had passed at its end."""

    segment: Segment
    total: timedelta


@dataclass(frozen=True)
class Skipped:
    """Time that the clock stood still, and why: "night", "weekend", a holiday by its name."""

    segment: Segment
    reasons: tuple[str, ...]


def explain(
    target: Target, opened_at: datetime, hours: SupportHours
) -> tuple[Counted | Skipped, ...]:
    """The sum behind `due_at`: every stretch from the opening to the due time, in order."""
    return tuple(_explain(target, opened_at.astimezone(UTC), hours))


def _explain(
    target: Target, opened_at: datetime, hours: SupportHours
) -> Iterator[Counted | Skipped]:
    due = due_at(target, opened_at, hours)
    if target.around_the_clock:
        yield Counted(Segment(opened_at, due), due - opened_at)
        return
    at, total = opened_at, timedelta(0)
    for segment in hours.segments(opened_at, due):
        if at < segment.start:
            gap = Segment(at, segment.start)
            yield Skipped(gap, _why_closed(gap, hours))
        total += segment.duration
        yield Counted(segment, total)
        at = segment.end


def _why_closed(gap: Segment, hours: SupportHours) -> tuple[str, ...]:
    first = gap.start.astimezone(hours.zone)
    last = (gap.end - timedelta(microseconds=1)).astimezone(hours.zone)
    days = [first.date() + timedelta(days=n) for n in range((last.date() - first.date()).days + 1)]
    if len(days) == 1 and hours.is_working_day(days[0]):
        morning = first.time() < hours.week[days[0].weekday()][0][0]
        return ("night",) if morning else ("break",)
    return tuple(dict.fromkeys(_why_not_open(day, hours) for day in days))  # in order, each once


def _why_not_open(day: date, hours: SupportHours) -> str:
    if hours.is_working_day(day):
        return "night"
    if not hours.week.get(day.weekday()):
        return "weekend" if day.weekday() >= 5 else "closed day"
    return hours.holiday_name(day) or "closed day"
