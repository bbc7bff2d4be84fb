"""The look that the team takes at urgent cases before maintenance starts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.maintenance import WindowKind
from bot.domain.window import Window

BEFORE = timedelta(hours=1)


def look_at(window: Window) -> datetime:
    """When the team looks, in UTC."""
    return window.segment.start - BEFORE


def is_looked_at(window: Window, overlapping: Sequence[Window], now: datetime) -> bool:
    """Whether the team looks before that window, or now that it has begun.

    Before a routine window they do only where work is planned in it; where that begins with the
    window, or soon after, the look before that work is enough.

    Args:
        overlapping: all that share time with it.
    """
    if not window.takes_place or now >= window.segment.end:
        return False
    if window.kind is not WindowKind.ROUTINE:
        return True
    work = [
        other
        for other in overlapping
        if other.takes_place and other.kind is not WindowKind.ROUTINE and window.surrounds(other)
    ]
    return bool(work) and all(look_at(other) >= window.segment.start for other in work)
