"""Audits once a minute, on a thread of its own: it works while the rest of the engine is stuck."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from bot.clock import monotonic, wall_now
from bot.errors import CasebellError

_log = logging.getLogger(__name__)

# The first audit too is a minute away: after a restart, what fell due meanwhile is done first.
EVERY = 60.0  # seconds
SHORTEST = 1.0  # between two, however long one took
SET_BACK = 30.0  # seconds that the wall clock lost: what waits by it is looked at soon


class Watch:
    """Audits, and calls outside while all is well.

    Args:
        audit: looks at everything; whether all is well.
        beat: tells somebody outside that it is.
    """

    def __init__(self, audit: Callable[[], bool], beat: Callable[[], None]) -> None:
        self._audit = audit
        self._beat = beat
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="casebell-audit", daemon=True)

    def start(self) -> None:
        """Begin; the first audit comes later."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the audit under way, and make no more."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def once(self) -> bool:
        """One audit and, if all is well, one call outside; whether all is well."""
        try:
            is_well = self._audit()
        except CasebellError as error:
            _log.error("the audit failed: %s", error)
            return False
        except Exception:
            _log.exception("the audit failed")
            return False
        if is_well:
            self._beat()
        return is_well

    def _run(self) -> None:
        began, wall = monotonic(), _wall_ahead()
        while not self._stopped.wait(SHORTEST):
            if monotonic() - began >= EVERY or wall - _wall_ahead() > SET_BACK:
                began, wall = monotonic(), _wall_ahead()
                self.once()


def wall_clock_ahead_of(ask: Callable[[], datetime | None]) -> timedelta | None:
    """How far this machine's clock is ahead of another, at the least; None: there is no other.

    The other was read at some moment while it was asked, however long that took.
    """
    before = wall_now()
    at = ask()
    first, last = sorted((before, wall_now()))
    if at is None:
        return None
    return first - at if at < first else min(last - at, timedelta(0))


def _wall_ahead() -> float:
    """How far the wall clock is ahead of the one that cannot be set, in seconds."""
    return wall_now().timestamp() - monotonic()
