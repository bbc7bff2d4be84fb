"""When customers are told of maintenance windows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from shipped_rules import (
    FOUR_HOURS,
    FRI,
    HOUR,
    MON,
    PROD,
    RULES,
    SAT,
    SUN,
    TEST,
    any_rules,
    between,
    instants,
    stretch,
    wall,
)

from bot.domain.maintenance import (
    MaintenanceRules,
    ReminderRule,
    UpgradeRule,
    WindowKind,
    occurrences,
)
from bot.domain.notices import Notice, NoticeKind, notice, notices, own_notices
from bot.domain.window import CalledOff, Window, planned


def told_of(first: str, last: str, rules: MaintenanceRules = RULES) -> tuple[Notice, ...]:
    return notices(rules, tuple(between(first, last, rules).values()))


def keys(notice: Notice) -> list[str]:
    return [window.key for window in notice.windows]


def name(notice: Notice) -> str:
    return f"{notice.about.key}/{notice.tag}"


def test_a_test_upgrade_is_told_of_five_times_each_worth_sending_until_the_next() -> None:
    """It stands alone on its Thursday."""
    told = told_of("2026-12-17", "2026-12-18")

    assert [(name(n), n.kind, wall(n.due_at), wall(n.worth_until)) for n in told] == [
        ("test-2026-12-17/3d", "days_before", "Mon 2026-12-14 10:00", "Wed 2026-12-16 10:00"),
        ("test-2026-12-17/1d", "days_before", "Wed 2026-12-16 10:00", "Thu 2026-12-17 19:00"),
        ("test-2026-12-17/60m", "soon", "Thu 2026-12-17 19:00", "Thu 2026-12-17 20:00"),
        ("test-2026-12-17/started", "started", "Thu 2026-12-17 20:00", "Fri 2026-12-18 00:00"),
        ("test-2026-12-17/ended", "ended", "Fri 2026-12-18 00:00", "Fri 2026-12-18 04:00"),
    ]
    assert {tuple(keys(n)) for n in told} == {("test-2026-12-17",)}


def test_a_routine_window_alone_is_told_of_once_until_it_begins() -> None:
    (told,) = told_of("2026-11-27", "2026-11-28")

    assert name(told) == "routine-2026-11-23/1d"
    assert told.kind is NoticeKind.DAYS_BEFORE
    assert (wall(told.due_at), wall(told.worth_until)) == (
        "Thu 2026-11-26 10:00",
        "Fri 2026-11-27 20:00",
    )


def test_an_upgrade_and_the_routine_window_around_it_are_one_message() -> None:
    told = told_of("2027-01-01", "2027-01-02")

    assert [name(n) for n in told] == [
        "prod-2026-12-17/3d",
        "prod-2026-12-17/1d",
        "prod-2026-12-17/60m",
        "prod-2026-12-17/started",
        "prod-2026-12-17/ended",
    ]
    assert {tuple(keys(n)) for n in told} == {("prod-2026-12-17", "routine-2026-12-28")}


def test_a_routine_window_keeps_its_own_notice_when_its_upgrade_is_told_of_at_other_times() -> None:
    """An upgrade on Saturday is told of on Friday, the routine window around it on Thursday."""
    saturday = replace(PROD, after_days=0, weekday=SAT)
    rules = replace(RULES, upgrades=(saturday,))

    told = told_of("2026-11-20", "2026-11-22", rules)

    assert [(name(n), keys(n)[0]) for n in told][:3] == [
        ("prod-2026-11-19/3d", "prod-2026-11-19"),
        ("routine-2026-11-16/1d", "routine-2026-11-16"),
        ("prod-2026-11-19/1d", "prod-2026-11-19"),
    ]
    assert all(set(keys(n)) == {"prod-2026-11-19", "routine-2026-11-16"} for n in told)


@pytest.mark.parametrize(
    "upgrade",
    [
        pytest.param(UpgradeRule("Prod", 0, FRI, time(18), FOUR_HOURS), id="start"),
        pytest.param(UpgradeRule("Prod", 0, SUN, time(3), FOUR_HOURS), id="end"),
    ],
)
def test_an_upgrade_across_an_edge_of_the_routine_window_is_told_of_apart(
    upgrade: UpgradeRule,
) -> None:
    told = told_of("2026-11-20", "2026-11-23", replace(RULES, upgrades=(upgrade,)))

    assert {name(n): keys(n) for n in told if n.tag == "1d"} == {
        "prod-2026-11-19/1d": ["prod-2026-11-19"],
        "routine-2026-11-16/1d": ["routine-2026-11-16"],
    }


def test_days_before_are_counted_over_the_end_of_a_month() -> None:
    told = told_of("2027-07-01", "2027-07-02")

    assert [wall(n.due_at) for n in told][:2] == ["Mon 2027-06-28 10:00", "Wed 2027-06-30 10:00"]


def test_days_before_are_told_at_the_same_wall_time_on_either_side_of_a_change() -> None:
    """Monday's upgrade is told of on Friday in winter time and on Sunday in summer time."""
    monday = replace(TEST, weekday=MON)
    rules = replace(RULES, anchor=date(2027, 3, 15), upgrades=(monday,), routine=None)

    told = told_of("2027-03-15", "2027-03-16", rules)

    assert [n.due_at.hour for n in told][:2] == [16, 15]
    assert [wall(n.due_at) for n in told][:2] == ["Fri 2027-03-12 10:00", "Sun 2027-03-14 10:00"]


