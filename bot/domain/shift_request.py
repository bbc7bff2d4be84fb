"""What somebody asks of a colleague: to cover for them, or to swap shifts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.segments import Segment

# A request that nobody has accepted is brought up again so long before it lapses.
_REMINDED = timedelta(days=1)


class RequestKind(StrEnum):
    """What is asked."""

    COVER = "cover"  # of anybody: who accepts first is on call instead
    SWAP = "swap"  # of one person: my shift for yours


class RequestState(StrEnum):
    """Where a request stands; all but `OPEN` are final."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"  # its time came, and nobody had accepted


@dataclass(frozen=True)
class ShiftRequest:
    """A request about a stretch of time in which `asked_by` is on call at a level.

    A swap names whom it asks, and their stretch that `asked_by` takes in return. Instants are
    aware and in UTC.

    Raises:
        ValueError: a swap that names nobody or nothing in return, or a cover that does.
    """

    level: str
    kind: RequestKind
    asked_by: str
    segment: Segment
    asked_at: datetime
    asked_of: str | None = None
    in_return: Segment | None = None
    note: str = ""
    state: RequestState = RequestState.OPEN
    settled_at: datetime | None = None
    settled_by: str | None = None

    def __post_init__(self) -> None:
        is_swap = self.kind is RequestKind.SWAP
        if (self.asked_of is not None, self.in_return is not None) != (is_swap, is_swap):
            raise ValueError(f"a {self.kind} cannot ask {self.asked_of} for {self.in_return}")

    @property
    def is_open(self) -> bool:
        """Whether it can still be accepted."""
        return self.state is RequestState.OPEN

    @property
    def open_until(self) -> datetime:
        """When it lapses: as its time begins, so that whoever asked learns that they are on call.

        What had begun when it was asked can be accepted for what is left of it, to its end.
        """
        starts = min(part.start for part in (self.segment, self.in_return) if part)
        return starts if self.asked_at < starts else self.segment.end

    @property
    def reminder_at(self) -> datetime | None:
        """When to say once that it is still open; None where it was asked too late for that."""
        at = self.segment.start - _REMINDED
        is_worth_it = self.kind is RequestKind.COVER and self.asked_at < at
        return at if is_worth_it else None

    def left(self, now: datetime) -> Segment:
        """What is left of its time."""
        return Segment(max(self.segment.start, now), self.segment.end)
