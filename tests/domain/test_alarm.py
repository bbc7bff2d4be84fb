"""What a customer can say on their card, and how often it counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alarm import ONCE_PER, Alarm, heard_lately, possible_alarm
from bot.policy import load_policy

NOW = datetime(2026, 11, 1, 6, 45, tzinfo=UTC)  # in Chicago, before an hour that comes twice


@pytest.mark.parametrize(
    ("severity", "alarm"),
    [
        ("no_impact", Alarm.WORSE),
        ("little_impact", Alarm.WORSE),
        ("severe_impact", Alarm.WORSE),
        ("business_stopped", Alarm.STILL_DOWN),
        ("of_an_older_policy", Alarm.WORSE),
    ],
)
def test_what_can_be_said_of_a_case(severity: str, alarm: Alarm) -> None:
    worst = load_policy().worst
    assert worst is not None
    assert possible_alarm(severity, worst.key) is alarm


@pytest.mark.parametrize("severity", ["no_impact", "business_stopped"])
def test_where_no_severity_wakes_anybody_there_is_nothing_to_say(severity: str) -> None:
    assert possible_alarm(severity, None) is None


@pytest.mark.parametrize(
    ("ago", "lately"),
    [
        pytest.param(timedelta(0), True, id="at the same instant"),
        pytest.param(timedelta(minutes=29, seconds=59), True, id="a second before the end"),
        pytest.param(timedelta(minutes=30), False, id="half an hour ago, to the second"),
        pytest.param(timedelta(days=1), False, id="yesterday"),
        pytest.param(timedelta(seconds=-3), True, id="by a clock that was stepped back since"),
    ],
)
def test_it_counts_once_in_half_an_hour(ago: timedelta, *, lately: bool) -> None:
    assert heard_lately(NOW - ago, NOW) is lately


def test_what_was_never_said_can_be_said() -> None:
    assert not heard_lately(None, NOW)


@given(
    st.lists(st.integers(0, 6 * 3600), min_size=1, max_size=50).map(sorted),
)
def test_however_often_people_press_it_is_heard_at_most_once_in_half_an_hour(
    seconds: list[int],
) -> None:
    heard: list[datetime] = []
    for at in (NOW + timedelta(seconds=n) for n in seconds):
        if not heard_lately(heard[-1] if heard else None, at):
            heard.append(at)
    assert heard[0] == NOW + timedelta(seconds=seconds[0]), "the first is never lost"
    gaps = [later - earlier for earlier, later in pairwise(heard)]
    assert all(gap >= ONCE_PER for gap in gaps)
