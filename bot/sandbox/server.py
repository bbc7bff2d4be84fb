"""Slack's side of the wire: the Web API and the response urls on a loopback port."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bot.sandbox import api, oauth, responses
from bot.sandbox.exchange import Call
from bot.sandbox.faults import CutAfter, CutBefore, Faults, Hang, HttpError, RateLimited, Refused
from bot.sandbox.loopback import LoopbackServer, cut
from bot.sandbox.model import Json
from bot.sandbox.state import State


class Server(LoopbackServer):
    """Answers the bot, with the faults that are asked for."""

    def __init__(self, state: State, faults: Faults) -> None:
        super().__init__(0, _Handler, "slack-api")
        self.state = state
        self.faults = faults
        self.away = False
        """While true, Slack cannot be reached: each connection is closed unanswered."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def stop(self) -> None:
        self.faults.clear()
        super().stop()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
        return not self.away


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing: the calls are on record in the workspace."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        target = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        match target.path.strip("/").split("/"):
            case ["api", method]:
                self._call(method, dict(parse_qsl(target.query)) | self._arguments(body), None)
            case ["oauth", "v2", "authorize"]:
                self._authorize(target.query, body)
            case ["response", key]:
                self._call("response_url", self._arguments(body), key)
            case _:
                self._reply(404, {"ok": False, "error": "not_found"})

    def _arguments(self, body: str) -> dict[str, Any]:
        if "json" not in self.headers.get("Content-Type", ""):
            return dict(parse_qsl(body, keep_blank_values=True))
        try:
            decoded = json.loads(body or "{}")
        except ValueError:
            return {}
        return decoded if isinstance(decoded, dict) else {}

    def _call(self, method: str, args: dict[str, Any], key: str | None) -> None:
        token = args.pop("token", "")
        kind, _, credentials = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":  # the app's own: docs.slack.dev/authentication/installing-with-oauth
            client = base64.b64decode(credentials).decode().partition(":")
            args |= {"client_id": client[0], "client_secret": client[2]}
        else:
            token = credentials or token
        team_id = api.team_of(self.server.state, token)

        def carry_out() -> tuple[int, Json]:
            if key is not None:
                return responses.respond(self.server.state, key, args)
            return 200, api.call(self.server.state, method, token, args)

        fault = CutBefore() if self.server.away else self.server.faults.strike(method, args)
        headers = {"x-oauth-scopes": ",".join(sorted(api.scopes_of(self.server.state, token)))}
        status = 200
        response: Json | None = None
        match fault:
            case RateLimited(retry_after):
                headers["retry-after"] = str(retry_after)
                status, response = 429, {"ok": False, "error": "ratelimited"}
            case Refused(error):
                response = {"ok": False, "error": error}
            case HttpError():
                status, response = fault.status, {"ok": False, "error": "internal_error"}
            case CutAfter():
                carry_out()
            case Hang() | None:
                status, response = carry_out()
        delay = fault.seconds if isinstance(fault, Hang) else 0.0
        self._record(Call(method, args, response, self.server.state.now(), team_id, delay))
        if delay:
            self.server.faults.hang(delay)
        if response is None:
            self.close_connection = True
            cut(self.connection)
        else:
            self._reply(status, response, headers)

    def _record(self, call: Call) -> None:
        state = self.server.state
        with state.changed:
            state.calls.append(call)
            state.changed.notify_all()

    def _authorize(self, query: str, body: str) -> None:
        """The page on which somebody who is signed in is asked to let the app in, and its form."""
        signed_in = self.headers.get("Cookie", "").removeprefix(f"{oauth.SIGNED_IN}=")
        with self.server.state.changed:
            answer = oauth.authorize(self.server.state, query, body, signed_in)
        encoded = answer.html.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(encoded)))
        if answer.location:
            self.send_header("Location", answer.location)
        self.end_headers()
        self.wfile.write(encoded)

    def _reply(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        encoded = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(encoded)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(encoded)
