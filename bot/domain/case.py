"""A support case, as everybody knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.response_clock import Target


class CaseStatus(StrEnum):
    """Where a case stands."""

    NEW = "new"  # waits for a first response
    ANSWERED = "answered"


@dataclass(frozen=True)
class Person:
    """Somebody in Slack, and the workspace they belong to."""

    team_id: str
    user_id: str


@dataclass(frozen=True)
class Place:
    """A channel in Slack, and the workspace it was seen from."""

    team_id: str
    channel_id: str


@dataclass(frozen=True)
class Case:
    """One case. Its target and due time were stamped when it was opened.

    `thread_ts` is the customer's card, which starts the thread; it is absent until Slack has it.
    """

    number: int
    reporter: Person
    place: Place
    severity: str
    summary: str
    answers: Mapping[str, str]
    status: CaseStatus
    opened_at: datetime
    target: Target
    due_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    breached_at: datetime | None
    thread_ts: str | None

    @property
    def name(self) -> str:
        """What people call it: CASE-1042."""
        return case_name(self.number)


def case_name(number: int) -> str:
    """What people call the case of that number."""
    return f"CASE-{number}"
