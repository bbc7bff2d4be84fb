"""What one person sees of the workspace, as JSON for the page. Pure reading: nothing is changed.

Called while the workspace's lock is held. Names of places where somebody is not a member stay
out of what they see, as Slack keeps them out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from bot.sandbox import inputs
from bot.sandbox.actor import Person
from bot.sandbox.browser.people import Role
from bot.sandbox.exchange import View
from bot.sandbox.files import File
from bot.sandbox.model import Conversation, Json, Kind, Message, Team, User
from bot.sandbox.state import State

MOST_MESSAGES = 200
MOST_RINGS = 100

Seen = Mapping[tuple[str, str, str], str]
"""The newest message that each person has had before their eyes, by place."""


def of(
    state: State,
    person: Person,
    roles: Sequence[Role],
    seen: Seen,
    levels: Mapping[str, tuple[str, ...]],
    vendor: str,
    *,
    room_id: str,
    thread_ts: str,
) -> Json:
    """Everything on a person's screen, with one conversation and perhaps one thread open.

    Args:
        levels: who is on call, by level.
        vendor: what the home workspace is called.
    """
    rooms = list(_rooms(state, person))
    room = next((room for room in rooms if room.id == room_id), None)
    root = room.message(thread_ts) if room and thread_ts else None
    modal = state.modals.get(person.id, [])[-1:]
    home = state.homes.get((person.id, state.install_for(person).team.id))
    return {
        "me": person.id,
        "is_external": person.team is not state.home,
        "people": [_role(state, role, seen, levels) for role in roles],
        "names": _names(state, person, vendor),
        "rooms": [_room(state, person, one, seen, vendor) for one in rooms],
        "room": _open_room(person, room, seen) if room else None,
        "thread": [_message(one, person, seen) for one in (root, *root.thread)] if root else None,
        "whispers": [_message(one, person, seen) for one in _whispers(state, person, room, root)],
        "modal": _modal(state, modal[0]) if modal else None,
        "home": _view(home) if home else None,
    }


def rings(state: State) -> list[Json]:
    """What rang, or would have but for do-not-disturb, newest last; of everybody."""
    rang = [(message, person, False) for person, message in state.rung]
    silent = [(message, person, True) for person, message in state.silenced]
    newest = sorted((*rang, *silent), key=lambda ring: ring[0].ts)[-MOST_RINGS:]
    return [
        {
            "person": person.id,
            "room": message.conversation.id,
            "thread": message.thread_ts or "",
            "ts": message.ts,
            "text": message.edits[0].text if message.edits else message.text,
            "silent": is_silent,
        }
        for message, person, is_silent in newest
    ]


def wall_minute(at: datetime, person: User) -> str:
    """An instant as `datetime-local` inputs have it, in somebody's zone."""
    return f"{at.astimezone(person.tz):%Y-%m-%dT%H:%M}"


def _rooms(state: State, person: Person) -> Iterator[Conversation]:
    """The channels of a person by name, then their direct message with the bot."""
    mine = [room for room in state.conversations.values() if person in room.members]
    yield from sorted((room for room in mine if not room.is_direct), key=lambda room: room.name)
    if state.can_be_reached(person):
        yield state.direct(person)


def _role(state: State, role: Role, seen: Seen, levels: Mapping[str, tuple[str, ...]]) -> Json:
    person = role.person
    window = person.dnd_window(state.now())
    rang = [m for who, m in state.rung if who is person and not _was_seen(m, person, seen)]
    return {
        "id": person.id,
        "name": person.name,
        "title": role.title,
        "about": role.about,
        "organisation": role.organisation,
        "zone": person.tz.key,
        "levels": [level for level, people in levels.items() if person.id in people],
        "dnd": f"{person.dnd[0]:%H:%M} to {person.dnd[1]:%H:%M}" if person.dnd else None,
        "is_quiet": window is not None and window[0] <= state.now(),
        "rang": len(rang),
        "dm": state.direct(person).id,
    }


def _names(state: State, reader: Person, vendor: str) -> Json:
    """What stands behind the ids in messages, as this reader sees them."""
    people = {user.id: _person(state, user, reader, vendor) for user in state.users.values()}
    rooms = {
        room.id: {
            "name": room.name if reader in room.members else None,
            "kind": "channel",
            "is_private": room.kind is not Kind.PUBLIC,
        }
        for room in state.conversations.values()
        if not room.is_direct
    }
    return {**people, **rooms}


def _person(state: State, user: User, reader: Person, vendor: str) -> Json:
    return {
        "name": user.name,
        "kind": "person",
        "is_app": user.bot_id is not None,
        "organisation": None if user.team is reader.team else _name(state, user.team, vendor),
        "is_guest": user.guest,
    }


