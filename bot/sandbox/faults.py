"""What can go wrong between the bot and Slack, on request."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Condition = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True)
class RateLimited:
    """429 with Retry-After, in seconds; the call has no effect."""

    retry_after: int = 1


@dataclass(frozen=True)
class Refused:
    """200 with `ok: false` and this code of Slack's; the call has no effect."""

    error: str


@dataclass(frozen=True)
class HttpError:
    """A bare status such as 500; the call has no effect."""

    status: int = 500


@dataclass(frozen=True)
class CutBefore:
    """The connection closes unanswered, and nothing was done."""


@dataclass(frozen=True)
class CutAfter:
    """The call is carried out, and the connection closes unanswered."""


@dataclass(frozen=True)
class Hang:
    """The call is carried out at once, and answered this many seconds late."""

    seconds: float


Fault = RateLimited | Refused | HttpError | CutBefore | CutAfter | Hang


@dataclass
class _Rule:
    method: str
    fault: Fault
    left: int | None
    when: Condition


class Faults:
    """The faults that are set; the first that fits a call is the one that strikes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[_Rule] = []
        self._cleared = threading.Event()

    def add(
        self,
        method: str,
        fault: Fault,
        *,
        times: int | None = 1,
        when: Condition = lambda _args: True,
    ) -> None:
        """Let calls fail.

        Args:
            method: a Web API method, `response_url`, or `*` for all.
            times: how many calls it strikes; None for every one until `clear`.
            when: strikes only calls whose arguments it accepts.
        """
        with self._lock:
            self._rules.append(_Rule(method, fault, times, when))

    def clear(self) -> None:
        """Take all faults back; calls that hang are answered now."""
        with self._lock:
            self._rules.clear()
            self._cleared.set()
            self._cleared = threading.Event()

    def hang(self, seconds: float) -> None:
        """Wait that long, or until the faults are cleared."""
        self._cleared.wait(seconds)

    def strike(self, method: str, args: Mapping[str, Any]) -> Fault | None:
        """The fault that this call meets, counted as used."""
        with self._lock:
            for rule in self._rules:
                fits = rule.method in ("*", method) and rule.left != 0
                if fits and rule.when(args):
                    if rule.left is not None:
                        rule.left -= 1
                    return rule.fault
        return None
