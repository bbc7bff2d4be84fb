"""The Web API methods that write messages: https://docs.slack.dev/reference/methods."""

from __future__ import annotations

from bot.sandbox import happenings, wire
from bot.sandbox.arguments import Args, Refusal, find_conversation, need_scope, with_ids
from bot.sandbox.model import Conversation, Json, Kind, Message
from bot.sandbox.state import State

_GUISE = ("username", "icon_emoji", "icon_url")


def post_message(state: State, args: Args) -> Json:
    """chat.postMessage: to a conversation, or to a person by id."""
    username, icons = _guise(state, args)
    room = _place_to_post(state, args)
    text, blocks = _words(state, args)
    thread_ts = _thread(room, args)
    posted = happenings.post(
        state,
        room,
        state.bot,
        text,
        blocks,
        thread_ts=thread_ts,
        broadcast=args.flag("reply_broadcast"),
        metadata=_metadata(args),
        username=username,
        icons=icons,
    )
    return {
        "channel": room.id,
        "ts": posted.ts,
        "message": wire.message(posted, with_metadata=True),
    }


def post_ephemeral(state: State, args: Args) -> Json:
    """chat.postEphemeral: only to an active member of the conversation."""
    username, icons = _guise(state, args)
    room = _place_to_post(state, args)
    reader = state.users.get(args.needed("user"))
    if reader is None or reader.deleted or reader not in room.members:
        raise Refusal("user_not_in_channel")
    text, blocks = _words(state, args)
    message = happenings.whisper(
        state,
        room,
        reader,
        text,
        blocks,
        thread_ts=_thread(room, args),
        username=username,
        icons=icons,
    )
    return {"message_ts": message.ts}


def update(state: State, args: Args) -> Json:
    """chat.update: text without blocks takes the blocks away."""
    message = _own_message(state, args, "cant_update_message")
    if "text" not in args and "blocks" not in args and "metadata" not in args:
        raise Refusal("no_text")
    blocks = args.blocks()
    metadata = _metadata(args)
    drawn = [] if blocks is None and "text" in args else blocks
    happenings.edit(
        state,
        message,
        args.text() if "text" in args else message.text,
        message.blocks if drawn is None else with_ids(state, drawn),
    )
    if "metadata" in args:
        message.metadata = metadata
    return {
        "channel": message.conversation.id,
        "ts": message.ts,
        "text": message.text,
        "message": wire.message(message),
    }


def delete(state: State, args: Args) -> Json:
    """chat.delete: the bot's own messages only."""
    message = _own_message(state, args, "cant_delete_message")
    happenings.delete(state, message)
    return {"channel": message.conversation.id, "ts": message.ts}


def get_permalink(state: State, args: Args) -> Json:
    """chat.getPermalink."""
    room = find_conversation(state, args, use="")
    message = room.message(args.needed("message_ts"))
    if message is None:
        raise Refusal("message_not_found")
    link = (
        f"https://{state.home.domain}.slack.com/archives/{room.id}/p{message.ts.replace('.', '')}"
    )
    if message.thread_ts:
        link += f"?thread_ts={message.thread_ts}&cid={room.id}"
    return {"channel": room.id, "permalink": link}


def add_pin(state: State, args: Args) -> Json:
    """pins.add."""
    room = find_conversation(state, args, use="")
    _check_member(state, room)
    message = room.message(args.needed("timestamp"))
    if message is None:
        raise Refusal("message_not_found")
    if message in room.pins:
        raise Refusal("already_pinned")
    room.pins.append(message)
    return {}


def _place_to_post(state: State, args: Args) -> Conversation:
    target = args.needed("channel")
    if target[0] in "UW":
        person = state.users.get(target)
        if person is None or not state.can_be_reached(person):
            raise Refusal("channel_not_found")
        room = state.direct(person)
    else:
        room = find_conversation(state, args, use="")
    if room.kind is Kind.DM:
        _check_direct(state, room)
    elif "chat:write.public" not in state.manifest.scopes or room.kind is not Kind.PUBLIC:
        _check_member(state, room)
    if room.archived:
        raise Refusal("is_archived")
    return room


def _check_member(state: State, room: Conversation) -> None:
    if state.bot not in room.members:
        raise Refusal("not_in_channel")


def _check_direct(state: State, room: Conversation) -> None:
    if not state.manifest.messages_tab:
        raise Refusal("messages_tab_disabled")
    if not all(state.can_be_reached(member) for member in room.members if member is not state.bot):
        raise Refusal("channel_not_found")


def _guise(state: State, args: Args) -> tuple[str | None, Json]:
    """Another name and face for one message; it then has the classic shape.

    With a user id for a channel Slack would take the call and drop the message into the person's
    Slackbot (docs.slack.dev/reference/methods/chat.postMessage): here it is refused outright.
    """
    if args.keys().isdisjoint(_GUISE):
        return None, {}
    need_scope(state, "chat:write.customize")
    if args.needed("channel")[0] in "UW":
        raise Refusal.of_problems(
            "invalid_arguments", ["a message in another name wants the D... id, not a user's"]
        )
    icons = {}
    if "icon_emoji" in args:
        icons["emoji"] = args.needed("icon_emoji")
    elif "icon_url" in args:
        icons["image_64"] = args.needed("icon_url")
    return str(args.get("username", state.bot.name)), icons


def _words(state: State, args: Args) -> tuple[str, list[Json]]:
    text, blocks = args.text(), args.blocks()
    if not text and not blocks:
        raise Refusal("no_text")
    return text, with_ids(state, blocks or [])


def _thread(room: Conversation, args: Args) -> str | None:
    if "thread_ts" not in args:
        return None
    thread_ts = args.needed("thread_ts")
    if not thread_ts.replace(".", "", 1).isdigit():
        raise Refusal.of_problems("invalid_thread_ts", [f"{thread_ts} is not a valid thread_ts"])
    parent = room.message(thread_ts)
    if parent is None:
        raise Refusal("thread_not_found")
    return parent.thread_ts or parent.ts


def _metadata(args: Args) -> Json | None:
    metadata = args.object("metadata", "invalid_metadata_format")
    if not metadata:
        return None
    match metadata:
        case {"event_type": str(), "event_payload": dict()}:
            return dict(metadata)
        case _:
            raise Refusal("invalid_metadata_schema")


def _own_message(state: State, args: Args, otherwise: str) -> Message:
    room = find_conversation(state, args, use="")
    message = room.message(args.needed("ts"))
    if message is None:
        raise Refusal("message_not_found")
    if message.author is not state.bot:
        raise Refusal(otherwise)
    return message
