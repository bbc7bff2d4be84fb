"""What Casebell has to learn from Slack, at the start and now and then: who it is, who is where."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from bot.clock import monotonic
from bot.errors import CasebellError
from bot.services.ports import Identity

_log = logging.getLogger(__name__)

EVERY = 3600.0
# What another process asked for and did not do itself, because it died, is found so soon.
LOOK_EVERY = 60.0
_FIRST_RETRY = 1.0
_LONGEST_RETRY = 30.0


class Check(Protocol):
    """Asks Slack whether on-call can be reached, where somebody asked for that, or in any case."""

    def __call__(self, *, in_any_case: bool) -> None: ...


class Upkeep:
    """A thread that asks until Slack has answered, and again every hour.

    Args:
        introduce: asks Slack who Casebell is.
        learn: brings what is known of people and channels up to date.
        check: follows each time that was learned, each `hurry`, and every minute.
    """

    def __init__(
        self,
        introduce: Callable[[], Identity],
        learn: Callable[[Identity], None],
        check: Check,
    ) -> None:
        self._introduce = introduce
        self._learn = learn
        self._check = check
        self._stopped = threading.Event()
        self._hurried = threading.Event()
        self._is_asking = False
        self.learned = threading.Event()
        self._thread = threading.Thread(target=self._run, name="casebell-upkeep", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()
        self._hurried.set()
        self._thread.join(timeout=5)

    def hurry(self) -> None:
        """There is something to check now."""
        self._hurried.set()

    def pause(self, seconds: float) -> None:
        """Wait on this thread, as Slack asks; stopping ends it."""
        self._is_asking = False
        self._stopped.wait(seconds)
        self._is_asking = True

    def may_go_on(self, seconds: float) -> bool:
        """Wait as `pause` does; False once it is stopped."""
        if seconds:
            self.pause(seconds)
        return not self._stopped.is_set()

    @property
    def is_busy(self) -> bool:
        """Whether Slack is being asked, or is about to be."""
        return self._is_asking or self._hurried.is_set()

    def _run(self) -> None:
        learn_at, retry = monotonic(), _FIRST_RETRY
        while not self._stopped.is_set():
            with self._asking():
                if monotonic() < learn_at:
                    self._try_to_check(in_any_case=False)
                else:
                    wait, retry = self._try_to_learn(retry)
                    learn_at = monotonic() + wait
            self._hurried.wait(max(0.0, min(LOOK_EVERY, learn_at - monotonic())))

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self._is_asking = True
        self._hurried.clear()
        try:
            yield
        finally:
            self._is_asking = False

    def _try_to_learn(self, retry: float) -> tuple[float, float]:
        """How long to wait until it is learned again, and after that if Slack is away then."""
        try:
            self._learn(self._introduce())
        except CasebellError as error:
            asked_for = getattr(error, "retry_after", None) or 0.0
            wait = max(retry, asked_for)
            _log.error("%s Asked again in %.0f s.", error, wait)
            return wait, min(retry * 2, _LONGEST_RETRY)
        except Exception:
            _log.exception("learning from Slack failed")
            return _LONGEST_RETRY, retry
        self.learned.set()
        self._try_to_check(in_any_case=True)
        return EVERY, _FIRST_RETRY

    def _try_to_check(self, *, in_any_case: bool) -> None:
        if self._stopped.is_set():
            return
        try:
            self._check(in_any_case=in_any_case)
        except CasebellError as error:
            _log.error("%s On-call is looked over later.", error)
        except Exception:
            _log.exception("looking on-call over failed")
