"""The maintenance calendar and its notices, against dates counted by hand and by brute force."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.maintenance import (
    MaintenanceRules,
    Notice,
    NoticeKind,
    ReminderRule,
    RoutineRule,
    UpgradeRule,
    Window,
    WindowKind,
    notices,
    windows,
)
from bot.domain.segments import Segment

CENTRAL = ZoneInfo("America/Chicago")
MON, THU, FRI, SAT, SUN = 0, 3, 4, 5, 6
EVENING = time(20)
FOUR_HOURS = timedelta(hours=4)

TEST = UpgradeRule("Test", 0, THU, EVENING, FOUR_HOURS)
PROD = UpgradeRule("Prod", 13, FRI, EVENING, FOUR_HOURS)
RULES = MaintenanceRules(
    zone=CENTRAL,
    anchor=date(2026, 11, 19),
    every_days=14,
    upgrades=(TEST, PROD),
    upgrade_reminders=ReminderRule((3, 1), time(10), (60,), at_start=True, ended_worth=FOUR_HOURS),
    routine=RoutineRule(FRI, EVENING, SUN, time(5)),
    routine_reminders=ReminderRule((1,), time(10)),
)
US_HOLIDAYS = holidays.country_holidays("US")


def us_holiday(day: date) -> str | None:
    name = US_HOLIDAYS.get(day)
    return str(name) if name else None


def no_holiday(day: date) -> str | None:
    return None


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


def wall(instant: datetime) -> str:
    return f"{instant.astimezone(CENTRAL):%a %Y-%m-%d %H:%M}"


def between(first: str, last: str, rules: MaintenanceRules = RULES) -> dict[str, Window]:
    """The windows that start from one local midnight up to another, by key."""
    found = windows(rules, central(f"{first} 00:00"), central(f"{last} 00:00"), us_holiday)
    return {window.key: window for window in found}


def planned(first: str, last: str, rules: MaintenanceRules = RULES) -> tuple[Notice, ...]:
    return notices(rules, tuple(between(first, last, rules).values()))


def keys(notice: Notice) -> list[str]:
    return [window.key for window in notice.windows]


# Windows


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
        "routine-2026-11-06",
        "routine-2026-11-13",
        "test-2026-11-19",
        "routine-2026-11-20",
        "routine-2026-11-27",
        "test-2026-12-03",
        "prod-2026-12-04",
        "routine-2026-12-04",
    ]


def test_prod_on_new_years_day_is_flagged_and_not_moved() -> None:
    """Test 2026-12-17 + 13 days is a Wednesday; the next Friday is a holiday."""
    prod = between("2027-01-01", "2027-01-02")["prod-2027-01-01"]

    assert prod == Window(
        key="prod-2027-01-01",
        kind=WindowKind.UPGRADE,
        sector="Prod",
        segment=Segment(central("2027-01-01 20:00"), central("2027-01-02 00:00")),
        usual_length=FOUR_HOURS,
        collisions=("New Year's Day",),
    )


@pytest.mark.parametrize(
    ("key", "collisions"),
    [
        pytest.param("test-2026-12-31", (), id="ends at midnight, before the holiday"),
        pytest.param("routine-2027-01-01", ("New Year's Day",), id="starts on it"),
        pytest.param(
            "routine-2027-12-24",
            ("Christmas Day (observed)", "Christmas Day"),
            id="the holiday and its observance",
        ),
        pytest.param("routine-2026-11-27", (), id="the day after Thanksgiving"),
        pytest.param("routine-2027-02-12", (), id="ends on the Sunday before Presidents' Day"),
    ],
)
def test_a_window_names_the_holidays_on_every_date_it_covers(
    key: str, collisions: tuple[str, ...]
) -> None:
    assert between("2026-11-19", "2028-01-01")[key].collisions == collisions


def test_an_upgrade_on_thanksgiving_is_flagged() -> None:
    rules = replace(RULES, anchor=date(2026, 11, 12))

    assert between("2026-11-26", "2026-11-27", rules)["test-2026-11-26"].collisions == (
        "Thanksgiving Day",
    )


@pytest.mark.parametrize(
    ("key", "hours", "clock_change"),
    [
        pytest.param("routine-2026-10-30", 34, 1, id="autumn 2026, before the upgrades' anchor"),
        pytest.param("routine-2026-11-06", 33, 0, id="an ordinary week"),
        pytest.param("routine-2027-03-12", 32, -1, id="spring 2027"),
        pytest.param("routine-2027-11-05", 34, 1, id="autumn 2027"),
        pytest.param("prod-2027-03-12", 4, 0, id="an upgrade has its length, whatever the season"),
    ],
)
def test_the_routine_window_ends_by_the_wall_clock(key: str, hours: int, clock_change: int) -> None:
    window = between("2026-10-01", "2027-12-01")[key]

    assert window.length == timedelta(hours=hours)
    assert window.clock_change == timedelta(hours=clock_change)


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
        "routine-2027-03-07",
        "routine-2027-03-21",
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

    (found,) = windows(rules, instant, instant + timedelta(minutes=10), no_holiday)

    assert found.segment.start == instant


def test_a_vendor_without_a_routine_window_has_upgrades_alone() -> None:
    found = between("2026-11-19", "2027-02-01", replace(RULES, routine=None))

    assert {window.kind for window in found.values()} == {WindowKind.UPGRADE}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"every_days": 6}, "at most once a week, not every 6 days"),
        ({"upgrades": (TEST, replace(PROD, sector="TEST"))}, "one upgrade in a cycle"),
    ],
    ids=["cycle under a week", "sector twice"],
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
            expected.append((f"prod-{day}", evening, 4))
        if day.weekday() == FRI:
            sunday = day + timedelta(days=2)
            expected.append(
                (f"routine-{day}", evening, 33 + central_offset(sunday) - central_offset(day))
            )
        day += timedelta(days=1)

    found = between("2026-01-01", "2032-01-01").values()

    assert [(w.key, w.segment.start, w.length / timedelta(hours=1)) for w in found] == expected


# Notices


def test_a_test_upgrade_is_told_of_five_times_each_worth_sending_until_the_next() -> None:
    """It stands alone on its Thursday."""
    told = planned("2026-12-17", "2026-12-18")

    assert [(n.key, n.kind, wall(n.due_at), wall(n.worth_until)) for n in told] == [
        ("test-2026-12-17/3d", "days_before", "Mon 2026-12-14 10:00", "Wed 2026-12-16 10:00"),
        ("test-2026-12-17/1d", "days_before", "Wed 2026-12-16 10:00", "Thu 2026-12-17 19:00"),
        ("test-2026-12-17/60m", "soon", "Thu 2026-12-17 19:00", "Thu 2026-12-17 20:00"),
        ("test-2026-12-17/started", "started", "Thu 2026-12-17 20:00", "Fri 2026-12-18 00:00"),
        ("test-2026-12-17/ended", "ended", "Fri 2026-12-18 00:00", "Fri 2026-12-18 04:00"),
    ]
    assert {tuple(keys(n)) for n in told} == {("test-2026-12-17",)}


def test_a_routine_window_alone_is_told_of_once_until_it_begins() -> None:
    (told,) = planned("2026-11-27", "2026-11-28")

    assert told.key == "routine-2026-11-27/1d"
    assert told.kind is NoticeKind.DAYS_BEFORE
    assert (wall(told.due_at), wall(told.worth_until)) == (
        "Thu 2026-11-26 10:00",
        "Fri 2026-11-27 20:00",
    )


def test_an_upgrade_and_the_routine_window_around_it_are_one_message() -> None:
    told = planned("2027-01-01", "2027-01-02")

    assert [n.key for n in told] == [
        "prod-2027-01-01/3d",
        "prod-2027-01-01/1d",
        "prod-2027-01-01/60m",
        "prod-2027-01-01/started",
        "prod-2027-01-01/ended",
    ]
    assert {tuple(keys(n)) for n in told} == {("prod-2027-01-01", "routine-2027-01-01")}


def test_a_routine_window_keeps_its_own_notice_when_its_upgrade_is_told_of_at_other_times() -> None:
    """An upgrade on Saturday is told of on Friday, the routine window around it on Thursday."""
    saturday = replace(PROD, after_days=0, weekday=SAT)
    rules = replace(RULES, upgrades=(saturday,))

    told = planned("2026-11-20", "2026-11-22", rules)

    assert [(n.key, keys(n)[0]) for n in told][:3] == [
        ("prod-2026-11-21/3d", "prod-2026-11-21"),
        ("routine-2026-11-20/1d", "routine-2026-11-20"),
        ("prod-2026-11-21/1d", "prod-2026-11-21"),
    ]
    assert all(set(keys(n)) == {"prod-2026-11-21", "routine-2026-11-20"} for n in told)


@pytest.mark.parametrize(
    ("upgrade", "key"),
    [
        pytest.param(
            UpgradeRule("Prod", 0, FRI, time(18), FOUR_HOURS), "prod-2026-11-20", id="start"
        ),
        pytest.param(UpgradeRule("Prod", 0, SUN, time(3), FOUR_HOURS), "prod-2026-11-22", id="end"),
    ],
)
def test_an_upgrade_across_an_edge_of_the_routine_window_is_told_of_apart(
    upgrade: UpgradeRule, key: str
) -> None:
    told = planned("2026-11-20", "2026-11-23", replace(RULES, upgrades=(upgrade,)))

    assert {n.key: keys(n) for n in told if n.key.endswith("/1d")} == {
        f"{key}/1d": [key],
        "routine-2026-11-20/1d": ["routine-2026-11-20"],
    }


def test_days_before_are_counted_over_the_end_of_a_month() -> None:
    told = planned("2027-07-01", "2027-07-02")

    assert [wall(n.due_at) for n in told][:2] == ["Mon 2027-06-28 10:00", "Wed 2027-06-30 10:00"]


def test_days_before_are_told_at_the_same_wall_time_on_either_side_of_a_change() -> None:
    """Monday's upgrade is told of on Friday in winter time and on Sunday in summer time."""
    monday = replace(TEST, weekday=MON)
    rules = replace(RULES, anchor=date(2027, 3, 15), upgrades=(monday,), routine=None)

    told = planned("2027-03-15", "2027-03-16", rules)

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
    told = planned("2026-12-17", "2026-12-18", replace(RULES, upgrade_reminders=reminders))

    assert {n.key.removeprefix("test-2026-12-17/"): wall(n.worth_until) for n in told} == expected


