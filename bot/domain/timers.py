"""Promises with a due time: what is to be decided, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class TimerKind(StrEnum):
    """Everything that falls due."""

    SUBMISSION = "submission"  # a form that was stored: has it become a case?
    RESPONSE = "response"  # part of a response target has passed
    BEFORE_WORK = "before_work"  # a window starts soon: which urgent cases are open?
    PAGE = "page"  # a page's next step
    LOOKUP = "lookup"  # somebody has come on call: a page that rings nobody may ring them
    SILENCE = "silence"  # has Slack delivered any of a page's rings?
    HANDOFF = "handoff"  # the people of some level change
    REQUEST = "request"  # a request for cover or a swap: is it still open?
    READINESS = "readiness"  # the schedule changed, or a week begins: what does on-call lack?
    HANDOFF_CHECK = "handoff_check"  # has somebody said that they have the pager?
    REDRAW = "redraw"  # once after an update: cards of open cases
    CARD = "card"  # the office opens or closes: what a customer's card offers changes
    INSTALLS = "installs"  # a customer's token came: does Slack take it?
    MAINTENANCE = "maintenance"  # a notice of a window
    UNREACHED = "unreached"  # an hour before a window: does every channel know of it?
    HOUSEKEEPING = "housekeeping"  # once a day: plan what is ahead
    PURGE = "purge"  # once a day: forget what need not be kept


LONGEST_PUSH = timedelta(minutes=1)  # how far ahead one that fails can be put off
CLOCKS_DIFFER = timedelta(minutes=1)  # at most, from one machine to another, or to Slack's
WAITS_BRIEFLY = frozenset({TimerKind.SUBMISSION, TimerKind.SILENCE})
"""What is due so many seconds after something, and at no instant of the calendar."""


@dataclass(frozen=True)
class Timer:
    """A promise: decide this, at that instant (UTC). A second with the same key is not written.

    Nobody takes a timer back: what changes a plan adds a new one, and the old one, when it is
    due, finds that it is stale.
    """

    kind: TimerKind
    due_at: datetime
    dedupe_key: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class DueTimer:
    """A timer whose time has come. `attempts`: how often deciding it has failed before."""

    id: int
    kind: TimerKind
    due_at: datetime
    facts: Mapping[str, Any]
    attempts: int
