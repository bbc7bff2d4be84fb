"""Calling the routes, at a real server on this machine: what it is sent, and what may go wrong."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.delivery import LONGEST_WAIT
from bot.domain.route import Route, RouteAction, RouteCall, RouteShape
from bot.routes import RouteCaller, RouteError, seconds_until

NOW = datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
SECRET = "webhook-s3cret"
LONGEST_SECONDS = LONGEST_WAIT.total_seconds()
KEY = "e93facc04764012d7bfb002500d5d1a6"
ENVIRON = {"PAGERDUTY_ROUTING_KEY": KEY + "\n"}  # as `echo key |` leaves it
HIDDEN = (SECRET, KEY, "p4th", "t0ken")

Answer = Callable[[BaseHTTPRequestHandler], None]


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()

    return answer


@dataclass(frozen=True)
class Received:
    """A request as it came in; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """The other end. `answer` says what it does with a request."""

    port: int
    received: list[Received] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    answer: Answer = field(default_factory=lambda: status(202))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/p4th?token=t0ken"


def raw(head: bytes) -> Answer:
    """Answers with these bytes, and hangs up."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(head)

    return answer


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            found.received.append(Received(self.path, headers, body))
            with suppress(ConnectionError):
                found.answer(self)

        def do_GET(self) -> None:
            found.received.append(Received(f"GET {self.path}", {}, b""))
            status(200)(self)

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Receiver(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        found.over.set()
        server.shutdown()
        thread.join()


def json_route(url: str) -> Route:
    return Route("phone", RouteShape.JSON, url, ("primary",), timedelta(0), "")


def pagerduty_route(url: str) -> Route:
    return Route(
        "phone",
        RouteShape.PAGERDUTY,
        url,
        ("primary",),
        timedelta(minutes=5),
        "PAGERDUTY_ROUTING_KEY",
    )


def about(route: Route, **facts: Any) -> RouteCall:
    call = RouteCall(
        route=route,
        page_id=7,
        case_name="CASE-1042",
        severity="Business Stopped",
        summary="Runtime UI: 502 since 2 AM",
        customer="Acme",
        due_at=datetime(2026, 11, 23, 9, 40, tzinfo=UTC),
        level="primary",
        people=("Ana", "Jürgen"),
        case_url="https://acme.slack.com/archives/C1/p1",
        ack_url="https://casebell.example.com/ack/abc.def",
        dedupe_key="casebell-page-7-phone",
    )
    return replace(call, **facts)


def caller(timeout: float = 4) -> RouteCaller:
    return RouteCaller(SECRET, ENVIRON, lambda: NOW, timeout=timeout)


def refusal(call: RouteCall, timeout: float = 4) -> RouteError:
    with pytest.raises(RouteError) as caught:
        caller(timeout).call(call, RouteAction.TRIGGER)
    return caught.value


def test_a_json_route_is_told_everything_in_one_order(receiver: Receiver) -> None:
    caller().call(about(json_route(receiver.url)), RouteAction.TRIGGER)
    [sent] = receiver.received
    assert sent.path == "/p4th?token=t0ken"
    assert sent.headers["content-type"] == "application/json"
    assert list(sent.event.items()) == [
        ("action", "page"),
        ("route", "phone"),
        ("dedupe_key", "casebell-page-7-phone"),
        ("page", 7),
        ("case", "CASE-1042"),
        ("severity", "Business Stopped"),
        ("summary", "Runtime UI: 502 since 2 AM"),
        ("customer", "Acme"),
        ("answer_due", "2026-11-23T09:40:00+00:00"),
        ("level", "primary"),
        ("people", ["Ana", "Jürgen"]),
        ("case_url", "https://acme.slack.com/archives/C1/p1"),
        ("ack_url", "https://casebell.example.com/ack/abc.def"),
    ]


def test_a_json_route_can_check_who_calls_and_when(receiver: Receiver) -> None:
    caller().call(about(json_route(receiver.url)), RouteAction.TRIGGER)
    [sent] = receiver.received
    timestamp = sent.headers["x-casebell-timestamp"]
    assert timestamp == str(int(NOW.timestamp()))
    signed = b"v1:" + timestamp.encode() + b":" + sent.body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert sent.headers["x-casebell-signature"] == f"v1={expected}"


def test_a_json_route_hears_that_a_page_is_over(receiver: Receiver) -> None:
    call = about(json_route(receiver.url), ack_url=None, level=None, people=())
    caller().call(call, RouteAction.RESOLVE)
    [sent] = receiver.received
    assert (sent.event["action"], sent.event["ack_url"]) == ("over", None)
    assert sent.event["dedupe_key"] == call.dedupe_key


def test_pagerduty_is_sent_an_event_that_rings(receiver: Receiver) -> None:
    caller().call(about(pagerduty_route(receiver.url)), RouteAction.TRIGGER)
    [sent] = receiver.received
    assert sent.event == {
        "routing_key": KEY,
        "event_action": "trigger",
        "dedup_key": "casebell-page-7-phone",
        "payload": {
            "summary": "CASE-1042 · Business Stopped · Acme: Runtime UI: 502 since 2 AM",
            "source": "Acme",
            "severity": "critical",
            "timestamp": "2026-11-23T08:10:00+00:00",
            "component": "CASE-1042",
            "custom_details": {
                "severity": "Business Stopped",
                "summary": "Runtime UI: 502 since 2 AM",
                "answer_due": "2026-11-23T09:40:00+00:00",
                "level": "primary",
                "people": ["Ana", "Jürgen"],
            },
        },
        "links": [
            {"href": "https://casebell.example.com/ack/abc.def", "text": "Acknowledge"},
            {"href": "https://acme.slack.com/archives/C1/p1", "text": "Open the case"},
        ],
        "client": "Casebell",
        "client_url": "https://acme.slack.com/archives/C1/p1",
    }
    assert not [name for name in sent.headers if name.startswith("x-casebell")]


def test_pagerduty_stops_by_the_same_key(receiver: Receiver) -> None:
    caller().call(about(pagerduty_route(receiver.url)), RouteAction.RESOLVE)
    [sent] = receiver.received
    assert sent.event == {
        "routing_key": KEY,
        "event_action": "resolve",
        "dedup_key": "casebell-page-7-phone",
    }


def test_pagerduty_gets_no_link_that_nobody_knows(receiver: Receiver) -> None:
    """Slack is down: the case has no message to open yet; and the customer's name is unknown."""
    call = about(pagerduty_route(receiver.url), case_url=None, ack_url=None, customer="")
    caller().call(call, RouteAction.TRIGGER)
    [sent] = receiver.received
    assert sent.event["links"] == []
    assert "client_url" not in sent.event
    assert sent.event["payload"]["source"] == "Casebell"


