"""Severity changes: the new deadline, the page that follows or ends, what the customer is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.case import Case
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.page import WhyWithdrawn
from bot.domain.response_clock import Promise
from bot.policy import Severity
from bot.services.cards import Cards
from bot.services.desk import Desk
from bot.services.paging import Paging
from bot.services.ports import Transaction
from bot.services.response import ResponseClock


@dataclass(frozen=True)
class Severities:
    """What a changed severity does to a case that is locked, in somebody else's transaction."""

    desk: Desk
    cards: Cards
    paging: Paging
    response_clock: ResponseClock

    def change(
        self,
        tx: Transaction,
        case: Case,
        key: str,
        by: str,
        now: datetime,
        *,
        reason: str = "",
        kind: EventKind | None = None,
    ) -> int:
        """Give a case another severity; both deadlines stay on its timeline. The entry's id.

        Raised: due is the earlier of the old due time and the change + the new target; where we
        had answered, the customer waits anew. Lowered: by the new target, from when the customer
        began to wait, and no earlier than before. A page opens or ends as the policy says.

        Args:
            reason: why, in somebody's words.
            kind: WORSENED where a customer says that it is worse, or as bad as before.
        """
        severity = self.desk.policy.severity(key)
        is_worse = kind is not None or self.desk.policy.is_worse(key, case.severity)
        changed = self._promised(case, severity, now, is_worse=is_worse)
        changed = replace(changed, severity=key, version=case.version + 1)
        tx.cases.save(changed)
        facts: dict[str, Any] = {
            "from": case.severity,
            "to": key,
            "was_due_at": case.due_at.isoformat(),
            "due_at": changed.due_at.isoformat(),
            "reason": reason,
            "pages": self.paging.wakes(tx, key, now),
            "version": changed.version,
        }
        kind = kind or (EventKind.RAISED if is_worse else EventKind.LOWERED)
        entry_id = tx.cases.record(TimelineEntry(case.number, now, kind, by, facts))
        if changed.awaits_response:
            self.response_clock.start(tx, changed, now)
        self._page(tx, changed, severity, by, now)
        self.cards.watch_office(tx, changed, now)
        self.cards.redraw(tx, case.number, now)
        return entry_id

    def _promised(self, case: Case, severity: Severity, now: datetime, *, is_worse: bool) -> Case:
        hours = self.desk.policy.hours
        if is_worse and not case.awaits_response:
            return self.response_clock.asked_again(case, severity, now)
        if not case.awaits_response:
            return case
        if is_worse:
            promise = case.promise.raised(severity.target, now, hours)
        else:
            lowered = Promise.make(severity.target, case.waiting_since, hours)
            promise = max(case.promise, lowered, key=lambda promise: promise.due_at)
        breached_at = case.breached_at if promise.due_at <= now else None
        return replace(case.promising(promise), breached_at=breached_at)

    def _page(
        self, tx: Transaction, case: Case, severity: Severity, by: str, now: datetime
    ) -> None:
        if not severity.pages:
            self.paging.withdraw(tx, case.number, by, WhyWithdrawn.LOWERED, now)
        elif case.awaits_response and not self.paging.is_open(tx, case.number):
            self.paging.open(tx, case, now)
