"""What the services and the storage hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.domain.case import Person, Place
from bot.domain.page import EscalationPolicy, Page
from bot.domain.response_clock import Target


@dataclass(frozen=True)
class Submission:
    """A form as it arrived, before anybody judged it."""

    person: Person
    place: Place
    view_id: str
    answers: Mapping[str, str]
    received_at: datetime


@dataclass(frozen=True)
class NewCase:
    """What a case is opened with."""

    view_id: str
    reporter: Person
    place: Place
    account: str
    on_behalf_of: str | None
    severity: str
    summary: str
    answers: Mapping[str, str]
    opened_at: datetime
    target: Target
    due_at: datetime


@dataclass(frozen=True)
class PageRow:
    """A page with its case and the escalation policy that was stamped on it."""

    id: int
    case_number: int
    policy: EscalationPolicy
    page: Page
    opened_at: datetime


@dataclass(frozen=True)
class KeptDraft:
    """Answers kept for somebody, to be found in a form again; `place`: where it was asked for."""

    person: Person
    answers: Mapping[str, str]
    kept_at: datetime
    place: Place | None = None


class ChannelKind(StrEnum):
    """Who is on the other side of a channel. The team says so; a new one is a customer's."""

    CUSTOMER = "customer"
    PARTNER = "partner"  # opens cases on behalf of customers of theirs
    INTERNAL = "internal"
    BLOCKED = "blocked"  # no cases from there


class NotServed(StrEnum):
    """Why no case can be opened in a place."""

    BLOCKED = "blocked"
    UNKNOWN = "unknown"  # Casebell is not in it
    NOT_SHARED = "not_shared"  # it is another organisation's own


class ChannelNews(StrEnum):
    """What the team is told of a channel."""

    JOINED = "joined"
    REMOVED = "removed"
    ARCHIVED = "archived"
    UNARCHIVED = "unarchived"
    UNSHARED = "unshared"


@dataclass(frozen=True)
class Channel:
    """A channel that Casebell has seen.

    `account` is what the team calls those on the other side; empty: the channel's own name.
    `joined_at` is when Casebell came in the last time; empty while it is out. `unfollowed` are the
    sectors, in small letters, of whose maintenance it wants to hear nothing; the routine window is
    told each week, or only when work is planned in it.
    """

    channel_id: str
    team_id: str
    name: str
    is_member: bool
    is_ext_shared: bool
    account: str | None = None
    kind: ChannelKind = ChannelKind.CUSTOMER
    joined_at: datetime | None = None
    unfollowed: frozenset[str] = frozenset()
    routine_always: bool = True

    @property
    def is_blocked(self) -> bool:
        """Whether the team takes no cases from there."""
        return self.kind is ChannelKind.BLOCKED

    @property
    def account_name(self) -> str:
        """Whose channel it is."""
        return self.account or self.name


@dataclass(frozen=True)
class Mark:
    """How far something has come that goes on by itself; `at` is None before it began."""

    at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
