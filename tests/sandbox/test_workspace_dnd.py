"""Do-not-disturb windows: wall time in the person's zone, instants in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import Team, User

INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
WALL_TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))
SCHEDULES = st.tuples(WALL_TIMES, WALL_TIMES).filter(lambda pair: pair[0] != pair[1])


def person(zone, dnd):
    return User("U1", "Ana", Team("T1", "Home"), ZoneInfo(zone), dnd=dnd)


@given(now=INSTANTS, dnd=SCHEDULES, zone=st.sampled_from(["UTC", "Asia/Kolkata"]))
def test_where_clocks_never_change_quiet_is_what_the_wall_says(now, dnd, zone):
    start, end = dnd
    wall = now.astimezone(ZoneInfo(zone)).time()
    quiet = start <= wall < end if start < end else wall >= start or wall < end
    assert person(zone, dnd).disturbed_at(now) is not quiet


@given(now=INSTANTS, dnd=SCHEDULES, zone=st.sampled_from(["America/Chicago", "Europe/Berlin"]))
def test_the_window_ends_after_now_and_begins_within_a_day(now, dnd, zone):
    start, end = person(zone, dnd).dnd_window(now)
    assert start.utcoffset() == end.utcoffset() == timedelta(0)
    assert now < end
    assert start - now < timedelta(hours=25)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(datetime(2026, 3, 8, 6, tzinfo=UTC), 8), (datetime(2026, 11, 1, 6, tzinfo=UTC), 10)],
    ids=["spring", "autumn"],
)
def test_a_night_in_which_the_clocks_change_is_an_hour_off(day, hours):
    start, end = person("America/Chicago", (time(22), time(7))).dnd_window(day)
    assert end - start == timedelta(hours=hours)


def test_without_a_schedule_everything_rings():
    assert person("UTC", None).disturbed_at(datetime(2026, 1, 1, tzinfo=UTC))
