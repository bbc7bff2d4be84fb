"""What is said of a page: its escalation policy, its state, what happens to it, what follows.

Every datetime is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any, TypeAlias

from bot.domain.route import Route

#: The user ids on call now at each level; a level may be missing or have several.
Staff: TypeAlias = Mapping[str, tuple[str, ...]]


class PageState(StrEnum):
    """Where a page stands; all but `CLOSED` are open and have a due time."""

    HELD = "held"  # the office is open, so the case is the team's; rings at closing
    RINGING = "ringing"
    ACKNOWLEDGED = "acknowledged"  # somebody has it, the customer is not answered yet
    EXHAUSTED = "exhausted"  # every round went unanswered: everybody rings until somebody has it
    CLOSED = "closed"


RINGING = frozenset({PageState.RINGING, PageState.EXHAUSTED})


class Woken(StrEnum):
    """Who hears at once, by a page, of a case that cannot wait; its reporter is told."""

    ON_CALL = "on_call"
    HAS_IT = "has_it"  # somebody of on-call, by now
    TEAM = "team"  # nobody on call can be reached, so its channel is called
    NOBODY = "nobody"


class RingReason(StrEnum):
    """Why this person is rung now, for the words of the message."""

    FIRST = "first"
    AGAIN = "again"
    ESCALATED = "escalated"
    NOT_ANSWERED = "not_answered"
    LAST_RESORT = "last_resort"
    TOGETHER = "together"  # Slack keeps quiet for everybody who was to be rung


class TeamNews(StrEnum):
    """What TEAM_CHANNEL is told about a page."""

    NO_ANSWER_YET = "no_answer_yet"
    EXHAUSTED = "exhausted"
    NOBODY_ON_CALL = "nobody_on_call"
    NOBODY_REACHABLE = "nobody_reachable"
    UNDELIVERABLE = "undeliverable"
    NOT_ANSWERED = "not_answered"
    HANDED_OVER = "handed_over"
    ROUTE_REFUSED = "route_refused"
    SLACK_WAS_SILENT = "slack_was_silent"


class StaleReason(StrEnum):
    """Why an event came too late, or too early, to mean anything."""

    CLOSED = "closed"
    NOT_DUE = "not_due"
    WITH_TEAM = "with_team"  # the office is open: answering the customer is what ends the page
    ALREADY_ACKNOWLEDGED = "already_acknowledged"
    MOVED_ON = "moved_on"  # the page has rung somebody else since the button was drawn


@dataclass(frozen=True)
class Step:
    """The levels that ring so long `after` a round began, and whether TEAM_CHANNEL hears of it."""

    after: timedelta
    levels: tuple[str, ...]
    tell_team: bool = False


_WAITS = ("round_length", "last_resort_every", "answer_within", "answer_pause", "lookup_every")


@dataclass(frozen=True)
class EscalationPolicy:
    """Who is rung in which order; stamped on a page when it opens.

    `answer_within` runs from an acknowledgement; `answer_pause` lies between the rings for a
    customer left unanswered and the round that follows; `lookup_every` is how often the roster is
    looked up again when nobody could be rung. `routes` are other ways to ring than Slack.

    Raises:
        ValueError: the steps cannot be carried out as they stand.
    """

    levels: tuple[str, ...]
    steps: tuple[Step, ...]
    round_length: timedelta
    rounds: int
    last_resort_every: timedelta
    answer_within: timedelta
    answer_pause: timedelta
    lookup_every: timedelta
    routes: tuple[Route, ...] = ()

    def __post_init__(self) -> None:
        times = [step.after for step in self.steps]
        rung = {level for step in self.steps for level in step.levels}
        names = [route.name for route in self.routes]
        for holds, rule in (
            (times[:1] == [timedelta(0)], "the first step rings at 0 minutes"),
            (times == sorted(set(times)), "each step comes later than the one before"),
            (all(time < self.round_length for time in times), "a round is longer than its steps"),
            (all(step.levels for step in self.steps), "every step rings a level"),
            (rung == set(self.levels), "the levels are those that the steps ring"),
            (len(set(self.levels)) == len(self.levels), "a level is listed once"),
            (self.rounds >= 1, "there is at least one round"),
            (all(getattr(self, wait) > timedelta(0) for wait in _WAITS), "every wait is positive"),
            (len(set(names)) == len(names), "routes differ in name"),
            (all(set(r.levels) <= rung for r in self.routes), "routes ring levels that there are"),
        ):
            if not holds:
                raise ValueError(f"escalation policy: {rule}")

    def longest_wait(self, state: PageState) -> timedelta:
        """No page that people are rung for, or have, waits longer than that for its next step."""
        if state is PageState.ACKNOWLEDGED:
            return self.answer_within
        after = [step.after for step in self.steps]
        waits = [later - step for step, later in pairwise([*after, self.round_length])]
        if state is PageState.EXHAUSTED:
            waits.append(self.last_resort_every)
        return max(*waits, self.lookup_every, self.answer_pause)

    def to_dict(self) -> dict[str, Any]:
        """The policy as JSON takes it, durations in seconds."""
        steps = [
            {
                "after": step.after.total_seconds(),
                "levels": list(step.levels),
                "tell_team": step.tell_team,
            }
            for step in self.steps
        ]
        waits = {wait: getattr(self, wait).total_seconds() for wait in _WAITS}
        routes = [route.to_dict() for route in self.routes]
        return {
            "levels": list(self.levels),
            "steps": steps,
            "rounds": self.rounds,
            "routes": routes,
            **waits,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> EscalationPolicy:
        """The policy that `to_dict` wrote."""
        return cls(
            levels=tuple(stored["levels"]),
            steps=tuple(
                Step(timedelta(seconds=step["after"]), tuple(step["levels"]), step["tell_team"])
                for step in stored["steps"]
            ),
            rounds=stored["rounds"],
            routes=tuple(Route.from_dict(route) for route in stored.get("routes", ())),
            **{wait: timedelta(seconds=stored[wait]) for wait in _WAITS},
        )


@dataclass(frozen=True)
class Page:
    """One page of one case, as stored.

    `version` grows with every accepted event; a button carries the version it was drawn at.
    `level` is the furthest level of the last ring. `level_version` is the version since when the
    page has been with that level, or with who acknowledged it: a button to escalate that was drawn
    earlier means a situation that is over. The acknowledgement is set while the page is
    acknowledged, and stays on a page closed from there; its level is None for somebody who was
    not on call.
    """

    state: PageState
    due_at: datetime | None
    version: int = 1
    round: int = 1
    next_step: int = 0  # as many as there are steps: the round is over at `due_at`
    level: str | None = None
    level_version: int = 1
    rung: frozenset[str] = frozenset()  # by the last ring; empty when nobody could be
    quiet: frozenset[str] = frozenset()  # those of them for whom Slack kept quiet then
    unreachable: frozenset[str] = frozenset()  # refused by Slack in this round
    unreachable_said: frozenset[str] = frozenset()  # the team knows, and is not told each round
    silence_said: TeamNews | None = None  # NOBODY_ON_CALL or NOBODY_REACHABLE, while it lasts
    acknowledged_by: str | None = None
    acknowledged_level: str | None = None
    acknowledged_at: datetime | None = None

    @property
    def is_ringing(self) -> bool:
        """Whether people are rung, or looked for, until somebody has it."""
        return self.state in RINGING

    @property
    def rings_nobody(self) -> bool:
        """Whether people are looked for, and nobody is found."""
        return self.is_ringing and not self.rung

    @property
    def woke(self) -> Woken:
        """Who hears of it now; of one that is held, the team will in its own time."""
        if self.is_ringing:
            return Woken.ON_CALL if self.rung else Woken.TEAM
        return Woken.HAS_IT if self.acknowledged_by is not None else Woken.NOBODY


@dataclass(frozen=True)
class Office:
    """The support hours seen from now: the next opening and closing of the calendar, after now."""

    is_open: bool
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True)
class Due:
    """The page's due time has come."""


