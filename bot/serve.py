"""Serves HTTP and Socket Mode until it is told to stop."""

from __future__ import annotations

import json
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import waitress
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web import WebClient
from waitress import wasyncore

from bot.app import Casebell
from bot.clock import monotonic
from bot.errors import SettingsError
from bot.web import LARGEST_BODY

_log = logging.getLogger(__name__)

THREADS = 32
AWAY_TOO_LONG = 60.0  # seconds without a Socket Mode connection


class HttpServer:
    """Waitress, on threads of this process.

    Raises:
        SettingsError: the port is taken, or not for us.
    """

    def __init__(self, casebell: Casebell, host: str = "0.0.0.0") -> None:  # noqa: S104 - a server
        port = casebell.settings.port
        self._sockets: dict[int, Any] = {}
        try:
            self._server = waitress.create_server(
                casebell.web(),
                map=self._sockets,
                host=host,
                port=port,
                threads=THREADS,
                max_request_body_size=LARGEST_BODY,
                ident=None,
            )
        except OSError as error:
            raise SettingsError(f"PORT {port} cannot be listened on: {error.strerror}.") from error
        self._thread = threading.Thread(target=self._server.run, name="casebell-http", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens; of use where PORT is 0."""
        return int(self._server.effective_port)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests under way, and listen no more."""
        self._server.task_dispatcher.shutdown(timeout=5)
        # On the server's own thread, since its loop looks at these sockets; it ends with the last.
        with suppress(OSError):  # woken by something else, the loop may have closed them already
            self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._sockets))
        self._thread.join(timeout=5)


class SocketMode:
    """Slack's messages over a WebSocket that Casebell opens, so that nothing need reach it."""

    def __init__(self, casebell: Casebell) -> None:
        token = casebell.settings.slack_app_token
        if token is None:
            raise ValueError("Socket Mode needs SLACK_APP_TOKEN")
        self._casebell = casebell
        self._client = SocketModeClient(
            app_token=token.get_secret_value(),
            web_client=WebClient(base_url=casebell.settings.slack_api_url),
            concurrency=THREADS,
        )
        self._client.socket_mode_request_listeners.append(self._received)
        self._away_since: float | None = None
        casebell.checks["socket"] = self._problem
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._connect, name="casebell-socket", daemon=True)

    def start(self) -> None:
        """Begin to connect; Slack may be away."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect."""
        self._stopped.set()
        self._client.close()

    def _problem(self) -> str | None:
        """What is wrong with the connection, if it has been away for longer than a reconnect."""
        if self._client.is_connected():
            self._away_since = None
            return None
        self._away_since = self._away_since or monotonic()
        away = monotonic() - self._away_since
        return f"No connection to Slack for {away:.0f} s." if away > AWAY_TOO_LONG else None

    def _connect(self) -> None:
        wait = 0.0
        while not self._stopped.wait(wait):
            try:
                self._client.connect()
            except Exception as error:
                # Any of the client's many errors; connections are rationed, so it waits longer.
                wait = min(max(wait * 2, 2.0), 60.0)
                _log.warning("no connection to Slack (%s): again in %.0f s", error, wait)
            else:
                return  # from here on, the client reconnects by itself

    def _received(self, client: Any, request: SocketModeRequest) -> None:
        if not self._casebell.is_ready():
            return  # no acknowledgement: Slack sends it again, or tells the person
        headers = {}
        if request.retry_attempt is not None:
            headers["x-slack-retry-num"] = str(request.retry_attempt)
        answer = self._casebell.dispatch(dict(request.payload), headers)
        if answer.status != HTTPStatus.OK:
            return
        payload: dict[str, Any] | None = None
        if answer.body:
            is_json = answer.content_type.startswith("application/json")
            payload = json.loads(answer.body) if is_json else {"text": answer.body}
        client.send_socket_mode_response(SocketModeResponse(request.envelope_id, payload))


def until_stopped(start: Callable[[], None], stop: Callable[[], None]) -> None:
    """Start, wait for SIGTERM or SIGINT, stop."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    start()
    try:
        stopped.wait()
    finally:
        stop()
