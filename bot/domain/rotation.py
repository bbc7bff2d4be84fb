"""Whose turn it is: rotations of days or weeks, and which of them holds.

Instants go in and come out in UTC; only handoffs are wall time, in the rotation's zone. What
cover and swaps make of it is in `schedule`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import takewhile
from zoneinfo import ZoneInfo

from bot.domain.segments import Segment

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAILY = "daily"
_HANDOFF = re.compile(rf"({'|'.join((_DAILY, *_WEEKDAYS))}) +([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class HandoffTime:
    """When one person gives the pager to the next: a wall time, and on which weekday.

    `day` is Monday 0 to Sunday 6, or None: on any day.
    """

    day: int | None
    at: time

    @classmethod
    def parse(cls, text: str) -> HandoffTime:
        """Read what `str()` writes: "mon 09:00" or "daily 09:00", in capitals or not.

        Raises:
            ValueError: the text is something else; the sentence can be shown to who typed it.
        """
        found = _HANDOFF.fullmatch(text.strip().lower())
        if found is None:
            raise ValueError(
                f'"{text}" is no handoff: give a weekday and a time, for example "mon 09:00",'
                ' or "daily 09:00".'
            )
        day, hour, minute = found.groups()
        return cls(
            None if day == _DAILY else _WEEKDAYS.index(day),
            time(int(hour), int(minute)),
        )

    def __str__(self) -> str:
        day = _DAILY if self.day is None else _WEEKDAYS[self.day]
        return f"{day} {self.at:%H:%M}"

    @property
    def weekday(self) -> int:
        """The weekday, for what cannot be daily; Monday is 0.

        Raises:
            ValueError: there is none; the sentence can be shown to who typed it.
        """
        if self.day is None:
            raise ValueError(
                f'"{self}" names no weekday: give one, for example "mon {self.at:%H:%M}".'
            )
        return self.day

    @property
    def period_days(self) -> int:
        """The shortest shift it can make, in days; every other is a multiple of it."""
        return 1 if self.day is None else 7


@dataclass(frozen=True)
class Rotation:
    """One setting of a level: its people, in turn, for `every_days` days each.

    Shifts are counted in calendar days from the last handoff at or before `starts_at`. The
    first member is on call from `starts_at`, so that first shift may be shorter than the
    others, never longer. A rotation of one is always that person.

    It holds from `starts_at`, but not before `set_at`: setting it changes no past. None is for
    rotations stored without it.

    Raises:
        ValueError: there are no members, an instant is not in UTC, or the handoff's weekday
            cannot be kept for shifts of that length; the sentence can be shown.
    """

    level: str
    members: tuple[str, ...]
    handoff: HandoffTime
    zone: ZoneInfo
    starts_at: datetime
    every_days: int = 7
    set_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.members:
            raise ValueError(f"a rotation needs somebody: {self.level} has nobody")
        for instant in (self.starts_at, self.set_at or self.starts_at):
            if instant.utcoffset() != timedelta(0):
                raise ValueError(f"a rotation starts at an instant in UTC, not at {instant}")
        if self.every_days < 1:
            raise ValueError(f"a shift lasts a day or more, not {self.every_days} days")
        if self.every_days % self.handoff.period_days:
            raise ValueError(
                f'"{self.handoff}" makes shifts of whole weeks, not of {self.every_days} days:'
                f' give "{_DAILY} {self.handoff.at:%H:%M}" for those.'
            )

    @cached_property
    def holds_from(self) -> datetime:
        """The first instant at which it can say who is on call."""
        return max(self.starts_at, self.set_at or self.starts_at)

    @cached_property
    def first_day(self) -> date:
        """The local date that names the handoff from which its shifts are counted."""
        return _last_day(self.handoff, self.zone, self.starts_at)


@dataclass(frozen=True)
class Shift:
    """A stretch of time in which a level has the same people, sorted; `()` is nobody."""

    level: str
    users: tuple[str, ...]
    segment: Segment

    @property
    def user(self) -> str:
        """The person of a rotation's own shift, which has exactly one."""
        (user,) = self.users
        return user


def starts_on(day: date, handoff: HandoffTime, zone: ZoneInfo) -> datetime:
    """The instant of the handoff's wall time on a date of any weekday.

    The rule for changing clocks, after GoAlert's (https://github.com/target/goalert/pull/1252):
    a wall time that autumn repeats hands off once, at its first instance; one that spring skips
    is moved forward by the gap, so 02:30 becomes 03:30. One instant ends a shift and starts the
    next, so there is neither gap nor overlap.
    """
    return datetime.combine(day, handoff.at, zone).astimezone(UTC)


def last_handoff(handoff: HandoffTime, zone: ZoneInfo, now: datetime) -> datetime:
    """The latest handoff at or before `now`."""
    return starts_on(_last_day(handoff, zone, now), handoff, zone)


def on_call(rotation: Rotation, at: datetime) -> Shift | None:
    """The shift of a rotation at an instant, as if no other rotation were ever set.

    None before it holds. Shifts follow each other without gap or overlap; where a rotation has
    one member, the same person follows.
    """
    if at < rotation.holds_from:
        return None
    handoff, zone = rotation.handoff, rotation.zone
    length = timedelta(days=rotation.every_days)
    day = _last_day_of(rotation.first_day, length, handoff, zone, at)
    turn = (day - rotation.first_day) // length
    return Shift(
        level=rotation.level,
        users=(rotation.members[turn % len(rotation.members)],),
        segment=Segment(
            max(rotation.holds_from, starts_on(day, handoff, zone)),
            starts_on(day + length, handoff, zone),
        ),
    )


def rotation_at(rotations: Sequence[Rotation], at: datetime) -> Rotation | None:
    """Which of a level's rotations, given in the order they were set, holds at an instant.

    Of those that hold by then, the one set last: setting a level again replaces what was set
    before from the new start on, and what was true before that stays true.
    """
    return next((r for r in reversed(rotations) if r.holds_from <= at), None)


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
    # The one that holds is the last that can, so whatever was set after it holds from later on.
    set_later = takewhile(lambda r: r.holds_from > at, reversed(rotations))
    end = min([shift.segment.end, *(r.holds_from for r in set_later)])
    return replace(shift, segment=Segment(shift.segment.start, end))


def _last_day(handoff: HandoffTime, zone: ZoneInfo, at: datetime) -> date:
    """The local date that names the latest handoff at or before an instant."""
    any_such_day = date.min + timedelta(days=handoff.day or 0)  # the first of all was a Monday
    return _last_day_of(any_such_day, timedelta(days=handoff.period_days), handoff, zone, at)


def _last_day_of(
    first: date, every: timedelta, handoff: HandoffTime, zone: ZoneInfo, at: datetime
) -> date:
    """The latest of the dates `first`, `first + every`, ... whose handoff is at or before `at`."""
    # From tomorrow back: where clocks go back over midnight, a handoff that has passed may
    # carry the date of tomorrow.
    day = at.astimezone(zone).date() + _DAY
    day -= (day - first) % every
    while starts_on(day, handoff, zone) > at:
        day -= every
    return day