@pytest.mark.parametrize(
    "letter",
    ["x", "é", "漢", "🔥", "\udce9"],
    ids=["x", "é", "漢", "fire", "half a surrogate pair"],
)
def test_a_long_summary_is_cut_in_the_title_only(receiver: Receiver, letter: str) -> None:
    call = about(pagerduty_route(receiver.url), summary=letter * 3000)
    caller().call(call, RouteAction.TRIGGER)
    payload = receiver.received[0].event["payload"]
    assert payload["summary"].endswith(f"{letter}…")
    assert len(payload["summary"].encode("utf-16-le", "surrogatepass")) // 2 <= 1024
    assert payload["custom_details"]["summary"] == letter * 3000


@pytest.mark.parametrize("make", [json_route, pagerduty_route], ids=["json", "pagerduty"])
def test_words_of_people_stay_in_the_body(receiver: Receiver, make: Callable[[str], Route]) -> None:
    evil = "Ana\r\nX-Injected: 1\r\n\r\n{}\x00"
    call = about(make(receiver.url), customer=evil, summary=evil, people=(evil,), case_name=evil)
    caller().call(call, RouteAction.TRIGGER)
    [sent] = receiver.received
    assert "x-injected" not in sent.headers
    assert json.dumps(evil) in sent.body.decode("ascii")


def test_the_title_is_one_line(receiver: Receiver) -> None:
    call = about(pagerduty_route(receiver.url), summary=" 502\r\n\tsince 2 AM ")
    caller().call(call, RouteAction.TRIGGER)
    title = receiver.received[0].event["payload"]["summary"]
    assert title == "CASE-1042 · Business Stopped · Acme: 502 since 2 AM"


