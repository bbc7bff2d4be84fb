"""Events reach the bot signed, in order, and are repeated as Slack repeats them."""

from __future__ import annotations

import copy
import time

import pytest
from small_bot import MANIFEST, Say

from bot.sandbox import Workspace


def test_a_message_is_told_with_who_where_and_for_whom(ws, bot, world):
    message = world.carla.post(world.channel, "help & <b>")
    ws.settle()
    (received,) = bot.received
    envelope = received.payload
    assert received.signed
    assert envelope["type"] == "event_callback"
    assert envelope["is_ext_shared_channel"] is True
    assert envelope["authorizations"][0]["team_id"] == ws.home.id
    event = envelope["event"]
    assert event["text"] == "help &amp; &lt;b&gt;"
    assert (event["user"], event["channel"], event["ts"]) == (
        world.carla.id,
        world.channel.id,
        message.ts,
    )
    assert event["user_team"] == event["source_team"] == world.acme.id
    assert event["channel_type"] == "channel"


def test_a_mention_is_told_twice_as_slack_does(ws, bot, world):
    world.carla.post(world.channel, f"{ws.bot.mention} help")
    ws.settle()
    assert [event["type"] for event in bot.events] == ["message", "app_mention"]


def test_typed_links_and_broadcasts_arrive_live(ws, bot, world):
    world.ana.post(world.channel, "@here see https://acme.example/a?b=1&c=2")
    ws.settle()
    assert bot.events[0]["text"] == "<!here> see <https://acme.example/a?b=1&amp;c=2>"


def test_the_bot_hears_its_own_messages_and_changes_of_messages(ws, bot, slack, world):
    sent = slack.chat_postMessage(channel=world.ana.id, text="a")
    slack.chat_update(channel=sent["channel"], ts=sent["ts"], text="b")
    ws.settle()
    posted, changed = bot.events
    assert (posted["bot_id"], posted["channel_type"]) == (ws.bot.bot_id, "im")
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "b")


def test_replies_carry_their_thread(ws, bot, world):
    parent = world.carla.post(world.channel, "question")
    world.ana.post(world.channel, "answer", thread=parent)
    ws.settle()
    reply = bot.events[-1]
    assert (reply["thread_ts"], reply["parent_user_id"]) == (parent.ts, world.carla.id)


def test_the_bot_hears_nothing_from_where_it_is_not(ws, bot, world):
    elsewhere = ws.add_channel("elsewhere", members=[world.ana])
    world.ana.post(elsewhere, "secret")
    ws.settle()
    assert bot.events == []


@pytest.mark.parametrize("missing", ["event", "scope"])
def test_the_bot_hears_nothing_that_the_manifest_does_not_ask_for(bot, missing):
    manifest = copy.deepcopy(MANIFEST)
    if missing == "event":
        manifest["settings"]["event_subscriptions"]["bot_events"].remove("message.channels")
    else:
        manifest["oauth_config"]["scopes"]["bot"].remove("channels:history")
    with Workspace(manifest) as ws:
        ws.request_url = bot.url
        ana = ws.add_person("Ana")
        room = ws.add_channel("room", members=[ana, ws.bot])
        ana.post(room, "hello")
        ana.post(ana.dm, "hello")
        ws.settle()
    assert [event["channel_type"] for event in bot.events] == ["im"]


def test_joining_leaving_and_sharing_are_told(ws, bot, world):
    room = ws.add_channel("room", private=True)
    room.invite(ws.bot, by=world.ana)
    room.invite(world.ana)
    room.kick(world.ana)
    room.kick(ws.bot)
    world.channel.share_with_team(ws.add_team("Beta"))
    ws.settle()
    assert [(event["type"], event.get("user")) for event in bot.events] == [
        ("member_joined_channel", ws.bot.id),
        ("member_joined_channel", world.ana.id),
        ("member_left_channel", world.ana.id),
        ("group_left", None),
        ("channel_shared", None),
    ]
    assert bot.events[0]["inviter"] == world.ana.id


def test_a_channel_takes_nobody_of_an_organisation_it_is_not_shared_with(ws, world):
    with pytest.raises(ValueError, match="not shared with Acme"):
        ws.add_channel("internal").invite(world.carla)


@pytest.mark.parametrize("status", [500, 404, 302], ids=str)
def test_an_event_that_is_not_taken_is_repeated_three_times(ws, bot, world, status):
    bot.listener = lambda _payload: Say(status)
    world.ana.post(world.channel, "hello")
    ws.settle()
    tries = [
        (r.headers.get("x-slack-retry-num"), r.headers.get("x-slack-retry-reason"))
        for r in bot.received
    ]
    assert tries == [(None, None)] + [(n, "http_error") for n in "123"]
    assert len({r.payload["event_id"] for r in bot.received}) == 1
    assert all(r.signed for r in bot.received)


def test_a_repeated_event_that_is_taken_is_not_sent_again(ws, bot, world):
    bot.listener = lambda _payload: Say(500 if len(bot.received) == 1 else 200)
    world.ana.post(world.channel, "hello")
    ws.settle()
    assert len(bot.received) == 2


def test_the_bot_can_decline_repetitions(ws, bot, world):
    bot.listener = lambda _payload: Say(500, headers={"x-slack-no-retry": "1"})
    world.ana.post(world.channel, "hello")
    ws.settle()
    assert len(bot.received) == 1


def test_an_event_answered_late_is_repeated_as_timed_out(ws, bot, world):
    ws.ack_timeout = 0.3
    bot.listener = lambda _payload: time.sleep(0.4) if len(bot.received) == 1 else None
    world.ana.post(world.channel, "hello")
    ws.settle()
    assert bot.received[1].headers["x-slack-retry-reason"] == "http_timeout"
    assert len(bot.received) == 2


def test_events_arrive_in_order_across_repetitions(ws, bot, world):
    failed = set()

    def fail_once(payload):
        first_try = payload["event_id"] not in failed
        failed.add(payload["event_id"])
        return Say(500) if first_try else None

    bot.listener = fail_once
    for number in range(3):
        world.ana.post(world.channel, str(number))
    ws.settle()
    assert [event["text"] for event in bot.events] == ["0", "0", "1", "1", "2", "2"]


def test_looking_at_the_home_tab_is_told(ws, bot, world):
    world.ana.open_home()
    ws.settle()
    assert (bot.events[0]["type"], bot.events[0]["tab"]) == ("app_home_opened", "home")


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "json"])
def test_the_request_url_is_verified_by_a_challenge(ws, bot, plain):
    assert not ws.verify_request_url()
    bot.listener = lambda payload: (
        payload["challenge"] if plain else {"challenge": payload["challenge"]}
    )
    assert ws.verify_request_url()


def test_nobody_posts_in_an_archived_channel_or_where_they_are_not(ws, world):
    with pytest.raises(ValueError, match="is not in"):
        world.ana.post(ws.add_channel("elsewhere"), "hello")
    world.channel.archive()
    with pytest.raises(ValueError, match="archived"):
        world.ana.post(world.channel, "hello")
