"""Failures on request: each looks to a client as Slack's own would."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, RemoteDisconnected
from urllib.error import URLError
from urllib.parse import urlsplit

import pytest
from slack_sdk import WebhookClient
from slack_sdk.errors import SlackApiError

from bot.sandbox import CutAfter, CutBefore, Hang, HttpError, RateLimited, Refused, Workspace

CUT = (RemoteDisconnected, ConnectionError, URLError)


def post(slack, world, text="hello"):
    return slack.chat_postMessage(channel=world.channel.id, text=text)


def texts(world):
    return [message.text for message in world.channel.messages]


def test_too_many_requests_say_when_to_come_back(ws, slack, world):
    ws.faults.add("chat.postMessage", RateLimited(7))
    with pytest.raises(SlackApiError) as caught:
        post(slack, world)
    answer = caught.value.response
    assert (answer.status_code, answer["error"]) == (429, "ratelimited")
    assert answer.headers["retry-after"] == "7"
    assert texts(world) == []
    assert post(slack, world)["ok"]


@pytest.mark.parametrize(
    ("fault", "status"), [(Refused("internal_error"), 200), (HttpError(503), 503)], ids=str
)
def test_a_refused_call_has_no_effect(ws, slack, world, fault, status):
    ws.faults.add("*", fault)
    with pytest.raises(SlackApiError) as caught:
        post(slack, world)
    assert caught.value.response.status_code == status
    assert texts(world) == []


@pytest.mark.parametrize(
    ("fault", "posted"), [(CutBefore(), []), (CutAfter(), ["hello"])], ids=["before", "after"]
)
def test_a_lost_answer_may_hide_an_effect(ws, slack, world, fault, posted):
    ws.faults.add("chat.postMessage", fault)
    with pytest.raises(CUT):
        post(slack, world)
    assert texts(world) == posted
    assert ws.calls[-1].response is None


def test_a_hanging_call_is_carried_out_and_answered_late(ws, slack, world):
    ws.faults.add("chat.postMessage", Hang(0.1))
    with ThreadPoolExecutor(1) as pool:
        started = time.monotonic()
        answer = pool.submit(post, slack, world)
        ws.wait_for(lambda: texts(world) == ["hello"])
        assert not answer.done()
        assert answer.result()["ok"]
    assert time.monotonic() - started >= 0.1


def test_one_hanging_call_holds_up_no_other(ws, slack, world):
    ws.faults.add("views.open", Hang(30), times=None)
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(slack.api_call, "views.open", json={})
        ws.wait_for(lambda: ws.calls)
        assert post(slack, world)["ok"]
        ws.faults.clear()
        with pytest.raises(SlackApiError):
            hanging.result(timeout=2)


def test_a_fault_strikes_as_often_and_where_it_is_told(ws, slack, world):
    ws.faults.add(
        "chat.postMessage", Refused("x"), times=2, when=lambda args: args["text"] == "bad"
    )
    outcomes = []
    for text in ("good", "bad", "bad", "bad"):
        try:
            outcomes.append(post(slack, world, text)["ok"])
        except SlackApiError:
            outcomes.append(False)
    assert outcomes == [True, False, False, True]


def test_faults_can_be_cleared(ws, slack, world):
    ws.faults.add("*", Refused("x"), times=None)
    ws.faults.clear()
    assert post(slack, world)["ok"]


def test_a_response_url_can_fail_too(ws, bot, slack, world):
    world.ana.command("/case", "", world.channel)
    url = WebhookClient(bot.last.payload["response_url"], retry_handlers=[])
    ws.faults.add("response_url", HttpError(500))
    assert url.send(text="x").status_code == 500
    assert url.send(text="x").status_code == 200


def test_while_slack_is_away_every_connection_is_cut(ws, slack, world):
    ws.away = True
    with pytest.raises(CUT):
        post(slack, world)
    ws.away = False
    assert post(slack, world)["ok"]


def test_a_connection_is_kept_alive_until_the_workspace_stops():
    def ask():
        connection.request("POST", "/api/auth.test")
        return json.load(connection.getresponse())["error"]

    with Workspace({}) as ws:
        connection = HTTPConnection("127.0.0.1", urlsplit(ws.api_url).port, timeout=2)
        assert ask() == "not_authed"
        first = connection.sock
        assert ask() == "not_authed"
        assert connection.sock is first
    with pytest.raises(CUT):
        ask()
    connection.close()


def test_a_stopped_workspace_refuses_connections(slack, world, ws):
    other = Workspace({})
    with other:
        pass
    slack.base_url = other.api_url
    with pytest.raises(CUT):
        post(slack, world)
