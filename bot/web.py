"""The web server's side: checks what claims to come from Slack, and tells how Casebell is.

What Bolt 1.30 gets wrong at this edge is done here: the signature is checked on the raw bytes
first, and bodies are parsed before Bolt sees them.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from slack_sdk.signature import SignatureVerifier

_log = logging.getLogger(__name__)

_ACK = "/ack/"
CALENDAR_PATH = "/maintenance.ics"
_OF_SECTOR, _ICS = "/maintenance/", ".ics"
LARGEST_BODY = 1024 * 1024

Environ: TypeAlias = Mapping[str, Any]
StartResponse: TypeAlias = Callable[[str, list[tuple[str, str]]], object]


@dataclass(frozen=True)
class Answer:
    """What goes back over HTTP."""

    status: HTTPStatus
    body: str = ""
    content_type: str = "text/plain;charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Health:
    """How this process is: each part, and what is wrong with it if anything is."""

    problems: Mapping[str, str]


@dataclass(frozen=True)
class Status:
    """How all of Casebell is, as JSON takes it; it says nothing that is not for everybody."""

    is_ok: bool
    report: Mapping[str, Any]


Acknowledge: TypeAlias = Callable[[str, str], Answer]
CalendarFile: TypeAlias = Callable[[str | None, str], Answer]
Install: TypeAlias = Callable[[str, str], Answer]
Dispatch: TypeAlias = Callable[[dict[str, Any], Mapping[str, str]], Answer]


class BadBodyError(ValueError):
    """The body is not one that Slack sends."""


@dataclass(frozen=True)
class Web:
    """The WSGI application.

    Args:
        verifier: absent where nothing comes from Slack over HTTP (Socket Mode).
        dispatch: hands a parsed payload to the listeners.
        is_ready: whether Slack has said yet who Casebell is.
        health: how this process is.
        status: how all of Casebell is; it answers at once.
        acknowledge: answers `/ack/<token>`, by method and token, where there are such links.
        calendar: answers `/maintenance.ics`, and `/maintenance/<sector>.ics` by the sector; with
            the header If-None-Match.
        install: what answers the addresses by which customers install Casebell, by the query and
            the header Cookie.
    """

    verifier: SignatureVerifier | None
    dispatch: Dispatch
    is_ready: Callable[[], bool]
    health: Callable[[], Health]
    status: Callable[[], Status]
    acknowledge: Acknowledge | None = None
    calendar: CalendarFile | None = None
    install: Mapping[str, Install] = field(default_factory=dict)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        try:
            answer = self._route(environ)
        except Exception:
            _log.exception("a request failed")
            answer = Answer(HTTPStatus.INTERNAL_SERVER_ERROR)
        body = answer.body.encode()
        headers = [("Content-Type", answer.content_type), ("Content-Length", str(len(body)))]
        if answer.status is HTTPStatus.NOT_MODIFIED:  # they would be those of what was not sent
            headers = []
        start_response(f"{answer.status.value} {answer.status.phrase}", [*headers, *answer.headers])
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _route(self, environ: Environ) -> Answer:
        match environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""):
            case "GET" | "HEAD", "/healthz":
                return self._healthz()
            case "GET" | "HEAD", "/status":
                return self._status()
            case "GET" | "HEAD" | "POST" as method, str(path) if self._is_ack(path):
                return self.acknowledge(method, path.removeprefix(_ACK))  # type: ignore[misc]
            case "GET" | "HEAD", str(path) if self._is_calendar(path):
                return self._calendar(path, environ)
            case "GET", str(path) if path in self.install:
                query, cookies = environ.get("QUERY_STRING", ""), environ.get("HTTP_COOKIE", "")
                return self.install[path](str(query), str(cookies))
            case "POST", "/slack/events" if self.verifier is not None:
                return self._from_slack(self.verifier, environ)
            case _, str(path) if self._is_ack(path):
                return Answer(
                    HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "GET, HEAD, POST"),)
                )
            case _, str(path) if self._is_calendar(path):
                return Answer(HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "GET, HEAD"),))
            case _, str(path) if path in self.install:
                return Answer(HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "GET"),))
            case _, "/healthz" | "/status":
                return Answer(HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "GET, HEAD"),))
            case _, "/slack/events" if self.verifier is not None:
                return Answer(HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "POST"),))
        return Answer(HTTPStatus.NOT_FOUND)

    def _is_ack(self, path: str) -> bool:
        return self.acknowledge is not None and path.startswith(_ACK)

    def _is_calendar(self, path: str) -> bool:
        is_of_sector = path.startswith(_OF_SECTOR) and path.endswith(_ICS)
        return self.calendar is not None and (path == CALENDAR_PATH or is_of_sector)

    def _calendar(self, path: str, environ: Environ) -> Answer:
        sector = None
        if path != CALENDAR_PATH:
            # WSGI gives the bytes of a path as if they were Latin-1.
            text = path.encode("latin-1").decode("utf-8", "replace")
            sector = text.removeprefix(_OF_SECTOR).removesuffix(_ICS)
        return self.calendar(sector, str(environ.get("HTTP_IF_NONE_MATCH", "")))  # type: ignore[misc]

    def _healthz(self) -> Answer:
        problems = dict(self.health().problems)
        status = HTTPStatus.SERVICE_UNAVAILABLE if problems else HTTPStatus.OK
        body = json.dumps({"ok": not problems, "problems": problems})
        return Answer(status, body, "application/json")

    def _status(self) -> Answer:
        status = self.status()
        code = HTTPStatus.OK if status.is_ok else HTTPStatus.SERVICE_UNAVAILABLE
        return Answer(
            code,
            json.dumps(status.report),
            "application/json",
            headers=(("Cache-Control", "no-store"),),
        )

    def _from_slack(self, verifier: SignatureVerifier, environ: Environ) -> Answer:
        length = str(environ.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        raw: bytes = environ["wsgi.input"].read(int(length))
        if not _is_from_slack(verifier, environ, raw):
            return Answer(HTTPStatus.UNAUTHORIZED)
        try:
            body = parse_body(raw, str(environ.get("CONTENT_TYPE", "")))
        except BadBodyError as error:
            return Answer(HTTPStatus.BAD_REQUEST, str(error))
        if body.get("ssl_check") == "1":
            return Answer(HTTPStatus.OK)
        if body.get("type") != "url_verification" and not self.is_ready():
            return Answer(HTTPStatus.SERVICE_UNAVAILABLE, headers=(("Retry-After", "5"),))
        retry = {
            name: str(environ[key])
            for name, key in (
                ("x-slack-retry-num", "HTTP_X_SLACK_RETRY_NUM"),
                ("x-slack-retry-reason", "HTTP_X_SLACK_RETRY_REASON"),
            )
            if key in environ
        }
        return self.dispatch(body, retry)


def _is_from_slack(verifier: SignatureVerifier, environ: Environ, raw: bytes) -> bool:
    timestamp = str(environ.get("HTTP_X_SLACK_REQUEST_TIMESTAMP", ""))
    signature = str(environ.get("HTTP_X_SLACK_SIGNATURE", ""))
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) < 16):
        return False
    if not signature.isascii():
        return False
    try:
        if verifier.is_valid(raw, timestamp, signature):
            return True
        expected = verifier.generate_signature(timestamp=timestamp, body=raw) or ""
    except ValueError:  # bytes that are no text: Slack sends none
        return False
    if hmac.compare_digest(expected, signature):
        ahead = verifier.clock.now() - int(timestamp)
        _log.error(
            "a request is signed as Slack signs, but dated %.0f s %s this machine's clock, and is"
            " refused: is the clock right?",
            abs(ahead),
            "before" if ahead > 0 else "after",
        )
    return False


def parse_body(raw: bytes, content_type: str) -> dict[str, Any]:
    """The payload in a request's body: JSON, a form, or JSON inside a form.

    Raises:
        BadBodyError: it is none of these.
    """
    try:
        text = raw.decode()
        if content_type.startswith("application/json"):
            found = json.loads(text)
        else:
            form = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
            found = json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError):
        raise BadBodyError("This is no body that Slack sends.") from None
    if not isinstance(found, dict) or not found:
        raise BadBodyError("This is no body that Slack sends.")
    return found
