"""Slack's raw text of a message, as a person reads it."""

from __future__ import annotations

import re
from collections.abc import Callable

# A token, or an escaped character, in one pass: what unescaping brings forth is never a token.
_LIVE = re.compile(r"<([^<>]+)>|&(amp|lt|gt);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}


def readable(mrkdwn: str, name_of: Callable[[str], str | None]) -> str:
    """The text with its tokens as words and its entities as the characters they stand for.

    The result is as somebody typed it: not escaped, and for plain text only. Tokens:
    docs.slack.dev/messaging/formatting-message-text.

    Args:
        name_of: a person's name by their id, where it is known.
    """

    def read(match: re.Match[str]) -> str:
        token, entity = match.groups()
        return _token(token, name_of) if token else _ENTITIES[entity]

    return _LIVE.sub(read, mrkdwn)


def _token(token: str, name_of: Callable[[str], str | None]) -> str:
    target, _, label = (_unescape(part) for part in token.partition("|"))
    match target[:1]:
        case "@":
            return f"@{name_of(target[1:]) or label or 'somebody'}"
        case "#":
            return f"#{label or 'channel'}"
        case "!":
            return _special(target[1:], label)
        case _:
            return _link(target, label)


def _special(target: str, label: str) -> str:
    kind = target.partition("^")[0]
    if kind == "date":
        return label or "(a date)"
    if kind == "subteam":
        return label or "@group"
    return label or f"@{target}"


def _link(url: str, label: str) -> str:
    address = re.sub("^(mailto|tel):", "", url)
    shown = re.sub("^https?://", "", address)
    if not label or label == address:
        return address
    return label if label.rstrip("/") == shown.rstrip("/") else f"{label} ({address})"


def _unescape(text: str) -> str:
    return re.sub("&(amp|lt|gt);", lambda match: _ENTITIES[match[1]], text)