@pytest.mark.parametrize(
    ("reminders", "expected"),
    [
        pytest.param(ReminderRule((0,), time(20)), {}, id="due at the start"),
        pytest.param(ReminderRule((0,), time(21)), {}, id="due after the start"),
        pytest.param(
            ReminderRule((1, 0), time(21)),
            {"1d": "Thu 2026-12-17 20:00"},
            id="one before the start and one after",
        ),
        pytest.param(
            ReminderRule((0,), time(19), (60,)),
            {"60m": "Thu 2026-12-17 20:00"},
            id="two at one instant",
        ),
        pytest.param(
            ReminderRule((), time(10), (30, 60)),
            {"60m": "Thu 2026-12-17 19:30", "30m": "Thu 2026-12-17 20:00"},
            id="in any order",
        ),
        pytest.param(
            ReminderRule((), time(10), at_start=True),
            {"started": "Fri 2026-12-18 00:00"},
            id="the start alone",
        ),
    ],
)
def test_only_what_is_worth_sending_before_the_next_is_planned(
    reminders: ReminderRule, expected: dict[str, str]
) -> None:
    told = told_of("2026-12-17", "2026-12-18", replace(RULES, upgrade_reminders=reminders))

    assert {n.tag: wall(n.worth_until) for n in told} == expected


@settings(max_examples=60, deadline=None)
@given(any_rules, instants)
def test_notices_are_in_order_named_once_and_worth_sending_when_due(
    rules: MaintenanceRules, start: datetime
) -> None:
    found = [planned(one) for one in occurrences(rules, start, start + timedelta(days=120))]
    told = notices(rules, found)

    assert list(told) == sorted(told, key=lambda n: n.due_at)
    assert len({n.key for n in told}) == len(told)
    for n in told:
        assert n.key.startswith(f"{n.about.key}/")
        assert n.due_at < n.worth_until
        if n.kind in (NoticeKind.DAYS_BEFORE, NoticeKind.SOON):
            assert n.worth_until <= n.about.segment.start


@settings(max_examples=60, deadline=None)
@given(any_rules, instants)
def test_no_two_notices_at_one_instant_tell_the_same_of_an_upgrade_and_its_routine_window(
    rules: MaintenanceRules, start: datetime
) -> None:
    found = occurrences(rules, start, start + timedelta(days=120))
    told = notices(rules, [planned(one) for one in found])
    of_upgrades = {
        (window.key, n.kind, n.due_at)
        for n in told
        if n.windows[0].kind is WindowKind.UPGRADE
        for window in n.windows
    }

    for n in told:
        if n.windows[0].kind is WindowKind.ROUTINE:
            assert (n.windows[0].key, n.kind, n.due_at) not in of_upgrades


# Windows as people change them


def a_window(**changes: object) -> Window:
    """Prod on New Year's Day."""
    window = between("2027-01-01", "2027-01-02")["prod-2026-12-17"]
    return replace(window, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("why", CalledOff)
def test_nobody_is_told_of_a_window_that_was_called_off(why: CalledOff) -> None:
    assert own_notices(RULES, a_window(called_off=why)) == ()
    assert notices(RULES, [a_window(called_off=why)]) == ()


def test_a_routine_window_speaks_for_itself_when_the_upgrade_inside_it_is_called_off() -> None:
    routine = between("2027-01-01", "2027-01-02")["routine-2026-12-28"]
    cancelled = a_window(called_off=CalledOff.CANCELLED)
    assert [name(n) for n in notices(RULES, [routine, a_window()]) if n.about == routine] == []
    assert [name(n) for n in notices(RULES, [routine, cancelled])] == ["routine-2026-12-28/1d"]


def test_a_window_that_was_moved_is_told_of_anew_and_one_that_ends_later_only_of_its_end() -> None:
    def named(window: Window) -> dict[str, str]:
        return {n.tag: n.key for n in own_notices(RULES, window)}

    before = named(a_window())
    moved = named(a_window(segment=stretch("2027-01-02 20:00")))
    extended = named(a_window(segment=stretch("2027-01-01 20:00", 6 * HOUR)))
    assert not set(before.values()) & set(moved.values())
    assert {tag for tag, key in extended.items() if key != before[tag]} == {"ended"}


def test_reminders_at_another_hour_are_the_same_reminders() -> None:
    """So whoever edits the policy has nothing posted twice."""
    at_nine = replace(RULES, upgrade_reminders=replace(RULES.upgrade_reminders, at=time(9)))
    first, *_ = own_notices(RULES, a_window())
    assert first.key in {n.key for n in own_notices(at_nine, a_window())}
    found = notice(at_nine, [a_window()], first.key)
    assert found is not None
    assert wall(found.due_at) == "Tue 2026-12-29 09:00"


def test_a_notice_is_found_by_its_name_while_its_window_stays() -> None:
    routine = between("2027-01-01", "2027-01-02")["routine-2026-12-28"]
    first, *_ = own_notices(RULES, a_window())
    found = notice(RULES, [a_window(), routine], first.key)
    assert found is not None
    assert keys(found) == ["prod-2026-12-17", "routine-2026-12-28"]
    assert notice(RULES, [a_window(segment=stretch("2027-01-02 20:00"))], first.key) is None


def test_a_window_added_by_hand_is_told_of_as_an_upgrade_is() -> None:
    extra = Window("extra-1", WindowKind.EXTRA, None, stretch("2027-01-02 03:00"))
    routine = between("2027-01-01", "2027-01-02")["routine-2026-12-28"]
    told = notices(RULES, [routine, extra])
    assert [n.tag for n in told if n.about == extra] == ["3d", "1d", "60m", "started", "ended"]
    assert all(keys(n) == ["extra-1", "routine-2026-12-28"] for n in told if n.about == extra)
