"""Rotations with overrides laid over them, against tables and against a walk of quarter hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import count, groupby, pairwise, permutations
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import schedule as schedule_module
from bot.domain.rotation import HandoffTime, Rotation, Shift, shift_at
from bot.domain.schedule import (
    HORIZON,
    Change,
    Override,
    OverrideKind,
    Schedule,
    ShiftChange,
    changes,
    handoffs,
    wall_segment,
)
from bot.domain.segments import Segment

CENTRAL = ZoneInfo("America/Chicago")
MONDAY_NINE = HandoffTime(0, time(9))
QUARTER = timedelta(minutes=15)
LONG_AGO = "2025-12-01 09:00"


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


def stretch(start: str, end: str) -> Segment:
    return Segment(central(start), central(end))


def weekly(*members: str, level: str = "primary", starts_at: str = "2026-01-05 09:00") -> Rotation:
    return Rotation(level, members, MONDAY_NINE, CENTRAL, central(starts_at))


numbers = count(1)


def override(
    start: str,
    end: str,
    *,
    comes: str | None = None,
    goes: str | None = None,
    kind: OverrideKind | None = None,
    level: str = "primary",
    set_at: str = LONG_AGO,
    cancelled_at: str | None = None,
) -> Override:
    """An override of January 2026, set before the ones that are made after it."""
    usual = OverrideKind.REPLACE if comes else OverrideKind.REMOVE
    return Override(
        id=next(numbers),
        level=level,
        kind=kind or usual,
        user=comes,
        instead_of=goes,
        segment=stretch(f"2026-01-{start}", f"2026-01-{end}"),
        set_at=central(set_at),
        set_by="lee",
        cancelled_at=central(cancelled_at) if cancelled_at else None,
    )


ADD = OverrideKind.ADD
ABC = weekly("ana", "ben", "cy")


def told(shifts: Sequence[Shift]) -> list[str]:
    """Shifts as people write them, by when each starts in January: "07 12:00 ana+ben"."""
    return [
        f"{shift.segment.start.astimezone(CENTRAL):%d %H:%M} {'+'.join(shift.users) or '-'}"
        for shift in shifts
    ]


def two_weeks(*overrides: Override) -> list[str]:
    """The first fortnight of ana, ben and cy with these overrides."""
    schedule = Schedule((ABC,), overrides)
    return told(
        schedule.shifts("primary", central("2026-01-05 09:00"), central("2026-01-19 09:00"))
    )


# What an override does


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        pytest.param([], ["05 09:00 ana", "12 09:00 ben"], id="none"),
        pytest.param(
            [override("07 12:00", "07 14:30", comes="dee", goes="ana")],
            ["05 09:00 ana", "07 12:00 dee", "07 14:30 ana", "12 09:00 ben"],
            id="partial hours",
        ),
        pytest.param(
            [override("07 12:00", "08 12:00", comes="dee", kind=ADD)],
            ["05 09:00 ana", "07 12:00 ana+dee", "08 12:00 ana", "12 09:00 ben"],
            id="somebody besides",
        ),
        pytest.param(
            [override("07 12:00", "08 12:00", goes="ana")],
            ["05 09:00 ana", "07 12:00 -", "08 12:00 ana", "12 09:00 ben"],
            id="somebody is off, and nobody is left",
        ),
        pytest.param(
            [override("11 09:00", "13 09:00", comes="dee", goes="ana")],
            ["05 09:00 ana", "11 09:00 dee", "12 09:00 ben"],
            id="who goes is on for a part of it only",
        ),
        pytest.param(
            [override("11 09:00", "13 09:00", comes="dee")],
            ["05 09:00 ana", "11 09:00 dee", "13 09:00 ben"],
            id="instead of whoever is on",
        ),
        pytest.param(
            [override("07 12:00", "08 12:00", comes="dee", goes="cy")],
            ["05 09:00 ana", "12 09:00 ben"],
            id="instead of somebody who is not on",
        ),
        pytest.param(
            [override("07 12:00", "08 12:00", goes="cy")],
            ["05 09:00 ana", "12 09:00 ben"],
            id="off, but not on",
        ),
        pytest.param(
            [override("07 12:00", "08 12:00", comes="ana", kind=ADD)],
            ["05 09:00 ana", "12 09:00 ben"],
            id="besides themselves: nobody twice",
        ),
        pytest.param(
            [
                override("07 12:00", "08 12:00", comes="dee", kind=ADD),
                override("07 12:00", "08 12:00", comes="dee", goes="ana"),
            ],
            ["05 09:00 ana", "07 12:00 dee", "08 12:00 ana", "12 09:00 ben"],
            id="instead of a colleague on the same shift: nobody twice",
        ),
        pytest.param(
            [
                override("05 09:00", "12 09:00", comes="ben", goes="ana"),
                override("12 09:00", "19 09:00", comes="ana", goes="ben"),
            ],
            ["05 09:00 ben", "12 09:00 ana"],
            id="a swap of weeks",
        ),
        pytest.param(
            [override("05 09:00", "12 09:00", comes="ben", goes="ana")],
            ["05 09:00 ben"],
            id="the same person before and after a handoff is one shift",
        ),
        pytest.param(
            [
                override("06 09:00", "10 09:00", comes="dee", goes="ana"),
                override("07 09:00", "08 09:00", comes="eli", goes="dee"),
            ],
            [
                "05 09:00 ana",
                "06 09:00 dee",
                "07 09:00 eli",
                "08 09:00 dee",
                "10 09:00 ana",
                "12 09:00 ben",
            ],
            id="nested: who covers is covered for",
        ),
        pytest.param(
            [
                override("07 09:00", "08 09:00", comes="eli", goes="dee"),
                override("06 09:00", "10 09:00", comes="dee", goes="ana"),
            ],
            ["05 09:00 ana", "06 09:00 dee", "10 09:00 ana", "12 09:00 ben"],
            id="nested in the other order: dee was not on yet",
        ),
        pytest.param(
            [
                override("06 09:00", "08 09:00", comes="dee"),
                override("07 09:00", "09 09:00", comes="eli"),
            ],
            ["05 09:00 ana", "06 09:00 dee", "07 09:00 eli", "09 09:00 ana", "12 09:00 ben"],
            id="overlapping: the one set later wins",
        ),
        pytest.param(
            [
                override("06 09:00", "07 09:00", comes="dee", goes="ana"),
                override("07 09:00", "08 09:00", comes="eli", goes="ana"),
                override("08 09:00", "09 09:00", comes="eli", goes="ana"),
            ],
            ["05 09:00 ana", "06 09:00 dee", "07 09:00 eli", "09 09:00 ana", "12 09:00 ben"],
            id="touching",
        ),
        pytest.param(
            [override("06 09:00", "08 09:00", comes="dee", goes="ana", level="secondary")],
            ["05 09:00 ana", "12 09:00 ben"],
            id="another level",
        ),
    ],
)
def test_overrides_are_laid_over_the_rotation(
    overrides: list[Override], expected: list[str]
) -> None:
    assert two_weeks(*overrides) == expected


@pytest.mark.parametrize(
    ("set_at", "cancelled_at", "expected"),
    [
        pytest.param("06 00:00", None, ["07 12:00 dee", "09 12:00 ana"], id="set before"),
        pytest.param("08 00:00", None, ["08 00:00 dee", "09 12:00 ana"], id="set during"),
        pytest.param("09 12:00", None, [], id="set as it ends"),
        pytest.param("10 00:00", None, [], id="set after"),
        pytest.param("06 00:00", "07 00:00", [], id="cancelled before"),
        pytest.param("06 00:00", "07 12:00", [], id="cancelled as it starts"),
        pytest.param(
            "06 00:00", "08 00:00", ["07 12:00 dee", "08 00:00 ana"], id="cancelled during"
        ),
        pytest.param(
            "06 00:00", "10 00:00", ["07 12:00 dee", "09 12:00 ana"], id="cancelled after"
        ),
        pytest.param("08 00:00", "08 00:00", [], id="cancelled as it is set"),
    ],
)
def test_an_override_counts_from_its_setting_to_its_cancelling(
    set_at: str, cancelled_at: str | None, expected: list[str]
) -> None:
    cover = override(
        "07 12:00",
        "09 12:00",
        comes="dee",
        goes="ana",
        set_at=f"2026-01-{set_at}",
        cancelled_at=f"2026-01-{cancelled_at}" if cancelled_at else None,
    )

    assert two_weeks(cover) == ["05 09:00 ana", *expected, "12 09:00 ben"]


def test_a_cancelled_cover_takes_the_cover_of_who_covered_with_it() -> None:
    """Eli stands in for dee, who stood in for ana; dee's cover is cancelled while it runs."""
    covers = (
        override("06 09:00", "10 09:00", comes="dee", goes="ana", cancelled_at="2026-01-08 09:00"),
        override("07 09:00", "09 09:00", comes="eli", goes="dee"),
    )

    assert two_weeks(*covers) == [
        "05 09:00 ana",
        "06 09:00 dee",
        "07 09:00 eli",
        "08 09:00 ana",
        "12 09:00 ben",
    ]


