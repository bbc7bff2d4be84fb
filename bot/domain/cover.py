"""Changing who is on call by hand: what can be asked of colleagues, taken and accepted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.rotation import Shift
from bot.domain.schedule import Override, OverrideKind, Schedule
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestKind, RequestState, ShiftRequest

# How far ahead people change the schedule by hand.
AHEAD = timedelta(weeks=12)

# A shift that is longer is hardly meant as a whole: a form then proposes some hours.
_LONGEST_PROPOSED = timedelta(weeks=2)
_SOME_HOURS = timedelta(hours=12)


class WhyChanged(StrEnum):
    """What a change of the schedule came of; each is somebody's doing."""

    COVERED = "covered"
    SWAPPED = "swapped"
    TAKEN = "taken"
    CANCELLED = "cancelled"


class Wrong(StrEnum):
    """Why what was chosen in a form cannot be."""

    ENDS_FIRST = "ends_first"
    OVER = "over"
    TOO_FAR = "too_far"
    NOT_ON_CALL = "not_on_call"
    ALONE_ALREADY = "alone_already"
    ASKED_ALREADY = "asked_already"
    OTHER_LEVEL = "other_level"
    BEGUN = "begun"
    NO_LONGER = "no_longer"
    BOTH_ON_CALL = "both_on_call"


class Verdict(StrEnum):
    """What comes of somebody's yes to a request."""

    GRANTED = "granted"
    OWN = "own"  # they asked it themselves
    NOT_ASKED = "not_asked"  # a swap asks one person
    SETTLED = "settled"
    TOO_LATE = "too_late"
    ON_CALL_ALREADY = "on_call_already"
    MOOT = "moot"  # the schedule has changed since: nobody can accept it any more


@dataclass(frozen=True)
class Stretch:
    """Somebody's shift at a level, as a form offers it."""

    level: str
    user: str
    segment: Segment


def chosen(start: datetime, end: datetime, now: datetime) -> Segment | Wrong:
    """The time that somebody chose, from now on where it has begun."""
    if end <= now:
        return Wrong.OVER
    if end <= start:
        return Wrong.ENDS_FIRST
    if end > now + AHEAD:
        return Wrong.TOO_FAR
    return Segment(max(start, now), end)


def proposed(shift: Segment | None, now: datetime) -> Segment:
    """The time that a form proposes: what is left of a shift, or some hours of it."""
    start = max(shift.start, now) if shift else now
    if shift is None or shift.end - start > _LONGEST_PROPOSED:
        return Segment(start, start + _SOME_HOURS)
    return Segment(start, shift.end)


def shifts_ahead(
    schedule: Schedule, user: str, levels: Collection[str], now: datetime
) -> tuple[Shift, ...]:
    """When somebody is on call as far ahead as it can be changed by hand, now included.

    Args:
        levels: those that the policy has still.
    """
    shifts = schedule.shifts_of(user, now, now + AHEAD)
    return tuple(shift for shift in shifts if shift.level in levels)


def people_ahead(schedule: Schedule, levels: Iterable[str], now: datetime) -> frozenset[str]:
    """Everybody who is on call at one of the levels, as far ahead as it can be changed."""
    return frozenset(
        user
        for level in levels
        for shift in schedule.shifts(level, now, now + AHEAD)
        for user in shift.users
    )


def to_swap(
    schedule: Schedule, user: str, levels: Collection[str], now: datetime
) -> tuple[Stretch, ...]:
    """Somebody's shifts at these levels that begin after now, and end within sight."""
    return tuple(
        Stretch(shift.level, user, shift.segment)
        for shift in shifts_ahead(schedule, user, levels, now)
        if now < shift.segment.start and shift.segment.end < now + AHEAD
    )


def is_on(schedule: Schedule, level: str, user: str, segment: Segment) -> bool:
    """Whether somebody is on call at a level for all of a stretch."""
    shifts = schedule.shifts(level, segment.start, segment.end)
    return all(user in shift.users for shift in shifts)


def is_ever_on(schedule: Schedule, level: str, user: str, segment: Segment) -> bool:
    """Whether somebody is on call at a level in any part of a stretch."""
    shifts = schedule.shifts(level, segment.start, segment.end)
    return any(user in shift.users for shift in shifts)


