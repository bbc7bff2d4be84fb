"""Who is on call: weekly rotations, and which of them holds.

Instants go in and come out in UTC; only handoffs are wall time, in the rotation's zone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from bot.domain.segments import Segment

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HANDOFF = re.compile(rf"({'|'.join(_WEEKDAYS)}) +([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Handoff:
    """When one person gives the pager to the next: a weekday (Monday is 0) and a wall time."""

    weekday: int
    at: time

    @classmethod
    def parse(cls, text: str) -> Handoff:
        """Read what `str()` writes: "mon 09:00", in capitals or not.

        Raises:
            ValueError: the text is something else; the sentence can be shown to who typed it.
        """
        found = _HANDOFF.fullmatch(text.strip().lower())
        if found is None:
            raise ValueError(
                f'"{text}" is no handoff: give a weekday and a time, for example "mon 09:00".'
            )
        weekday, hour, minute = found.groups()
        return cls(_WEEKDAYS.index(weekday), time(int(hour), int(minute)))

    def __str__(self) -> str:
        return f"{_WEEKDAYS[self.weekday]} {self.at:%H:%M}"


@dataclass(frozen=True)
class Rotation:
    """One setting of a level: its people, in turn, a week each.

    The first member is on call from `starts_at` (UTC) until the first handoff strictly after
    it, so that first shift may be shorter than a week. A rotation of one is always that person.

    Raises:
        ValueError: there are no members, or `starts_at` is not in UTC.
    """

    level: str
    members: tuple[str, ...]
    handoff: Handoff
    zone: ZoneInfo
    starts_at: datetime

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError(f"a rotation needs somebody: {self.level} has nobody")
        if self.starts_at.utcoffset() != timedelta(0):
            raise ValueError(f"a rotation starts at an instant in UTC, not at {self.starts_at}")


@dataclass(frozen=True)
class Shift:
    """One person's turn at a level; where a rotation has one member, the same person follows."""

    level: str
    user: str
    segment: Segment


def starts_on(day: date, handoff: Handoff, zone: ZoneInfo) -> datetime:
    """The instant of the handoff's wall time on a date of any weekday.

    A wall time that autumn repeats means its first instance; one that spring skips is moved
    forward by the gap, so 02:30 becomes 03:30.
    """
    return datetime.combine(day, handoff.at, zone).astimezone(UTC)


def last_handoff(handoff: Handoff, zone: ZoneInfo, now: datetime) -> datetime:
    """The latest handoff at or before `now`."""
    return starts_on(_last_handoff_day(handoff, zone, now), handoff, zone)


def on_call(rotation: Rotation, at: datetime) -> Shift | None:
    """The shift of a rotation at an instant, as if no other rotation were ever set.

    None before the rotation starts. Shifts follow each other without gap or overlap.
    """
    if at < rotation.starts_at:
        return None
    handoff, zone = rotation.handoff, rotation.zone
    first_day = _last_handoff_day(handoff, zone, rotation.starts_at)
    day = _last_handoff_day(handoff, zone, at)
    turn = (day - first_day) // _WEEK
    return Shift(
        level=rotation.level,
        user=rotation.members[turn % len(rotation.members)],
        segment=Segment(
            max(rotation.starts_at, starts_on(day, handoff, zone)),
            starts_on(day + _WEEK, handoff, zone),
        ),
    )


def rotation_at(rotations: Sequence[Rotation], at: datetime) -> Rotation | None:
    """Which of a level's rotations, given in the order they were set, holds at an instant.

    Of those that have started, the one set last: setting a level again replaces what was set
    before from the new start on, and what was true before that stays true.
    """
    return next((r for r in reversed(rotations) if r.starts_at <= at), None)


def shift_at(rotations: Sequence[Rotation], at: datetime) -> Shift | None:
    """The shift of a level at an instant, cut short where a rotation set later takes over.

    Args:
        rotations: those of one level, in the order they were set.
        at: an instant in UTC; asked again at a shift's end, it gives the shift that follows.
    """
    rotation = rotation_at(rotations, at)
    shift = on_call(rotation, at) if rotation else None
    if shift is None:
        return None
    # The one that holds is the last that has started, so whatever was set after it starts later.
    set_later = takewhile(lambda r: r.starts_at > at, reversed(rotations))
    end = min([shift.segment.end, *(r.starts_at for r in set_later)])
    return replace(shift, segment=Segment(shift.segment.start, end))


def staff(rotations: Iterable[Rotation], at: datetime) -> dict[str, tuple[str, ...]]:
    """Who is on call at an instant, by level; a level with nobody on it is absent.

    Args:
        rotations: those of every level, in the order they were set.
        at: an instant in UTC.
    """
    levels: defaultdict[str, list[Rotation]] = defaultdict(list)
    for rotation in rotations:
        levels[rotation.level].append(rotation)
    shifts = (shift_at(of_level, at) for of_level in levels.values())
    return {shift.level: (shift.user,) for shift in shifts if shift}


def _last_handoff_day(handoff: Handoff, zone: ZoneInfo, at: datetime) -> date:
    """The local date that names the latest handoff at or before an instant."""
    # From tomorrow back: where clocks go back over midnight, a handoff that has passed may
    # carry the date of tomorrow.
    day = at.astimezone(zone).date() + _DAY
    day -= timedelta(days=(day.weekday() - handoff.weekday) % 7)
    return day if starts_on(day, handoff, zone) <= at else day - _WEEK
