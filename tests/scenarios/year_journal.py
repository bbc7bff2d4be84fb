"""What the world did and what Casebell did in a simulated year, in the order in which it happened.

The oracle reads nothing else. `at` is what the clock on the wall of the machine showed, in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

# What the world did


@dataclass(frozen=True)
class NeedsWaking:
    """A case became Business Stopped and waits for an answer: opened so, or raised."""

    at: datetime
    case: int


@dataclass(frozen=True)
class Lesser:
    """A case that wakes nobody was opened."""

    at: datetime
    case: int


@dataclass(frozen=True)
class Over:
    """Nobody need be woken for a case any more: answered, resolved or lowered."""

    at: datetime
    case: int
    why: str


@dataclass(frozen=True)
class Took:
    """Somebody pressed Acknowledge, and was not told that it was too late."""

    at: datetime
    case: int
    by: str


@dataclass(frozen=True)
class Pressed:
    """Somebody pressed Escalate now, and was not told that it was too late."""

    at: datetime
    case: int
    by: str


@dataclass(frozen=True)
class TooLate:
    """Somebody pressed Acknowledge, and was told that it means nothing any more."""

    at: datetime
    case: int
    by: str


@dataclass(frozen=True)
class RotationSet:
    """A level's people from `starts_at` on; `weekday` is Monday 0, or None: any day."""

    at: datetime
    level: str
    members: tuple[str, ...]
    weekday: int | None
    hour: int
    minute: int
    every_days: int
    starts_at: datetime


@dataclass(frozen=True)
class OverrideSet:
    """`comes` is on call besides or instead, `goes` is not; `kind` says which."""

    at: datetime
    number: int
    level: str
    kind: str
    comes: str | None
    goes: str | None
    start: datetime
    end: datetime


@dataclass(frozen=True)
class OverrideCancelled:
    at: datetime
    number: int


@dataclass(frozen=True)
class BotStopped:
    at: datetime


@dataclass(frozen=True)
class BotStarted:
    at: datetime


@dataclass(frozen=True)
class SlackAway:
    at: datetime


@dataclass(frozen=True)
class SlackBack:
    at: datetime


@dataclass(frozen=True)
class ClockSet:
    """The machine's clock was set; `at` is what it shows from now on."""

    at: datetime


# What Casebell did


@dataclass(frozen=True)
class Ticked:
    """It decided what was due."""

    at: datetime


@dataclass(frozen=True)
class Rang:
    """It decided to ring somebody; `key` names the message."""

    at: datetime
    case: int
    user: str
    level: str | None
    reason: str
    key: str


@dataclass(frozen=True)
class Told:
    """It decided to tell TEAM_CHANNEL of a page."""

    at: datetime
    case: int
    news: str
    user: str | None
    key: str


@dataclass(frozen=True)
class Posted:
    """Slack has a message."""

    at: datetime
    key: str
    place: str


@dataclass(frozen=True)
class GivenUp:
    """It took note that Slack refuses a message for good."""

    at: datetime
    key: str


@dataclass(frozen=True)
class Rested:
    """It had nothing more to do at this instant."""

    at: datetime


@dataclass(frozen=True)
class Shown:
    """At the end of the year: how the message of a ring begins now."""

    at: datetime
    key: str
    title: str


Entry: TypeAlias = (
    NeedsWaking
    | Lesser
    | Over
    | Took
    | Pressed
    | TooLate
    | RotationSet
    | OverrideSet
    | OverrideCancelled
    | BotStopped
    | BotStarted
    | SlackAway
    | SlackBack
    | ClockSet
    | Ticked
    | Rang
    | Told
    | Posted
    | GivenUp
    | Rested
    | Shown
)
