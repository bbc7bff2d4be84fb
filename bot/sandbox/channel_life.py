"""What becomes of channels and their members, and the events that the bot hears of it.

https://docs.slack.dev/reference/events and /apis/slack-connect
"""

from __future__ import annotations

from bot.sandbox.events import tell_of_channel
from bot.sandbox.model import Conversation, Json, Kind, Team, User
from bot.sandbox.state import State


def join(state: State, room: Conversation, user: User, inviter: User | None) -> None:
    """Bring someone into a channel."""
    room.members.append(user)
    event = _membership(room, "member_joined_channel", user)
    if inviter:
        event["inviter"] = inviter.id
    tell_of_channel(state, room, event)


def leave(state: State, room: Conversation, user: User) -> None:
    """Take someone out of a channel.

    The bot hears of its own removal by another event, which names no user
    (docs.slack.dev/reference/events/channel_left).
    """
    if user is state.bot:
        tell_of_channel(state, room, {"type": _named(room, "left"), "channel": room.id})
    else:
        tell_of_channel(state, room, _membership(room, "member_left_channel", user))
    room.members.remove(user)


def archive(state: State, room: Conversation, by: User) -> None:
    """Close a channel to new messages."""
    room.archived = True
    event: Json = {"type": _named(room, "archive"), "channel": room.id, "user": by.id}
    tell_of_channel(state, room, event)


def unarchive(state: State, room: Conversation, by: User) -> None:
    """Open an archived channel again."""
    room.archived = False
    event: Json = {"type": _named(room, "unarchive"), "channel": room.id, "user": by.id}
    tell_of_channel(state, room, event)


def rename(state: State, room: Conversation, name: str) -> None:
    """Give a channel another name; its id stays."""
    room.name = name
    channel = {"id": room.id, "name": name, "created": room.created}
    tell_of_channel(state, room, {"type": _named(room, "rename"), "channel": channel})


def change_id(state: State, room: Conversation) -> None:
    """Give a channel another id, under which all goes on; nobody knows the old one any more."""
    old, new = room.id, state.new_id("C")
    state.conversations[new] = state.conversations.pop(old)
    room.id = new
    event: Json = {"type": "channel_id_changed", "old_channel_id": old, "new_channel_id": new}
    tell_of_channel(state, room, event)


def share(state: State, room: Conversation, team: Team) -> None:
    """Let another organisation into a channel."""
    room.shared_with = (*room.shared_with, team)
    event: Json = {"type": "channel_shared", "channel": room.id, "connected_team_id": team.id}
    tell_of_channel(state, room, event)


def unshare(state: State, room: Conversation, team: Team) -> None:
    """End the sharing with an organisation: its people are gone, and no event tells of each."""
    room.shared_with = tuple(other for other in room.shared_with if other is not team)
    room.members[:] = [member for member in room.members if member.team is not team]
    event: Json = {
        "type": "channel_unshared",
        "previously_connected_team_id": team.id,
        "channel": room.id,
        "is_ext_shared": bool(room.shared_with),
    }
    tell_of_channel(state, room, event)


def _named(room: Conversation, what: str) -> str:
    return f"{'channel' if room.kind is Kind.PUBLIC else 'group'}_{what}"


def _membership(room: Conversation, name: str, user: User) -> Json:
    return {
        "type": name,
        "user": user.id,
        "channel": room.id,
        "channel_type": "C" if room.kind is Kind.PUBLIC else "G",
        "team": user.team.id,
    }