@dataclass(frozen=True)
class Acknowledged:
    """Somebody of the team has it; the customer is not answered yet."""

    by: str


@dataclass(frozen=True)
class EscalateNow:
    """Somebody wants the next level, by a button drawn at the version `drawn`."""

    by: str
    drawn: int


@dataclass(frozen=True)
class Undeliverable:
    """Slack refused for good to deliver a ring."""

    user: str


@dataclass(frozen=True)
class Answered:
    """The team answered the customer."""

    by: str


class WhyWithdrawn(StrEnum):
    """Why a page is over although nobody has answered the customer."""

    RESOLVED = "resolved"
    LOWERED = "lowered"


@dataclass(frozen=True)
class Withdrawn:
    """The case is resolved, or no longer severe enough to wake anybody."""

    by: str
    why: WhyWithdrawn


Event: TypeAlias = Due | Acknowledged | EscalateNow | Undeliverable | Answered | Withdrawn


@dataclass(frozen=True)
class Ring:
    """Send the person a new message; `level` is None for one rung as acknowledger alone."""

    level: str | None
    user: str
    reason: RingReason


@dataclass(frozen=True)
class TellTeam:
    """Post to TEAM_CHANNEL; `user` is whom an UNDELIVERABLE or NOT_ANSWERED is about."""

    news: TeamNews
    user: str | None = None


@dataclass(frozen=True)
class RefreshPage:
    """Redraw in place every message that the page has sent so far."""


Effect: TypeAlias = Ring | TellTeam | RefreshPage


@dataclass(frozen=True)
class Outcome:
    """The page to store, and what to do about it, in order."""

    page: Page
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class Stale:
    """The event changes nothing; `by` and `at` tell who had acknowledged, and when."""

    why: StaleReason
    by: str | None = None
    at: datetime | None = None
