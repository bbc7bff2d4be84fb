"""Times as people type them, by the office's clock or with an offset."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.wall_time import typed_instant, which_of_two

CENTRAL = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("typed", "instant"),
    [
        ("2026-11-21 02:00", "2026-11-21T08:00:00+00:00"),
        (" 2026-07-21t02:00:30 ", "2026-07-21T07:00:30+00:00"),
        ("2026-11-21", "2026-11-21T06:00:00+00:00"),
        ("2026-11-21T02:00Z", "2026-11-21T02:00:00+00:00"),
        ("2026-11-21t02:00z", "2026-11-21T02:00:00+00:00"),
        ("2026-11-21 02:00+05:30", "2026-11-20T20:30:00+00:00"),
        ("2026-11-01 01:30", "2026-11-01T06:30:00+00:00"),  # autumn repeats it: the first
        ("2026-11-01 01:30-06:00", "2026-11-01T07:30:00+00:00"),  # the second
        ("2026-03-08 02:30", "2026-03-08T08:30:00+00:00"),  # spring skips it: 03:30
    ],
)
def test_what_was_typed_is_an_instant(typed: str, instant: str) -> None:
    found = typed_instant(typed, CENTRAL)
    assert found == datetime.fromisoformat(instant)
    assert found.isoformat() == instant


@pytest.mark.parametrize(
    "typed", ["", "noon", "02:00", "2026-02-30 10:00", "9999-12-31 23:59", "2026-11-21 25:00"]
)
def test_anything_else_is_none(typed: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        typed_instant(typed, CENTRAL)


@pytest.mark.parametrize(
    ("typed", "which"),
    [
        ("2026-11-01 00:59", None),
        ("2026-11-01 01:00", 1),
        ("2026-11-01 01:59:59-05:00", 1),
        ("2026-11-01 01:00-06:00", 2),
        ("2026-11-01 02:00", None),
        ("2026-03-08 02:30", None),
        ("2026-03-08 01:59", None),
    ],
)
def test_a_time_that_the_clock_shows_twice_is_told_apart(typed: str, which: int | None) -> None:
    assert which_of_two(typed_instant(typed, CENTRAL), CENTRAL) == which
