"""Once a day: plan what is ahead, forget what need not be kept."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.timers import Timer, TimerKind
from bot.policy import Policy
from bot.services.cards import Cards
from bot.services.desk import Desk
from bot.services.handoffs import Handoffs
from bot.services.maintenance import Maintenance
from bot.services.ports import Transaction

_log = logging.getLogger(__name__)
_DAY = timedelta(days=1)
_SOON = timedelta(minutes=1)
PORTION = 2000  # rows of a table at a time
# A tick decides in one transaction what is due by then: so each portion comes with a tick of its
# own, while ticks keep up; after an outage all come at once, and one that fails is undone alone.
_TURN = timedelta(seconds=2)


def _forget_forms(tx: Transaction, policy: Policy, now: datetime) -> int:
    return tx.submissions.purge(
        raw_before=now - policy.keep_raw, drafts_before=now - policy.keep_drafts, limit=PORTION
    )


# What is forgotten, and how; first what customers were promised.
_FORGET: Mapping[str, Callable[[Transaction, Policy, datetime], int]] = {
    "forms": _forget_forms,
    "timers": lambda tx, policy, now: tx.timers.purge(now - policy.keep_raw, PORTION),
    "redraws": lambda tx, policy, now: tx.outbox.purge(now - policy.keep_raw, PORTION),
    "events": lambda tx, policy, now: tx.forget_events(now - policy.keep_drafts, PORTION),
    # By a link that expired just now, somebody may be installing it still.
    "links": lambda tx, _policy, now: tx.installations.purge(now - _DAY, PORTION),
}


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

    def purge(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """Forget what need not be kept, by a promise for each kind of it, a portion at a time.

        So one that fails, and is tried again, holds up no other; and nobody waits long to write.
        """
        kind = facts.get("kind")
        if kind is None:
            self._promise(tx, TimerKind.PURGE, now + _DAY)
            for turn, kind in enumerate(_FORGET):
                self._promise_portion(tx, kind, now + turn * _TURN)
            return
        forget = _FORGET.get(kind)
        if forget is None:
            return  # a newer version's, which is left to it
        forgotten = forget(tx, self.desk.policy, now)
        _log.info("housekeeping: %s rows of %s forgotten", forgotten, kind)
        if forgotten >= PORTION:
            self._promise_portion(tx, kind, now + _SOON)

    def _promise_portion(self, tx: Transaction, kind: str, at: datetime) -> None:
        key = f"{TimerKind.PURGE}:{kind}:{at:%Y-%m-%dT%H:%M}"
        # Though it was done before: the clock may have been set back.
        tx.timers.renew(Timer(TimerKind.PURGE, at, key, {"kind": kind}))

    def _promise(self, tx: Transaction, kind: TimerKind, at: datetime) -> None:
        # One a day, however many processes promise it.
        tx.timers.add(Timer(kind, at, f"{kind}:{at:%Y-%m-%d}", {}))
