"""Once a day: plan what is ahead, forget what need not be kept."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.timers import Timer, TimerKind
from bot.services.cards import Cards
from bot.services.desk import Desk
from bot.services.handoffs import Handoffs
from bot.services.maintenance import Maintenance
from bot.services.ports import Transaction

_log = logging.getLogger(__name__)
_DAY = timedelta(days=1)
_SOON = timedelta(minutes=1)
PORTION = 2000  # rows of a table at a time


@dataclass(frozen=True)
class Housekeeping:
    """What keeps itself going: each day's round promises the next day's."""

    desk: Desk
    maintenance: Maintenance
    cards: Cards
    handoffs: Handoffs

    def start(self, now: datetime) -> None:
        """Plan at once, for the policy may have changed, and promise the daily round."""
        with self.desk.store.transaction() as tx:
            self.handoffs.follow(tx, now)
            self.maintenance.plan(tx, now)
            self.cards.promise_redraw(tx, now)
            self._promise(tx, TimerKind.HOUSEKEEPING, now + _DAY)
            self._promise(tx, TimerKind.PURGE, now + _DAY)

    def fell_due(self, tx: Transaction, _facts: Mapping[str, Any], now: datetime) -> None:
        """Plan what is ahead."""
        self.handoffs.follow(tx, now)
        self.maintenance.plan(tx, now)
        self._promise(tx, TimerKind.HOUSEKEEPING, now + _DAY)

    def purge(self, tx: Transaction, _facts: Mapping[str, Any], now: datetime) -> None:
        """Forget what need not be kept, a portion at a time."""
        policy = self.desk.policy
        forgotten = tx.submissions.purge(
            raw_before=now - policy.keep_raw, drafts_before=now - policy.keep_drafts, limit=PORTION
        )
        forgotten += tx.timers.purge(now - policy.keep_raw, PORTION)
        forgotten += tx.outbox.purge(now - policy.keep_raw, PORTION)
        forgotten += tx.forget_events(now - policy.keep_drafts, PORTION)
        # By a link that expired just now, somebody may be installing it still.
        forgotten += tx.installations.purge(now - _DAY, PORTION)
        _log.info("housekeeping: %s rows forgotten", forgotten)
        self._promise(tx, TimerKind.PURGE, now + _DAY)
        if forgotten >= PORTION:
            self._promise(tx, TimerKind.PURGE, now + _SOON, soon=True)

    def _promise(
        self, tx: Transaction, kind: TimerKind, at: datetime, *, soon: bool = False
    ) -> None:
        # One a day, however many processes promise it; a next portion, one a minute.
        name = f"{at:%Y-%m-%d}" if not soon else f"{at:%Y-%m-%dT%H:%M}"
        tx.timers.add(Timer(kind, at, f"{kind}:{name}", {}))
