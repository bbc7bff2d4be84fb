"""What somebody asks of a colleague: to cover for them, or to swap shifts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.segments import Segment


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
