"""What can be asked, taken and accepted of the schedule, as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cover import (
    AHEAD,
    Stretch,
    Verdict,
    Wrong,
    accepted,
    chosen,
    is_alone,
    is_ever_on,
    is_on,
    people_ahead,
    proposed,
    shifts_ahead,
    to_swap,
    verdict,
    wrong_cover,
    wrong_swap,
)
from bot.domain.rotation import HandoffTime, Rotation
from bot.domain.schedule import Override, OverrideKind, Schedule, changes
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestKind, RequestState, ShiftRequest

CENTRAL = ZoneInfo("America/Chicago")
HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)


def central(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=CENTRAL).astimezone(UTC)


def stretch(start: str, end: str) -> Segment:
    return Segment(central(start), central(end))


NOW = central("01-07 12:00")
# Ana until the 12th, Ben until the 19th, Cy until the 26th, then Ana again; Dee is always manager.
WEEKS = Rotation(
    "primary", ("ana", "ben", "cy"), HandoffTime(0, time(9)), CENTRAL, central("01-05 09:00")
)
MANAGER = replace(WEEKS, level="manager", members=("dee",))
ROTA = Schedule((WEEKS, MANAGER))
LEVELS = ("primary", "manager")
ANAS, BENS = stretch("01-26 09:00", "02-02 09:00"), stretch("01-12 09:00", "01-19 09:00")
NIGHT = stretch("01-09 18:00", "01-10 09:00")

COVER = ShiftRequest("primary", RequestKind.COVER, "ana", NIGHT, NOW)
SWAP = ShiftRequest(
    "primary", RequestKind.SWAP, "ana", ANAS, NOW, asked_of="ben", in_return=BENS
)  # fmt: skip


def with_override(
    segment: Segment, comes: str | None, goes: str | None, *, besides: bool = False
) -> Schedule:
    kind = OverrideKind.REPLACE if comes else OverrideKind.REMOVE
    kind = OverrideKind.ADD if besides else kind
    return Schedule(
        ROTA.rotations, (Override(1, "primary", kind, comes, goes, segment, NOW, "lee"),)
    )


# Times


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        pytest.param("01-09 18:00", "01-10 09:00", NIGHT, id="to come"),
        pytest.param(
            "01-06 09:00", "01-10 09:00", Segment(NOW, NIGHT.end), id="begun: from now on"
        ),
        pytest.param("01-06 09:00", "01-07 12:00", Wrong.OVER, id="ends now"),
        pytest.param("01-06 09:00", "01-05 09:00", Wrong.OVER, id="over, and the wrong way round"),
        pytest.param("01-10 09:00", "01-09 18:00", Wrong.ENDS_FIRST, id="the wrong way round"),
        pytest.param("01-10 09:00", "01-10 09:00", Wrong.ENDS_FIRST, id="no time at all"),
        pytest.param("01-10 09:00", "04-01 13:00", Segment(central("01-10 09:00"), NOW + AHEAD),
                     id="as far as it goes, over a change of the clocks"),
        pytest.param("01-10 09:00", "04-01 13:01", Wrong.TOO_FAR, id="a minute too far"),
    ],
)  # fmt: skip
def test_the_time_that_somebody_chose(start: str, end: str, expected: Segment | Wrong) -> None:
    assert chosen(central(start), central(end), NOW) == expected


@pytest.mark.parametrize(
    ("shift", "expected"),
    [
        pytest.param(None, Segment(NOW, NOW + 12 * HOUR), id="none"),
        pytest.param(Segment(NOW - HOUR, NOW + HOUR), Segment(NOW, NOW + HOUR), id="under way"),
        pytest.param(NIGHT, NIGHT, id="to come"),
        pytest.param(
            Segment(NOW - HOUR, NOW + 2 * WEEK), Segment(NOW, NOW + 2 * WEEK), id="two weeks left"
        ),
        pytest.param(
            Segment(NOW, NOW + 2 * WEEK + HOUR), Segment(NOW, NOW + 12 * HOUR), id="for ever"
        ),
    ],
)
def test_the_time_that_a_form_proposes(shift: Segment | None, expected: Segment) -> None:
    assert proposed(shift, NOW) == expected


@pytest.mark.parametrize(
    ("asked_at", "segment", "in_return", "until", "reminder"),
    [
        pytest.param(NOW, NIGHT, None, NIGHT.start, central("01-08 18:00"), id="cover"),
        pytest.param(
            NIGHT.start - HOUR, NIGHT, None, NIGHT.start, None, id="cover, asked an hour before"
        ),
        pytest.param(NIGHT.start, NIGHT, None, NIGHT.end, None, id="cover, begun"),
        pytest.param(NOW, ANAS, BENS, BENS.start, None, id="swap, theirs is earlier"),
        pytest.param(NOW, BENS, ANAS, BENS.start, None, id="swap, theirs is later"),
    ],
)
def test_how_long_a_request_is_open(
    asked_at: datetime,
    segment: Segment,
    in_return: Segment | None,
    until: datetime,
    reminder: datetime | None,
) -> None:
    request = replace(
        SWAP if in_return else COVER, asked_at=asked_at, segment=segment, in_return=in_return
    )
    assert (request.open_until, request.reminder_at) == (until, reminder)


# Who is on call when


@pytest.mark.parametrize(
    ("user", "segment", "all_of_it", "any_of_it", "alone"),
    [
        pytest.param("ana", NIGHT, True, True, True, id="inside a shift"),
        pytest.param(
            "ana", stretch("01-11 09:00", "01-13 09:00"), False, True, False, id="over its end"
        ),
        pytest.param("ben", NIGHT, False, False, False, id="somebody else's"),
    ],
)
def test_whether_somebody_is_on_call_in_a_stretch(
    user: str, segment: Segment, all_of_it: bool, any_of_it: bool, alone: bool
) -> None:
    found = [f(ROTA, "primary", user, segment) for f in (is_on, is_ever_on, is_alone)]
    assert found == [all_of_it, any_of_it, alone]


def test_two_together_are_both_on_and_nobody_is_alone() -> None:
    schedule = with_override(NIGHT, "ben", None, besides=True)
    for user in ("ana", "ben"):
        assert is_on(schedule, "primary", user, NIGHT)
        assert not is_alone(schedule, "primary", user, NIGHT)


def test_shifts_ahead_are_those_of_levels_that_there_are() -> None:
    assert [s.level for s in shifts_ahead(ROTA, "dee", LEVELS, NOW)] == ["manager"]
    assert shifts_ahead(ROTA, "dee", ("primary",), NOW) == ()
    assert shifts_ahead(ROTA, "ana", LEVELS, NOW)[0].segment.start == NOW


def test_people_ahead_are_all_who_have_a_turn_in_sight() -> None:
    assert people_ahead(ROTA, LEVELS, NOW) == {"ana", "ben", "cy", "dee"}
    assert people_ahead(ROTA, ("manager",), NOW) == {"dee"}


def test_what_has_begun_or_ends_out_of_sight_is_not_to_swap() -> None:
    mine = to_swap(ROTA, "ana", LEVELS, NOW)
    assert mine[0] == Stretch("primary", "ana", ANAS)
    assert all(one.segment.start > NOW and one.segment.end < NOW + AHEAD for one in mine)
    assert all(one.segment.duration in (WEEK, WEEK - HOUR) for one in mine)
    assert to_swap(ROTA, "dee", LEVELS, NOW) == (), "Dee's has neither beginning nor end"
    at_handoff = to_swap(ROTA, "ben", LEVELS, BENS.start)
    assert at_handoff[0].segment.start > BENS.start


# Asking


ASKED = replace(COVER, segment=stretch("01-10 08:00", "01-10 12:00"))


@pytest.mark.parametrize(
    ("segment", "requests", "expected"),
    [
        pytest.param(NIGHT, [], None, id="hers"),
        pytest.param(stretch("01-11 09:00", "01-14 09:00"), [], None, id="hers in part"),
        pytest.param(BENS, [], Wrong.NOT_ON_CALL, id="not hers"),
        pytest.param(NIGHT, [ASKED], Wrong.ASKED_ALREADY, id="asked for"),
        pytest.param(NIGHT, [replace(ASKED, asked_by="ben")], None, id="asked for by another"),
        pytest.param(NIGHT, [replace(ASKED, level="manager")], None, id="at another level"),
        pytest.param(
            NIGHT, [replace(ASKED, state=RequestState.CANCELLED)], None, id="asked and cancelled"
        ),
        pytest.param(
            NIGHT, [replace(ASKED, segment=stretch("01-10 09:00", "01-11 09:00"))], None,
            id="asked for what follows",
        ),
    ],
)  # fmt: skip
def test_what_can_be_covered(
    segment: Segment, requests: list[ShiftRequest], expected: Wrong | None
) -> None:
    assert wrong_cover(ROTA, "ana", "primary", segment, requests) == expected


MINE, THEIRS = Stretch("primary", "ana", ANAS), Stretch("primary", "ben", BENS)


@pytest.mark.parametrize(
    ("mine", "theirs", "schedule", "requests", "expected"),
    [
        pytest.param(MINE, THEIRS, ROTA, [], None, id="a week for a week"),
        pytest.param(
            MINE, replace(THEIRS, level="manager"), ROTA, [], Wrong.OTHER_LEVEL, id="levels"
        ),
        pytest.param(MINE, MINE, ROTA, [], Wrong.OTHER_LEVEL, id="with oneself"),
        pytest.param(
            replace(MINE, segment=Segment(NOW, NOW + HOUR)), THEIRS, ROTA, [], Wrong.BEGUN,
            id="begun",
        ),
        pytest.param(
            MINE, replace(THEIRS, segment=ANAS), ROTA, [], Wrong.NO_LONGER, id="not theirs"
        ),
        pytest.param(
            MINE, THEIRS, with_override(ANAS, "cy", "ana"), [], Wrong.NO_LONGER, id="mine no longer"
        ),
        pytest.param(
            MINE, THEIRS, with_override(ANAS, "ben", None, besides=True), [], Wrong.BOTH_ON_CALL,
            id="both on call",
        ),
        pytest.param(
            MINE, THEIRS, ROTA, [replace(COVER, segment=ANAS)], Wrong.ASKED_ALREADY, id="asked for"
        ),
    ],
)  # fmt: skip
def test_what_can_be_swapped(
    mine: Stretch,
    theirs: Stretch,
    schedule: Schedule,
    requests: list[ShiftRequest],
    expected: Wrong | None,
) -> None:
    assert wrong_swap(schedule, mine, theirs, requests, NOW) == expected


# Accepting


@pytest.mark.parametrize(
    ("request_", "by", "schedule", "now", "expected"),
    [
        pytest.param(COVER, "ben", ROTA, NOW, Verdict.GRANTED, id="cover"),
        pytest.param(COVER, "dee", ROTA, NOW, Verdict.GRANTED, id="cover, from another level"),
        pytest.param(COVER, "ana", ROTA, NOW, Verdict.OWN, id="cover, one's own"),
        pytest.param(COVER, "ben", ROTA, NIGHT.start - timedelta.resolution, Verdict.GRANTED,
                     id="cover, in the last moment"),
        pytest.param(COVER, "ben", ROTA, NIGHT.start, Verdict.TOO_LATE, id="cover, too late"),
        pytest.param(replace(COVER, asked_at=NIGHT.start), "ben", ROTA, NIGHT.start + HOUR,
                     Verdict.GRANTED, id="cover, begun when asked"),
        pytest.param(replace(COVER, asked_at=NIGHT.start), "ben", ROTA, NIGHT.end,
                     Verdict.TOO_LATE, id="cover, begun when asked, and over"),
        pytest.param(COVER, "ben", with_override(NIGHT, "ben", None, besides=True), NOW,
                     Verdict.ON_CALL_ALREADY, id="cover, by who is on call then"),
        pytest.param(COVER, "cy", with_override(NIGHT, "ben", None), NOW, Verdict.MOOT,
                     id="cover, not needed any more"),
        pytest.param(replace(COVER, segment=stretch("01-11 09:00", "01-13 09:00")), "ben", ROTA,
                     NOW, Verdict.GRANTED, id="cover, by who is on call for a part of it"),
        *(
            pytest.param(replace(COVER, state=state), "ben", ROTA, NOW, Verdict.SETTLED,
                         id=f"cover, {state}")
            for state in RequestState if state is not RequestState.OPEN
        ),
        pytest.param(SWAP, "ben", ROTA, NOW, Verdict.GRANTED, id="swap"),
        pytest.param(SWAP, "cy", ROTA, NOW, Verdict.NOT_ASKED, id="swap, by another"),
        pytest.param(SWAP, "ana", ROTA, NOW, Verdict.OWN, id="swap, one's own"),
        pytest.param(SWAP, "ben", ROTA, BENS.start, Verdict.TOO_LATE, id="swap, too late"),
        pytest.param(SWAP, "ben", with_override(NIGHT, "cy", "ana"), NOW, Verdict.GRANTED,
                     id="swap, something else has changed"),
        pytest.param(SWAP, "ben", with_override(ANAS, "cy", "ana"), NOW, Verdict.MOOT,
                     id="swap, mine has changed"),
        pytest.param(SWAP, "ben", with_override(stretch("01-14 09:00", "01-15 09:00"), "cy", "ben"),
                     NOW, Verdict.MOOT, id="swap, a day of theirs has changed"),
        pytest.param(SWAP, "ben", with_override(BENS, "ana", None, besides=True), NOW,
                     Verdict.MOOT, id="swap, both are on call then"),
    ],
)  # fmt: skip
def test_what_comes_of_a_yes(
    request_: ShiftRequest, by: str, schedule: Schedule, now: datetime, expected: Verdict
) -> None:
    assert verdict(request_, by, schedule, now) == expected


def test_who_cannot_be_on_call_any_more_gets_no_shift_but_can_be_covered() -> None:
    assert verdict(SWAP, "ben", ROTA, NOW, asker_can=False) is Verdict.MOOT
    assert verdict(COVER, "ben", ROTA, NOW, asker_can=False) is Verdict.GRANTED


def test_a_yes_to_cover_is_one_override_of_what_is_left() -> None:
    begun = replace(COVER, asked_at=NIGHT.start)
    (made,) = accepted(7, begun, "ben", NIGHT.start + HOUR)
    assert (made.kind, made.user, made.instead_of) == (OverrideKind.REPLACE, "ben", "ana")
    assert made.segment == Segment(NIGHT.start + HOUR, NIGHT.end)
    assert (made.set_by, made.request_id) == ("ben", 7)


@given(
    start=st.integers(1, 24 * 7 * 10),
    length=st.integers(1, 24 * 7 * 3),
    by=st.sampled_from(["ben", "cy", "dee"]),
)
def test_cover_that_is_granted_changes_that_time_and_no_other(
    start: int, length: int, by: str
) -> None:
    segment = Segment(NOW + start * HOUR, NOW + (start + length) * HOUR)
    request = replace(COVER, segment=segment)
    found = verdict(request, by, ROTA, NOW)
    if found is not Verdict.GRANTED:
        never = not is_ever_on(ROTA, "primary", "ana", segment)
        assert found is (Verdict.MOOT if never else Verdict.ON_CALL_ALREADY)
        return
    after = Schedule(ROTA.rotations, accepted(1, request, by, NOW))
    assert not is_ever_on(after, "primary", "ana", segment)
    for window in (Segment(NOW, segment.start), Segment(segment.end, segment.end + 8 * WEEK)):
        same = after.shifts("primary", window.start, window.end)
        assert same == ROTA.shifts("primary", window.start, window.end)
    assert set(changes(ROTA, after, LEVELS, NOW, NOW + 20 * WEEK)) <= {"ana", by}


@given(mine=st.integers(0, 20), theirs=st.integers(0, 20), who=st.sampled_from(["ben", "cy"]))
def test_a_swap_that_is_granted_leaves_as_much_to_everybody(
    mine: int, theirs: int, who: str
) -> None:
    ours, others = to_swap(ROTA, "ana", LEVELS, NOW), to_swap(ROTA, who, LEVELS, NOW)
    give, take = ours[mine % len(ours)], others[theirs % len(others)]
    assert wrong_swap(ROTA, give, take, [], NOW) is None
    request = replace(SWAP, segment=give.segment, asked_of=who, in_return=take.segment)
    assert verdict(request, who, ROTA, NOW) is Verdict.GRANTED
    after = Schedule(ROTA.rotations, accepted(1, request, who, NOW))
    assert is_alone(after, "primary", who, give.segment)
    assert is_alone(after, "primary", "ana", take.segment)
    for user in ("ana", "ben", "cy"):
        before_, after_ = (
            sum((s.segment.duration for s in schedule.shifts_of(user, NOW, NOW + AHEAD)), HOUR)
            for schedule in (ROTA, after)
        )
        changed = give.segment.duration - take.segment.duration
        expected = {"ana": -changed, who: changed}.get(user, timedelta(0))
        assert after_ - before_ == expected
    assert verdict(request, who, after, NOW) is Verdict.MOOT, "it cannot be granted twice"
