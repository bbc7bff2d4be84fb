"""A maintenance window as it stands: where the rules put it, and what people made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.maintenance import Occurrence, WindowKind
from bot.domain.segments import Segment


class CalledOff(StrEnum):
    """Why a window does not take place."""

    CANCELLED = "cancelled"  # by the team
    SKIPPED = "skipped"  # by the team: this one of a series
    DROPPED = "dropped"  # by the policy, before anybody was told of it; it may come back


class WindowState(StrEnum):
    """Where a window stands at an instant."""

    PLANNED = "planned"
    RUNNING = "running"
    FINISHED = "finished"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Window:
    """A window, during which the application could be unavailable. Instants are in UTC.

    Args:
        key: its name for good, by rule and cycle ("prod-2026-12-17"); "extra-1" by hand.
        sector: what is worked on, as people call it; None: everything.
        cycle: of its rule; of the routine one its week's Monday. None: it was added by hand.
        by_rule: where the policy had it when it was last planned or confirmed; None: nowhere.
        what: what is done, in words of the team's.
        affected: what will not work, in words of the team's.
        announced_at: when customers were first told of it.
        changed_at: when somebody of the team last changed it; that was told then.
        sequence: grows with each change that a calendar has to show.
    """

    key: str
    kind: WindowKind
    sector: str | None
    segment: Segment
    cycle: date | None = None
    by_rule: Segment | None = None
    what: str = ""
    affected: str = ""
    called_off: CalledOff | None = None
    announced_at: datetime | None = None
    changed_at: datetime | None = None
    sequence: int = 0

    @property
    def length(self) -> timedelta:
        """Elapsed time, not wall clock."""
        return self.segment.duration

    @property
    def takes_place(self) -> bool:
        """Whether it was not called off."""
        return self.called_off is None

    @property
    def follows_rules(self) -> bool:
        """Whether a changed policy changes it: nobody was told of it, nobody has changed it."""
        return self.announced_at is None and self.changed_at is None

    def state(self, now: datetime) -> WindowState:
        """Where it stands: time alone begins and ends a window."""
        if self.called_off is not None:
            return WindowState(self.called_off)
        if now < self.segment.start:
            return WindowState.PLANNED
        return WindowState.RUNNING if now < self.segment.end else WindowState.FINISHED

    def clock_change(self, zone: ZoneInfo) -> timedelta:
        """How much longer it is than the wall clock shows, where the clocks change in it.

        Above zero in autumn, below in spring, else zero.
        """
        start, end = (at.astimezone(zone).replace(tzinfo=None) for at in self._bounds)
        return self.length - (end - start)

    def surrounds(self, other: Window) -> bool:
        """Whether the other window lies wholly inside this one."""
        return self.segment.start <= other.segment.start and other.segment.end <= self.segment.end

    @property
    def _bounds(self) -> tuple[datetime, datetime]:
        return self.segment.start, self.segment.end


def planned(occurrence: Occurrence) -> Window:
    """The window that the rules give, as nobody has touched it."""
    return Window(
        key=occurrence.key,
        kind=occurrence.kind,
        sector=occurrence.sector,
        segment=occurrence.segment,
        cycle=occurrence.cycle,
        by_rule=occurrence.segment,
    )
