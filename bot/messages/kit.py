"""Block Kit in a few words, with customer text that can never become markup.

Limits: docs.slack.dev/reference/block-kit. What is too long is clipped, never refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

Block: TypeAlias = dict[str, Any]

SECTION = 3000
HEADER = 150
NOTIFICATION = 3000
MOST_BLOCKS = 50
# Of all blocks together, as JSON. Undocumented: Slack says msg_blocks_too_long from about 13,200
# characters on (github.com/slackapi/bolt-js/issues/2509).
ROOM = 12_000

_HALF_ENTITY = re.compile(r"&[a-z]*…$")


@dataclass(frozen=True)
class Message:
    """What Slack is to show: `text` for notifications and screen readers, and the blocks."""

    text: str
    blocks: list[Block]


def message(text: str, *blocks: Block | None) -> Message:
    """A message; blocks that are None are left out.

    What is too much for one message is shortened, the longest of somebody else's words first.
    """
    shown = [block for block in blocks if block][:MOST_BLOCKS]
    for limit in (1500, 700, 300, 100):
        if len(json.dumps(shown, ensure_ascii=False)) <= ROOM:
            break
        shown = [_shortened(block, limit) for block in shown]
    return Message(_HALF_ENTITY.sub("…", clip(text, NOTIFICATION)), shown)


def escape(text: str) -> str:
    """Text of somebody else's inside our mrkdwn: no mention, link or channel call comes alive.

    Slack asks for exactly these three (docs.slack.dev/messaging/formatting-message-text).
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clip(text: str, limit: int) -> str:
    """Text of at most so many characters, an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(text: str) -> Block:
    """Somebody else's words, shown as typed: no markup, no mentions, no emoji codes."""
    shown = clip(text, SECTION) or "–"
    return {"type": "section", "text": {"type": "plain_text", "text": shown, "emoji": False}}


def section(mrkdwn: str) -> Block:
    """Our own words, in Slack's mrkdwn."""
    return {"type": "section", "text": mrkdwn_text(clip(mrkdwn, SECTION))}


def fields(*pairs: tuple[str, str] | None) -> Block:
    """Up to ten short facts, two in a row: a bold name above its mrkdwn."""
    texts = [f"*{name}*\n{value}" for name, value in filter(None, pairs)]
    return {"type": "section", "fields": [mrkdwn_text(clip(text, 2000)) for text in texts[:10]]}


def header(text: str) -> Block:
    """A title."""
    shown = {"type": "plain_text", "text": clip(text, HEADER), "emoji": False}
    return {"type": "header", "text": shown}


def context(mrkdwn: str) -> Block:
    """A small grey line of our own words."""
    return {"type": "context", "elements": [mrkdwn_text(clip(mrkdwn, SECTION))]}


def actions(*buttons: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def button(
    action_id: str,
    label: str,
    value: str,
    *,
    style: str | None = None,
    confirm: tuple[str, str] | None = None,
) -> Block:
    """A button; `confirm` asks first, with a title and a question."""
    block: Block = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": clip(label, 75), "emoji": False},
        "value": value,
    }
    if style:
        block["style"] = style
    if confirm:
        title, question = confirm
        block["confirm"] = {
            "title": {"type": "plain_text", "text": clip(title, 100)},
            "text": {"type": "plain_text", "text": clip(question, 300)},
            "confirm": {"type": "plain_text", "text": clip(label, 30)},
            "deny": {"type": "plain_text", "text": "Cancel"},
        }
    return block


def mrkdwn_text(text: str) -> Block:
    """Our own words; bare web addresses and names in them stay what they are."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def person(user_id: str) -> str:
    """A person by their name, as Slack shows it to the reader."""
    return f"<@{user_id}>"


def channel(channel_id: str) -> str:
    """A channel by its name, as far as the reader may see it."""
    return f"<#{channel_id}>"


def joined(words: Iterable[str]) -> str:
    """Words as people list them: "a", "a and b", "a, b and c"."""
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last


def _shortened(block: Block, limit: int) -> Block:
    match block:
        case {"type": "section", "text": {"type": "plain_text", "text": str(text)}}:
            return plain(clip(text, limit))
    return block
