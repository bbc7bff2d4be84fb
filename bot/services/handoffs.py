"""Handoffs: when the pager goes from one person to the next, in time and once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.timers import Timer, TimerKind
from bot.services.desk import Desk
from bot.services.ports import Transaction

SCHEDULE = "schedule"  # the mark of who has the schedule, and of how far handoffs have come


@dataclass(frozen=True)
class Handoffs:
    """What follows when the people of a level change."""

    desk: Desk

    def fell_due(self, tx: Transaction, _facts: Mapping[str, Any], now: datetime) -> None:
        """The people of some level change about now."""
        tx.marks.lock(SCHEDULE)
        self.follow(tx, now, None)

    def follow(self, tx: Transaction, now: datetime, _by: str | None) -> None:
        """Carry out every handoff since the last one carried out, and promise the next.

        Whoever calls it has locked the schedule.
        """
        tx.marks.set(SCHEDULE, now)
        if at := tx.schedule.load(now).next_change(now):
            tx.timers.add(handoff_timer(at))


def handoff_timer(at: datetime) -> Timer:
    """The promise to look at the schedule when the people of some level change."""
    return Timer(TimerKind.HANDOFF, at, f"handoff:{at.isoformat()}", {})
