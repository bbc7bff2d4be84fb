"""What the bot sends to a response_url: five answers in 30 minutes, past all membership.

https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

from typing import Any

from bot.sandbox import happenings
from bot.sandbox.arguments import Args, Refusal, with_ids
from bot.sandbox.exchange import ResponseUrl
from bot.sandbox.model import Json, Message
from bot.sandbox.state import State


def respond(state: State, key: str, raw: dict[str, Any]) -> tuple[int, Json]:
    """Answer through the url that ends in `key`; gives the HTTP status and the body."""
    with state.changed:
        leave = state.response_urls.get(key)
        if leave is None:
            return 404, {"ok": False, "error": "invalid_url"}
        if state.now() >= leave.expires:
            return 404, {"ok": False, "error": "expired_url"}
        if leave.uses_left == 0:
            return 404, {"ok": False, "error": "used_url"}
        try:
            answer(state, leave, raw)
        except Refusal as refusal:
            return 400, {"ok": False, "error": refusal.code, **refusal.details}
        leave.uses_left -= 1
        return 200, {"ok": True}


def answer(state: State, leave: ResponseUrl, raw: dict[str, Any]) -> Message | None:
    """Carry out one answer, sent to a response_url or given at once to a slash command.

    Returns:
        The new message, or None where an old one was replaced or deleted.

    Raises:
        Refusal: `no_text`, `invalid_blocks`.
    """
    args = Args(raw)
    if args.flag("delete_original"):
        if leave.source:
            _take_away(state, leave.source)
        return None
    text, blocks = args.text(), with_ids(state, args.blocks() or [])
    if not text and not blocks:
        raise Refusal("no_text")
    if args.flag("replace_original") and leave.source:
        happenings.edit(state, leave.source, text, blocks)
        return None
    room, thread_ts = leave.conversation, args.get("thread_ts")
    if args.get("response_type") == "in_channel":
        return happenings.post(state, room, state.bot, text, blocks, thread_ts=thread_ts)
    return happenings.whisper(state, room, leave.user, text, blocks, thread_ts=thread_ts)


def _take_away(state: State, message: Message) -> None:
    if message.only_for:
        state.ephemerals.remove(message)
        message.deleted = True
    elif not message.deleted:
        happenings.delete(state, message)
