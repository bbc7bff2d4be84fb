"""People without names, people who left, and as many of them as a page holds."""

from __future__ import annotations

import pytest
from small_bot import manifest_without, refusal

from bot.sandbox import Workspace


def test_a_person_may_have_no_name_at_all(ws, slack):
    nobody = ws.add_person("")
    user = slack.users_info(user=nobody.id)["user"]
    assert user["name"] == nobody.id.lower()
    assert user["profile"]["display_name"] == ""
    assert "real_name" not in user
    assert "real_name" not in user["profile"]


def test_a_person_may_leave_the_display_name_empty(ws, slack):
    ana = ws.add_person("Ana Ruiz", display_name="")
    profile = slack.users_info(user=ana.id)["user"]["profile"]
    assert (profile["display_name"], profile["real_name"]) == ("", "Ana Ruiz")


def test_a_deactivated_person_is_told_and_listed_nowhere(ws, bot, slack, world):
    world.ana.deactivate()
    ws.settle()
    (event,) = bot.events
    assert (event["type"], event["user"]["id"]) == ("user_change", world.ana.id)
    assert event["user"]["deleted"] is True
    assert world.ana.id not in slack.conversations_members(channel=world.channel.id)["members"]
    info = slack.conversations_info(channel=world.channel.id, include_num_members=True)
    assert info["channel"]["num_members"] == 2


def test_a_deactivated_person_does_sees_and_hears_nothing(slack, world):
    message = world.carla.post(world.channel, "hello")
    world.ana.deactivate()
    with pytest.raises(ValueError, match="deactivated"):
        world.ana.post(world.channel, "hello")
    with pytest.raises(ValueError, match="deactivated"):
        world.ana.shortcut("mine")
    with pytest.raises(LookupError, match="does not see"):
        world.ana.click(message, "Open")
    world.carla.post(world.channel, f"{world.ana.mention} @channel")
    assert world.ana.notifications == ()
    assert refusal(slack.chat_postMessage, channel=world.ana.id, text="x") == "channel_not_found"


@pytest.mark.parametrize("missing", ["user_change", "users:read"])
def test_a_change_of_a_person_is_told_with_its_event_and_scope_alone(bot, missing):
    with Workspace(manifest_without(missing)) as ws:
        ws.request_url = bot.url
        ws.add_person("Ana").deactivate()
        ws.settle()
    assert bot.events == []


def test_a_change_of_a_stranger_is_not_told(ws, bot, world):
    world.channel.kick(world.carla)
    world.carla.deactivate()
    ws.settle()
    assert [event["type"] for event in bot.events] == ["member_left_channel"]


def test_a_page_of_members_holds_a_thousand(ws, slack):
    crowd = [ws.add_person(f"Person {n}") for n in range(1001)]
    room = ws.add_channel("crowd", members=crowd)
    page = slack.conversations_members(channel=room.id, limit=1000)
    assert len(page["members"]) == 1000
    rest = slack.conversations_members(
        channel=room.id, limit=1000, cursor=page["response_metadata"]["next_cursor"]
    )
    assert rest["members"] == [crowd[-1].id]
    assert refusal(slack.conversations_members, channel=room.id, limit=1001) == "invalid_limit"


def test_users_conversations_tells_where_a_person_and_the_bot_both_are(ws, slack, world):
    ws.add_channel("secret", members=[world.ana], private=True)
    desk = ws.add_channel("desk", members=[world.ana, ws.bot], private=True)
    types = "public_channel,private_channel"
    found = slack.users_conversations(user=world.ana.id, types=types)["channels"]
    assert [channel["id"] for channel in found] == [world.channel.id, desk.id]
