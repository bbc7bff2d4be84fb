"""A home workspace with a customer beside it, a small bot, and a client for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from case_form import form
from slack_sdk import WebClient
from small_bot import MANIFEST, Bot

from bot.sandbox import Workspace


class Clock:
    """An instant that moves when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ws(clock: Clock) -> Iterator[Workspace]:
    with Workspace(MANIFEST, clock=clock) as workspace:
        workspace.event_retry_delays = (0.0, 0.0, 0.0)
        yield workspace


@pytest.fixture
def bot(ws: Workspace) -> Iterator[Bot]:
    small = Bot(ws.signing_secret)
    ws.request_url = small.url
    yield small
    small.stop()


@pytest.fixture
def slack(ws: Workspace) -> WebClient:
    return WebClient(ws.bot_token, base_url=ws.api_url, retry_handlers=[], timeout=5)


@pytest.fixture
def world(ws: Workspace) -> SimpleNamespace:
    """Ana of the vendor, Carla of Acme, and the channel they share with the bot."""
    acme = ws.add_team("Acme")
    ana = ws.add_person("Ana")
    carla = ws.add_person("Carla", team=acme, tz="Europe/Berlin")
    channel = ws.add_channel("acme", members=[ana, carla, ws.bot], shared_with=[acme])
    return SimpleNamespace(acme=acme, ana=ana, carla=carla, channel=channel)


@pytest.fixture
def opened(bot, slack, world):
    """Ana's form, opened by a command; afterwards the bot answers nothing."""
    bot.listener = lambda payload: (
        slack.views_open(trigger_id=payload["trigger_id"], view=form()) and None
    )
    world.ana.command("/case", "", world.channel)
    bot.listener = lambda _payload: None
    return world.ana.modal


@pytest.fixture
def filled(opened):
    opened.fill({"Summary": "It is down", "Kind": "Error"})
    return opened
