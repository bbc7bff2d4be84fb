"""What Slack sends to Casebell, kept as it passes, and sent again by somebody who means harm."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from processes import SECRET

from bot.sandbox.delivery import sign

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Payload:
    """One thing that Slack said, and how it was wrapped."""

    content: dict[str, Any]
    wrapped_as: str = FORM
    in_payload: bool = False

    @property
    def kind(self) -> str:
        """What tells it from others: a command, a button, a form, an event."""
        content = self.content
        if "command" in content:
            return f"{self.name} {str(content.get('text', '')).partition(' ')[0]}"
        if content.get("type") == "event_callback":
            return f"event {self.name} {content['event'].get('subtype', '')}"
        return f"{content.get('type')} {self.name}"

    @property
    def user_id(self) -> str:
        """Who typed or pressed it; empty for events, which nobody sends."""
        return str(self.content.get("user_id") or self.content.get("user", {}).get("id", ""))

    @property
    def name(self) -> str:
        """What a listener goes by."""
        content = self.content
        if "command" in content:
            return str(content["command"])
        if content.get("type") == "event_callback":
            return str(content["event"]["type"])
        actions = content.get("actions") or [{}]
        view = content.get("view") or {}
        named = actions[0].get("action_id") or content.get("callback_id")
        return str(named or view.get("callback_id", ""))

    @property
    def body(self) -> bytes:
        """The bytes that go over the wire."""
        text = json.dumps(self.content)
        if self.wrapped_as == JSON:
            return text.encode()
        form = {"payload": text} if self.in_payload else self.content
        return urlencode(form).encode()

    def saying(self, content: dict[str, Any]) -> Payload:
        """Something else, wrapped the same way."""
        return Payload(content, self.wrapped_as, self.in_payload)


class Answered(NamedTuple):
    """What came back, as whoever sent it reads it."""

    status: int
    text: str


@dataclass
class Wiretap:
    """Stands between Slack and a process, and keeps what passes."""

    port: int
    kept: list[Payload] = field(default_factory=list)

    def send(self, payload: Payload) -> Answered:
        """Say something, signed as Slack signs; the answer."""
        timestamp = str(int(time.time()))
        headers = {
            "Content-Type": payload.wrapped_as,
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": sign(SECRET, timestamp, payload.body),
        }
        status, body = self.post(payload.body, headers)
        return Answered(status, body.decode())

    def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Post bytes as they are; status and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", "/slack/events", body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def kinds(self, by: Collection[str] = ()) -> dict[str, Payload]:
        """The last payload of each kind; with `by`, only of what these people typed and pressed."""
        return {p.kind: p for p in list(self.kept) if not by or p.user_id in by}


@contextmanager
def wiretap(port: int) -> Iterator[tuple[Wiretap, str]]:
    """Such a line to a process, and the address for Slack."""
    tap = Wiretap(port)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            tap.kept.append(_parse(body, self.headers["Content-Type"]))
            status, answer = tap.post(body, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield tap, f"http://127.0.0.1:{server.server_port}/slack/events"
    server.shutdown()
    server.server_close()
    thread.join()


def _parse(body: bytes, content_type: str) -> Payload:
    if content_type.startswith(JSON):
        return Payload(json.loads(body), JSON)
    form = dict(parse_qsl(body.decode(), keep_blank_values=True))
    if "payload" in form:
        return Payload(json.loads(form["payload"]), FORM, in_payload=True)
    return Payload(dict(form))
