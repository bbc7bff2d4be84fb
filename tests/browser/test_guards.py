"""Other pages in the same browser can neither read the workspace nor change it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.server import LARGEST_BODY, Server


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One for all of these, most of which change nothing."""
    with Desk(f"sqlite:///{tmp_path_factory.mktemp('guards')}/casebell.db") as opened:
        yield opened


@pytest.fixture(scope="module")
def server(desk: Desk) -> Iterator[Server]:
    served = Server(desk, 0)
    served.start()
    yield served
    served.stop()


def ask(
    server: Server,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: Mapping[str, str | None] | None = None,
) -> tuple[int, Mapping[str, str], bytes]:
    """One request as a browser would send it, but for the headers; None takes one away."""
    sent: dict[str, str | None] = {"Host": f"localhost:{server.server_port}"}
    if body is not None:
        sent |= {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-Workspace-Token": server.token,
        }
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in (sent | dict(headers or {})).items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, dict(response.getheaders()), content


def post(server: Server, path: str, body: Any, **headers: str | None) -> tuple[int, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    status, _, content = ask(server, "POST", path, json.dumps(body).encode(), named)
    return status, json.loads(content)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:3000", "localhost", "localhost:1", "127.0.0.1.nip.io", ""],
)
@pytest.mark.parametrize("path", ["/", "/api/screen", "/main.js"])
def test_a_name_that_was_made_to_point_here_is_refused(
    server: Server, host: str, path: str
) -> None:
    status, _, content = ask(server, "GET", path, headers={"Host": host})
    assert status == 403
    assert server.token.encode() not in content


def test_this_host_is_answered_by_its_names(server: Server) -> None:
    for name in ("localhost", "127.0.0.1"):
        host = f"{name}:{server.server_port}"
        assert ask(server, "GET", "/", headers={"Host": host})[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X_Workspace_Token": None}, 403),
        ({"X_Workspace_Token": "guessed"}, 403),
        ({"X_Workspace_Token": "gu\xdfed"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": None}, 415),
        ({"Content_Length": None}, 411),
        ({"Content_Length": "-1"}, 411),
        ({"Content_Length": str(LARGEST_BODY + 1)}, 413),
        ({"Host": "evil.example"}, 403),
        ({}, 200),
    ],
)
def test_only_our_own_page_changes_anything(
    server: Server, desk: Desk, headers: dict[str, str | None], status: int
) -> None:
    body = {"as": desk.cast.carla.id, "do": "say", "room": desk.cast.acme.id, "text": "Hello"}
    before = len(desk.cast.acme.messages)
    assert post(server, "/api/act", body, **headers)[0] == status
    assert len(desk.cast.acme.messages) == before + (status == 200)


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/../desk.py",
        "/static/main.js",
        "/%2e%2e/desk.py",
        "//etc/passwd",
        "/__init__.py",
    ],
)
def test_nothing_else_is_served(server: Server, path: str) -> None:
    assert ask(server, "GET", path)[0] == 404


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])
def test_other_methods_are_not_known(server: Server, method: str) -> None:
    assert ask(server, method, "/")[0] == 501


@pytest.mark.parametrize("path", ["/", "/main.js", "/style.css", "/icons.svg", "/api/screen", "/x"])
def test_no_answer_lets_anything_in_from_elsewhere(server: Server, path: str) -> None:
    _, headers, _ = ask(server, "GET", path)
    assert headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers


def test_the_page_runs_and_loads_only_files_of_its_own(server: Server) -> None:
    _, _, page = ask(server, "GET", "/")
    text = page.decode()
    assert "<style" not in text
    assert " on" not in text.replace(" one", "").replace(" only", "")
    for path in ("/main.js", "/style.css", "/icons.svg", "/favicon.svg"):
        assert ask(server, "GET", path)[0] == 200


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'"x"', b"null", b"[" * 5000, b"\xff"])
@pytest.mark.parametrize("path", ["/api/act", "/api/world"])
def test_what_is_no_request_is_said_to_be_none(server: Server, path: str, body: bytes) -> None:
    assert ask(server, "POST", path, body)[0] == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/act", {}),
        ("/api/act", {"as": "U1", "do": "say"}),
        ("/api/act", {"as": 7, "do": "say"}),
        ("/api/act", {"as": "CARLA", "do": "dance"}),
        ("/api/act", {"as": "CARLA", "do": "say"}),
        ("/api/act", {"as": "CARLA", "do": "say", "room": "C1", "text": "x"}),
        ("/api/act", {"as": "CARLA", "do": "say", "room": "TEAM", "text": "x"}),
        ("/api/act", {"as": "CARLA", "do": "say", "room": "ACME", "text": ["x"]}),
        ("/api/act", {"as": "CARLA", "do": "say", "room": "ACME", "text": "x" * 12_001}),
        ("/api/act", {"as": "CARLA", "do": "say", "room": "ACME", "text": "", "files": [{}]}),
        ("/api/act", {"as": "CARLA", "do": "say", "room": "ACME", "text": "", "files": 7}),
        ("/api/act", {"as": "CARLA", "do": "sleep", "on": "yes"}),
        ("/api/act", {"as": "BOT", "do": "sleep", "on": True}),
        ("/api/world", {}),
        ("/api/world", {"do": "explode"}),
        ("/api/world", {"do": "travel"}),
        ("/api/world", {"do": "travel", "minutes": 0}),
        ("/api/world", {"do": "travel", "minutes": True}),
        ("/api/world", {"do": "travel", "minutes": 10_000_000}),
        ("/api/world", {"do": "travel", "moment": "doomsday"}),
        ("/api/world", {"do": "travel", "wall": "soon"}),
        ("/api/world", {"do": "slack", "is": "gone"}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    server: Server, desk: Desk, path: str, body: dict[str, Any]
) -> None:
    ids = {
        "CARLA": desk.cast.carla.id,
        "BOT": desk.workspace.bot.id,
        "ACME": desk.cast.acme.id,
        "TEAM": desk.playground.team_channel.id,
    }
    known = {key: ids.get(v, v) if isinstance(v, str) else v for key, v in body.items()}
    before = desk.clock.turns
    status, told = post(server, path, known)
    assert status == 400
    assert told["error"]
    assert desk.clock.turns == before


def test_a_screen_is_somebodys(server: Server) -> None:
    assert ask(server, "GET", "/api/screen?as=U1")[0] == 400
