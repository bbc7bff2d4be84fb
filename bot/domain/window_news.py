"""What a change of a window means to whoever was told of it before."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from bot.domain.maintenance import WindowKind
from bot.domain.segments import Segment
from bot.domain.window import Window


class NewsKind(StrEnum):
    """Everything that is told because somebody changed a window."""

    ADDED = "added"
    MOVED = "moved"
    RESIZED = "resized"  # it will end at another time
    BEGUN = "begun"  # before its time
    RUNS_LATE = "runs_late"
    DONE = "done"  # before its time
    CALLED_OFF = "called_off"


def news_of(told: Segment | None, window: Window) -> NewsKind | None:
    """What is news of a window to somebody; None: it is as they know it.

    Args:
        told: when it is, by what they were told last; None: they never heard of it.
        window: as it stands.
    """
    if not window.takes_place:
        return None if told is None else NewsKind.CALLED_OFF
    if told is None:
        return NewsKind.ADDED
    stands, changed_at = window.segment, window.changed_at
    if stands == told:
        return None
    if stands.end == changed_at:
        return NewsKind.DONE
    if stands.start != told.start:
        return NewsKind.BEGUN if stands.start == changed_at else NewsKind.MOVED
    was_running = changed_at is not None and changed_at >= stands.start
    return NewsKind.RUNS_LATE if was_running and stands.end > told.end else NewsKind.RESIZED


def news_key(window: Window, kind: NewsKind) -> str:
    """What a piece of news is called for good: each change of a window has one at most."""
    return f"{window.key}/{kind}-{window.sequence}"


def beside(window: Window, told: Segment, others: Iterable[Window]) -> tuple[Window, ...]:
    """What was told in one message with a window, and takes place all the same.

    The routine window around it; of a routine window, the work inside.
    """
    is_routine = window.kind is WindowKind.ROUTINE
    return tuple(
        other
        for other in others
        if other.takes_place
        and (other.kind is WindowKind.ROUTINE) is not is_routine
        and (_within(told, other.segment) or _within(other.segment, told))
    )


def _within(inner: Segment, outer: Segment) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
