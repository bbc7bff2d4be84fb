"""The engine: timers, then the outbox, at every tick."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from bot.engine.outbox import Deliverer
from bot.engine.ticker import LONGEST_SLEEP
from bot.engine.timers import DueTimers
from bot.errors import StorageUnavailableError
from bot.services.desk import Desk

Result = TypeVar("Result")

_log = logging.getLogger(__name__)

# What is due and cannot be had just now, because another process has it, is not asked for faster.
TAKEN_ELSEWHERE = timedelta(milliseconds=100)


@dataclass(frozen=True)
class Engine:
    """Does what is due."""

    desk: Desk
    timers: DueTimers
    deliverer: Deliverer

    def tick(self) -> timedelta:
        """Decide what is due, send what came of it; how long nothing more will be due."""
        decided = self._try(self.timers.run)
        is_free = self._try(self.deliverer.run)
        if decided:
            return timedelta(0)
        sleep = self._try(lambda: self._sleep(outbox_too=bool(is_free)))
        return LONGEST_SLEEP if sleep is None else sleep

    def _try(self, step: Callable[[], Result]) -> Result | None:
        """Do one step; if it fails, the others are done all the same."""
        try:
            return step()
        except StorageUnavailableError as error:
            _log.error("the engine waits: %s", error)
        except Exception:
            _log.exception("a tick failed")
        return None

    def _sleep(self, *, outbox_too: bool) -> timedelta:
        """Until the next due row; a sender that becomes free wakes the engine by itself."""
        with self.desk.store.reading() as tx:
            due = [tx.timers.next_due(), tx.outbox.next_due() if outbox_too else None]
        now = self.desk.clock.now()
        ahead = min((at - now for at in due if at is not None), default=LONGEST_SLEEP)
        return ahead if ahead > timedelta(0) else TAKEN_ELSEWHERE