# Any rules

quarter_hours = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))
weekdays = st.integers(0, 6)
lengths = st.integers(1, 36).map(lambda n: timedelta(hours=n))
reminder_rules = st.builds(
    ReminderRule,
    st.lists(st.integers(0, 7), max_size=3).map(tuple),
    quarter_hours,
    st.lists(st.integers(0, 180), max_size=2).map(tuple),
    st.booleans(),
    st.none() | lengths,
)
any_rules = st.builds(
    MaintenanceRules,
    zone=st.sampled_from(
        ["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Kiritimati"]
    ).map(ZoneInfo),
    anchor=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    every_days=st.integers(7, 30),
    upgrades=st.tuples(
        st.builds(UpgradeRule, st.just("Test"), st.just(0), weekdays, quarter_hours, lengths),
        st.builds(
            UpgradeRule, st.just("Prod"), st.integers(0, 20), weekdays, quarter_hours, lengths
        ),
    ),
    upgrade_reminders=reminder_rules,
    routine=st.none() | st.builds(RoutineRule, weekdays, quarter_hours, weekdays, quarter_hours),
    routine_reminders=reminder_rules,
)
instants = st.integers(0, 24 * 60 * 500).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@settings(max_examples=60, deadline=None)
@given(any_rules, instants, st.lists(instants, max_size=3))
def test_the_calendar_may_be_cut_anywhere(
    rules: MaintenanceRules, start: datetime, cuts: list[datetime]
) -> None:
    """Cut at instants of any kind and at every start: no window is lost, doubled or moved."""
    end = start + timedelta(days=150)
    whole = windows(rules, start, end, us_holiday)
    starts = {window.segment.start for window in whole}
    bounds = sorted({start, end, *starts, *(cut for cut in cuts if start < cut < end)})

    pieces = [windows(rules, a, b, us_holiday) for a, b in pairwise(bounds)]

    assert tuple(window for piece in pieces for window in piece) == whole
    assert list(whole) == sorted(whole, key=lambda w: w.segment.start)
    assert len({w.key for w in whole}) == len(whole)


