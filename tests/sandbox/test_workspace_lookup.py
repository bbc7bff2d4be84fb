"""The Web API shows the bot what it may see, in pages, and refuses the rest."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, time

import pytest
from slack_sdk import WebClient
from small_bot import MANIFEST, refusal

from bot.sandbox import Workspace


def test_a_private_channel_is_read_with_the_scope_of_private_channels():
    manifest = copy.deepcopy(MANIFEST)
    manifest["oauth_config"]["scopes"]["bot"].remove("groups:history")
    with Workspace(manifest) as ws:
        room = ws.add_channel("desk", members=[ws.bot], private=True)
        client = WebClient(ws.bot_token, base_url=ws.api_url)
        assert refusal(client.conversations_history, channel=room.id) == "missing_scope"


def test_history_is_newest_first_in_pages_without_the_replies(slack, world):
    for number in range(5):
        parent = world.ana.post(world.channel, f"message {number}")
    world.ana.post(world.channel, "a reply", thread=parent)
    first = slack.conversations_history(channel=world.channel.id, limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    second = slack.conversations_history(channel=world.channel.id, limit=3, cursor=cursor)
    texts = [message["text"] for page in (first, second) for message in page["messages"]]
    assert texts == [f"message {number}" for number in (4, 3, 2, 1, 0)]
    assert (first["has_more"], second["has_more"]) == (True, False)


@pytest.mark.parametrize(
    ("page", "code"),
    [({"cursor": "nonsense"}, "invalid_cursor"), ({"limit": 5000}, "invalid_limit")],
    ids=["cursor", "limit"],
)
def test_a_page_that_cannot_be_is_refused(slack, world, page, code):
    assert refusal(slack.conversations_members, channel=world.channel.id, **page) == code


def test_replies_come_after_their_parent(slack, world):
    parent = world.ana.post(world.channel, "question")
    slack.chat_postMessage(channel=world.channel.id, text="answer", thread_ts=parent.ts)
    found = slack.conversations_replies(channel=world.channel.id, ts=parent.ts)["messages"]
    assert [message["text"] for message in found] == ["question", "answer"]
    assert [message.text for message in parent.thread] == ["answer"]
    assert refusal(slack.conversations_replies, channel=world.channel.id, ts="1.0") == (
        "thread_not_found"
    )


def test_history_shows_the_payload_of_metadata_only_on_request(slack, world):
    metadata = {"event_type": "outbox", "event_payload": {"key": "k1"}}
    slack.chat_postMessage(channel=world.channel.id, text="x", metadata=metadata)

    def seen(**options):
        page = slack.conversations_history(channel=world.channel.id, **options)
        return page["messages"][0]["metadata"]

    assert seen() == {"event_type": "outbox"}
    assert seen(include_all_metadata=True) == metadata


def test_members_include_people_of_other_organisations(ws, slack, world):
    members = slack.conversations_members(channel=world.channel.id)["members"]
    assert set(members) == {world.ana.id, world.carla.id, ws.bot.id}


def test_info_tells_an_externally_shared_channel(slack, world):
    info = slack.conversations_info(channel=world.channel.id)["channel"]
    assert info["is_ext_shared"] is True
    assert info["connected_team_ids"] == [world.acme.id]


def test_the_bot_finds_the_conversations_it_is_in(ws, slack, world):
    ws.add_channel("elsewhere")
    private = ws.add_channel("desk", members=[ws.bot], private=True)

    def found(types):
        page = slack.users_conversations(types=types)
        return [channel["id"] for channel in page["channels"]]

    assert found("public_channel") == [world.channel.id]
    assert found("public_channel,private_channel") == [world.channel.id, private.id]


def test_users_info_tells_guests_and_people_of_other_organisations(ws, slack, world):
    guest = ws.add_person("Guest", guest=True)
    assert slack.users_info(user=guest.id)["user"]["is_restricted"] is True
    carla = slack.users_info(user=world.carla.id)["user"]
    assert (carla["team_id"], carla["is_stranger"]) == (world.acme.id, False)
    world.channel.kick(world.carla)
    assert slack.users_info(user=world.carla.id)["user"]["is_stranger"] is True
    assert refusal(slack.users_info, user="U404") == "user_not_found"


def test_do_not_disturb_silences_and_dnd_info_says_when(ws, slack, clock):
    night = (time(22), time(7))
    sleeper = ws.add_person("Sleeper", tz="America/Chicago", dnd=night)
    slack.chat_postMessage(channel=sleeper.id, text="by day")
    clock.now = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)  # 23:00 in Chicago
    slack.chat_postMessage(channel=sleeper.id, text="by night")
    assert [message.text for message in sleeper.notifications] == ["by day"]
    assert [message.text for message in sleeper.dms] == ["by day", "by night"]
    info = slack.dnd_info(user=sleeper.id)
    assert info["dnd_enabled"] is True
    assert info["next_dnd_start_ts"] == datetime(2026, 11, 21, 4, tzinfo=UTC).timestamp()
    assert info["next_dnd_end_ts"] == datetime(2026, 11, 21, 13, tzinfo=UTC).timestamp()