def test_overrides_count_in_the_order_they_were_set_however_they_are_given() -> None:
    """By their numbers: the clock may have stepped back between two of them."""
    first = override("06 09:00", "08 09:00", comes="dee", set_at="2026-01-02 09:00")
    second = override("07 09:00", "09 09:00", comes="eli", set_at="2026-01-02 08:59")
    third = override("08 09:00", "09 09:00", comes="fay", set_at="2026-01-02 08:59")

    for given_as in permutations([first, second, third]):
        assert two_weeks(*given_as) == [
            "05 09:00 ana",
            "06 09:00 dee",
            "07 09:00 eli",
            "08 09:00 fay",
            "09 09:00 ana",
            "12 09:00 ben",
        ]


@pytest.mark.parametrize(
    ("kind", "comes", "goes"),
    [
        (ADD, None, "ana"),
        (ADD, "dee", "ana"),
        (OverrideKind.REMOVE, None, None),
        (OverrideKind.REMOVE, "dee", "ana"),
        (OverrideKind.REPLACE, None, "ana"),
        (OverrideKind.REPLACE, "ana", "ana"),
    ],
)
def test_an_override_that_says_nothing_clear_is_refused(
    kind: OverrideKind, comes: str | None, goes: str | None
) -> None:
    with pytest.raises(ValueError, match=f"cannot {kind}"):
        override("06 09:00", "08 09:00", kind=kind, comes=comes, goes=goes)


