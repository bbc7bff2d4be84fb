"""Who is on call, over ten years of changing clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.rotation import (
    HandoffTime,
    Rotation,
    Shift,
    last_handoff,
    on_call,
    rotation_at,
    shift_at,
    starts_on,
)
from bot.domain.segments import Segment

CENTRAL = ZoneInfo("America/Chicago")
MONDAY_NINE = HandoffTime(0, time(9))
DAILY_NINE = HandoffTime(None, time(9))
FIRST_DAY, LAST_DAY = date(2025, 12, 15), date(2036, 1, 1)
HALF_HOUR = timedelta(minutes=30)


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


def rotation(
    *members: str,
    starts_at: str = "2026-01-05 09:00",
    level: str = "primary",
    handoff: HandoffTime = MONDAY_NINE,
    every_days: int = 7,
    set_at: str | None = None,
) -> Rotation:
    known = central(set_at) if set_at else None
    return Rotation(level, members, handoff, CENTRAL, central(starts_at), every_days, known)


def user_at(rotations: list[Rotation], at: str) -> str | None:
    shift = shift_at(rotations, central(at))
    return shift.user if shift else None


# Handoffs


@pytest.mark.parametrize(
    ("text", "handoff"),
    [
        ("mon 09:00", MONDAY_NINE),
        (" Sun  9:05 ", HandoffTime(6, time(9, 5))),
        ("FRI 23:59", HandoffTime(4, time(23, 59))),
        ("daily 09:00", DAILY_NINE),
    ],
)
def test_a_handoff_is_a_wall_time_of_a_weekday_or_of_every_day(
    text: str, handoff: HandoffTime
) -> None:
    assert HandoffTime.parse(text) == handoff


@pytest.mark.parametrize(
    "text", ["", "mon", "09:00", "monkey 09:00", "mon 24:00", "mon 09:60", "mon 0900", "days 09:00"]
)
def test_a_handoff_that_is_not_understood_is_named_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match=f'"{text}" is no handoff.*"mon 09:00".*"daily 09:00"'):
        HandoffTime.parse(text)


@given(
    st.builds(
        HandoffTime,
        st.none() | st.integers(0, 6),
        st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    )
)
def test_a_handoff_is_read_as_it_is_written(handoff: HandoffTime) -> None:
    assert HandoffTime.parse(str(handoff)) == handoff


def test_what_cannot_be_daily_asks_for_the_weekday() -> None:
    assert MONDAY_NINE.weekday == 0
    with pytest.raises(ValueError, match=r'"daily 09:00" names no weekday.*"mon 09:00"'):
        _ = DAILY_NINE.weekday


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        pytest.param("2026-07-05", "02:30", "2026-07-05T07:30", id="summer"),
        pytest.param("2026-03-08", "02:30", "2026-03-08T08:30", id="skipped: 03:30 CDT"),
        pytest.param("2026-11-01", "01:30", "2026-11-01T06:30", id="repeated: the first, CDT"),
        pytest.param("2026-01-07", "09:00", "2026-01-07T15:00", id="any weekday"),
    ],
)
def test_a_date_starts_at_the_wall_time_of_the_handoff(day: str, at: str, expected: str) -> None:
    handoff = HandoffTime(6, time.fromisoformat(at))

    instant = starts_on(date.fromisoformat(day), handoff, CENTRAL)

    assert instant == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-01-05 09:00", "2026-01-05 09:00", id="at the handoff"),
        pytest.param("2026-01-05 08:59", "2025-12-29 09:00", id="a minute before"),
        pytest.param("2026-01-11 23:00", "2026-01-05 09:00", id="on Sunday"),
    ],
)
def test_the_last_handoff_is_the_latest_that_has_come(now: str, expected: str) -> None:
    assert last_handoff(MONDAY_NINE, CENTRAL, central(now)) == central(expected)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param("2026-01-05 09:00", "2026-01-05 09:00", id="at the handoff"),
        pytest.param("2026-01-05 08:59", "2026-01-04 09:00", id="a minute before"),
        pytest.param("2026-01-06 00:10", "2026-01-05 09:00", id="after midnight"),
    ],
)
def test_a_daily_handoff_comes_every_day(now: str, expected: str) -> None:
    assert last_handoff(DAILY_NINE, CENTRAL, central(now)) == central(expected)


def test_a_handoff_stays_when_the_clocks_go_back_over_midnight() -> None:
    """Newfoundland once turned 00:01 on Sunday into 23:01 on Saturday, after Sunday's 00:00."""
    newfoundland = ZoneInfo("America/St_Johns")
    second_saturday_evening = datetime(2010, 11, 6, 23, 30, tzinfo=newfoundland, fold=1)
    now = second_saturday_evening.astimezone(UTC)

    handed_off = last_handoff(HandoffTime(6, time(0)), newfoundland, now)

    assert now - handed_off == HALF_HOUR


