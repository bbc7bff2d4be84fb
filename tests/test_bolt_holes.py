"""What Bolt 1.30 gets wrong between Slack and a listener, and what is done about it.

The holes are numbered as in the project's design notes: 1 payload, 2 client id, 5 events that
nobody serves, 6 auth.test. Holes 3 and 4, bad bodies and timestamps, are in test_web.py.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from door import FORM, Door, ask, until
from slack_sdk import WebClient
from story import QUESTION_ANSWERS, SEVERITY

from bot.errors import StorageUnavailableError, UserError
from bot.sandbox import HttpError, Outcome, Refused
from bot.sandbox.playground import BOT_TOKEN, SIGNING_SECRET
from bot.services.conversation import Conversation
from bot.services.intake import Intake
from handlers.middleware import TOO_OLD

ROOT = Path(__file__).parent.parent
QUESTION = "No business impact"


@contextmanager
def opened(database_url: str, *, slack_is_away: bool = False) -> Iterator[Door]:
    """A bot that runs as long as the block."""
    door = Door(database_url)
    if slack_is_away:
        door.workspace.away = True
        door.desk.start()
    else:
        door.start(on_call=False)
    try:
        yield door
    finally:
        door.stop()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One running bot for all that each test leaves as it was."""
    with opened(f"sqlite:///{tmp_path_factory.mktemp('holes')}/casebell.db") as made:
        yield made


@pytest.fixture(autouse=True)
def _everything_comes_to_rest(door: Door) -> Iterator[None]:
    """Forms are put away, and a minute passes, so that no channel has to wait for its turn."""
    yield
    while form := door.carla.modal:
        form.close()
    door.desk.advance(minutes=1)


# --- 1: the word payload -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["payload", "my payload={}", "payload=%7B%7D&x", "what is payload?"]
)
def test_a_command_may_say_payload(door: Door, text: str) -> None:
    reply = door.carla.command("/case", text, door.acme)
    assert reply.ok
    assert "opens a form" in reply.text


@pytest.mark.parametrize("name", ["payload", "acme-payload", "payload-team"])
def test_a_channel_may_be_called_payload(door: Door, name: str) -> None:
    channel = door.workspace.add_channel(name, members=[door.workspace.bot, door.carla])
    assert door.carla.command("/case", "", channel).ok
    assert door.carla.modal


# --- 2: SLACK_CLIENT_ID --------------------------------------------------------------------------


def test_a_client_id_in_the_environment_changes_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_CLIENT_ID", "1.2")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "3")
    with opened(sqlite_url) as door:
        assert door.submit(QUESTION, QUESTION_ANSWERS).ok


def test_the_whole_process_serves_with_a_client_id_and_logs_no_words(
    sqlite_url: str, tmp_path: Path
) -> None:
    """`python -m bot run` beside a local workspace, as talkative as it can be, until SIGTERM."""
    door = Door(sqlite_url)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "SLACK_API_URL": door.workspace.api_url,
        "SLACK_CLIENT_ID": "1.2",
        "SLACK_CLIENT_SECRET": "3",
        "TEAM_CHANNEL": door.team.id,
        "DATABASE_URL": f"sqlite:///{tmp_path}/process.db",
        "PORT": str(port),
        "LOG_LEVEL": "DEBUG",
    }
    command = [sys.executable, "-m", "bot", "run"]
    log = tmp_path / "log"
    with door.workspace, log.open("wb") as out:
        process = subprocess.Popen(command, cwd=tmp_path, env=env, stdout=out, stderr=out)
        try:
            until(lambda: _answers(port), seconds=20)
            door.workspace.request_url = f"http://127.0.0.1:{port}/slack/events"
            answers = {**QUESTION_ANSWERS, "Summary": "pomegranate"}
            assert door.submit(QUESTION, answers).ok
            door.workspace.wait_for(
                lambda: len(door.carla.dms) == 1
            )  # the receipt: the engine runs
            assert ask(port, "POST", "/slack/events", b"pomegranate").status == 401
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(10) == 0
    said = log.read_text("utf-8")
    assert "Casebell is up" in said
    assert "pomegranate" not in said
    for secret in (BOT_TOKEN, SIGNING_SECRET, "Traceback"):
        assert secret not in said


