"""Times, lengths and numbers in words, for the reader's zone and for the office's."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo


def duration(length: timedelta) -> str:
    """A length in its two largest units: "33 h", "1 h 30 min", "45 s"; elapsed, never days."""
    seconds = round(length.total_seconds())
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    parts = [(hours, "h"), (minutes, "min"), (rest, "s")]
    words = [f"{number:,} {unit}" for number, unit in parts if number]
    return " ".join(words[:2]) or "0 s"


def counted(count: int, one: str, many: str | None = None) -> str:
    """So many of something: "1 channel", "2,000 channels"; `many` where that is no "s" more."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def in_words(length: timedelta) -> str:
    """A round length as people say it: "half an hour", "four weeks"."""
    for unit, name in ((timedelta(weeks=1), "week"), (timedelta(hours=1), "hour")):
        if length >= unit and not length % unit:
            number = length // unit
            return f"{_NUMBERS.get(number, number)} {name}{'' if number == 1 else 's'}"
    return "half an hour" if length == timedelta(minutes=30) else duration(length)


_NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def file_size(size: int) -> str:
    """So many bytes as people say it: "812 B", "2.4 MB", "1 GB"."""
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB"):
        if amount < 999.5:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f}".removesuffix(".0") + f" {unit}"


def clock_time(at: datetime, zone: ZoneInfo, *, with_year: bool = False) -> str:
    """A wall time with its day: "Mon 23 Nov, 8:40 AM"."""
    local = at.astimezone(zone)
    year = f" {local.year}" if with_year else ""
    return f"{local:%a} {local.day} {local:%b}{year}, {local.hour % 12 or 12}:{local:%M %p}"


def two_clocks(at: datetime, zone: ZoneInfo, zone_name: str) -> str:
    """An instant for everybody, in Slack's mrkdwn: the reader's own time, then the office's.

    Slack shows a date token in the zone of the reader's device; the fallback is read where it
    cannot (docs.slack.dev/messaging/formatting-message-text).
    """
    office = f"{clock_time(at, zone)} {zone_name}"
    token = f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{office}>"
    return f"{token} ({office})"


def ago(then: datetime, now: datetime) -> str:
    """How long ago, roughly: "just now", "2 min ago", "3 h ago", "3 days ago"."""
    passed = now - then
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=1):
        return f"{int(passed.total_seconds() // 60)} min ago"
    if passed < timedelta(days=2):
        return f"{int(passed.total_seconds() // 3600)} h ago"
    return f"{passed.days} days ago"
