"""Menus and pickers, in messages, in forms and on the Home tab."""

from __future__ import annotations

import pytest
from case_form import KIND, NOTES, ask, form, options, plain
from small_bot import refusal

from bot.sandbox.blocks import problems_of_message

OVERFLOW = {"type": "overflow", "action_id": "more", "options": options("Rename", "Close")}
PICKER = {"type": "users_select", "action_id": "assign"}
BUTTON = {"type": "button", "action_id": "take", "text": plain("Take it"), "value": "7"}


def section(accessory, block_id="case-7"):
    text = {"type": "mrkdwn", "text": "*CASE-7*"}
    return {"type": "section", "block_id": block_id, "text": text, "accessory": accessory}


@pytest.fixture
def say(slack, world):
    """Post blocks where Ana and Carla read them."""

    def post(*blocks):
        slack.chat_postMessage(channel=world.channel.id, text="CASE-7", blocks=list(blocks))
        return world.channel.messages[-1]

    return post


@pytest.fixture
def home(slack, world):
    """Publish blocks on Ana's Home tab."""

    def publish(*blocks):
        view = {"type": "home", "blocks": list(blocks), "private_metadata": "page 2"}
        slack.views_publish(user_id=world.ana.id, view=view)
        return world.ana.home

    return publish


@pytest.mark.parametrize("name", ["more", "case-7"], ids=["action_id", "block_id"])
@pytest.mark.parametrize("answer", ["Close", "close"], ids=["label", "value"])
def test_an_overflow_menu_sends_its_option_and_keeps_nothing(bot, world, say, name, answer):
    message = say(section(OVERFLOW))
    assert world.carla.choose(message, name, answer).ok
    sent = bot.last.payload
    (action,) = sent["actions"]
    assert (action["type"], action["action_id"], action["block_id"]) == (
        "overflow",
        "more",
        "case-7",
    )
    assert action["selected_option"] == options("Close")[0]
    assert sent["state"]["values"] == {}


def test_menus_with_one_action_id_are_told_apart_by_their_blocks(bot, world, say):
    message = say(section(OVERFLOW, "case-7"), section(OVERFLOW, "case-8"))
    with pytest.raises(LookupError, match="more than one"):
        world.ana.choose(message, "more", "Close")
    world.ana.choose(message, "case-8", "Close")
    assert bot.last.payload["actions"][0]["block_id"] == "case-8"


@pytest.mark.parametrize("by", ["person", "id"])
def test_a_person_is_picked_beside_a_section(bot, world, say, by):
    message = say(section(PICKER))
    world.ana.choose(message, "assign", world.carla if by == "person" else world.carla.id)
    sent = bot.last.payload
    assert sent["actions"][0]["selected_user"] == world.carla.id
    assert sent["state"]["values"]["case-7"]["assign"]["selected_user"] == world.carla.id


def test_a_picked_person_comes_with_the_form(bot, opened, slack):
    slack.views_update(view_id=opened.view.id, view=form(ask("Assignee", "who", PICKER)))
    opened.fill({"Assignee": opened.view.owner})
    assert opened.submit().ok
    (values,) = bot.last.payload["view"]["state"]["values"].values()
    assert values["assign"] == {"type": "users_select", "selected_user": opened.view.owner.id}


@pytest.mark.parametrize(("count", "fine"), [(1, False), (2, True), (5, True), (6, False)], ids=str)
def test_an_overflow_menu_has_two_to_five_options(count, fine):
    menu = OVERFLOW | {"options": options(*"abcdef"[:count])}
    assert (problems_of_message([section(menu)]) == []) is fine


@pytest.mark.parametrize(
    ("part", "most"), [("text", 75), ("value", 150), ("description", 75)], ids=str
)
@pytest.mark.parametrize("kind", ["overflow", "static_select"])
def test_an_option_holds_so_much_and_no_more(kind, part, most):
    def menu(length):
        words = "x" * length
        long = {"text": plain("a"), "value": "a"} | {
            part: words if part == "value" else plain(words)
        }
        element = {"type": kind, "action_id": "a", "options": [long, *options("b")]}
        return problems_of_message([section(element)])

    assert menu(most) == []
    assert menu(most + 1) != []


