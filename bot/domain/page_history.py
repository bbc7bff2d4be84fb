"""What became of a page, read from the timeline: who was rung, what arrived, why it stopped.

The timeline is never purged, so this can be told of any page. Instants are aware and in UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from bot.domain.events import EventKind, TimelineEntry
from bot.domain.page import TeamNews
from bot.domain.route import RouteAction

# What the timeline says of pages.
PAGE_KINDS = frozenset(kind for kind in EventKind if kind.startswith("page_"))

NIGHT_BEGINS, NIGHT_ENDS = time(22), time(7)


@dataclass(frozen=True)
class Rung:
    """Somebody was rung by Slack. Of one neither delivered nor refused, it never arrived.

    `is_known`: how it ended is on record; older ones have no such entries.
    """

    at: datetime
    user: str
    level: str | None
    delivered_at: datetime | None = None
    refused: str | None = None  # Slack's reason
    is_known: bool = True


@dataclass(frozen=True)
class Routed:
    """Another way to ring was called for these people, or did not take the call."""

    at: datetime
    route: str
    users: tuple[str, ...] = ()
    refused: str | None = None


@dataclass(frozen=True)
class Taken:
    """Somebody acknowledged, so long after the first ring that they had not answered."""

    at: datetime
    by: str | None
    after: timedelta | None


@dataclass(frozen=True)
class Escalated:
    """Somebody wanted the next level."""

    at: datetime
    by: str | None


@dataclass(frozen=True)
class Told:
    """The team's channel was told something of it, such as that it is theirs now."""

    at: datetime
    news: TeamNews
    user: str | None


@dataclass(frozen=True)
class Over:
    """It ended: why is "answered", "resolved" or "lowered"."""

    at: datetime
    by: str | None
    why: str


Moment: TypeAlias = Rung | Routed | Taken | Escalated | Told | Over


@dataclass(frozen=True)
class PageHistory:
    """A page of a case, moment by moment."""

    page_id: int
    case_number: int
    opened_at: datetime
    moments: tuple[Moment, ...] = ()

    @property
    def rings(self) -> tuple[Rung, ...]:
        """Who was rung by Slack, in order."""
        return tuple(moment for moment in self.moments if isinstance(moment, Rung))

    @property
    def over(self) -> Over | None:
        """How it ended, if it did."""
        return next((m for m in reversed(self.moments) if isinstance(m, Over)), None)


@dataclass(frozen=True)
class Load:
    """How many pages rang somebody, and how many of them at night."""

    pages: int = 0
    at_night: int = 0


def histories(entries: Iterable[TimelineEntry]) -> list[PageHistory]:
    """What became of the pages that entries of the timeline tell of, the first on top.

    Args:
        entries: in the order in which they were written, of any cases and of any kinds.
    """
    by_page: defaultdict[int, list[TimelineEntry]] = defaultdict(list)
    for entry in entries:
        if entry.kind in PAGE_KINDS and "page" in entry.facts:
            by_page[entry.facts["page"]].append(entry)
    return [
        PageHistory(page_id, of_page[0].case_number, of_page[0].at, _moments(of_page))
        for page_id, of_page in by_page.items()
    ]


def _moments(entries: Iterable[TimelineEntry]) -> tuple[Moment, ...]:
    moments: list[Moment] = []
    rings: dict[tuple[str, int | None], int] = {}  # where each ring stands among the moments
    waits_since: datetime | None = None
    for entry in entries:
        at, by, facts = entry.at, entry.actor, entry.facts
        match entry.kind:
            case EventKind.PAGE_RANG:
                rings[_ring(facts)] = len(moments)
                is_known = "version" in facts
                moments.append(Rung(at, facts["user"], facts.get("level"), is_known=is_known))
                waits_since = waits_since or at
            case EventKind.PAGE_REFUSED if "route" in facts:
                if facts["action"] == RouteAction.TRIGGER:
                    moments.append(Routed(at, facts["route"], refused=facts["reason"]))
            case EventKind.PAGE_DELIVERED | EventKind.PAGE_REFUSED:
                _settle(moments, rings.get(_ring(facts)), facts)
            case EventKind.PAGE_ROUTED:
                if facts["action"] == RouteAction.TRIGGER:
                    moments.append(Routed(at, facts["route"], tuple(facts["users"])))
            case EventKind.PAGE_ACKNOWLEDGED:
                moments.append(Taken(at, by, at - waits_since if waits_since else None))
                waits_since = None
            case EventKind.PAGE_ESCALATED:
                moments.append(Escalated(at, by))
            case EventKind.PAGE_NEWS:
                moments.append(Told(at, TeamNews(facts["news"]), facts.get("user")))
                if facts["news"] == TeamNews.HANDED_OVER:
                    waits_since = None
            case EventKind.PAGE_CLOSED:
                moments.append(Over(at, by, facts.get("why", "answered")))
    return tuple(moments)


def _ring(facts: Mapping[str, Any]) -> tuple[str, int | None]:
    """Which ring it is about: of each version of a page, a person gets one."""
    return facts["user"], facts.get("version")


def _settle(moments: list[Moment], place: int | None, facts: Mapping[str, Any]) -> None:
    """How a ring ended is told with the ring, not when Casebell heard of it."""
    ring = None if place is None else moments[place]
    if place is not None and isinstance(ring, Rung):
        arrived = datetime.fromisoformat(facts["at"]) if "at" in facts else None
        moments[place] = replace(
            ring, delivered_at=arrived, refused=facts.get("reason"), is_known=True
        )


def week_of(at: datetime, zone: ZoneInfo) -> date:
    """The Monday of a week, which begins at 00:00 of that day in the zone."""
    day = at.astimezone(zone).date()
    return day - timedelta(days=day.weekday())


def week_start(monday: date, zone: ZoneInfo) -> datetime:
    """The first instant of a week, in UTC."""
    return datetime.combine(monday, time(0), zone).astimezone(UTC)


def is_night(at: datetime, zone: ZoneInfo) -> bool:
    """Whether people sleep then, by the wall clock of the zone."""
    local = at.astimezone(zone).time()
    return local >= NIGHT_BEGINS or local < NIGHT_ENDS


def pages_a_week(pages: Iterable[PageHistory], zone: ZoneInfo) -> Mapping[str, Mapping[date, Load]]:
    """How many pages rang each person in each week, by the week's Monday.

    However often a page rang somebody, it counts once for them: in the week of its first ring,
    and as one of the night if any of its rings came at night. What Slack refused rang nobody.
    """
    found: defaultdict[str, defaultdict[date, Load]] = defaultdict(lambda: defaultdict(Load))
    for page in pages:
        rings: defaultdict[str, list[datetime]] = defaultdict(list)
        for ring in page.rings:
            if ring.refused is None:
                rings[ring.user].append(ring.at)
        for user, times in rings.items():
            week, at_night = week_of(times[0], zone), any(is_night(at, zone) for at in times)
            load = found[user][week]
            found[user][week] = Load(load.pages + 1, load.at_night + at_night)
    return {user: dict(weeks) for user, weeks in found.items()}
