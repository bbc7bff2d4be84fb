"""A time zone as calendars read it, by the rules that it has in the years that matter.

Outlook ignores lists of dates (RDATE), so changes of the clocks are yearly rules wherever they
follow one. The library's own zones are such lists, and an hour late in spring.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TypeAlias
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
# So many, that the last Sunday of a month is not taken for its fourth.
_YEARS_OF_A_RULE = 10
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

_Observance: TypeAlias = TimezoneDaylight | TimezoneStandard


@dataclass(frozen=True)
class _ClockChange:
    """A change of the clocks.

    `onset` is the wall time at which it comes, by the clocks before it.
    """

    onset: datetime
    before: timedelta
    after: timedelta
    name: str


def calendar_zone(zone: ZoneInfo, first: datetime, last: datetime) -> Timezone:
    """The zone, right for every instant between these two."""
    first_year, last_year = (at.astimezone(zone).year for at in (first, last))
    made = Timezone()
    made.add("tzid", zone.key)
    found = _changes(zone, first_year - 1, first_year - 1 + _YEARS_OF_A_RULE)
    rules = _yearly(found) if last_year < first_year - 1 + _YEARS_OF_A_RULE else []
    for observance in rules or _listed(zone, first_year - 1, last_year + 1):
        made.add_component(observance)
    return made


def _yearly(found: Sequence[_ClockChange]) -> list[_Observance]:
    """The changes as yearly rules; none where they follow none that a calendar can be told."""
    by_offsets: dict[tuple[timedelta, timedelta, str], list[_ClockChange]] = {}
    for change in found:
        by_offsets.setdefault((change.before, change.after, change.name), []).append(change)
    rules: list[_Observance] = []
    for changes in by_offsets.values():
        years = {change.onset.year for change in changes}
        same = {(c.onset.month, c.onset.weekday(), c.onset.time()) for c in changes}
        if not len(years) == len(changes) == _YEARS_OF_A_RULE or len(same) > 1:
            return []
        nth = {(change.onset.day - 1) // 7 + 1 for change in changes}
        if len(nth) == 1:
            which = nth.pop()
        elif all((c.onset + 7 * _DAY).month != c.onset.month for c in changes):
            which = -1
        else:
            return []
        first = changes[0]
        observance = _observance(first)
        day = f"{which}{_WEEKDAYS[first.onset.weekday()]}"
        observance.add("rrule", {"freq": "yearly", "bymonth": first.onset.month, "byday": day})
        rules.append(observance)
    return rules


def _listed(zone: ZoneInfo, first_year: int, last_year: int) -> Iterator[_Observance]:
    """How the clocks are at the beginning, and each change after that."""
    start = datetime(first_year, 1, 1, tzinfo=UTC)
    offset = _offset(zone, start)
    yield _observance(_ClockChange(_wall(start, offset), offset, offset, _name(zone, start)))
    yield from map(_observance, _changes(zone, first_year, last_year))


def _observance(change: _ClockChange) -> _Observance:
    made: _Observance = TimezoneDaylight() if change.after > change.before else TimezoneStandard()
    made.add("dtstart", change.onset)
    made.add("tzoffsetfrom", change.before)
    made.add("tzoffsetto", change.after)
    made.add("tzname", change.name)
    return made


@lru_cache(maxsize=16)
def _changes(zone: ZoneInfo, first_year: int, last_year: int) -> tuple[_ClockChange, ...]:
    """Every change of the clocks from the beginning of one year to that of another."""
    return tuple(_search(zone, first_year, last_year))


def _search(zone: ZoneInfo, first_year: int, last_year: int) -> Iterator[_ClockChange]:
    day, end = datetime(first_year, 1, 1, tzinfo=UTC), datetime(last_year, 1, 1, tzinfo=UTC)
    while day < end:
        earlier, later = day, day + _DAY
        before, after = _offset(zone, earlier), _offset(zone, later)
        while before != after and later - earlier > _SECOND:
            middle = earlier + (later - earlier) // 2
            middle = middle.replace(microsecond=0)
            if _offset(zone, middle) == before:
                earlier = middle
            else:
                later = middle
        if before != after:
            yield _ClockChange(_wall(later, before), before, after, _name(zone, later))
        day += _DAY


def _wall(at: datetime, offset: timedelta) -> datetime:
    return (at + offset).replace(tzinfo=None)


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def _name(zone: ZoneInfo, at: datetime) -> str:
    return at.astimezone(zone).tzname() or zone.key
