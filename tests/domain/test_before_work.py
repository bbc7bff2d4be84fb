"""Before which windows the team looks at urgent cases, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.before_work import is_looked_at, look_at
from bot.domain.maintenance import WindowKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window

HOUR = timedelta(hours=1)
START = datetime(2026, 12, 19, 2, tzinfo=UTC)
BEFORE = START - HOUR
ROUTINE = Window("routine-2026-12-14", WindowKind.ROUTINE, None, Segment(START, START + 33 * HOUR))


def work(after: float, hours: float = 4, **facts: object) -> Window:
    """Work that begins so many hours after the routine window."""
    start = START + after * HOUR
    made = Window(
        "prod-2026-12-03", WindowKind.UPGRADE, "Prod", Segment(start, start + hours * HOUR)
    )
    return replace(made, **facts)  # type: ignore[arg-type]


def test_the_team_looks_an_hour_before_the_start() -> None:
    assert look_at(ROUTINE) == BEFORE


@pytest.mark.parametrize(
    ("window", "around", "now", "expected"),
    [
        pytest.param(work(0), [], BEFORE, True, id="an upgrade"),
        pytest.param(work(0), [ROUTINE], BEFORE, True, id="an upgrade inside the routine window"),
        pytest.param(work(0, kind=WindowKind.EXTRA), [], BEFORE, True, id="one added by hand"),
        pytest.param(
            work(0, called_off=CalledOff.CANCELLED), [], BEFORE, False, id="one that is called off"
        ),
        pytest.param(work(0), [], START + HOUR, True, id="one that has begun"),
        pytest.param(work(0), [], START + 4 * HOUR, False, id="one that is over"),
        pytest.param(ROUTINE, [], BEFORE, False, id="a routine window by itself"),
        pytest.param(ROUTINE, [work(0)], BEFORE, False, id="with work that begins with it"),
        pytest.param(ROUTINE, [work(0.5)], BEFORE, False, id="with work that begins soon after"),
        pytest.param(ROUTINE, [work(1)], BEFORE, True, id="with work an hour after"),
        pytest.param(ROUTINE, [work(12)], BEFORE, True, id="with work the next day"),
        pytest.param(ROUTINE, [work(12), work(0)], BEFORE, False, id="with work then and later"),
        pytest.param(
            ROUTINE,
            [work(12, called_off=CalledOff.SKIPPED)],
            BEFORE,
            False,
            id="with work that is called off",
        ),
        pytest.param(ROUTINE, [work(30)], BEFORE, False, id="with work that goes beyond it"),
    ],
)
def test_the_team_looks_before_windows_with_work(
    window: Window, around: list[Window], now: datetime, expected: bool
) -> None:
    assert is_looked_at(window, [window, *around], now) is expected