@settings(max_examples=60, deadline=None)
@given(any_rules, instants)
def test_notices_are_in_order_named_once_and_worth_sending_when_due(
    rules: MaintenanceRules, start: datetime
) -> None:
    found = windows(rules, start, start + timedelta(days=120), no_holiday)
    told = notices(rules, found)

    assert list(told) == sorted(told, key=lambda n: n.due_at)
    assert len({n.key for n in told}) == len(told)
    for notice in told:
        about = notice.windows[0]
        assert notice.key.startswith(f"{about.key}/")
        assert notice.due_at < notice.worth_until
        if notice.kind in (NoticeKind.DAYS_BEFORE, NoticeKind.SOON):
            assert notice.worth_until <= about.segment.start


@settings(max_examples=60, deadline=None)
@given(any_rules, instants)
def test_no_two_notices_at_one_instant_tell_the_same_of_an_upgrade_and_its_routine_window(
    rules: MaintenanceRules, start: datetime
) -> None:
    told = notices(rules, windows(rules, start, start + timedelta(days=120), no_holiday))
    of_upgrades = {
        (window.key, n.kind, n.due_at)
        for n in told
        if n.windows[0].kind is WindowKind.UPGRADE
        for window in n.windows
    }

    for n in told:
        if n.windows[0].kind is WindowKind.ROUTINE:
            assert (n.windows[0].key, n.kind, n.due_at) not in of_upgrades
