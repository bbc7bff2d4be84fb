"""What people and Casebell did in simulated months of maintenance, in the order of events.

The oracle reads nothing else; what happens to a process and to Slack is as in `year_journal`.
`at` is an instant in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from months_rules import Rules
from year_journal import BotStarted, BotStopped, Rested, SlackAway, SlackBack, Ticked

# What people did


@dataclass(frozen=True)
class PolicySet:
    """The policy file has these rules from now on; Casebell reads it when it starts."""

    at: datetime
    rules: Rules


@dataclass(frozen=True)
class Joined:
    """Casebell knows that it is in a channel."""

    at: datetime
    channel: str
    name: str
    is_team: bool = False


@dataclass(frozen=True)
class Left:
    """Casebell knows that it is in a channel no more, or that it is archived."""

    at: datetime
    channel: str


@dataclass(frozen=True)
class Follows:
    """The team said what a channel hears of."""

    at: datetime
    channel: str
    left_out: frozenset[str]
    routine_always: bool


@dataclass(frozen=True)
class Asked:
    """Somebody of the team asked for a change of a window; `refusal`: what they were told then.

    Args:
        do: move, resize, skip, cancel, start, finish, late, follow, keep.
        when: the beginning or the end that they asked for.
        until: with `when`, what the policy says of it, if they settle that.
    """

    at: datetime
    key: str
    do: str
    when: datetime | None = None
    until: datetime | None = None
    refusal: str | None = None


@dataclass(frozen=True)
class Added:
    """Somebody of the team added a window."""

    at: datetime
    key: str
    sector: str | None
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Refusing:
    """From now on Slack refuses what is sent to a channel, or takes it back, or hesitates.

    Args:
        code: Slack's word for it; None: it takes it again.
        for_good: whether trying again changes nothing.
    """

    at: datetime
    channel: str
    code: str | None
    for_good: bool = True


@dataclass(frozen=True)
class Stumbled:
    """One call, or a few, went wrong; what waits for it is tried again."""

    at: datetime


# What Casebell did


@dataclass(frozen=True)
class Said:
    """A message of Casebell's in a channel; `blocks` are the texts of its blocks, in order."""

    at: datetime
    channel: str
    ts: str
    text: str
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Redrawn:
    """The same message says something else now."""

    at: datetime
    channel: str
    ts: str
    text: str
    blocks: tuple[str, ...]


@dataclass(frozen=True)
class Differs:
    """The windows of which Casebell says that the policy has them elsewhere, or nowhere."""

    at: datetime
    keys: frozenset[str]


@dataclass(frozen=True)
class Recorded:
    """At the end: a line of the ledger; `ts`: where it says that Slack has the post."""

    at: datetime
    key: str
    notice: str
    channel: str
    state: str
    ts: str | None


Entry: TypeAlias = (
    PolicySet
    | Joined
    | Left
    | Follows
    | Asked
    | Added
    | Refusing
    | Stumbled
    | Said
    | Redrawn
    | Differs
    | Recorded
    | BotStarted
    | BotStopped
    | SlackAway
    | SlackBack
    | Ticked
    | Rested
)
