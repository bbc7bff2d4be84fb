"""The Web API methods that look people and conversations up, or open a direct message."""

from __future__ import annotations

from bot.sandbox import wire
from bot.sandbox.arguments import Args, Refusal, find_conversation, find_user, need_scope
from bot.sandbox.model import Conversation, Json, Kind, Message
from bot.sandbox.state import State

_TYPES = {
    "public_channel": Kind.PUBLIC,
    "private_channel": Kind.PRIVATE,
    "im": Kind.DM,
    "mpim": Kind.GROUP_DM,
}
_MOST_IN_DIRECT = 8


def auth_test(_state: State, args: Args) -> Json:
    """auth.test."""
    team, bot = args.install.team, args.install.bot
    return {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": bot.handle,
        "team_id": team.id,
        "user_id": bot.id,
        "bot_id": bot.bot_id,
        "is_enterprise_install": False,
    }


def connections_open(state: State, _args: Args) -> Json:
    """apps.connections.open: a new Socket Mode address, good for one connection."""
    if state.open_socket is None:
        raise Refusal("internal_error")
    return {"url": state.open_socket()}


def users_info(state: State, args: Args) -> Json:
    """users.info."""
    return {"user": wire.user(state, find_user(state, args.needed("user")))}


def users_conversations(state: State, args: Args) -> Json:
    """users.conversations: where the bot, or another person, is a member."""
    member = find_user(state, str(args["user"])) if "user" in args else state.bot
    kinds = []
    for name in str(args.get("types", "public_channel")).split(","):
        if name.strip() not in _TYPES:
            raise Refusal("invalid_types")
        kinds.append(_TYPES[name.strip()])
    for kind in kinds:
        need_scope(state, f"{kind.family}:read")
    rooms = [
        room
        for room in state.conversations.values()
        if room.kind in kinds
        and member in room.members
        and (room.kind is Kind.PUBLIC or state.bot in room.members)
        and not (room.archived and args.flag("exclude_archived"))
    ]
    page, cursor = args.page(rooms, lambda room: room.id)
    return {"channels": [wire.conversation(state, room) for room in page], **_next(cursor)}


def dnd_info(state: State, args: Args) -> Json:
    """dnd.info: the daily schedule; a snooze of someone else is not shown to an app."""
    person = find_user(state, args.needed("user"))
    window = person.dnd_window(state.now())
    start, end = (int(bound.timestamp()) for bound in window) if window else (1, 1)
    return {
        "dnd_enabled": window is not None,
        "next_dnd_start_ts": start,
        "next_dnd_end_ts": end,
    }


def conversations_open(state: State, args: Args) -> Json:
    """conversations.open: the direct message with one person, or with up to eight."""
    keys = [key for key in str(args.get("users", "")).replace(" ", "").split(",") if key]
    if not keys:
        raise Refusal("users_list_not_supplied")
    if len(keys) > _MOST_IN_DIRECT:
        raise Refusal("too_many_users")
    need_scope(state, "im:write" if len(keys) == 1 else "mpim:write")
    people = [find_user(state, key) for key in keys]
    if state.bot in people:
        raise Refusal("cannot_dm_bot")
    for person in people:
        if person.deleted:
            raise Refusal("user_disabled")
        if person.team is not state.home and not state.shares_a_channel(person):
            raise Refusal("user_not_visible")
    room = state.direct(*people)
    return {
        "channel": wire.conversation(state, room) if args.flag("return_im") else {"id": room.id}
    }


def conversations_info(state: State, args: Args) -> Json:
    """conversations.info."""
    room = find_conversation(state, args)
    shape = wire.conversation(state, room)
    if args.flag("include_num_members"):
        shape["num_members"] = len(room.active_members)
    return {"channel": shape}


def conversations_members(state: State, args: Args) -> Json:
    """conversations.members: people of other organisations too, and no deactivated account."""
    room = find_conversation(state, args)
    page, cursor = args.page([member.id for member in room.active_members], str, most=1000)
    return {"members": page, **_next(cursor)}


def conversations_history(state: State, args: Args) -> Json:
    """conversations.history: newest first, without the replies in threads."""
    room = _readable(state, args)
    found = [
        message
        for message in reversed(room.messages)
        if (message.thread_ts is None or message.broadcast) and _within(message, args)
    ]
    return _messages(args, found)


def conversations_replies(state: State, args: Args) -> Json:
    """conversations.replies: the parent, then its replies, oldest first."""
    room = _readable(state, args)
    parent = room.message(args.needed("ts"))
    if parent is None:
        raise Refusal("thread_not_found")
    replies = [message for message in parent.thread if _within(message, args)]
    return _messages(args, [parent, *replies])


def _readable(state: State, args: Args) -> Conversation:
    room = find_conversation(state, args, use="history")
    if state.bot not in room.members:
        raise Refusal("not_in_channel")
    return room


def _within(message: Message, args: Args) -> bool:
    ts, oldest, latest = message.ts, str(args.get("oldest", "0")), str(args.get("latest", ""))
    if args.flag("inclusive") and ts in (oldest, latest):
        return True
    return float(ts) > float(oldest) and (not latest or float(ts) < float(latest))


def _messages(args: Args, found: list[Message]) -> Json:
    page, cursor = args.page(found, lambda message: message.ts)
    whole = args.flag("include_all_metadata")
    shown = [wire.message(message, with_metadata=whole) for message in page]
    return {"messages": shown, "has_more": bool(cursor), **_next(cursor)}


def _next(cursor: str) -> Json:
    return {"response_metadata": {"next_cursor": cursor}}
