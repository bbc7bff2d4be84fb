"""Submissions: what is checked before, what the bot gets, and what its answer does."""

from __future__ import annotations

import time

import pytest
from case_form import KIND, NOTES, ask, form, plain
from small_bot import Say

from bot.sandbox import Outcome
from bot.sandbox.client_checks import REQUIRED


def test_a_click_of_another_organisation_opens_a_form_and_its_submission_names_their_team(
    ws, bot, slack, world
):
    go = {"type": "button", "text": plain("Open a case"), "action_id": "open"}
    blocks = [{"type": "actions", "elements": [go]}]
    slack.chat_postMessage(channel=world.channel.id, text="x", blocks=blocks)
    world.carla.click(world.channel.messages[-1], "Open a case")
    slack.views_open(trigger_id=bot.last.payload["trigger_id"], view=form(NOTES))
    assert world.carla.modal.submit().ok
    sent = bot.last.payload
    assert sent["team"]["id"] == sent["user"]["team_id"] == world.acme.id
    assert sent["view"]["team_id"] == world.acme.id
    assert sent["view"]["app_installed_team_id"] == ws.home.id
    assert "channel" not in sent


def test_a_submission_carries_every_answer_and_an_empty_answer_closes_the_form(bot, world, filled):
    submission = filled.submit()
    assert (submission.status, submission.ok) == (Outcome.CLOSED, True)
    assert world.ana.modal is None
    values = bot.last.payload["view"]["state"]["values"]
    assert values["summary"]["answer"] == {"type": "plain_text_input", "value": "It is down"}
    assert values["kind"]["answer"]["selected_option"]["value"] == "error"
    assert values["notes"]["answer"]["value"] is None


def test_slack_itself_wants_required_inputs_and_lengths(bot, opened):
    opened.fill({"Summary": "x" * 21})
    before = len(bot.asked)
    submission = opened.submit()
    assert submission.status is Outcome.ERRORS
    assert submission.errors == {
        "Summary": "Please shorten this to 20 characters or fewer.",
        "Kind": REQUIRED,
    }
    assert len(bot.asked) == before


@pytest.mark.parametrize(
    ("kind", "bad", "good"),
    [
        ("email_text_input", "ana", "ana@acme.example"),
        ("url_text_input", "acme.example", "https://acme.example"),
        ("number_input", "many", "12.5"),
    ],
)
def test_slack_itself_checks_formats(bot, slack, world, kind, bad, good):
    element = {"type": kind}
    if kind == "number_input":
        element["is_decimal_allowed"] = True
    world.ana.command("/case", "", world.channel)
    trigger = bot.last.payload["trigger_id"]
    slack.views_open(trigger_id=trigger, view=form(ask("Thing", "thing", element)))
    modal = world.ana.modal
    modal.fill({"Thing": bad})
    assert set(modal.submit().errors) == {"Thing"}
    modal.fill({"Thing": good})
    assert modal.submit().ok


@pytest.mark.parametrize(
    ("listener", "cause"),
    [
        (lambda _payload: Say(500), "http_error"),
        (lambda _payload: time.sleep(0.4), "http_timeout"),
        (lambda _payload: Say(body="thanks"), "not an answer"),
        (lambda _payload: {"response_action": "dance"}, "not an answer"),
        (
            lambda _payload: {"response_action": "errors", "errors": {"nope": "x"}},
            "blocks that are not inputs",
        ),
        (lambda _payload: {"response_action": "update", "view": {}}, "invalid_arguments"),
    ],
    ids=["failing", "late", "text", "unknown action", "unknown block", "bad view"],
)
def test_a_submission_that_fails_leaves_the_form_with_every_word(
    ws, bot, world, filled, listener, cause
):
    ws.ack_timeout = 0.3
    bot.listener = listener
    submission = filled.submit()
    assert submission.status is Outcome.TROUBLE
    assert submission.problem == "We had some trouble connecting. Try again?"
    assert cause in submission.cause
    assert world.ana.modal.input("Summary").answer == "It is down"


def test_errors_of_the_bot_stand_under_their_inputs_and_the_words_stay(bot, world, filled):
    bot.listener = lambda _payload: {
        "response_action": "errors",
        "errors": {"summary": "Say more"},
    }
    assert filled.submit().errors == {"Summary": "Say more"}
    assert filled.input("summary").answer == "It is down"
    bot.listener = lambda _payload: None
    assert filled.submit().ok


def test_a_stack_holds_three_forms_and_cancel_goes_back_one(bot, slack, world, opened):
    bot.listener = lambda _payload: {"response_action": "push", "view": form(NOTES, KIND)}
    opened.fill({"Summary": "x", "Kind": "Error"})
    assert opened.submit().status is Outcome.PUSHED
    second = world.ana.modal
    bot.listener = lambda payload: (
        slack.views_push(trigger_id=payload["trigger_id"], view=form(NOTES)) and None
    )
    second.fill({"Kind": "Error"})
    third = world.ana.modal
    bot.listener = lambda _payload: {"response_action": "push", "view": form()}
    assert third.submit().status is Outcome.TROUBLE
    with pytest.raises(LookupError, match="on top"):
        second.submit()
    third.close()
    assert world.ana.modal.view is second.view


@pytest.mark.parametrize(
    ("action", "open_after"), [("clear", False), ("update", True)], ids=["clear", "update"]
)
def test_an_answer_can_clear_the_stack_or_redraw_the_form(bot, world, filled, action, open_after):
    bot.listener = lambda _payload: {"response_action": action, "view": form(NOTES)}
    assert filled.submit().ok
    assert filled.is_open is open_after
    assert [i.label for i in filled.inputs] == (
        ["Notes"] if open_after else ["Summary", "Kind", "Notes"]
    )


def test_a_submission_may_open_another_form_in_place_of_its_own(bot, slack, world, filled):
    bot.listener = lambda payload: (
        slack.views_open(trigger_id=payload["trigger_id"], view=form(NOTES)) and None
    )
    assert filled.submit().ok
    assert not filled.is_open
    assert [i.label for i in world.ana.modal.inputs] == ["Notes"]
