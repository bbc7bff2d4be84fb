"""The only place that reads the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where "now" comes from: real time, or a clock that a demo or a test turns."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


class SystemClock:
    """Real time."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)


def wall_now() -> datetime:
    """Real time in UTC, for what must follow it whatever a demo's clock says: signatures, jobs."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds that no change of the wall clock can turn back."""
    return time.monotonic()
