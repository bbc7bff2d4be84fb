"""A stretch of time, half-open: the one shape that hours, shifts and windows share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, order=True)
class Segment:
    """The instants from `start` up to, but not including, `end`.

    Both are aware and in UTC: two datetimes of one other zone subtract as wall clock, which is
    an hour wrong across a change of the clocks.

    Raises:
        ValueError: a bound is not in UTC, or the end is not after the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for bound in (self.start, self.end):
            if bound.utcoffset() != timedelta(0):
                raise ValueError(f"a segment is made of instants in UTC, not of {bound}")
        if self.end <= self.start:
            raise ValueError(f"a segment ends after it starts: {self.start} to {self.end}")

    @property
    def duration(self) -> timedelta:
        """Elapsed time, not wall clock: 23 h on the day that spring shortens."""
        return self.end - self.start

    def contains(self, at: datetime) -> bool:
        """Whether the instant lies inside; the end itself does not."""
        return self.start <= at < self.end

    def overlaps(self, other: Segment) -> bool:
        """Whether the two share any time; touching ends share none."""
        return self.start < other.end and other.start < self.end
