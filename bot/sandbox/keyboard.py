"""What Slack makes of typed text: https://docs.slack.dev/messaging/formatting-message-text."""

from __future__ import annotations

import re

from bot.sandbox import reading
from bot.sandbox.state import State

_MENTION = re.compile(r"&lt;@(\w+)&gt;")
_BROADCAST = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")
_URL = re.compile(r"https?://\S+")


def as_sent(state: State, text: str) -> str:
    """Typed text with entities escaped, and mentions, broadcasts and links turned live."""
    sent = _URL.sub(lambda url: f"<{url[0]}>", reading.escape(text))
    sent = _BROADCAST.sub(r"<!\1>", sent)
    return _MENTION.sub(
        lambda match: f"<@{match[1]}>" if match[1] in state.users else match[0], sent
    )


def as_bare(state: State, text: str) -> str:
    """Typed text for a command without `should_escape`: mentions are names."""
    return re.sub(r"<@(\w+)>", lambda match: f"@{state.name_of(match[1])}", text)
