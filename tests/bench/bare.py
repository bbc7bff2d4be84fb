"""A bare Bolt app on the server and with the settings that Casebell has, to measure against.

`/case` opens a form, the form is answered with a receipt, and nothing else is done: both are read
from files that were taken from Casebell, so that Slack gets the same bytes from either. Nothing of
Casebell is imported.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import waitress
from slack_bolt import Ack, App
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient

THREADS = 32
Wsgi = Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]


def make_app(form: dict[str, Any], receipt: dict[str, Any]) -> App:
    """Its listeners, as Bolt's documentation writes them."""
    token = os.environ["SLACK_BOT_TOKEN"]
    url = os.environ["SLACK_API_URL"]
    app = App(
        client=WebClient(token, base_url=url, timeout=2, retry_handlers=[]),
        signing_secret=os.environ["SLACK_SIGNING_SECRET"],
        process_before_response=True,
    )

    @app.command("/case")
    def open_form(ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=form)
        ack()

    @app.view(re.compile(".*"))
    def submitted(ack: Ack) -> None:
        ack(response_action="update", view=receipt)

    @app.action(re.compile(".*"))
    def pressed(ack: Ack) -> None:
        ack()

    return app


def with_health(slack: Wsgi) -> Wsgi:
    """The app, and `/healthz` beside it."""

    def answer(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            return slack(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"ok": true}']

    return answer


def read(name: str) -> dict[str, Any]:
    """A view from the file that a variable names; none for who only starts it."""
    path = os.environ.get(name)
    found: dict[str, Any] = json.loads(Path(path).read_text("utf-8")) if path else {}
    return found


if __name__ == "__main__":
    handler = SlackRequestHandler(make_app(read("BARE_FORM"), read("BARE_RECEIPT")))
    waitress.create_server(
        with_health(handler),
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        threads=THREADS,
        max_request_body_size=1024 * 1024,
        ident=None,
    ).run()
