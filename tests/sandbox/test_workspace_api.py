"""The Web API of the local workspace refuses what Slack refuses, in Slack's codes."""

from __future__ import annotations

import copy

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from small_bot import MANIFEST, refusal

from bot.sandbox import Workspace


def test_auth_test_names_the_bot_and_its_scopes(ws, slack):
    answer = slack.auth_test()
    assert (answer["user_id"], answer["team_id"]) == (ws.bot.id, ws.home.id)
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


def test_an_unknown_method_is_refused(slack):
    assert refusal(slack.api_call, "chat.shout") == "unknown_method"


@pytest.mark.parametrize(
    ("token", "code"), [("xoxb-other", "invalid_auth"), ("", "not_authed")], ids=["wrong", "none"]
)
def test_a_bad_token_is_refused(ws, token, code):
    client = WebClient(token, base_url=ws.api_url)
    assert refusal(client.auth_test) == code


def test_an_app_token_is_no_bot_token():
    with Workspace(MANIFEST, app_token="xapp-1") as ws:
        app = WebClient("xapp-1", base_url=ws.api_url)
        bot = WebClient(ws.bot_token, base_url=ws.api_url)
        assert refusal(app.auth_test) == "not_allowed_token_type"
        assert refusal(bot.apps_connections_open, app_token=ws.bot_token) == (
            "not_allowed_token_type"
        )


def test_a_method_outside_the_scopes_of_the_manifest_is_refused_with_the_scope_it_needs(slack):
    with pytest.raises(SlackApiError) as caught:
        slack.conversations_open(users="U1,U2")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "mpim:write"
    assert "chat:write" in caught.value.response["provided"]


