"""Slack's JSON of messages and files, read into what the services take.

It comes from many organisations and their clients: what is missing or misshapen is left out.
"""

from __future__ import annotations

import re
from typing import Any

from bot.domain.access import SYSTEM_USERS
from bot.domain.case import Person
from bot.domain.conversation import File, Said

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TS = re.compile(r"[0-9]{1,10}\.[0-9]{1,6}")
# Of messages that somebody typed; the others are Slack's own notices. Most have no subtype.
_WRITTEN = ("", "file_share", "thread_broadcast")


def said(channel_id: str, message: Any, thread_ts: str | None = None) -> Said | None:
    """What a person wrote in a thread; None for anything else: a bot's words, a notice, no thread.

    Args:
        message: as events, conversations.history and conversations.replies have it
            (docs.slack.dev/reference/events/message).
        thread_ts: the thread, where the message was found by it.
    """
    if not isinstance(message, dict) or message.get("bot_id"):
        return None
    author, ts = _text(message.get("user")), _ts(message.get("ts"))
    thread = _ts(thread_ts or message.get("thread_ts"))
    if author in ("", *SYSTEM_USERS) or (message.get("subtype") or "") not in _WRITTEN:
        return None
    if ts is None or thread is None:
        return None
    edited, files = message.get("edited"), message.get("files")
    return Said(
        channel_id=channel_id,
        thread_ts=thread,
        ts=ts,
        author=Person(_text(message.get("user_team")) or _text(message.get("team")), author),
        text=_text(message.get("text")),
        files=_files(files) if isinstance(files, list) else (),
        edited_ts=_ts(edited.get("ts")) if isinstance(edited, dict) else None,
    )


def file(found: dict[str, Any]) -> File:
    """A file as a message has it, or files.info; of a stub, the id alone.

    Stubs: docs.slack.dev/apis/slack-connect.
    """
    size = found.get("size")
    return File(
        id=_text(found.get("id")),
        name=_text(found.get("name")) or _text(found.get("title")) or None,
        size=size if type(size) is int else None,
        url=_text(found.get("permalink")) or None,
    )


def storable(text: str) -> str:
    """Text without what no database takes: NUL, and half a character (a lone surrogate)."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _files(found: list[Any]) -> tuple[File, ...]:
    return tuple(read for item in found if isinstance(item, dict) and (read := file(item)).id)


def _text(value: Any) -> str:
    return storable(value) if isinstance(value, str) else ""


def _ts(value: Any) -> str | None:
    return value if isinstance(value, str) and _TS.fullmatch(value) else None