def _answers(port: int) -> bool:
    try:
        return ask(port, "GET", "/healthz").status == 200
    except OSError:
        return False


# --- 5: what nobody serves -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["reaction_added", "app_home_opened", "of_next_year"])
def test_an_event_that_nobody_serves_is_taken_once(door: Door, kind: str) -> None:
    body = {"type": "event_callback", "event_id": "Ev1", "event": {"type": kind}}
    assert door.send(body).status == 200


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "shortcut", "callback_id": "gone"},
        {"type": "message_action", "callback_id": "gone"},
        {"type": "view_submission", "view": {"type": "modal", "callback_id": "gone"}},
        {"type": "view_closed", "view": {"type": "modal", "callback_id": "gone"}},
    ],
    ids=lambda payload: payload["type"],
)
def test_an_interaction_that_nobody_serves_is_taken(door: Door, payload: dict[str, Any]) -> None:
    who = {"user": {"id": door.carla.id, "team_id": "T1"}, "team": {"id": "T1"}}
    assert door.send({"payload": json.dumps(payload | who)}, FORM).status == 200


def with_button(door: Door, action_id: str, value: str) -> Any:
    """A message of the bot's with a button as an earlier version may have drawn it."""
    client = WebClient(BOT_TOKEN, base_url=door.workspace.api_url)
    button = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "Press"},
        "value": value,
    }
    blocks = [{"type": "actions", "elements": [button]}]
    ts = client.chat_postMessage(channel=door.acme.id, text="old", blocks=blocks)["ts"]
    return door.acme.message(ts)


@pytest.mark.parametrize("action_id", ["button_of_last_year", "page_acknowledge_v0"])
def test_a_button_that_nobody_knows_gets_a_private_sentence(door: Door, action_id: str) -> None:
    reply = door.carla.click(with_button(door, action_id, "x"), "Press")
    assert reply.ok
    assert reply.text == TOO_OLD
    assert door.emil.ephemerals == ()


@pytest.mark.parametrize("value", ["", "page:1", "case:1@1", "page:999@1"])
def test_a_button_with_a_value_of_nobodys_gets_a_private_sentence(door: Door, value: str) -> None:
    message = with_button(door, "page_acknowledge", value)
    reply = door.ana.click(message, "Press")
    assert reply.ok
    assert len(reply.messages) == 1
    assert door.acme.message(message.ts).text == "old"  # the message itself stays


def test_a_button_of_the_team_says_so_to_everybody_else(door: Door) -> None:
    reply = door.carla.click(with_button(door, "page_acknowledge", "page:1@1"), "Press")
    assert reply.text == "Only people of the support team can do this."


# --- 6: auth.test --------------------------------------------------------------------------------


def test_with_slack_away_at_the_start_it_starts_and_says_not_yet(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.engine.upkeep._FIRST_RETRY", 0.05)
    with opened(sqlite_url, slack_is_away=True) as door:
        answer = door.send({"type": "event_callback", "event": {"type": "message"}})
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "5"
        assert door.healthz().status == 200
        assert door.workspace.verify_request_url()
        assert door.rows()["events"] == 0
        door.workspace.away = False
        until(door.desk.bot.is_ready)
        assert door.submit(QUESTION, QUESTION_ANSWERS).ok


def test_what_comes_before_slack_has_said_who_casebell_is_is_repeated_and_not_dropped(
    sqlite_url: str,
) -> None:
    """Bolt answers 200 where authorize returns None; ours raises, and Slack sends it again."""
    event = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "message"}}
    with opened(sqlite_url, slack_is_away=True) as door:
        assert door.desk.bot.dispatch(event, {}).status == 500


@pytest.mark.parametrize(
    "fault", [Refused("invalid_auth"), Refused("account_inactive"), HttpError(500)], ids=str
)
def test_an_auth_test_that_fails_later_drops_nothing(
    door: Door, fault: Refused | HttpError
) -> None:
    name = door.open_case(QUESTION, answers=QUESTION_ANSWERS)
    door.workspace.faults.add("auth.test", fault, times=None)
    door.answer(door.ana, name)
    assert "Answered" in door.card(name).shown
    assert door.submit(QUESTION, QUESTION_ANSWERS).ok
    door.workspace.faults.clear()


