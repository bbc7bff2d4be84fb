"""Decides what is due: each promise once, whatever else fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.timers import LONGEST_PUSH, DueTimer, TimerKind
from bot.errors import NotReadyError, StorageBusyError, StorageUnavailableError
from bot.services.desk import Desk
from bot.services.ports import Transaction

_log = logging.getLogger(__name__)

BATCH = 100
_NOT_READY = timedelta(seconds=2)

# What locks the schedule and then the calendar, the calendar alone, and readiness alone.
_LOCKS_LATER = {TimerKind.HOUSEKEEPING: 1, TimerKind.MAINTENANCE: 2, TimerKind.READINESS: 3}

Decide = Callable[[Transaction, Mapping[str, Any], datetime], None]


def _rank(timer: DueTimer) -> tuple[int, int, str]:
    """Two engines that lock things in one order never wait on each other.

    First the schedule, then the calendar of maintenance, then what readiness knows, then case by
    case: what locks one of the first three has no case. A submission has none either: the case
    that it opens is new, so that nobody else can lock it.
    """
    return _first_case(timer), _LOCKS_LATER.get(timer.kind, 0), timer.kind


def _first_case(timer: DueTimer) -> int:
    """The first case that it may lock; 0 where it locks none that others know."""
    if timer.kind is TimerKind.REDRAW:
        return int(timer.facts["after"]) + 1
    return int(timer.facts.get("case", 0))


@dataclass(frozen=True)
class DueTimers:
    """Takes due timers and has each decided, in the transaction that took it.

    A crash rolls the decision back with the taking, so none is lost and none is decided twice.
    One that fails is put off with its error, and does not stop the others.
    """

    desk: Desk
    deciders: Mapping[TimerKind, Decide]

    def run(self) -> int:
        """Decide a batch of what is due now; how many there were.

        Raises:
            StorageUnavailableError: the database is away; everything stays due.
        """
        now = self.desk.clock.now()
        with self.desk.store.transaction() as tx:
            taken = sorted(tx.timers.take_due(now, BATCH), key=_rank)
            done = taken
            if not self._decide_together(tx, taken, now):
                done = [timer for timer in taken if self._decide(tx, timer, now)]
            if done:
                tx.timers.finish([timer.id for timer in done], now)
        return len(taken)

    def _decide_together(self, tx: Transaction, taken: Sequence[DueTimer], now: datetime) -> bool:
        """Decide all, or none: then each is decided by itself, and says what is wrong with it.

        A savepoint for each takes four times as long as what it guards, and hardly any fails.
        """
        try:
            with tx.savepoint():
                for timer in taken:
                    self.deciders[timer.kind](tx, timer.facts, now)
        except StorageUnavailableError as error:
            if not isinstance(error, StorageBusyError):
                raise  # it is away for each of them
            return False
        except Exception:  # told when it fails again, alone
            return False
        return True

    def _decide(self, tx: Transaction, timer: DueTimer, now: datetime) -> bool:
        try:
            with tx.savepoint():
                self.deciders[timer.kind](tx, timer.facts, now)
        except NotReadyError as error:
            _log.info("timer %s (%s) waits: %s", timer.id, timer.kind, error)
            tx.timers.push(timer.id, now + _NOT_READY, str(error), failed=False)
            return False
        except StorageUnavailableError as error:
            if not isinstance(error, StorageBusyError):
                raise  # it is away for the others too
            self._put_off(tx, timer, now, error)
            return False
        except Exception as error:
            _log.exception("timer %s (%s) failed", timer.id, timer.kind)
            self._put_off(tx, timer, now, error)
            return False
        return True

    def _put_off(self, tx: Transaction, timer: DueTimer, now: datetime, error: Exception) -> None:
        wait = min(timedelta(seconds=2 ** min(timer.attempts, 6)), LONGEST_PUSH)
        tx.timers.push(timer.id, now + wait, repr(error))
