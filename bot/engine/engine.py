"""The engine: timers, then the outbox, at every tick."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.engine.outbox import Deliverer
from bot.engine.ticker import LONGEST_SLEEP
from bot.engine.timers import DueTimers
from bot.errors import StorageUnavailableError
from bot.services.desk import Desk

_log = logging.getLogger(__name__)

# What is due and cannot be had just now, because another process has it, is not asked for faster.
SHORTEST_SLEEP = timedelta(milliseconds=5)


@dataclass(frozen=True)
class Engine:
    """Does what is due."""

    desk: Desk
    timers: DueTimers
    deliverer: Deliverer

    def tick(self) -> timedelta:
        """Decide what is due, send what came of it; how long nothing more will be due."""
        try:
            decided = self.timers.run()
            is_free = self.deliverer.run()
            return timedelta(0) if decided else self._sleep(outbox_too=is_free)
        except StorageUnavailableError as error:
            _log.error("the engine waits: %s", error)
        except Exception:
            _log.exception("a tick failed")
        return LONGEST_SLEEP

    def _sleep(self, *, outbox_too: bool) -> timedelta:
        """Until the next due row; a sender that becomes free wakes the engine by itself."""
        with self.desk.store.reading() as tx:
            due = [tx.timers.next_due(), tx.outbox.next_due() if outbox_too else None]
        now = self.desk.clock.now()
        return max(
            SHORTEST_SLEEP, min((at - now for at in due if at is not None), default=LONGEST_SLEEP)
        )