@pytest.mark.parametrize("code", [200, 201, 202, 204])
def test_any_success_is_one(receiver: Receiver, code: int) -> None:
    receiver.answer = status(code)
    caller().call(about(json_route(receiver.url)), RouteAction.TRIGGER)
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    ("answer", "code", "retry_after", "in_doubt"),
    [
        pytest.param(status(429), "http_429", None, False, id="too often"),
        pytest.param(status(429, Retry_After="17"), "http_429", 17, False, id="seconds"),
        pytest.param(
            status(429, Retry_After="Mon, 23 Nov 2026 08:10:30 GMT"),
            "http_429",
            30,
            False,
            id="until a date",
        ),
        pytest.param(status(503, Retry_After="5"), "http_503", 5, True, id="away for seconds"),
        pytest.param(status(408), "http_408", None, False, id="our request was too slow"),
        pytest.param(status(500), "http_500", None, True, id="internal error"),
        pytest.param(status(504), "http_504", None, True, id="gateway timeout"),
        pytest.param(raw(b""), "no_answer", None, True, id="cut at once"),
        pytest.param(raw(b"HTTP/1.1 2"), "no_answer", None, True, id="cut in the status"),
        pytest.param(raw(b"hello\r\n\r\n"), "no_answer", None, True, id="no HTTP"),
    ],
)
def test_it_is_worth_trying_again(
    receiver: Receiver, answer: Answer, code: str, retry_after: float | None, in_doubt: bool
) -> None:
    receiver.answer = answer
    error = refusal(about(json_route(receiver.url)))
    assert not error.is_permanent
    assert (error.code, error.retry_after, error.in_doubt) == (code, retry_after, in_doubt)


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410, 422])
def test_a_refusal_is_for_good(receiver: Receiver, code: int) -> None:
    receiver.answer = status(code)
    error = refusal(about(json_route(receiver.url)))
    assert error.is_permanent
    assert (error.code, error.in_doubt) == (f"http_{code}", False)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver: Receiver, code: int) -> None:
    receiver.answer = status(code, Location=f"http://127.0.0.1:{receiver.port}/elsewhere")
    error = refusal(about(json_route(receiver.url)))
    assert (error.code, error.is_permanent) == (f"http_{code}", True)
    assert [sent.path for sent in receiver.received] == ["/p4th?token=t0ken"]


def test_no_answer_in_time_leaves_it_in_doubt(receiver: Receiver) -> None:
    def hang(_: BaseHTTPRequestHandler) -> None:
        receiver.over.wait(10)

    receiver.answer = hang
    started = time.monotonic()
    error = refusal(about(json_route(receiver.url)), timeout=0.2)
    assert time.monotonic() - started < 2
    assert (error.code, error.in_doubt, error.is_permanent) == ("no_answer", True, False)
    assert "TimeoutError" in str(error)


def test_where_nobody_listens_nothing_has_arrived() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listening
        error = refusal(about(json_route(f"http://127.0.0.1:{taken.getsockname()[1]}/p4th")))
    assert (error.code, error.in_doubt, error.is_permanent) == ("no_answer", False, False)


def test_what_is_no_tls_is_told_nothing(receiver: Receiver) -> None:
    error = refusal(about(json_route(f"https://127.0.0.1:{receiver.port}/p4th")))
    assert (error.code, error.is_permanent) == ("no_answer", False)
    assert receiver.received == []


def test_a_host_that_no_name_server_can_be_asked_for_is_no_answer() -> None:
    error = refusal(about(json_route(f"https://{'a' * 64}.example/p4th")))
    assert (error.code, error.is_permanent) == ("no_answer", False)


def test_nobody_waits_for_an_endless_answer(receiver: Receiver) -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        status(202)(handler)
        while not receiver.over.is_set():
            handler.wfile.write(b"x" * 65536)

    receiver.answer = endless
    caller(timeout=1).call(about(json_route(receiver.url)), RouteAction.TRIGGER)
    assert len(receiver.received) == 1


