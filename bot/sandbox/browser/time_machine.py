"""Where the workspace's clock can be sent: named moments that lie ahead. Pure.

Wall times are the office's. Nothing goes back: what has been said cannot be unsaid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.maintenance import MaintenanceRules, occurrences
from bot.domain.notices import NoticeKind, notices
from bot.domain.window import planned

_WORKDAYS, _FRIDAY, _SATURDAY = range(5), 4, 5
_LOOK_AHEAD = timedelta(days=60)
_TO_SEE_IT_COME = timedelta(minutes=1)

FARTHEST = timedelta(days=100)
"""As far as the clock goes at once; it stops at every due time on the way."""


@dataclass(frozen=True)
class Office:
    """What the moments depend on: the office's zone and its maintenance."""

    zone: ZoneInfo
    maintenance: MaintenanceRules


@dataclass(frozen=True)
class Moment:
    """A place to go: what it is called, why one would, and when it is (UTC)."""

    key: str
    label: str
    hint: str
    at: datetime


def moments(now: datetime, office: Office) -> tuple[Moment, ...]:
    """Every named moment that lies ahead of now and can be gone to, where it comes next."""
    found = (
        (key, label, hint, min((at for at in find(now, office) if at > now), default=None))
        for key, (label, hint, find) in _MOMENTS.items()
    )
    return tuple(
        Moment(key, label, hint, at)
        for key, label, hint, at in found
        if at and at <= now + FARTHEST
    )


def moment(key: str, now: datetime, office: Office) -> datetime:
    """When a named moment comes next.

    Raises:
        LookupError: there is none of that name, or it is too far away.
    """
    for found in moments(now, office):
        if found.key == key:
            return found.at
    raise LookupError(f"There is no moment called {key!r}.")


def wall(text: str, zone: ZoneInfo) -> datetime:
    """An instant typed as a wall time of the office; the first of the two that autumn has.

    Raises:
        ValueError: it is not a date with a time, or has a zone of its own.
    """
    typed = datetime.fromisoformat(text)
    if typed.tzinfo is not None or len(text) <= len("2026-11-24"):
        raise ValueError(f"{text!r} is no wall time such as 2026-11-27T17:50.")
    return typed.replace(tzinfo=zone).astimezone(UTC)


_Instants = Callable[[datetime, Office], Iterator[datetime]]


def _on(*weekdays: int, at: time) -> _Instants:
    def find(now: datetime, office: Office) -> Iterator[datetime]:
        today = now.astimezone(office.zone).date()
        days = (today + timedelta(days=n) for n in range(8))
        return (_at(day, at, office) for day in days if day.weekday() in weekdays)

    return find


def _thanksgiving(now: datetime, office: Office) -> Iterator[datetime]:
    year = now.astimezone(office.zone).year
    return (_at(_fourth_thursday_of_november(year + n), time(10), office) for n in range(2))


def _reminders(now: datetime, office: Office) -> Iterator[datetime]:
    ahead = occurrences(office.maintenance, now, now + _LOOK_AHEAD)
    told = notices(office.maintenance, [planned(one) for one in ahead])
    return (n.due_at - _TO_SEE_IT_COME for n in told if n.kind is NoticeKind.DAYS_BEFORE)


def _maintenance(now: datetime, office: Office) -> Iterator[datetime]:
    ahead = occurrences(office.maintenance, now, now + _LOOK_AHEAD)
    return (window.segment.start - _TO_SEE_IT_COME for window in ahead)


def _at(day: date, at: time, office: Office) -> datetime:
    return datetime.combine(day, at, office.zone).astimezone(UTC)


def _fourth_thursday_of_november(year: int) -> date:
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 21)


_MOMENTS: Mapping[str, tuple[str, str, _Instants]] = {
    "friday_evening": (
        "Friday 17:50",
        "ten minutes before the office closes",
        _on(_FRIDAY, at=time(17, 50)),
    ),
    "saturday_night": ("Saturday 02:00", "everybody sleeps", _on(_SATURDAY, at=time(2))),
    "morning": ("Next weekday, 07:00", "the office opens", _on(*_WORKDAYS, at=time(7))),
    "thanksgiving": ("Thanksgiving", "a Thursday, and a holiday", _thanksgiving),
    "reminder": ("Maintenance reminder", "a minute before channels hear of it", _reminders),
    "maintenance": ("Maintenance", "a minute before it begins", _maintenance),
}
