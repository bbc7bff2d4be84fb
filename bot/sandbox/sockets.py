"""Socket Mode: https://docs.slack.dev/apis/events-api/using-socket-mode."""

from __future__ import annotations

import json
import logging
import secrets
import threading
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

from bot.sandbox.delivery import Answer, Retry, Surface
from bot.sandbox.model import Json
from bot.sandbox.state import State

MOST_CONNECTIONS = 10
PATIENCE_AT_CLOSING = 0.2
"""How many seconds a bot has to say goodbye when a connection is closed."""

_quiet = logging.getLogger("bot.sandbox.sockets")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


class Sockets:
    """The WebSockets that the bot has opened; each payload goes to any one of them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._server: Server = serve(
            self._hold, "127.0.0.1", 0, close_timeout=PATIENCE_AT_CLOSING, logger=_quiet
        )
        self._tickets: set[str] = set()
        self._connections: list[ServerConnection] = []
        self._acks: dict[str, Future[Json]] = {}
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="slack-sockets", daemon=True
        )

    @property
    def held(self) -> tuple[object, ...]:
        with self._state.changed:  # one that is being let in counts when it has its place
            return tuple(self._connections)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.cut()
        self._server.shutdown()
        self._thread.join()

    def new_url(self) -> str:
        """The address of one connection: it works once."""
        ticket = secrets.token_urlsafe(12)
        self._tickets.add(ticket)
        port = self._server.socket.getsockname()[1]
        return f"ws://127.0.0.1:{port}/link/?ticket={ticket}&app_id={self._state.app_id}"

    def disconnect(self, reason: str) -> None:
        """Announce the end of every connection; but for a `warning`, it follows shortly."""
        with self._state.changed:
            told = tuple(self._connections)
            if reason != "warning":
                self._connections.clear()
                self._state.changed.notify_all()
        for connection in told:
            with suppress(ConnectionClosed):
                connection.send(json.dumps({"type": "disconnect", "reason": reason}))
            if reason != "warning":
                threading.Timer(PATIENCE_AT_CLOSING, connection.close).start()

    def cut(self) -> None:
        """Close every connection without a word."""
        with self._state.changed:
            held = tuple(self._connections)
        for connection in held:
            connection.close_socket()

    def send(
        self, timeout: float, surface: Surface, payload: Json, retry: Retry | None = None
    ) -> Answer:
        """Send one envelope and wait `timeout` seconds at most for its acknowledgement."""
        envelope_id = secrets.token_hex(16)
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": surface.value,
            "payload": payload,
            "accepts_response_payload": surface is Surface.COMMAND
            or payload.get("type") == "view_submission",
        }
        if surface is Surface.EVENT:
            envelope["retry_attempt"] = retry.number if retry else 0
            envelope["retry_reason"] = retry.reason if retry else ""
        with self._state.changed:
            if not self._connections:
                return Answer(None, failure="connection_failed")
            connection = self._connections.pop(0)
            self._connections.append(connection)  # the next payload goes to another one
            ack = self._acks[envelope_id] = Future()
        try:
            connection.send(json.dumps(envelope))
            answer = ack.result(timeout)
        except ConnectionClosed:
            return Answer(None, failure="connection_failed")
        except TimeoutError:
            return Answer(None, failure="http_timeout")
        finally:
            del self._acks[envelope_id]
        taken = answer if envelope["accepts_response_payload"] else {}
        return Answer(200, json.dumps(taken) if taken else "")

    def _hold(self, connection: ServerConnection) -> None:
        if not self._admit(connection):
            connection.close()
            return
        try:
            for text in connection:
                self._acknowledge(json.loads(text))
        except ConnectionClosed:
            pass  # cut: the bot's side, or ours
        finally:
            with self._state.changed, suppress(ValueError):  # it was told to go already
                self._connections.remove(connection)
                self._state.changed.notify_all()

    def _admit(self, connection: ServerConnection) -> bool:
        path = connection.request.path if connection.request else ""
        ticket = parse_qs(urlsplit(path).query).get("ticket", [""])[0]
        with self._state.changed:
            if ticket not in self._tickets or len(self._connections) >= MOST_CONNECTIONS:
                return False
            self._tickets.remove(ticket)
            hello = {
                "type": "hello",
                "num_connections": len(self._connections) + 1,
                "connection_info": {"app_id": self._state.app_id},
                "debug_info": {"approximate_connection_time": 3600},
            }
            connection.send(json.dumps(hello))
            self._connections.append(connection)
            self._state.changed.notify_all()
        return True

    def _acknowledge(self, said: Any) -> None:
        waiting = self._acks.get(said.get("envelope_id", ""))
        if waiting:
            with suppress(InvalidStateError):  # acknowledged twice
                waiting.set_result(said.get("payload") or {})
