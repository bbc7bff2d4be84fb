"""What the team should look at in the calendar: holidays, and windows in each other's way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shipped_rules import CENTRAL, HOUR, RULES, between, central, stretch, us_holiday

from bot.domain.flags import Flag, FlagKind, flags
from bot.domain.maintenance import WindowKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window


def no_holiday(_: date) -> str | None:
    return None


def a_window(key: str, start: str, hours: int = 4, kind: WindowKind = WindowKind.UPGRADE) -> Window:
    """Of the sector that its key begins with."""
    sector = None if kind is WindowKind.ROUTINE else key.partition("-")[0].capitalize()
    return Window(key, kind, sector, stretch(start, hours * HOUR))


ROUTINE = a_window("routine-1", "2026-12-04 20:00", 33, WindowKind.ROUTINE)


@pytest.mark.parametrize(
    ("key", "holidays"),
    [
        pytest.param("prod-2026-12-17", ["New Year's Day"], id="Prod on a holiday"),
        pytest.param("test-2026-12-31", [], id="ends at midnight, before the holiday"),
        pytest.param("routine-2026-12-28", ["New Year's Day"], id="starts on it"),
        pytest.param(
            "routine-2027-12-20",
            ["Christmas Day (observed)", "Christmas Day"],
            id="the holiday and its observance",
        ),
        pytest.param("routine-2026-11-23", [], id="the day after Thanksgiving"),
        pytest.param("routine-2027-02-08", [], id="ends on the Sunday before Presidents' Day"),
    ],
)
def test_a_window_names_the_holidays_on_every_date_it_covers(key: str, holidays: list[str]) -> None:
    window = between("2026-11-19", "2028-01-01")[key]
    assert [flag.holiday for flag in flags([window], CENTRAL, us_holiday)] == holidays


def test_an_upgrade_on_thanksgiving_is_flagged() -> None:
    rules = replace(RULES, anchor=date(2026, 11, 12))
    window = between("2026-11-26", "2026-11-27", rules)["test-2026-11-26"]
    assert flags([window], CENTRAL, us_holiday) == (
        Flag(FlagKind.HOLIDAY, window, holiday="Thanksgiving Day"),
    )


def test_the_calendar_that_is_shipped_has_no_overlaps_to_look_at() -> None:
    """Prod lies inside the routine window, as it should."""
    found = flags(list(between("2026-11-01", "2028-01-01").values()), CENTRAL, us_holiday)
    assert {flag.kind for flag in found} == {FlagKind.HOLIDAY}


@pytest.mark.parametrize(
    ("one", "two", "kind"),
    [
        pytest.param(
            a_window("test-1", "2026-12-04 16:00"),
            a_window("prod-1", "2026-12-04 19:00"),
            FlagKind.AT_ONCE,
            id="two upgrades",
        ),
        pytest.param(
            a_window("test-1", "2026-12-04 15:00"),
            a_window("prod-1", "2026-12-04 19:00"),
            None,
            id="one after the other",
        ),
        pytest.param(
            a_window("prod-1", "2026-12-04 16:00"),
            a_window("prod-2", "2026-12-04 17:00", 1),
            FlagKind.SAME_SECTOR,
            id="a sector twice",
        ),
        pytest.param(
            a_window("prod-1", "2026-12-04 16:00"),
            a_window("prod-x", "2026-12-04 17:00", 1, WindowKind.EXTRA),
            FlagKind.SAME_SECTOR,
            id="a sector again by hand",
        ),
        pytest.param(ROUTINE, a_window("prod-1", "2026-12-04 20:00"), None, id="inside"),
        pytest.param(
            a_window("prod-1", "2026-12-04 18:00"), ROUTINE, FlagKind.CROSSES_EDGE, id="start edge"
        ),
        pytest.param(
            ROUTINE, a_window("prod-1", "2026-12-06 03:00"), FlagKind.CROSSES_EDGE, id="end edge"
        ),
        pytest.param(
            a_window("prod-1", "2026-12-04 19:00", 40),
            ROUTINE,
            FlagKind.CROSSES_EDGE,
            id="around the routine window",
        ),
        pytest.param(
            ROUTINE,
            a_window("routine-2", "2026-12-05 20:00", 9, WindowKind.ROUTINE),
            FlagKind.SAME_SECTOR,
            id="two routine windows",
        ),
    ],
)
def test_windows_in_each_others_way_are_flagged(
    one: Window, two: Window, kind: FlagKind | None
) -> None:
    expected = () if kind is None else (Flag(kind, one, two),)
    assert flags([two, one], CENTRAL, no_holiday) == expected


@pytest.mark.parametrize("why", CalledOff)
def test_a_window_that_was_called_off_is_in_nobodys_way(why: CalledOff) -> None:
    one, two = a_window("test-1", "2027-01-01 16:00"), a_window("prod-1", "2027-01-01 17:00")
    found = flags([one, replace(two, called_off=why)], CENTRAL, us_holiday)
    assert [(flag.kind, flag.window) for flag in found] == [(FlagKind.HOLIDAY, one)]


hours = st.integers(0, 60)
windows = st.lists(
    st.builds(
        lambda key, start, length, kind: Window(
            f"{key}-{start}-{length}-{kind}",
            kind,
            None if kind is WindowKind.ROUTINE else key,
            Segment(
                central("2026-12-04 00:00") + start * HOUR,
                central("2026-12-04 00:00") + (start + length) * HOUR,
            ),
        ),
        st.sampled_from(["test", "prod"]),
        hours,
        st.integers(1, 40),
        st.sampled_from(WindowKind),
    ),
    max_size=6,
    unique_by=lambda window: window.key,
)


@settings(max_examples=80, deadline=None)
@given(windows)
def test_every_pair_that_overlaps_is_flagged_once_but_for_an_upgrade_inside(
    found: list[Window],
) -> None:
    expected = set()
    for one, two in combinations(found, 2):
        is_routine = {w.key for w in (one, two) if w.kind is WindowKind.ROUTINE}
        inside = len(is_routine) == 1 and any(
            outer.key in is_routine and outer.surrounds(inner)
            for outer, inner in ((one, two), (two, one))
        )
        if one.segment.overlaps(two.segment) and not inside:
            expected.add(frozenset({one.key, two.key}))
    flagged = flags(found, CENTRAL, no_holiday)
    pairs = [frozenset({flag.window.key, flag.other.key}) for flag in flagged if flag.other]
    assert sorted(map(sorted, pairs)) == sorted(map(sorted, expected))