def test_a_level_without_a_rotation_has_who_takes_it() -> None:
    schedule = Schedule((), (override("06 09:00", "08 09:00", comes="dee", level="manager"),))

    assert schedule.staff(central("2026-01-07 09:00")) == {"manager": ("dee",)}
    assert schedule.staff(central("2026-01-08 09:00")) == {}


# Wall time


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("2026-07-01 12:00", "2026-07-01 14:30", ("17:00", "19:30"), id="summer"),
        pytest.param(
            "2026-11-01 01:00", "2026-11-01 01:30", ("06:00", "07:30"), id="repeated: all of it"
        ),
        pytest.param("2026-11-01 00:00", "2026-11-01 01:00", ("05:00", "07:00"), id="ends in it"),
        pytest.param("2026-11-01 01:30", "2026-11-01 03:00", ("06:30", "09:00"), id="starts in it"),
        pytest.param("2026-03-08 02:15", "2026-03-08 02:45", ("08:15", "08:45"), id="skipped"),
        pytest.param("2026-03-08 01:30", "2026-03-08 02:30", ("07:30", "08:30"), id="ends skipped"),
    ],
)
def test_wall_times_mean_the_first_start_and_the_last_end(
    start: str, end: str, expected: tuple[str, str]
) -> None:
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)

    segment = wall_segment(first, last, CENTRAL)

    assert (f"{segment.start:%H:%M}", f"{segment.end:%H:%M}") == expected


def test_cover_across_the_end_of_summer_time_lasts_an_hour_longer() -> None:
    """An evening to a morning, 14 h by the wall clock; the rest of the week stays ana's."""
    ours = weekly("ana", starts_at="2026-10-05 09:00")
    evening, morning = (
        datetime.fromisoformat(wall) for wall in ("2026-10-31 18:00", "2026-11-01 08:00")
    )
    night = wall_segment(evening, morning, CENTRAL)
    cover = replace(override("06 09:00", "07 09:00", comes="dee", goes="ana"), segment=night)

    shifts = Schedule((ours,), (cover,)).shifts(
        "primary", central("2026-10-26 09:00"), central("2026-11-02 09:00")
    )

    assert [shift.users for shift in shifts] == [("ana",), ("dee",), ("ana",)]
    assert shifts[1].segment.duration == timedelta(hours=15)
    assert sum((s.segment.duration for s in shifts), timedelta()) == timedelta(days=7, hours=1)


