"""Windows as rows, and a policy that is edited: what follows, what stays, what is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped_rules import (
    DAY,
    HOUR,
    PROD,
    RULES,
    TEST,
    any_rules,
    central,
    instants,
    stretch,
    wall,
)

from bot.domain.calendar_plan import HORIZON, Difference, Reconciled, reconcile
from bot.domain.maintenance import MaintenanceRules, RoutineRule, WindowKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window
from bot.domain.window_changes import Cancel, Follow, Keep, Move, Resize, Skip, changed

NOW = central("2026-11-23 09:00")
TEST_KEY, PROD_KEY, ROUTINE_KEY = "test-2026-12-03", "prod-2026-12-03", "routine-2026-12-14"
ANNOUNCED = {"announced_at": NOW - DAY}
BY_HAND = {"changed_at": NOW - DAY}
LATER = replace(RULES, upgrades=(TEST, replace(PROD, at=time(22))))
WITHOUT_PROD = replace(RULES, upgrades=(TEST,))


def planned(rules: MaintenanceRules = RULES, now: datetime = NOW) -> list[Window]:
    return reconcile(rules, [], now).applied_to([])


def but(windows: Sequence[Window], key: str, **changes: Any) -> list[Window]:
    """The windows, one of them as it was changed."""
    assert key in {window.key for window in windows}
    return [replace(w, **changes) if w.key == key else w for w in windows]


def get(windows: Sequence[Window], key: str) -> Window:
    (found,) = (window for window in windows if window.key == key)
    return found


def after(found: Reconciled, key: str) -> Window:
    (window,) = (changed for before, changed in found.changed if before.key == key)
    return window


def test_the_first_time_every_window_of_a_year_and_a_bit_is_added() -> None:
    found = reconcile(RULES, [], NOW)
    assert (found.changed, found.differences) == ((), ())
    starts = [window.segment.start for window in found.added]
    assert starts == sorted(starts)
    assert starts[0] >= NOW
    assert central("2027-11-23 09:00") < starts[-1] < NOW + HORIZON
    assert all(window.by_rule == window.segment for window in found.added)


def test_windows_that_have_begun_are_added_on_demand() -> None:
    now = central("2026-11-28 09:00")
    keys = {window.key for window in reconcile(RULES, [], now).added}
    also = {window.key for window in reconcile(RULES, [], now, add_from=now - DAY).added}
    assert also - keys == {"routine-2026-11-23"}


def test_planning_again_changes_nothing_and_days_later_adds_what_has_come_near() -> None:
    stored = planned()
    assert reconcile(RULES, stored, NOW) == Reconciled((), (), ())
    found = reconcile(RULES, stored, NOW + 14 * DAY)
    assert sorted(w.kind for w in found.added) == ["routine", "routine", "upgrade", "upgrade"]
    assert not found.changed


# What follows the rules


@pytest.mark.parametrize(
    ("key", "rules", "start", "hours"),
    [
        pytest.param(PROD_KEY, LATER, "Fri 2026-12-18 22:00", 4, id="hour"),
        pytest.param(
            PROD_KEY,
            replace(RULES, upgrades=(TEST, replace(PROD, length=6 * HOUR))),
            "Fri 2026-12-18 20:00",
            6,
            id="length",
        ),
        pytest.param(
            PROD_KEY,
            replace(RULES, upgrades=(TEST, replace(PROD, after_days=20))),
            "Fri 2026-12-25 20:00",
            4,
            id="offset",
        ),
        pytest.param(
            ROUTINE_KEY,
            replace(RULES, routine=RoutineRule(5, time(20), 6, time(5))),
            "Sat 2026-12-19 20:00",
            9,
            id="weekday of the routine window",
        ),
    ],
)
def test_a_window_that_nobody_knows_of_follows_the_policy(
    key: str, rules: MaintenanceRules, start: str, hours: int
) -> None:
    found = reconcile(rules, planned(), NOW)
    window = after(found, key)
    assert (wall(window.segment.start), window.length) == (start, hours * HOUR)
    assert (window.by_rule, window.sequence) == (window.segment, 1)
    assert found.differences == ()


def test_a_window_that_nobody_knows_of_is_dropped_with_its_rule_and_comes_back_with_it() -> None:
    dropped = reconcile(WITHOUT_PROD, planned(), NOW).applied_to(planned())
    assert get(dropped, PROD_KEY).called_off is CalledOff.DROPPED
    assert reconcile(WITHOUT_PROD, dropped, NOW) == Reconciled((), (), ())
    back = after(reconcile(LATER, dropped, NOW), PROD_KEY)
    assert (back.called_off, wall(back.segment.start)) == (None, "Fri 2026-12-18 22:00")
    assert back.sequence == 2, "calendars have to see both"


def test_a_dropped_window_comes_back_when_its_old_time_has_passed() -> None:
    sunday = replace(RULES, routine=RoutineRule(6, time(6), 6, time(9)))
    without = replace(RULES, routine=None)
    dropped = reconcile(without, planned(), NOW).applied_to(planned())
    saturday = central("2026-11-28 12:00")
    assert wall(
        after(reconcile(sunday, dropped, saturday), "routine-2026-11-23").segment.start
    ) == ("Sun 2026-11-29 06:00")
    assert not reconcile(without, dropped, saturday).differences


def test_no_window_is_moved_into_the_past() -> None:
    """At seven in the evening, the policy moves tonight's eight o'clock to six o'clock."""
    now = central("2026-12-03 19:00")
    earlier = replace(RULES, upgrades=(replace(TEST, at=time(18)), PROD))
    found = reconcile(earlier, planned(), now)
    says = stretch("2026-12-03 18:00")
    assert found.differences == (Difference(get(planned(), TEST_KEY), says),)
    kept = changed(get(planned(), TEST_KEY), Keep(says), now)
    assert isinstance(kept, Window)
    assert reconcile(earlier, but(planned(), TEST_KEY, by_rule=says), now).differences == ()
    assert kept == replace(get(planned(), TEST_KEY), by_rule=says)


