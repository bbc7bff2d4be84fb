"""Who is on call, when, and what a change means to whom: rotations with overrides laid over them.

Everything is answered from rows that are only ever added or cancelled, so who was on call at a
past instant stays true. Instants are aware and in UTC.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.domain.rotation import Rotation, Shift, rotation_at, shift_at
from bot.domain.segments import Segment

# How far "next" looks. A level whose people stay for longer has no next.
HORIZON = timedelta(days=366)


class OverrideKind(StrEnum):
    """What an override does to the people of a level."""

    ADD = "add"  # somebody besides
    REMOVE = "remove"  # somebody is off
    REPLACE = "replace"  # somebody instead of somebody, or of whoever is on


@dataclass(frozen=True)
class Override:
    """A change to who is on call at a level for a stretch of time, laid over its rotations.

    `user` comes, `instead_of` goes. A REPLACE that names nobody who goes takes the level over
    from whoever is on, and from nobody too. `segment` is what was asked for; what comes of it
    is `effect`.

    Raises:
        ValueError: the kind does not go with who comes and who goes.
    """

    id: int
    level: str
    kind: OverrideKind
    user: str | None
    instead_of: str | None
    segment: Segment
    set_at: datetime
    set_by: str
    cancelled_at: datetime | None = None
    cancelled_by: str | None = None
    request_id: int | None = None  # of the request that it came of

    def __post_init__(self) -> None:
        comes, goes = self.user is not None, self.instead_of is not None
        fits = {
            OverrideKind.ADD: comes and not goes,
            OverrideKind.REMOVE: goes and not comes,
            OverrideKind.REPLACE: comes and self.user != self.instead_of,
        }
        if not fits[self.kind]:
            raise ValueError(
                f"an override cannot {self.kind} somebody when {self.user} comes"
                f" and {self.instead_of} goes"
            )

    @property
    def effect(self) -> Segment | None:
        """When it counts: from its setting at the earliest, to its cancelling at the latest.

        So neither setting nor cancelling changes the past. None: never.
        """
        start = max(self.segment.start, self.set_at)
        end = min(self.segment.end, self.cancelled_at or self.segment.end)
        return Segment(start, end) if start < end else None

    def applied_to(self, users: frozenset[str]) -> frozenset[str]:
        """Who is on call once it counts; who is to go and is not on changes nothing."""
        coming = frozenset(filter(None, [self.user]))
        if self.instead_of is not None:
            return users - {self.instead_of} | coming if self.instead_of in users else users
        return users | coming if self.kind is OverrideKind.ADD else coming


@dataclass(frozen=True)
class ShiftChange:
    """An instant at which the people of a level change; `()` is nobody."""

    level: str
    at: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """What somebody is on call for at a level, where it differs before and after a change.

    Of two schedules, the stretches that are not in both; what stays as it was is in neither.
    """

    level: str
    before: tuple[Segment, ...]
    after: tuple[Segment, ...]

    def only_comes_on(self, at: datetime) -> bool:
        """Whether all of it is that somebody comes on at an instant, and loses nothing by it."""
        if len(self.after) != 1:
            return False
        (now_on,) = self.after
        lost = [gone for gone in self.before if gone.start < at or gone.end > now_on.end]
        return now_on.start == at and not lost


@dataclass(frozen=True)
class Schedule:
    """The whole schedule: rotations in the order they were set, and overrides in any order.

    Overrides of a level count one after the other, in the order they were set, each on what
    those before it have made. A window of time is half-open, and what is given of it is cut
    to it; the methods raise ValueError for an empty one.
    """

    rotations: tuple[Rotation, ...] = ()
    overrides: tuple[Override, ...] = ()

    @cached_property
    def _levels(self) -> Mapping[str, _Level]:
        # By number, not by when it was set: clocks step back, and differ between machines.
        in_order = sorted(self.overrides, key=lambda override: override.id)
        names = dict.fromkeys(
            [*(r.level for r in self.rotations), *(override.level for override in in_order)]
        )
        return {
            name: _Level(
                name,
                tuple(r for r in self.rotations if r.level == name),
                tuple((e, o) for o in in_order if o.level == name and (e := o.effect)),
            )
            for name in names
        }

    def _sweep(self, level: str, start: datetime, end: datetime) -> Iterator[Shift]:
        return (self._levels.get(level) or _Level(level)).sweep(start, end)

    def staff(self, at: datetime) -> dict[str, tuple[str, ...]]:
        """Who is on call at an instant, past or future, by level; a level with nobody is absent."""
        found = {name: level.users(at) for name, level in self._levels.items()}
        return {name: users for name, users in found.items() if users}

    def shifts(self, level: str, start: datetime, end: datetime) -> tuple[Shift, ...]:
        """A window of a level, in order, without gap or overlap; nobody is a shift of nobody.

        Each is as long as it can be: its neighbours have other people.
        """
        return tuple(self._sweep(level, start, end))

    def now_and_next(self, level: str, at: datetime) -> tuple[Shift, Shift | None]:
        """Who is on call from `at` on, until when, and who then; either may be nobody.

        Looks `HORIZON` ahead. No next: nothing changes in that time, and the end of now is only
        where the look ahead ends.
        """
        shifts = self._sweep(level, at, at + HORIZON)
        return next(shifts), next(shifts, None)

    def next_change(self, at: datetime) -> datetime | None:
        """The first instant after `at` at which any level has other people; None within HORIZON."""
        horizon = at + HORIZON
        ends = [next(self._sweep(name, at, horizon)).segment.end for name in self._levels]
        return min((end for end in ends if end < horizon), default=None)

    def shifts_of(self, user: str, start: datetime, end: datetime) -> tuple[Shift, ...]:
        """When somebody is on call, at any level, in order; whoever is on with them is left out."""
        found = [
            Shift(name, (user,), segment)
            for name in self._levels
            for segment in _duties(self._sweep(name, start, end)).get(user, ())
        ]
        return tuple(sorted(found, key=lambda shift: shift.segment))


def handoffs(
    schedule: Schedule, level: str, start: datetime, end: datetime
) -> tuple[ShiftChange, ...]:
    """The instants in a window at which the people of a level change, the start included.

    Windows that follow each other give each instant once.
    """
    shifts = schedule.shifts(level, start - timedelta.resolution, end)
    return tuple(
        ShiftChange(level, after.segment.start, before.users, after.users)
        for before, after in pairwise(shifts)
    )


def changes(
    before: Schedule, after: Schedule, levels: Iterable[str], start: datetime, end: datetime
) -> Mapping[str, tuple[Change, ...]]:
    """For everybody whose shifts in a window differ, what differs, a change a level.

    Nobody else is in it. A stretch that ends with the window may well go on after it.
    """
    found: defaultdict[str, tuple[Change, ...]] = defaultdict(tuple)
    for level in levels:
        old, new = (_duties(schedule.shifts(level, start, end)) for schedule in (before, after))
        for user in sorted(old.keys() | new.keys()):
            had, has = old.get(user, ()), new.get(user, ())
            if had != has:
                gone = tuple(segment for segment in had if segment not in has)
                come = tuple(segment for segment in has if segment not in had)
                found[user] += (Change(level, gone, come),)
    return dict(found)


def wall_segment(start: datetime, end: datetime, zone: ZoneInfo) -> Segment:
    """The stretch between two naive wall times of a zone, as people say them.

    It starts at the first and ends at the last of a time that autumn repeats, so that nobody is
    missing; a time that spring skips is moved forward by the gap.

    Raises:
        ValueError: the end is not after the start.
    """
    first, second = (end.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    # Of a repeated time the second instance is the later, of a skipped one the first.
    return Segment(start.replace(tzinfo=zone, fold=0).astimezone(UTC), max(first, second))


@dataclass(frozen=True)
class _Level:
    """A level's rotations, and its overrides with their effects, in the order they were set."""

    name: str
    rotations: tuple[Rotation, ...] = ()
    overlays: tuple[tuple[Segment, Override], ...] = ()

    @cached_property
    def _bounds(self) -> Sequence[datetime]:
        """Where something starts or ends to count, in order; handoffs are not among them."""
        starts = (rotation.holds_from for rotation in self.rotations)
        effects = (bound for effect, _ in self.overlays for bound in (effect.start, effect.end))
        return sorted({*starts, *effects})

    def users(self, at: datetime) -> tuple[str, ...]:
        return self._look(at)[0]

    def sweep(self, start: datetime, end: datetime) -> Iterator[Shift]:
        """The shifts of a window, found as they are asked for."""
        began = start
        users, at = self._look(start)
        while at is not None and at < end:
            now_on, next_at = self._look(at)
            if now_on != users:
                yield Shift(self.name, users, Segment(began, at))
                began, users = at, now_on
            at = next_at
        yield Shift(self.name, users, Segment(began, end))

    def _look(self, at: datetime) -> tuple[tuple[str, ...], datetime | None]:
        """Who is on call at an instant, and the next at which that may change."""
        later = bisect_right(self._bounds, at)
        bounds = list(self._bounds[later : later + 1])
        rotation = rotation_at(self.rotations, at)
        shift = shift_at(self.rotations, at)
        if rotation and shift and len(rotation.members) > 1:  # one alone follows themselves
            bounds.append(shift.segment.end)
        users = frozenset(shift.users if shift else ())
        for effect, override in self.overlays:
            if effect.contains(at):
                users = override.applied_to(users)
        return tuple(sorted(users)), min(bounds, default=None)


def _duties(shifts: Iterable[Shift]) -> dict[str, tuple[Segment, ...]]:
    """When each person is on call in a level's shifts, whoever is on with them."""
    found: defaultdict[str, list[Segment]] = defaultdict(list)
    for shift in shifts:
        for user in shift.users:
            mine = found[user]
            if mine and mine[-1].end == shift.segment.start:
                mine[-1] = Segment(mine[-1].start, shift.segment.end)
            else:
                mine.append(shift.segment)
    return {user: tuple(segments) for user, segments in found.items()}
