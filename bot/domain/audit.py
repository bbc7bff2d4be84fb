"""What the auditor looks for: what is as promised, and what is a finding.

Every instant is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.domain.delivery import LEASE, LONGEST_WAIT, SEND_TIMEOUT
from bot.domain.page import PageState
from bot.domain.timers import CLOCKS_DIFFER, LONGEST_PUSH

# The engine looks at least once a second: what is a minute late is not being done.
LATE = timedelta(minutes=1)
# Slack takes about one message a second in a channel, so a burst of some hundreds takes minutes.
MESSAGE_LATE = timedelta(minutes=5)
SLACK_SILENT = timedelta(minutes=5)
# Put off by 1, 2, 4, 8 and 16 s: half a minute in vain is no moment.
OFTEN = 5
TICK_STALE = timedelta(minutes=1)
# Nothing that is tried again waits longer, by the clock of any machine.
LONGEST_RETRY = LONGEST_WAIT + CLOCKS_DIFFER
# A lease is written by one machine's clock and judged by another's. A send that is begun at once
# takes SEND_TIMEOUT of it at most; two clocks, each off by half of what is left, do not make it end
# before that. One that is begun late, after a look-up, has less to spare: there, clocks have to be
# right, as NTP keeps them.
LEASE_HOLDS = (LEASE - timedelta(seconds=SEND_TIMEOUT)) / 2
MOST_NAMED = 20  # findings of one check; more would be no message that people read


class Check(StrEnum):
    """Everything that can be wrong, the most urgent first."""

    PAGE_LATE = "page_late"
    PAGE_UNPLANNED = "page_unplanned"
    PAGE_UNDELIVERED = "page_undelivered"
    RESPONSE_LATE = "response_late"
    RESPONSE_UNPLANNED = "response_unplanned"
    TICK_STALE = "tick_stale"
    TIMERS_LATE = "timers_late"
    TIMERS_FAILING = "timers_failing"
    SLACK_SILENT = "slack_silent"
    PLACE_SILENT = "place_silent"
    MESSAGES_LATE = "messages_late"
    HANDOFF_UNPLANNED = "handoff_unplanned"
    NOTICE_UNPLANNED = "notice_unplanned"
    CLOCK_SET_BACK = "clock_set_back"
    CLOCK_WRONG = "clock_wrong"
    LOOK_FAILED = "look_failed"


@dataclass(frozen=True)
class Finding:
    """Something that is not as promised.

    Args:
        about: tells it from other findings of its check: a page's number, a window's key.
        facts: ids, instants and counts, never words.
        process: which process alone can see it; empty: every engine sees it in the database.
    """

    check: Check
    about: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    process: str = ""

    @property
    def key(self) -> str:
        """The same for the same thing, whenever and by whomever it is found."""
        return f"{self.check}:{self.about}:{self.process}"

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON takes it."""
        return {
            "check": self.check.value,
            "about": self.about,
            "facts": dict(self.facts),
            "process": self.process,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Finding:
        """The finding that `to_dict` wrote.

        Raises:
            ValueError: only a newer version knows its check.
        """
        return cls(
            Check(stored["check"]), stored["about"], stored["facts"], stored.get("process", "")
        )


def is_kept(promised_at: datetime | None, due_at: datetime, now: datetime) -> bool:
    """Whether a timer will come in time; one that has to wait, or fails, was put off a little."""
    return promised_at is not None and promised_at <= max(due_at, now) + LONGEST_PUSH


@dataclass(frozen=True)
class OpenPage:
    """A page that is not over, as far as the auditor has to know it."""

    id: int
    case_number: int
    version: int
    due_at: datetime | None
    state: PageState
    policy: Mapping[str, Any] = field(default_factory=dict)
    """Its escalation policy, as it was stamped."""


@dataclass(frozen=True)
class Counts:
    """How much there is, for `/status`."""

    open_cases: int
    awaiting_response: int
    open_pages: int
    due_timers: int
    waiting_messages: int
    oldest_message: datetime | None


@dataclass(frozen=True)
class Tried:
    """A place that Slack was offered messages for in vain.

    Args:
        place: the channel, or the person whose DM it is.
        is_page: whether they are pages, or news of them.
        since: since when the oldest of them waits.
        taken_at: when Slack took something for that place last, if it was after that.
    """

    place: str
    is_page: bool
    since: datetime
    taken_at: datetime | None = None


@dataclass(frozen=True)
class Waiting:
    """What waits to be sent.

    Args:
        page_due: when the earliest page, call or other urgent message was due that nobody has.
        other_due: the same of all other messages.
        tried: the places that Slack was offered messages for in vain.
        taken_at: when Slack took something of ours last.
    """

    page_due: datetime | None = None
    other_due: datetime | None = None
    tried: tuple[Tried, ...] = ()
    taken_at: datetime | None = None


def of_pages(pages: Iterable[OpenPage], now: datetime) -> list[Finding]:
    """The pages whose next step should have come by now."""
    late = [page for page in pages if page.due_at is not None and now - page.due_at > LATE]
    return [
        Finding(
            Check.PAGE_LATE,
            str(page.id),
            {"case": page.case_number, "at": page.due_at.isoformat() if page.due_at else ""},
        )
        for page in late[:MOST_NAMED]
    ]


def of_responses(running: Iterable[tuple[int, datetime]], now: datetime) -> list[Finding]:
    """The cases that are overdue although no breach is on record; with numbers and due times."""
    late = [(number, due_at) for number, due_at in running if now - due_at > LATE]
    return [
        Finding(Check.RESPONSE_LATE, str(number), {"case": number, "at": due_at.isoformat()})
        for number, due_at in late[:MOST_NAMED]
    ]


def of_timers(late: int, oldest: datetime | None, failing: Mapping[str, int]) -> list[Finding]:
    """Promises that are late, and kinds of them that fail again and again."""
    found = []
    if late and oldest is not None:
        facts = {"count": late, "at": oldest.isoformat()}
        found.append(Finding(Check.TIMERS_LATE, facts=facts))
    for kind, count in sorted(failing.items()):
        found.append(Finding(Check.TIMERS_FAILING, kind, {"kind": kind, "count": count}))
    return found


def of_messages(waiting: Waiting, now: datetime, *, slack_known: bool) -> list[Finding]:
    """Messages that nobody sends; or that Slack takes none, which explains all that waits.

    Of one place alone nobody can tell: then it is that place to which they do not go.
    """
    since = _silent_since(waiting) if slack_known else _unknown_since(waiting)
    if since is not None and now - since >= SLACK_SILENT:
        return [Finding(Check.SLACK_SILENT, facts={"at": since.isoformat()})]
    if not slack_known and since is not None:
        return []
    found = [finding for tried in waiting.tried if (finding := _of_place(tried, now))]
    late = [
        due_at
        for due_at, patience in ((waiting.page_due, LATE), (waiting.other_due, MESSAGE_LATE))
        if due_at is not None and now - due_at > patience
    ]
    if late:
        found.append(Finding(Check.MESSAGES_LATE, facts={"at": min(late).isoformat()}))
    return found[:MOST_NAMED]


def _silent_since(waiting: Waiting) -> datetime | None:
    """Since when two places or more have had nothing, and nor has any other."""
    places: dict[str, datetime] = {}
    for tried in waiting.tried:
        places[tried.place] = min(tried.since, places.get(tried.place, tried.since))
    if len(places) < 2:
        return None
    second = sorted(places.values())[1]
    return max(second, waiting.taken_at or second)


def _unknown_since(waiting: Waiting) -> datetime | None:
    """Since when messages wait for a Slack that has not said who we are."""
    waits = [waiting.page_due, waiting.other_due, *(tried.since for tried in waiting.tried)]
    since = min(filter(None, waits), default=None)
    return max(since, waiting.taken_at or since) if since else None


def _of_place(tried: Tried, now: datetime) -> Finding | None:
    """What one place does not get; a page counts from when it was written, whatever else goes."""
    since = tried.since
    if tried.is_page:
        check, patience = Check.PAGE_UNDELIVERED, LATE
    else:
        check, patience = Check.PLACE_SILENT, MESSAGE_LATE
        since = max(since, tried.taken_at or since)
    if now - since <= patience:
        return None
    return Finding(check, tried.place, {"place": tried.place, "at": since.isoformat()})


def of_tick(age: timedelta, process: str, now: datetime) -> list[Finding]:
    """Whether this process still ticks."""
    if age <= TICK_STALE:
        return []
    return [Finding(Check.TICK_STALE, facts={"at": (now - age).isoformat()}, process=process)]


def of_clock(ahead: timedelta, process: str) -> list[Finding]:
    """That this machine's clock is not the database's: then two may send the same message."""
    if abs(ahead) <= LEASE_HOLDS:
        return []
    facts = {"seconds": round(ahead.total_seconds())}
    return [Finding(Check.CLOCK_WRONG, facts=facts, process=process)]


def misleads(finding: Finding) -> bool:
    """Whether it is a clock by which what others wait for in time looks put off."""
    if finding.check is not Check.CLOCK_WRONG:
        return False
    return bool(abs(finding.facts["seconds"]) > CLOCKS_DIFFER.total_seconds())
