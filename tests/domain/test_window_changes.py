"""What people do to a window: the new window, or a sentence why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shipped_rules import DAY, FOUR_HOURS, HOUR, between, central, stretch

from bot.domain.maintenance import WindowKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window, WindowState
from bot.domain.window_changes import (
    KINDS,
    NOT_OVER_AFTER_ALL,
    Cancel,
    Change,
    ChangeKind,
    FinishNow,
    Follow,
    Keep,
    Move,
    Resize,
    RunLate,
    Skip,
    StartNow,
    changed,
    new_window,
)

PROD = between("2027-01-01", "2027-01-02")["prod-2026-12-17"]
EXTRA = Window("extra-1", WindowKind.EXTRA, "Prod", PROD.segment)
BEFORE = central("2026-12-28 09:00")
DURING = central("2027-01-01 21:00")
AFTER = central("2027-01-02 00:00")


@pytest.mark.parametrize(
    ("now", "change", "expected"),
    [
        pytest.param(
            BEFORE,
            Move(central("2027-01-04 08:00")),
            {"segment": stretch("2027-01-04 08:00")},
            id="moved, as long as before",
        ),
        pytest.param(
            BEFORE,
            Move(central("2026-12-28 09:01")),
            {"segment": stretch("2026-12-28 09:01")},
            id="moved to the next minute",
        ),
        pytest.param(
            BEFORE,
            Resize(central("2027-01-01 22:00")),
            {"segment": stretch("2027-01-01 20:00", 2 * HOUR)},
            id="shortened",
        ),
        pytest.param(
            BEFORE,
            Resize(central("2027-01-02 02:00")),
            {"segment": stretch("2027-01-01 20:00", 6 * HOUR)},
            id="extended",
        ),
        pytest.param(
            DURING,
            Resize(central("2027-01-01 22:00")),
            {"segment": stretch("2027-01-01 20:00", 2 * HOUR)},
            id="shortened while it runs",
        ),
        pytest.param(BEFORE, Skip(), {"called_off": CalledOff.SKIPPED}, id="skipped"),
        pytest.param(BEFORE, Cancel(), {"called_off": CalledOff.CANCELLED}, id="cancelled"),
        pytest.param(
            BEFORE, StartNow(), {"segment": stretch("2026-12-28 09:00")}, id="started early"
        ),
        pytest.param(
            DURING,
            FinishNow(),
            {"segment": stretch("2027-01-01 20:00", HOUR)},
            id="finished early",
        ),
        pytest.param(
            DURING,
            RunLate(central("2027-01-02 01:30")),
            {"segment": stretch("2027-01-01 20:00", 5.5 * HOUR)},
            id="running late",
        ),
        pytest.param(
            BEFORE,
            Follow(stretch("2027-01-01 22:00")),
            {"segment": stretch("2027-01-01 22:00"), "by_rule": stretch("2027-01-01 22:00")},
            id="moved to where the policy has it",
        ),
        pytest.param(
            BEFORE,
            Follow(None),
            {"called_off": CalledOff.CANCELLED, "by_rule": None},
            id="called off as the policy has it",
        ),
    ],
)
def test_a_change_is_one_that_calendars_have_to_see(
    now: Any, change: Change, expected: dict[str, Any]
) -> None:
    found = changed(PROD, change, now)
    assert found == replace(PROD, **expected, changed_at=now, sequence=1)


def test_a_window_that_is_kept_is_the_same_for_everybody() -> None:
    says = stretch("2027-01-01 22:00")
    assert changed(PROD, Keep(says), BEFORE) == replace(PROD, by_rule=says)
    assert changed(PROD, Keep(None), BEFORE) == replace(PROD, by_rule=None)


@pytest.mark.parametrize(
    ("now", "change", "why"),
    [
        (BEFORE, Move(BEFORE), "in the past"),
        (BEFORE, Move(BEFORE - DAY), "in the past"),
        (BEFORE, Move(PROD.segment.start), "begins then already"),
        (BEFORE, Move(BEFORE + 401 * DAY), "more than a year ahead"),
        (DURING, Move(central("2027-01-04 08:00")), "It has begun"),
        (BEFORE, Resize(PROD.segment.end), "ends then already"),
        (BEFORE, Resize(PROD.segment.start), "end before it begins"),
        (BEFORE, Resize(PROD.segment.start + 9 * DAY), "at most 8 days"),
        (DURING, Resize(DURING), "in the past"),
        (DURING, Skip(), "It has begun"),
        (DURING, Cancel(), "It has begun"),
        (DURING, StartNow(), "has begun already"),
        (BEFORE, FinishNow(), "has not begun"),
        (PROD.segment.start, FinishNow(), "this very second"),
        (BEFORE, RunLate(central("2027-01-02 02:00")), "has not begun"),
        (DURING, RunLate(PROD.segment.end), "runs until then anyway"),
        (DURING, RunLate(DURING + 9 * DAY), "at most 8 days"),
        (BEFORE, Follow(Segment(BEFORE - HOUR, BEFORE + HOUR)), "in the past"),
        (DURING, Follow(stretch("2027-01-01 22:00")), "It has begun"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(now: Any, change: Change, why: str) -> None:
    found = changed(PROD, change, now)
    assert isinstance(found, str)
    assert why in found
    assert found.endswith(".")


def test_only_one_of_a_series_is_skipped() -> None:
    assert changed(EXTRA, Skip(), BEFORE) == "It is not one of a series. Cancel it instead."
    assert isinstance(changed(EXTRA, Cancel(), BEFORE), Window)


ANY_CHANGE = [
    Move(central("2027-01-04 08:00")),
    Resize(central("2027-01-02 02:00")),
    Skip(),
    Cancel(),
    StartNow(),
    FinishNow(),
    RunLate(central("2027-01-02 02:00")),
    Follow(None),
    Keep(None),
]


@pytest.mark.parametrize("change", ANY_CHANGE, ids=lambda change: type(change).__name__)
def test_what_is_over_or_called_off_changes_no_more(change: Change) -> None:
    late = AFTER + NOT_OVER_AFTER_ALL
    assert changed(PROD, change, late) == "This window is over already."
    if not isinstance(change, RunLate):
        assert changed(PROD, change, AFTER) == "This window is over already."
    for why in CalledOff:
        off = replace(PROD, called_off=why)
        assert changed(off, change, BEFORE) == "This window has been called off already."


def test_for_an_hour_after_its_end_a_window_can_be_said_to_go_on_after_all() -> None:
    now, until = AFTER + timedelta(minutes=59), central("2027-01-02 02:00")
    found = changed(PROD, RunLate(until), now)
    assert isinstance(found, Window)
    assert found.segment == Segment(PROD.segment.start, until)
    assert found.state(now) is WindowState.RUNNING
    assert changed(PROD, RunLate(now), now) == "That is in the past."


def test_every_change_has_a_name_on_record() -> None:
    assert set(KINDS) == set(get_args(Change)) == {type(change) for change in ANY_CHANGE}
    assert set(ChangeKind) - set(KINDS.values()) == {ChangeKind.ADDED, ChangeKind.PLANNED}


def test_a_press_between_two_seconds_counts_from_the_first() -> None:
    started = changed(PROD, StartNow(), BEFORE + timedelta(milliseconds=700))
    assert started == changed(PROD, StartNow(), BEFORE)


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (PROD.segment.start - timedelta(microseconds=1), WindowState.PLANNED),
        (PROD.segment.start, WindowState.RUNNING),
        (PROD.segment.end - timedelta(microseconds=1), WindowState.RUNNING),
        (PROD.segment.end, WindowState.FINISHED),
    ],
)
def test_time_alone_begins_and_ends_a_window(now: Any, state: WindowState) -> None:
    assert PROD.state(now) is state
    for why in CalledOff:
        assert replace(PROD, called_off=why).state(now) == why


def test_a_window_is_added_ahead() -> None:
    segment = stretch("2027-01-04 08:00")
    assert new_window("extra-7", "Prod", segment, "Disks", "Exports", BEFORE) == Window(
        key="extra-7",
        kind=WindowKind.EXTRA,
        sector="Prod",
        segment=segment,
        what="Disks",
        affected="Exports",
        changed_at=BEFORE,
    )


@pytest.mark.parametrize(
    ("segment", "why"),
    [
        (Segment(BEFORE, BEFORE + HOUR), "in the past"),
        (Segment(BEFORE + 401 * DAY, BEFORE + 402 * DAY), "more than a year ahead"),
        (Segment(BEFORE + DAY, BEFORE + 10 * DAY), "at most 8 days"),
    ],
)
def test_a_window_that_cannot_be_is_not_added(segment: Segment, why: str) -> None:
    found = new_window("extra-1", None, segment, "", "", BEFORE)
    assert isinstance(found, str)
    assert why in found


offsets = st.integers(-100, 300).map(lambda n: n * timedelta(minutes=30))


@given(
    offsets,
    st.one_of(
        offsets.map(lambda by: Move(PROD.segment.start + by)),
        offsets.map(lambda by: Resize(PROD.segment.end + by)),
        offsets.map(lambda by: RunLate(PROD.segment.end + by)),
        st.sampled_from([Skip(), Cancel(), StartNow(), FinishNow()]),
    ),
)
def test_no_change_bends_the_past(offset: timedelta, change: Change) -> None:
    """Before now, nothing is planned afterwards that was not so before."""
    now = BEFORE + DAY + offset
    found = changed(PROD, change, now)
    if isinstance(found, str):
        return
    assert found.sequence == PROD.sequence + 1
    assert found.state(now) is not WindowState.FINISHED or isinstance(change, FinishNow)
    if PROD.segment.start <= now:
        assert found.segment.start == PROD.segment.start
    elif found.takes_place:
        assert found.segment.start >= now
    assert found.length <= FOUR_HOURS or isinstance(change, (Resize, RunLate))
