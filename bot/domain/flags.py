"""What the team should look at in the calendar of maintenance; nothing moves by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.domain.maintenance import WindowKind
from bot.domain.window import Window


class FlagKind(StrEnum):
    """What may be wrong with a window."""

    HOLIDAY = "holiday"  # it touches one
    SAME_SECTOR = "same_sector"  # it overlaps another of its sector
    AT_ONCE = "at_once"  # two upgrades at once
    CROSSES_EDGE = "crosses_edge"  # partly inside the routine window, partly outside


@dataclass(frozen=True)
class Flag:
    """Something about a window: a holiday by name, or the other window that it overlaps."""

    kind: FlagKind
    window: Window
    other: Window | None = None
    holiday: str | None = None


def flags(
    windows: Sequence[Window], zone: ZoneInfo, holiday_name: Callable[[date], str | None]
) -> tuple[Flag, ...]:
    """Everything worth a look in windows that take place, by start; of a pair the earlier first.

    An upgrade wholly inside a routine window is as it should be.

    Args:
        holiday_name: the name of the holiday on a local date, or None.
    """
    standing = sorted((w for w in windows if w.takes_place), key=lambda w: (w.segment.start, w.key))
    found: list[Flag] = []
    for n, window in enumerate(standing):
        names = _holidays(window, zone, holiday_name)
        found += (Flag(FlagKind.HOLIDAY, window, holiday=name) for name in names)
        for other in standing[n + 1 :]:
            if other.segment.start >= window.segment.end:
                break
            if (kind := _overlap(window, other)) is not None:
                found.append(Flag(kind, window, other))
    return tuple(found)


def _overlap(window: Window, other: Window) -> FlagKind | None:
    """What two windows that share some time are to each other."""
    if window.kind is WindowKind.ROUTINE and other.kind is WindowKind.ROUTINE:
        return FlagKind.SAME_SECTOR
    if WindowKind.ROUTINE in (window.kind, other.kind):
        routine, inner = sorted((window, other), key=lambda w: w.kind is not WindowKind.ROUTINE)
        return None if routine.surrounds(inner) else FlagKind.CROSSES_EDGE
    if _sector(window) == _sector(other):
        return FlagKind.SAME_SECTOR
    return FlagKind.AT_ONCE


def _sector(window: Window) -> str:
    return (window.sector or "").lower()


def _holidays(
    window: Window, zone: ZoneInfo, holiday_name: Callable[[date], str | None]
) -> Iterator[str]:
    """The holidays on every local date that the window covers."""
    day = window.segment.start.astimezone(zone).date()
    last = (window.segment.end - timedelta.resolution).astimezone(zone).date()
    names = (holiday_name(day + timedelta(days=n)) for n in range((last - day).days + 1))
    return (name for name in names if name)
