"""What a page did in a night, read off its case's timeline."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.events import EventKind, TimelineEntry
from bot.domain.night import Night, night_of
from bot.domain.page import TeamNews

CLOSING = datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
OPENING = datetime(2026, 11, 23, 13, 0, tzinfo=UTC)


def rang(user: str, minute: int, page: int = 7, since: datetime = CLOSING) -> TimelineEntry:
    at = since + timedelta(minutes=minute)
    return TimelineEntry(1042, at, EventKind.PAGE_RANG, facts={"page": page, "user": user})


def news(told: TeamNews, at: datetime, user: str | None = None) -> TimelineEntry:
    facts = {"page": 7, "news": told, "user": user}
    return TimelineEntry(1042, at, EventKind.PAGE_NEWS, facts=facts)


def took(user: str, minute: int) -> TimelineEntry:
    at = CLOSING + timedelta(minutes=minute)
    return TimelineEntry(1042, at, EventKind.PAGE_ACKNOWLEDGED, user, {"page": 7})


HANDED_OVER = news(TeamNews.HANDED_OVER, OPENING)
RUNG = [rang("ana", 0), rang("ana", 5), rang("ben", 10)]
SUMMARY = Night(CLOSING, {"ana": 2, "ben": 1})


@pytest.mark.parametrize(
    ("entries", "night"),
    [
        pytest.param([], Night(), id="nobody was rung"),
        pytest.param(RUNG, SUMMARY, id="rung"),
        pytest.param([*RUNG, rang("cleo", 12, page=8)], SUMMARY, id="another page of the case"),
        pytest.param(
            [*RUNG, took("ana", 11), rang("ben", 41), took("ben", 42)],
            Night(CLOSING, {"ana": 2, "ben": 2}, (), "ben", CLOSING + timedelta(minutes=42)),
            id="acknowledged: the last one has it",
        ),
        pytest.param(
            [*RUNG, news(TeamNews.UNDELIVERABLE, CLOSING, "ben")],
            Night(CLOSING, {"ana": 2, "ben": 1}, ("ben",)),
            id="refused",
        ),
        pytest.param(
            [
                rang("dan", 0, since=CLOSING - timedelta(days=1)),
                news(TeamNews.HANDED_OVER, OPENING - timedelta(days=3)),
                *RUNG,
            ],
            SUMMARY,
            id="the night before is over",
        ),
        pytest.param(
            [*RUNG, HANDED_OVER, rang("dan", 0, since=OPENING + timedelta(hours=11))],
            SUMMARY,
            id="told late, when the next night has begun",
        ),
    ],
)
def test_a_night_is_who_was_rung_and_who_took_it(
    entries: list[TimelineEntry], night: Night
) -> None:
    assert night_of(7, entries, OPENING) == night
