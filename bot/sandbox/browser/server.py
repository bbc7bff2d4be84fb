"""Serves the page and its requests, to this machine alone.

A browser shows pages of many strangers at once, and each of them can send requests here: so a
request names this host, a change carries the token that only our own page knows, and nothing
that the page shows can load or run anything from elsewhere.
"""

from __future__ import annotations

import json
import logging
import mimetypes
import secrets
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib import resources
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bot.errors import CasebellError, UserError
from bot.sandbox.browser import actions, screen, world
from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.fields import BadRequestError, Fields
from bot.sandbox.loopback import LoopbackServer
from bot.sandbox.model import Json

_log = logging.getLogger(__name__)

LARGEST_BODY = 256 * 1024
_HOSTS = ("localhost", "127.0.0.1")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'; object-src 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_TOKEN_HEADER = "X-Workspace-Token"
_TOKEN_PLACE = b"{{token}}"


class Server(LoopbackServer):
    """The page.

    Args:
        port: where to listen; 0 for any that is free.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, desk: Desk, port: int) -> None:
        super().__init__(port, _Handler, "workspace-page")
        self.desk = desk
        self.token = secrets.token_urlsafe(24)
        self.files = _static_files(self.token)
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        """What to open in a browser."""
        return f"http://localhost:{self.server_port}"

    @property
    def hosts(self) -> frozenset[str]:
        """What this is called by a browser that means it."""
        return frozenset(f"{host}:{self.server_port}" for host in _HOSTS)

    def stop(self) -> None:
        """Answer no more, and not even those who wait for news."""
        self.stopping.set()
        super().stop()


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer
    disable_nagle_algorithm = True
    timeout = 60.0

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing: the terminal is for the person who started this."""

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def _answer(self, handle: Callable[[], None]) -> None:
        try:
            self._check_host()
            handle()
        except _RefusedError as refusal:
            self.close_connection = True  # its body may not have been read
            self._reply_json(refusal.status, {"error": str(refusal)})
        except BadRequestError as error:
            self._reply_json(HTTPStatus.BAD_REQUEST, {"error": str(error)})
        except (ConnectionError, TimeoutError):  # the browser is gone
            self.close_connection = True

    def _get(self) -> None:
        target = urlsplit(self.path)
        if target.path == "/api/screen":
            self._reply_json(HTTPStatus.OK, self._screen(parse_qs(target.query)))
        elif target.path in self.server.files:
            kind, content = self.server.files[target.path]
            self._reply(HTTPStatus.OK, kind, content)
        else:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is no such page")

    def _screen(self, query: Mapping[str, list[str]]) -> Json:
        def asked(name: str) -> str:
            return query.get(name, [""])[0]

        desk = self.server.desk
        wanted = asked("as") or desk.cast.roles[0].person.id
        try:
            person = desk.cast.person(wanted)
        except LookupError as error:
            raise BadRequestError(str(error)) from None
        place = asked("room"), asked("thread")
        return screen.news(desk, person, place, asked("known"), self.server.stopping)

    def _post(self) -> None:
        self._check_sender()
        fields = self._fields()
        desk = self.server.desk
        told: Json
        try:
            match self.path:
                case "/api/act":
                    try:
                        person = desk.cast.person(fields.text("as"))
                    except LookupError as error:
                        raise BadRequestError(str(error)) from None
                    told = actions.act(desk, person, fields)
                case "/api/world":
                    told = world.change(desk, fields)
                case _:
                    raise _RefusedError(HTTPStatus.NOT_FOUND, "there is no such request")
        except UserError as error:
            told = {"problem": str(error)}
        except (CasebellError, TimeoutError) as error:
            _log.exception("what the page asked for failed")
            told = {"problem": f"That went wrong: {error}"}
        with desk.workspace.changed:
            desk.workspace.changed.notify_all()
        self._reply_json(HTTPStatus.OK, told)

    def _check_host(self) -> None:
        """Refuse a stranger's name that was made to point here: its page would read along."""
        if self.headers.get("Host") not in self.server.hosts:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "this is not the address of this page")

    def _check_sender(self) -> None:
        token = self.headers.get(_TOKEN_HEADER, "")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            raise _RefusedError(
                HTTPStatus.FORBIDDEN, "this page is of an earlier start: load it again"
            )
        origin = self.headers.get("Origin")
        if origin and urlsplit(origin).netloc not in self.server.hosts:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "this comes from another page")
        if not self.headers.get("Content-Type", "").startswith("application/json"):
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a request is JSON")

    def _fields(self) -> Fields:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "how long is it?")
        if int(length) > LARGEST_BODY:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "that is too much")
        try:
            return Fields(json.loads(self.rfile.read(int(length))))
        except (ValueError, RecursionError):
            raise BadRequestError("that is no JSON") from None

    def _reply_json(self, status: HTTPStatus, body: Json) -> None:
        self._reply(status, "application/json; charset=utf-8", json.dumps(body).encode())

    def _reply(self, status: HTTPStatus, kind: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


def _static_files(token: str) -> dict[str, tuple[str, bytes]]:
    """Everything that can be asked for, by path: its type and what is in it."""
    files = {}
    for file in (resources.files("bot.sandbox.browser") / "static").iterdir():
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        kind = "text/javascript" if file.name.endswith(".js") else kind
        content = file.read_bytes().replace(_TOKEN_PLACE, token.encode())
        files[f"/{file.name}"] = (f"{kind}; charset=utf-8", content)
    files["/"] = files["/index.html"]
    return files
