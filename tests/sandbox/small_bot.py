"""The smallest bot that the local workspace can talk to, and its manifest."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

SCOPES = [
    "app_mentions:read",
    "channels:history",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "commands",
    "dnd:read",
    "files:read",
    "groups:history",
    "groups:read",
    "im:history",
    "im:read",
    "im:write",
    "pins:write",
    "users:read",
]
EVENTS = [
    "app_home_opened",
    "app_mention",
    "channel_archive",
    "channel_id_changed",
    "channel_rename",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "group_archive",
    "group_left",
    "group_rename",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "user_change",
]
MANIFEST = {
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "bot_user": {"display_name": "casebell"},
        "slash_commands": [
            {"command": "/case", "description": "Open a case", "should_escape": True},
            {"command": "/plain", "description": "Without ids"},
        ],
        "shortcuts": [
            {"name": "My cases", "type": "global", "callback_id": "mine", "description": "x"},
            {"name": "Make a case", "type": "message", "callback_id": "make", "description": "x"},
        ],
    },
    "oauth_config": {"scopes": {"bot": SCOPES}},
    "settings": {
        "event_subscriptions": {"bot_events": EVENTS},
        "interactivity": {"is_enabled": True},
    },
}


def manifest_without(name: str) -> dict[str, Any]:
    """The manifest that does not ask for this scope or event."""
    manifest = copy.deepcopy(MANIFEST)
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    (scopes if name in scopes else events).remove(name)
    return manifest


@dataclass(frozen=True)
class Received:
    """One request of Slack's, decoded."""

    payload: dict[str, Any]
    headers: dict[str, str]
    signed: bool


@dataclass(frozen=True)
class Say:
    """An answer over HTTP; `body` as an object is sent as JSON."""

    status: int = 200
    body: dict[str, Any] | str = ""
    headers: dict[str, str] = field(default_factory=dict)


Listener = Callable[[dict[str, Any]], Say | dict[str, Any] | None]


class Bot:
    """Answers with what `listener` makes of the payload: nothing means an empty 200."""

    def __init__(self, signing_secret: str) -> None:
        self.received: list[Received] = []
        self.listener: Listener = lambda _payload: None
        bot, verifier = self, SignatureVerifier(signing_secret)

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_args: object) -> None:
                pass

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                signed = verifier.is_valid_request(body, headers)
                payload = _decode(body, headers["content-type"])
                bot.received.append(Received(payload, headers, signed))
                said = bot.listener(payload)
                answer = said if isinstance(said, Say) else Say(body=said or "")
                text = json.dumps(answer.body) if isinstance(answer.body, dict) else answer.body
                try:
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(text.encode())))
                    self.end_headers()
                    self.wfile.write(text.encode())
                except ConnectionError:
                    pass  # Slack did not wait

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/slack/events"

    @property
    def asked(self) -> list[Received]:
        """The commands, clicks and forms: events come from another thread, whenever they come."""
        return [received for received in self.received if "event" not in received.payload]

    @property
    def last(self) -> Received:
        return self.asked[-1]

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events it was told of, without their envelopes."""
        return [r.payload["event"] for r in self.received if "event" in r.payload]

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _decode(body: str, content_type: str) -> dict[str, Any]:
    if "json" in content_type:
        return json.loads(body)
    form = {key: values[0] for key, values in parse_qs(body, keep_blank_values=True).items()}
    return json.loads(form["payload"]) if "payload" in form else form


def refusal(call: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The error code with which Slack refuses this call."""
    with pytest.raises(SlackApiError) as caught:
        call(*args, **kwargs)
    return caught.value.response["error"]