@pytest.mark.parametrize(
    ("dropped", "method", "args"),
    [
        ("chat:write", "chat.postMessage", {"channel": "C", "text": "x"}),
        ("dnd:read", "dnd.info", {"user": "U"}),
        ("im:write", "conversations.open", {"users": "U"}),
        ("pins:write", "pins.add", {"channel": "C", "timestamp": "1.0"}),
        ("users:read", "users.info", {"user": "U"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_scope_is_needed_for_its_method(dropped, method, args):
    manifest = copy.deepcopy(MANIFEST)
    manifest["oauth_config"]["scopes"]["bot"].remove(dropped)
    with Workspace(manifest) as ws:
        client = WebClient(ws.bot_token, base_url=ws.api_url)
        assert refusal(client.api_call, method, json=args) == "missing_scope"


def test_the_bot_posts_only_where_it_is_a_member(ws, slack):
    public = ws.add_channel("public")
    private = ws.add_channel("private", private=True)
    gone = ws.add_channel("gone", members=[ws.bot])
    gone.archive()

    def post(channel):
        return refusal(slack.chat_postMessage, channel=channel, text="hello")

    assert post(public.id) == "not_in_channel"
    assert post(private.id) == "channel_not_found"
    assert post("C404") == "channel_not_found"
    assert post(gone.id) == "is_archived"


def test_with_chat_write_public_it_posts_in_any_public_channel():
    manifest = copy.deepcopy(MANIFEST)
    manifest["oauth_config"]["scopes"]["bot"].append("chat:write.public")
    with Workspace(manifest) as ws:
        client = WebClient(ws.bot_token, base_url=ws.api_url)
        public, private = ws.add_channel("a"), ws.add_channel("b", private=True)
        assert client.chat_postMessage(channel=public.id, text="hello")["ok"]
        assert refusal(client.chat_postMessage, channel=private.id, text="x") == "channel_not_found"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({}, "no_text"),
        ({"text": "x", "thread_ts": "yesterday"}, "invalid_thread_ts"),
        ({"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"text": "x", "metadata": {"event_type": "case"}}, "invalid_metadata_schema"),
        ({"text": "x", "blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"text": "x", "blocks": [{"type": "section"}]}, "invalid_blocks"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_message_that_slack_would_not_take_is_refused(slack, world, words, code):
    args = {"channel": world.channel.id, **words}
    assert refusal(slack.api_call, "chat.postMessage", json=args) == code
    assert world.channel.messages == []


def test_a_text_is_cut_at_forty_thousand_characters(slack, world):
    slack.chat_postMessage(channel=world.channel.id, text="x" * 40_001)
    assert len(world.channel.messages[-1].text) == 40_000


def test_a_direct_message_goes_to_a_person_by_id(slack, world):
    answer = slack.chat_postMessage(channel=world.ana.id, text="wake up")
    assert answer["channel"] == world.ana.dm.id
    assert [message.text for message in world.ana.dms] == ["wake up"]
    assert [message.text for message in world.ana.notifications] == ["wake up"]


def test_people_of_other_organisations_are_reached_while_they_share_a_channel(ws, slack, world):
    assert slack.chat_postMessage(channel=world.carla.id, text="hello")["ok"]
    world.channel.kick(world.carla)
    assert refusal(slack.chat_postMessage, channel=world.carla.id, text="x") == "channel_not_found"
    assert (
        refusal(slack.chat_postMessage, channel=world.carla.dm.id, text="x") == "channel_not_found"
    )
    assert refusal(slack.conversations_open, users=world.carla.id) == "user_not_visible"


def test_nobody_reaches_a_deactivated_account(ws, slack):
    gone = ws.add_person("Gone", deleted=True)
    assert refusal(slack.chat_postMessage, channel=gone.id, text="x") == "channel_not_found"
    assert refusal(slack.conversations_open, users=gone.id) == "user_disabled"
    assert slack.users_info(user=gone.id)["user"]["deleted"] is True


def test_direct_messages_need_the_messages_tab():
    manifest = copy.deepcopy(MANIFEST)
    manifest["features"]["app_home"]["messages_tab_enabled"] = False
    with Workspace(manifest) as ws:
        ana = ws.add_person("Ana")
        client = WebClient(ws.bot_token, base_url=ws.api_url)
        assert refusal(client.chat_postMessage, channel=ana.id, text="x") == "messages_tab_disabled"


def test_an_ephemeral_message_reaches_members_only(ws, slack, world):
    stranger = ws.add_person("Stranger")
    where = {"channel": world.channel.id, "text": "psst"}
    slack.chat_postEphemeral(user=world.carla.id, **where)
    assert [message.text for message in world.carla.ephemerals] == ["psst"]
    assert [m.text for m in world.channel.messages_seen_by(world.carla)] == ["psst"]
    assert world.channel.messages_seen_by(world.ana) == ()
    assert refusal(slack.chat_postEphemeral, user=stranger.id, **where) == "user_not_in_channel"


def test_an_ephemeral_message_cannot_be_updated(slack, world):
    sent = slack.chat_postEphemeral(channel=world.channel.id, user=world.ana.id, text="psst")
    code = refusal(
        slack.chat_update, channel=world.channel.id, ts=sent["message_ts"], text="louder"
    )
    assert code == "message_not_found"


def test_an_update_keeps_the_history_and_rings_nobody(slack, world):
    sent = slack.chat_postMessage(channel=world.ana.id, text="ringing")
    slack.chat_update(channel=sent["channel"], ts=sent["ts"], text="acknowledged")
    (message,) = world.ana.dms
    assert message.text == "acknowledged"
    assert [version.text for version in message.edits] == ["ringing"]
    assert len(world.ana.notifications) == 1


def test_an_update_with_text_alone_takes_the_blocks_away(slack, world):
    divider = {"type": "divider"}
    sent = slack.chat_postMessage(channel=world.ana.id, text="a", blocks=[divider])
    slack.chat_update(channel=sent["channel"], ts=sent["ts"], text="b")
    assert world.ana.dms[0].blocks == []


def test_the_bot_changes_its_own_messages_only(slack, world):
    theirs = world.ana.post(world.channel, "mine")
    where = {"channel": world.channel.id, "ts": theirs.ts}
    assert refusal(slack.chat_update, text="yours", **where) == "cant_update_message"
    assert refusal(slack.chat_delete, **where) == "cant_delete_message"


def test_a_permalink_and_a_pin_want_a_message_that_is_there(slack, world):
    message = world.ana.post(world.channel, "pin me")
    where = {"channel": world.channel.id}
    link = slack.chat_getPermalink(message_ts=message.ts, **where)["permalink"]
    assert link.endswith(f"/archives/{world.channel.id}/p{message.ts.replace('.', '')}")
    slack.pins_add(timestamp=message.ts, **where)
    assert world.channel.pins == [message]
    assert refusal(slack.pins_add, timestamp=message.ts, **where) == "already_pinned"
    assert refusal(slack.pins_add, timestamp="1.0", **where) == "message_not_found"


def test_calls_are_on_record_and_can_be_waited_for(ws, slack, world):
    slack.chat_postMessage(channel=world.channel.id, text="hello")
    call = ws.wait_for(lambda: next((c for c in ws.calls if c.method == "chat.postMessage"), None))
    assert (call.args["text"], call.response["ok"]) == ("hello", True)
    with pytest.raises(TimeoutError):
        ws.wait_for(lambda: len(ws.calls) > 1, timeout=0.02)
