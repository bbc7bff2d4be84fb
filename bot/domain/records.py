"""What the services and the storage hand to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

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
class Channel:
    """A channel that Casebell has seen."""

    channel_id: str
    team_id: str
    name: str
    is_member: bool
    is_ext_shared: bool