def test_what_has_begun_never_changes() -> None:
    now = central("2026-12-18 20:00")
    for state in ({}, ANNOUNCED, BY_HAND):
        stored = but(planned(), PROD_KEY, **state)
        for rules in (LATER, WITHOUT_PROD, replace(RULES, routine=None)):
            found = reconcile(rules, stored, now)
            assert not [before for before, _ in found.changed if before.key == PROD_KEY]
            assert not [d for d in found.differences if d.window.key == PROD_KEY]


# What stays until somebody confirms

STAYS = [pytest.param(ANNOUNCED, id="announced"), pytest.param(BY_HAND, id="changed by hand")]


@pytest.mark.parametrize("state", STAYS)
@pytest.mark.parametrize(
    ("rules", "says"),
    [
        pytest.param(LATER, stretch("2026-12-18 22:00"), id="moved"),
        pytest.param(WITHOUT_PROD, None, id="no longer planned"),
    ],
)
def test_a_window_that_somebody_counts_on_stays_and_the_policy_is_a_difference(
    state: dict[str, Any], rules: MaintenanceRules, says: Segment | None
) -> None:
    stored = but(planned(), PROD_KEY, **state)
    found = reconcile(rules, stored, NOW)
    assert found.differences == (Difference(get(stored, PROD_KEY), says),)
    assert PROD_KEY not in {before.key for before, _ in found.changed}
    again = reconcile(rules, found.applied_to(stored), NOW)
    assert again == Reconciled((), (), found.differences)


