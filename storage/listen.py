"""Hears from the other processes, over PostgreSQL, that something is due."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg

from storage.database import PATIENCE, Database
from storage.store import WAKE_CHANNEL

_log = logging.getLogger(__name__)

_RECONNECT = 2.0
_PATIENCE: dict[str, Any] = PATIENCE  # psycopg types its options by name


class WakeListener:
    """A thread with a connection of its own that waits for NOTIFY.

    What it misses while it has no connection is found by the next tick, at most a second later.
    """

    def __init__(self, database: Database, wake: Callable[[datetime], None]) -> None:
        self._url = database.engine.url.set(drivername="postgresql")
        self._wake = wake
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="casebell-listener", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._end, self._other_end = socket.socketpair()  # a word in it ends the waiting
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._stopped.set()
        self._other_end.send(b".")
        self._thread.join(timeout=5)
        self._other_end.close()
        self._end.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen()
            except (psycopg.Error, ValueError) as error:
                _log.warning("not listening for other processes: %s", error)
                self._stopped.wait(_RECONNECT)

    def _listen(self) -> None:
        address = self._url.render_as_string(hide_password=False)
        with (
            psycopg.connect(address, autocommit=True, **_PATIENCE) as connection,
            selectors.DefaultSelector() as either,
        ):
            either.register(connection, selectors.EVENT_READ)
            either.register(self._end, selectors.EVENT_READ)
            connection.execute(f"LISTEN {WAKE_CHANNEL}")
            while not self._stopped.is_set():
                for notify in connection.notifies(timeout=0):
                    self._wake(datetime.fromisoformat(notify.payload))
                either.select()
