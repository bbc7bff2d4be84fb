"""An hour before a window: whether every channel knows of it, or else the team does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.before_work import BEFORE
from bot.domain.ledger import LedgerLine, unreached
from bot.domain.outbox import Draft, MessageKind
from bot.domain.timers import Timer, TimerKind
from bot.domain.window import Window
from bot.services.desk import Desk, window_subject
from bot.services.ports import Transaction

_TIME_TO_SEND = timedelta(minutes=5)  # to a window that is nearer than that


def not_reached(
    tx: Transaction, desk: Desk, window: Window, due_before: datetime
) -> list[LedgerLine]:
    """The newest line of each customer channel that does not know how a window stands."""
    lines = tx.ledger.of_window(window.key)
    of_customers = [line for line in lines if line.channel_id != desk.team_channel]
    return unreached(window, of_customers, due_before)


@dataclass(frozen=True)
class ReachedCheck:
    """Looks once for each window, and wherever it is moved to."""

    desk: Desk

    def promise(self, tx: Transaction, window: Window, now: datetime) -> None:
        """Have it looked; a window that begins sooner is looked at soon."""
        start = window.segment.start
        at = start - BEFORE if start - BEFORE >= now else now + _TIME_TO_SEND
        if at < start:
            facts = {"window": window.key, "start": start.isoformat(), "before": at.isoformat()}
            key = f"unreached:{window.key}:{start.isoformat()}"
            tx.timers.add(Timer(TimerKind.UNREACHED, at, key, facts))

    def fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """Tell the team of the channels that do not know how the window stands, if there are."""
        window = tx.windows.get(facts["window"])
        if window is None or window.segment.start.isoformat() != facts["start"]:
            return  # it was moved since
        before = datetime.fromisoformat(facts["before"])
        if not_reached(tx, self.desk, window, before):
            told = Draft(
                kind=MessageKind.NOT_TOLD,
                subject=window_subject(window.key),
                dedupe_key=f"not_told:{window.key}:{facts['start']}",
                due_at=now,
                facts=facts,
                channel_id=self.desk.team_channel,
            )
            tx.outbox.add(told, now)