def test_a_click_on_the_home_tab_tells_the_whole_view(bot, world, home):
    tab = home(section(BUTTON))
    assert tab.click("Take it").ok
    sent = bot.last.payload
    assert sent["type"] == "block_actions"
    assert sent["container"] == {"type": "view", "view_id": tab.view.id}
    assert (sent["view"]["type"], sent["view"]["private_metadata"]) == ("home", "page 2")
    assert sent["hash"] == sent["view"]["hash"] == tab.view.hash
    assert sent["actions"][0]["value"] == "7"
    assert sent.keys().isdisjoint({"channel", "message", "response_url"})


def test_a_choice_on_the_home_tab_is_told_at_once(bot, world, home):
    tab = home(section(OVERFLOW, "one"), section(PICKER, "two"))
    assert tab.choose("more", "Rename").ok
    assert bot.last.payload["actions"][0]["selected_option"]["value"] == "rename"
    tab.choose("assign", world.carla)
    sent = bot.last.payload
    assert sent["actions"][0]["selected_user"] == world.carla.id
    assert sent["view"]["state"]["values"].keys() == {"two"}


def test_a_click_in_a_form_and_a_choice_with_dispatch_action_are_told_at_once(bot, slack, opened):
    slack.views_update(view_id=opened.view.id, view=form(section(BUTTON), KIND, NOTES))
    opened.click("Take it")
    assert bot.last.payload["view"]["type"] == "modal"
    opened.choose("Kind", "Error")
    assert bot.last.payload["actions"][0]["selected_option"]["value"] == "error"
    with pytest.raises(LookupError, match="tells the bot nothing"):
        opened.choose("Notes", "x")


def test_nobody_clicks_in_a_form_that_is_covered_or_closed(bot, slack, opened):
    bot.listener = lambda payload: (
        slack.views_push(trigger_id=payload["trigger_id"], view=form(NOTES)) and None
    )
    opened.choose("Kind", "Error")
    for closing in (lambda: None, lambda: opened.close(whole_stack=True)):
        closing()
        with pytest.raises(LookupError, match="not the one on top"):
            opened.click("Kind")


@pytest.mark.parametrize("surface", ["message", "home"])
def test_the_trigger_of_any_click_opens_a_form(bot, slack, world, say, home, surface):
    bot.listener = lambda payload: (
        slack.views_open(trigger_id=payload["trigger_id"], view=form()) and None
    )
    if surface == "message":
        world.ana.click(say(section(BUTTON)), "Take it")
    else:
        home(section(BUTTON)).click("Take it")
    assert world.ana.modal.title == "Open a case"


@pytest.mark.parametrize(("count", "fine"), [(100, True), (101, False)], ids=str)
def test_a_home_tab_has_a_hundred_blocks_at_most(slack, world, count, fine):
    view = {"type": "home", "blocks": [{"type": "divider"}] * count}
    if fine:
        assert slack.views_publish(user_id=world.ana.id, view=view)["ok"]
    else:
        code = refusal(slack.views_publish, user_id=world.ana.id, view=view)
        assert (code, world.ana.home) == ("invalid_arguments", None)


def test_the_cross_closes_the_whole_stack_and_tells_of_the_lowest_form(bot, slack, world, opened):
    lowest = form(KIND, notify_on_close=True)
    slack.views_update(view_id=opened.view.id, view=lowest)
    bot.listener = lambda payload: (
        slack.views_push(trigger_id=payload["trigger_id"], view=form(NOTES)) and None
    )
    opened.choose("Kind", "Error")
    bot.listener = lambda _payload: None
    world.ana.modal.close(whole_stack=True)
    sent = bot.last.payload
    assert (sent["type"], sent["is_cleared"]) == ("view_closed", True)
    assert sent["view"]["id"] == opened.view.id
    assert world.ana.modal is None