def is_alone(schedule: Schedule, level: str, user: str, segment: Segment) -> bool:
    """Whether nobody else is on call at a level in a stretch."""
    shifts = schedule.shifts(level, segment.start, segment.end)
    return all(shift.users == (user,) for shift in shifts)


def wrong_cover(
    schedule: Schedule,
    user: str,
    level: str,
    segment: Segment,
    open_requests: Sequence[ShiftRequest],
) -> Wrong | None:
    """Why somebody cannot ask to be covered at a level, or None when they can."""
    if not is_ever_on(schedule, level, user, segment):
        return Wrong.NOT_ON_CALL
    if _is_asked(open_requests, user, level, segment):
        return Wrong.ASKED_ALREADY
    return None


def wrong_swap(
    schedule: Schedule,
    mine: Stretch,
    theirs: Stretch,
    open_requests: Sequence[ShiftRequest],
    now: datetime,
) -> Wrong | None:
    """Why one shift cannot be asked for another, or None when it can."""
    if mine.level != theirs.level or mine.user == theirs.user:
        return Wrong.OTHER_LEVEL
    if min(mine.segment.start, theirs.segment.start) <= now:
        return Wrong.BEGUN
    for stretch, other in ((mine, theirs), (theirs, mine)):
        if not is_on(schedule, stretch.level, stretch.user, stretch.segment):
            return Wrong.NO_LONGER
        if is_ever_on(schedule, stretch.level, other.user, stretch.segment):
            return Wrong.BOTH_ON_CALL
    if _is_asked(open_requests, mine.user, mine.level, mine.segment):
        return Wrong.ASKED_ALREADY
    return None


def verdict(
    request: ShiftRequest, by: str, schedule: Schedule, now: datetime, *, asker_can: bool = True
) -> Verdict:
    """What comes of it when somebody of the team accepts a request now.

    Args:
        asker_can: whether who asked can be on call still; a swap needs them to.
    """
    if not request.is_open:
        return Verdict.SETTLED
    if by == request.asked_by:
        return Verdict.OWN
    if request.asked_of not in (None, by):
        return Verdict.NOT_ASKED
    if now >= request.open_until:
        return Verdict.TOO_LATE
    if request.kind is RequestKind.SWAP:
        stands = asker_can and _still_stands(request, schedule)
        return Verdict.GRANTED if stands else Verdict.MOOT
    left = request.left(now)
    if not is_ever_on(schedule, request.level, request.asked_by, left):
        return Verdict.MOOT
    if is_on(schedule, request.level, by, left):
        return Verdict.ON_CALL_ALREADY
    return Verdict.GRANTED


def accepted(
    request_id: int, request: ShiftRequest, by: str, now: datetime
) -> tuple[Override, ...]:
    """What a yes makes of the schedule; the numbers are still to be given."""
    halves = [(by, request.asked_by, request.left(now))]
    if request.in_return is not None:
        halves.append((request.asked_by, by, request.in_return))
    return tuple(
        Override(
            id=0,
            level=request.level,
            kind=OverrideKind.REPLACE,
            user=comes,
            instead_of=goes,
            segment=segment,
            set_at=now,
            set_by=by,
            request_id=request_id,
        )
        for comes, goes, segment in halves
    )


def _still_stands(request: ShiftRequest, schedule: Schedule) -> bool:
    """Whether both stretches of a swap are still theirs, and only theirs of the two."""
    mine, theirs = request.asked_by, request.asked_of
    if theirs is None or request.in_return is None:
        return False
    return (
        is_on(schedule, request.level, mine, request.segment)
        and is_on(schedule, request.level, theirs, request.in_return)
        and not is_ever_on(schedule, request.level, theirs, request.segment)
        and not is_ever_on(schedule, request.level, mine, request.in_return)
    )


def _is_asked(requests: Iterable[ShiftRequest], user: str, level: str, segment: Segment) -> bool:
    return any(
        request.state is RequestState.OPEN
        and (request.asked_by, request.level) == (user, level)
        and request.segment.overlaps(segment)
        for request in requests
    )
