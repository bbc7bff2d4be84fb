"""Maintenance windows: planned from the policy, told to every channel in time, once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain import maintenance
from bot.domain.audit import LATE, is_kept
from bot.domain.maintenance import Notice, Window
from bot.domain.outbox import Draft, MessageKind
from bot.domain.timers import Timer, TimerKind
from bot.errors import NotReadyError
from bot.services.desk import Desk
from bot.services.ports import Transaction

_log = logging.getLogger(__name__)

# Notices are promised this far ahead; planning runs every day, so a missed day loses none.
AHEAD = timedelta(days=10)
# A window and those around it have to be seen together, wherever the range begins or ends.
AROUND = timedelta(days=10)
PLANNED_DAILY = timedelta(days=2)  # a day, and one to spare


@dataclass(frozen=True)
class Maintenance:
    """The use cases of windows and their notices."""

    desk: Desk

    def windows(self, start: datetime, end: datetime) -> tuple[Window, ...]:
        """The windows that begin between two instants (UTC)."""
        policy = self.desk.policy
        return maintenance.windows(policy.maintenance, start, end, policy.hours.holiday_name)

    def notices(self, start: datetime, end: datetime) -> tuple[Notice, ...]:
        """The notices that fall due between two instants (UTC), earliest first."""
        longest = max((*self._reminders_ahead(), timedelta(0)))
        planned = self.windows(start - AROUND, end + longest + AROUND)
        return tuple(
            notice
            for notice in maintenance.notices(self.desk.policy.maintenance, planned)
            if start <= notice.due_at < end
        )

    def plan(self, tx: Transaction, now: datetime) -> None:
        """Promise the notices that are ahead, and those that are due and still worth sending."""
        for notice in self.notices(now - AROUND, now + AHEAD):
            if now < notice.worth_until:
                tx.timers.add(_timer(notice))

    def unplanned(self, tx: Transaction, now: datetime) -> list[Notice]:
        """The notices worth sending that are neither promised nor, where they are due, written."""
        worth = self._to_be_planned(now)
        timers = {notice.key: _timer(notice).dedupe_key for notice in worth}
        promised = tx.timers.promised(list(timers.values()))
        return [
            notice
            for notice in worth
            if not is_kept(promised.get(timers[notice.key]), notice.due_at, now)
            and not (notice.due_at <= now and self._is_written(tx, notice))
        ]

    def plan_anew(self, tx: Transaction, notice: Notice) -> None:
        """Promise a notice that nobody has promised; none is written twice for a channel."""
        tx.timers.renew(_timer(notice))

    def _to_be_planned(self, now: datetime) -> list[Notice]:
        """What the daily planning has certainly seen; what is due this minute is being done."""
        found = self.notices(now - AROUND, now + AHEAD - PLANNED_DAILY)
        return [n for n in found if now < n.worth_until and not now - LATE < n.due_at <= now]

    def _is_written(self, tx: Transaction, notice: Notice) -> bool:
        subject, key = _subject(notice), f"notice:{notice.key}:"
        return tx.outbox.has_posts(subject, MessageKind.MAINTENANCE, key)

    def fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """A notice is due: written once for each channel that Casebell is in.

        Raises:
            NotReadyError: which channels these are is not known yet.
        """
        notice = self.still_planned(facts)
        if notice is None or now >= notice.worth_until:
            _log.warning("notice %s is not sent: no longer worth it", facts["notice"])
            return
        channels = [channel.channel_id for channel in tx.roster.member_channels()]
        if not channels:  # it is at least in the team's
            raise NotReadyError("Slack has not said yet which channels Casebell is in.")
        for channel_id in channels:
            tx.outbox.add(
                Draft(
                    kind=MessageKind.MAINTENANCE,
                    subject=_subject(notice),
                    dedupe_key=f"notice:{notice.key}:{channel_id}",
                    due_at=now,
                    facts=facts,
                    channel_id=channel_id,
                ),
                now,
            )

    def still_planned(self, facts: Mapping[str, Any]) -> Notice | None:
        """The notice as the policy has it now; None when the policy no longer has it."""
        due_at = datetime.fromisoformat(facts["due_at"])
        found: Sequence[Notice] = self.notices(due_at, due_at + timedelta.resolution)
        return next((notice for notice in found if notice.key == facts["notice"]), None)

    def _reminders_ahead(self) -> list[timedelta]:
        rules = self.desk.policy.maintenance
        reminders = (rules.upgrade_reminders, rules.routine_reminders)
        return [timedelta(days=days) for rule in reminders for days in rule.days_before]


def _timer(notice: Notice) -> Timer:
    due = notice.due_at.isoformat()
    facts = {"notice": notice.key, "due_at": due}
    return Timer(TimerKind.MAINTENANCE, notice.due_at, f"notice:{notice.key}:{due}", facts)


def _subject(notice: Notice) -> str:
    return f"window:{notice.windows[0].key}"
