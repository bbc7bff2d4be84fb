"""The schedule, read and changed: whoever changes it has everybody told, and plans what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from bot.domain.outbox import Draft, MessageKind
from bot.domain.schedule import HORIZON, Change, Schedule, changes
from bot.domain.segments import Segment
from bot.services.desk import Desk
from bot.services.handoffs import SCHEDULE, Handoffs
from bot.services.ports import Transaction

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
    def changing(self, by: str | None) -> Iterator[Changing]:
        """Change the schedule, in a transaction that nobody else changes it in.

        Everybody whose coming shift is another one afterwards is told, but for who did it.

        Args:
            by: who changes it; None at the command line.
        """
        with self.desk.store.transaction() as tx:
            tx.marks.lock(SCHEDULE)
            now = self.desk.clock.now()
            self.handoffs.follow(tx, now)
            before = self.schedule(tx, now)
            yield Changing(tx, before, now)
            after = self.schedule(tx, now)
            self._tell(tx, before, after, by, now)
            self.handoffs.changed(tx, now, by)

    def _tell(
        self, tx: Transaction, before: Schedule, after: Schedule, by: str | None, now: datetime
    ) -> None:
        levels = self.desk.policy.paging.levels
        for user, changed in changes(before, after, levels, now, now + HORIZON).items():
            if user != by:
                draft = Draft(
                    kind=MessageKind.SHIFT_CHANGED,
                    subject=f"shifts:{user}",
                    dedupe_key=f"shifts:{user}:{now.isoformat()}",
                    due_at=now,
                    facts={"by": by, "changes": [_facts(change) for change in changed]},
                    user_id=user,
                )
                tx.outbox.add(draft, now)


def _facts(change: Change) -> Mapping[str, object]:
    return {
        "level": change.level,
        "before": _stretches(change.before),
        "after": _stretches(change.after),
        "more": max(len(change.before), len(change.after)) > _MOST_STRETCHES,
    }


def _stretches(segments: Sequence[Segment]) -> list[list[str]]:
    return [[s.start.isoformat(), s.end.isoformat()] for s in segments[:_MOST_STRETCHES]]