@pytest.mark.parametrize("zone", ["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe"])
@pytest.mark.parametrize(
    ("handoff", "every_days"),
    [
        ("daily 01:30", 1),
        ("daily 02:15", 1),
        ("daily 02:30", 3),
        ("sun 01:30", 7),
        ("sun 02:30", 7),
        ("sun 02:00", 14),
        ("mon 09:00", 7),
    ],
)
def test_ten_years_of_a_rotation_have_no_gap_and_no_overlap(
    zone: str, handoff: str, every_days: int
) -> None:
    start = datetime(2026, 1, 4, 12, tzinfo=UTC)
    end = datetime(2036, 1, 4, 12, tzinfo=UTC)
    rule = HandoffTime.parse(handoff)
    members = ("ana", "ben", "cy")
    schedule = Schedule((Rotation("primary", members, rule, ZoneInfo(zone), start, every_days),))

    shifts = schedule.shifts("primary", start, end)

    assert (shifts[0].segment.start, shifts[-1].segment.end) == (start, end)
    assert all(a.segment.end == b.segment.start for a, b in pairwise(shifts))
    assert all(s.users == (members[n % 3],) for n, s in enumerate(shifts))
    lengths = {s.segment.duration - timedelta(days=every_days) for s in shifts[1:-1]}
    assert lengths <= {timedelta(minutes=m) for m in (-60, -30, 0, 30, 60)}


# Questions


def test_now_and_next_are_who_until_when_and_who_then() -> None:
    schedule = Schedule((ABC,), (override("07 12:00", "08 12:00", comes="dee", goes="ana"),))
    tuesday = central("2026-01-06 10:00")

    assert schedule.now_and_next("primary", tuesday) == (
        Shift("primary", ("ana",), Segment(tuesday, central("2026-01-07 12:00"))),
        Shift("primary", ("dee",), stretch("2026-01-07 12:00", "2026-01-08 12:00")),
    )
    assert schedule.next_change(tuesday) == central("2026-01-07 12:00")
    assert schedule.next_change(central("2026-01-07 12:00")) == central("2026-01-08 12:00")


def test_who_is_always_on_has_no_next() -> None:
    schedule = Schedule((weekly("ana"),))
    now = central("2026-01-06 10:00")

    assert schedule.now_and_next("primary", now) == (
        Shift("primary", ("ana",), Segment(now, now + HORIZON)),
        None,
    )
    assert schedule.next_change(now) is None


def test_nobody_is_an_answer_too() -> None:
    """The rotation starts next Monday; another level is known to nobody."""
    schedule = Schedule((weekly("ana", starts_at="2026-01-12 09:00"),))
    now = central("2026-01-06 10:00")
    monday = central("2026-01-12 09:00")

    nobody, then = schedule.now_and_next("primary", now)

    assert nobody == Shift("primary", (), Segment(now, monday))
    assert then is not None
    assert then.users == ("ana",)
    assert schedule.next_change(now) == monday
    assert schedule.staff(now) == {}
    assert schedule.now_and_next("manager", now) == (
        Shift("manager", (), Segment(now, now + HORIZON)),
        None,
    )


def test_the_next_change_is_the_earliest_of_all_levels() -> None:
    schedule = Schedule(
        (ABC, weekly("dee", level="secondary"), weekly("mia", level="manager")),
        (override("07 12:00", "08 12:00", goes="mia", level="manager"),),
    )

    assert schedule.next_change(central("2026-01-06 10:00")) == central("2026-01-07 12:00")
    assert schedule.next_change(central("2026-01-09 10:00")) == central("2026-01-12 09:00")


