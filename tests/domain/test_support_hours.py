"""Support hours and the response clock, against named days and against a minute walk."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import walk
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.response_clock import Counted, Skipped, Target, due_at, explain, reached_at
from bot.domain.support_hours import SupportHours
from bot.policy import load_policy

CENTRAL = ZoneInfo("America/Chicago")
HOURS = load_policy().hours
TARGETS = {
    text: Target.parse(text)
    for text in ("2 business days", "1 business day", "4 business hours", "2 hours")
}
IN_SUPPORT_HOURS = [target for target in TARGETS.values() if not target.around_the_clock]


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL)


@pytest.mark.parametrize(
    ("opened", "target", "due"),
    [
        # An ordinary week.
        ("2026-11-16 10:00", "4 business hours", "2026-11-16 14:00"),
        ("2026-11-16 10:00", "1 business day", "2026-11-17 10:00"),
        ("2026-11-16 10:00", "2 business days", "2026-11-18 10:00"),
        ("2026-11-16 16:30", "4 business hours", "2026-11-17 09:30"),
        # Exactly at opening and closing, and one second off.
        ("2026-11-16 07:00:00", "4 business hours", "2026-11-16 11:00"),
        ("2026-11-16 06:59:59", "4 business hours", "2026-11-16 11:00"),
        ("2026-11-16 07:00:01", "4 business hours", "2026-11-16 11:00:01"),
        ("2026-11-16 07:00:00", "1 business day", "2026-11-16 18:00"),
        ("2026-11-16 07:00:01", "1 business day", "2026-11-17 07:00:01"),
        ("2026-11-16 18:00:00", "4 business hours", "2026-11-17 11:00"),
        ("2026-11-16 17:59:59", "4 business hours", "2026-11-17 10:59:59"),
        ("2026-11-16 18:00:01", "4 business hours", "2026-11-17 11:00"),
        ("2026-11-16 14:00", "4 business hours", "2026-11-16 18:00"),  # due exactly at closing
        ("2026-11-14 12:00", "1 business day", "2026-11-16 18:00"),  # Saturday: Monday's closing
        # Weekends and nights.
        ("2026-11-13 17:00", "4 business hours", "2026-11-16 10:00"),
        ("2026-11-15 23:59:59", "2 business days", "2026-11-17 18:00"),
        # Thanksgiving; Friday after it is a working day.
        ("2026-11-25 16:00", "4 business hours", "2026-11-27 09:00"),
        ("2026-11-25 16:00", "1 business day", "2026-11-27 16:00"),
        ("2026-11-25 16:00", "2 business days", "2026-11-30 16:00"),
        ("2026-11-26 10:00", "4 business hours", "2026-11-27 11:00"),
        # Observed holidays: 4 July 2026 is a Saturday, 1 January 2028 too.
        ("2026-07-02 17:00", "4 business hours", "2026-07-06 10:00"),
        ("2027-12-30 17:00", "4 business hours", "2028-01-03 10:00"),
        # Both changes of the clocks, on Sundays.
        ("2026-03-06 17:00", "4 business hours", "2026-03-09 10:00"),
        ("2026-10-30 17:00", "4 business hours", "2026-11-02 10:00"),
        ("2026-03-06 10:00", "1 business day", "2026-03-09 10:00"),
        # Leap day.
        ("2028-02-28 17:00", "4 business hours", "2028-02-29 10:00"),
        ("2028-02-29 10:00", "1 business day", "2028-03-01 10:00"),
        # Around the clock: elapsed time, also where the wall clock jumps or repeats.
        ("2026-11-26 03:00", "2 hours", "2026-11-26 05:00"),
        ("2026-03-08 01:30", "2 hours", "2026-03-08 04:30"),
        ("2026-11-01 00:30", "2 hours", "2026-11-01 01:30"),
    ],
)  # fmt: skip
def test_a_named_moment_has_its_due_time(opened: str, target: str, due: str) -> None:
    expected = central(due)
    if opened == "2026-11-01 00:30":
        expected = expected.replace(fold=1)  # the second 01:30 of that night
    assert due_at(TARGETS[target], central(opened), HOURS) == expected.astimezone(UTC)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"])
def test_the_same_instant_is_due_at_the_same_time_whatever_zone_it_is_given_in(zone: str) -> None:
    opened = central("2026-11-25 16:00")
    there = opened.astimezone(ZoneInfo(zone))
    for target in TARGETS.values():
        assert due_at(target, there, HOURS) == due_at(target, opened, HOURS)
        assert due_at(target, there, HOURS).tzinfo is UTC


instants = st.datetimes(
    datetime(2024, 1, 1),  # noqa: DTZ001 - Hypothesis wants naive bounds beside a zone
    datetime(2030, 12, 20),  # noqa: DTZ001
    timezones=st.just(UTC),
)
zones = st.sampled_from([UTC, CENTRAL, ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")])
edges = st.builds(
    lambda day, hour, off: (
        datetime.combine(day, time(hour), CENTRAL).astimezone(UTC) + timedelta(seconds=off)
    ),
    st.dates(date(2024, 1, 2), date(2030, 12, 20)),
    st.sampled_from([0, 1, 2, 7, 18]),
    st.sampled_from([-1, 0, 1]),
)


@settings(max_examples=150, deadline=None)
@given(opened=instants | edges, zone=zones, target=st.sampled_from(IN_SUPPORT_HOURS))
def test_a_due_time_is_what_a_minute_walk_finds(
    opened: datetime, zone: ZoneInfo, target: Target
) -> None:
    length = {"1 business day": timedelta(hours=11), "2 business days": timedelta(hours=22)}.get(
        str(target), timedelta(hours=4)
    )
    assert due_at(target, opened.astimezone(zone), HOURS) == walk.due(opened, length)


@settings(max_examples=60, deadline=None)
@given(start=instants | edges, minutes=st.integers(0, 9 * 24 * 60), seconds=st.integers(0, 59))
def test_business_time_is_what_a_minute_walk_counts(
    start: datetime, minutes: int, seconds: int
) -> None:
    end = start + timedelta(minutes=minutes, seconds=seconds)
    assert HOURS.between(start, end) == walk.open_between(start, end)


@given(opened=instants | edges, target=st.sampled_from(list(TARGETS.values())))
def test_the_sum_adds_up_to_the_target_without_a_hole(opened: datetime, target: Target) -> None:
    parts = explain(target, opened, HOURS)
    assert parts[0].segment.start == opened
    assert parts[-1].segment.end == due_at(target, opened, HOURS)
    for one, two in pairwise(parts):
        assert one.segment.end == two.segment.start
    counted = [part for part in parts if isinstance(part, Counted)]
    assert sum((part.segment.duration for part in counted), timedelta(0)) == target.length(HOURS)
    assert counted[-1].total == target.length(HOURS)


@given(opened=instants | edges, target=st.sampled_from(list(TARGETS.values())))
def test_warnings_come_in_order_and_never_at_night(opened: datetime, target: Target) -> None:
    half, most, due = (reached_at(target, percent, opened, HOURS) for percent in (50, 75, 100))
    assert opened < half < most < due == due_at(target, opened, HOURS)
    if not target.around_the_clock:
        for at in (half, most, due):
            assert HOURS.is_open(at) or HOURS.is_open(at - timedelta(microseconds=1))


@given(at=instants | edges)
def test_the_office_is_open_from_an_opening_to_the_next_closing(at: datetime) -> None:
    opens, closes = HOURS.opens_at(at), HOURS.closes_at(at)
    assert HOURS.is_open(at) == walk.is_open(at) == (closes < opens)
    assert HOURS.is_open(opens)
    assert not HOURS.is_open(closes)
    assert opens > at
    assert closes > at


@pytest.mark.parametrize(
    ("opened", "target", "reasons"),
    [
        ("2026-11-25 16:00", "4 business hours", [("night", "Thanksgiving Day")]),
        ("2026-09-04 17:00", "4 business hours", [("night", "weekend", "Labor Day")]),
        ("2026-11-14 12:00", "1 business day", [("weekend", "night")]),
        ("2026-11-16 05:00", "4 business hours", [("night",)]),
        ("2026-11-26 05:00", "4 business hours", [("Thanksgiving Day", "night")]),
        (
            "2026-07-02 17:00",
            "4 business hours",
            [("night", "Independence Day (observed)", "weekend")],
        ),
        ("2026-11-26 03:00", "2 hours", []),
    ],
)  # fmt: skip
def test_the_sum_names_what_it_skips(
    opened: str, target: str, reasons: list[tuple[str, ...]]
) -> None:
    parts = explain(TARGETS[target], central(opened), HOURS)
    assert [part.reasons for part in parts if isinstance(part, Skipped)] == reasons


def test_hours_with_a_lunch_break_skip_it_and_say_so() -> None:
    split = SupportHours(CENTRAL, {0: ((time(8), time(12)), (time(13), time(17)))}, lambda _: None)
    parts = explain(Target.parse("5 business hours"), central("2026-11-16 08:00"), split)
    assert [part.reasons for part in parts if isinstance(part, Skipped)] == [("break",)]
    assert parts[-1].segment.end == central("2026-11-16 14:00")


def test_days_that_run_into_each_other_have_no_closing_between_them() -> None:
    week = {day: ((time(0), time(0)),) for day in range(5)}
    around = SupportHours(CENTRAL, week, lambda _: None)
    assert around.closes_at(central("2026-11-16 10:00")) == central("2026-11-21 00:00")
    assert around.business_day == timedelta(hours=24)


def test_a_deadline_after_the_calendar_has_grown_is_the_same() -> None:
    fresh = load_policy().hours
    late = fresh.add(central("2026-11-16 10:00"), timedelta(hours=2000))
    again = load_policy().hours
    again.is_open(central("2036-01-01 00:00"))
    assert again.add(central("2026-11-16 10:00"), timedelta(hours=2000)) == late


@pytest.mark.parametrize("text", ["", "two days", "0 hours", "-1 hours", "2 weeks", "2hours"])
def test_a_target_that_makes_no_sense_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="2 business days"):
        Target.parse(text)


def test_a_target_reads_as_the_policy_wrote_it() -> None:
    for text, target in TARGETS.items():
        assert str(target) == text


def test_business_days_of_different_length_are_refused() -> None:
    uneven = SupportHours(
        CENTRAL, {0: ((time(8), time(17)),), 4: ((time(8), time(12)),)}, lambda _: None
    )
    with pytest.raises(ValueError, match="business hours"):
        _ = uneven.business_day


def test_a_deadline_lies_ahead() -> None:
    with pytest.raises(ValueError, match="ahead"):
        HOURS.add(central("2026-11-16 10:00"), timedelta(0))
    with pytest.raises(ValueError, match="before"):
        HOURS.between(central("2026-11-16 10:00"), central("2026-11-16 09:00"))
