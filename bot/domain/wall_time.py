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


def which_of_two(at: datetime, zone: ZoneInfo) -> int | None:
    """1 or 2: the first or second time that the wall clock shows this; None: it shows it once."""
    local = at.astimezone(zone)
    offsets = {local.replace(fold=fold).utcoffset() for fold in (0, 1)}
    # The two offsets of a time that spring skips differ as well, but no instant has such a time.
    return local.fold + 1 if len(offsets) > 1 else None