def test_the_shifts_of_somebody_are_theirs_whoever_is_on_with_them() -> None:
    schedule = Schedule(
        (ABC, weekly("dee", "ana", level="secondary")),
        (override("07 12:00", "08 12:00", comes="eli", kind=ADD),),
    )

    mine = schedule.shifts_of("ana", central("2026-01-06 00:00"), central("2026-01-20 00:00"))

    assert mine == (
        Shift("primary", ("ana",), stretch("2026-01-06 00:00", "2026-01-12 09:00")),
        Shift("secondary", ("ana",), stretch("2026-01-12 09:00", "2026-01-19 09:00")),
    )
    assert schedule.shifts_of("zoe", mine[0].segment.start, mine[1].segment.end) == ()


def test_handoffs_are_the_instants_at_which_the_people_change() -> None:
    schedule = Schedule((ABC,), (override("07 12:00", "08 12:00", comes="dee", kind=ADD),))

    assert handoffs(
        schedule, "primary", central("2026-01-05 09:00"), central("2026-01-12 09:00")
    ) == (
        ShiftChange("primary", central("2026-01-05 09:00"), (), ("ana",)),
        ShiftChange("primary", central("2026-01-07 12:00"), ("ana",), ("ana", "dee")),
        ShiftChange("primary", central("2026-01-08 12:00"), ("ana", "dee"), ("ana",)),
    )


@pytest.mark.parametrize("end", ["2026-01-05 09:00", "2026-01-05 08:00"])
def test_a_window_without_time_is_refused(end: str) -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        Schedule((ABC,)).shifts("primary", central("2026-01-05 09:00"), central(end))


@pytest.mark.parametrize(
    "rotation",
    [
        pytest.param(ABC, id="changes weekly"),
        pytest.param(weekly("ana"), id="never changes: the whole year is looked at"),
    ],
)
def test_now_and_next_are_cheap_with_fifty_overrides(rotation: Rotation) -> None:
    """Most of a year's overrides change nothing; a millisecond or two, the bound is generous."""
    overrides = tuple(
        replace(
            override("06 09:00", "07 09:00", comes="dee", goes="zoe"),
            segment=Segment(ABC.starts_at + timedelta(days=7 * n), ABC.starts_at + HORIZON),
        )
        for n in range(50)
    )

    def took() -> float:
        began = perf_counter()
        Schedule((rotation,), overrides).now_and_next("primary", central("2026-01-06 10:00"))
        return perf_counter() - began

    assert min(took() for _ in range(5)) < 0.05


@pytest.mark.parametrize("overrides", [0, 200])
def test_a_year_of_shifts_looks_only_where_something_can_change(
    monkeypatch: pytest.MonkeyPatch, overrides: int
) -> None:
    """However long it is, and not at every minute: with 200 overrides it takes some 30 ms."""
    looked: list[datetime] = []

    def look(rotations: Sequence[Rotation], at: datetime) -> Shift | None:
        looked.append(at)
        return shift_at(rotations, at)

    monkeypatch.setattr(schedule_module, "shift_at", look)
    daily = Rotation(
        "primary", ("ana", "ben"), HandoffTime.parse("daily 02:30"), CENTRAL, ABC.starts_at, 1
    )
    laid = tuple(
        replace(
            override("06 09:00", "07 09:00", comes="dee", goes="ana"),
            segment=Segment(start, start + timedelta(days=9)),
        )
        for start in (ABC.starts_at + n * timedelta(hours=43) for n in range(overrides))
    )

    shifts = Schedule((daily,), laid).shifts("primary", ABC.starts_at, ABC.starts_at + HORIZON)

    assert len(shifts) >= 10
    assert len(looked) <= HORIZON.days + 2 + 2 * overrides


# What a change means to whom


WINDOW = central("2026-01-06 10:00"), central("2026-02-03 10:00")


def test_cover_changes_the_shifts_of_two_people_and_nobody_elses() -> None:
    before = Schedule((ABC,))
    after = Schedule((ABC,), (override("13 18:00", "14 08:00", comes="dee", goes="ben"),))

    assert changes(before, after, ["primary"], *WINDOW) == {
        "ben": (
            Change(
                "primary",
                before=(stretch("2026-01-12 09:00", "2026-01-19 09:00"),),
                after=(
                    stretch("2026-01-12 09:00", "2026-01-13 18:00"),
                    stretch("2026-01-14 08:00", "2026-01-19 09:00"),
                ),
            ),
        ),
        "dee": (
            Change("primary", before=(), after=(stretch("2026-01-13 18:00", "2026-01-14 08:00"),)),
        ),
    }


