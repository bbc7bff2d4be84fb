"""The tick: one APScheduler job that runs whatever is due, and a watchdog that keeps it running.

No promise lives in a job: jobs are lost, doubled or skipped; rows are not.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from bot.clock import monotonic, wall_now

_log = logging.getLogger(__name__)

JOB = "tick"
LONGEST_SLEEP = timedelta(seconds=1)
# One tick at a time is our own lock's business: the scheduler counts a run as under way a moment
# longer than it is, and would skip the one that a wake-up asks for in that moment.
_INSTANCES = 10
# A tick that is this many seconds late is stuck, or its plan lies in a wall time gone back.
PATIENCE = 3.0


class Ticker:
    """Runs `tick` when it is due, when it is woken, and at least once a second.

    Args:
        tick: does what is due, and answers how long nothing more will be.
    """

    def __init__(self, tick: Callable[[], timedelta]) -> None:
        self._tick = tick
        self._last = monotonic()
        self._lock = threading.Condition()
        self._running = False
        self._woken = False  # while the tick was running: it runs again
        self._stopped = threading.Event()
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={
                "misfire_grace_time": None,
                "coalesce": True,
                "max_instances": _INSTANCES,
            },
        )
        self._watchdog = threading.Thread(target=self._watch, name="casebell-watchdog", daemon=True)

    def start(self) -> None:
        """Begin to tick."""
        self._last = monotonic()
        self._scheduler.add_job(
            self._run, "interval", seconds=LONGEST_SLEEP.total_seconds(), id=JOB
        )
        self._scheduler.start()
        self.wake()
        self._watchdog.start()

    def stop(self) -> None:
        """Finish the tick under way, and tick no more."""
        self._stopped.set()
        # Not the scheduler's own waiting: it holds the lock that a tick needs to plan the next.
        with self._lock:
            self._lock.wait_for(lambda: not self._running)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def wake(self) -> None:
        """Something is due now: tick at once, or again if a tick is under way."""
        with self._lock:
            self._woken = True
            if not self._running:
                self._plan(wall_now())

    @property
    def is_busy(self) -> bool:
        """Whether a tick is under way, or was asked for."""
        with self._lock:
            return self._running or self._woken

    @property
    def age(self) -> float:
        """Seconds since the last tick ended."""
        return monotonic() - self._last

    def _run(self) -> None:
        with self._lock:
            if self._running:
                return
            self._running = True
        sleep = timedelta(0)
        while not self._is_over(sleep):
            try:
                sleep = self._tick()
            except Exception:
                _log.exception("a tick failed")  # the next one does what is still due
                sleep = LONGEST_SLEEP
            self._last = monotonic()

    def _is_over(self, sleep: timedelta) -> bool:
        """Whether to rest now; if so, the next tick is planned before a wake-up can come in."""
        with self._lock:
            again = self._woken or sleep <= timedelta(0)
            self._woken = False
            self._running = again and not self._stopped.is_set()
            if not self._running:
                self._plan(wall_now() + min(sleep, LONGEST_SLEEP))
                self._lock.notify_all()
            return not self._running

    def _plan(self, at: datetime) -> None:
        if self._stopped.is_set():
            return
        with suppress(JobLookupError):  # not started yet
            self._scheduler.modify_job(JOB, next_run_time=at)

    def _watch(self) -> None:
        """Re-plan the job when ticks stay away: it waits where the wall clock was set back."""
        while not self._stopped.wait(LONGEST_SLEEP.total_seconds()):
            if self.age > PATIENCE:
                _log.warning("no tick for %.0f s: planned again", self.age)
                self._plan(wall_now())
