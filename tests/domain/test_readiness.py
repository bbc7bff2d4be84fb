"""What on-call lacks, found in the schedule and in what is known of people; and what is news."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.access import Reach
from bot.domain.readiness import (
    AHEAD,
    Finding,
    FindingKind,
    Standing,
    coming_night,
    findings,
    next_review,
    on_call_ahead,
    still_true,
    unsaid,
)
from bot.domain.rotation import HandoffTime, Rotation
from bot.domain.schedule import Override, OverrideKind, Schedule
from bot.domain.segments import Segment
from bot.policy import load_policy

CENTRAL = ZoneInfo("America/Chicago")
HOURS = load_policy().hours
LEVELS = ("primary", "secondary")
K = FindingKind


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


NOW = central("2026-11-23 10:00")  # a Monday
NIGHT = coming_night(HOURS, NOW)
END = NOW + AHEAD


def rotation(level: str, *members: str, handoff: str = "mon 09:00", days: int = 7) -> Rotation:
    starts = central("2026-11-23 09:00")
    return Rotation(level, members, HandoffTime.parse(handoff), CENTRAL, starts, every_days=days)


def override(
    level: str, start: str, end: str, *, comes: str | None = None, goes: str | None = None
) -> Override:
    kind = OverrideKind.REPLACE if comes else OverrideKind.REMOVE
    segment = Segment(central(start), central(end))
    return Override(1, level, kind, comes, goes, segment, central("2026-11-20 09:00"), "lee")


ANA, BEN = rotation("primary", "ana"), rotation("secondary", "ben")
FULL = Schedule((ANA, BEN))
# Slack keeps quiet in the night that comes.
ASLEEP = Standing(
    reach=Reach(quiet=Segment(central("2026-11-23 22:00"), central("2026-11-24 08:00")))
)


def found(
    schedule: Schedule = FULL,
    *,
    routed: tuple[str, ...] = (),
    now: datetime = NOW,
    night: Segment = NIGHT,
    **people: Standing,
) -> tuple[Finding, ...]:
    known: Mapping[str, Standing] = {
        user: people.get(user, Standing()) for user in on_call_ahead(schedule, LEVELS, now)
    }
    return findings(schedule, LEVELS, known, night, routed, now)


def test_a_schedule_without_gaps_whose_people_can_be_reached_lacks_nothing() -> None:
    assert found() == ()


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        pytest.param(
            Schedule(),
            [Finding(K.VACANT, "primary", NOW), Finding(K.VACANT, "secondary", NOW)],
            id="nothing was ever set",
        ),
        pytest.param(
            Schedule((ANA,)), [Finding(K.VACANT, "secondary", NOW)], id="a level without a rotation"
        ),
        pytest.param(
            Schedule(
                (ANA,), (override("secondary", "2026-11-20 09:00", "2026-12-01 08:00", comes="cy"),)
            ),
            [Finding(K.GAP, "secondary", central("2026-12-01 08:00"))],
            id="a level that somebody covers for a while",
        ),
        pytest.param(
            Schedule(
                (ANA, BEN),
                (override("primary", "2026-11-24 12:00", "2026-11-24 14:00", goes="ana"),),
            ),
            [Finding(K.GAP, "primary", central("2026-11-24 12:00"), central("2026-11-24 14:00"))],
            id="somebody is off for two hours",
        ),
        pytest.param(
            Schedule(
                (ANA, BEN),
                (override("primary", "2026-11-23 08:00", "2026-11-23 12:00", goes="ana"),),
            ),
            [Finding(K.GAP, "primary", NOW, central("2026-11-23 12:00"))],
            id="a gap that has begun",
        ),
        pytest.param(
            Schedule(
                (ANA, BEN),
                (override("primary", "2026-12-21 10:00", "2026-12-22 09:00", goes="ana"),),
            ),
            [],
            id="a gap in more than four weeks",
        ),
        pytest.param(
            Schedule((rotation("other", "cy"), ANA, BEN)), [], id="a level that pages do not ring"
        ),
    ],
)
def test_levels_that_nobody_is_on_are_found(schedule: Schedule, expected: list[Finding]) -> None:
    assert list(found(schedule)) == expected


@pytest.mark.parametrize(
    ("standing", "kind", "reason"),
    [
        (Standing(is_deactivated=True, is_team=False), K.GONE, None),
        (Standing(is_team=False), K.OUTSIDE, None),
        (Standing(reach=Reach("user_disabled")), K.NO_DM, "user_disabled"),
    ],
    ids=["deactivated", "of the team no more", "no direct message"],
)
def test_who_cannot_be_paged_is_found_once_with_their_first_shift(
    standing: Standing, kind: FindingKind, reason: str | None
) -> None:
    two_levels = Schedule(
        (rotation("primary", "ana", "cy"), BEN),
        (override("secondary", "2026-11-25 09:00", "2026-11-26 09:00", comes="cy"),),
    )
    assert found(two_levels, cy=standing) == (
        Finding(kind, "secondary", central("2026-11-25 09:00"), user="cy", reason=reason),
    )


def test_who_has_no_coming_shift_is_nobodys_concern() -> None:
    assert on_call_ahead(FULL, LEVELS, NOW) == {"ana", "ben"}
    assert on_call_ahead(Schedule((rotation("other", "cy"),)), LEVELS, NOW) == frozenset()


def quiet(start: str, end: str) -> Standing:
    return Standing(reach=Reach(quiet=Segment(central(start), central(end))))


@pytest.mark.parametrize(
    ("standing", "is_found"),
    [
        (quiet("2026-11-23 22:00", "2026-11-24 08:00"), True),
        (quiet("2026-11-24 06:59", "2026-11-24 07:30"), True),
        (quiet("2026-11-24 07:00", "2026-11-24 09:00"), False),
        (quiet("2026-11-23 12:00", "2026-11-23 18:00"), False),
        (quiet("2026-11-24 18:00", "2026-11-25 07:00"), False),
    ],
    ids=["all night", "its last minute", "from the opening", "until closing", "the night after"],
)
def test_do_not_disturb_counts_in_the_coming_night(standing: Standing, is_found: bool) -> None:
    expected = Finding(K.QUIET, "primary", *_bounds(standing), user="ana")
    assert found(ana=standing) == ((expected,) if is_found else ())


def _bounds(standing: Standing) -> tuple[datetime, datetime]:
    stretch = standing.reach.quiet
    assert stretch is not None
    return stretch.start, stretch.end


def test_do_not_disturb_counts_only_while_one_is_on_call() -> None:
    """Cy takes the pager at nine, when do-not-disturb is over."""
    then_cy = Schedule(
        (ANA, BEN), (override("primary", "2026-11-24 06:00", "2026-12-30 09:00", comes="cy"),)
    )
    assert found(then_cy, cy=quiet("2026-11-23 22:00", "2026-11-24 06:00")) == ()
    assert [
        one.user for one in found(then_cy, cy=quiet("2026-11-23 22:00", "2026-11-24 06:01"))
    ] == ["cy"]


@pytest.mark.parametrize(
    ("routed", "remarks"),
    [((), [False]), (("primary",), [True]), (("secondary",), [False])],
    ids=["no route", "a route", "a route of another level"],
)
def test_do_not_disturb_is_a_remark_where_a_route_rings(
    routed: tuple[str, ...], remarks: list[bool]
) -> None:
    assert [one.is_remark for one in found(ana=ASLEEP, routed=routed)] == remarks


def test_a_route_at_one_of_two_levels_does_not_help_at_the_other() -> None:
    twice = Schedule((ANA, rotation("secondary", "ana")))
    heard, both = found(twice, ana=ASLEEP, routed=("primary",))
    assert (heard.kind, heard.level, heard.is_remark) == (K.QUIET, "secondary", False)
    assert both.kind is K.TWICE


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        pytest.param(Schedule((ANA, rotation("secondary", "ana"))), [(NOW, None)], id="for ever"),
        pytest.param(
            Schedule((rotation("primary", "ana", "ben"), rotation("secondary", "ben", "cy"))),
            [],
            id="one after the other",
        ),
        pytest.param(
            Schedule((rotation("primary", "ana", "ben"), rotation("secondary", "cy", "ben", "d"))),
            [(central("2026-11-30 09:00"), central("2026-12-07 09:00"))],
            id="in one week of three, the first of them",
        ),
        pytest.param(
            Schedule(
                (ANA, BEN),
                (override("primary", "2026-11-24 12:00", "2026-11-24 14:00", comes="ben"),),
            ),
            [(central("2026-11-24 12:00"), central("2026-11-24 14:00"))],
            id="while covering",
        ),
    ],
)
def test_somebody_on_two_levels_at_once_is_found(
    schedule: Schedule, expected: list[tuple[datetime, datetime | None]]
) -> None:
    assert [(one.start, one.end) for one in found(schedule)] == expected
    assert {(one.kind, one.level, one.other_level) for one in found(schedule)} <= {
        (K.TWICE, "primary", "secondary")
    }


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-11-23 10:00", "2026-11-23 18:00", "2026-11-24 07:00"),
        ("2026-11-23 07:00", "2026-11-23 18:00", "2026-11-24 07:00"),
        ("2026-11-23 18:00", "2026-11-23 18:00", "2026-11-24 07:00"),
        ("2026-11-24 03:00", "2026-11-24 03:00", "2026-11-24 07:00"),
        ("2026-11-20 12:00", "2026-11-20 18:00", "2026-11-23 07:00"),
        ("2026-11-25 12:00", "2026-11-25 18:00", "2026-11-27 07:00"),
    ],
    ids=["by day", "at opening", "at closing", "by night", "weekend", "Thanksgiving"],
)
def test_the_coming_night_is_when_the_office_is_closed_next(now: str, start: str, end: str) -> None:
    assert coming_night(HOURS, central(now)) == Segment(central(start), central(end))


@pytest.mark.parametrize(
    ("after", "review"),
    [
        ("2026-11-22 12:00", "2026-11-23 07:00"),
        ("2026-11-23 06:59", "2026-11-23 07:00"),
        ("2026-11-23 07:00", "2026-11-30 07:00"),
        ("2026-11-25 12:00", "2026-11-30 07:00"),
        ("2026-09-06 12:00", "2026-09-08 07:00"),
        ("2026-09-08 07:00", "2026-09-14 07:00"),
        ("2026-10-31 12:00", "2026-11-02 07:00"),
    ],
    ids=["Sunday", "just before", "at it", "midweek", "before Labor Day", "after it", "autumn"],
)
def test_the_schedule_is_looked_over_at_the_first_opening_of_a_week(
    after: str, review: str
) -> None:
    assert next_review(HOURS, central(after)) == central(review)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_week_is_looked_over_once(after: datetime) -> None:
    review = next_review(HOURS, after)
    following = next_review(HOURS, review)
    assert after < review <= after + timedelta(days=8)
    weeks = [at.astimezone(CENTRAL).date().isocalendar()[:2] for at in (review, following)]
    assert weeks[0] < weeks[1]
    assert HOURS.opens_at(review - timedelta.resolution) == review


GAP = Finding(K.GAP, "primary", NOW, NOW + timedelta(hours=4))
GONE = Finding(K.GONE, "primary", NOW, user="ana")


@pytest.mark.parametrize(
    ("now", "said", "is_news"),
    [
        pytest.param(GAP, [], True, id="the first"),
        pytest.param(GAP, [GAP], False, id="the same"),
        pytest.param(replace(GAP, start=NOW + timedelta(hours=1)), [GAP], False, id="half over"),
        pytest.param(replace(GAP, end=NOW + timedelta(hours=5)), [GAP], True, id="it grew"),
        pytest.param(replace(GAP, end=None), [GAP], True, id="it ends no more"),
        pytest.param(GAP, [replace(GAP, end=None)], False, id="it was said to go on"),
        pytest.param(GAP, [replace(GAP, level="secondary")], True, id="another level"),
        pytest.param(
            GAP, [Finding(K.VACANT, "primary", NOW - timedelta(days=1))], False, id="all was empty"
        ),
        pytest.param(
            Finding(K.VACANT, "primary", NOW), [GAP], True, id="nobody at all, where a gap was"
        ),
        pytest.param(replace(GONE, start=END, level="secondary"), [GONE], False, id="who is gone"),
        pytest.param(replace(GONE, user="ben"), [GONE], True, id="somebody else is gone"),
        pytest.param(replace(GONE, kind=K.OUTSIDE), [GONE], True, id="for another reason"),
        pytest.param(
            Finding(K.TWICE, "primary", NOW, user="ana", other_level="manager"),
            [Finding(K.TWICE, "primary", NOW, user="ana", other_level="secondary")],
            True,
            id="at another pair of levels",
        ),
    ],
)
def test_what_was_said_is_no_news(now: Finding, said: list[Finding], is_news: bool) -> None:
    stored = [Finding.from_dict(json.loads(json.dumps(one.to_dict()))) for one in said]
    assert unsaid([now], stored) == ((now,) if is_news else ())


def test_what_was_mended_and_comes_back_is_news() -> None:
    said = still_true([GAP, GONE], [GONE])
    assert said == (GONE,)
    assert unsaid([GAP, GONE], said) == (GAP,)
