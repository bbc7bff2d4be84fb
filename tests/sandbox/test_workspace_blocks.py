"""Block Kit limits are held exactly: the last good value passes, the next is refused."""

from __future__ import annotations

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.blocks import problems_of_message, problems_of_view


def plain(text):
    return {"type": "plain_text", "text": text}


def mrkdwn(text):
    return {"type": "mrkdwn", "text": text}


def option(length=1, value=1, n=0):
    return {"text": plain("x" * length), "value": f"{n}".rjust(value, "v")}


def options(count):
    return [option(n=n, value=3) for n in range(count)]


def button(**changes):
    return {"type": "button", "action_id": "a", "text": plain("x"), **changes}


def actions(*elements):
    return {"type": "actions", "elements": list(elements)}


def section(accessory):
    return {"type": "section", "text": plain("x"), "accessory": accessory}


def asked(element, **changes):
    return {"type": "input", "label": plain("x"), "element": element, **changes}


def typed(**changes):
    return {"type": "plain_text_input", "action_id": "a", **changes}


def modal(*blocks, **changes):
    view = {"type": "modal", "title": plain("x"), "submit": plain("x"), "blocks": list(blocks)}
    return {**view, **changes}


DIVIDER = {"type": "divider"}


def select(count, **changes):
    return {"type": "static_select", "action_id": "a", "options": options(count), **changes}


@pytest.mark.parametrize(
    ("most", "build"),
    [
        (3000, lambda n: [{"type": "section", "text": mrkdwn("x" * n)}]),
        (2000, lambda n: [{"type": "section", "fields": [mrkdwn("x" * n)]}]),
        (10, lambda n: [{"type": "section", "fields": [mrkdwn("x")] * n}]),
        (150, lambda n: [{"type": "header", "text": plain("x" * n)}]),
        (10, lambda n: [{"type": "context", "elements": [mrkdwn("x")] * n}]),
        (25, lambda n: [actions(*(button(action_id=str(i)) for i in range(n)))]),
        (255, lambda n: [{"type": "divider", "block_id": "x" * n}]),
        (255, lambda n: [actions(button(action_id="x" * n))]),
        (75, lambda n: [actions(button(text=plain("x" * n)))]),
        (2000, lambda n: [actions(button(value="x" * n))]),
        (3000, lambda n: [actions(button(url="x" * n))]),
        (100, lambda n: [section(select(n))]),
        (75, lambda n: [section(select(1) | {"options": [option(length=n)]})]),
        (150, lambda n: [section(select(1) | {"options": [option(value=n)]})]),
        (150, lambda n: [section(select(1, placeholder=plain("x" * n)))]),
        (5, lambda n: [section({"type": "overflow", "action_id": "a", "options": options(n)})]),
        (10, lambda n: [section({"type": "checkboxes", "action_id": "a", "options": options(n)})]),
        (12_000, lambda n: [{"type": "markdown", "text": "x" * n}]),
        (100, lambda n: [{"type": "table", "rows": [[{}]] * n}]),
        (20, lambda n: [{"type": "table", "rows": [[{}] * n]}]),
        (50, lambda n: [DIVIDER] * n),
    ],
)
def test_a_message_holds_so_much_and_no_more(most, build):
    assert problems_of_message(build(most)) == []
    assert problems_of_message(build(most + 1)) != []


