"""Calls HEARTBEAT_URL while all is well, so that somebody outside notices when it stops."""

from __future__ import annotations

import http.client
import logging
from functools import cached_property
from urllib import request
from urllib.parse import urlsplit

from bot.outbound import make_opener, reason

_log = logging.getLogger(__name__)

TIMEOUT = 5.0  # seconds for each wait on the other end


class Heartbeat:
    """One caller. The address is a secret: who knows it can call it too; logs name its host."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._host = urlsplit(url).hostname or ""
        self._problem: str | None = None

    @cached_property
    def _opener(self) -> request.OpenerDirector:
        return make_opener()

    def beat(self) -> None:
        """Say that all is well. What fails is logged when it begins and when it ends."""
        problem = self._call()
        if problem != self._problem and problem is not None:
            _log.error("HEARTBEAT_URL (%s) was not reached: %s", self._host, problem)
        elif problem is None and self._problem is not None:
            _log.info("HEARTBEAT_URL (%s) is reached again", self._host)
        self._problem = problem

    def _call(self) -> str | None:
        """What went wrong, without the address and without what the other end wrote."""
        try:
            call = request.Request(self._url, method="GET")  # noqa: S310 - the settings check it
            with self._opener.open(call, timeout=TIMEOUT) as answer:
                status = int(answer.status)
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"no answer ({type(reason(error)).__name__})"
        return None if 200 <= status < 300 else f"HTTP {status}"
