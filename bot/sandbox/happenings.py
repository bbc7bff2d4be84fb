"""What happens to messages, and the events that the bot hears of it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.sandbox import wire
from bot.sandbox.events import tell, tell_of_message
from bot.sandbox.files import File
from bot.sandbox.model import Conversation, Json, Message, User, Version
from bot.sandbox.state import State


def post(
    state: State,
    room: Conversation,
    author: User,
    text: str,
    blocks: Sequence[Json] = (),
    *,
    thread_ts: str | None = None,
    broadcast: bool = False,
    metadata: Json | None = None,
    files: Sequence[File] = (),
    username: str | None = None,
    icons: Json | None = None,
) -> Message:
    """Add a message, ring those it concerns, and tell the bot."""
    posted = Message(
        room,
        state.new_ts(),
        author,
        text,
        list(blocks),
        thread_ts,
        broadcast,
        metadata,
        files=tuple(files),
        username=username,
        icons=icons or {},
    )
    room.messages.append(posted)
    now = state.now()
    for member in room.active_members:
        concerned = member is not author and (room.is_direct or posted.pings(member))
        if concerned:
            rings = member.disturbed_at(now)
            (state.rung if rings else state.silenced).append((member, posted))
    event = wire.message(posted, with_metadata=True, in_event=True) | _place(room, posted.ts)
    if room.is_ext_shared:
        event |= {"user_team": author.team.id, "source_team": author.team.id}
    if author.types:
        event["client_msg_id"] = f"client-{posted.ts}"
    if posted.files:
        tell_of_message(state, room, event | {"subtype": "file_share", "upload": False})
    else:
        tell_of_message(state, room, event)
    if author is not state.bot and state.bot.mention in text and not room.is_direct:
        mention = {key: value for key, value in event.items() if key != "channel_type"}
        tell(state, room, "app_mention", "app_mentions:read", mention | {"type": "app_mention"})
    return posted


def edit(state: State, message: Message, text: str, blocks: Sequence[Json]) -> None:
    """Change the words of a message; nobody is rung, and of an ephemeral one no event tells."""
    before = wire.message(message, in_event=True)
    message.edits.append(Version(message.text, tuple(message.blocks)))
    message.text, message.blocks = text, list(blocks)
    message.edited_ts = state.new_ts()
    _tell_of_change(state, message, before)


def unfurl(state: State, message: Message, url: str) -> None:
    """Show the page behind a link under a message.

    That is a `message_changed` to the bot, though its author changed no word.
    """
    before = wire.message(message, in_event=True)
    message.attachments.append({"id": 1, "from_url": url, "title": url, "fallback": url})
    _tell_of_change(state, message, before)


def delete(state: State, message: Message) -> None:
    """Take a message away, and its pin with it."""
    room = message.conversation
    message.deleted = True
    room.messages.remove(message)
    if message in room.pins:
        room.pins.remove(message)
    gone: Json = {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "ts": state.new_ts(),
        "deleted_ts": message.ts,
        "previous_message": wire.message(message, in_event=True),
    }
    tell_of_message(state, room, gone | _place(room, gone["ts"]))


def whisper(
    state: State,
    room: Conversation,
    reader: User,
    text: str,
    blocks: Sequence[Json] = (),
    *,
    thread_ts: str | None = None,
    username: str | None = None,
    icons: Json | None = None,
) -> Message:
    """Show a message to one person alone; it rings nobody and no event tells of it."""
    message = Message(
        room,
        state.new_ts(),
        state.bot,
        text,
        list(blocks),
        thread_ts,
        only_for=reader,
        username=username,
        icons=icons or {},
    )
    state.ephemerals.append(message)
    return message


def _tell_of_change(state: State, message: Message, before: Json) -> None:
    if message.only_for:
        return
    changed: Json = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "ts": state.new_ts(),
        "message": wire.message(message, in_event=True),
        "previous_message": before,
    }
    room = message.conversation
    tell_of_message(state, room, changed | _place(room, changed["ts"]))


def _place(room: Conversation, ts: str) -> Json:
    return {"channel": room.id, "channel_type": room.kind.value, "event_ts": ts}
