"""Messages that are not simply someone's: other names, other bots, and Slack itself."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient
from small_bot import manifest_without, refusal

from bot.sandbox import Workspace


def test_a_message_in_another_name_has_the_classic_shape(ws, bot, slack, world):
    sent = slack.chat_postMessage(
        channel=world.channel.id, text="Hello", username="Ana (Acme)", icon_emoji=":wave:"
    )
    ws.settle()
    (event,) = bot.events
    (shown,) = slack.conversations_history(channel=world.channel.id)["messages"]
    for shape in (sent["message"], event, shown):
        assert (shape["subtype"], shape["username"]) == ("bot_message", "Ana (Acme)")
        assert (shape["bot_id"], shape["icons"]) == (ws.bot.bot_id, {"emoji": ":wave:"})
        assert "user" not in shape
    assert world.channel.messages[0].username == "Ana (Acme)"


def test_the_bot_changes_and_deletes_what_it_posted_in_another_name(slack, world):
    sent = slack.chat_postMessage(channel=world.channel.id, text="a", username="Ana")
    where = {"channel": world.channel.id, "ts": sent["ts"]}
    assert slack.chat_update(text="b", **where)["message"]["username"] == "Ana"
    assert slack.chat_delete(**where)["ok"]


@pytest.mark.parametrize(
    "guise",
    [{"username": "Ana"}, {"icon_emoji": ":wave:"}, {"icon_url": "https://acme.example/a.png"}],
    ids=lambda guise: next(iter(guise)),
)
@pytest.mark.parametrize("method", ["chat.postMessage", "chat.postEphemeral"])
def test_another_name_or_face_needs_its_scope(method, guise):
    with Workspace(manifest_without("chat:write.customize")) as ws:
        client = WebClient(ws.bot_token, base_url=ws.api_url)
        room = ws.add_channel("room", members=[ws.bot])
        args = {"channel": room.id, "user": ws.bot.id, "text": "x", **guise}
        assert refusal(client.api_call, method, json=args) == "missing_scope"
        assert room.messages == []


def test_another_name_in_a_direct_message_wants_the_id_of_the_conversation(slack, world):
    words = {"text": "x", "username": "Ana"}
    assert refusal(slack.chat_postMessage, channel=world.ana.id, **words) == "invalid_arguments"
    assert world.ana.dms == ()
    assert slack.chat_postMessage(channel=world.ana.dm.id, **words)["ok"]


def test_a_reply_to_a_message_of_the_classic_shape_names_no_author_of_its_parent(ws, bot, world):
    hook = ws.add_bot("Monitor", classic=True)
    world.ana.post(world.channel, "looking", thread=hook.post(world.channel, "disk full"))
    ws.settle()
    assert "parent_user_id" not in bot.events[-1]


def test_another_bot_speaks_with_a_user_and_a_bot_id(ws, bot, world):
    github = ws.add_bot("GitHub", team=world.acme)
    world.channel.invite(github)
    github.post(world.channel, f"{ws.bot.mention} build failed <https://ci.example|here>")
    ws.settle()
    message, mention = bot.events[1:]
    assert (message["user"], message["bot_id"]) == (github.id, github.bot_id)
    assert (message["app_id"], message["user_team"]) == (github.app_id, world.acme.id)
    assert message.keys().isdisjoint({"subtype", "client_msg_id", "username"})
    assert github.app_id != ws.app_id
    assert (mention["type"], mention["bot_id"]) == ("app_mention", github.bot_id)


def test_a_classic_bot_speaks_with_a_username_from_anywhere(ws, bot, world):
    hook = ws.add_bot("Monitor", classic=True)
    hook.post(world.channel, "disk full")
    ws.settle()
    (event,) = bot.events
    assert (event["subtype"], event["username"]) == ("bot_message", "Monitor")
    assert event["bot_id"] == hook.bot_id
    assert "user" not in event


def test_a_bot_of_today_speaks_only_where_it_is_a_member(ws, world):
    with pytest.raises(ValueError, match="is not in"):
        ws.add_bot("GitHub").post(world.channel, "hello")


def test_users_info_tells_a_bot(ws, slack):
    assert slack.users_info(user=ws.add_bot("GitHub").id)["user"]["is_bot"] is True


def test_slack_itself_speaks_as_uslack(ws, bot, world):
    ws.system_message(world.channel, "This channel is shared with Beta")
    ws.settle()
    (event,) = bot.events
    assert event["user"] == "USLACK"
    assert event.keys().isdisjoint({"bot_id", "client_msg_id", "subtype"})