def test_a_swap_tells_each_of_the_week_that_goes_and_the_one_that_comes() -> None:
    """Ana's weeks in February stay and are not told; ben's new week runs into his next one."""
    ab = weekly("ana", "ben")
    swapped = Schedule(
        (ab,),
        (
            override("12 09:00", "19 09:00", comes="ana", goes="ben"),
            override("19 09:00", "26 09:00", comes="ben", goes="ana"),
        ),
    )
    window = central("2026-01-12 09:00"), central("2026-03-02 09:00")

    found = changes(Schedule((ab,)), swapped, ["primary"], *window)

    third, fourth = (
        stretch("2026-01-12 09:00", "2026-01-19 09:00"),
        stretch("2026-01-19 09:00", "2026-01-26 09:00"),
    )
    fourth_and_fifth = stretch("2026-01-19 09:00", "2026-02-02 09:00")
    fifth = stretch("2026-01-26 09:00", "2026-02-02 09:00")
    assert found == {
        "ana": (Change("primary", before=(fourth,), after=(third,)),),
        "ben": (Change("primary", before=(third, fifth), after=(fourth_and_fifth,)),),
    }


def test_who_changes_level_is_told_of_both() -> None:
    before = Schedule((weekly("ana"), weekly("ben", level="secondary")))
    after = Schedule((weekly("ben"), weekly("ana", level="secondary")))
    whole = (Segment(*WINDOW),)

    assert changes(before, after, ["primary", "secondary"], *WINDOW) == {
        "ana": (Change("primary", whole, ()), Change("secondary", (), whole)),
        "ben": (Change("primary", (), whole), Change("secondary", whole, ())),
    }


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        pytest.param([], [("01-06 12:00", "01-12 09:00")], True, id="on from now"),
        pytest.param([("01-07 09:00", "01-12 09:00")], [("01-06 12:00", "01-12 09:00")], True,
                     id="earlier than planned"),
        pytest.param([], [("01-07 09:00", "01-12 09:00")], False, id="on later"),
        pytest.param([("01-07 09:00", "01-12 10:00")], [("01-06 12:00", "01-12 09:00")], False,
                     id="on from now, and off earlier"),
        pytest.param([], [("01-06 12:00", "01-07 09:00"), ("01-08 09:00", "01-12 09:00")], False,
                     id="on from now, and once more"),
        pytest.param([("01-07 09:00", "01-12 09:00")], [], False, id="off"),
    ],
)  # fmt: skip
def test_whether_a_change_is_only_that_somebody_comes_on(
    before: list[tuple[str, str]], after: list[tuple[str, str]], expected: bool
) -> None:
    gone, come = (
        tuple(stretch(f"2026-{start}", f"2026-{end}") for start, end in found)
        for found in (before, after)
    )
    assert Change("primary", gone, come).only_comes_on(central("2026-01-06 12:00")) is expected


def test_company_is_no_change_to_who_is_on_already() -> None:
    after = Schedule((ABC,), (override("07 12:00", "08 12:00", comes="dee", kind=ADD),))

    assert set(changes(Schedule((ABC,)), after, ["primary"], *WINDOW)) == {"dee"}


# A walk of quarter hours: it shares no code with the product