@pytest.mark.parametrize(
    ("most", "build"),
    [
        (24, lambda n: modal(DIVIDER, title=plain("x" * n))),
        (24, lambda n: modal(DIVIDER, submit=plain("x" * n))),
        (24, lambda n: modal(DIVIDER, close=plain("x" * n))),
        (255, lambda n: modal(DIVIDER, callback_id="x" * n)),
        (3000, lambda n: modal(DIVIDER, private_metadata="x" * n)),
        (100, lambda n: modal(*[DIVIDER] * n)),
        (2000, lambda n: modal(asked(typed(), label=plain("x" * n)))),
        (2000, lambda n: modal(asked(typed(), hint=plain("x" * n)))),
        (150, lambda n: modal(asked(typed(placeholder=plain("x" * n))))),
        (3000, lambda n: modal(asked(typed(max_length=n)))),
        (3000, lambda n: modal(asked(typed(min_length=n)))),
        (200, lambda n: modal({"type": "alert", "text": plain("x" * n)})),
    ],
)
def test_a_view_holds_so_much_and_no_more(most, build):
    assert problems_of_view(build(most)) == []
    assert problems_of_view(build(most + 1)) != []


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ({"type": "marquee"}, "unsupported type: marquee"),
        ({}, "missing required field: type"),
        ({"type": "section"}, "must define either `text` or `fields`"),
        ({"type": "section", "text": plain("")}, "must be more than 0 characters"),
        ({"type": "section", "text": "bare"}, "missing required field: type"),
        ({"type": "section", "text": {**mrkdwn("x"), "emoji": True}}, "invalid additional"),
        ({"type": "header", "text": mrkdwn("x")}, "unsupported type: mrkdwn"),
        ({"type": "divider", "colour": "red"}, "invalid additional property: colour"),
        (actions(), "no fewer than 1 items allowed"),
        (actions(button(style="loud")), "must be one of: primary, danger"),
        (actions(button(), button()), "action_id a already exists"),
        (actions(typed()), "unsupported type: plain_text_input"),
        (asked(button()), "unsupported type: button"),
        (section(select(1, initial_option=option(n=9))), "must match one of the options"),
        (
            section({"type": "static_select", "action_id": "a"}),
            "must define either options or option_groups",
        ),
        (section({"type": "datepicker", "initial_date": "tomorrow"}), "YYYY-MM-DD"),
        ({"type": "image", "alt_text": "x"}, "must define either `image_url`"),
        ({"type": "alert", "text": plain("x")}, "unsupported type: alert"),
        ({"type": "rich_text", "elements": [{"type": "text"}]}, "unsupported type: text"),
    ],
)
def test_a_malformed_block_is_refused_with_the_reason(block, complaint):
    (problem,) = problems_of_message([block])
    assert complaint in problem
    assert "[json-pointer:/blocks/0" in problem


@pytest.mark.parametrize(
    ("view", "complaint"),
    [
        (modal(asked(typed()), submit=None), "missing required field: submit"),
        (modal(DIVIDER, title=None), "missing required field: title"),
        ({"type": "page"}, "unsupported type: page"),
        ({"type": "home", "blocks": [], "title": plain("x")}, "invalid additional property"),
        (
            modal(asked({"type": "file_input", "action_id": "a"}, dispatch_action=True)),
            "unsupported type: file_input",
        ),
        (
            modal(asked(typed(focus_on_load=True)), asked(typed(focus_on_load=True))),
            "only one element can have focus_on_load",
        ),
        (
            modal({**DIVIDER, "block_id": "b"}, {**DIVIDER, "block_id": "b"}),
            "block_id b already exists",
        ),
    ],
)
def test_a_malformed_view_is_refused_with_the_reason(view, complaint):
    (problem,) = problems_of_view(view)
    assert complaint in problem


def test_grouped_options_are_held_to_the_same_limits():
    groups = [{"label": plain("x" * 75), "options": options(100)}]
    grouped = {"type": "static_select", "action_id": "a", "option_groups": groups}
    assert problems_of_message([section(grouped)]) == []
    groups[0]["label"] = plain("x" * 76)
    assert problems_of_message([section(grouped)]) != []


def test_the_refusal_names_the_place(slack, world):
    blocks = [DIVIDER, actions(button(text=plain("x" * 76)))]
    with pytest.raises(SlackApiError) as caught:
        slack.chat_postMessage(channel=world.channel.id, text="x", blocks=blocks)
    answer = caught.value.response
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == [
        "must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]"
    ]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {answer['errors'][0]}"]


def test_blocks_without_ids_are_given_ids(slack, world):
    slack.chat_postMessage(channel=world.channel.id, text="x", blocks=[DIVIDER, DIVIDER])
    first, second = world.channel.messages[-1].blocks
    assert first["block_id"] != second["block_id"]
