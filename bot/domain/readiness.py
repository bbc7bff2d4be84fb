"""What would make a page fail, found before one is needed: in the schedule, and in who is on it.

Instants are aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import combinations
from typing import Any

from bot.domain.access import Reach
from bot.domain.rotation import Shift
from bot.domain.schedule import Schedule
from bot.domain.segments import Segment
from bot.domain.support_hours import SupportHours

AHEAD = timedelta(weeks=4)


class FindingKind(StrEnum):
    """What is wrong."""

    VACANT = "vacant"  # nobody is on call at a level, as far as it is looked ahead
    GAP = "gap"  # nobody is, for a while
    GONE = "gone"  # somebody with a coming shift is deactivated in Slack
    OUTSIDE = "outside"  # or of the team no more
    NO_DM = "no_dm"  # or Slack opens no direct message to them
    QUIET = "quiet"  # Slack keeps quiet for them in the coming night
    TWICE = "twice"  # somebody is on call at two levels at once


_EMPTY = frozenset({FindingKind.VACANT, FindingKind.GAP})


@dataclass(frozen=True)
class Finding:
    """Something that would make a page fail, or slow.

    Args:
        start: since when it holds, or from when on; of somebody out of reach, when their first
            coming shift begins.
        end: until when; None where it goes on for as far as it is looked ahead.
        user: whom it is about; nobody where nobody is on call.
        other_level: the second of two levels.
        reason: Slack's code for why it opens no direct message.
        is_remark: nothing has to be done, since a route rings that level.
    """

    kind: FindingKind
    level: str
    start: datetime
    end: datetime | None = None
    user: str | None = None
    other_level: str | None = None
    reason: str | None = None
    is_remark: bool = False

    def is_part_of(self, said: Finding) -> bool:
        """Whether who heard of the other one knows of this one too."""
        if self.kind in _EMPTY and said.kind in _EMPTY:
            ends = said.end is None or (self.end is not None and self.end <= said.end)
            return self.level == said.level and said.start <= self.start and ends
        return self._what == said._what

    @property
    def _what(self) -> tuple[str | None, ...]:
        """What it is about, at whatever time."""
        levels = (self.level, self.other_level) if self.kind is FindingKind.TWICE else ()
        return (self.kind, self.user, *levels)

    def to_dict(self) -> dict[str, Any]:
        """What JSON takes of it, enough to know it again."""
        return {
            "kind": self.kind.value,
            "level": self.level,
            "start": self.start.isoformat(),
            "end": self.end.isoformat() if self.end else None,
            "user": self.user,
            "other_level": self.other_level,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Finding:
        """The finding that `to_dict` wrote."""
        end = stored["end"]
        return cls(
            kind=FindingKind(stored["kind"]),
            level=stored["level"],
            start=datetime.fromisoformat(stored["start"]),
            end=datetime.fromisoformat(end) if end else None,
            user=stored["user"],
            other_level=stored["other_level"],
        )


@dataclass(frozen=True)
class Standing:
    """What is known of somebody who has a coming shift."""

    is_deactivated: bool = False
    is_team: bool = True
    reach: Reach = field(default_factory=Reach)


def coming_night(hours: SupportHours, now: datetime) -> Segment:
    """While the office is closed the next time; what is left of it where it is closed now."""
    start = hours.closes_at(now) if hours.is_open(now) else now
    return Segment(start, hours.opens_at(start))


def next_review(hours: SupportHours, after: datetime) -> datetime:
    """When the schedule is looked over again: as the office opens on Monday, or later that week."""
    local = after.astimezone(hours.zone)
    monday = local.date() - timedelta(days=local.weekday())
    while True:
        midnight = datetime.combine(monday, time(0), hours.zone)
        opens = hours.opens_at(midnight - timedelta.resolution)
        if opens > after:
            return opens
        monday += timedelta(weeks=1)


def on_call_ahead(schedule: Schedule, levels: Sequence[str], now: datetime) -> frozenset[str]:
    """Everybody with a coming shift."""
    shifts = (shift for level in levels for shift in schedule.shifts(level, now, now + AHEAD))
    return frozenset(user for shift in shifts for user in shift.users)


def findings(
    schedule: Schedule,
    levels: Sequence[str],
    people: Mapping[str, Standing],
    night: Segment,
    routed: Collection[str],
    now: datetime,
) -> tuple[Finding, ...]:
    """Everything that is wrong with the coming weeks, and what is worth a remark.

    Args:
        levels: those that pages ring, in their order.
        people: everybody who is on call in that time.
        night: when the office is closed the next time.
        routed: the levels that something other than Slack rings too.
    """
    end = now + AHEAD
    ahead = {level: schedule.shifts(level, now, end) for level in levels}
    return (
        *(found for level in levels for found in _unstaffed(level, ahead[level], end)),
        *_out_of_reach(ahead, people),
        *_quiet(schedule, levels, people, night, routed),
        *_twice(ahead, end),
    )


def unsaid(found: Collection[Finding], said: Collection[Finding]) -> tuple[Finding, ...]:
    """Those that nobody has heard of."""
    return tuple(one for one in found if not any(one.is_part_of(other) for other in said))


def still_true(said: Collection[Finding], found: Collection[Finding]) -> tuple[Finding, ...]:
    """What was said and has not been mended since: what comes back is worth saying again."""
    return tuple(one for one in said if any(other.is_part_of(one) for other in found))


def _unstaffed(level: str, shifts: Sequence[Shift], end: datetime) -> Iterator[Finding]:
    for shift in shifts:
        if not shift.users:
            kind = FindingKind.VACANT if len(shifts) == 1 else FindingKind.GAP
            yield Finding(kind, level, shift.segment.start, _before(end, shift.segment.end))


def _out_of_reach(
    ahead: Mapping[str, Sequence[Shift]], people: Mapping[str, Standing]
) -> Iterator[Finding]:
    """Each person once, with the first of their shifts."""
    shifts = sorted(
        (shift for found in ahead.values() for shift in found), key=lambda shift: shift.segment
    )
    first = {user: shift for shift in reversed(shifts) for user in shift.users}
    for user in sorted(first):
        standing, reason = people[user], people[user].reach.dm_refused
        if standing.is_deactivated:
            kind = FindingKind.GONE
        elif not standing.is_team:
            kind = FindingKind.OUTSIDE
        elif reason is not None:
            kind = FindingKind.NO_DM
        else:
            continue
        level, start = first[user].level, first[user].segment.start
        yield Finding(kind, level, start, user=user, reason=reason)


def _quiet(
    schedule: Schedule,
    levels: Sequence[str],
    people: Mapping[str, Standing],
    night: Segment,
    routed: Collection[str],
) -> Iterator[Finding]:
    """Each person once, rather at a level that no route rings."""
    found: dict[str, Finding] = {}
    for level in sorted(levels, key=lambda level: level in routed):
        for shift in schedule.shifts(level, night.start, night.end):
            for user in shift.users:
                quiet = people[user].reach.quiet
                if quiet is not None and quiet.overlaps(shift.segment):
                    is_routed = level in routed
                    finding = Finding(
                        FindingKind.QUIET,
                        level,
                        quiet.start,
                        quiet.end,
                        user,
                        is_remark=is_routed,
                    )
                    found.setdefault(user, finding)
    yield from (found[user] for user in sorted(found))


def _twice(ahead: Mapping[str, Sequence[Shift]], end: datetime) -> Iterator[Finding]:
    """Each person and pair of levels once, with the first time."""
    for first, second in combinations(ahead, 2):
        said: set[str] = set()
        for one in ahead[first]:
            for other in ahead[second]:
                both = {*one.users} & {*other.users} - said
                if both and one.segment.overlaps(other.segment):
                    starts = max(one.segment.start, other.segment.start)
                    ends = min(one.segment.end, other.segment.end)
                    said |= both
                    for user in sorted(both):
                        until = _before(end, ends)
                        kind = FindingKind.TWICE
                        yield Finding(kind, first, starts, until, user, other_level=second)


def _before(end: datetime, at: datetime) -> datetime | None:
    return at if at < end else None
