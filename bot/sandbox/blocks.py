"""Whether blocks and views keep to Block Kit: Slack's limits, refused in Slack's words.

The limits are those of https://docs.slack.dev/reference/block-kit and /surfaces/modals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox import elements
from bot.sandbox.rules import (
    Problems,
    Rule,
    Shape,
    anything,
    both,
    flag,
    items,
    one_of,
    plain,
    problem,
    string,
    text,
    typed,
)

MOST_IN_MESSAGE = 50
MOST_IN_VIEW = 100

_ID: Mapping[str, Rule] = {"block_id": string(255)}


def _section_says_something(value: Any, at: str) -> Problems:
    if "text" not in value and "fields" not in value:
        yield problem("must define either `text` or `fields`", at)


def _no_dispatch_of_files(value: Any, at: str) -> Problems:
    element = value.get("element")
    files = isinstance(element, dict) and element.get("type") == "file_input"
    if files and value.get("dispatch_action"):
        yield problem("unsupported type: file_input", f"{at}/element/type")


def _image_has_source(value: Any, at: str) -> Problems:
    if ("image_url" in value) == ("slack_file" in value):
        yield problem("must define either `image_url` or `slack_file`", at)


_RICH_TEXT = typed(
    dict.fromkeys(
        ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"),
        anything,
    )
)

_ANYWHERE: Mapping[str, Rule] = {
    "section": both(
        Shape(
            {},
            {
                **_ID,
                "text": text(3000),
                "fields": items(10, text(2000)),
                "accessory": elements.IN_SECTION,
                "expand": flag,
            },
        ),
        _section_says_something,
    ),
    "header": Shape({"text": plain(150)}, _ID),
    "divider": Shape({}, _ID),
    "context": Shape({"elements": items(10, elements.IN_CONTEXT)}, _ID),
    "actions": Shape({"elements": items(25, elements.IN_ACTIONS)}, _ID),
    "image": both(
        Shape(
            {"alt_text": string(2000)},
            {
                **_ID,
                "image_url": string(3000),
                "slack_file": anything,
                "title": plain(2000),
            },
        ),
        _image_has_source,
    ),
    "input": both(
        Shape(
            {"label": plain(2000), "element": elements.IN_INPUT},
            {**_ID, "hint": plain(2000), "optional": flag, "dispatch_action": flag},
        ),
        _no_dispatch_of_files,
    ),
    "rich_text": Shape({"elements": items(1000, _RICH_TEXT)}, _ID),
}
_IN_MESSAGE = typed(
    {
        **_ANYWHERE,
        "markdown": Shape({"text": string(12_000)}, _ID),
        "table": Shape(
            {"rows": items(100, items(20, anything))}, {**_ID, "column_settings": anything}
        ),
    }
)
_IN_HOME = typed(_ANYWHERE)
_IN_MODAL = typed(
    {
        **_ANYWHERE,
        "alert": Shape(
            {"text": text(200)},
            {**_ID, "level": one_of("default", "info", "warning", "error", "success")},
        ),
    }
)

_VIEW: Mapping[str, Rule] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
}
_MODAL = Shape(
    {"title": plain(24), "blocks": items(MOST_IN_VIEW, _IN_MODAL)},
    {
        **_VIEW,
        "submit": plain(24),
        "close": plain(24),
        "clear_on_close": flag,
        "notify_on_close": flag,
        "submit_disabled": flag,
    },
)
_HOME = Shape({"blocks": items(MOST_IN_VIEW, _IN_HOME, 0)}, _VIEW)


def problems_of_message(blocks: object) -> list[str]:
    """What Slack would refuse in the blocks of a message; empty when it takes them."""
    found = list(items(MOST_IN_MESSAGE, _IN_MESSAGE, 0)(blocks, "/blocks"))
    return found or list(_repeated_ids(blocks, "/blocks"))


def problems_of_view(view: Any) -> list[str]:
    """What Slack would refuse in a modal or a Home tab; empty when it takes it."""
    found = list(typed({"modal": _MODAL, "home": _HOME})(view, "/view"))
    return found or [*_repeated_ids(view["blocks"], "/view/blocks"), *_no_submit(view)]


def _no_submit(view: Any) -> Problems:
    asks = any(block["type"] == "input" for block in view["blocks"])
    if view["type"] == "modal" and asks and not view.get("submit"):
        yield problem("missing required field: submit", "/view")


def _repeated_ids(blocks: Any, at: str) -> Problems:
    block_ids: set[str] = set()
    focused = 0
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in block_ids:
            yield problem(f"block_id {block_id} already exists", f"{at}/{index}/block_id")
        if block_id:
            block_ids.add(block_id)
        inside = block["elements"] if block["type"] == "actions" else []
        action_ids = [element["action_id"] for element in inside if "action_id" in element]
        for action_id in sorted({a for a in action_ids if action_ids.count(a) > 1}):
            yield problem(f"action_id {action_id} already exists", f"{at}/{index}/elements")
        focused += bool(block.get("element", {}).get("focus_on_load"))
    if focused > 1:
        yield problem("only one element can have focus_on_load", at)
