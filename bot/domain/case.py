"""A support case, as everybody knows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.response_clock import Promise, Target


class CaseStatus(StrEnum):
    """Where a case stands."""

    NEW = "new"  # waits for a response of ours; its response clock runs
    ANSWERED = "answered"
    WAITING = "waiting"  # on the customer
    REOPENED = "reopened"  # by the customer's words, and they have none of ours since
    RESOLVED = "resolved"


@dataclass(frozen=True)
class Person:
    """Somebody in Slack, and the workspace they belong to."""

    team_id: str
    user_id: str


@dataclass(frozen=True)
class Place:
    """A channel in Slack, and the workspace it was seen from.

    A case can also live in the DM with its reporter: `channel_id` is the person's id until Slack
    has said which channel that is.
    """

    team_id: str
    channel_id: str

    @property
    def is_direct(self) -> bool:
        """Whether only its reporter and Casebell are there."""
        return self.channel_id[:1] in ("D", "U", "W")


@dataclass(frozen=True)
class Case:
    """One case. What was promised is stamped on it, so a changed policy bends nothing.

    Args:
        account: the customer's name, as the channel had it.
        on_behalf_of: for whom a partner opened it.
        waiting_since: since when the customer waits for a response of ours: the opening, or when
            it became worse after we had answered.
        target: with `counted_from`, what makes `due_at`; not always the severity's own, since a
            worse severity never makes a deadline later.
        answered_at: of the response that was due; empty while it is.
        thread_ts: the customer's card, which starts the thread; empty until Slack has it.
        version: grows with what a person changes, so that a button knows how old it is.
    """

    number: int
    reporter: Person
    place: Place
    account: str
    on_behalf_of: str | None
    severity: str
    summary: str
    answers: Mapping[str, str]
    status: CaseStatus
    opened_at: datetime
    waiting_since: datetime
    target: Target
    counted_from: datetime
    due_at: datetime
    answered_at: datetime | None
    answered_by: str | None
    breached_at: datetime | None
    assignee: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    thread_ts: str | None
    version: int

    @property
    def name(self) -> str:
        """What people call it: CASE-1042."""
        return case_name(self.number)

    @property
    def promise(self) -> Promise:
        """By when a response is due, and why then."""
        return Promise(self.target, self.counted_from, self.due_at)

    def promising(self, promise: Promise) -> Case:
        """The case with another promise."""
        return replace(
            self,
            target=promise.target,
            counted_from=promise.counted_from,
            due_at=promise.due_at,
        )

    @property
    def is_resolved(self) -> bool:
        """Whether it is over, until somebody reopens it."""
        return self.status is CaseStatus.RESOLVED

    @property
    def awaits_response(self) -> bool:
        """Whether its response clock runs."""
        return self.answered_at is None and not self.is_resolved

    @property
    def was_answered_before(self) -> bool:
        """Whether the response that is due now is not the first."""
        return self.waiting_since > self.opened_at


def case_name(number: int) -> str:
    """What people call the case of that number."""
    return f"CASE-{number}"
