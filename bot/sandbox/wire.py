"""People, conversations, messages and views in the shapes that Slack sends.

https://docs.slack.dev/reference/objects and /reference/interaction-payloads
"""

from __future__ import annotations

from bot.sandbox import files, inputs
from bot.sandbox.exchange import View
from bot.sandbox.model import Conversation, Json, Kind, Message, User
from bot.sandbox.state import State


def message(posted: Message, *, with_metadata: bool = False, in_event: bool = False) -> Json:
    """One message.

    The payload of its metadata is there only where it was asked for. Events name the files of a
    shared conversation, and tell nothing of them.
    """
    author = posted.author
    shape: Json = {"type": "message", "text": posted.text, "ts": posted.ts, "team": author.team.id}
    if posted.username is None:
        shape["user"] = author.id
    else:
        shape |= {"subtype": "bot_message", "username": posted.username}
    if author.bot_id:
        shape |= {"bot_id": author.bot_id, "app_id": author.app_id}
    if posted.icons:
        shape["icons"] = posted.icons
    if posted.blocks:
        shape["blocks"] = posted.blocks
    if posted.files:
        drawn = files.stub if in_event and posted.conversation.is_ext_shared else files.whole
        shape["files"] = [drawn(file) for file in posted.files]
    if posted.attachments:
        shape["attachments"] = list(posted.attachments)
    if posted.broadcast:
        shape["subtype"] = "thread_broadcast"
    if posted.edited_ts:
        shape["edited"] = {"user": author.id, "ts": posted.edited_ts}
    if posted.metadata:
        keep = posted.metadata if with_metadata else {"event_type": posted.metadata["event_type"]}
        shape["metadata"] = keep
    replies = posted.thread
    if posted.thread_ts or replies:
        shape["thread_ts"] = posted.thread_ts or posted.ts
    if posted.thread_ts:
        parent = posted.conversation.message(posted.thread_ts)
        if parent and parent.username is None:
            shape["parent_user_id"] = parent.author.id
    if replies:
        shape |= {
            "reply_count": len(replies),
            "reply_users": sorted({reply.author.id for reply in replies}),
            "latest_reply": replies[-1].ts,
        }
    return shape


def conversation(state: State, room: Conversation) -> Json:
    """A conversation as conversations.info shows it to the bot."""
    shape: Json = {
        "id": room.id,
        "created": room.created,
        "is_im": room.kind is Kind.DM,
        "is_mpim": room.kind is Kind.GROUP_DM,
        "is_archived": room.archived,
        "is_ext_shared": room.is_ext_shared,
        "is_shared": room.is_ext_shared,
        "is_org_shared": False,
        "context_team_id": state.home.id,
    }
    if room.kind is Kind.DM:
        other = next(member for member in room.members if member is not state.bot)
        return shape | {"user": other.id, "is_open": True}
    return shape | {
        "name": room.name,
        "name_normalized": room.name,
        "is_channel": room.kind is Kind.PUBLIC,
        "is_group": room.kind is Kind.PRIVATE,
        "is_private": room.kind is not Kind.PUBLIC,
        "is_member": state.bot in room.members,
        "shared_team_ids": [state.home.id, *(team.id for team in room.shared_with)],
        "connected_team_ids": [team.id for team in room.shared_with],
        "conversation_host_id": state.home.id,
    }


def channel_name(room: Conversation) -> str:
    """The name that commands and clicks carry: private places only say what they are."""
    match room.kind:
        case Kind.PUBLIC:
            return room.name
        case Kind.PRIVATE:
            return "privategroup"
        case Kind.DM:
            return "directmessage"
        case Kind.GROUP_DM:
            return "mpdm"


def user(state: State, person: User) -> Json:
    """A person as users.info shows them; those of other organisations have no locale."""
    external = person.team is not state.home
    offset = state.now().astimezone(person.tz).utcoffset()
    entered = person.name if person.display_name is None else person.display_name
    named = {"real_name": person.name} if person.name else {}
    profile: Json = {"display_name": entered, "team": person.team.id, **named}
    if "users:read.email" in state.manifest.scopes and not person.bot_id and not external:
        profile["email"] = f"{person.handle}@{person.team.domain}.example"
    shape: Json = {
        "id": person.id,
        "team_id": person.team.id,
        "name": person.handle,
        **named,
        "deleted": person.deleted,
        "tz": person.tz.key,
        "tz_label": person.tz.key,
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "profile": profile,
        "is_bot": person.bot_id is not None,
        "is_app_user": False,
        "is_admin": False,
        "is_restricted": person.guest,
        "is_ultra_restricted": False,
    }
    return shape | {"is_stranger": not state.shares_a_channel(person)} if external else shape


def actor(person: User) -> Json:
    """Who did something, in an interaction payload."""
    return {
        "id": person.id,
        "username": person.handle,
        "name": person.handle,
        "team_id": person.team.id,
    }


def view(state: State, shown: View) -> Json:
    """A view with its state; it belongs to the team of the person who reads it."""
    root = shown
    while root.previous:
        root = root.previous
    empty: Json = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
    }
    return {
        **empty,
        "notify_on_close": False,
        "title": None,
        "submit": None,
        "close": None,
        **shown.body,
        "id": shown.id,
        "team_id": shown.owner.team.id,
        "state": {"values": inputs.by_block(shown.values)},
        "hash": shown.hash,
        "root_view_id": root.id,
        "previous_view_id": shown.previous.id if shown.previous else None,
        "app_id": state.app_id,
        "app_installed_team_id": shown.install.team.id,
        "bot_id": shown.install.bot.bot_id,
    }
