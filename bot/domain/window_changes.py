"""What people do to a maintenance window: each gives the new window, or a sentence why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from bot.domain.calendar_plan import HORIZON
from bot.domain.maintenance import WindowKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window, WindowState

# Longer than any that the policy can plan; what is longer still was hardly meant.
LONGEST = timedelta(days=8)
# So long after its end it can be said that a window runs late.
NOT_OVER_AFTER_ALL = timedelta(hours=1)


@dataclass(frozen=True)
class Move:
    """Begin at another instant, and last as long as before."""

    start: datetime


@dataclass(frozen=True)
class Resize:
    """End at another instant: shorten or extend."""

    end: datetime


@dataclass(frozen=True)
class Skip:
    """Leave this one of a series out."""


@dataclass(frozen=True)
class Cancel:
    """Call it off."""


@dataclass(frozen=True)
class StartNow:
    """Begin before its time, and last as long as before."""


@dataclass(frozen=True)
class FinishNow:
    """It is done before its time."""


@dataclass(frozen=True)
class RunLate:
    """It goes on for longer than was said."""

    until: datetime


@dataclass(frozen=True)
class Follow:
    """Move to where the policy has it by now; to nowhere: call it off."""

    says: Segment | None


@dataclass(frozen=True)
class Keep:
    """Leave it where it is, whatever the policy says by now."""

    says: Segment | None


Change: TypeAlias = Move | Resize | Skip | Cancel | StartNow | FinishNow | RunLate | Follow | Keep


class ChangeKind(StrEnum):
    """What happened to a window, on record."""

    ADDED = "added"
    MOVED = "moved"
    RESIZED = "resized"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"
    STARTED = "started"
    FINISHED = "finished"
    RAN_LATE = "ran_late"
    CONFIRMED = "confirmed"  # the policy's new place for it
    KEPT = "kept"  # in spite of the policy
    PLANNED = "planned"  # by the rules: the policy is another one, or its Test was moved


KINDS: Mapping[type[Change], ChangeKind] = {
    Move: ChangeKind.MOVED,
    Resize: ChangeKind.RESIZED,
    Skip: ChangeKind.SKIPPED,
    Cancel: ChangeKind.CANCELLED,
    StartNow: ChangeKind.STARTED,
    FinishNow: ChangeKind.FINISHED,
    RunLate: ChangeKind.RAN_LATE,
    Follow: ChangeKind.CONFIRMED,
    Keep: ChangeKind.KEPT,
}


@dataclass(frozen=True)
class WindowChange:
    """A change on record, with the window before and after it.

    `by` is who did it, or who moved the Test that it follows; None: the policy. `before` is None
    where the window was added by hand.
    """

    at: datetime
    by: str | None
    kind: ChangeKind
    before: Window | None
    after: Window


def changed(window: Window, change: Change, now: datetime) -> Window | str:
    """The window after a change, or a sentence for whoever asked for it."""
    now = now.replace(microsecond=0)
    if refusal := _is_over(window, change, now):
        return refusal
    match change:
        case Move(start):
            found = _moved(window, start, now)
        case Resize(end):
            found = _resized(window, end, now)
        case Skip():
            found = _skipped(window, now)
        case Cancel():
            found = _called_off(window, CalledOff.CANCELLED, now)
        case StartNow():
            found = _started(window, now)
        case FinishNow():
            found = _finished(window, now)
        case RunLate(until):
            found = _run_late(window, until, now)
        case Follow(says):
            found = _confirmed(window, says, now)
        case Keep(says):
            # Nothing changes for a calendar, nor for customers.
            return replace(window, by_rule=says)
    if isinstance(found, str):
        return found
    return replace(found, changed_at=now, sequence=window.sequence + 1)


def new_window(
    key: str, sector: str | None, segment: Segment, what: str, affected: str, now: datetime
) -> Window | str:
    """A window that is added by hand, or a sentence why not."""
    now = now.replace(microsecond=0)
    if refusal := _cannot_be(segment, now):
        return refusal
    return Window(
        key=key,
        kind=WindowKind.EXTRA,
        sector=sector,
        segment=segment,
        what=what,
        affected=affected,
        changed_at=now,
    )


def just_ended(window: Window, now: datetime) -> bool:
    """Whether it can still be said that it is not over after all."""
    end = window.segment.end
    return window.takes_place and end <= now < end + NOT_OVER_AFTER_ALL


def _is_over(window: Window, change: Change, now: datetime) -> str | None:
    match window.state(now):
        case WindowState.PLANNED | WindowState.RUNNING:
            return None
        case WindowState.FINISHED:
            if isinstance(change, RunLate) and just_ended(window, now):
                return None
            return "This window is over already."
        case _:
            return "This window has been called off already."


def _has_begun(window: Window, now: datetime) -> bool:
    return window.segment.start <= now


def _moved(window: Window, start: datetime, now: datetime) -> Window | str:
    if _has_begun(window, now):
        return "It has begun. Finish it early, or say that it runs late."
    if start == window.segment.start:
        return "It begins then already."
    segment = Segment(start, start + window.length)
    return _cannot_be(segment, now) or replace(window, segment=segment)


def _resized(window: Window, end: datetime, now: datetime) -> Window | str:
    if end == window.segment.end:
        return "It ends then already."
    if end <= window.segment.start:
        return "It would end before it begins."
    if end <= now:
        return "That is in the past. To end it at once, finish it early."
    segment = Segment(window.segment.start, end)
    return _too_long(segment) or replace(window, segment=segment)


def _skipped(window: Window, now: datetime) -> Window | str:
    if window.cycle is None:
        return "It is not one of a series. Cancel it instead."
    return _called_off(window, CalledOff.SKIPPED, now)


def _called_off(window: Window, why: CalledOff, now: datetime) -> Window | str:
    if _has_begun(window, now):
        return "It has begun. Finish it early instead."
    return replace(window, called_off=why)


def _started(window: Window, now: datetime) -> Window | str:
    if _has_begun(window, now):
        return "It has begun already."
    return replace(window, segment=Segment(now, now + window.length))


def _finished(window: Window, now: datetime) -> Window | str:
    if window.segment.start > now:
        return "It has not begun. Cancel it instead."
    if window.segment.start == now:
        return "It has begun this very second. Try again."
    return replace(window, segment=Segment(window.segment.start, now))


def _run_late(window: Window, until: datetime, now: datetime) -> Window | str:
    if not _has_begun(window, now):
        return "It has not begun. Extend it instead."
    if until <= window.segment.end:
        return "It runs until then anyway."
    if until <= now:
        return "That is in the past."
    segment = Segment(window.segment.start, until)
    return _too_long(segment) or replace(window, segment=segment)


def _confirmed(window: Window, says: Segment | None, now: datetime) -> Window | str:
    if _has_begun(window, now):
        return "It has begun, and stays where it is."
    if says is None:
        return replace(window, called_off=CalledOff.CANCELLED, by_rule=None)
    if says.start <= now:
        return "What the policy says is in the past. Keep the window, or move it yourself."
    return replace(window, segment=says, by_rule=says)


def _cannot_be(segment: Segment, now: datetime) -> str | None:
    if segment.start <= now:
        return "That is in the past."
    if segment.start > now + HORIZON:
        return "That is more than a year ahead."
    return _too_long(segment)


def _too_long(segment: Segment) -> str | None:
    if segment.duration > LONGEST:
        return f"A window lasts at most {LONGEST.days} days."
    return None