def test_a_handoff_on_a_day_that_never_was_happens_a_day_later() -> None:
    """Samoa went from Thursday 2011-12-29 to Saturday the 31st."""
    samoa = ZoneInfo("Pacific/Apia")
    friday_nine = HandoffTime(4, time(9))
    saturday = datetime(2011, 12, 31, 9, tzinfo=samoa).astimezone(UTC)

    before = last_handoff(friday_nine, samoa, saturday - timedelta(microseconds=1))

    assert last_handoff(friday_nine, samoa, saturday) == saturday
    assert before == datetime(2011, 12, 23, 9, tzinfo=samoa).astimezone(UTC)


# One rotation


def test_nobody_is_on_call_before_the_rotation_starts() -> None:
    ours = rotation("ana", "ben")

    assert on_call(ours, ours.starts_at - timedelta(microseconds=1)) is None
    assert on_call(ours, ours.starts_at) is not None


def test_the_first_member_is_on_until_the_first_handoff_after_the_start() -> None:
    """Set on a Wednesday, the first shift is what is left of that week."""
    ours = rotation("ana", "ben", starts_at="2026-01-07 12:00")
    monday = central("2026-01-12 09:00")

    assert on_call(ours, ours.starts_at) == Shift(
        "primary", ("ana",), Segment(ours.starts_at, monday)
    )
    assert on_call(ours, monday) == Shift(
        "primary", ("ben",), Segment(monday, central("2026-01-19 09:00"))
    )


def test_a_start_that_is_itself_a_handoff_gives_the_first_member_a_whole_week() -> None:
    ours = rotation("ana", "ben")
    shift = on_call(ours, ours.starts_at)

    assert shift == Shift("primary", ("ana",), Segment(ours.starts_at, central("2026-01-12 09:00")))


@pytest.mark.parametrize(
    ("handoff", "every_days", "ends"),
    [
        pytest.param(DAILY_NINE, 1, "2026-01-08 09:00", id="a day"),
        pytest.param(DAILY_NINE, 2, "2026-01-09 09:00", id="two days"),
        pytest.param(DAILY_NINE, 7, "2026-01-14 09:00", id="seven days, whatever the weekday"),
        pytest.param(MONDAY_NINE, 7, "2026-01-12 09:00", id="a week"),
        pytest.param(MONDAY_NINE, 14, "2026-01-19 09:00", id="two weeks"),
    ],
)
def test_the_first_shift_is_counted_from_the_last_handoff_at_or_before_the_start(
    handoff: HandoffTime, every_days: int, ends: str
) -> None:
    """Set on a Wednesday at noon."""
    ours = rotation(
        "ana", "ben", starts_at="2026-01-07 12:00", handoff=handoff, every_days=every_days
    )
    second = central(ends)

    assert on_call(ours, ours.starts_at) == Shift(
        "primary", ("ana",), Segment(ours.starts_at, second)
    )
    following = on_call(ours, second)
    assert following is not None
    assert following.user == "ben"
    assert following.segment.duration == timedelta(days=every_days)