def test_listeners_ask_slack_nothing_about_themselves(door: Door) -> None:
    """Bolt's own authorize calls auth.test before listeners."""
    before = [call.method for call in door.workspace.calls].count("auth.test")
    door.submit(QUESTION, QUESTION_ANSWERS)
    assert [call.method for call in door.workspace.calls].count("auth.test") == before


# --- a listener that raises ----------------------------------------------------------------------


@dataclass
class Failing:
    """Stands before a function and raises, as often as it is told to."""

    error: Exception
    times: int = 10**6
    calls: int = field(default=0)

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls <= self.times:
                raise self.error
            return function(*args, **kwargs)

        return wrapped


SENTENCES = [
    pytest.param(
        RuntimeError("a mistake of ours"),
        r"Something went wrong on our side \(reference [0-9a-f]{6}\)\. Please try again, or write"
        r" to support@logik\.io\.",
        id="a mistake of ours",
    ),
    pytest.param(
        StorageUnavailableError("gone"),
        r"Nothing was saved: our database does not answer just now\. Please try again in a moment,"
        r" or write to support@logik\.io\.",
        id="the database is away",
    ),
    pytest.param(UserError("You cannot do that."), r"You cannot do that\.", id="wrong use"),
]


@pytest.mark.parametrize(("error", "sentence"), SENTENCES)
def test_a_command_that_fails_gets_a_private_sentence(
    door: Door, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    monkeypatch.setattr(Intake, "form", Failing(error).before(Intake.form))
    reply = door.carla.command("/case", "", door.acme)
    assert reply.ok
    assert re.fullmatch(sentence, reply.text)
    assert door.carla.modal is None


@pytest.mark.parametrize(("error", "sentence"), SENTENCES)
def test_a_form_that_fails_keeps_every_word_and_says_why_on_its_first_input(
    door: Door, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    monkeypatch.setattr(Intake, "store", Failing(error, times=1).before(Intake.store))
    first = door.submit(QUESTION, QUESTION_ANSWERS)
    assert first.status is Outcome.ERRORS
    assert list(first.errors) == [SEVERITY]
    assert re.fullmatch(sentence, first.errors[SEVERITY])
    form = door.carla.modal
    assert form
    assert form.input("Summary").answer == QUESTION_ANSWERS["Summary"]
    assert form.submit().ok  # pressed again: nothing has to be typed anew


def test_a_click_that_fails_gets_a_private_sentence(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(RuntimeError("a mistake of ours"))
    monkeypatch.setattr("bot.services.directory.Directory.is_team", failing.before(bool))
    reply = door.ana.click(with_button(door, "page_acknowledge", "page:1@1"), "Press")
    assert reply.ok
    assert reply.text.startswith("Something went wrong on our side (reference ")


@pytest.mark.parametrize("times", [1, 3])
def test_an_event_that_fails_is_repeated_by_slack_until_it_is_done_once(
    door: Door, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    name = door.open_case(QUESTION, answers=QUESTION_ANSWERS)
    failing = Failing(RuntimeError("a mistake of ours"), times)
    monkeypatch.setattr(Conversation, "wrote", failing.before(Conversation.wrote))
    door.answer(door.ana, name)
    assert failing.calls == times + 1
    assert "Answered" in door.card(name).shown


def test_an_event_that_fails_is_answered_with_500(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(RuntimeError("a mistake of ours"))
    monkeypatch.setattr(Conversation, "wrote", failing.before(Conversation.wrote))
    event = {
        "type": "message",
        "channel": door.acme.id,
        "user": door.ana.id,
        "text": "hello",
        "ts": "2.0",
        "thread_ts": "1.0",
    }
    body = {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": event}
    before = door.rows()
    answer = door.send(body)
    assert (answer.status, answer.body) == (500, "")
    assert door.rows() == before  # so that the repetition counts as the first time
