"""Modals and what people fill in there. The block id of an input is its action id too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.messages import kit

TITLE = 24
MOST_BLOCKS = 100
MOST_OPTIONS = 100


def modal(
    callback_id: str,
    title: str,
    submit: str | None,
    *blocks: kit.Block | None,
    metadata: str = "",
    close: str = "Cancel",
) -> dict[str, Any]:
    """A modal; without `submit` it only says something. Blocks that are None are left out."""
    view: dict[str, Any] = {
        "type": "modal",
        "callback_id": callback_id,
        "title": kit.plain_text(kit.clip(title, TITLE)),
        "close": kit.plain_text(kit.clip(close, TITLE)),
        "blocks": [block for block in blocks if block][:MOST_BLOCKS],
    }
    if submit is not None:
        view["submit"] = kit.plain_text(kit.clip(submit, TITLE))
    return view | ({"private_metadata": metadata} if metadata else {})


def text_input(
    block_id: str,
    label: str,
    *,
    multiline: bool = False,
    max_length: int,
    initial: str = "",
    hint: str = "",
    optional: bool = False,
) -> kit.Block:
    """A line, or several, to type into."""
    element = {"type": "plain_text_input", "multiline": multiline, "max_length": max_length}
    typed = {"initial_value": initial[:max_length]} if initial else {}
    return asking(block_id, label, element | typed, hint=hint, optional=optional)


def users_select(block_id: str, label: str, initial: str | None) -> kit.Block:
    """A person to choose."""
    chosen = {"initial_user": initial} if initial else {}
    return asking(block_id, label, {"type": "users_select", **chosen})


def radio(
    block_id: str, label: str, options: Sequence[kit.Block], initial: str | None
) -> kit.Block:
    """Up to ten options, all of them seen at once with their descriptions."""
    return asking(block_id, label, choosing({"type": "radio_buttons"}, options, initial))


def select(
    block_id: str, label: str, options: Sequence[kit.Block], initial: str | None = None
) -> kit.Block:
    """One of many to choose; what is too much for Slack is left out."""
    element = choosing({"type": "static_select"}, options[:MOST_OPTIONS], initial)
    return asking(block_id, label, element)


def select_several(
    block_id: str, label: str, options: Sequence[kit.Block], initial: Collection[str], *, hint: str
) -> kit.Block:
    """Any number of many to choose, none as well; what is too much for Slack is left out."""
    options = options[:MOST_OPTIONS]
    chosen = [option for option in options if option["value"] in initial]
    element = {"type": "multi_static_select", "options": options}
    preset = {"initial_options": chosen} if chosen else {}
    return asking(block_id, label, element | preset, hint=hint, optional=True)


def select_grouped(
    block_id: str, label: str, groups: Mapping[str, Sequence[kit.Block]]
) -> kit.Block:
    """One of many to choose, under headings; what is too much for Slack is left out."""
    shown = [
        {"label": kit.plain_text(kit.clip(name, kit.LABEL)), "options": options[:MOST_OPTIONS]}
        for name, options in groups.items()
    ]
    element = {"type": "static_select", "option_groups": shown[:MOST_OPTIONS]}
    return asking(block_id, label, element)


def moment(block_id: str, label: str, initial: datetime, *, hint: str = "") -> kit.Block:
    """A day and a time to choose, in the reader's own zone; to the minute."""
    preset = int(initial.timestamp()) // 60 * 60
    element = {"type": "datetimepicker", "initial_date_time": preset}
    return asking(block_id, label, element, hint=hint)


def choosing(element: kit.Block, options: Sequence[kit.Block], initial: str | None) -> kit.Block:
    """An element with its options; the one of value `initial` is chosen, if it is there."""
    chosen = next((option for option in options if option["value"] == initial), None)
    return element | {"options": list(options)} | ({"initial_option": chosen} if chosen else {})


def asking(
    block_id: str, label: str, element: kit.Block, *, hint: str = "", optional: bool = False
) -> kit.Block:
    """An element with its question."""
    block: kit.Block = {
        "type": "input",
        "block_id": block_id,
        "label": kit.plain_text(label),
        "element": {"action_id": block_id, **element},
        "optional": optional,
    }
    return block | ({"hint": kit.plain_text(hint)} if hint else {})
