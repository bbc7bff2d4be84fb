"""Times as people type them: the wall clock of a zone, or ISO 8601 with an offset."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def typed_instant(text: str, zone: ZoneInfo) -> datetime:
    """The instant that somebody typed, in UTC; without an offset, it is the zone's wall clock.

    Of a wall time that autumn repeats it is the first; one that spring skips is moved forward by
    the gap.

    Raises:
        ValueError: it is no such time.
    """
    typed = datetime.fromisoformat(text.strip().upper())
    if typed.tzinfo is None:
        typed = typed.replace(tzinfo=zone)
    try:
        return typed.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text} is beyond what a calendar knows") from error