def _name(state: State, team: Team, vendor: str) -> str:
    return vendor if team is state.home else team.name


def _room(state: State, person: Person, room: Conversation, seen: Seen, vendor: str) -> Json:
    threads = {m.thread_ts for m in room.messages if m.thread_ts}
    unseen = _newest(room, "") > seen.get((person.id, room.id, ""), "")
    new_threads = [ts for ts in threads if ts and _has_news(room, ts, person, seen)]
    rang = [m for who, m in state.rung if who is person and m.conversation is room]
    sides = [team for team in (state.home, *room.shared_with) if team is not person.team]
    return {
        "id": room.id,
        "name": room.name,
        "is_direct": room.is_direct,
        "is_private": room.kind is Kind.PRIVATE,
        "shared_with": [_name(state, t, vendor) for t in sides] if room.shared_with else [],
        "is_unread": unseen or bool(new_threads),
        "rang": sum(not _was_seen(message, person, seen) for message in rang),
        "is_archived": room.archived,
    }


def _open_room(person: Person, room: Conversation, seen: Seen) -> Json:
    told = [m for m in room.messages if not m.thread_ts or m.broadcast]
    return {
        "id": room.id,
        "messages": [_message(m, person, seen) for m in told[-MOST_MESSAGES:]],
        "left_out": max(0, len(told) - MOST_MESSAGES),
        "pins": [_message(m, person, seen) for m in room.pins],
        "members": [member.id for member in room.active_members],
        "seen": seen.get((person.id, room.id, ""), ""),
    }


def _whispers(
    state: State, person: Person, room: Conversation | None, root: Message | None
) -> list[Message]:
    if room is None:
        return []
    mine = [m for m in state.ephemerals if m.only_for is person and m.conversation is room]
    return [m for m in mine if not m.thread_ts or (root and m.thread_ts == root.ts)]


def _message(message: Message, reader: Person, seen: Seen) -> Json:
    replies = message.thread
    room = message.conversation
    return {
        "ts": message.ts,
        "author": message.author.id,
        "shown_as": message.username,
        "text": message.text,
        "blocks": message.blocks,
        "files": [_file(file) for file in message.files],
        "links": [attachment["title"] for attachment in message.attachments],
        "is_edited": bool(message.edited_ts) and message.author.types,
        "is_mine": message.author is reader,
        "is_private": message.only_for is not None,
        "is_pinned": message in room.pins,
        "thread": message.thread_ts or "",
        "replies": len(replies),
        "repliers": list(dict.fromkeys(reply.author.id for reply in replies))[:4],
        "last_reply": replies[-1].ts if replies else None,
        "has_news": bool(replies) and _has_news(room, message.ts, reader, seen),
    }


def _file(file: File) -> Json:
    return {"name": file.name, "type": file.filetype, "size": file.size}


def _modal(state: State, view: View) -> Json:
    stack = state.modals.get(view.owner.id, [])
    return {**_view(view), "depth": len(stack)}


def _view(view: View) -> Json:
    body = view.body
    return {
        "id": view.id,
        "hash": view.hash,
        "title": (body.get("title") or {}).get("text", ""),
        "submit": (body.get("submit") or {}).get("text"),
        "close": (body.get("close") or {}).get("text"),
        "blocks": body["blocks"],
        "held": inputs.by_block(_moments_as_wall(view)),
    }


def _moments_as_wall(view: View) -> inputs.Values:
    """What inputs hold; instants as wall times of the reader, as their inputs take them."""
    return {
        key: {**entry, "wall": wall_minute(datetime.fromtimestamp(at, view.owner.tz), view.owner)}
        if (at := entry.get("selected_date_time"))
        else entry
        for key, entry in view.values.items()
    }


def _newest(room: Conversation, thread_ts: str) -> str:
    stamps = (m.ts for m in room.messages if (m.thread_ts or "") == thread_ts)
    return max(stamps, default="")


def _has_news(room: Conversation, thread_ts: str, person: Person, seen: Seen) -> bool:
    """Whether somebody else wrote in a thread what this person has not had before their eyes."""
    upto = seen.get((person.id, room.id, thread_ts), "")
    thread = (m for m in room.messages if m.thread_ts == thread_ts)
    return any(m.ts > upto and m.author is not person for m in thread)


def _was_seen(message: Message, person: Person, seen: Seen) -> bool:
    key = person.id, message.conversation.id, message.thread_ts or ""
    return message.ts <= seen.get(key, "")
