"""What people write to the bot in private, and when they can."""

from __future__ import annotations

import copy

import pytest
from small_bot import MANIFEST, manifest_without

from bot.sandbox import Workspace


def test_a_direct_message_is_told_and_so_is_a_reply_in_its_thread(ws, bot, slack, world):
    sent = slack.chat_postMessage(channel=world.ana.id, text="CASE-1 is yours")
    page = world.ana.dms[0]
    world.ana.post(world.ana.dm, "on it", thread=page)
    ws.settle()
    reply = bot.events[-1]
    assert (reply["type"], reply["channel_type"]) == ("message", "im")
    assert (reply["channel"], reply["user"]) == (sent["channel"], world.ana.id)
    assert reply["thread_ts"] == page.ts


def test_a_mention_in_a_direct_message_is_no_app_mention(ws, bot, world):
    world.ana.post(world.ana.dm, f"{ws.bot.mention} help")
    ws.settle()
    assert [event["type"] for event in bot.events] == ["message"]


@pytest.mark.parametrize("missing", ["im:history", "message.im"])
def test_direct_messages_are_told_with_their_scope_and_event_alone(bot, missing):
    with Workspace(manifest_without(missing)) as ws:
        ws.request_url = bot.url
        ana = ws.add_person("Ana")
        ana.post(ana.dm, "hello")
        ws.settle()
    assert bot.events == []


@pytest.mark.parametrize(
    "tabs",
    [{"messages_tab_enabled": False}, {"messages_tab_read_only_enabled": True}],
    ids=["off", "read only"],
)
def test_nobody_writes_where_the_messages_tab_takes_nothing(tabs):
    manifest = copy.deepcopy(MANIFEST)
    manifest["features"]["app_home"] |= tabs
    with Workspace(manifest) as ws:
        ana = ws.add_person("Ana")
        with pytest.raises(ValueError, match="takes no direct messages"):
            ana.post(ana.dm, "hello")
        with pytest.raises(ValueError, match="takes no direct messages"):
            ana.upload(ana.dm, "a.png")


def test_a_direct_message_of_another_organisation_is_told_as_shared(ws, bot, slack, world):
    world.carla.post(world.carla.dm, "psst")
    ws.settle()
    (received,) = bot.received
    assert received.payload["is_ext_shared_channel"] is True
    assert received.payload["event"]["user_team"] == world.acme.id
    info = slack.conversations_info(channel=world.carla.dm.id)["channel"]
    assert (info["is_im"], info["is_ext_shared"]) == (True, True)


def test_a_stranger_without_a_common_channel_cannot_write(world):
    world.channel.kick(world.carla)
    with pytest.raises(ValueError, match="shares no channel"):
        world.carla.post(world.carla.dm, "hello?")
