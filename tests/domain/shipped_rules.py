"""The rules of maintenance that are shipped, any rules at all, and windows of them to look at."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
from hypothesis import strategies as st

from bot.domain.maintenance import (
    MaintenanceRules,
    ReminderRule,
    RoutineRule,
    UpgradeRule,
    occurrences,
)
from bot.domain.segments import Segment
from bot.domain.window import Window, planned

CENTRAL = ZoneInfo("America/Chicago")
MON, THU, FRI, SAT, SUN = 0, 3, 4, 5, 6
EVENING = time(20)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FOUR_HOURS = 4 * HOUR

TEST = UpgradeRule("Test", 0, THU, EVENING, FOUR_HOURS)
PROD = UpgradeRule("Prod", 13, FRI, EVENING, FOUR_HOURS)
RULES = MaintenanceRules(
    zone=CENTRAL,
    anchor=date(2026, 11, 19),
    every_days=14,
    upgrades=(TEST, PROD),
    upgrade_reminders=ReminderRule((3, 1), time(10), (60,), at_start=True, ended_worth=FOUR_HOURS),
    routine=RoutineRule(FRI, EVENING, SUN, time(5)),
    routine_reminders=ReminderRule((1,), time(10)),
)
US_HOLIDAYS = holidays.country_holidays("US")


def us_holiday(day: date) -> str | None:
    name = US_HOLIDAYS.get(day)
    return str(name) if name else None


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


def wall(instant: datetime) -> str:
    return f"{instant.astimezone(CENTRAL):%a %Y-%m-%d %H:%M}"


def stretch(start: str, length: timedelta = FOUR_HOURS) -> Segment:
    return Segment(central(start), central(start) + length)


def between(first: str, last: str, rules: MaintenanceRules = RULES) -> dict[str, Window]:
    """The windows that start from one local midnight up to another, by key."""
    found = occurrences(rules, central(f"{first} 00:00"), central(f"{last} 00:00"))
    return {one.key: planned(one) for one in found}


quarter_hours = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))
weekdays = st.integers(0, 6)
lengths = st.integers(1, 36).map(lambda n: n * HOUR)
reminder_rules = st.builds(
    ReminderRule,
    st.lists(st.integers(0, 7), max_size=3).map(tuple),
    quarter_hours,
    st.lists(st.integers(0, 180), max_size=2).map(tuple),
    st.booleans(),
    st.none() | lengths,
)
any_rules = st.builds(
    MaintenanceRules,
    zone=st.sampled_from(
        ["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Kiritimati"]
    ).map(ZoneInfo),
    anchor=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    every_days=st.integers(7, 30),
    upgrades=st.tuples(
        st.builds(UpgradeRule, st.just("Test"), st.just(0), weekdays, quarter_hours, lengths),
        st.builds(
            UpgradeRule, st.just("Prod"), st.integers(0, 20), weekdays, quarter_hours, lengths
        ),
    ),
    upgrade_reminders=reminder_rules,
    routine=st.none() | st.builds(RoutineRule, weekdays, quarter_hours, weekdays, quarter_hours),
    routine_reminders=reminder_rules,
)
instants = st.integers(0, 24 * 60 * 500).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