@dataclass
class Turns:
    """One rotation as a clock on the wall shows it, quarter hour by quarter hour."""

    rotation: Rotation
    seen: set[datetime]
    handoffs: int = 0

    def at(self, instant: datetime) -> str | None:
        ours = self.rotation
        wall = instant.astimezone(CENTRAL).replace(tzinfo=None)
        if wall not in self.seen:  # the second of a repeated hour is no handoff
            self.seen.add(wall)
            day = ours.handoff.day
            if wall.time() == ours.handoff.at and day in {None, wall.weekday()}:
                self.handoffs = 0 if instant <= ours.starts_at else self.handoffs + 1
        if instant < ours.starts_at or (ours.set_at and instant < ours.set_at):
            return None
        days = self.handoffs * (1 if ours.handoff.day is None else 7)
        return ours.members[days // ours.every_days % len(ours.members)]


def walked(
    rotations: Sequence[Rotation], overrides: Sequence[Override], start: datetime, end: datetime
) -> Iterator[tuple[datetime, tuple[str, ...]]]:
    """Who is on call at each quarter hour, rotations and overrides being of one level."""
    turns = [Turns(rotation, set()) for rotation in rotations]
    in_order = sorted(overrides, key=lambda o: o.id)
    at = start - timedelta(days=8)  # every rotation's handoff before its start is among these
    while at < end:
        people: list[str] = []
        for turn in turns:
            if person := turn.at(at):
                people = [person]
        for laid in in_order:
            if not laid.segment.start <= at < laid.segment.end or at < laid.set_at:
                continue
            if laid.cancelled_at is not None and at >= laid.cancelled_at:
                continue
            if laid.kind == "replace" and laid.instead_of is None:
                people = []
            elif laid.kind != "add":
                if laid.instead_of not in people:
                    continue
                people.remove(laid.instead_of)
            if laid.user is not None and laid.user not in people:
                people.append(laid.user)
        if at >= start:
            yield at, tuple(sorted(people))
        at += QUARTER


def runs(walk: Sequence[tuple[datetime, tuple[str, ...]]]) -> tuple[Shift, ...]:
    """What was walked, with neighbours of the same people put together."""
    found = []
    for users, quarters in groupby(walk, key=lambda quarter: quarter[1]):
        instants = [at for at, _ in quarters]
        found.append(Shift("primary", users, Segment(instants[0], instants[-1] + QUARTER)))
    return tuple(found)


# Three weeks around each change of the clocks, which lies on their ninth day.
SEASONS = (datetime(2026, 2, 28, 6, tzinfo=UTC), datetime(2026, 10, 24, 5, tzinfo=UTC))
LENGTH = timedelta(days=21)
PEOPLE = st.sampled_from(["ana", "ben", "cy", "dee"])


def quarters(season: datetime) -> st.SearchStrategy[datetime]:
    return st.integers(0, LENGTH // QUARTER - 1).map(lambda n: season + n * QUARTER)


@st.composite
def rotation_rows(draw: st.DrawFn, season: datetime) -> Rotation:
    handoff, lengths = draw(
        st.sampled_from(
            [
                ("mon 09:00", (7, 14)),
                ("sun 01:30", (7, 14)),
                ("daily 09:00", (1, 2, 7)),
                ("daily 01:30", (1, 3)),
            ]
        )
    )
    return Rotation(
        "primary",
        tuple(draw(st.lists(PEOPLE, min_size=1, max_size=3))),
        HandoffTime.parse(handoff),
        CENTRAL,
        draw(st.just(season) | quarters(season)),
        draw(st.sampled_from(lengths)),
        draw(st.none() | quarters(season)),
    )


@st.composite
def override_rows(draw: st.DrawFn, season: datetime) -> Override:
    comes, goes = draw(st.permutations(["ana", "ben", "cy", "dee"]))[:2]
    kind = draw(st.sampled_from(OverrideKind))
    start = draw(quarters(season))
    set_at = draw(st.just(season) | quarters(season))
    return Override(
        id=draw(st.integers(1, 1000)),
        level="primary",
        kind=kind,
        user=None if kind is OverrideKind.REMOVE else comes,
        instead_of={
            OverrideKind.ADD: None,
            OverrideKind.REMOVE: goes,
            OverrideKind.REPLACE: draw(st.sampled_from([goes, None])),
        }[kind],
        segment=Segment(start, start + draw(st.integers(1, 4 * 24 * 4)) * QUARTER),
        set_at=set_at,
        set_by="lee",
        cancelled_at=draw(
            st.none() | st.integers(0, 4 * 24 * 8).map(lambda n: set_at + n * QUARTER)
        ),
    )


@st.composite
def rosters(draw: st.DrawFn, season: datetime) -> Schedule:
    rotations = draw(st.lists(rotation_rows(season), max_size=3))
    overrides = draw(st.lists(override_rows(season), max_size=8, unique_by=lambda o: o.id))
    return Schedule(tuple(rotations), tuple(overrides))


SEASON = st.sampled_from(SEASONS)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), season=SEASON)
def test_the_schedule_is_what_a_walk_of_quarter_hours_finds(
    data: st.DataObject, season: datetime
) -> None:
    schedule = data.draw(rosters(season))
    end = season + LENGTH

    walk = list(walked(schedule.rotations, schedule.overrides, season, end))
    expected = runs(walk)

    assert schedule.shifts("primary", season, end) == expected
    assert [
        (change.at, change.before, change.after)
        for change in handoffs(schedule, "primary", season + QUARTER, end)
    ] == [(b.segment.start, a.users, b.users) for a, b in pairwise(expected)]
    for at, users in data.draw(st.lists(st.sampled_from(walk), max_size=10)):
        assert schedule.staff(at) == ({"primary": users} if users else {})


