"""The door: what is let in over HTTP, what is refused, and how Casebell says that it is well."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

import pytest
from door import FORM, JSON, Door, ask, until
from story import QUESTION_ANSWERS, SEVERITY

from bot.engine.engine import Engine
from bot.sandbox import Hang
from bot.sandbox.delivery import sign
from bot.web import LARGEST_BODY


@contextmanager
def opened(database_url: str) -> Iterator[Door]:
    """A bot that runs as long as the block."""
    door = Door(database_url)
    door.start(on_call=False)
    try:
        yield door
    finally:
        door.stop()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One running bot for all that changes nothing."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('door')}/casebell.db") as made:
        yield made


@pytest.fixture
def own(sqlite_url: str) -> Iterator[Door]:
    """A running bot of the test's own."""
    with opened(sqlite_url) as made:
        yield made


QUESTION = "No business impact"
PRIVATE = {
    **QUESTION_ANSWERS,
    "Summary": "pomegranate",
    "Anything else that may help?": "x" * 700 + "pomegranate",
}


EVENT = {"type": "event_callback", "event": {"type": "reaction_added"}, "event_id": "Ev1"}


# --- who is let in --------------------------------------------------------------------------------


def test_a_signed_event_is_let_in(door: Door) -> None:
    assert door.send(EVENT).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X_Slack_Signature": "v0=" + "0" * 64}, id="another signature"),
        pytest.param({"X_Slack_Signature": ""}, id="an empty signature"),
        pytest.param({"X_Slack_Signature": None}, id="no signature"),
        pytest.param({"X_Slack_Signature": "v0=é"}, id="a signature that is not ASCII"),
        pytest.param({"X_Slack_Request_Timestamp": None}, id="no timestamp"),
        pytest.param({"X_Slack_Request_Timestamp": "é"}, id="a timestamp that is not ASCII"),
        pytest.param({"X_Slack_Request_Timestamp": str(int(time.time()) - 1)}, id="another time"),
    ],
)
def test_what_is_not_signed_by_slack_is_refused_and_nothing_is_stored(
    door: Door, headers: dict[str, str | None]
) -> None:
    before = door.rows()
    assert door.send(EVENT, **headers).status == 401
    assert door.rows() == before


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param(lambda: int(time.time()) - 6 * 60, id="six minutes old"),
        pytest.param(lambda: int(time.time()) + 6 * 60, id="six minutes ahead"),
        pytest.param(lambda: 0, id="1970"),
        pytest.param(lambda: 10**14, id="far ahead"),
        pytest.param(lambda: "9" * 400, id="a number without end"),
        pytest.param(lambda: "now", id="a word"),
        pytest.param(lambda: "", id="nothing"),
        pytest.param(lambda: f"{time.time():.3f}", id="a fraction"),
        pytest.param(lambda: f"-{int(time.time())}", id="below zero"),
        pytest.param(lambda: f"{int(time.time())} ", id="a space"),
        pytest.param(lambda: "1e9", id="an exponent"),
        pytest.param(lambda: "nan", id="not a number"),
    ],
)
def test_a_good_signature_of_a_bad_time_is_refused_and_nothing_is_stored(
    door: Door, stamp: Callable[[], float | str]
) -> None:
    """Its signature fits: a request that was overheard must not work again later."""
    before = door.rows()
    assert door.send(EVENT, signed_at=stamp()).status == 401
    assert door.rows() == before


def test_a_request_of_four_minutes_ago_is_let_in(door: Door) -> None:
    assert door.send(EVENT, signed_at=int(time.time()) - 4 * 60).status == 200


def test_the_signature_is_of_the_very_bytes(door: Door) -> None:
    """The same JSON with another space in it is another body."""
    stamp = str(int(time.time()))
    signature = sign("local-signing-secret", stamp, json.dumps(EVENT).encode())
    body = json.dumps(EVENT, indent=1)
    assert door.send(body, signed_at=stamp, X_Slack_Signature=signature).status == 401


def test_bytes_that_are_no_text_are_refused(door: Door) -> None:
    """Slack sends none, so its verifier has nothing to say of them: they are not Slack's."""
    assert door.send(b'{"type": "\xff"}').status == 401


