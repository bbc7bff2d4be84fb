"""Commands and clicks: what the bot is sent, and what the person sees of its answer."""

from __future__ import annotations

import copy
import time

import pytest
from slack_sdk import WebClient, WebhookClient
from small_bot import MANIFEST, Say

from bot.sandbox import Workspace


def button(label, action_id="press", **more):
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "text": text, "action_id": action_id, "value": "case:7@1", **more}


@pytest.fixture
def card(ws, bot, slack, world):
    """A message of the bot with two buttons, of which the bot has heard."""
    elements = [button("Acknowledge", "ack"), button("Escalate now", "escalate")]
    actions = {"type": "actions", "block_id": "buttons", "elements": elements}
    slack.chat_postMessage(channel=world.channel.id, text="CASE-1", blocks=[actions])
    ws.settle()
    return world.channel.messages[-1]


def test_a_command_arrives_as_a_signed_form(ws, bot, world):
    reply = world.ana.command("/case", "help me", world.channel)
    assert (reply.ok, reply.status, reply.text) == (True, 200, "")
    sent = bot.last.payload
    assert bot.last.signed
    assert bot.last.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (sent["command"], sent["text"]) == ("/case", "help me")
    assert (sent["user_id"], sent["team_id"]) == (world.ana.id, ws.home.id)
    assert (sent["channel_id"], sent["channel_name"]) == (world.channel.id, "acme")


def test_mentions_in_a_command_come_as_ids_only_with_should_escape(bot, world):
    world.ana.command("/case", f"give {world.carla.mention}", world.channel)
    assert bot.last.payload["text"] == f"give <@{world.carla.id}>"
    world.ana.command("/plain", f"give {world.carla.mention}", world.channel)
    assert bot.last.payload["text"] == "give @Carla"


@pytest.mark.parametrize(
    "body", ["Here is help", {"text": "Here is help"}], ids=["plain text", "json"]
)
def test_the_answer_to_a_command_is_shown_to_its_author_alone(bot, world, body):
    bot.listener = lambda _payload: Say(body=body)
    assert world.ana.command("/case", "help", world.channel).text == "Here is help"
    assert world.channel.messages == []


def test_the_answer_to_a_command_can_be_for_everyone(bot, world):
    bot.listener = lambda _payload: {"text": "All clear", "response_type": "in_channel"}
    assert world.ana.command("/case", "", world.channel).text == ""
    assert [message.text for message in world.channel.messages] == ["All clear"]


def test_people_of_other_organisations_cannot_run_commands(bot, world):
    reply = world.carla.command("/case", "help", world.channel)
    assert reply.problem == "/case is not a valid command."
    assert bot.asked == []


def test_guests_of_the_home_workspace_can_run_commands(ws, bot):
    guest = ws.add_person("Guest", guest=True)
    assert guest.command("/case").ok
    assert bot.last.payload["channel_name"] == "directmessage"


def test_a_command_that_the_manifest_does_not_name_is_not_valid(bot, world):
    assert not world.ana.command("/nope", "", world.channel).ok
    assert bot.asked == []


@pytest.mark.parametrize(
    ("listener", "error"),
    [
        (lambda _payload: time.sleep(0.4), "operation_timeout"),
        (lambda _payload: Say(500), "dispatch_failed"),
        (lambda _payload: {"blocks": [{"type": "nope"}]}, "invalid_blocks"),
    ],
    ids=["late", "failing", "malformed"],
)
def test_a_command_that_fails_is_shown_as_failed_and_never_repeated(
    ws, bot, world, listener, error
):
    ws.ack_timeout = 0.3
    bot.listener = listener
    reply = world.ana.command("/case", "help", world.channel)
    assert reply.problem == f'/case failed with the error "{error}"'
    assert len(bot.asked) == 1


def test_the_default_patience_of_slack_is_three_seconds():
    ws = Workspace(MANIFEST)
    assert (ws.ack_timeout, ws.trigger_ttl) == (3.0, 3.0)
    with ws:
        pass


def test_without_a_bot_a_command_fails(world):
    reply = world.ana.command("/case", "", world.channel)
    assert reply.problem == '/case failed with the error "dispatch_failed"'


def test_a_click_says_who_clicked_what_where(ws, bot, world, card):
    assert world.carla.click(card, "Acknowledge").ok
    sent = bot.last.payload
    assert bot.last.signed
    assert sent["type"] == "block_actions"
    assert sent["team"]["id"] == ws.home.id  # the workspace that installed the app
    assert sent["user"]["team_id"] == world.acme.id  # the one who clicked
    assert sent["container"]["message_ts"] == sent["message"]["ts"] == card.ts
    assert sent["channel"]["id"] == world.channel.id
    (action,) = sent["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == (
        "ack",
        "buttons",
        "case:7@1",
    )


