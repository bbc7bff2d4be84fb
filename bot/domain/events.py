"""What can happen to a case: the entries of its timeline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EventKind(StrEnum):
    """One word for each thing that can happen."""

    OPENED = "opened"
    RESUBMITTED = "resubmitted"
    CARD_REFUSED = "card_refused"
    RAISED = "raised"
    LOWERED = "lowered"
    WORSENED = "worsened"  # a customer says that it got worse, or is still down
    ASSIGNED = "assigned"  # to nobody, when its assignee left the team
    ANSWERED = "answered"
    WAITING = "waiting"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    WROTE = "wrote"
    EDITED = "edited"
    DELETED = "deleted"
    REPLIED = "replied"  # through Casebell; ANSWERED follows when the customer has it
    NOT_DELIVERED = "not_delivered"
    WARNED = "warned"
    BREACHED = "breached"
    PAGE_OPENED = "page_opened"
    PAGE_RANG = "page_rang"
    PAGE_DELIVERED = "page_delivered"  # Slack has a ring
    PAGE_REFUSED = "page_refused"  # Slack, or another way to ring, will not take one
    PAGE_NEWS = "page_news"
    PAGE_ROUTED = "page_routed"  # told over another way than Slack: to ring, or to stop
    PAGE_ACKNOWLEDGED = "page_acknowledged"
    PAGE_ESCALATED = "page_escalated"
    PAGE_CLOSED = "page_closed"


# What changes how bad a case is, and so its promise.
SEVERITY_CHANGES = frozenset({EventKind.RAISED, EventKind.LOWERED, EventKind.WORSENED})


@dataclass(frozen=True)
class TimelineEntry:
    """Something that happened to a case: when (UTC), what, who did it, and the details."""

    case_number: int
    at: datetime
    kind: EventKind
    actor: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
