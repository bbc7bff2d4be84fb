"""Shortcuts: for people of the home workspace, as far as the manifest names them."""

from __future__ import annotations

import copy

import pytest
from case_form import form
from slack_sdk import WebhookClient
from small_bot import MANIFEST, manifest_without

from bot.sandbox import Workspace


@pytest.mark.parametrize("name", ["My cases", "mine"], ids=["name", "callback_id"])
def test_a_global_shortcut_tells_who_and_nothing_of_where(ws, bot, world, name):
    assert world.ana.shortcut(name).ok
    sent = bot.last.payload
    assert bot.last.signed
    assert (sent["type"], sent["callback_id"]) == ("shortcut", "mine")
    assert (sent["team"]["id"], sent["user"]["id"]) == (ws.home.id, world.ana.id)
    assert sent["action_ts"]
    assert sent.keys().isdisjoint({"channel", "response_url", "message"})


def test_a_global_shortcut_opens_a_form(bot, slack, world):
    bot.listener = lambda payload: (
        slack.views_open(trigger_id=payload["trigger_id"], view=form()) and None
    )
    world.ana.shortcut("mine")
    assert world.ana.modal.title == "Open a case"


def test_a_message_shortcut_tells_of_the_message(bot, slack, world):
    parent = world.carla.post(world.channel, "It is down")
    message = world.carla.post(world.channel, "since noon", thread=parent)
    assert world.ana.message_shortcut(message, "Make a case").ok
    sent = bot.last.payload
    assert (sent["type"], sent["callback_id"]) == ("message_action", "make")
    assert sent["channel"] == {"id": world.channel.id, "name": "acme"}
    assert sent["message_ts"] == sent["message"]["ts"] == message.ts
    assert (sent["message"]["user"], sent["message"]["thread_ts"]) == (world.carla.id, parent.ts)
    assert slack.views_open(trigger_id=sent["trigger_id"], view=form())["ok"]


def test_the_response_url_of_a_message_shortcut_answers_its_user_alone(bot, world):
    message = world.carla.post(world.channel, "It is down")
    world.ana.message_shortcut(message, "make")
    answer = WebhookClient(bot.last.payload["response_url"]).send(text="Done")
    assert answer.status_code == 200
    assert [message.text for message in world.ana.ephemerals] == ["Done"]


@pytest.mark.parametrize("who", ["another organisation", "a name the manifest lacks", "wrong type"])
def test_what_the_client_does_not_list_never_reaches_the_bot(bot, world, who):
    message = world.ana.post(world.channel, "It is down")
    match who:
        case "another organisation":
            replies = (world.carla.shortcut("mine"), world.carla.message_shortcut(message, "make"))
        case "a name the manifest lacks":
            replies = (world.ana.shortcut("x"), world.ana.message_shortcut(message, "x"))
        case _:
            replies = (world.ana.shortcut("make"), world.ana.message_shortcut(message, "mine"))
    assert all("no shortcut" in reply.problem for reply in replies)
    assert bot.asked == []


def test_shortcuts_need_the_scope_of_commands(bot):
    with Workspace(manifest_without("commands")) as ws:
        ws.request_url = bot.url
        assert not ws.add_person("Ana").shortcut("mine").ok
    assert bot.asked == []


def test_shortcuts_need_interactivity(bot):
    manifest = copy.deepcopy(MANIFEST)
    manifest["settings"]["interactivity"]["is_enabled"] = False
    with Workspace(manifest) as ws:
        ws.request_url = bot.url
        assert not ws.add_person("Ana").shortcut("mine").ok
    assert bot.asked == []


def test_a_message_shortcut_wants_a_message_that_they_see(ws, world):
    message = world.carla.post(world.channel, "It is down")
    with pytest.raises(LookupError, match="does not see"):
        ws.add_person("Stranger").message_shortcut(message, "make")


def test_an_ephemeral_message_has_no_shortcuts(bot, slack, world):
    slack.chat_postEphemeral(channel=world.channel.id, user=world.ana.id, text="psst")
    assert not world.ana.message_shortcut(world.ana.ephemerals[0], "make").ok
    assert bot.asked == []
