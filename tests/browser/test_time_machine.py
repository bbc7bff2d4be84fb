"""Named moments lie ahead, by the office's wall clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.policy import load_policy
from bot.sandbox.browser.time_machine import FARTHEST, Office, moment, moments, wall

POLICY = load_policy()
ZONE = POLICY.hours.zone
OFFICE = Office(ZONE, POLICY.maintenance)


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("now", "key", "then"),
    [
        ("2026-11-24 10:00", "friday_evening", "2026-11-27 17:50"),
        ("2026-11-27 17:49", "friday_evening", "2026-11-27 17:50"),
        ("2026-11-27 17:50", "friday_evening", "2026-12-04 17:50"),
        ("2026-11-27 17:50", "saturday_night", "2026-11-28 02:00"),
        ("2026-11-28 02:00", "saturday_night", "2026-12-05 02:00"),
        ("2026-11-28 02:00", "morning", "2026-11-30 07:00"),
        ("2026-11-24 06:00", "morning", "2026-11-24 07:00"),
        ("2026-11-24 10:00", "thanksgiving", "2026-11-26 10:00"),
        ("2027-08-17 10:00", "thanksgiving", "2027-11-25 10:00"),
        ("2026-11-24 10:00", "reminder", "2026-11-26 09:59"),
        ("2026-11-26 09:59", "reminder", "2026-11-30 09:59"),
        ("2026-11-24 10:00", "maintenance", "2026-11-27 19:59"),
        ("2026-11-27 19:59", "maintenance", "2026-12-03 19:59"),
        # The clocks change in the night to Sunday: a wall time is a wall time.
        ("2026-10-31 03:00", "morning", "2026-11-02 07:00"),
        ("2027-03-13 03:00", "morning", "2027-03-15 07:00"),
    ],
)
def test_a_moment_is_the_next_of_its_name(now: str, key: str, then: str) -> None:
    assert moment(key, central(now), OFFICE) == central(then)


def test_what_the_clock_would_refuse_is_not_offered() -> None:
    keys = {known.key for known in moments(central("2026-11-26 10:00"), OFFICE)}
    assert keys == {"friday_evening", "saturday_night", "morning", "reminder", "maintenance"}


@given(st.datetimes(datetime(2026, 1, 1), datetime(2031, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_moment_lies_ahead_and_can_be_gone_to(now: datetime) -> None:
    found = moments(now, OFFICE)
    assert len(found) >= 5
    for one in found:
        assert now < one.at <= now + FARTHEST, one


def test_there_are_no_other_moments() -> None:
    with pytest.raises(LookupError, match="doomsday"):
        moment("doomsday", central("2026-11-24 10:00"), OFFICE)


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2026-11-24T10:00", "2026-11-24T16:00+00:00"),
        ("2026-07-01T10:00", "2026-07-01T15:00+00:00"),
        ("2026-11-01T01:30", "2026-11-01T06:30+00:00"),
    ],
)
def test_a_typed_moment_is_a_wall_time_of_the_office(typed: str, instant: str) -> None:
    assert wall(typed, ZONE) == datetime.fromisoformat(instant)


@pytest.mark.parametrize(
    "typed", ["", "soon", "2026-11-24", "2026-11-24T10:00Z", "2026-13-01T10:00"]
)
def test_anything_else_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        wall(typed, ZONE)
