"""Maintenance windows: planned from the policy, changed by the team, told in time and once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.audit import LATE, is_kept
from bot.domain.calendar_plan import (
    Changed,
    Difference,
    Reconciled,
    difference_key,
    looks_back,
    reconcile,
)
from bot.domain.flags import Flag, flags
from bot.domain.maintenance import MaintenanceRules
from bot.domain.notices import Notice, notices, own_notices
from bot.domain.outbox import Draft, MessageKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window
from bot.domain.window_changes import (
    Change,
    ChangeKind,
    Follow,
    Keep,
    WindowChange,
    changed,
    new_window,
)
from bot.errors import UserError
from bot.services import before_work, former_notices
from bot.services.announcements import CALENDAR, Announcements, notice_timer
from bot.services.desk import Desk, window_subject
from bot.services.ports import Transaction
from bot.services.reached import ReachedCheck

_log = logging.getLogger(__name__)

# Notices are promised this far ahead; planning runs every day, so a missed day loses none.
AHEAD = timedelta(days=10)
PLANNED_DAILY = timedelta(days=2)  # a day, and one to spare
# What was over longer ago than this is told of no more.
BEHIND = timedelta(days=10)


@dataclass(frozen=True)
class Calendar:
    """What is ahead or under way, what the policy says otherwise of it, and what to look at."""

    windows: tuple[Window, ...]
    differences: tuple[Difference, ...]
    flags: tuple[Flag, ...]


@dataclass(frozen=True)
class Maintenance:
    """The use cases of windows and their notices."""

    desk: Desk

    @property
    def announcements(self) -> Announcements:
        """Who is told what."""
        return Announcements(self.desk)

    def calendar(self, tx: Transaction, now: datetime) -> Calendar:
        """The windows that are not over, those too that the team has called off; earliest first."""
        reconciled, rows = self._reconciled(tx, now)
        ahead = [w for w in rows if now < w.segment.end and w.called_off is not CalledOff.DROPPED]
        ahead.sort(key=lambda window: (window.segment.start, window.key))
        hours = self.desk.policy.hours
        return Calendar(
            tuple(ahead), reconciled.differences, flags(ahead, hours.zone, hours.holiday_name)
        )

    def plan(self, tx: Transaction, now: datetime) -> None:
        """Make the windows rows, as the policy has them, and promise the notices that are ahead."""
        is_first = tx.marks.lock(CALENDAR).at is None
        # At the very first, windows that have begun are told of as well.
        add_from = now - BEHIND if is_first else None
        reconciled, rows = self._reconciled(tx, now, add_from)
        tx.windows.add_all(reconciled.added)
        self._store(tx, reconciled.changed, None, now)
        if is_first:
            rows = former_notices.adopt(tx, self._rules, rows, now)
        self._promise(tx, rows, now)
        self._ask(tx, reconciled.differences, now)
        tx.marks.set(CALENDAR, now)

    def unplanned(self, tx: Transaction, now: datetime) -> list[Notice]:
        """The notices worth sending that are neither promised nor, where they are due, written.

        Those too of windows that should be rows and are none.
        """
        worth = self._to_be_planned(tx, now)
        timers = {notice.key: notice_timer(notice).dedupe_key for notice in worth}
        promised = tx.timers.promised(list(timers.values()))
        return [
            notice
            for notice in worth
            if not is_kept(promised.get(timers[notice.key]), notice.due_at, now)
            and not (notice.due_at <= now and tx.ledger.has(notice.about.key, notice.key))
        ]

    def plan_anew(self, tx: Transaction, key: str, now: datetime) -> bool:
        """Promise a notice that nobody has promised; none is written twice for a channel.

        Whether it was so: another engine may have planned it by now.
        """
        tx.marks.lock(CALENDAR)
        unplanned = {notice.key: notice for notice in self.unplanned(tx, now)}
        if key in unplanned:
            self.plan(tx, now)
            tx.timers.renew(notice_timer(unplanned[key]))
        return key in unplanned

    def outcome(
        self, tx: Transaction, key: str, change: Change, now: datetime, seen: int | None = None
    ) -> Changed:
        """What a change makes of the calendar, as if it were stored.

        Raises:
            UserError: it cannot be made.
        """
        stored = tx.windows.load(now - looks_back(self._rules))
        before = next((window for window in stored if window.key == key), None)
        if before is None:
            raise UserError("There is no such window ahead.")
        if seen is not None and before.sequence != seen:
            raise UserError("Somebody else has changed this window since you looked.")
        if isinstance(change, (Follow, Keep)):
            differences = reconcile(self._rules, stored, now).differences
            if Difference(before, change.says) not in differences:
                raise UserError("The policy no longer says so of this window.")
        after = changed(before, change, now)
        if isinstance(after, str):
            raise UserError(after)
        then = [after if window.key == key else window for window in stored]
        reconciled = reconcile(self._rules, then, now)
        after = next((w for old, w in reconciled.changed if old == after), after)
        followers = tuple(pair for pair in reconciled.changed if pair[0].key != key)
        return Changed(before, after, followers, reconciled.differences)

    def outcome_of_adding(
        self,
        tx: Transaction,
        sector: str | None,
        segment: Segment,
        what: str,
        affected: str,
        now: datetime,
    ) -> Changed:
        """What a window of its own makes of the calendar, as if it were stored.

        Raises:
            UserError: it cannot be.
        """
        key = tx.windows.next_extra_key()
        window = new_window(key, sector, segment, what, affected, now)
        if isinstance(window, str):
            raise UserError(window)
        return Changed(None, window, (), ())

    def carry_out(
        self, tx: Transaction, outcome: Changed, kind: ChangeKind, by: str, now: datetime
    ) -> None:
        """Make a change what it was said to become; the calendar is locked since before that."""
        if outcome.before is None:
            tx.windows.add(outcome.after)
        else:
            tx.windows.save(outcome.after)
        self._follow_up(tx, outcome, kind, by, now)

    def fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """A notice is due: written for each channel that hears of its window.

        Raises:
            NotReadyError: which channels there are is not known yet.
        """
        if "window" not in facts:
            return  # an earlier version promised it, beside which this one planned it too
        tx.marks.lock(CALENDAR)
        window = tx.windows.get(facts["window"])
        found = own_notices(self._rules, window) if window is not None else ()
        due = next((own for own in found if own.key == facts["key"]), None)
        if due is None or due.due_at.isoformat() != facts["due_at"]:
            return  # its window was moved since, or the policy has it at another hour
        if now >= due.worth_until:
            _log.warning("notice %s is not sent: no longer worth it", due.key)
            return
        self.announcements.tell(tx, due, now)

    @property
    def _rules(self) -> MaintenanceRules:
        return self.desk.policy.maintenance

    def _reconciled(
        self, tx: Transaction, now: datetime, add_from: datetime | None = None
    ) -> tuple[Reconciled, list[Window]]:
        """The calendar reconciled with the policy, and its windows after that."""
        stored = tx.windows.load(now - looks_back(self._rules))
        reconciled = reconcile(self._rules, stored, now, add_from=add_from)
        return reconciled, reconciled.applied_to(stored)

    def _to_be_planned(self, tx: Transaction, now: datetime) -> list[Notice]:
        """What the daily planning has certainly seen; what is due this minute is being done."""
        _, rows = self._reconciled(tx, now)
        return [
            found
            for found in notices(self._rules, rows)
            if found.due_at < now + AHEAD - PLANNED_DAILY
            and now < found.worth_until
            and not now - LATE < found.due_at <= now
        ]

    def _follow_up(
        self, tx: Transaction, outcome: Changed, kind: ChangeKind, by: str, now: datetime
    ) -> None:
        """Record a change that was stored, and carry out what follows from it.

        Whatever channels are told of a change is written here, in the transaction that makes it.
        """
        tx.windows.record(WindowChange(now, by, kind, outcome.before, outcome.after))
        self._store(tx, outcome.followers, by, now)
        self.announcements.tell_change(tx, outcome, now)
        self._promise(tx, [outcome.after, *(after for _, after in outcome.followers)], now)

    def _store(
        self,
        tx: Transaction,
        pairs: Sequence[tuple[Window, Window]],
        by: str | None,
        now: datetime,
    ) -> None:
        """Windows that the rules have changed: the policy's, or because somebody moved a Test."""
        for before, after in pairs:
            tx.windows.save(after)
            if before.sequence != after.sequence:  # else the policy has come to where it is
                tx.windows.record(WindowChange(now, by, ChangeKind.PLANNED, before, after))

    def _ask(self, tx: Transaction, differences: Sequence[Difference], now: datetime) -> None:
        """Have the team say what becomes of windows that a changed policy does not move."""
        for difference in differences:
            key = difference_key(difference)
            draft = Draft(
                kind=MessageKind.POLICY_DIFFERS,
                subject=window_subject(difference.window.key),
                dedupe_key=f"{MessageKind.POLICY_DIFFERS}:{key}",
                due_at=now,
                facts={"key": key},
                channel_id=self.desk.team_channel,
            )
            tx.outbox.add(draft, now)

    def _promise(self, tx: Transaction, windows: Sequence[Window], now: datetime) -> None:
        """Promise what is due soon, or is due and still worth sending.

        Those too that another window's notice is to say: what is said is decided when it is due.
        """
        for window in windows:
            if now < window.segment.start < now + AHEAD:
                ReachedCheck(self.desk).promise(tx, window, now)
            before_work.promise(tx, window, now, now + AHEAD)
            for own in own_notices(self._rules, window):
                if own.due_at < now + AHEAD and now < own.worth_until:
                    tx.timers.add(notice_timer(own))
