"""What is said, privately, to somebody whose button came too late: who was faster, and when."""

from __future__ import annotations

from datetime import datetime

from bot.domain.events import EventKind, TimelineEntry
from bot.messages import kit
from bot.messages.words import ago
from bot.policy import Policy


def changed_since(policy: Policy, entry: TimelineEntry, now: datetime) -> str:
    """Who changed a case since its card was drawn, what they did, and when."""
    who = kit.person(entry.actor) if entry.actor else "Somebody"
    return f"{who} {_done(policy, entry)} {ago(entry.at, now)}. The card shows how it stands now."


def _done(policy: Policy, entry: TimelineEntry) -> str:
    to = entry.facts.get("to")
    match entry.kind:
        case EventKind.ASSIGNED if to and to == entry.actor:
            return "took this"
        case EventKind.ASSIGNED:
            return f"assigned this to {kit.person(to)}" if to else "left the team"
        case EventKind.RAISED | EventKind.LOWERED | EventKind.WORSENED if to:
            return f"changed the severity to {policy.label(to)}"
        case EventKind.RESOLVED:
            return "resolved this"
        case EventKind.REOPENED:
            return "reopened this"
        case EventKind.WAITING:
            return "set this to wait for the customer"
        case _:
            return "changed this"
