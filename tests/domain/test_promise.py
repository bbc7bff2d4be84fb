"""What is promised when a case becomes worse: its deadline can only come nearer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import walk
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.response_clock import Promise, Target, due_at, reached_at
from bot.policy import load_policy

CENTRAL = ZoneInfo("America/Chicago")
POLICY = load_policy()
HOURS = POLICY.hours
TARGETS = tuple(severity.target for severity in POLICY.severities)

# Weeks that hold what is hard: both changes of the clocks, Thanksgiving, Christmas and New Year.
HARD_WEEKS = ("2026-03-05", "2026-07-01", "2026-10-29", "2026-11-24", "2026-12-23", "2027-12-29")


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


def moments() -> st.SearchStrategy[datetime]:
    """Instants within ten days of a hard week's start, and at any time of some years."""
    near = st.builds(
        lambda day, seconds: central(day) + timedelta(seconds=seconds),
        st.sampled_from(HARD_WEEKS),
        st.integers(0, 10 * 86_400),
    )
    anywhere = st.integers(0, 4 * 365 * 86_400).map(
        lambda seconds: central("2025-01-01") + timedelta(seconds=seconds)
    )
    return near | anywhere


targets = st.sampled_from(TARGETS)
later = st.integers(0, 6 * 86_400).map(lambda seconds: timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("opened", "first", "changed", "second", "due"),
    [
        pytest.param(
            "2026-11-23 10:00", "1 business day", "2026-11-23 11:00", "4 business hours",
            "2026-11-23 15:00", id="the change and the new target",
        ),
        pytest.param(
            "2026-11-23 10:00", "4 business hours", "2026-11-23 13:00", "2 hours",
            "2026-11-23 14:00", id="as it was, where that is earlier",
        ),
        pytest.param(
            "2026-11-23 10:00", "4 business hours", "2026-11-23 12:00", "2 hours",
            "2026-11-23 14:00", id="both at the same second",
        ),
        pytest.param(
            "2026-11-23 10:00", "4 business hours", "2026-11-23 15:00", "2 hours",
            "2026-11-23 14:00", id="after the breach it stays broken",
        ),
        pytest.param(
            "2026-11-20 17:30", "2 business days", "2026-11-21 03:00", "2 hours",
            "2026-11-21 05:00", id="in the weekend, around the clock",
        ),
        pytest.param(
            "2026-11-25 17:00", "2 business days", "2026-11-26 12:00", "4 business hours",
            "2026-11-27 11:00", id="on Thanksgiving, in support hours",
        ),
        pytest.param(
            "2026-10-30 17:00", "1 business day", "2026-11-01 00:30", "2 hours",
            "2026-11-01 01:30-06:00", id="in the night that is an hour longer",
        ),
        pytest.param(
            "2027-03-12 17:00", "1 business day", "2027-03-14 01:30", "2 hours",
            "2027-03-14 04:30", id="in the night that is an hour shorter",
        ),
    ],
)  # fmt: skip
def test_a_raised_case_is_due(opened: str, first: str, changed: str, second: str, due: str) -> None:
    before = Promise.make(Target.parse(first), central(opened), HOURS)
    raised = before.raised(Target.parse(second), central(changed), HOURS)
    expected = datetime.fromisoformat(due)
    assert raised.due_at == (expected if expected.tzinfo else central(due))


@given(opened=moments(), first=targets, wait=later, second=targets)
def test_it_is_the_earlier_of_both_and_never_later(
    opened: datetime, first: Target, wait: timedelta, second: Target
) -> None:
    before = Promise.make(first, opened, HOURS)
    raised = before.raised(second, opened + wait, HOURS)
    assert raised.due_at == min(before.due_at, due_at(second, opened + wait, HOURS))
    assert raised.due_at <= before.due_at


@given(opened=moments(), first=targets, waits=st.lists(st.tuples(later, targets), max_size=5))
def test_however_often_it_is_raised_it_only_comes_nearer(
    opened: datetime, first: Target, waits: list[tuple[timedelta, Target]]
) -> None:
    promise, now = Promise.make(first, opened, HOURS), opened
    for wait, target in waits:
        now += wait
        raised = promise.raised(target, now, HOURS)
        assert raised.due_at <= promise.due_at
        assert raised.raised(target, now, HOURS) == raised, "the same again changes nothing"
        promise = raised


@given(opened=moments(), first=targets, wait=later, second=targets)
def test_the_sum_behind_a_raised_deadline_is_its_own(
    opened: datetime, first: Target, wait: timedelta, second: Target
) -> None:
    """Target and start belong together: counted again they make the due time, and no warning
    falls after it."""
    raised = Promise.make(first, opened, HOURS).raised(second, opened + wait, HOURS)
    assert due_at(raised.target, raised.counted_from, HOURS) == raised.due_at
    assert (raised.target, raised.counted_from) in ((first, opened), (second, opened + wait))
    for percent in POLICY.warn_at_percent:
        warned = reached_at(raised.target, percent, raised.counted_from, HOURS)
        assert raised.counted_from <= warned <= raised.due_at


@given(opened=moments(), wait=later)
def test_equal_deadlines_keep_the_older_promise(opened: datetime, wait: timedelta) -> None:
    """Its warnings stay where they were: nothing is told twice."""
    target = Target.parse("2 hours")
    before = Promise(target, opened - timedelta(hours=1), opened + wait + timedelta(hours=2))
    assert before.raised(target, opened + wait, HOURS) is before


@given(opened=moments(), first=targets, wait=later, second=targets)
def test_everything_is_in_utc_whatever_zone_the_instants_came_in(
    opened: datetime, first: Target, wait: timedelta, second: Target
) -> None:
    now = opened + wait
    in_utc = Promise.make(first, opened, HOURS).raised(second, now, HOURS)
    local = Promise.make(first, opened.astimezone(CENTRAL), HOURS)
    assert local.raised(second, now.astimezone(CENTRAL), HOURS).due_at == in_utc.due_at
    assert in_utc.due_at.utcoffset() == timedelta(0)


@settings(max_examples=12, deadline=None)
@given(
    day=st.sampled_from(HARD_WEEKS),
    minutes=st.integers(0, 4 * 1440),
    wait=st.integers(0, 2 * 1440),
)
def test_it_agrees_with_a_walk_minute_by_minute(day: str, minutes: int, wait: int) -> None:
    opened = central(day) + timedelta(minutes=minutes)
    now = opened + timedelta(minutes=wait)
    before = Promise.make(Target.parse("1 business day"), opened, HOURS)
    raised = before.raised(Target.parse("4 business hours"), now, HOURS)
    slow = walk.due(opened, timedelta(hours=11)), walk.due(now, timedelta(hours=4))
    assert raised.due_at == min(slow)
