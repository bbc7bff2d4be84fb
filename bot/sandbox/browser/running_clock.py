"""A clock that runs like any other, until somebody turns it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.clock import monotonic
from bot.sandbox.playground import TurnedClock


class RunningClock(TurnedClock):
    """Goes on by itself from where it was set, and stands still while time is travelled."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._since: float | None = monotonic()
        self.turns = 0
        """How often it was set: between two turns it only runs."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        with self._lock:
            return self._now + self._run_on()

    def turn_to(self, at: datetime) -> None:
        """Set it; it runs on from there unless it stands still."""
        super().turn_to(at)
        with self._lock:
            self.turns += 1
            if self._since is not None:
                self._since = monotonic()

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """Only turned by hand in the meantime."""
        with self._lock:
            self._now, self._since = self._now + self._run_on(), None
        try:
            yield
        finally:
            with self._lock:
                self._since = monotonic()

    @property
    def runs(self) -> bool:
        """Whether it goes on by itself."""
        with self._lock:
            return self._since is not None

    def _run_on(self) -> timedelta:
        return timedelta(seconds=0 if self._since is None else monotonic() - self._since)
