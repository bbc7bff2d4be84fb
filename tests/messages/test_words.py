"""Times and lengths in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages.words import ago, clock_time, counted, duration, in_words, two_clocks
from bot.sandbox.reading import Page

CENTRAL = ZoneInfo("America/Chicago")
NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        ({}, "0 s"),
        ({"seconds": 1}, "1 s"),
        ({"seconds": 59}, "59 s"),
        ({"seconds": 59, "milliseconds": 600}, "1 min"),
        ({"seconds": 60}, "1 min"),
        ({"seconds": 61}, "1 min 1 s"),
        ({"minutes": 59, "seconds": 59}, "59 min 59 s"),
        ({"hours": 1}, "1 h"),
        ({"hours": 1, "minutes": 30}, "1 h 30 min"),
        ({"hours": 1, "minutes": 30, "seconds": 29}, "1 h 30 min"),
        ({"hours": 23, "minutes": 59}, "23 h 59 min"),
        ({"days": 1}, "24 h"),
        ({"hours": 33}, "33 h"),
        ({"days": 60}, "1,440 h"),
    ],
)
def test_a_length_is_said_in_its_two_largest_units_and_never_in_days(
    length: dict[str, int], words: str
) -> None:
    assert duration(timedelta(**length)) == words


@pytest.mark.parametrize(
    ("length", "words"),
    [
        ({"minutes": 30}, "half an hour"),
        ({"minutes": 45}, "45 min"),
        ({"hours": 1}, "one hour"),
        ({"hours": 2, "minutes": 30}, "2 h 30 min"),
        ({"weeks": 4}, "four weeks"),
        ({"weeks": 12}, "12 weeks"),
    ],
)
def test_a_round_length_is_said_as_people_say_it(length: dict[str, int], words: str) -> None:
    assert in_words(timedelta(**length)) == words


@pytest.mark.parametrize(
    ("count", "words", "others"),
    [
        (0, "0 channels", "0 people"),
        (1, "1 channel", "1 person"),
        (2000, "2,000 channels", "2,000 people"),
    ],
)
def test_one_of_something_is_no_plural(count: int, words: str, others: str) -> None:
    assert counted(count, "channel") == words
    assert counted(count, "person", "people") == others


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_a_length_in_words_is_off_by_less_than_a_minute(length: timedelta) -> None:
    units = {"h": timedelta(hours=1), "min": timedelta(minutes=1), "s": timedelta(seconds=1)}
    words = duration(length).replace(",", "").split()
    said = sum(
        (int(n) * units[unit] for n, unit in zip(words[::2], words[1::2], strict=True)),
        timedelta(0),
    )
    assert abs(said - length) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-23 06:00", "Mon 23 Nov, 12:00 AM"),
        ("2026-11-23 06:01", "Mon 23 Nov, 12:01 AM"),
        ("2026-11-23 18:00", "Mon 23 Nov, 12:00 PM"),
        ("2026-11-24 00:05", "Mon 23 Nov, 6:05 PM"),
        ("2026-11-03 05:59", "Mon 2 Nov, 11:59 PM"),
        ("2027-01-01 06:00", "Fri 1 Jan, 12:00 AM"),
    ],
)
def test_a_wall_time_is_said_with_its_day(at: str, words: str) -> None:
    assert clock_time(utc(at), CENTRAL) == words


@pytest.mark.parametrize(
    ("at", "office"),
    [
        pytest.param("2026-03-08 07:59", "Sun 8 Mar, 1:59 AM", id="before spring skips an hour"),
        pytest.param("2026-03-08 08:00", "Sun 8 Mar, 3:00 AM", id="after spring skipped it"),
        pytest.param("2026-11-01 06:30", "Sun 1 Nov, 1:30 AM", id="the hour that autumn repeats"),
        pytest.param("2026-11-01 07:30", "Sun 1 Nov, 1:30 AM", id="its repetition"),
    ],
)
def test_the_office_reads_its_wall_clock_over_changes_of_the_clocks(at: str, office: str) -> None:
    instant = utc(at)
    assert two_clocks(instant, CENTRAL, "Central") == (
        f"<!date^{int(instant.timestamp())}^{{date_short_pretty}} at {{time}}|{office} Central>"
        f" ({office} Central)"
    )


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Europe/Berlin", "today at 9:00 PM (Mon 23 Nov, 2:00 PM Central)"),
        ("Asia/Kolkata", "tomorrow at 1:30 AM (Mon 23 Nov, 2:00 PM Central)"),
        ("America/Chicago", "today at 2:00 PM (Mon 23 Nov, 2:00 PM Central)"),
    ],
)
def test_readers_see_their_own_time_beside_the_offices(zone: str, shown: str) -> None:
    page = Page(ZoneInfo(zone), NOW, lambda key: key)
    assert page.mrkdwn(two_clocks(utc("2026-11-23 20:00"), CENTRAL, "Central")) == shown


@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)))  # noqa: DTZ001 - made aware below
def test_both_instances_of_a_wall_time_are_told_apart_by_the_readers_clock(at: datetime) -> None:
    instant = at.replace(tzinfo=UTC, microsecond=0)
    later = instant + timedelta(hours=1)
    assert two_clocks(instant, CENTRAL, "Central") != two_clocks(later, CENTRAL, "Central")


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        ({}, "just now"),
        ({"seconds": -5}, "just now"),
        ({"seconds": 59}, "just now"),
        ({"seconds": 60}, "1 min ago"),
        ({"minutes": 2, "seconds": 30}, "2 min ago"),
        ({"minutes": 59, "seconds": 59}, "59 min ago"),
        ({"hours": 1}, "1 h ago"),
        ({"hours": 2, "minutes": 59}, "2 h ago"),
        ({"hours": 47, "minutes": 59}, "47 h ago"),
        ({"days": 2}, "2 days ago"),
        ({"days": 30, "hours": 23}, "30 days ago"),
    ],
)
def test_how_long_ago_is_said_roughly(passed: dict[str, int], words: str) -> None:
    assert ago(NOW - timedelta(**passed), NOW) == words