@pytest.mark.parametrize("state", STAYS)
@pytest.mark.parametrize("rules", [LATER, WITHOUT_PROD], ids=["moved", "no longer planned"])
@pytest.mark.parametrize("answer", [Follow, Keep])
def test_a_difference_is_gone_once_it_is_confirmed(
    state: dict[str, Any], rules: MaintenanceRules, answer: type[Follow | Keep]
) -> None:
    stored = but(planned(), PROD_KEY, **state)
    found = reconcile(rules, stored, NOW)
    (difference,) = found.differences
    confirmed = changed(difference.window, answer(difference.says), NOW)
    assert isinstance(confirmed, Window)
    then = [confirmed if w.key == PROD_KEY else w for w in found.applied_to(stored)]
    assert reconcile(rules, then, NOW) == Reconciled((), (), ())


@pytest.mark.parametrize("rules", [LATER, RULES], ids=["edited again", "edited back"])
def test_a_window_that_was_kept_is_asked_about_when_the_policy_says_something_new(
    rules: MaintenanceRules,
) -> None:
    nine = replace(RULES, upgrades=(TEST, replace(PROD, at=time(21))))
    says = stretch("2026-12-18 21:00")
    kept = changed(replace(get(planned(), PROD_KEY), announced_at=NOW), Keep(says), NOW)
    assert isinstance(kept, Window)
    stored = [kept if w.key == PROD_KEY else w for w in planned(nine)]
    assert reconcile(nine, stored, NOW).differences == ()
    differences = reconcile(rules, stored, NOW).differences
    assert bool(differences) == (rules is LATER), "edited back, the policy says what is so"


def test_a_policy_that_comes_to_where_a_window_was_moved_is_no_difference() -> None:
    moved = changed(get(planned(), PROD_KEY), Move(central("2026-12-18 22:00")), NOW)
    assert isinstance(moved, Window)
    stored = [moved if w.key == PROD_KEY else w for w in planned()]
    found = reconcile(LATER, stored, NOW)
    assert found.differences == ()
    assert after(found, PROD_KEY) == replace(moved, by_rule=moved.segment)


@pytest.mark.parametrize("change", [Cancel(), Skip()])
def test_a_window_that_was_called_off_stays_so_and_nothing_is_asked(change: Cancel | Skip) -> None:
    off = changed(get(planned(), PROD_KEY), change, NOW)
    assert isinstance(off, Window)
    stored = [off if w.key == PROD_KEY else w for w in planned()]
    for rules in (RULES, LATER, WITHOUT_PROD):
        found = reconcile(rules, stored, NOW)
        assert get(found.applied_to(stored), PROD_KEY) == off
        assert not [d for d in found.differences if d.window.key == PROD_KEY]


def test_a_window_added_by_hand_is_no_business_of_the_policy() -> None:
    extra = Window("extra-1", WindowKind.EXTRA, "Prod", stretch("2026-12-10 08:00"))
    assert reconcile(LATER, [*planned(LATER), extra], NOW) == Reconciled((), (), ())


# Prod follows its Test


def moved_test(to: str, **state: Any) -> list[Window]:
    """Everything planned, Test of 2026-12-03 moved by hand."""
    test = changed(replace(get(planned(), TEST_KEY), **state), Move(central(to)), NOW)
    assert isinstance(test, Window)
    return [test if w.key == TEST_KEY else w for w in planned()]


def test_a_test_moved_by_a_week_takes_its_prod_along() -> None:
    found = reconcile(RULES, moved_test("2026-12-10 20:00"), NOW)
    assert [before.key for before, _ in found.changed] == [PROD_KEY]
    prod = after(found, PROD_KEY)
    assert wall(prod.segment.start) == "Fri 2026-12-25 20:00"
    assert (prod.by_rule, prod.sequence, prod.changed_at) == (prod.segment, 1, None)


def test_a_prod_that_was_announced_is_asked_about_when_its_test_is_moved() -> None:
    stored = but(moved_test("2026-12-10 20:00"), PROD_KEY, **ANNOUNCED)
    found = reconcile(RULES, stored, NOW)
    says = stretch("2026-12-25 20:00")
    assert found == Reconciled((), (), (Difference(get(stored, PROD_KEY), says),))


