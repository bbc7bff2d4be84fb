"""The thread that asks Slack: after each learning, when it is hurried, and until it is stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.engine import upkeep
from bot.engine.upkeep import Upkeep
from bot.errors import SlackError


class Asked:
    """Notes what the thread does, and stumbles where it is told."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.stumbles: list[BaseException] = []
        self.then: Callable[[], Any] = lambda: None

    def learn(self, _identity: object) -> None:
        self.done.append("learn")
        if self.stumbles:
            raise self.stumbles.pop()

    def check(self, *, in_any_case: bool) -> None:
        self.done.append("check all" if in_any_case else "check")
        self.then()

    def until(self, *done: str) -> None:
        deadline = time.monotonic() + 5
        while self.done != list(done):
            assert time.monotonic() < deadline, self.done
            time.sleep(0.005)


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def thread(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> Iterator[Upkeep]:
    monkeypatch.setattr(upkeep, "_FIRST_RETRY", 0.02)
    found = Upkeep(lambda: None, asked.learn, asked.check)  # type: ignore[arg-type, return-value]
    yield found
    found.stop()


def test_what_is_learned_is_checked_and_then_checked_when_hurried(
    asked: Asked, thread: Upkeep
) -> None:
    thread.start()
    asked.until("learn", "check all")
    thread.hurry()
    asked.until("learn", "check all", "check")


def test_nobody_has_to_hurry_it_for_ever(
    asked: Asked, thread: Upkeep, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a process asked for that died since is found by the next look."""
    monkeypatch.setattr(upkeep, "LOOK_EVERY", 0.05)
    thread.start()
    asked.until("learn", "check all", "check")


def test_slack_that_is_away_is_asked_again_and_what_hurries_is_checked_meanwhile(
    asked: Asked, thread: Upkeep
) -> None:
    asked.stumbles.append(SlackError("auth.test", "no_answer"))
    thread.start()
    asked.until("learn", "learn", "check all")
    assert thread.learned.is_set()


def test_a_check_that_fails_stops_no_other(asked: Asked, thread: Upkeep) -> None:
    def fail() -> None:
        raise RuntimeError("broken")

    asked.then = fail
    thread.start()
    asked.until("learn", "check all")
    thread.hurry()
    asked.until("learn", "check all", "check")


def test_stopping_ends_a_wait(asked: Asked, thread: Upkeep) -> None:
    went_on: list[bool] = []
    waits = threading.Event()

    def wait() -> None:
        waits.set()
        went_on.append(thread.may_go_on(60))

    asked.then = wait
    thread.start()
    assert waits.wait(5)
    started = time.monotonic()
    thread.stop()
    assert time.monotonic() - started < 2
    assert went_on == [False]


def test_it_is_busy_from_the_moment_it_is_hurried_and_not_while_it_waits(
    asked: Asked, thread: Upkeep
) -> None:
    thread.start()
    asked.until("learn", "check all")
    free, waits = threading.Event(), threading.Event()

    def hold() -> None:
        free.wait(5)
        waits.set()
        thread.pause(60)

    asked.then = hold
    thread.hurry()
    assert thread.is_busy
    free.set()
    assert waits.wait(5)
    deadline = time.monotonic() + 5
    while thread.is_busy:
        assert time.monotonic() < deadline
        time.sleep(0.005)
