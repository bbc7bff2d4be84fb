"""Socket Mode: the same payloads over WebSockets that the bot opens and Slack ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from queue import Queue

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from small_bot import MANIFEST
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from bot.sandbox import Workspace

Reaction = Callable[[dict], dict | None]


class Link:
    """One WebSocket of a bot: it acknowledges each envelope with what `react` gives it."""

    def __init__(self, ws: Workspace, react: Reaction = lambda _envelope: {}) -> None:
        client = WebClient(ws.bot_token, base_url=ws.api_url)
        self.url = client.apps_connections_open(app_token=ws.app_token)["url"]
        self.envelopes: list[dict] = []
        self.arrived: Queue[dict] = Queue()
        self.react = react
        self._open = ExitStack()
        self._socket = self._open.enter_context(connect(self.url))
        self.hello = json.loads(self._socket.recv())
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def close(self) -> None:
        self._open.close()
        self._thread.join()

    def _listen(self) -> None:
        try:
            for text in self._socket:
                envelope = json.loads(text)
                self.envelopes.append(envelope)
                self.arrived.put(envelope)
                payload = self.react(envelope)
                if payload is not None and "envelope_id" in envelope:
                    ack = {"envelope_id": envelope["envelope_id"], "payload": payload}
                    self._socket.send(json.dumps(ack))
        except ConnectionClosed:
            pass


@pytest.fixture
def ws() -> Iterator[Workspace]:
    with Workspace(MANIFEST, app_token="xapp-local") as workspace:
        workspace.event_retry_delays = (0.0, 0.0, 0.0)
        workspace.ack_timeout = 1.0
        yield workspace


@pytest.fixture
def link(ws) -> Iterator[Callable[..., Link]]:
    links = []

    def opened(*args):
        links.append(Link(ws, *args))
        return links[-1]

    yield opened
    for one in links:
        one.close()


def test_slack_says_hello_and_counts(ws, link):
    assert link().hello["num_connections"] == 1
    assert link().hello["num_connections"] == 2
    assert ws.socket_count == 2


def test_a_command_is_answered_in_its_acknowledgement(link, world):
    one = link(lambda _envelope: {"text": "Here is help"})
    assert world.ana.command("/case", "payload", world.channel).text == "Here is help"
    (envelope,) = one.envelopes
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert envelope["payload"]["text"] == "payload"


def test_events_say_which_try_they_are(ws, link, world):
    ws.ack_timeout = 0.3
    one = link(lambda envelope: {} if envelope["retry_attempt"] == 1 else None)
    world.ana.post(world.channel, "hello")
    ws.settle()
    tries = [(e["type"], e["retry_attempt"], e["retry_reason"]) for e in one.envelopes]
    assert tries == [("events_api", 0, ""), ("events_api", 1, "http_timeout")]


def test_a_payload_goes_to_one_connection_and_the_next_to_another(ws, link, world):
    one, two = link(), link()
    for _ in range(4):
        world.ana.command("/case", "", world.channel)
    assert (len(one.envelopes), len(two.envelopes)) == (2, 2)


def test_nothing_acknowledged_is_a_failure_for_the_person(ws, link, world):
    ws.ack_timeout = 0.3
    link(lambda _envelope: None)
    reply = world.ana.command("/case", "", world.channel)
    assert reply.problem == '/case failed with the error "operation_timeout"'


def test_without_a_connection_a_command_fails(world):
    reply = world.ana.command("/case", "", world.channel)
    assert reply.problem == '/case failed with the error "dispatch_failed"'


def test_an_address_works_once(link):
    used = link().url
    with connect(used) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=2)


def test_an_app_holds_ten_connections(ws, link):
    for _ in range(10):
        link()
    client = WebClient(ws.bot_token, base_url=ws.api_url)
    url = client.apps_connections_open(app_token=ws.app_token)["url"]
    with connect(url) as socket, pytest.raises(ConnectionClosed):
        socket.recv(timeout=2)


@pytest.mark.parametrize(("reason", "left"), [("warning", 1), ("refresh_requested", 0)])
def test_slack_announces_the_end_of_a_connection(ws, link, reason, left):
    one = link()
    ws.disconnect_sockets(reason)
    assert one.arrived.get(timeout=2) == {"type": "disconnect", "reason": reason}
    ws.wait_for(lambda: ws.socket_count == left)


def test_while_slack_is_away_the_sockets_are_cut(ws, link):
    link()
    ws.away = True
    ws.wait_for(lambda: ws.socket_count == 0)


def test_a_real_bolt_app_speaks_socket_mode_and_comes_back(ws, world):
    client = WebClient(ws.bot_token, base_url=ws.api_url)
    # Else Bolt acknowledges an event first and runs its listener when it comes to it.
    app = App(client=client, process_before_response=True)
    heard = []

    @app.command("/case")
    def help_(ack):
        ack("Here is help")

    @app.event("message")
    def listen(event):
        heard.append(event["text"])

    handler = SocketModeHandler(app, ws.app_token)
    handler.connect()
    try:
        ws.wait_for(lambda: ws.socket_count == 1)
        assert world.ana.command("/case", "help", world.channel).text == "Here is help"
        ws.disconnect_sockets()
        ws.wait_for(lambda: sum(c.method == "apps.connections.open" for c in ws.calls) == 2)
        ws.wait_for(lambda: ws.socket_count == 1)
        ws.ack_timeout = 4.0  # the SDK reads its new connection up to 3 s after opening it
        world.ana.post(world.channel, "still there?")
        ws.settle()
        assert "still there?" in heard
    finally:
        handler.close()
