"""What people of the team ask to see of on-call: now, next, ahead, and at any instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from bot.domain.handoff import Handoff
from bot.domain.page_history import week_of, week_start
from bot.domain.readiness import AHEAD
from bot.domain.rotation import Shift
from bot.domain.schedule import HORIZON, Override, Schedule, changes
from bot.domain.segments import Segment
from bot.domain.wall_time import typed_instant
from bot.errors import UserError
from bot.messages.kit import Message
from bot.messages.oncall_views import OnCallFacts, OnCallLine, on_call_view, staff_at
from bot.messages.oncall_weeks import Week, WeeksFacts
from bot.services.desk import Desk
from bot.services.ports import Transaction
from bot.services.readiness import Readiness

FARTHEST = timedelta(days=3660)  # beyond that, a year is a slip of the finger


@dataclass(frozen=True)
class OnCallQueries:
    """The use cases of reading the schedule."""

    desk: Desk
    readiness: Readiness

    def lines(self, tx: Transaction, now: datetime) -> list[OnCallLine]:
        """Every level: who is on call now, and who next; no next where nothing changes."""
        schedule = tx.schedule.load(now)
        return [schedule.now_and_next(level, now) for level in self.desk.policy.paging.levels]

    def show(self, reader: str) -> Message:
        """Now and next, what is asked and changed, and the buttons for that reader."""
        now = self.desk.clock.now()
        with self.desk.store.reading() as tx:
            lines, schedule = self.lines(tx, now), tx.schedule.load(now)
            on_call = {user for shift, _ in lines for user in shift.users}
            reached = {user: tx.handoffs.last_reached(user) for user in on_call}
            missed = {
                user: found
                for shift, _ in lines
                for user in shift.users
                if (found := _missed(tx, shift.level, user))
            }
            requests = tx.requests.open(now)
            findings = self.readiness.findings(tx, now)
        overrides = sorted(
            (o for o in schedule.overrides if o.effect and o.effect.end > now),
            key=lambda override: (override.segment, override.id),
        )
        facts = OnCallFacts(
            reader=reader,
            now=now,
            lines=lines,
            reached=reached,
            missed=missed,
            requests=requests,
            findings=findings,
            overrides=overrides,
            idle=frozenset(o.id for o in overrides if _makes_no_difference(schedule, o, now)),
        )
        return on_call_view(self.desk.policy, facts)

    def weeks(self) -> WeeksFacts:
        """What is left of this week, and those of `AHEAD`."""
        now, zone = self.desk.clock.now(), self.desk.policy.hours.zone
        with self.desk.store.reading() as tx:
            schedule = tx.schedule.load(now)
        count = AHEAD // timedelta(weeks=1) + 1
        mondays = [week_of(now, zone) + timedelta(weeks=n) for n in range(count + 1)]
        starts = [now, *(week_start(monday, zone) for monday in mondays[1:])]
        levels = self.desk.policy.paging.levels
        shifts = {level: _shifts(schedule, level, now, starts[-1]) for level in levels}
        return WeeksFacts(
            now=now,
            until=now + HORIZON,
            weeks=[
                Week(monday, *_in_week(shifts, Segment(start, end)))
                for monday, (start, end) in zip(mondays, pairwise(starts), strict=False)
            ],
        )

    def at(self, typed: str) -> Message:
        """Who was on call at an instant, or will be.

        Raises:
            UserError: it is no time that can be answered.
        """
        now, zone = self.desk.clock.now(), self.desk.policy.hours.zone
        try:
            at = typed_instant(typed, zone)
        except ValueError:
            raise UserError(
                "That is no time that I can read. Write it by the office's clock, such as"
                " `/oncall at 2026-11-21 02:00`, or with an offset from UTC."
            ) from None
        return staff_at(self.desk.policy, at, self.staff(at), now)

    def staff(self, at: datetime) -> dict[str, tuple[str, ...]]:
        """Who was on call at an instant, or will be, at every level; `()` is nobody.

        Raises:
            UserError: it is too far away.
        """
        if abs(at - self.desk.clock.now()) > FARTHEST:
            raise UserError("That is more than ten years away. Is the year right?")
        at = at.astimezone(UTC)
        with self.desk.store.reading() as tx:
            found = tx.schedule.load(at).staff(at)
        return {level: found.get(level, ()) for level in self.desk.policy.paging.levels}


def _missed(tx: Transaction, level: str, user: str) -> Handoff | None:
    """The handoff by which somebody has a level, if they have not said so in time, nor since."""
    newest = tx.handoffs.newest(level, user)
    is_missed = newest and newest[1].missed_at and newest[1].confirmed_at is None
    return newest[1] if newest and is_missed else None


def _makes_no_difference(schedule: Schedule, override: Override, now: datetime) -> bool:
    """Whether the same people are on call without it, from now on."""
    effect = override.effect
    if effect is None:
        return True
    others = tuple(other for other in schedule.overrides if other.id != override.id)
    without, start = replace(schedule, overrides=others), max(effect.start, now)
    return not changes(without, schedule, [override.level], start, effect.end)


def _shifts(schedule: Schedule, level: str, start: datetime, end: datetime) -> tuple[Shift, ...]:
    """The shifts of a window; the last one as long as it is, however far beyond the window."""
    *shifts, last = schedule.shifts(level, start, end)
    whole, _ = schedule.now_and_next(level, last.segment.start)
    return (*shifts, whole)


def _in_week(
    shifts: Mapping[str, Sequence[Shift]], week: Segment
) -> tuple[Mapping[str, Sequence[Shift]], Mapping[str, tuple[str, ...]]]:
    """The shifts that begin in a week, by level; and who has each level as the week begins."""
    begin = {
        level: [shift for shift in found if week.contains(shift.segment.start)]
        for level, found in shifts.items()
    }
    hold = {
        level: next(shift.users for shift in found if shift.segment.contains(week.start))
        for level, found in shifts.items()
    }
    return begin, hold
