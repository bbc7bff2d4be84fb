"""How commands, clicks, submissions and events reach the bot: signed HTTP, or Socket Mode."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlencode, urlsplit

from bot.sandbox.model import Json
from bot.sandbox.state import State


class Surface(StrEnum):
    """What is delivered, by the names that Socket Mode gives it."""

    COMMAND = "slash_commands"
    INTERACTION = "interactive"
    EVENT = "events_api"


@dataclass(frozen=True)
class Retry:
    """Which repetition of an event this is, and what went wrong before it."""

    number: int
    reason: str


@dataclass(frozen=True)
class Answer:
    """What the bot said in time; `failure` is Slack's word for why it said nothing."""

    status: int | None
    body: str = ""
    failure: str | None = None
    no_retry: bool = False

    @property
    def taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def payload(self) -> Json:
        """The body as an object: plain text is the `text` of a message."""
        try:
            decoded = json.loads(self.body or "{}")
        except ValueError:
            decoded = self.body
        return decoded if isinstance(decoded, dict) else {"text": self.body}


Sender = Callable[[Surface, Json, Retry | None], Answer]


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature of a request: https://docs.slack.dev/authentication/verifying-requests."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def send_over_http(
    request_url: str,
    signing_secret: str,
    timeout: float,
    surface: Surface,
    payload: Json,
    retry: Retry | None = None,
) -> Answer:
    """Post one signed request and wait `timeout` seconds at most for its answer."""
    match surface:
        case Surface.COMMAND:
            kind, body = "application/x-www-form-urlencoded", urlencode(payload)
        case Surface.INTERACTION:
            form = urlencode({"payload": json.dumps(payload)})
            kind, body = "application/x-www-form-urlencoded", form
        case Surface.EVENT:
            kind, body = "application/json", json.dumps(payload)
    timestamp = str(int(time.time()))  # real time: the bot checks it against its own clock
    headers = {
        "Content-Type": kind,
        "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": sign(signing_secret, timestamp, body.encode()),
    }
    if retry:
        headers |= {
            "X-Slack-Retry-Num": str(retry.number),
            "X-Slack-Retry-Reason": retry.reason,
        }
    target = urlsplit(request_url)
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=timeout)
    try:
        connection.request("POST", target.path or "/", body.encode(), headers)
        response = connection.getresponse()
        text = response.read().decode()
    except TimeoutError:
        return Answer(None, failure="http_timeout")
    except (OSError, http.client.HTTPException):
        return Answer(None, failure="connection_failed")
    finally:
        connection.close()
    no_retry = response.getheader("x-slack-no-retry") == "1"
    failure = None if 200 <= response.status < 300 else "http_error"
    return Answer(response.status, text, failure, no_retry)


class EventPump:
    """Delivers the pending events of the workspace, in order, from a thread of its own.

    An event that is not taken is sent again after each of `delays`, in seconds. Slack's are 0,
    60 and 300 (https://docs.slack.dev/apis/events-api); the next event waits for the last try.
    One that is taken is sent `times` times in all, as when the bot's answer was lost on its way.
    """

    def __init__(self, state: State, send: Sender) -> None:
        self.delays: tuple[float, ...] = (0.0, 0.05, 0.1)
        self.times = 1
        self._held = False
        self._state = state
        self._send = send
        self._busy = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="slack-events", daemon=True)

    @property
    def idle(self) -> bool:
        """Whether no event waits, but for those held back, or is under way."""
        return not self._busy and (self._held or not self._state.pending)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        with self._state.changed:
            self._state.changed.notify_all()
        self._thread.join()

    def hold(self) -> None:
        """Keep the events back from now on; one under way is not recalled."""
        with self._state.changed:
            self._held = True
            self._state.changed.notify_all()

    def release(self, *, reverse: bool) -> None:
        """Deliver what was held back, the last first with `reverse`, and what comes after it."""
        with self._state.changed:
            if reverse:
                self._state.pending.reverse()
            self._held = False
            self._state.changed.notify_all()

    def _run(self) -> None:
        changed, pending = self._state.changed, self._state.pending
        while True:
            with changed:
                changed.wait_for(lambda: (pending and not self._held) or self._stopped.is_set())
                if self._stopped.is_set():
                    return
                event = pending.popleft()
                self._busy = True
            self._deliver(event)
            with changed:
                self._busy = False
                changed.notify_all()

    def _deliver(self, event: Json) -> None:
        answer = self._send(Surface.EVENT, event, None)
        for number, delay in enumerate(self.delays, start=1):
            if answer.taken or answer.no_retry or self._stopped.wait(delay):
                break
            retry = Retry(number, answer.failure or "unknown_error")
            answer = self._send(Surface.EVENT, event, retry)
        for number in range(1, self.times if answer.taken else 1):
            self._send(Surface.EVENT, event, Retry(number, "http_timeout"))
