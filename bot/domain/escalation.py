"""The page machine: who is rung, when, and when it stops.

A service gathers the facts, `open_page` and `step` decide, the service stores the page and acts on
the effects in one transaction. Every datetime is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from bot.domain.page import (
    Acknowledged,
    Answered,
    Due,
    Effect,
    EscalateNow,
    EscalationPolicy,
    Event,
    Office,
    Outcome,
    Page,
    PageState,
    RefreshPage,
    Ring,
    RingReason,
    Staff,
    Stale,
    StaleReason,
    Step,
    TeamNews,
    TellTeam,
    Undeliverable,
    Withdrawn,
)
from bot.domain.timers import CLOCKS_DIFFER

# A Due this late still counts as punctual, so that a round does not drift by the engine's ticks.
# After a longer outage the round goes on from now: nobody is rung twice to catch up.
PUNCTUAL = timedelta(minutes=1)


def open_page(
    policy: EscalationPolicy,
    now: datetime,
    office: Office,
    staff: Staff,
    quiet: frozenset[str] = frozenset(),
) -> Outcome:
    """Open a page: held while the office is open, ringing at once otherwise.

    The closing instant itself is outside, so a case filed then rings. `quiet` is as for `step`.
    """
    if office.is_open:
        return Outcome(Page(PageState.HELD, office.closes_at))
    page = Page(PageState.RINGING, due_at=now)
    return _Decision(policy, now, office, staff, quiet).ring_next(page, now)


def step(
    page: Page,
    policy: EscalationPolicy,
    event: Event,
    now: datetime,
    office: Office,
    staff: Staff,
    quiet: frozenset[str] = frozenset(),
) -> Outcome | Stale:
    """What the event makes of the page, or why it makes nothing of it; it never raises.

    `policy` is the one stamped on the page. An accepted EscalateNow with no Ring among its
    effects found nobody to ring. While the office is open the page is the team's: nobody
    acknowledges or escalates it, even if the Due that hands it over is late.

    `quiet` are those for whom Slack keeps quiet now. Where it does so for everybody who is to be
    rung, and no route rings them before the next step, those of the next steps ring together with
    them, until one is rung who hears it. That moves no step's time: each rings its people again
    when it comes.
    """
    if stale := _why_stale(page, policy, event, now, office):
        return stale
    page = replace(page, version=page.version + 1)
    decide = _Decision(policy, now, office, staff, quiet)
    match event:
        case Due():
            return decide.due(page)
        case Acknowledged(by):
            return decide.acknowledged(page, by)
        case EscalateNow():
            return decide.escalated(page)
        case Undeliverable(user):
            return decide.undeliverable(page, user)
        case Answered() | Withdrawn():
            return Outcome(replace(page, state=PageState.CLOSED, due_at=None), (RefreshPage(),))
    assert_never(event)


def is_put_off(
    state: PageState, due_at: datetime | None, policy: EscalationPolicy, now: datetime
) -> bool:
    """Whether a page waits longer than any step of it does: a clock was set back since."""
    if due_at is None or state is PageState.HELD:
        return False
    return due_at - now > policy.longest_wait(state) + CLOCKS_DIFFER


def _why_stale(
    page: Page, policy: EscalationPolicy, event: Event, now: datetime, office: Office
) -> Stale | None:
    if page.due_at is None:
        return Stale(StaleReason.CLOSED)
    match event:
        case Due() if now < page.due_at and not is_put_off(page.state, page.due_at, policy, now):
            return Stale(StaleReason.NOT_DUE)
        case Acknowledged() | EscalateNow() if office.is_open or page.state is PageState.HELD:
            return Stale(StaleReason.WITH_TEAM)
        case EscalateNow(drawn=drawn) if drawn >= page.level_version:
            return None
        case Acknowledged() | EscalateNow() if page.state is PageState.ACKNOWLEDGED:
            return Stale(
                StaleReason.ALREADY_ACKNOWLEDGED, page.acknowledged_by, page.acknowledged_at
            )
        case EscalateNow():
            return Stale(StaleReason.MOVED_ON)
    return None


@dataclass(frozen=True)
class _Decision:
    """The facts of one instant, and the transitions they allow.

    A page comes in with its new version. `at` is the instant that a ring counts from: the due time
    of a punctual Due, otherwise now.
    """

    policy: EscalationPolicy
    now: datetime
    office: Office
    staff: Staff
    quiet: frozenset[str]

    def due(self, page: Page) -> Outcome:
        if self.office.is_open:
            refresh = () if page.state is PageState.HELD else (RefreshPage(),)
            held = Page(PageState.HELD, self.office.closes_at, page.version)
            return Outcome(held, (TellTeam(TeamNews.HANDED_OVER), *refresh))
        if page.acknowledged_by is not None:
            if is_put_off(page.state, page.due_at, self.policy, self.now):
                # Nobody knows how long they have had it: they have their time from now.
                due_at = self._before_opening(self.now + self.policy.answer_within)
                return Outcome(replace(page, due_at=due_at))
            return self._not_answered(page, page.acknowledged_by)
        if page.rung:  # Slack took at least one of the rings: the silence is over
            page = replace(page, silence_said=None)
        if page.next_step in (0, len(self.policy.steps)):
            page = replace(page, unreachable=frozenset())
        due_at = page.due_at or self.now
        at = due_at if timedelta(0) <= self.now - due_at <= PUNCTUAL else self.now
        if page.state is PageState.EXHAUSTED:
            return self._ring_everybody(page, at, RingReason.LAST_RESORT)
        return self.ring_next(page, at)

    def acknowledged(self, page: Page, by: str) -> Outcome:
        page = replace(
            page,
            state=PageState.ACKNOWLEDGED,
            due_at=self._before_opening(self.now + self.policy.answer_within),
            level_version=page.version,
            silence_said=None,
            acknowledged_by=by,
            acknowledged_level=self._level_of(by),
            acknowledged_at=self.now,
        )
        return Outcome(page, (RefreshPage(),))

    def escalated(self, page: Page) -> Outcome:
        """Ring the first step with somebody new beyond the present level; else everybody."""
        level, heard, redraw = page.level, page.rung, False
        if page.acknowledged_by is not None:
            level, heard, redraw = page.acknowledged_level, frozenset({page.acknowledged_by}), True
        if not page.rung:  # somebody insists, so those whom Slack refused are tried again
            page = replace(page, unreachable=frozenset())
        index = self._step_beyond(page, level, heard)
        if index is None:
            outcome = self._ring_everybody(page, self.now, RingReason.ESCALATED)
        else:
            outcome = self._ring_step(page, index, self.now, RingReason.ESCALATED)
        return _also(outcome, after=(RefreshPage(),)) if redraw else outcome

    def undeliverable(self, page: Page, user: str) -> Outcome:
        """An unreachable person costs no wait, unless others of the same ring can still answer."""
        told = () if user in page.unreachable_said else (TellTeam(TeamNews.UNDELIVERABLE, user),)
        page = replace(
            page,
            unreachable=page.unreachable | {user},
            unreachable_said=page.unreachable_said | {user},
        )
        outcome = Outcome(page)
        if user in page.rung and not self.office.is_open:
            if page.state is PageState.RINGING and page.rung <= page.unreachable:
                outcome = self.ring_next(page, self.now)
            elif page.state is PageState.RINGING:
                outcome = self._join(page)
            elif page.state is PageState.EXHAUSTED and page.rung <= page.unreachable:
                outcome = self._ring_everybody(page, self.now, RingReason.LAST_RESORT)
        return _also(outcome, before=told)

    def ring_next(self, page: Page, at: datetime) -> Outcome:
        """Ring the next step that has somebody to ring; those that have nobody take no time."""
        ahead = self.policy.steps[page.next_step :]
        for index, coming in enumerate(ahead, start=page.next_step):
            if self._reachable(page, coming.levels):
                return self._ring_step(page, index, at)
        if not self._reachable(page, self.policy.levels):
            return self._silence(page)
        told = _no_answer_yet(page, ahead)
        page = replace(page, unreachable=frozenset())
        if page.round < self.policy.rounds:
            page = replace(page, round=page.round + 1, next_step=0)
            return _also(self.ring_next(page, at), before=told)
        page = replace(page, state=PageState.EXHAUSTED)
        outcome = self._ring_everybody(page, at, RingReason.LAST_RESORT)
        return _also(outcome, before=(TellTeam(TeamNews.EXHAUSTED),))

    def _ring_step(
        self, page: Page, index: int, at: datetime, reason: RingReason | None = None
    ) -> Outcome:
        steps = self.policy.steps
        following = [step.after for step in steps[index + 1 :]] + [self.policy.round_length]
        due = at + following[0] - steps[index].after
        told = _no_answer_yet(page, steps[page.next_step : index + 1])
        people = self._reachable(page, steps[index].levels)
        page = replace(page, next_step=index + 1)
        together = self._together(page, people, due)
        return _also(self._ring(page, people, due, reason, together), after=told)

    def _ring_everybody(self, page: Page, at: datetime, reason: RingReason) -> Outcome:
        people = self._reachable(page, self.policy.levels)
        if not people:
            return self._silence(page)
        wait = self.policy.round_length - self.policy.steps[-1].after
        if page.state is PageState.EXHAUSTED:
            wait = self.policy.last_resort_every
        page = replace(page, next_step=len(self.policy.steps))
        return self._ring(page, people, at + wait, reason)

    def _not_answered(self, page: Page, acknowledger: str) -> Outcome:
        """Ring the acknowledger and the next level that has somebody else; then a new round."""
        page = replace(page, round=1, next_step=0, unreachable=frozenset())
        people: dict[str, str | None] = {acknowledger: page.acknowledged_level}
        for level in self._levels_beyond(page.acknowledged_level):
            for user in self._reachable(page, [level]):
                people.setdefault(user, level)
            if len(people) > 1:
                break
        due = self.now + self.policy.answer_pause
        together = self._together(page, people, due)
        outcome = self._ring(page, people, due, RingReason.NOT_ANSWERED, together)
        told = TellTeam(TeamNews.NOT_ANSWERED, acknowledger)
        return _also(outcome, after=(told, RefreshPage()))

    def _ring(
        self,
        page: Page,
        people: Mapping[str, str | None],
        due: datetime,
        reason: RingReason | None,
        together: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Ring these people; without a reason given, it follows from what the page rang before.

        Those who are rung together with them make no difference to where the page stands.
        """
        rung_levels = (level for level in people.values() if level is not None)
        level = max(rung_levels, key=self.policy.levels.index, default=page.level)
        if reason is None:
            reason = RingReason.AGAIN
            if page.level is None:
                reason = RingReason.FIRST
            elif level in self._levels_beyond(page.level):
                reason = RingReason.ESCALATED
        still_theirs = level == page.level and reason is RingReason.AGAIN
        page = replace(
            self._waiting(page, due),
            level=level,
            level_version=page.level_version if still_theirs else page.version,
            rung=frozenset(people),
            quiet=self.quiet & people.keys(),
        )
        rings = tuple(Ring(at, user, reason) for user, at in people.items())
        return _also(self._rung_together(page, together or {}), before=rings)

    def _together(
        self, page: Page, rung: Mapping[str, str | None], due: datetime
    ) -> dict[str, str]:
        """Whom the next steps ring at once, since nobody hears it whom this one rings.

        Nobody while somebody is rung who does; of the steps that follow, as many as it takes
        until there is one, each with those it brings anew. `due` is when the next step would ring.
        """
        people: dict[str, str] = {}
        for coming in self.policy.steps[page.next_step :]:
            if any(self._hears(user, level, due) for user, level in {**rung, **people}.items()):
                break
            for user, level in self._reachable(page, coming.levels).items():
                if user not in rung:
                    people.setdefault(user, level)
        return people

    def _join(self, page: Page) -> Outcome:
        """Some of those rung are out of reach: if Slack keeps quiet for the rest, ring more."""
        left = {user: self._level_of(user) for user in page.rung - page.unreachable}
        more = self._together(page, left, page.due_at or self.now)
        if not more:
            return Outcome(page)
        page = replace(page, rung=frozenset(left), quiet=self.quiet & left.keys())
        return self._rung_together(page, more)

    def _hears(self, user: str, level: str | None, due: datetime) -> bool:
        """Whether somebody rung now hears it before `due`: in Slack, or by a route."""
        in_time = (route for route in self.policy.routes if self.now + route.after < due)
        return user not in self.quiet or any(level in route.levels for route in in_time)

    def _level_of(self, user: str) -> str | None:
        """The first level at which somebody is on call."""
        levels = (level for level in self.policy.levels if user in self.staff.get(level, ()))
        return next(levels, None)

    def _rung_together(self, page: Page, people: Mapping[str, str]) -> Outcome:
        page = replace(
            page,
            rung=page.rung | people.keys(),
            quiet=page.quiet | (self.quiet & people.keys()),
        )
        together = RingReason.TOGETHER
        return Outcome(page, tuple(Ring(at, user, together) for user, at in people.items()))

    def _silence(self, page: Page) -> Outcome:
        """Nobody can be rung: say so once, and look again from the start of the round."""
        on_call = any(self.staff.get(level) for level in self.policy.levels)
        news = TeamNews.NOBODY_REACHABLE if on_call else TeamNews.NOBODY_ON_CALL
        told = () if page.silence_said is news else (TellTeam(news),)
        page = replace(
            self._waiting(page, self.now + self.policy.lookup_every),
            next_step=0,
            rung=frozenset(),
            quiet=frozenset(),
            silence_said=news,
        )
        return Outcome(page, told)

    def _waiting(self, page: Page, due: datetime) -> Page:
        exhausted = page.state is PageState.EXHAUSTED
        return replace(
            page,
            state=PageState.EXHAUSTED if exhausted else PageState.RINGING,
            due_at=self._before_opening(due),
            acknowledged_by=None,
            acknowledged_level=None,
            acknowledged_at=None,
        )

    def _before_opening(self, due: datetime) -> datetime:
        return max(self.now, min(due, self.office.opens_at))

    def _reachable(self, page: Page, levels: Iterable[str]) -> dict[str, str]:
        """Whom Slack has not refused in this round, each once, with the first of their levels."""
        people: dict[str, str] = {}
        for level in levels:
            for user in self.staff.get(level, ()):
                if user not in page.unreachable:
                    people.setdefault(user, level)
        return people

    def _levels_beyond(self, level: str | None) -> tuple[str, ...]:
        """Those after the level; all of them after None."""
        levels = self.policy.levels
        return levels if level is None else levels[levels.index(level) + 1 :]

    def _step_beyond(self, page: Page, level: str | None, heard: frozenset[str]) -> int | None:
        """The first step that brings somebody new from a level beyond this one."""
        if page.state is PageState.EXHAUSTED:
            return None
        beyond = self._levels_beyond(level)
        for index, candidate in enumerate(self.policy.steps):
            levels = [level for level in candidate.levels if level in beyond]
            if self._reachable(page, levels).keys() - heard:
                return index
        return None


def _also(
    outcome: Outcome, before: tuple[Effect, ...] = (), after: tuple[Effect, ...] = ()
) -> Outcome:
    return replace(outcome, effects=(*before, *outcome.effects, *after))


def _no_answer_yet(page: Page, steps: Iterable[Step]) -> tuple[Effect, ...]:
    """What the team is told for these steps; nothing while it knows that nobody can be rung."""
    if page.silence_said is None and any(step.tell_team for step in steps):
        return (TellTeam(TeamNews.NO_ANSWER_YET),)
    return ()
