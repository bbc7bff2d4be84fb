"""The bot's door: what comes to its port over real HTTP, signed or not, and what it stores."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import sqlalchemy as sa
from story import Story

from bot.sandbox.delivery import sign
from bot.sandbox.playground import SIGNING_SECRET
from storage.tables import metadata, submissions

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Door(Story):
    """A story's desk, seen from the outside: what comes to its port, and what it stores of it."""

    @property
    def port(self) -> int:
        """Where the bot listens."""
        found = urlsplit(self.workspace.request_url or "").port
        assert found
        return found

    def send(
        self,
        body: bytes | str | Mapping[str, Any],
        kind: str = JSON,
        *,
        path: str = "/slack/events",
        method: str = "POST",
        signed_at: float | str | None = None,
        **headers: str | None,
    ) -> Answer:
        """Send something as Slack does: signed, now. A header of None is left out."""
        raw = encoded(body, kind)
        stamp = str(int(time.time()) if signed_at is None else signed_at)
        sent: dict[str, str | None] = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": sign(SIGNING_SECRET, stamp, raw),
        }
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(self.port, method, path, raw, {n: v for n, v in sent.items() if v is not None})

    def healthz(self) -> Answer:
        """What the bot says of itself."""
        return ask(self.port, "GET", "/healthz")

    def rows(self) -> dict[str, int]:
        """How many rows each table has."""
        with self.desk.bot.database.reading() as connection:
            return {
                table.name: connection.execute(
                    sa.select(sa.func.count()).select_from(table)
                ).scalar_one()
                for table in metadata.sorted_tables
            }

    def stored_forms(self) -> list[dict[str, Any]]:
        """The submissions as they were stored, before anybody judged them."""
        with self.desk.bot.database.reading() as connection:
            return [
                dict(row) for row in connection.execute(sa.select(submissions.c.body)).scalars()
            ]


def encoded(body: bytes | str | Mapping[str, Any], kind: str) -> bytes:
    """A body's bytes: an object as JSON, or as the fields of a form."""
    match body:
        case bytes():
            return body
        case str():
            return body.encode()
    return (json.dumps(body) if kind.startswith(JSON) else urlencode(body)).encode()


def ask(
    port: int,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request, one answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.read().decode(), dict(response.getheaders()))
    finally:
        connection.close()


def until(reached: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that happens on another thread."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not happen in time"
        pause.wait(0.01)
