"""All that the page shows: a person's view, the clock, what rang, what is broken, the tour."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from threading import Event

from bot.clock import monotonic
from bot.manifest import COMMANDS, SHORTCUTS
from bot.sandbox.actor import Person
from bot.sandbox.browser import time_machine, tour, view
from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.tour import Way
from bot.sandbox.model import Json, Message

_LONGEST_WAIT = 20.0  # seconds that a browser waits for news before it asks again
_CHANGES_TOGETHER = 0.04  # seconds: where much happens at once, not each change is drawn
_LOOKS_AGAIN_AFTER = 1.0  # seconds: rows change without the workspace's telling
_OF_MAINTENANCE = re.compile(r"\b(maintenance|upgrade)\b", re.IGNORECASE)


def news(desk: Desk, person: Person, place: tuple[str, str], known: str, stopping: Event) -> Json:
    """The screen as soon as it is not the one that is known, or after a while as it is.

    Args:
        place: the conversation that is open, and the thread or "".
        known: the version that is on the screen.
        stopping: set when nobody is to wait any longer.
    """
    began, waited = monotonic(), 0.0
    while True:
        screen = draw(desk, person, *place)
        if screen["version"] != known or waited >= _LONGEST_WAIT or stopping.is_set():
            return screen
        with desk.workspace.changed:
            desk.workspace.changed.wait(_LOOKS_AGAIN_AFTER)
        stopping.wait(_CHANGES_TOGETHER)
        waited = monotonic() - began


def draw(desk: Desk, person: Person, room_id: str, thread_ts: str) -> Json:
    """The screen as it is now; `version` changes with whatever changes on it but the seconds."""
    now = desk.clock.now()
    levels = desk.rows.on_call(now)
    cases, due = desk.rows.cases(), desk.rows.next_due()
    with desk.workspace.changed:
        screen = view.of(
            desk.workspace,
            person,
            desk.cast.roles,
            desk.seen,
            levels,
            desk.policy.vendor.name,
            room_id=room_id,
            thread_ts=thread_ts,
        )
        screen["rings"] = view.rings(desk.workspace)
        told = [_posted_at(m) for room in desk.cast.customers_channels for m in room.messages
                if _tells_of_maintenance(desk, m)]  # fmt: skip
        travels_to = desk.travels_to
    seen = tour.Seen(cases, told, now, desk.policy)
    screen |= {
        "workspace": desk.policy.vendor.name,
        **_calls(desk, person),
        "clock": {
            "zone": desk.office.zone.key,
            "zone_name": desk.policy.zone_name,
            "is_open": desk.policy.hours.is_open(now),
            "travels_to": travels_to.timestamp() if travels_to else None,
            "due": {"at": due.at.timestamp(), "what": due.what} if due else None,
            "moments": [
                {"key": m.key, "label": m.label, "hint": m.hint, "at": m.at.timestamp()}
                for m in time_machine.moments(now, desk.office)
            ],
        },
        "broken": {"slack": desk.breakages.slack, "bot_runs": desk.bot_runs},
        "tour": _tour(desk, seen),
    }
    version = hashlib.sha256(json.dumps([screen, desk.clock.turns]).encode()).hexdigest()[:16]
    return {**screen, "version": version, "now": now.timestamp(), "runs": desk.clock.runs}


def _calls(desk: Desk, person: Person) -> Json:
    """What somebody can call Casebell by; Slack keeps these from people of other organisations."""
    if person.team is not desk.workspace.home:
        return {"commands": [], "shortcuts": []}
    shortcuts = [{"name": s["name"], "of_messages": s["type"] == "message"} for s in SHORTCUTS]
    return {"commands": list(COMMANDS), "shortcuts": shortcuts}


def _tour(desk: Desk, seen: tour.Seen) -> list[Json]:
    people = {role.person.name: role.person for role in desk.cast.roles}
    rooms = {room.name: room.id for room in desk.workspace.conversations.values()}

    def drawn(way: Way) -> Json:
        person = people[way.person] if way.person else None
        room = person.dm.id if person and way.room == "dm" else rooms.get(way.room or "")
        return {
            "label": way.label,
            "person": person.id if person else None,
            "room": room,
            "moment": way.moment,
            "minutes": way.minutes,
        }

    return [
        {
            "title": step.title,
            "why": step.why,
            "tasks": [
                {"text": task.text, "ways": [drawn(way) for way in task.ways], "done": is_done}
                for task, is_done in zip(step.tasks, tasks, strict=True)
            ],
        }
        for step, tasks in zip(tour.STEPS, tour.done(seen), strict=True)
    ]


def _tells_of_maintenance(desk: Desk, message: Message) -> bool:
    is_news = message.author is desk.workspace.bot and not message.thread_ts
    is_case = message.text.startswith("CASE-")
    return is_news and not is_case and bool(_OF_MAINTENANCE.search(message.text))


def _posted_at(message: Message) -> datetime:
    return datetime.fromtimestamp(float(message.ts), UTC)
