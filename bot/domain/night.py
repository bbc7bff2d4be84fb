"""What a page did while the office was closed, for whoever takes it over in the morning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.events import EventKind, TimelineEntry
from bot.domain.page import TeamNews

# The entries of a timeline that tell it.
TOLD_BY = frozenset({EventKind.PAGE_RANG, EventKind.PAGE_ACKNOWLEDGED, EventKind.PAGE_NEWS})


@dataclass(frozen=True)
class Night:
    """Whom a page rang, and who took it. Instants are in UTC.

    Args:
        since: the first ring; None where nobody was rung.
        rings: how often each person was rung, in the order of their first ring.
        missed: people of whom Slack refused at least one ring.
        acknowledged_by: who took it last, and when.
    """

    since: datetime | None = None
    rings: Mapping[str, int] = field(default_factory=dict)
    missed: tuple[str, ...] = ()
    acknowledged_by: str | None = None
    acknowledged_at: datetime | None = None


def night_of(page_id: int, entries: Iterable[TimelineEntry], handed_over_at: datetime) -> Night:
    """The night that ended when a page was handed over, out of its case's timeline.

    It begins where the page was handed over the time before, if it was.
    """
    since: datetime | None = None
    rings: Counter[str] = Counter()
    missed: dict[str, None] = {}
    taken: TimelineEntry | None = None
    for entry in entries:
        if entry.facts.get("page") != page_id:
            continue
        news = entry.facts.get("news")
        if entry.kind is EventKind.PAGE_RANG:
            since = since or entry.at
            rings[entry.facts["user"]] += 1
        elif entry.kind is EventKind.PAGE_ACKNOWLEDGED:
            taken = entry
        elif news == TeamNews.UNDELIVERABLE:
            missed[entry.facts["user"]] = None
        elif news == TeamNews.HANDED_OVER:
            if entry.at >= handed_over_at:
                break
            since, rings, missed, taken = None, Counter(), {}, None
    actor, at = (taken.actor, taken.at) if taken else (None, None)
    return Night(since, dict(rings), tuple(missed), actor, at)
