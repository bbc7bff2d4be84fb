"""What wakes the engine: what is due before its next tick comes by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from story import Story

from bot.domain.timers import Timer, TimerKind
from bot.engine.ticker import LONGEST_SLEEP


@pytest.mark.parametrize(
    ("ahead", "wakes"),
    [(-timedelta(days=1), 1), (LONGEST_SLEEP / 2, 1), (LONGEST_SLEEP, 0), (timedelta(days=1), 0)],
    ids=["overdue", "before the next tick", "with the next tick", "tomorrow"],
)
def test_only_what_is_due_before_the_next_tick_wakes_the_engine(
    tell: Callable[..., Story], monkeypatch: pytest.MonkeyPatch, ahead: timedelta, wakes: int
) -> None:
    """By the desk's clock, wherever that was turned to."""
    desk = tell().desk
    desk.rest()
    woken: list[None] = []
    monkeypatch.setattr(desk.bot, "wake", lambda: woken.append(None))
    with desk.bot.store.transaction() as tx:
        tx.timers.add(Timer(TimerKind.REDRAW, desk.clock.now() + ahead, "one", {}))
    assert len(woken) == wakes