def test_a_button_is_found_by_action_id_too_and_only_by_who_sees_it(ws, bot, world, card):
    assert world.ana.click(card, "escalate").ok
    with pytest.raises(LookupError, match="Acknowledge, Escalate now"):
        world.ana.click(card, "Close")
    with pytest.raises(LookupError, match="does not see"):
        ws.add_person("Stranger").click(card, "Acknowledge")
    assert card.buttons == ("Acknowledge", "Escalate now")


@pytest.mark.parametrize(
    "listener",
    [lambda _payload: Say(500), lambda _payload: time.sleep(0.4)],
    ids=["failing", "late"],
)
def test_a_click_that_fails_is_shown_and_never_repeated(ws, bot, world, card, listener):
    ws.ack_timeout = 0.3
    bot.listener = listener
    reply = world.ana.click(card, "Acknowledge")
    assert reply.problem == "We had some trouble connecting. Try again?"
    assert len(bot.asked) == 1


def test_a_body_in_the_answer_to_a_click_is_not_looked_at(bot, world, card):
    bot.listener = lambda _payload: {"text": "ignored"}
    assert world.ana.click(card, "Acknowledge").text == ""


def test_a_private_answer_to_a_click_is_part_of_the_reply(bot, slack, world, card):
    def whisper(payload):
        slack.chat_postEphemeral(
            channel=payload["channel"]["id"], user=payload["user"]["id"], text="Too late"
        )

    bot.listener = whisper
    assert world.carla.click(card, "Acknowledge").text == "Too late"


def test_choosing_in_a_message_sends_the_option(bot, slack, world):
    options = [
        {"text": {"type": "plain_text", "text": text}, "value": text.lower()}
        for text in ("Open", "Closed")
    ]
    select = {"type": "static_select", "action_id": "status", "options": options}
    actions = {"type": "actions", "block_id": "b", "elements": [select]}
    slack.chat_postMessage(channel=world.channel.id, text="x", blocks=[actions])
    world.ana.choose(world.channel.messages[-1], "status", "Closed")
    sent = bot.last.payload
    assert sent["actions"][0]["selected_option"]["value"] == "closed"
    assert sent["state"]["values"]["b"]["status"]["selected_option"]["value"] == "closed"


def test_an_app_without_interactivity_gets_no_clicks(bot):
    manifest = copy.deepcopy(MANIFEST)
    manifest["settings"]["interactivity"]["is_enabled"] = False
    with Workspace(manifest) as ws:
        ws.request_url = bot.url
        ana = ws.add_person("Ana")
        client = WebClient(ws.bot_token, base_url=ws.api_url)
        actions = {"type": "actions", "elements": [button("Go")]}
        client.chat_postMessage(channel=ana.id, text="x", blocks=[actions])
        assert not ana.click(ana.dms[0], "Go").ok
    assert bot.asked == []


class TestResponseUrl:
    """A response_url works five times in 30 minutes."""

    @pytest.fixture
    def url(self, bot, world, card):
        world.carla.click(card, "Acknowledge")
        return WebhookClient(bot.last.payload["response_url"], retry_handlers=[])

    def test_it_answers_the_clicker_alone(self, url, world):
        assert url.send(text="Only you").status_code == 200
        assert [message.text for message in world.carla.ephemerals] == ["Only you"]

    def test_it_replaces_the_message_that_was_clicked(self, url, card):
        url.send(text="Acknowledged", replace_original=True)
        assert (card.text, card.blocks, len(card.edits)) == ("Acknowledged", [], 1)

    def test_it_deletes_the_message_that_was_clicked(self, url, world, card):
        url.send(delete_original=True)
        assert card.deleted
        assert card not in world.channel.messages

    def test_it_works_five_times(self, url):
        assert [url.send(text="x").status_code for _ in range(6)] == [200] * 5 + [404]

    def test_it_works_for_thirty_minutes(self, url, clock):
        clock.advance(minutes=30)
        answer = url.send(text="x")
        assert (answer.status_code, "expired_url" in answer.body) == (404, True)

    def test_it_refuses_what_is_no_message(self, url):
        assert url.send().status_code == 400
        assert url.send(blocks=[{"type": "nope"}]).status_code == 400
