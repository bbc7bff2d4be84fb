"""The call that says that all is well, at a real server on this machine."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from door import until

from bot.engine import watch
from bot.engine.watch import Watch, wall_clock_ahead_of
from bot.errors import StorageUnavailableError
from bot.heartbeat import Heartbeat


@dataclass
class Watchdog:
    """The other end: it notes what comes, and answers with `status`."""

    port: int
    received: list[str] = field(default_factory=list)
    status: int = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/s3cret?token=t0ken"


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.received.append(f"{self.command} {self.path}")
            self.send_response(found.status)
            if found.status == 302:
                self.send_header("Location", f"http://127.0.0.1:{found.port}/elsewhere")
            self.end_headers()
            self.wfile.write(b"whatever t0ken it says")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Watchdog(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_calls_by_get(watchdog: Watchdog, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        Heartbeat(watchdog.url).beat()
    assert watchdog.received == ["GET /s3cret?token=t0ken"]
    assert caplog.text == ""


def test_it_follows_no_redirect(watchdog: Watchdog, caplog: pytest.LogCaptureFixture) -> None:
    watchdog.status = 302
    Heartbeat(watchdog.url).beat()
    assert len(watchdog.received) == 1
    assert "HTTP 302" in caplog.text


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_a_failure_is_logged_when_it_begins_and_when_it_ends(
    watchdog: Watchdog, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    heartbeat = Heartbeat(watchdog.url)
    watchdog.status = status
    with caplog.at_level("INFO"):
        for _ in range(5):
            heartbeat.beat()
        watchdog.status = 204
        for _ in range(3):
            heartbeat.beat()
    assert [record.levelname for record in caplog.records] == ["ERROR", "INFO"]
    assert f"HEARTBEAT_URL (127.0.0.1) was not reached: HTTP {status}" in caplog.text


def test_nobody_there_is_logged_without_the_address(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    heartbeat = Heartbeat(f"http://127.0.0.1:{port}/s3cret?token=t0ken")
    heartbeat.beat()
    assert "no answer (ConnectionRefusedError)" in caplog.text
    for secret in ("s3cret", "t0ken"):
        assert secret not in caplog.text
        assert secret not in repr(heartbeat)


def test_it_waits_no_longer_than_its_time(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.heartbeat.TIMEOUT", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        began = time.monotonic()
        Heartbeat(f"http://127.0.0.1:{silent.getsockname()[1]}/s3cret").beat()
    assert time.monotonic() - began < 2
    assert "no answer (TimeoutError)" in caplog.text


# --- the thread that audits and calls -------------------------------------------------------------


class Beats:
    """Counts the calls outside."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def test_it_calls_only_while_all_is_well() -> None:
    beats = Beats()
    answers = iter([True, False, True])
    watching = Watch(lambda: next(answers), beats)
    assert [watching.once() for _ in range(3)] == [True, False, True]
    assert beats.count == 2


@pytest.mark.parametrize(
    "error", [StorageUnavailableError("The database is away."), KeyError("a mistake of ours")]
)
def test_an_audit_that_fails_is_logged_and_no_call_is_made(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> bool:
        raise error

    beats = Beats()
    assert not Watch(fail, beats).once()
    assert beats.count == 0
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Watch]]:
    """Start one that audits every 50 ms; it ends with the test."""
    monkeypatch.setattr(watch, "EVERY", 0.05)
    monkeypatch.setattr(watch, "SHORTEST", 0.01)
    started: list[Watch] = []

    def begin(audit: Callable[[], bool], beat: Callable[[], None]) -> Watch:
        started.append(Watch(audit, beat))
        started[-1].start()
        return started[-1]

    yield begin
    for one in started:
        one.stop()


def test_it_goes_on_by_itself_also_after_an_error(start: Callable[..., Watch]) -> None:
    beats, seen = Beats(), []

    def audit() -> bool:
        seen.append(time.monotonic())
        if len(seen) == 1:
            raise KeyError("a mistake of ours")
        return True

    began = time.monotonic()
    start(audit, beats)
    until(lambda: beats.count >= 3)
    assert seen[0] - began >= 0.05, "what fell due before the start comes first"


def test_it_looks_soon_after_the_wall_clock_was_set_back(
    start: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY", 3600.0)
    beats, ahead = Beats(), [timedelta(0)]
    monkeypatch.setattr(watch, "wall_now", lambda: datetime.now(UTC) + ahead[0])
    start(lambda: True, beats)
    time.sleep(0.1)
    assert beats.count == 0
    ahead[0] = -timedelta(hours=1)
    until(lambda: beats.count == 1)
    time.sleep(0.1)
    assert beats.count == 1, "once for each time"


@pytest.mark.parametrize(
    ("ours", "theirs", "ahead"),
    [((0, 0), 0, 0), ((0, 3), 0, 0), ((0, 3), 3, 0), ((0, 30), 12, 0), ((5, 6), 1, 4),
     ((5, 6), 9, -3), ((5, 35), 1, 4), ((5, 35), 40, -5), ((6, 5), 5.5, 0)],
    ids=str,
)  # fmt: skip
def test_a_clock_is_ahead_only_by_what_the_way_to_the_other_does_not_explain(
    ours: tuple[int, int], theirs: float, ahead: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = datetime(2026, 11, 23, tzinfo=UTC)
    reads = iter(ours)
    monkeypatch.setattr(watch, "wall_now", lambda: start + timedelta(seconds=next(reads)))
    found = wall_clock_ahead_of(lambda: start + timedelta(seconds=theirs))
    assert found == timedelta(seconds=ahead)


def test_where_there_is_no_other_clock_none_is_ahead() -> None:
    assert wall_clock_ahead_of(lambda: None) is None


def test_stopped_it_audits_no_more(start: Callable[..., Watch]) -> None:
    beats = Beats()
    one = start(lambda: True, beats)
    until(lambda: beats.count >= 1)
    one.stop()
    count = beats.count
    time.sleep(0.2)
    assert beats.count == count


def test_one_that_was_never_started_can_be_stopped() -> None:
    Watch(lambda: True, Beats()).stop()
