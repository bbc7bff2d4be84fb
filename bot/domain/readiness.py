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

AHEAD = timedelta(weeks=4)  # so far `/oncall weeks` shows as well


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
_AWAY = frozenset({FindingKind.GONE, FindingKind.OUTSIDE})
# What comes up without anybody changing the schedule.
_UNASKED = _AWAY | {FindingKind.NO_DM}
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Finding:
    """Something that would make a page fail, or slow.

    Args:
        start: since when it holds, or from when on; of somebody out of reach, when their first
            coming shift begins.
        end: until when; None where it goes on for as far as it is looked ahead.
        user: whom it is about; nobody where nobody is on call.
        other_levels: those besides the level, where somebody is on call at more than one.
        reason: Slack's code for why it opens no direct message.
        is_brief: it is about somebody who is on call for less than a day.
        is_remark: nothing has to be done, since a route rings that level.
    """

    kind: FindingKind
    level: str
    start: datetime
    end: datetime | None = None
    user: str | None = None
    other_levels: tuple[str, ...] = ()
    reason: str | None = None
    is_brief: bool = False
    is_remark: bool = False

    @property
    def is_vacancy(self) -> bool:
        """Whether it is that nobody is on call."""
        return self.kind in _EMPTY

    def is_part_of(self, said: Finding) -> bool:
        """Whether who heard of the other one knows of this one too."""
        if self.is_vacancy and said.is_vacancy:
            ends = said.end is None or (self.end is not None and self.end <= said.end)
            return self.level == said.level and said.start <= self.start and ends
        is_same = (self.kind, self.user) == (said.kind, said.user)
        return is_same and (self.kind is not FindingKind.TWICE or self._levels <= said._levels)

    def is_urgent(self, now: datetime) -> bool:
        """Whether it is said at once, although nobody changed the schedule or asked."""
        return self.kind in _UNASKED or (self.is_vacancy and self.start <= now)

    @property
    def _levels(self) -> frozenset[str]:
        return frozenset({self.level, *self.other_levels})

    def to_dict(self) -> dict[str, Any]:
        """What JSON takes of it, enough to know it again."""
        return {
            "kind": self.kind.value,
            "level": self.level,
            "start": self.start.isoformat(),
            "end": self.end.isoformat() if self.end else None,
            "user": self.user,
            "other_levels": list(self.other_levels),
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
            other_levels=tuple(stored["other_levels"]),
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
    out_of_reach = tuple(_out_of_reach(ahead, people))
    away = {one.user for one in out_of_reach if one.kind in _AWAY}
    return (
        *(found for level in levels for found in _unstaffed(level, ahead[level], end)),
        *out_of_reach,
        *_quiet(schedule, levels, people, night, routed),
        *(one for one in _twice(ahead, end) if one.user not in away),
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
        for shift in schedule.shifts(level, night.start - DAY, night.end + DAY):
            if not shift.segment.overlaps(night):
                continue
            starts = max(shift.segment.start, night.start)
            on_call = Segment(starts, min(shift.segment.end, night.end))
            for user in shift.users:
                known = people[user].reach.quiet
                quiet = _quiet_within(known, on_call)
                if quiet is not None:
                    finding = Finding(
                        FindingKind.QUIET,
                        level,
                        quiet.start,
                        quiet.end,
                        user,
                        is_brief=shift.segment.duration < DAY,
                        is_remark=level in routed,
                    )
                    found.setdefault(user, finding)
    yield from (found[user] for user in sorted(found))


def _quiet_within(quiet: Segment | None, on_call: Segment) -> Segment | None:
    """When Slack keeps quiet in that time, if it does.

    Do-not-disturb comes again each day, and Slack shows the next one alone.
    """
    while quiet is not None and quiet.end <= on_call.start:
        quiet = Segment(quiet.start + DAY, quiet.end + DAY)
    return quiet if quiet is not None and quiet.overlaps(on_call) else None


def _twice(ahead: Mapping[str, Sequence[Shift]], end: datetime) -> Iterator[Finding]:
    """Each person and pair of levels once, with the first time; pairs of one time together."""
    found: dict[tuple[str, datetime, datetime], dict[str, None]] = {}
    for first, second in combinations(ahead, 2):
        said: set[str] = set()
        for one in ahead[first]:
            for other in ahead[second]:
                both = {*one.users} & {*other.users} - said
                if both and one.segment.overlaps(other.segment):
                    starts = max(one.segment.start, other.segment.start)
                    ends = min(one.segment.end, other.segment.end)
                    said |= both
                    for user in both:
                        levels = found.setdefault((user, starts, ends), {})
                        levels |= dict.fromkeys((first, second))
    for (user, starts, ends), levels in sorted(found.items(), key=lambda item: item[0]):
        first, *others = sorted(levels, key=list(ahead).index)
        until = _before(end, ends)
        kind = FindingKind.TWICE
        yield Finding(kind, first, starts, until, user, other_levels=tuple(others))


def _before(end: datetime, at: datetime) -> datetime | None:
    return at if at < end else None
