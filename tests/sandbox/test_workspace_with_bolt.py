"""A real Bolt app over real HTTP: what the local workspace sends is what Bolt expects."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from slack_bolt import App
from slack_bolt.request import BoltRequest
from slack_sdk import WebClient


def plain(text):
    return {"type": "plain_text", "text": text}


FORM = {
    "type": "modal",
    "callback_id": "case",
    "title": plain("Open a case"),
    "submit": plain("Send"),
    "blocks": [
        {
            "type": "input",
            "block_id": "summary",
            "label": plain("Summary"),
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


@pytest.fixture
def app(ws) -> Iterator[App]:
    """The app, served on a port as any WSGI server would."""
    client = WebClient(ws.bot_token, base_url=ws.api_url)
    app = App(client=client, signing_secret=ws.signing_secret, process_before_response=True)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer = app.dispatch(BoltRequest(body=body, headers=dict(self.headers.items())))
            text = answer.body.encode()
            self.send_response(answer.status)
            for name, values in answer.headers.items():
                for value in values:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    ws.request_url = f"http://127.0.0.1:{server.server_port}/slack/events"
    yield app
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_case_is_opened_from_a_mention_to_a_message(ws, world, app):
    @app.event("app_mention")
    def offer(event, client):
        button = {"type": "button", "action_id": "open", "text": plain("Open a case")}
        blocks = [{"type": "actions", "elements": [button]}]
        client.chat_postMessage(channel=event["channel"], text="Open a case", blocks=blocks)

    @app.event("message")
    def overhear():
        pass

    @app.action("open")
    def show(ack, body, client):
        ack()
        view = {**FORM, "private_metadata": body["channel"]["id"]}
        client.views_open(trigger_id=body["trigger_id"], view=view)

    @app.view("case")
    def file(ack, view, client, body):
        text = view["state"]["values"]["summary"]["text"]["value"]
        if len(text) < 5:
            ack(response_action="errors", errors={"summary": "Say more"})
            return
        ack()
        author = body["user"]["id"]
        client.chat_postMessage(channel=view["private_metadata"], text=f"<@{author}>: {text}")

    world.carla.post(world.channel, f"{ws.bot.mention} help")
    ws.settle()
    offered = world.channel.messages[-1]
    assert world.carla.click(offered, "Open a case").ok
    form = world.carla.modal
    form.fill({"Summary": "Down"})
    assert form.submit().errors == {"Summary": "Say more"}
    form.fill({"Summary": "All is down"})
    assert form.submit().ok
    assert world.carla.modal is None
    assert world.channel.messages[-1].shown == "@Carla: All is down"


def test_a_command_is_answered_at_once_and_through_its_response_url(world, app):
    @app.command("/case")
    def answer(ack, respond):
        ack("Here is help")
        respond("And more")

    reply = world.ana.command("/case", "help", world.channel)
    assert set(reply.text.splitlines()) == {"Here is help", "And more"}


def test_an_event_whose_listener_raises_is_sent_again(ws, world, app):
    tries = []

    @app.event("message")
    def fail(event):
        tries.append(event["text"])
        if len(tries) == 1:
            raise RuntimeError("the database is gone")

    world.ana.post(world.channel, "hello")
    ws.settle()
    assert tries == ["hello", "hello"]
