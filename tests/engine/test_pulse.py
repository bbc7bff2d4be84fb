"""The mark from which every process sees that an engine ticks."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from bot.engine.pulse import Pulse
from bot.errors import StorageUnavailableError
from bot.sandbox.playground import TurnedClock
from bot.services.desk import Desk

HOUR = timedelta(hours=1)


def mark(desk: Desk) -> datetime | None:
    with desk.store.reading() as tx:
        return tx.marks.get("engine").at


def turn(desk: Desk, seconds: float) -> datetime:
    assert isinstance(desk.clock, TurnedClock)
    desk.clock.turn_to(desk.clock.now() + timedelta(seconds=seconds))
    return desk.clock.now()


def test_a_tick_moves_the_mark_every_ten_seconds_and_answers_as_ever(either_desk: Desk) -> None:
    pulse = Pulse(either_desk, lambda: HOUR)
    first = either_desk.clock.now()
    assert pulse() == HOUR
    assert mark(either_desk) == first
    turn(either_desk, 9.9)
    pulse()
    assert mark(either_desk) == first
    later = turn(either_desk, 0.1)
    pulse()
    assert mark(either_desk) == later


def test_the_mark_follows_a_clock_that_goes_back(desk: Desk) -> None:
    pulse = Pulse(desk, lambda: HOUR)
    pulse()
    earlier = turn(desk, -3600)
    pulse()
    assert mark(desk) == earlier


def test_without_a_database_the_tick_is_a_tick_and_the_mark_comes_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*_: object) -> None:
        raise StorageUnavailableError("The database is away.")

    pulse = Pulse(desk, lambda: HOUR)
    with monkeypatch.context() as patched:
        patched.setattr(type(desk.store), "transaction", away)
        assert pulse() == HOUR
    assert "The database is away." in caplog.text
    pulse()
    assert mark(desk) == desk.clock.now()
