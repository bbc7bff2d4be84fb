"""Channels are renamed, archived, shared and given new ids, and the bot hears of it."""

from __future__ import annotations

import pytest
from small_bot import manifest_without, refusal

from bot.sandbox import Workspace


def told(bot, ws):
    """The events so far, without the moment of each."""
    ws.settle()
    return [{key: e[key] for key in e if key != "event_ts"} for e in bot.events]


@pytest.fixture(params=[False, True], ids=["public", "private"])
def room(ws, world, request):
    return ws.add_channel("desk", members=[world.ana, ws.bot], private=request.param)


@pytest.fixture
def family(room):
    return "channel" if room.kind.value == "channel" else "group"


def test_archiving_and_opening_again_are_told_with_who_did_it(ws, bot, slack, world, room, family):
    room.archive(by=world.ana)
    assert refusal(slack.chat_postMessage, channel=room.id, text="x") == "is_archived"
    room.unarchive(by=world.ana)
    assert slack.chat_postMessage(channel=room.id, text="x")["ok"]
    assert told(bot, ws)[:2] == [
        {"type": f"{family}_archive", "channel": room.id, "user": world.ana.id},
        {"type": f"{family}_unarchive", "channel": room.id, "user": world.ana.id},
    ]


def test_a_new_name_is_told_and_the_id_stays(ws, bot, slack, room, family):
    room.rename("help-desk")
    (event,) = told(bot, ws)
    assert event["type"] == f"{family}_rename"
    assert (event["channel"]["id"], event["channel"]["name"]) == (room.id, "help-desk")
    info = slack.conversations_info(channel=room.id)["channel"]
    assert (info["name"], info["created"]) == ("help-desk", event["channel"]["created"])


def test_under_a_new_id_all_goes_on_and_the_old_one_is_unknown(ws, bot, slack, world, room):
    parent = world.ana.post(room, "It is down")
    old = room.id
    new = room.change_id()
    assert old != new == room.id
    assert {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": new} == (
        told(bot, ws)[-1]
    )
    world.ana.post(room, "still", thread=parent)
    assert told(bot, ws)[-1]["channel"] == new
    assert slack.chat_postMessage(channel=new, thread_ts=parent.ts, text="x")["channel"] == new
    for method in ("chat.postMessage", "conversations.info", "conversations.history"):
        args = {"channel": old, "text": "x"}
        assert refusal(slack.api_call, method, json=args) == "channel_not_found"


def test_a_disconnected_organisation_is_out_and_the_channel_is_no_longer_shared(
    ws, bot, slack, world
):
    world.channel.unshare(world.acme)
    assert told(bot, ws) == [
        {
            "type": "channel_unshared",
            "channel": world.channel.id,
            "previously_connected_team_id": world.acme.id,
            "is_ext_shared": False,
        }
    ]
    assert bot.received[-1].payload["is_ext_shared_channel"] is False
    assert slack.conversations_info(channel=world.channel.id)["channel"]["is_ext_shared"] is False
    assert world.carla.id not in slack.conversations_members(channel=world.channel.id)["members"]
    assert refusal(slack.chat_postMessage, channel=world.carla.id, text="x") == "channel_not_found"


def test_a_channel_stays_shared_while_one_organisation_is_left(ws, bot, world):
    beta = ws.add_team("Beta")
    world.channel.share_with_team(beta)
    world.channel.unshare(world.acme)
    assert told(bot, ws)[-1]["is_ext_shared"] is True
    with pytest.raises(ValueError, match="not shared with Acme"):
        world.channel.unshare(world.acme)


@pytest.mark.parametrize(
    ("event", "happens"),
    [
        ("channel_archive", lambda room, _team: room.archive()),
        ("channel_unarchive", lambda room, _team: room.unarchive()),
        ("channel_rename", lambda room, _team: room.rename("other")),
        ("channel_id_changed", lambda room, _team: room.change_id()),
        ("channel_unshared", lambda room, team: room.unshare(team)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("missing", ["event", "scope"])
def test_none_of_it_is_told_without_its_event_and_scope(bot, event, happens, missing):
    with Workspace(manifest_without(event if missing == "event" else "channels:read")) as ws:
        ws.request_url = bot.url
        acme = ws.add_team("Acme")
        happens(ws.add_channel("room", members=[ws.bot], shared_with=[acme]), acme)
        ws.settle()
    assert bot.events == []


def test_a_deleted_message_is_pinned_no_longer(slack, world):
    message = world.ana.post(world.channel, "pin me")
    slack.pins_add(channel=world.channel.id, timestamp=message.ts)
    world.ana.delete(message)
    assert world.channel.pins == []
