"""Block Kit in a few words, with customer text that can never become markup.

Limits: docs.slack.dev/reference/block-kit. What is too long is clipped, never refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

Block: TypeAlias = dict[str, Any]

SECTION = 3000
HEADER = 150
LABEL = 75
NOTIFICATION = 3000
MOST_BLOCKS = 50
# Of all blocks together, as JSON. Undocumented: Slack says msg_blocks_too_long from about 13,200
# characters on (github.com/slackapi/bolt-js/issues/2509).
ROOM = 12_000

_HALF_ENTITY = re.compile(r"&[a-z]*…$")


@dataclass(frozen=True)
class Message:
    """What Slack is to show: `text` for notifications and screen readers, and the blocks.

    `author` is in whose name it is shown, where that is not Casebell's; `is_pinned`, whether it is
    to be pinned.
    """

    text: str
    blocks: list[Block]
    author: str | None = None
    is_pinned: bool = False


def message(
    text: str, *blocks: Block | None, author: str | None = None, is_pinned: bool = False
) -> Message:
    """A message; blocks that are None are left out.

    What is too much for one message is shortened, the longest of somebody else's words first.
    """
    shown = [block for block in blocks if block][:MOST_BLOCKS]
    for limit in (1500, 700, 300, 100):
        if size(shown) <= ROOM:
            break
        shown = [_shortened(block, limit) for block in shown]
    return Message(clip_escaped(text, NOTIFICATION), shown, author, is_pinned)


def size(blocks: Iterable[Block | None]) -> int:
    """How much of a message's room blocks take."""
    return len(json.dumps([block for block in blocks if block], ensure_ascii=False))


def escape(text: str) -> str:
    """Text of somebody else's inside our mrkdwn: no mention, link or channel call comes alive.

    Slack asks for exactly these three (docs.slack.dev/messaging/formatting-message-text).
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clip(text: str, limit: int) -> str:
    """Text of at most so many characters, an ellipsis where it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clip_escaped(text: str, limit: int) -> str:
    """As `clip`, of text that is escaped already: no entity is cut in two."""
    return _HALF_ENTITY.sub("…", clip(text, limit))


def line(text: str, limit: int = NOTIFICATION) -> str:
    """Somebody else's words in a line of ours: escaped, and of at most so many characters."""
    return clip_escaped(escape(" ".join(text.split())), limit)


def plain(text: str) -> Block:
    """Somebody else's words, shown as typed: no markup, no mentions, no emoji codes."""
    return {"type": "section", "text": plain_text(clip(text, SECTION) or "–")}


def plain_parts(text: str, room: int) -> tuple[Block, ...]:
    """Somebody else's words over as many sections as they take; what is beyond `room` is cut."""
    parts = tuple(map(plain, _pieces(text)))
    while size(parts) > room and len(text) > 1:
        text = clip(text, max(1, len(text) * min(room, size(parts) - 1) // size(parts)))
        parts = tuple(map(plain, _pieces(text)))
    return parts


def section(mrkdwn: str, accessory: Block | None = None) -> Block:
    """Our own words, in Slack's mrkdwn, and perhaps an element beside them."""
    block: Block = {"type": "section", "text": mrkdwn_text(clip(mrkdwn, SECTION))}
    return block | ({"accessory": accessory} if accessory else {})


def fields(*pairs: tuple[str, str] | None) -> Block:
    """Up to ten short facts, two in a row: a bold name above its mrkdwn."""
    texts = [f"*{name}*\n{value}" for name, value in filter(None, pairs)]
    return {"type": "section", "fields": [mrkdwn_text(clip(text, 2000)) for text in texts[:10]]}


def header(text: str) -> Block:
    """A title."""
    return {"type": "header", "text": plain_text(clip(text, HEADER))}


def context(mrkdwn: str) -> Block:
    """A small grey line of our own words."""
    return {"type": "context", "elements": [mrkdwn_text(clip(mrkdwn, SECTION))]}


def divider() -> Block:
    """A thin line."""
    return {"type": "divider"}


def actions(*elements: Block) -> Block:
    """A row of buttons and menus."""
    return {"type": "actions", "elements": list(elements)}


def button(
    action_id: str,
    label: str,
    value: str = "",
    *,
    style: str | None = None,
    confirm: tuple[str, str] | None = None,
) -> Block:
    """A button; `confirm` asks first, with a title and a question."""
    block: Block = {
        "type": "button",
        "action_id": action_id,
        "text": plain_text(clip(label, LABEL)),
    }
    if value:
        block["value"] = value
    if style:
        block["style"] = style
    if confirm:
        title, question = confirm
        block["confirm"] = {
            "title": plain_text(clip(title, 100)),
            "text": plain_text(clip(question, 300)),
            "confirm": plain_text(clip(label, 30)),
            "deny": plain_text("Cancel"),
        }
    return block


def overflow(action_id: str, *options: tuple[str, str]) -> Block:
    """A menu behind three dots, of two to five options: a value and a label each."""
    shown = [option(value, label) for value, label in options]
    return {"type": "overflow", "action_id": action_id, "options": shown}


def option(value: str, label: str, description: str = "") -> Block:
    """One of several to choose from."""
    shown: Block = {"text": plain_text(clip(label, LABEL)), "value": value}
    return shown | ({"description": plain_text(clip(description, LABEL))} if description else {})


def plain_text(text: str) -> Block:
    """Text that stays what it is: no markup, no mentions, no emoji codes."""
    return {"type": "plain_text", "text": text, "emoji": False}


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


def _pieces(text: str) -> Iterator[str]:
    """Text in pieces that fit a section each, cut between words where there are any."""
    while len(text) > SECTION:
        cut = 1 + max(text.rfind(space, SECTION // 2, SECTION) for space in "\n ") or SECTION
        yield text[:cut]
        text = text[cut:]
    yield text


def _shortened(block: Block, limit: int) -> Block:
    match block:
        case {"type": "section", "text": {"type": "plain_text", "text": str(text)}}:
            return plain(clip(text, limit))
    return block
