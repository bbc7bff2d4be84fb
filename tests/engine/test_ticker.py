"""The tick: at least once a second, at once when woken, never two at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from queue import Queue

import pytest

from bot.engine.ticker import LONGEST_SLEEP, Ticker

AN_HOUR = timedelta(hours=1)
AT_ONCE = 0.7  # seconds on a busy machine; less than until the tick that comes by itself
Start = Callable[..., Ticker]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a ticker; it is stopped with the test."""
    started: list[Ticker] = []

    def start(tick: Callable[[], timedelta]) -> Ticker:
        started.append(Ticker(tick))
        started[-1].start()
        return started[-1]

    yield start
    for ticker in started:
        ticker.stop()


class Ticks:
    """Notes when each tick came, on the monotonic clock; asks to sleep as long as it is told."""

    def __init__(self, *sleeps: timedelta) -> None:
        self._came: Queue[float] = Queue()
        self._sleeps = list(sleeps)

    def __call__(self) -> timedelta:
        self._came.put(time.monotonic())
        return self._sleeps.pop(0) if self._sleeps else AN_HOUR

    def next(self, timeout: float = 5.0) -> float:
        return self._came.get(timeout=timeout)

    @property
    def waiting(self) -> int:
        return self._came.qsize()


def test_it_ticks_at_its_start_and_then_once_a_second_however_long_nothing_is_due(
    start: Start,
) -> None:
    ticks, begun = Ticks(), time.monotonic()
    start(ticks)
    came = [ticks.next(), ticks.next()]
    assert came[0] - begun < AT_ONCE
    assert came[1] - came[0] < LONGEST_SLEEP.total_seconds() + 2


def test_it_sleeps_until_the_next_due_time_and_no_longer(start: Start) -> None:
    ticks = Ticks(timedelta(milliseconds=200))
    start(ticks)
    first = ticks.next()
    assert 0.15 < ticks.next() - first < 0.9


def test_a_tick_that_left_something_due_is_followed_by_another_at_once(start: Start) -> None:
    ticks = Ticks(*[timedelta(0)] * 5)
    start(ticks)
    came = [ticks.next() for _ in range(6)]
    assert came[-1] - came[0] < AT_ONCE


def test_a_tick_that_fails_is_followed_by_others(start: Start) -> None:
    ticks, broken = Ticks(), [MemoryError()]

    def tick() -> timedelta:
        sleep = ticks()
        if broken:
            raise broken.pop()
        return sleep

    ticker = start(tick)
    ticks.next()
    ticks.next()
    ticker.wake()
    ticks.next(AT_ONCE)


def test_it_wakes_at_once(start: Start) -> None:
    ticks = Ticks()
    ticker = start(ticks)
    ticks.next()
    late = []
    for _ in range(5):
        while ticker.age < 0.02:  # asleep again
            time.sleep(0.005)
        asked = time.monotonic()
        ticker.wake()
        late.append(ticks.next() - asked)
    assert sorted(late)[2] < AT_ONCE


def test_woken_during_a_tick_it_ticks_again_at_once(start: Start) -> None:
    entered, go_on = Queue[float](), threading.Event()

    def tick() -> timedelta:
        entered.put(time.monotonic())
        assert go_on.wait(5)
        return AN_HOUR

    ticker = start(tick)
    entered.get(timeout=5)
    ticker.wake()
    ticker.wake()
    assert entered.empty()
    ended = time.monotonic()
    go_on.set()
    assert entered.get(timeout=5) - ended < AT_ONCE


def test_it_never_ticks_twice_at_a_time_and_misses_no_wake_up(start: Start) -> None:
    ticking, overlaps, seen = threading.Lock(), 0, 0
    asked = 0
    asking = threading.Lock()

    def tick() -> timedelta:
        nonlocal overlaps, seen
        if not ticking.acquire(blocking=False):
            overlaps += 1
            return AN_HOUR
        with asking:
            seen = asked
        time.sleep(0.0005)
        ticking.release()
        return AN_HOUR

    ticker = start(tick)
    end = time.monotonic() + 1.0

    def wake_now_and_then() -> None:
        nonlocal asked
        while time.monotonic() < end:
            with asking:
                asked += 1
            ticker.wake()
            time.sleep(0.0002)

    threads = [threading.Thread(target=wake_now_and_then) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + AT_ONCE
    while seen != asked and time.monotonic() < deadline:
        time.sleep(0.001)
    assert overlaps == 0
    assert seen == asked > 100


def test_it_is_busy_from_a_wake_up_until_all_is_done(start: Start) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def tick() -> timedelta:
        begun.set()
        may_end.wait(5)
        return AN_HOUR

    ticker = start(tick)
    assert ticker.is_busy
    assert begun.wait(5)
    assert ticker.is_busy
    ticker.wake()
    may_end.set()
    until = time.monotonic() + 5
    while ticker.is_busy and time.monotonic() < until:
        time.sleep(0.005)
    assert not ticker.is_busy
    may_end.clear()
    ticker.wake()
    assert ticker.is_busy
    may_end.set()


def test_stopping_finishes_the_tick_under_way_and_begins_no_other() -> None:
    entered, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    ticked = 0

    def tick() -> timedelta:
        nonlocal ticked
        ticked += 1
        entered.set()
        assert go_on.wait(5)
        ended.set()
        return timedelta(0)

    ticker = Ticker(tick)
    ticker.start()
    assert entered.wait(5)
    stopping = threading.Thread(target=ticker.stop)
    stopping.start()
    stopping.join(0.05)
    assert stopping.is_alive()
    go_on.set()
    stopping.join(5)
    assert ended.is_set()
    ticker.wake()
    time.sleep(0.05)
    assert ticked == 1


def test_its_age_counts_from_the_end_of_the_last_tick(start: Start) -> None:
    ticks = Ticks()
    ticker = start(ticks)
    ticks.next()
    time.sleep(0.1)
    assert 0.05 < ticker.age < 1


class WallClock:
    """A wall clock that somebody sets, for the ticker and for its scheduler."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shift = shift = [timedelta(0)]

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
                return datetime.now(tz) + shift[0]

        for module in ("schedulers.base", "executors.base", "triggers.interval"):
            monkeypatch.setattr(f"apscheduler.{module}.datetime", Shifted)
        monkeypatch.setattr("bot.engine.ticker.wall_now", lambda: Shifted.now(UTC))

    def turn(self, by: timedelta) -> None:
        self.shift[0] += by


@pytest.mark.parametrize("by", [-AN_HOUR, AN_HOUR], ids=["back", "forward"])
def test_a_wall_clock_that_is_set_does_not_stop_it(
    start: Start, monkeypatch: pytest.MonkeyPatch, by: timedelta
) -> None:
    """Set back, the scheduler waits for a time that comes in an hour: the watchdog re-plans it."""
    clock = WallClock(monkeypatch)
    monkeypatch.setattr("bot.engine.ticker.PATIENCE", 0.3)
    ticks = Ticks(*[timedelta(milliseconds=50)] * 3)
    start(ticks)
    ticks.next()
    clock.turn(by)
    while ticks.waiting:  # those that were on their way
        ticks.next()
    assert [ticks.next(timeout=5) for _ in range(3)]
