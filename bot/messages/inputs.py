"""Modals and what people fill in there. The block id of an input is its action id too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.messages import kit

TITLE = 24
MOST_BLOCKS = 100


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
