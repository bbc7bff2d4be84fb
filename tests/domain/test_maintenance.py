"""The maintenance calendar by the rules, against dates counted by hand and by brute force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped_rules import (
    CENTRAL,
    FOUR_HOURS,
    FRI,
    MON,
    PROD,
    RULES,
    SUN,
    TEST,
    THU,
    any_rules,
    between,
    central,
    instants,
    wall,
)

from bot.domain.maintenance import (
    MaintenanceRules,
    Occurrence,
    RoutineRule,
    UpgradeRule,
    WindowKind,
    occurrence,
    occurrences,
)
from bot.domain.segments import Segment
from bot.domain.window import Window


def test_every_second_thursday_is_counted_across_a_year_of_53_weeks() -> None:
    """2026-12-31 is in week 53 and 2027-01-14 in week 2: the parity of weeks changes."""
    tests = [w for w in between("2026-01-01", "2027-01-29").values() if w.sector == "Test"]

    assert [wall(w.segment.start) for w in tests] == [
        "Thu 2026-11-19 20:00",
        "Thu 2026-12-03 20:00",
        "Thu 2026-12-17 20:00",
        "Thu 2026-12-31 20:00",
        "Thu 2027-01-14 20:00",
        "Thu 2027-01-28 20:00",
    ]


def test_no_upgrade_is_planned_before_the_anchor_but_the_routine_window_is() -> None:
    found = between("2026-11-01", "2026-12-05")

    assert list(found) == [
        "routine-2026-11-02",
        "routine-2026-11-09",
        "test-2026-11-19",
        "routine-2026-11-16",
        "routine-2026-11-23",
        "test-2026-12-03",
        "prod-2026-11-19",
        "routine-2026-11-30",
    ]


def test_prod_of_the_cycle_before_christmas_is_on_new_years_day() -> None:
    """Test 2026-12-17 + 13 days is a Wednesday; the next Friday is a holiday, and stays."""
    assert between("2027-01-01", "2027-01-02")["prod-2026-12-17"] == Window(
        key="prod-2026-12-17",
        kind=WindowKind.UPGRADE,
        sector="Prod",
        segment=Segment(central("2027-01-01 20:00"), central("2027-01-02 00:00")),
        cycle=date(2026, 12, 17),
        by_rule=Segment(central("2027-01-01 20:00"), central("2027-01-02 00:00")),
    )


@pytest.mark.parametrize(
    ("key", "hours", "clock_change"),
    [
        pytest.param("routine-2026-10-26", 34, 1, id="autumn 2026, before the upgrades' anchor"),
        pytest.param("routine-2026-11-02", 33, 0, id="an ordinary week"),
        pytest.param("routine-2027-03-08", 32, -1, id="spring 2027"),
        pytest.param("routine-2027-11-01", 34, 1, id="autumn 2027"),
        pytest.param("prod-2027-02-25", 4, 0, id="an upgrade has its length, whatever the season"),
    ],
)
def test_the_routine_window_ends_by_the_wall_clock(key: str, hours: int, clock_change: int) -> None:
    window = between("2026-10-01", "2027-12-01")[key]

    assert window.length == timedelta(hours=hours)
    assert window.clock_change(CENTRAL) == timedelta(hours=clock_change)


def test_an_upgrade_over_a_change_of_the_clocks_keeps_its_elapsed_length() -> None:
    night = UpgradeRule("Prod", 0, SUN, time(0), FOUR_HOURS)
    rules = replace(RULES, anchor=date(2027, 3, 14), upgrades=(night,))

    upgrade = between("2027-03-14", "2027-03-15", rules)["prod-2027-03-14"]

    assert upgrade.length == FOUR_HOURS
    assert wall(upgrade.segment.end) == "Sun 2027-03-14 05:00"


@pytest.mark.parametrize(
    ("routine", "hours"),
    [
        pytest.param(RoutineRule(FRI, time(20), FRI, time(22)), 2, id="within a day"),
        pytest.param(RoutineRule(SUN, time(22), MON, time(2)), 4, id="over the end of the week"),
        pytest.param(RoutineRule(FRI, time(20), FRI, time(20)), 168, id="a whole week"),
        pytest.param(RoutineRule(FRI, time(20), FRI, time(19)), 167, id="a week less an hour"),
    ],
)
def test_a_routine_window_is_as_long_as_its_two_wall_times_are_apart(
    routine: RoutineRule, hours: int
) -> None:
    found = between("2027-05-02", "2027-05-09", replace(RULES, upgrades=(), routine=routine))

    assert [w.length for w in found.values()] == [timedelta(hours=hours)]


def test_a_routine_window_in_the_hour_that_spring_skips_does_not_take_place() -> None:
    rules = replace(RULES, upgrades=(), routine=RoutineRule(SUN, time(2), SUN, time(3)))

    assert list(between("2027-03-07", "2027-03-22", rules)) == [
        "routine-2027-03-01",
        "routine-2027-03-15",
    ]


@pytest.mark.parametrize(
    ("zone", "routine", "start"),
    [
        pytest.param(
            "America/St_Johns",
            RoutineRule(SUN, time(0), SUN, time(2)),
            "2010-11-07T00:00",
            id="Newfoundland went from 00:01 back to 23:01",
        ),
        pytest.param(
            "Pacific/Apia",
            RoutineRule(FRI, time(9), FRI, time(10)),
            "2011-12-31T09:00",
            id="Samoa left out a Friday",
        ),
    ],
)
def test_a_window_is_found_where_the_clocks_change_over_midnight(
    zone: str, routine: RoutineRule, start: str
) -> None:
    rules = replace(RULES, zone=ZoneInfo(zone), upgrades=(), routine=routine)
    instant = datetime.fromisoformat(start).replace(tzinfo=rules.zone).astimezone(UTC)

    (found,) = occurrences(rules, instant, instant + timedelta(minutes=10))

    assert found.segment.start == instant


def test_a_vendor_without_a_routine_window_has_upgrades_alone() -> None:
    found = between("2026-11-19", "2027-02-01", replace(RULES, routine=None))

    assert {window.kind for window in found.values()} == {WindowKind.UPGRADE}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"every_days": 6}, "at most once a week, not every 6 days"),
        ({"upgrades": (TEST, replace(PROD, sector="TEST"))}, "one upgrade in a cycle"),
        ({"upgrades": (TEST, replace(PROD, sector="Routine"))}, 'called "routine"'),
    ],
    ids=["cycle under a week", "sector twice", "called as other windows are"],
)
def test_rules_that_could_plan_two_windows_of_one_name_are_refused(
    change: dict[str, object], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        replace(RULES, **change)  # type: ignore[arg-type]


def nth_sunday(year: int, month: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=6 - first.weekday() + 7 * (n - 1))


def central_offset(day: date) -> int:
    """Hours from Central evening to UTC by the law: summer time is from March to November."""
    summer = nth_sunday(day.year, 3, 2) <= day < nth_sunday(day.year, 11, 1)
    return 5 if summer else 6


def test_five_years_of_windows_equal_a_walk_over_every_date() -> None:
    """The walk knows the calendar and the law on summer time, and no time zone database."""
    expected = []
    day = date(2026, 1, 1)
    while day < date(2032, 1, 1):
        evening = datetime(day.year, day.month, day.day, 20, tzinfo=UTC)
        evening += timedelta(hours=central_offset(day))
        since = (day - date(2026, 11, 19)).days
        if since >= 0 and since % 14 == 0:
            expected.append((f"test-{day}", evening, 4))
        if since >= 15 and since % 14 == 1:
            expected.append((f"prod-{day - timedelta(days=15)}", evening, 4))
        if day.weekday() == FRI:
            sunday = day + timedelta(days=2)
            expected.append(
                (
                    f"routine-{day - timedelta(days=4)}",
                    evening,
                    33 + central_offset(sunday) - central_offset(day),
                )
            )
        day += timedelta(days=1)

    found = between("2026-01-01", "2032-01-01").values()

    assert [(w.key, w.segment.start, w.length / timedelta(hours=1)) for w in found] == expected


@settings(max_examples=60, deadline=None)
@given(any_rules, instants, st.lists(instants, max_size=3))
def test_the_calendar_may_be_cut_anywhere(
    rules: MaintenanceRules, start: datetime, cuts: list[datetime]
) -> None:
    """Cut at instants of any kind and at every start: no window is lost, doubled or moved."""
    end = start + timedelta(days=150)
    whole = occurrences(rules, start, end)
    starts = {one.segment.start for one in whole}
    bounds = sorted({start, end, *starts, *(cut for cut in cuts if start < cut < end)})

    pieces = [occurrences(rules, a, b) for a, b in pairwise(bounds)]

    assert tuple(one for piece in pieces for one in piece) == whole
    assert list(whole) == sorted(whole, key=lambda w: w.segment.start)
    assert len({w.key for w in whole}) == len(whole)


# Prod follows its Test

CYCLE = date(2026, 12, 3)


@pytest.mark.parametrize(
    ("test_is_on", "prod_is_on"),
    [
        pytest.param(date(2026, 12, 3), "Fri 2026-12-18 20:00", id="where it was"),
        pytest.param(date(2026, 12, 10), "Fri 2026-12-25 20:00", id="a week later"),
        pytest.param(date(2026, 11, 26), "Fri 2026-12-11 20:00", id="a week earlier"),
        pytest.param(date(2026, 12, 4), "Fri 2026-12-18 20:00", id="a day later"),
        pytest.param(date(2026, 12, 6), "Fri 2026-12-25 20:00", id="past the weekday's slack"),
        pytest.param(date(2027, 2, 26), "Fri 2027-03-12 20:00", id="months later"),
    ],
)
def test_prod_is_counted_from_the_day_on_which_its_test_really_is(
    test_is_on: date, prod_is_on: str
) -> None:
    leads = {CYCLE: test_is_on}
    prod = occurrence(RULES, WindowKind.UPGRADE, "prod", CYCLE, leads)
    assert prod is not None
    assert wall(prod.segment.start) == prod_is_on
    day = prod.segment.start
    assert prod in occurrences(RULES, day, day + timedelta(minutes=1), leads)


def test_prod_is_counted_from_test_where_the_anchor_is_no_day_of_tests() -> None:
    """Anchored on a Monday, Test is on Thursday, and Prod 13 days after that, not after Monday."""
    rules = replace(RULES, anchor=date(2026, 11, 16))
    found = {one.key: wall(one.segment.start) for one in between_all(rules)}
    assert found["test-2026-11-16"] == "Thu 2026-11-19 20:00"
    assert found["prod-2026-11-16"] == "Fri 2026-12-04 20:00"


def between_all(rules: MaintenanceRules) -> tuple[Occurrence, ...]:
    return occurrences(rules, central("2026-11-01 00:00"), central("2027-01-01 00:00"))


def test_an_upgrade_without_days_after_follows_nobody() -> None:
    other = UpgradeRule("Sandbox", 0, THU, time(8), FOUR_HOURS)
    rules = replace(RULES, upgrades=(TEST, other, PROD))
    leads = {CYCLE: date(2026, 12, 10)}
    assert occurrence(rules, WindowKind.UPGRADE, "Sandbox", CYCLE, leads) == occurrence(
        rules, WindowKind.UPGRADE, "Sandbox", CYCLE
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"weekday": FRI}, id="weekday"),
        pytest.param({"after_days": 20}, id="offset"),
        pytest.param({"at": time(22)}, id="hour"),
        pytest.param({"length": timedelta(hours=6)}, id="length"),
    ],
)
def test_an_edited_rule_keeps_the_names_of_its_windows(changes: dict[str, object]) -> None:
    edited = replace(RULES, upgrades=(TEST, replace(PROD, **changes)))  # type: ignore[arg-type]
    assert occurrence(edited, WindowKind.UPGRADE, "Prod", CYCLE).key == "prod-2026-12-03"  # type: ignore[union-attr]


@pytest.mark.parametrize("weekday", range(7))
def test_a_routine_window_is_named_by_the_monday_of_its_week(weekday: int) -> None:
    rules = replace(RULES, routine=RoutineRule(weekday, time(1), weekday, time(2)), upgrades=())
    assert list(between("2026-11-23", "2026-11-30", rules)) == ["routine-2026-11-23"]


@pytest.mark.parametrize(
    ("kind", "sector", "cycle"),
    [
        (WindowKind.UPGRADE, "Prod", date(2026, 12, 4)),
        (WindowKind.UPGRADE, "Prod", date(2026, 11, 5)),
        (WindowKind.UPGRADE, "Stage", CYCLE),
        (WindowKind.UPGRADE, None, CYCLE),
        (WindowKind.EXTRA, "Prod", CYCLE),
    ],
    ids=["no cycle", "before the anchor", "no such sector", "no sector", "added by hand"],
)
def test_what_the_rules_do_not_give_is_no_occurrence(
    kind: WindowKind, sector: str | None, cycle: date
) -> None:
    assert occurrence(RULES, kind, sector, cycle) is None
    assert occurrence(replace(RULES, routine=None), WindowKind.ROUTINE, None, cycle) is None