def test_a_test_that_the_policy_moves_takes_its_prod_along_in_the_same_step() -> None:
    tuesday = replace(RULES, upgrades=(replace(TEST, weekday=1), PROD))
    found = reconcile(tuesday, planned(), NOW)
    assert wall(after(found, TEST_KEY).segment.start) == "Tue 2026-12-08 20:00"
    assert wall(after(found, PROD_KEY).segment.start) == "Fri 2026-12-25 20:00"
    then = found.applied_to(planned())
    assert reconcile(tuesday, then, NOW) == Reconciled((), (), ())


def test_a_test_that_stays_where_it_was_announced_keeps_its_prod() -> None:
    tuesday = replace(RULES, upgrades=(replace(TEST, weekday=1), PROD))
    found = reconcile(tuesday, but(planned(), TEST_KEY, **ANNOUNCED), NOW)
    assert [difference.window.key for difference in found.differences] == [TEST_KEY]
    assert PROD_KEY not in {before.key for before, _ in found.changed}


def test_a_prod_follows_a_test_that_is_over() -> None:
    stored = moved_test("2026-12-10 20:00")
    then = reconcile(RULES, stored, NOW).applied_to(stored)
    now = central("2026-12-15 09:00")
    assert reconcile(RULES, then, now).changed == ()


def test_another_anchor_makes_other_windows_and_flags_those_announced() -> None:
    other = replace(RULES, anchor=date(2026, 11, 26))
    found = reconcile(other, but(planned(), TEST_KEY, **ANNOUNCED), NOW)
    assert {"test-2026-11-26", "prod-2026-11-26"} <= {w.key for w in found.added}
    assert after(found, PROD_KEY).called_off is CalledOff.DROPPED
    assert [(d.window.key, d.says) for d in found.differences] == [(TEST_KEY, None)]


# Whatever is stored, whatever the policy says

touched = st.lists(
    st.tuples(
        st.integers(0, 200),
        st.sampled_from(["announced", "moved", "resized", "cancelled", "skipped"]),
        st.integers(-20 * 24, 20 * 24),
    ),
    max_size=12,
)


def as_touched(
    windows: list[Window], touches: Sequence[tuple[int, str, int]], now: datetime
) -> list[Window]:
    for number, what, hours in touches:
        if not windows:
            break
        n = number % len(windows)
        window = windows[n]
        change = {
            "moved": Move(window.segment.start + hours * HOUR),
            "resized": Resize(window.segment.end + hours * HOUR),
            "cancelled": Cancel(),
            "skipped": Skip(),
        }.get(what)
        result = replace(window, announced_at=now)
        if change is not None:
            tried = changed(window, change, now)
            result = window if isinstance(tried, str) else tried
        windows[n] = result
    return windows


@settings(max_examples=60, deadline=None)
@given(any_rules, any_rules, instants, st.integers(0, 60), touched)
def test_whatever_the_policy_becomes_planning_settles_and_breaks_no_promise(
    rules: MaintenanceRules,
    edited: MaintenanceRules,
    start: datetime,
    days: int,
    touches: list[tuple[int, str, int]],
) -> None:
    stored = as_touched(planned(rules, start), touches, start)
    now = start + timedelta(days=days)

    found = reconcile(edited, stored, now)
    then = found.applied_to(stored)
    again = reconcile(edited, then, now)

    assert again == Reconciled((), (), found.differences), "planning twice changes nothing"
    assert len({w.key for w in then}) == len(then)
    for before, result in found.changed:
        assert before.key == result.key
        assert before.segment.start > now or before.called_off is CalledOff.DROPPED
        if not before.follows_rules:
            assert result == replace(before, by_rule=before.segment)
        elif result.takes_place:
            assert result.segment == result.by_rule
            assert result.segment.start > now
        assert result.sequence >= before.sequence
        shown = (result.segment, result.called_off) != (before.segment, before.called_off)
        assert not shown or result.sequence > before.sequence, "calendars have to see it"
    for difference in found.differences:
        assert difference.says != difference.window.by_rule
        assert difference.window in then
    for window in found.added:
        assert now <= window.segment.start < now + HORIZON
