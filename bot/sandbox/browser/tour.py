"""The guided tour: five steps, each of a few things to do, and what of them is done. Pure.

What is done is read off what has happened, not off what was pressed here: a newcomer may take
any way there, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.events import EventKind, TimelineEntry
from bot.domain.support_hours import SupportHours
from bot.policy import Policy
from bot.sandbox.browser.rows import CaseRow


@dataclass(frozen=True)
class Way:
    """What a button of the tour does: be somebody somewhere, or turn the clock.

    `room` is a channel's name, or `dm` for the direct message with Casebell.
    """

    label: str
    person: str | None = None
    room: str | None = None
    moment: str | None = None
    minutes: int | None = None


@dataclass(frozen=True)
class Seen:
    """What the tour judges by. `told_of_maintenance`: when channels were told of it, in UTC."""

    cases: Sequence[CaseRow]
    told_of_maintenance: Sequence[datetime]
    now: datetime
    policy: Policy

    @property
    def hours(self) -> SupportHours:
        """When the office is open."""
        return self.policy.hours

    def by_day(self) -> list[CaseRow]:
        """Cases that were filed while the office was open."""
        return [row for row in self.cases if self.hours.is_open(row.case.opened_at)]

    def by_night(self) -> list[CaseRow]:
        """Those that woke somebody: filed while it was closed, and rung for."""
        return [
            row
            for row in self.cases
            if not self.hours.is_open(row.case.opened_at) and _of(row, EventKind.PAGE_RANG)
        ]


@dataclass(frozen=True)
class Task:
    """One thing to do: in words, with a shortcut, and how one sees that it is done."""

    text: str
    ways: tuple[Way, ...]
    is_done: Callable[[Seen], bool]


@dataclass(frozen=True)
class Step:
    """A few tasks that show one thing."""

    title: str
    why: str
    tasks: tuple[Task, ...]


def done(seen: Seen) -> tuple[tuple[bool, ...], ...]:
    """Of each step, which tasks are done."""
    return tuple(tuple(task.is_done(seen) for task in step.tasks) for step in STEPS)


def _of(row: CaseRow, *kinds: EventKind) -> list[TimelineEntry]:
    return [event for event in row.events if event.kind in kinds]


def _rung_in_vain(row: CaseRow) -> int:
    """How many people a case has rung before anybody took it."""
    people = set()
    for event in row.events:
        if event.kind is EventKind.PAGE_ACKNOWLEDGED:
            break
        if event.kind is EventKind.PAGE_RANG:
            people.add(event.facts["user"])
    return len(people)


def _rang_in_vain(people: int) -> Callable[[Seen], bool]:
    return lambda seen: any(_rung_in_vain(row) >= people for row in seen.by_night())


def _taken_late(seen: Seen) -> bool:
    late = (row for row in seen.by_night() if _rung_in_vain(row) > 1)
    return any(
        _of(row, EventKind.PAGE_ACKNOWLEDGED) and _of(row, EventKind.ANSWERED) for row in late
    )


def _has(kind: EventKind) -> Callable[[Seen], bool]:
    return lambda seen: any(_of(row, kind) for row in seen.cases)


def _back(seen: Seen) -> list[datetime]:
    """When customers came back to a case that was resolved."""
    return [event.at for row in seen.cases for event in _of(row, EventKind.REOPENED)]


def _told_since(seen: Seen) -> bool:
    """Told of maintenance in the tour's last step: there may have been notices all along."""
    back = _back(seen)
    return bool(back) and any(at > min(back) for at in seen.told_of_maintenance)


_ACME, _TEAM, _DM = "acme-casebell", "support-team", "dm"

STEPS = (
    Step(
        "File a case by day",
        "A customer asks, their clock starts, the team sees it and answers.",
        (
            Task(
                "Be Carla, a customer. In #acme-casebell press *Open a case* on the pinned message,"
                " or type `/case`. Fill the form in and submit it.",
                (Way("Be Carla", person="Carla", room=_ACME),),
                lambda seen: bool(seen.by_day()),
            ),
            Task(
                "Be Dora of the team. Her channel has the full card: press *Reply* and answer."
                " That stops the clock.",
                (Way("Be Dora", person="Dora", room=_TEAM),),
                lambda seen: any(_of(row, EventKind.ANSWERED) for row in seen.by_day()),
            ),
        ),
    ),
    Step(
        "File one by night",
        "Business Stopped while the office is closed wakes whoever is on call.",
        (
            Task(
                "Send the clock to Saturday, two in the morning.",
                (Way("Saturday 02:00", moment="saturday_night"),),
                lambda seen: bool(seen.by_night()) or not seen.hours.is_open(seen.now),
            ),
            Task(
                "Be Emil, who is in Acme's own Slack. Press *Open a case* and choose *Business"
                " Stopped*: the form says whom it wakes.",
                (Way("Be Emil", person="Emil", room=_ACME),),
                lambda seen: bool(seen.by_night()),
            ),
            Task(
                "A phone rings: Ana is the primary. Be Ana, and press *Acknowledge*.",
                (Way("Be Ana", person="Ana", room=_DM),),
                lambda seen: any(_of(row, EventKind.PAGE_ACKNOWLEDGED) for row in seen.by_night()),
            ),
            Task(
                "Answer the customer: press *Reply* on the page.",
                (Way("Be Ana", person="Ana", room=_DM),),
                lambda seen: any(_of(row, EventKind.ANSWERED) for row in seen.by_night()),
            ),
        ),
    ),
    Step(
        "Let nobody answer",
        "A page goes on, from one level to the next, until a person takes it.",
        (
            Task(
                "By night, file another Business Stopped as Emil. Then be nobody, and let time"
                " pass: Ana is rung twice, then Ben.",
                (
                    Way("Be Emil", person="Emil", room=_ACME),
                    Way("+5 minutes", minutes=5),
                ),
                _rang_in_vain(2),
            ),
            Task(
                "Wait on: Mia is the manager. Her do-not-disturb swallows it, so the team's channel"
                " is told as well.",
                (Way("+5 minutes", minutes=5), Way("Be Mia", person="Mia", room=_DM)),
                _rang_in_vain(3),
            ),
            Task(
                "Be Ben and press *Acknowledge*: the ringing stops, for everybody. Then *Reply*, or"
                " it begins again in half an hour.",
                (Way("Be Ben", person="Ben", room=_DM),),
                _taken_late,
            ),
        ),
    ),
    Step(
        "A customer replies",
        "Resolved is not the end: a reply opens the case again, and the team hears of it.",
        (
            Task(
                "Be Dora: on the card of the first case press *Resolve*, and say what it was.",
                (Way("Be Dora", person="Dora", room=_TEAM),),
                _has(EventKind.RESOLVED),
            ),
            Task(
                "Be Carla: open the thread of that case, and write that it happens again.",
                (Way("Be Carla", person="Carla", room=_ACME),),
                lambda seen: bool(_back(seen)),
            ),
        ),
    ),
    Step(
        "A maintenance weekend",
        "Every channel is told of planned maintenance, in each reader's own time.",
        (
            Task(
                "Go to just before the next reminder, then on to it.",
                (
                    Way("Maintenance reminder", moment="reminder"),
                    Way("+5 minutes", minutes=5),
                    Way("Be Paula", person="Paula", room="northwind-partner"),
                ),
                _told_since,
            ),
        ),
    ),
)
