"""What the policy says of maintenance, carried out the slow way: days are walked, clocks looked up.

It shares no code with `bot.domain.maintenance`, `notices` and `calendar_plan`, so that it can
judge them. Instants are in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

import year_calendar as calendar
from year_calendar import DAY
from year_plan import HOUR, MINUTE

ANCHOR = date(2026, 11, 19)
CYCLE = 14 * DAY
ENDED_WORTH = 4 * HOUR


@dataclass(frozen=True)
class Rules:
    """The policy's words; weekdays count from Monday, which is 0."""

    test: tuple[int, time, int] = (3, time(20), 4)  # weekday, wall time, hours
    prod: tuple[int, time, int] = (4, time(20), 4)
    prod_after: int = 13  # days after Test
    routine: tuple[int, time, int, time] = (4, time(20), 6, time(5))
    remind_at: time = time(10)
    days_before: tuple[int, ...] = (3, 1)

    def test_of(self, cycle: date) -> tuple[datetime, datetime]:
        weekday, wall, hours = self.test
        start = calendar.instant(_on_or_after(cycle, weekday), wall)
        return start, start + hours * HOUR

    def prod_of(self, test: date) -> tuple[datetime, datetime]:
        """The Prod upgrade of a cycle whose Test is on that day."""
        weekday, wall, hours = self.prod
        start = calendar.instant(_on_or_after(test + self.prod_after * DAY, weekday), wall)
        return start, start + hours * HOUR

    def routine_of(self, monday: date) -> tuple[datetime, datetime]:
        begin, at, end, until = self.routine
        return (
            calendar.instant(monday + begin * DAY, at),
            calendar.instant(monday + end * DAY, until),
        )


def _on_or_after(day: date, weekday: int) -> date:
    while day.weekday() != weekday:
        day += DAY
    return day


@dataclass(frozen=True)
class Duty:
    """Something that those who hear of a window are to be told from `due` on, before `until`."""

    tag: str
    due: datetime
    until: datetime


@dataclass
class Window:
    """A window, as what people did to it left it."""

    key: str
    kind: str  # test, prod, routine, extra
    sector: str | None
    start: datetime
    end: datetime
    cycle: date | None = None
    by_rule: tuple[datetime, datetime] | None = None
    off: str | None = None  # cancelled, skipped
    is_told: bool = False
    by_hand: datetime | None = None  # when somebody changed it last
    changed: datetime | None = None  # when what people can know of it changed last

    @property
    def name(self) -> str:
        match self.kind:
            case "routine":
                return "Logik.io routine maintenance"
            case "extra":
                return " ".join(filter(None, ("Logik.io", self.sector, "maintenance")))
        return f"Logik.io {self.sector} upgrade"

    @property
    def stands(self) -> tuple[datetime, datetime]:
        return self.start, self.end

    def is_like(self, other: Window) -> bool:
        """Whether the same is worked on, so that one can be the next of the other."""
        if self.sector is None or other.sector is None:
            return self.kind == other.kind == "routine"
        return self.sector.lower() == other.sector.lower()

    def is_in(self, other: Window) -> bool:
        return other.start <= self.start and self.end <= other.end

    def duties(self, rules: Rules) -> list[Duty]:
        """What is to be told of it, by the wall clock of the office."""
        if self.off:
            return []
        day = calendar.local(self.start).date()
        if self.kind == "routine":
            due = calendar.instant(day - DAY, time(10))
            return [Duty("1d", due, self.start)]
        ahead = [
            (calendar.instant(day - n * DAY, rules.remind_at), f"{n}d") for n in rules.days_before
        ]
        ahead.append((self.start - 60 * MINUTE, "60m"))
        ahead = sorted(one for one in ahead if one[0] < self.start)
        ends = [due for due, _ in ahead[1:]] + [self.start]
        found = [Duty(tag, *one) for (one, tag) in _pairs(ahead, ends) if one[0] < one[1]]
        found.append(Duty("started", self.start, self.end))
        found.append(Duty("over", self.end, self.end + ENDED_WORTH))
        return found


def _pairs(
    ahead: list[tuple[datetime, str]], ends: list[datetime]
) -> Iterator[tuple[tuple[datetime, datetime], str]]:
    for (due, tag), until in zip(ahead, ends, strict=True):
        yield (due, until), tag
