"""What Casebell has to learn from Slack, at the start and now and then: who it is, who is where."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from bot.errors import CasebellError
from bot.services.ports import Identity

_log = logging.getLogger(__name__)

EVERY = 3600.0
_FIRST_RETRY = 1.0
_LONGEST_RETRY = 30.0


class Upkeep:
    """A thread that asks until Slack has answered, and again every hour.

    Args:
        introduce: asks Slack who Casebell is.
        learn: brings what is known of people and channels up to date.
    """

    def __init__(
        self, introduce: Callable[[], Identity], learn: Callable[[Identity], None]
    ) -> None:
        self._introduce = introduce
        self._learn = learn
        self._stopped = threading.Event()
        self.learned = threading.Event()
        self._thread = threading.Thread(target=self._run, name="casebell-upkeep", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()
        self._thread.join(timeout=5)

    def pause(self, seconds: float) -> None:
        """Wait on this thread, as Slack asks; stopping ends it."""
        self._stopped.wait(seconds)

    def _run(self) -> None:
        wait, retry = 0.0, _FIRST_RETRY
        while not self._stopped.wait(wait):
            try:
                self._learn(self._introduce())
                self.learned.set()
                wait, retry = EVERY, _FIRST_RETRY
            except CasebellError as error:
                asked_for = getattr(error, "retry_after", None) or 0.0
                wait, retry = max(retry, asked_for), min(retry * 2, _LONGEST_RETRY)
                _log.error("%s Asked again in %.0f s.", error, wait)
            except Exception:
                _log.exception("learning from Slack failed")
                wait = _LONGEST_RETRY
