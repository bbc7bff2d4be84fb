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
        sending = self._try(self.deliverer.run)
        if decided:
            return timedelta(0)
        sleep = self._try(lambda: self._sleep(sending))
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

    def _sleep(self, sending: int | None) -> timedelta:
        """Until the next due row; a sender that becomes free wakes the engine by itself.

        Args:
            sending: how many messages it has begun to send; None: that failed.
        """
        outbox_too = sending is not None and self.deliverer.is_free
        with self.desk.store.reading() as tx:
            due = [tx.timers.next_due(), tx.outbox.next_due() if outbox_too else None]
        now = self.desk.clock.now()
        ahead = min((at - now for at in due if at is not None), default=LONGEST_SLEEP)
        if ahead > timedelta(0):
            return ahead
        # After what was taken, more is due: it was hidden by what has to wait for its turn.
        return timedelta(0) if sending else TAKEN_ELSEWHERE
