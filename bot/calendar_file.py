"""The calendar file of maintenance windows, for everybody to subscribe to (RFC 5545).

It is made of the windows alone, so it is the same file until one of them changes. A window that
was called off stays in it for as long as it would have: so it vanishes from people's calendars.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event, Timezone, vDuration

from bot.calendar_zone import calendar_zone
from bot.domain.calendar_plan import HORIZON
from bot.domain.maintenance import WindowKind
from bot.domain.window import Window
from bot.messages import window_terms
from bot.messages.words import clock_time, duration
from bot.policy import Policy

LOOK_AGAIN = timedelta(hours=1)  # how often a calendar that has subscribed is asked to

_PRODUCT = "-//Casebell//Maintenance//EN"
# Line ends of every kind, at which some readers would take the file's own lines to end.
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029]")
# Neither is allowed in the file: control characters, and halves of characters.
_NO_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def slug(sector: str) -> str:
    """What a sector is called in an address: "EU West" is "eu-west"."""
    return re.sub(r"\W+", "-", sector.casefold()).strip("-")


def sectors(policy: Policy, windows: Sequence[Window]) -> Mapping[str, str]:
    """The names of the sectors that have a file of their own, by what addresses call them."""
    named = [rule.sector for rule in policy.maintenance.upgrades]
    named += [window.sector for window in windows if window.sector]
    found: dict[str, str] = {}
    for sector in named:
        if name := slug(sector):
            found.setdefault(name, sector)
    return found


def calendar_file(
    policy: Policy,
    windows: Sequence[Window],
    revised: Mapping[str, datetime],
    now: datetime,
    sector: str | None = None,
) -> str:
    """The file.

    Args:
        windows: those to show.
        revised: when each was last changed, by key; absent where it never was.
        now: says of which years the time zone is, where there are no windows.
        sector: only what affects it, windows of no sector included; None: everything.
    """
    if sector is not None:
        windows = [w for w in windows if w.sector is None or slug(w.sector) == slug(sector)]
    made = _empty(" ".join(filter(None, (policy.vendor.name, sector, "maintenance"))))
    made.add_component(_zone(policy, windows, now))
    for window in windows:
        made.add_component(_event(policy, window, revised.get(window.key)))
    text: bytes = made.to_ical()
    return text.decode()


def _empty(name: str) -> Calendar:
    made = Calendar()
    made.add("prodid", _PRODUCT)
    made.add("version", "2.0")
    made.add("name", _clean(name))
    made.add("x-wr-calname", _clean(name))
    made.add("refresh-interval", LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", vDuration(LOOK_AGAIN))
    return made


def _zone(policy: Policy, windows: Sequence[Window], now: datetime) -> Timezone:
    instants = [at for w in windows for at in (w.segment.start, w.segment.end)] or [now]
    return calendar_zone(policy.hours.zone, min(instants), max(instants))


def _event(policy: Policy, window: Window, revised: datetime | None) -> Event:
    made = Event()
    # Of the vendor's, whose addresses change less often than Casebell's own.
    domain = policy.vendor.support_email.rpartition("@")[2]
    made.add("uid", f"{window.key}@{domain}")
    made.add("sequence", window.sequence)
    # One that was never changed is as it was first planned.
    stamp = (revised or window.segment.start - HORIZON).replace(microsecond=0)
    made.add("dtstamp", stamp.astimezone(UTC))
    made.add("last-modified", stamp.astimezone(UTC))
    for name, at in zip(("dtstart", "dtend"), _bounds(policy, window), strict=True):
        made.add(name, at)
    name = _clean(window_terms.full_name(policy, window))
    made.add("summary", name if window.takes_place else f"Cancelled: {name}")
    made.add("description", _clean("\n".join(_description(policy, window))))
    made.add("status", "CONFIRMED" if window.takes_place else "CANCELLED")
    made.add("transp", "TRANSPARENT")  # nobody is busy because of it
    return made


def _bounds(policy: Policy, window: Window) -> tuple[datetime, datetime]:
    """Its start and end in the office's zone.

    Of the hour that autumn repeats, a wall time means the first: what falls in the second is
    given in UTC.
    """
    segment = window.segment
    start, end = (at.astimezone(policy.hours.zone) for at in (segment.start, segment.end))
    if start.fold or end.fold:
        return segment.start.astimezone(UTC), segment.end.astimezone(UTC)
    return start, end


def _description(policy: Policy, window: Window) -> Iterator[str]:
    vendor, zone = policy.vendor, policy.hours.zone
    if not window.takes_place:
        yield "Cancelled: this maintenance does not take place."
    if what := window.what.strip():
        yield f"What is done: {what}"
    elif window.kind is WindowKind.UPGRADE:
        yield "A new version is installed."
    if affected := window.affected.strip():
        yield f"What will not work: {affected}"
    else:
        name = " ".join(f"{vendor.name} {window.sector or ''}".split())
        yield f"The {name} application could be unavailable during this time."
    bounds = (window.segment.start, window.segment.end)
    start, end = (clock_time(at, zone, with_year=True) for at in bounds)
    yield f"{start} to {end} {policy.zone_name}, {duration(window.length)}."
    yield f"If something does not work, open a case in Slack or write to {vendor.support_email}."


def _clean(text: str) -> str:
    return _NO_TEXT.sub("", _LINE_END.sub("\n", text))
