"""Changes of the calendar as the forms make them, without their previews."""

from __future__ import annotations

from bot.domain.calendar_plan import Changed
from bot.domain.segments import Segment
from bot.domain.window_changes import KINDS, Change, ChangeKind
from bot.services.announcements import CALENDAR
from bot.services.maintenance import Maintenance


def preview_window(maintenance: Maintenance, key: str, change: Change) -> Changed:
    """What a change would make of the calendar."""
    with maintenance.desk.store.reading() as tx:
        return maintenance.outcome(tx, key, change, maintenance.desk.clock.now())


def change_window(
    maintenance: Maintenance, key: str, change: Change, by: str, *, seen: int | None = None
) -> Changed:
    """Change a window.

    Args:
        seen: its sequence when whoever changes it saw it.
    """
    with maintenance.desk.store.transaction() as tx:
        tx.marks.lock(CALENDAR)
        now = maintenance.desk.clock.now()
        outcome = maintenance.outcome(tx, key, change, now, seen)
        maintenance.carry_out(tx, outcome, KINDS[type(change)], by, now)
    return outcome


def add_window(
    maintenance: Maintenance,
    sector: str | None,
    segment: Segment,
    by: str,
    *,
    what: str = "",
    affected: str = "",
) -> Changed:
    """Add a window to the calendar."""
    with maintenance.desk.store.transaction() as tx:
        tx.marks.lock(CALENDAR)
        now = maintenance.desk.clock.now()
        outcome = maintenance.outcome_of_adding(tx, sector, segment, what, affected, now)
        maintenance.carry_out(tx, outcome, ChangeKind.ADDED, by, now)
    return outcome
