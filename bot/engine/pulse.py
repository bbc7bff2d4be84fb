"""The engine's pulse: a mark in the database from which every process sees that it ticks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.errors import CasebellError
from bot.services.auditing import ENGINE
from bot.services.desk import Desk

_log = logging.getLogger(__name__)

EVERY = timedelta(seconds=10)  # a write each; who looks at it counts in minutes


class Pulse:
    """A tick that moves the mark as well, now and then.

    Args:
        tick: does what is due; how long nothing more will be.
    """

    def __init__(self, desk: Desk, tick: Callable[[], timedelta]) -> None:
        self._desk = desk
        self._tick = tick
        self._moved_at: datetime | None = None

    def __call__(self) -> timedelta:
        """One tick."""
        sleep = self._tick()
        now = self._desk.clock.now()
        if self._moved_at is None or not timedelta(0) <= now - self._moved_at < EVERY:
            self._move(now)
        return sleep

    def _move(self, now: datetime) -> None:
        try:
            with self._desk.store.transaction() as tx:
                tx.marks.set(ENGINE, now)
        except CasebellError as error:
            _log.error("the engine's pulse: %s", error)
        else:
            self._moved_at = now