# --- what is understood ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        pytest.param("", JSON, id="nothing"),
        pytest.param("{", JSON, id="broken JSON"),
        pytest.param("[1]", JSON, id="a JSON list"),
        pytest.param('"x"', JSON, id="a JSON text"),
        pytest.param("null", JSON, id="JSON null"),
        pytest.param("[" * 100_000, JSON, id="JSON without end"),
        pytest.param('{"a":' * 100_000 + "1" + "}" * 100_000, JSON, id="JSON too deep"),
        pytest.param(
            "",
            FORM,
            id="an empty form",
        ),
        pytest.param("no form at all", FORM, id="a broken form"),
        pytest.param("a=1&b", FORM, id="half a form"),
        pytest.param("payload=not+json", FORM, id="a payload that is no JSON"),
        pytest.param("payload=", FORM, id="an empty payload"),
        pytest.param("payload=[1]", FORM, id="a payload that is a list"),
        pytest.param("payload=" + "[" * 100_000, FORM, id="a payload without end"),
        pytest.param(json.dumps(EVENT), FORM, id="JSON that calls itself a form"),
        pytest.param(json.dumps(EVENT), "", id="JSON that calls itself nothing"),
        pytest.param("command=/case", JSON, id="a form that calls itself JSON"),
    ],
)
def test_a_signed_body_that_slack_does_not_send_is_a_bad_request(
    door: Door, body: str, kind: str
) -> None:
    before = door.rows()
    answer = door.send(body, kind)
    assert (answer.status, answer.body) == (400, "This is no body that Slack sends.")
    assert door.rows() == before


@pytest.mark.parametrize("body", ["{", "payload=not+json", "[" * 100_000])
def test_an_unsigned_broken_body_is_not_even_read(door: Door, body: str) -> None:
    assert door.send(body, X_Slack_Signature="v0=0").status == 401


def test_a_body_over_a_megabyte_is_too_large(door: Door) -> None:
    """It is refused by the length that it announces, before any of it is read."""
    length = {"Content-Length": str(LARGEST_BODY + 1), "Content-Type": JSON}
    assert ask(door.port, "POST", "/slack/events", headers=length).status == 413


def test_a_large_body_of_slacks_is_let_in(door: Door) -> None:
    event = {**EVENT, "padding": "x" * (LARGEST_BODY - 1000)}
    assert door.send(event).status == 200


@pytest.mark.parametrize("kind", [JSON, "application/json; charset=utf-8"])
def test_json_may_name_its_charset(door: Door, kind: str) -> None:
    assert door.send(EVENT, kind).status == 200


def test_the_check_of_certificates_is_answered(door: Door) -> None:
    assert door.send({"ssl_check": "1", "token": "x"}, FORM).status == 200


def test_the_address_is_verified_by_its_challenge(door: Door) -> None:
    assert door.workspace.verify_request_url()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/slack/events", 405),
        ("PUT", "/slack/events", 405),
        ("POST", "/healthz", 405),
        ("DELETE", "/healthz", 405),
        ("GET", "/status/", 404),
        ("GET", "/", 404),
        ("POST", "/", 404),
        ("POST", "/slack/events/", 404),
        ("POST", "/slack", 404),
        ("GET", "/healthz/", 404),
        ("GET", "/" + quote("äöü"), 404),
        ("GET", "/../../etc/passwd", 404),
    ],
)
def test_every_other_address_and_method_is_refused(
    door: Door, method: str, path: str, status: int
) -> None:
    assert door.send(b"{}", path=path, method=method).status == status


def test_a_refused_method_names_those_that_are_served(door: Door) -> None:
    assert door.send(b"", path="/slack/events", method="GET").headers.get("Allow") == "POST"


def test_answers_name_no_server(door: Door) -> None:
    """Not which software, nor its version: what is not said cannot be looked up."""
    assert "Server" not in door.healthz().headers


# --- /healthz -------------------------------------------------------------------------------------


def test_a_bot_that_is_well_says_so(door: Door) -> None:
    answer = door.healthz()
    assert answer.status == 200
    assert json.loads(answer.body)["ok"] is True
    assert answer.headers["Content-Type"] == "application/json"


def test_head_is_healthz_without_its_body(door: Door) -> None:
    answer = ask(door.port, "HEAD", "/healthz")
    assert (answer.status, answer.body) == (200, "")