@settings(max_examples=40, deadline=None)
@given(data=st.data(), season=SEASON)
def test_now_and_next_are_the_first_two_of_the_year(data: st.DataObject, season: datetime) -> None:
    schedule, at = data.draw(rosters(season)), data.draw(quarters(season))

    first, *others = schedule.shifts("primary", at, at + HORIZON)

    assert schedule.now_and_next("primary", at) == (first, others[0] if others else None)
    assert schedule.next_change(at) == (first.segment.end if others else None)


@settings(max_examples=50, deadline=None)
@given(data=st.data(), season=SEASON)
def test_windows_that_follow_each_other_give_each_handoff_once(
    data: st.DataObject, season: datetime
) -> None:
    schedule = data.draw(rosters(season))
    middle = data.draw(quarters(season).filter(lambda at: at > season))
    whole = handoffs(schedule, "primary", season, season + LENGTH)

    cut = st.sampled_from([change.at for change in whole if change.at > season] or [middle])
    for at in (middle, data.draw(cut)):
        halves = (
            handoffs(schedule, "primary", season, at),
            handoffs(schedule, "primary", at, season + LENGTH),
        )
        assert (*halves[0], *halves[1]) == whole


@settings(max_examples=50, deadline=None)
@given(data=st.data(), season=SEASON)
def test_nothing_set_or_cancelled_later_changes_who_was_on_call(
    data: st.DataObject, season: datetime
) -> None:
    now = data.draw(quarters(season).filter(lambda at: at > season))
    later = st.integers(0, 100).map(lambda n: now + n * QUARTER)
    known = data.draw(rosters(season))
    known = Schedule(
        tuple(r for r in known.rotations if r.set_at is None or r.set_at < now),
        tuple(
            replace(o, cancelled_at=o.cancelled_at if (o.cancelled_at or now) < now else None)
            for o in known.overrides
            if o.set_at < now
        ),
    )
    was = known.shifts("primary", season, now)

    rotation = replace(data.draw(rotation_rows(season)), set_at=data.draw(later))
    laid = replace(
        data.draw(override_rows(season)), id=1001, set_at=data.draw(later), cancelled_at=None
    )
    cancelled = tuple(
        replace(o, cancelled_at=o.cancelled_at or data.draw(later)) for o in known.overrides
    )
    then = Schedule((*known.rotations, rotation), (*cancelled, laid))

    assert then.shifts("primary", season, now) == was


@settings(max_examples=50, deadline=None)
@given(data=st.data(), season=SEASON)
def test_changes_are_empty_when_the_shifts_are_equal_and_lead_from_before_to_after(
    data: st.DataObject, season: datetime
) -> None:
    before = data.draw(rosters(season))
    more = data.draw(st.lists(override_rows(season).map(lambda o: replace(o, id=1001)), max_size=1))
    after = data.draw(
        st.sampled_from([before, Schedule(before.rotations, (*before.overrides, *more))])
        | rosters(season)
    )
    window = season, season + LENGTH

    found = changes(before, after, ["primary"], *window)

    equal = before.shifts("primary", *window) == after.shifts("primary", *window)
    assert (found == {}) == equal
    for user in ("ana", "ben", "cy", "dee"):
        had = {shift.segment for shift in before.shifts_of(user, *window)}
        has = {shift.segment for shift in after.shifts_of(user, *window)}
        assert (user in found) == (had != has)
        for change in found.get(user, ()):
            assert set(change.before) == had - has
            assert set(change.after) == has - had
