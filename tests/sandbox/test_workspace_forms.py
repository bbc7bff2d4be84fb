"""Forms: triggers that die, hashes that conflict, and words that stay."""

from __future__ import annotations

import time

import pytest
from case_form import KIND, NOTES, SUMMARY, ask, form, options, plain
from small_bot import refusal


def test_a_trigger_opens_one_form(bot, slack, world):
    world.ana.command("/case", "", world.channel)
    trigger = bot.last.payload["trigger_id"]
    assert slack.views_open(trigger_id=trigger, view=form())["view"]["type"] == "modal"
    assert world.ana.modal.title == "Open a case"
    code = refusal(slack.views_open, trigger_id=trigger, view=form())
    assert code == "exchanged_trigger_id"


def test_a_trigger_expires(ws, bot, slack, world):
    ws.trigger_ttl = 0.02
    world.ana.command("/case", "", world.channel)
    time.sleep(0.03)
    code = refusal(slack.views_open, trigger_id=bot.last.payload["trigger_id"], view=form())
    assert code == "expired_trigger_id"
    assert world.ana.modal is None


def test_a_made_up_trigger_opens_nothing(slack):
    assert refusal(slack.views_open, trigger_id="1.2", view=form()) == "invalid_trigger_id"


def test_choosing_in_an_input_with_dispatch_action_tells_the_bot_the_whole_form(bot, opened):
    opened.fill({"Summary": "It is down"})
    before = len(bot.asked)
    (reply,) = opened.fill({"Kind": "Question"})
    assert reply.ok
    assert len(bot.asked) == before + 1
    sent = bot.last.payload
    assert sent["type"] == "block_actions"
    assert sent["container"] == {"type": "view", "view_id": sent["view"]["id"]}
    assert sent["actions"][0]["selected_option"]["value"] == "question"
    assert sent["view"]["state"]["values"]["summary"]["answer"]["value"] == "It is down"
    assert sent["hash"] == sent["view"]["hash"]


def test_an_update_keeps_what_was_typed_and_presets_what_is_new(bot, slack, opened):
    steps = ask("Steps", "steps", {"type": "plain_text_input", "initial_value": "1. "})
    other = {**SUMMARY, "element": {**SUMMARY["element"], "initial_value": "not this"}}

    def redraw(payload):
        view = payload["view"]
        slack.views_update(view_id=view["id"], hash=view["hash"], view=form(other, KIND, steps))

    bot.listener = redraw
    opened.fill({"Summary": "It is down", "Kind": "Error"})
    assert {i.label: i.answer for i in opened.inputs} == {
        "Summary": "It is down",
        "Kind": "error",
        "Steps": "1. ",
    }


def test_an_input_with_a_new_block_id_starts_afresh(slack, opened):
    opened.fill({"Summary": "It is down"})
    renamed = {**SUMMARY, "block_id": "summary-2"}
    slack.views_update(view_id=opened.view.id, view=form(renamed))
    assert opened.input("Summary").answer is None


def test_an_input_of_another_kind_starts_afresh(slack, opened):
    opened.fill({"Summary": "It is down"})
    picked = ask("Summary", "summary", {"type": "datepicker", "initial_date": "2026-01-05"})
    slack.views_update(view_id=opened.view.id, view=form(picked))
    assert opened.input("Summary").answer == "2026-01-05"


def test_a_stale_hash_conflicts(bot, slack, opened):
    stale = opened.view.hash
    slack.views_update(view_id=opened.view.id, hash=stale, view=form(NOTES))
    code = refusal(slack.views_update, view_id=opened.view.id, hash=stale, view=form(SUMMARY))
    assert code == "hash_conflict"
    assert [i.label for i in opened.inputs] == ["Notes"]


def test_a_closed_form_cannot_be_updated(slack, opened):
    opened.close()
    assert refusal(slack.views_update, view_id=opened.view.id, view=form()) == "not_found"


def test_a_view_is_found_by_its_external_id_which_is_unique(bot, slack, world, opened):
    slack.views_update(view_id=opened.view.id, view=form(external_id="case-7"))
    slack.views_update(external_id="case-7", view=form(NOTES, external_id="case-7"))
    assert len(opened.inputs) == 1
    world.carla.open_home()
    home = {"type": "home", "blocks": [], "external_id": "case-7"}
    code = refusal(slack.views_publish, user_id=world.carla.id, view=home)
    assert code == "duplicate_external_id"


def test_cancel_is_told_only_with_notify_on_close(bot, slack, opened):
    slack.views_update(view_id=opened.view.id, view=form(notify_on_close=True))
    opened.close()
    assert (bot.last.payload["type"], bot.last.payload["is_cleared"]) == ("view_closed", False)


def test_a_form_that_does_not_close_quietly_tells_nobody(bot, opened):
    before = len(bot.asked)
    opened.close()
    assert len(bot.asked) == before


def test_filling_what_is_not_there_says_what_is(opened):
    with pytest.raises(LookupError, match="Summary, Kind, Notes"):
        opened.fill({"Colour": "red"})
    with pytest.raises(LookupError, match="Error, Question"):
        opened.fill({"Kind": "Complaint"})


@pytest.mark.parametrize(
    ("element", "given", "held"),
    [
        ({"type": "radio_buttons", "options": options("A", "B")}, "B", "b"),
        ({"type": "checkboxes", "options": options("A", "B", "C")}, ["A", "c"], ["a", "c"]),
        ({"type": "multi_static_select", "options": options("A", "B")}, "A", ["a"]),
        ({"type": "datepicker", "initial_date": "2026-01-05"}, None, None),
        ({"type": "timepicker"}, "09:30", "09:30"),
        ({"type": "plain_text_input", "initial_value": "x"}, "", None),
    ],
    ids=lambda value: value["type"] if isinstance(value, dict) else "",
)
def test_every_kind_of_input_holds_its_answer(bot, slack, world, element, given, held):
    world.ana.command("/case", "", world.channel)
    view = form(ask("Thing", "thing", element))
    slack.views_open(trigger_id=bot.last.payload["trigger_id"], view=view)
    modal = world.ana.modal
    modal.fill({"Thing": given})
    assert modal.input("Thing").answer == held


def test_people_are_chosen_as_objects(bot, slack, world):
    world.ana.command("/case", "", world.channel)
    view = form(ask("Who", "who", {"type": "users_select", "initial_user": world.ana.id}))
    slack.views_open(trigger_id=bot.last.payload["trigger_id"], view=view)
    assert world.ana.modal.input("Who").answer == world.ana.id
    world.ana.modal.fill({"Who": world.carla})
    assert world.ana.modal.input("Who").answer == world.carla.id


def test_the_screen_shows_every_word(opened):
    assert opened.text.splitlines() == [
        "Open a case",
        "Summary",
        "Kind",
        "Error",
        "Question",
        "Notes",
        "Send",
    ]


def test_the_home_tab_is_published_and_pressed(bot, slack, world):
    go = {"type": "button", "text": plain("Open a case"), "action_id": "open"}
    home = {"type": "home", "blocks": [{"type": "actions", "elements": [go]}]}
    slack.views_publish(user_id=world.ana.id, view=home)
    assert world.ana.home.click("Open a case").ok
    assert bot.last.payload["view"]["type"] == "home"
    stale = bot.last.payload["hash"]
    slack.views_publish(user_id=world.ana.id, view=home, hash=stale)
    code = refusal(slack.views_publish, user_id=world.ana.id, view=home, hash=stale)
    assert code == "hash_conflict"