def test_healthz_is_answered_while_every_form_hangs(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.LISTENER_TIMEOUT", 20)
    with opened(sqlite_url) as own, ThreadPoolExecutor(20) as threads:
        own.workspace.faults.add("views.open", Hang(30), times=None)
        replies = [threads.submit(own.carla.command, "/case", "", own.acme) for _ in range(20)]
        until(lambda: len(own.workspace.triggers) >= 20)
        until(lambda: sum(trigger.used for trigger in own.workspace.triggers.values()) >= 20)
        asked = time.monotonic()
        assert own.healthz().status == 200
        assert time.monotonic() - asked < 2
        assert not any(reply.done() for reply in replies)
        own.workspace.faults.clear()


def test_a_bot_without_its_database_is_not_well(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with opened(f"sqlite:///{folder}/casebell.db") as own:
        assert own.healthz().status == 200
        folder.rename(tmp_path / "gone")
        own.desk.bot.database.engine.dispose()  # as if every connection were cut
        answer = own.healthz()
        assert answer.status == 503
        said = json.loads(answer.body)
        assert said["ok"] is False
        assert set(said["problems"]) == {"database"}
        (tmp_path / "gone").rename(folder)
        assert own.healthz().status == 200


def test_a_bot_whose_engine_is_stuck_is_not_well(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.STALE_TICK", 0.2)
    stuck, free, tick = threading.Event(), threading.Event(), Engine.tick

    def sticky(engine: Engine) -> timedelta:
        if stuck.is_set():
            free.wait(10)
        return tick(engine)

    monkeypatch.setattr(Engine, "tick", sticky)
    with opened(sqlite_url) as own:
        try:
            stuck.set()
            own.desk.bot.wake()
            until(lambda: own.healthz().status == 503)
            assert set(json.loads(own.healthz().body)["problems"]) == {"engine"}
        finally:
            free.set()
        stuck.clear()
        until(lambda: own.healthz().status == 200)


# --- privacy --------------------------------------------------------------------------------------


def test_a_stored_form_holds_what_was_typed_and_no_key_to_anything(own: Door) -> None:
    assert own.submit(QUESTION, {**QUESTION_ANSWERS, "Summary": "How do I export?"}).ok
    (body,) = own.stored_forms()
    text = json.dumps(body)
    assert "How do I export?" in text
    for key in ("token", "trigger_id", "response_url", "response_urls", "bot_access_token"):
        assert f'"{key}"' not in text
    for secret in ("verification-token", "xoxb-", *own.workspace.triggers):
        assert secret not in text


def test_nothing_that_people_type_is_logged(own: Door, caplog: pytest.LogCaptureFixture) -> None:
    """Of our own loggers, at their most talkative; the libraries' are silenced at the start."""
    with caplog.at_level("DEBUG"):
        for name in ("slack_bolt", "slack_sdk"):
            caplog.set_level("ERROR", logger=name)
        assert own.submit(QUESTION, PRIVATE).ok
        own.desk.advance(seconds=5)
        assert own.send('{"pomegranate"').status == 400
        assert own.send('{"pomegranate"', X_Slack_Signature="v0=0").status == 401
    assert "pomegranate" not in caplog.text


def test_an_error_of_ours_is_logged_without_what_was_typed(
    own: Door, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("bot.services.intake.Intake._open", fail)
    assert not own.submit(QUESTION, PRIVATE).ok
    assert "a mistake of ours" in caplog.text
    assert "pomegranate" not in caplog.text


def test_a_refusal_of_the_database_is_logged_without_what_was_typed_and_told_to_nobody(
    own: Door, caplog: pytest.LogCaptureFixture
) -> None:
    with own.desk.bot.database.transaction() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON cases"
            " BEGIN SELECT RAISE(ABORT, 'no more cases'); END"
        )
    submission = own.submit(QUESTION, PRIVATE)
    assert list(submission.errors) == [SEVERITY]
    assert "no more cases" not in submission.errors[SEVERITY]
    assert "no more cases" in caplog.text
    assert "pomegranate" not in caplog.text


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param("a\u0000b", "sqlite_url", id="NUL, SQLite"),
        pytest.param("a\u0000b", "postgres_url", id="NUL, PostgreSQL"),
        pytest.param("a\ud83db", "sqlite_url", id="half an emoji, SQLite"),
        pytest.param("a\ud83db", "postgres_url", id="half an emoji, PostgreSQL"),
    ],
)
def test_no_character_keeps_a_case_from_being_opened(
    request: pytest.FixtureRequest, text: str, url: str
) -> None:
    with opened(request.getfixturevalue(url)) as own:
        assert own.submit(QUESTION, {**QUESTION_ANSWERS, "Summary": text}).ok


# --- start and stop -------------------------------------------------------------------------------


def test_a_stopped_bot_leaves_no_thread_behind(sqlite_url: str) -> None:
    before = set(threading.enumerate())
    with opened(sqlite_url):
        pass
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    assert left == []


def test_a_stopped_bot_hangs_up(sqlite_url: str) -> None:
    """A proxy keeps connections open: each of them is closed, and nothing waits on it."""
    with opened(sqlite_url) as own, closing(HTTPConnection("127.0.0.1", own.port, 2)) as kept:
        kept.request("GET", "/healthz")
        assert kept.getresponse().read().startswith(b'{"ok": true')
        own.desk.stop_bot()
        assert kept.sock.recv(1) == b""
