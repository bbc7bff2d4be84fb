"""What became of a page, from its entries; and how many pages a person had in a week."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.domain.events import EventKind, TimelineEntry
from bot.domain.page import TeamNews
from bot.domain.page_history import (
    Escalated,
    Load,
    Moment,
    Over,
    PageHistory,
    Routed,
    Rung,
    Taken,
    Told,
    histories,
    is_night,
    pages_a_week,
    week_of,
    week_start,
)

CENTRAL = ZoneInfo("America/Chicago")
NIGHT = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)  # 02:00 Central
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


def entry(minute: int, kind: EventKind, actor: str | None = None, **facts: Any) -> TimelineEntry:
    return TimelineEntry(1042, NIGHT + minute * MINUTE, kind, actor, {"page": 7, **facts})


def rang(minute: int, user: str = "ANA", version: int = 1) -> TimelineEntry:
    return entry(minute, EventKind.PAGE_RANG, user=user, level="primary", version=version)


def delivered(
    minute: int, user: str = "ANA", version: int | None = 1, late: timedelta = SECOND
) -> TimelineEntry:
    at = (NIGHT + minute * MINUTE + late).isoformat()
    return entry(minute, EventKind.PAGE_DELIVERED, user=user, version=version, at=at)


def news(minute: int, told: TeamNews, user: str | None = None) -> TimelineEntry:
    return entry(minute, EventKind.PAGE_NEWS, news=told, user=user)


def routed(minute: int, action: str, users: list[str]) -> TimelineEntry:
    return entry(minute, EventKind.PAGE_ROUTED, route="pagerduty", action=action, users=users)


def at(minute: int) -> datetime:
    return NIGHT + minute * MINUTE


OPENED = entry(0, EventKind.PAGE_OPENED, state="ringing")
ACKNOWLEDGED = EventKind.PAGE_ACKNOWLEDGED

CASES: list[tuple[str, list[TimelineEntry], list[Moment]]] = [
    ("held, and nothing else", [], []),
    ("rung, on its way", [rang(0)], [Rung(at(0), "ANA", "primary")]),
    (
        "rung and arrived, at the time of Slack's own",
        [rang(0), delivered(0)],
        [Rung(at(0), "ANA", "primary", at(0) + SECOND)],
    ),
    (
        "each arrival belongs to its own ring, however late it is heard of",
        [rang(0), rang(5, version=2), delivered(5, version=2), delivered(6, version=1)],
        [
            Rung(at(0), "ANA", "primary", at(6) + SECOND),
            Rung(at(5), "ANA", "primary", at(5) + SECOND),
        ],
    ),
    (
        "two rung at once, one of them refused",
        [
            rang(0),
            rang(0, "BEN"),
            entry(0, EventKind.PAGE_REFUSED, user="BEN", version=1, reason="user_disabled"),
            delivered(0),
        ],
        [
            Rung(at(0), "ANA", "primary", at(0) + SECOND),
            Rung(at(0), "BEN", "primary", refused="user_disabled"),
        ],
    ),
    (
        "a ring of before arrivals were recorded",
        [entry(0, EventKind.PAGE_RANG, user="ANA", level="primary")],
        [Rung(at(0), "ANA", "primary", is_known=False)],
    ),
    (
        "such a ring that arrived just after the update",
        [entry(0, EventKind.PAGE_RANG, user="ANA", level="primary"), delivered(0, version=None)],
        [Rung(at(0), "ANA", "primary", at(0) + SECOND)],
    ),
    ("an arrival of no ring is nothing", [delivered(0)], []),
    (
        "routes count when they ring, not when they are told to stop",
        [rang(0), routed(2, "trigger", ["ANA"]), routed(9, "resolve", [])],
        [Rung(at(0), "ANA", "primary"), Routed(at(2), "pagerduty", ("ANA",))],
    ),
    (
        "a route that refuses to ring, and then to stop",
        [
            entry(m, EventKind.PAGE_REFUSED, route="pagerduty", action=action, reason="HTTP 403")
            for m, action in enumerate(("trigger", "resolve"))
        ],
        [Routed(at(0), "pagerduty", refused="HTTP 403")],
    ),
    (
        "acknowledged so long after the first ring",
        [rang(0), rang(5, version=2), entry(12, ACKNOWLEDGED, "BEN")],
        [
            Rung(at(0), "ANA", "primary"),
            Rung(at(5), "ANA", "primary"),
            Taken(at(12), "BEN", 12 * MINUTE),
        ],
    ),
    (
        "acknowledged again: counted from the ring that followed the first acknowledgement",
        [rang(0), entry(1, ACKNOWLEDGED, "ANA"), rang(31, version=3), entry(33, ACKNOWLEDGED, "A")],
        [
            Rung(at(0), "ANA", "primary"),
            Taken(at(1), "ANA", MINUTE),
            Rung(at(31), "ANA", "primary"),
            Taken(at(33), "A", 2 * MINUTE),
        ],
    ),
    (
        "acknowledged before anybody was rung",
        [news(0, TeamNews.NOBODY_ON_CALL), entry(3, ACKNOWLEDGED, "ANA")],
        [Told(at(0), TeamNews.NOBODY_ON_CALL, None), Taken(at(3), "ANA", None)],
    ),
    (
        "what the day had does not count for the night after",
        [rang(0), news(300, TeamNews.HANDED_OVER), rang(960, version=4), entry(961, ACKNOWLEDGED)],
        [
            Rung(at(0), "ANA", "primary"),
            Told(at(300), TeamNews.HANDED_OVER, None),
            Rung(at(960), "ANA", "primary"),
            Taken(at(961), None, MINUTE),
        ],
    ),
    (
        "escalated, answered",
        [
            entry(1, EventKind.PAGE_ESCALATED, "ANA"),
            entry(2, EventKind.PAGE_CLOSED, "BEN", why="lowered"),
        ],
        [Escalated(at(1), "ANA"), Over(at(2), "BEN", "lowered")],
    ),
    (
        "closed by an older version, which gave no reason",
        [entry(2, EventKind.PAGE_CLOSED, "BEN")],
        [Over(at(2), "BEN", "answered")],
    ),
]


@pytest.mark.parametrize(
    ("entries", "moments"), [pytest.param(e, m, id=name) for name, e, m in CASES]
)
def test_what_became_of_a_page(entries: list[TimelineEntry], moments: list[Moment]) -> None:
    assert histories([OPENED, *entries]) == [PageHistory(7, 1042, NIGHT, tuple(moments))]


def test_pages_are_told_apart_and_what_is_of_no_page_is_left_out() -> None:
    other = TimelineEntry(1043, at(1), EventKind.PAGE_OPENED, None, {"page": 8, "state": "held"})
    again = TimelineEntry(1042, at(3), EventKind.PAGE_OPENED, None, {"page": 9, "state": "held"})
    wrote = TimelineEntry(1042, at(0), EventKind.WROTE, "CARLA", {"message": 1})
    found = histories([wrote, OPENED, other, rang(2), again])
    assert [(page.page_id, page.case_number, len(page.moments)) for page in found] == [
        (7, 1042, 1),
        (8, 1043, 0),
        (9, 1042, 0),
    ]


def test_a_page_that_goes_on_is_not_over() -> None:
    (page,) = histories([OPENED, rang(0)])
    assert page.over is None
    (page,) = histories([OPENED, rang(0), entry(2, EventKind.PAGE_CLOSED, "BEN", why="answered")])
    assert page.over == Over(at(2), "BEN", "answered")


def central(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CENTRAL).astimezone(UTC)


@pytest.mark.parametrize(
    ("local", "monday"),
    [
        ("2026-11-23 00:00", date(2026, 11, 23)),
        ("2026-11-22 23:59:59", date(2026, 11, 16)),
        ("2026-11-29 23:59:59", date(2026, 11, 23)),
        ("2026-11-01 01:30", date(2026, 10, 26)),  # the clocks go back on this Sunday
        ("2026-11-02 00:00", date(2026, 11, 2)),
        ("2026-03-08 03:30", date(2026, 3, 2)),  # and forward on this one
        ("2026-03-09 00:00", date(2026, 3, 9)),
        ("2027-01-01 00:00", date(2026, 12, 28)),
    ],
)
def test_a_week_begins_on_monday_by_the_wall_clock(local: str, monday: date) -> None:
    assert week_of(central(local), CENTRAL) == monday


def test_a_week_in_which_the_clocks_change_is_an_hour_longer_or_shorter() -> None:
    for monday, hours in (
        (date(2026, 10, 26), 169),
        (date(2026, 3, 2), 167),
        (date(2026, 11, 23), 168),
    ):
        start, end = (week_start(m, CENTRAL) for m in (monday, monday + timedelta(days=7)))
        assert end - start == timedelta(hours=hours)
        assert week_of(start, CENTRAL) == week_of(end - timedelta.resolution, CENTRAL) == monday


@pytest.mark.parametrize(
    ("local", "night"),
    [
        ("2026-11-21 21:59:59", False),
        ("2026-11-21 22:00", True),
        ("2026-11-22 00:00", True),
        ("2026-11-22 06:59:59", True),
        ("2026-11-22 07:00", False),
        ("2026-11-01 01:30", True),  # both of them
        ("2026-07-21 21:59", False),
    ],
)
def test_the_night_is_by_the_wall_clock(local: str, night: bool) -> None:
    for fold in (0, 1):
        moment = datetime.fromisoformat(local).replace(tzinfo=CENTRAL, fold=fold)
        assert is_night(moment.astimezone(UTC), CENTRAL) is night


def page(number: int, *rings: tuple[str, str]) -> PageHistory:
    moments = tuple(Rung(central(when), user, "primary") for user, when in rings)
    return PageHistory(number, 1000 + number, moments[0].at, moments)


def test_a_page_counts_once_a_person_in_the_week_of_its_first_ring() -> None:
    over_midnight = page(1, ("ANA", "2026-11-22 23:55"), ("ANA", "2026-11-23 00:05"))
    by_day = page(2, ("ANA", "2026-11-21 12:00"), ("BEN", "2026-11-21 12:10"))
    late = page(3, ("ANA", "2026-11-21 21:55"), ("ANA", "2026-11-21 22:00"))
    this_week = page(4, ("ANA", "2026-11-26 12:00"))
    assert pages_a_week([over_midnight, by_day, late, this_week], CENTRAL) == {
        "ANA": {date(2026, 11, 16): Load(3, 2), date(2026, 11, 23): Load(1, 0)},
        "BEN": {date(2026, 11, 16): Load(1, 0)},
    }


def test_what_slack_refused_rang_nobody() -> None:
    refused = Rung(central("2026-11-21 02:00"), "ANA", "primary", refused="user_disabled")
    assert pages_a_week([PageHistory(1, 1001, refused.at, (refused,))], CENTRAL) == {}


def test_the_repeated_hour_of_autumn_is_one_night_of_one_week() -> None:
    twice = [
        datetime(2026, 11, 1, 1, 30, tzinfo=CENTRAL, fold=fold).astimezone(UTC) for fold in (0, 1)
    ]
    pages = [
        PageHistory(n, n, when, (Rung(when, "ANA", "primary"),)) for n, when in enumerate(twice)
    ]
    assert pages_a_week(pages, CENTRAL) == {"ANA": {date(2026, 10, 26): Load(2, 2)}}