@pytest.mark.parametrize(
    ("handoff", "every_days", "sentence"),
    [
        (MONDAY_NINE, 2, '"mon 09:00" makes shifts of whole weeks, not of 2 days.*"daily 09:00"'),
        (DAILY_NINE, 0, "a day or more, not 0 days"),
        (MONDAY_NINE, -7, "a day or more, not -7 days"),
    ],
)
def test_a_shift_of_a_length_that_cannot_be_kept_is_refused(
    handoff: HandoffTime, every_days: int, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        rotation("ana", handoff=handoff, every_days=every_days)


def test_a_day_that_never_was_costs_its_person_their_turn() -> None:
    """Samoa went from Thursday 2011-12-29 to Saturday the 31st; no shift is empty."""
    samoa = ZoneInfo("Pacific/Apia")
    start = datetime(2011, 12, 28, 9, tzinfo=samoa).astimezone(UTC)
    ours = Rotation("primary", ("ana", "ben", "cy", "dee"), DAILY_NINE, samoa, start, every_days=1)

    shifts = [on_call(ours, start + timedelta(days=n)) for n in range(4)]

    assert [shift.user for shift in shifts if shift] == ["ana", "ben", "dee", "ana"]
    assert all(s and t and s.segment.end == t.segment.start for s, t in pairwise(shifts))


def test_a_rotation_of_one_is_always_that_one() -> None:
    ours = rotation("ana")
    shifts = [on_call(ours, ours.starts_at + timedelta(hours=h)) for h in range(0, 5000, 7)]

    assert {shift.user for shift in shifts if shift} == {"ana"}
    assert None not in shifts


NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("members", "starts_at", "set_at", "sentence"),
    [
        pytest.param((), NOON, NOON, "needs somebody", id="nobody"),
        pytest.param(("ana",), NOON.astimezone(CENTRAL), NOON, "in UTC", id="another zone"),
        pytest.param(("ana",), NOON, NOON.astimezone(CENTRAL), "in UTC", id="set elsewhere"),
    ],
)
def test_a_rotation_refuses(
    members: tuple[str, ...], starts_at: datetime, set_at: datetime, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Rotation("primary", members, MONDAY_NINE, CENTRAL, starts_at, set_at=set_at)


@cache
def first_instants(zone: ZoneInfo) -> dict[datetime, datetime]:
    """Every half hour that a wall clock shows in ten years, and the instant it first shows it."""
    shown: dict[datetime, datetime] = {}
    instant = datetime(2025, 12, 1, tzinfo=UTC)
    while instant.year < 2037:
        shown.setdefault(instant.astimezone(zone).replace(tzinfo=None), instant)
        instant += HALF_HOUR
    return shown


def walked_handoffs(handoff: HandoffTime, zone: ZoneInfo) -> list[datetime]:
    """Ten years of handoffs read off a wall clock, day by day; a skipped time waits the gap out."""
    shown = first_instants(zone)
    handoffs = []
    day = FIRST_DAY
    while day < LAST_DAY:
        if handoff.day in {None, day.weekday()}:
            wall = datetime.combine(day, handoff.at)
            around = [wall + n * HALF_HOUR for n in range(-3, 4)]
            skipped = [half_hour for half_hour in around if half_hour not in shown]
            if wall in skipped:
                wall += len(skipped) * HALF_HOUR
            handoffs.append(shown[wall])
        day += timedelta(days=1)
    return handoffs


@settings(max_examples=20, deadline=None)
@given(
    zone=st.sampled_from(["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe"]).map(ZoneInfo),
    days=st.sampled_from([(None, 1), (None, 3), (6, 7), (0, 7), (6, 14), (None, 14), (6, 21)]),
    at=st.sampled_from([time(1, 30), time(2, 30), time(2), time(9)]),
    size=st.integers(1, 4),
    minutes=st.integers(0, 60 * 24 * 400),
)
def test_ten_years_of_shifts_tile_time_and_follow_the_wall_clock(
    zone: ZoneInfo, days: tuple[int | None, int], at: time, size: int, minutes: int
) -> None:
    weekday, every_days = days
    handoff = HandoffTime(weekday, at)
    members = tuple("abcd"[:size])
    starts_at = datetime(2026, 1, 2, tzinfo=UTC) + timedelta(minutes=minutes)
    ours = Rotation("primary", members, handoff, zone, starts_at, every_days)
    walked = walked_handoffs(handoff, zone)
    first = max(n for n, instant in enumerate(walked) if instant <= starts_at)
    step = every_days if weekday is None else every_days // 7
    bounds = [starts_at, *walked[first + step :: step]]

    for turn, (start, end) in enumerate(pairwise(bounds)):
        expected = Shift("primary", (members[turn % size],), Segment(start, end))
        assert on_call(ours, start) == expected
        assert on_call(ours, end - timedelta(microseconds=1)) == expected


# Which rotation holds


def test_setting_again_replaces_from_its_start_and_the_past_stays() -> None:
    rotations = [rotation("ana"), rotation("ben", starts_at="2026-03-02 09:00")]

    assert user_at(rotations, "2026-03-02 08:59") == "ana"
    assert user_at(rotations, "2026-03-02 09:00") == "ben"


def test_the_rotation_set_last_wins_even_when_it_starts_earlier() -> None:
    """March was planned first; then the team set a rotation from February on."""
    march, february = (
        rotation("ben", starts_at="2026-03-02 09:00"),
        rotation("cy", starts_at="2026-02-02 09:00"),
    )

    assert rotation_at([march, february], central("2026-04-01 00:00")) is february
    assert rotation_at([march, february], central("2026-01-01 00:00")) is None
    assert rotation_at([], central("2026-01-01 00:00")) is None


def test_a_shift_ends_where_a_rotation_set_later_takes_over() -> None:
    rotations = [rotation("ana", "ben"), rotation("cy", starts_at="2026-01-07 12:00")]
    takeover = rotations[1].starts_at

    shift = shift_at(rotations, rotations[0].starts_at)

    assert shift == Shift("primary", ("ana",), Segment(rotations[0].starts_at, takeover))
    assert user_at(rotations, "2026-01-07 12:00") == "cy"


def test_a_rotation_that_starts_before_it_was_set_holds_from_its_setting() -> None:
    """Set on Wednesday from Monday on: the past stays, and turns are counted from Monday."""
    rotations = [
        rotation("ana", starts_at="2025-12-01 09:00"),
        rotation("ben", "cy", set_at="2026-01-07 12:00"),
    ]
    taken_over, monday = rotations[1].holds_from, central("2026-01-12 09:00")

    assert user_at(rotations, "2026-01-07 11:59") == "ana"
    assert shift_at(rotations, taken_over - HALF_HOUR) == Shift(
        "primary", ("ana",), Segment(rotations[1].starts_at, taken_over)
    )
    assert shift_at(rotations, taken_over) == Shift(
        "primary", ("ben",), Segment(taken_over, monday)
    )
    assert user_at(rotations, "2026-01-12 09:00") == "cy"


def test_a_rotation_cannot_say_who_was_on_call_before_it_was_set() -> None:
    """Its turns are counted from its start all the same: a fortnight on, the third has it."""
    ours = rotation("ana", "ben", "cy", set_at="2026-01-20 12:00")

    assert on_call(ours, ours.starts_at) is None
    assert on_call(ours, ours.holds_from) == Shift(
        "primary", ("cy",), Segment(ours.holds_from, central("2026-01-26 09:00"))
    )


def test_a_rotation_set_ahead_holds_from_its_start() -> None:
    ours = rotation("ana", starts_at="2026-03-02 09:00", set_at="2026-01-07 12:00")

    assert user_at([ours], "2026-03-02 08:59") is None
    assert user_at([ours], "2026-03-02 09:00") == "ana"


def test_a_shift_is_not_cut_by_a_start_that_was_already_replaced() -> None:
    """A rotation for Wednesday, then one from Monday on: Wednesday is no change any more."""
    rotations = [rotation("ben", starts_at="2026-01-07 12:00"), rotation("ana")]

    shift = shift_at(rotations, central("2026-01-06 00:00"))

    assert shift is not None
    assert shift.segment.end == central("2026-01-12 09:00")


FEBRUARY_15 = datetime(2026, 2, 15, tzinfo=UTC)
SOME_HOUR = st.integers(0, 24 * 60).map(lambda hours: FEBRUARY_15 + timedelta(hours=hours))


@given(
    st.lists(
        st.builds(
            Rotation,
            st.just("primary"),
            st.sampled_from([("ana",), ("ben", "cy"), ("dee", "eli", "fay")]),
            st.sampled_from(
                [MONDAY_NINE, HandoffTime(6, time(2, 30)), HandoffTime(None, time(1, 30))]
            ),
            st.just(CENTRAL),
            SOME_HOUR,
            st.sampled_from([7, 14]),
            st.none() | SOME_HOUR,
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_level_has_one_shift_after_the_other_whatever_was_set(rotations: list[Rotation]) -> None:
    """Each end is the next start, and inside a shift the rotation that holds stays the same."""
    at = min(r.holds_from for r in rotations)
    while at < datetime(2026, 5, 15, tzinfo=UTC):
        shift = shift_at(rotations, at)
        assert shift is not None
        assert shift.segment.start == at
        last_moment = shift.segment.end - timedelta(microseconds=1)
        assert shift_at(rotations, last_moment) == shift
        assert rotation_at(rotations, last_moment) is rotation_at(rotations, at)
        at = shift.segment.end
