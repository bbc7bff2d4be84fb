"""Events that come twice, late, out of order, or of nothing that anybody did."""

from __future__ import annotations

import pytest
from small_bot import Say


def test_events_that_were_taken_are_repeated_on_request(ws, bot, world):
    ws.repeat_events = 3
    world.ana.post(world.channel, "hello")
    ws.settle()
    assert len({received.payload["event_id"] for received in bot.received}) == 1
    assert [received.headers.get("x-slack-retry-num") for received in bot.received] == [
        None,
        "1",
        "2",
    ]
    assert bot.received[1].headers["x-slack-retry-reason"] == "http_timeout"


def test_an_event_that_was_not_taken_is_not_repeated_beyond_its_retries(ws, bot, world):
    ws.repeat_events = 3
    bot.listener = lambda _payload: Say(500)
    world.ana.post(world.channel, "hello")
    ws.settle()
    assert len(bot.received) == 4


@pytest.mark.parametrize(
    ("order", "texts"), [("sent", ["0", "1", "2"]), ("reversed", ["2", "1", "0"])]
)
def test_events_are_held_back_and_released_in_any_order(ws, bot, world, order, texts):
    ws.hold_events()
    for number in range(3):
        world.ana.post(world.channel, str(number))
    ws.settle()
    assert bot.events == []
    ws.release_events(order=order)
    ws.settle()
    assert [event["text"] for event in bot.events] == texts
    world.ana.post(world.channel, "later")
    ws.settle()
    assert bot.events[-1]["text"] == "later"


def test_an_unfurled_link_changes_a_message_of_which_nobody_changed_a_word(ws, bot, slack, world):
    message = world.carla.post(world.channel, "see https://acme.example/a?b=1&c=2")
    world.channel.unfurl(message)
    ws.settle()
    event = bot.events[-1]
    assert event["subtype"] == "message_changed"
    assert event["message"]["text"] == event["previous_message"]["text"]
    assert "edited" not in event["message"]
    assert event["message"]["attachments"][0]["from_url"] == "https://acme.example/a?b=1&c=2"
    assert "attachments" not in event["previous_message"]
    (shown,) = slack.conversations_history(channel=world.channel.id)["messages"]
    assert shown["attachments"] == event["message"]["attachments"]
    assert message.edits == []


def test_an_unfurl_after_an_edit_carries_the_edit_in_both_versions(ws, bot, world):
    message = world.carla.post(world.channel, "https://acme.example")
    world.carla.edit(message, "see https://acme.example")
    world.channel.unfurl(message)
    ws.settle()
    event = bot.events[-1]
    edited = event["message"]["edited"]
    assert edited == event["previous_message"]["edited"]
    assert float(edited["ts"]) > float(message.ts)


def test_only_a_message_with_a_link_unfurls(world):
    with pytest.raises(ValueError, match="no link"):
        world.channel.unfurl(world.carla.post(world.channel, "hello"))


def test_an_event_says_for_whom_it_is_and_whose_message(ws, bot, world):
    world.carla.post(world.channel, "hello")
    ws.settle()
    envelope = bot.received[0].payload
    assert envelope["context_team_id"] == ws.home.id
    (authorization,) = envelope["authorizations"]
    assert (authorization["team_id"], authorization["user_id"]) == (ws.home.id, ws.bot.id)
    event = envelope["event"]
    assert {event["team"], event["user_team"], event["source_team"]} == {world.acme.id}
