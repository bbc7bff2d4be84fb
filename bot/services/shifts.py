"""The schedule, read and changed: whoever changes it has everybody told, and plans what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.cover import WhyChanged
from bot.domain.outbox import Draft, MessageKind
from bot.domain.schedule import HORIZON, Change, Schedule, changes
from bot.domain.segments import Segment
from bot.domain.timers import Timer, TimerKind
from bot.services.desk import Desk
from bot.services.handoffs import SCHEDULE, Handoffs
from bot.services.ports import Transaction

# A change is looked over so long after it: those who set level after level read of none of them
# that it is still empty.
_SETTLED = timedelta(minutes=1)
_MOST_STRETCHES = 3  # of one person, before and after, in the message about a change


@dataclass(frozen=True)
class Changing:
    """A change of the schedule under way: the transaction, the schedule before it, and now."""

    tx: Transaction
    before: Schedule
    now: datetime


@dataclass(frozen=True)
class Shifts:
    """What other use cases know of the schedule, and how they change it."""

    desk: Desk
    handoffs: Handoffs

    def schedule(self, tx: Transaction, now: datetime) -> Schedule:
        """As it holds from now on."""
        return tx.schedule.load(now)

    def staff(self, tx: Transaction, now: datetime) -> Mapping[str, tuple[str, ...]]:
        """Who is on call now, by level; a level with nobody is absent."""
        return self.schedule(tx, now).staff(now)

    @contextmanager
    def changing(self, by: str | None, why: WhyChanged | None = None) -> Iterator[Changing]:
        """Change the schedule, in a transaction that nobody else changes it in.

        Everybody whose coming shift is another one afterwards is told, but for who did it.

        Args:
            by: who changes it; None at the command line.
            why: what they did, for those who are told.
        """
        with self.desk.store.transaction() as tx:
            tx.marks.lock(SCHEDULE)
            now = self.desk.clock.now()
            self.handoffs.follow(tx, now)
            before = self.schedule(tx, now)
            yield Changing(tx, before, now)
            after = self.schedule(tx, now)
            self._tell(tx, before, after, by, why, now)
            self.handoffs.changed(tx, now, by)
            settled = Timer(TimerKind.READINESS, now + _SETTLED, f"readiness:{now.isoformat()}", {})
            tx.timers.add(settled)

    def _tell(
        self,
        tx: Transaction,
        before: Schedule,
        after: Schedule,
        by: str | None,
        why: WhyChanged | None,
        now: datetime,
    ) -> None:
        levels = self.desk.policy.paging.levels
        seen = Segment(now, now + HORIZON)
        for user, changed in changes(before, after, levels, seen.start, seen.end).items():
            if user != by:
                facts = {"by": by, "why": why, "changes": [_facts(c, seen) for c in changed]}
                draft = Draft(
                    kind=MessageKind.SHIFT_CHANGED,
                    subject=f"shifts:{user}",
                    dedupe_key=None,  # two changes at one instant are two
                    due_at=now,
                    facts=facts,
                    user_id=user,
                )
                tx.outbox.add(draft, now)


def _facts(change: Change, seen: Segment) -> Mapping[str, object]:
    return {
        "level": change.level,
        "before": _stretches(change.before, seen),
        "after": _stretches(change.after, seen),
        "more": max(len(change.before), len(change.after)) > _MOST_STRETCHES,
    }


def _stretches(segments: Sequence[Segment], seen: Segment) -> list[list[str | None]]:
    """From when to when; None where it goes on beyond what was looked at."""
    return [
        [
            s.start.isoformat() if s.start > seen.start else None,
            s.end.isoformat() if s.end < seen.end else None,
        ]
        for s in segments[:_MOST_STRETCHES]
    ]