def test_one_tls_context_serves_all_calls(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call would otherwise make its own, for 35 ms of CPU."""
    made: list[str] = []
    monkeypatch.setattr("ssl.create_default_context", lambda: made.append("default"))
    monkeypatch.setattr("ssl._create_default_https_context", lambda: made.append("of a call"))
    calls = caller()
    for _ in range(2):
        calls.call(about(json_route(receiver.url)), RouteAction.TRIGGER)
    assert made == ["default"]


def test_the_proxy_of_the_environment_is_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{receiver.port}")
    caller().call(about(json_route("http://localhost:1/p4th")), RouteAction.TRIGGER)
    assert [sent.path for sent in receiver.received] == ["http://localhost:1/p4th"]


@pytest.mark.parametrize("key", [{}, {"PAGERDUTY_ROUTING_KEY": " \n"}], ids=["absent", "blank"])
def test_without_a_routing_key_nothing_is_sent(receiver: Receiver, key: dict[str, str]) -> None:
    route = pagerduty_route(receiver.url)
    calls = RouteCaller(SECRET, key, lambda: NOW)
    assert "is not set in the environment" in (calls.problem(route) or "")
    with pytest.raises(RouteError) as caught:
        calls.call(about(route), RouteAction.TRIGGER)
    assert (caught.value.code, caught.value.is_permanent) == ("no_secret", True)
    assert receiver.received == []


def test_a_json_route_is_never_called_unsigned(receiver: Receiver) -> None:
    route = json_route(receiver.url)
    calls = RouteCaller("", ENVIRON, lambda: NOW)
    assert calls.problem(route) == "WEBHOOK_SECRET is not set. Set it and start again."
    with pytest.raises(RouteError) as caught:
        calls.call(about(route), RouteAction.TRIGGER)
    assert (caught.value.code, caught.value.is_permanent) == ("no_secret", True)
    assert receiver.received == []


def test_routes_that_can_be_called_have_no_problem() -> None:
    for make in (json_route, pagerduty_route):
        assert caller().problem(make("https://example.com/")) is None


def echo(handler: BaseHTTPRequestHandler) -> None:
    """A refusal that repeats everything it was told, in its reason and in its body."""
    handler.wfile.write(f"HTTP/1.1 400 {KEY} {handler.path}\r\n\r\n{KEY}".encode())


@pytest.mark.parametrize("make", [json_route, pagerduty_route], ids=["json", "pagerduty"])
@pytest.mark.parametrize(
    "answer",
    [status(404), status(503), echo, raw(b""), raw(f"{KEY} {SECRET}\r\n".encode())],
    ids=["refused", "away", "echo", "cut", "no HTTP"],
)
def test_a_log_names_the_route_and_the_host_and_no_secret(
    receiver: Receiver,
    make: Callable[[str], Route],
    answer: Answer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    receiver.answer = answer
    calls, call = caller(), about(make(receiver.url))
    try:
        calls.call(call, RouteAction.TRIGGER)
    except RouteError as error:
        logging.getLogger("test").exception("%r with %r", call, calls)
        shown = repr(error) + "".join(traceback.format_exception(error))
    logged = caplog.text + shown
    assert "Route phone (127.0.0.1)" in logged
    assert [hidden for hidden in HIDDEN if hidden in logged] == []
    assert [line for line in logged.splitlines() if line.startswith("X-")] == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 17 ", 17),
        ("Mon, 23 Nov 2026 08:10:30 GMT", 30),
        ("Mon, 23 Nov 2026 02:10:30 -0600", 30),
        ("Mon, 23 Nov 2026 08:10:30 -0000", 30),
        ("Mon, 23 Nov 2026 08:00:00 GMT", 0),
        ("Tue, 24 Nov 2026 08:00:00 GMT", LONGEST_SECONDS),
        ("86400", LONGEST_SECONDS),
        ("9" * 5000, LONGEST_SECONDS),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("inf", None),
        ("1.5", None),
        ("Mon, 99 Nov 2026 08:10:30 GMT", None),
    ],
)
def test_how_long_to_wait_is_read(text: str | None, seconds: float | None) -> None:
    assert seconds_until(text, NOW) == seconds


@given(st.text() | st.text("0123456789:, +-GMTNov", max_size=40))
def test_any_wait_that_is_asked_for_can_be_waited_for(text: str) -> None:
    seconds = seconds_until(text, NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_SECONDS
