"""What happens in a conversation, and the events that the bot hears of it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.sandbox import wire
from bot.sandbox.model import Conversation, Json, Kind, Message, Team, User, Version, View
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
) -> Message:
    """Add a message, ring those it concerns, and tell the bot."""
    posted = Message(
        room, state.new_ts(), author, text, list(blocks), thread_ts, broadcast, metadata
    )
    room.messages.append(posted)
    direct = room.kind in (Kind.DM, Kind.GROUP_DM)
    now = state.now()
    for member in room.members:
        concerned = member is not author and (direct or posted.pings(member))
        if concerned and member.disturbed_at(now):
            state.rung.append((member, posted))
    event = wire.message(posted, with_metadata=True) | _whereabouts(room, posted.ts)
    if room.shared_with:
        event |= {"user_team": author.team.id, "source_team": author.team.id}
    if author is not state.bot:
        event["client_msg_id"] = f"client-{posted.ts}"
    _tell_of_message(state, room, event)
    if author is not state.bot and state.bot.mention in text:
        mention = {key: value for key, value in event.items() if key != "channel_type"}
        _tell(state, room, "app_mention", "app_mentions:read", mention | {"type": "app_mention"})
    return posted


def edit(state: State, message: Message, text: str, blocks: Sequence[Json]) -> None:
    """Change the words of a message; nobody is rung, and of an ephemeral one no event tells."""
    before = wire.message(message)
    message.edits.append(Version(message.text, tuple(message.blocks)))
    message.text, message.blocks = text, list(blocks)
    if message.only_for:
        return
    changed: Json = {
        "type": "message",
        "subtype": "message_changed",
        "hidden": True,
        "ts": state.new_ts(),
        "message": wire.message(message),
        "previous_message": before,
    }
    room = message.conversation
    _tell_of_message(state, room, changed | _whereabouts(room, changed["ts"]))


def delete(state: State, message: Message) -> None:
    """Take a message away."""
    room = message.conversation
    message.deleted = True
    room.messages.remove(message)
    gone: Json = {
        "type": "message",
        "subtype": "message_deleted",
        "hidden": True,
        "ts": state.new_ts(),
        "deleted_ts": message.ts,
        "previous_message": wire.message(message),
    }
    _tell_of_message(state, room, gone | _whereabouts(room, gone["ts"]))


def whisper(
    state: State,
    room: Conversation,
    reader: User,
    text: str,
    blocks: Sequence[Json] = (),
    *,
    thread_ts: str | None = None,
) -> Message:
    """Show a message to one person alone; it rings nobody and no event tells of it."""
    message = Message(
        room, state.new_ts(), state.bot, text, list(blocks), thread_ts, only_for=reader
    )
    state.ephemerals.append(message)
    return message


def join(state: State, room: Conversation, user: User, inviter: User | None) -> None:
    """Bring someone into a channel."""
    room.members.append(user)
    event = _membership(room, "member_joined_channel", user)
    if inviter:
        event["inviter"] = inviter.id
    _tell(state, room, "member_joined_channel", f"{room.kind.family}:read", event)


def leave(state: State, room: Conversation, user: User) -> None:
    """Take someone out of a channel.

    The bot hears of its own removal by another event, which names no user
    (docs.slack.dev/reference/events/channel_left).
    """
    name, event = "member_left_channel", _membership(room, "member_left_channel", user)
    if user is state.bot:
        name = "channel_left" if room.kind is Kind.PUBLIC else "group_left"
        event = {"type": name, "channel": room.id, "event_ts": state.new_ts()}
    _tell(state, room, name, f"{room.kind.family}:read", event)
    room.members.remove(user)


def archive(state: State, room: Conversation, by: User) -> None:
    """Close a channel to new messages."""
    room.archived = True
    name = "channel_archive" if room.kind is Kind.PUBLIC else "group_archive"
    event: Json = {"type": name, "channel": room.id, "user": by.id, "event_ts": state.new_ts()}
    _tell(state, room, name, f"{room.kind.family}:read", event)


def share(state: State, room: Conversation, team: Team) -> None:
    """Let another organisation into a channel."""
    room.shared_with = (*room.shared_with, team)
    event: Json = {
        "type": "channel_shared",
        "channel": room.id,
        "connected_team_id": team.id,
        "event_ts": state.new_ts(),
    }
    _tell(state, room, "channel_shared", f"{room.kind.family}:read", event)


def open_home(state: State, person: User, home: View | None) -> None:
    """Someone looks at the Home tab of the bot."""
    event: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": state.direct(person).id,
        "tab": "home",
        "event_ts": state.new_ts(),
    }
    if home:
        event["view"] = wire.view(state, home)
    if "app_home_opened" in state.manifest.events:
        _enqueue(state, event, shared=False)


def _whereabouts(room: Conversation, ts: str) -> Json:
    return {"channel": room.id, "channel_type": room.kind.value, "event_ts": ts}


def _membership(room: Conversation, name: str, user: User) -> Json:
    return {
        "type": name,
        "user": user.id,
        "channel": room.id,
        "channel_type": "C" if room.kind is Kind.PUBLIC else "G",
        "team": user.team.id,
        "event_ts": room.state.new_ts(),
    }


def _tell_of_message(state: State, room: Conversation, event: Json) -> None:
    family = room.kind.family
    _tell(state, room, f"message.{family}", f"{family}:history", event)


def _tell(state: State, room: Conversation, name: str, scope: str, event: Json) -> None:
    """Queue an event the app subscribes to, may read, and is there to hear."""
    asked = name in state.manifest.events and scope in state.manifest.scopes
    if asked and state.bot in room.members:
        _enqueue(state, event, shared=bool(room.shared_with))


def _enqueue(state: State, event: Json, *, shared: bool) -> None:
    state.pending.append(
        {
            "token": "verification-token",
            "team_id": state.home.id,
            "context_team_id": state.home.id,
            "context_enterprise_id": None,
            "api_app_id": state.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": state.new_id("Ev"),
            "event_time": int(state.now().timestamp()),
            "event_context": f"4-{state.new_id('E')}",
            "is_ext_shared_channel": shared,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": state.home.id,
                    "user_id": state.bot.id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
        }
    )
    state.changed.notify_all()
