"""The auditor: once a minute, whether everything that was promised is still on its way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from bot.domain import audit
from bot.domain.audit import Check, Finding
from bot.domain.audit_state import AuditState, Verdict, follow
from bot.domain.delivery import LEASE
from bot.domain.escalation import is_put_off
from bot.domain.page import EscalationPolicy
from bot.domain.timers import LONGEST_PUSH, TimerKind
from bot.errors import StorageBusyError, StorageUnavailableError
from bot.services.auditing import AUDIT, audit_draft
from bot.services.desk import Desk
from bot.services.handoffs import SCHEDULE, handoff_timer
from bot.services.maintenance import Maintenance
from bot.services.paging import Paging, step_timer
from bot.services.ports import SlackGateway, Transaction
from bot.services.response import ResponseClock, breach_timer
from bot.services.shifts import Shifts

_log = logging.getLogger(__name__)

# Of cases and pages, those due first: the others are looked at when they come nearer. So an audit
# costs the same whatever there is.
LOOKED_AT = 2000
_OF_MESSAGES = (
    Check.MESSAGES_LATE,
    Check.SLACK_SILENT,
    Check.PLACE_SILENT,
    Check.PAGE_UNDELIVERED,
)
MENDED_AT_ONCE = 200  # the next minute mends the next


@dataclass
class Looked:
    """What one look has found, and mended."""

    found: list[Finding] = field(default_factory=list)
    mended: list[Finding] = field(default_factory=list)


@dataclass(frozen=True)
class Auditor:
    """Looks, mends what has a safe cure, and has the team told."""

    desk: Desk
    slack: SlackGateway
    response_clock: ResponseClock
    paging: Paging
    maintenance: Maintenance
    shifts: Shifts

    def audit(self, own: Iterable[Finding], process: str) -> bool:
        """Look at everything once; whether all is well, by what every engine has found.

        Args:
            own: what only this process sees.
            process: its name.

        Raises:
            StorageUnavailableError: the database is away, so nothing is known.
        """
        now = self.desk.clock.now()
        all_of_it = Looked(list(own))
        looked = {Check.TICK_STALE, Check.LOOK_FAILED, Check.CLOCK_WRONG}
        mends_clock = not any(audit.misleads(finding) for finding in all_of_it.found)
        for look, checks in self._looks(mends_clock=mends_clock):
            try:
                seen = look(now)
            except StorageUnavailableError as error:
                if not isinstance(error, StorageBusyError):
                    raise
                _log.error("the audit of %s waited too long: %s", checks[0], error)
                all_of_it.found.append(_failed(checks[0], process))
            except Exception:
                _log.exception("the audit of %s failed", checks[0])
                all_of_it.found.append(_failed(checks[0], process))
            else:
                all_of_it.found += seen.found
                all_of_it.mended += seen.mended
                looked |= set(checks)
        return self._conclude(all_of_it, looked, process, now)

    def _looks(
        self, *, mends_clock: bool
    ) -> tuple[tuple[Callable[[datetime], Looked], tuple[Check, ...]], ...]:
        """Every look, with the checks that it makes; one that fails leaves the others alone."""
        clock = ((self._clock, (Check.CLOCK_SET_BACK,)),) if mends_clock else ()
        return (
            *clock,
            (self._pages, (Check.PAGE_LATE, Check.PAGE_UNPLANNED)),
            (self._responses, (Check.RESPONSE_LATE, Check.RESPONSE_UNPLANNED)),
            (self._handoffs, (Check.HANDOFF_UNPLANNED,)),
            (self._notices, (Check.NOTICE_UNPLANNED,)),
            (self._timers, (Check.TIMERS_LATE, Check.TIMERS_FAILING)),
            (self._messages, _OF_MESSAGES),
        )

    def _conclude(self, seen: Looked, looked: set[Check], process: str, now: datetime) -> bool:
        """Bring what all engines know up to date, and write what the team is told of it.

        Returns:
            Whether nothing is wrong.
        """
        with self.desk.store.transaction() as tx:
            state = AuditState.from_dict(tx.marks.lock(AUDIT).facts)
            verdict = follow(state, seen.found, seen.mended, looked, process, now)
            tx.marks.set(AUDIT, now, verdict.state.to_dict())
            if (draft := audit_draft(verdict, self.desk.team_channel, process, now)) is not None:
                tx.outbox.add(draft, now)
        _tell_log(verdict)
        return not verdict.state.standing

    def _pages(self, now: datetime) -> Looked:
        """Every open page has a next step, which is promised and not long past."""
        with self.desk.store.reading() as tx:
            pages = tx.audit.open_pages(LOOKED_AT)
            keys = {
                page.id: step_timer(page.id, page.version, page.case_number, now).dedupe_key
                for page in pages
            }
            promised = tx.timers.promised(list(keys.values()))
        seen = Looked()
        for page in pages:
            at = promised.get(keys[page.id])
            if page.due_at is None or not audit.is_kept(at, page.due_at, now):
                finding = Finding(Check.PAGE_UNPLANNED, str(page.id), {"case": page.case_number})
                plan = partial(self.paging.plan_anew, page_id=page.id, now=now)
                self._mend(seen, finding, plan)
        planned = {finding.about for finding in seen.mended}
        seen.found += audit.of_pages((page for page in pages if str(page.id) not in planned), now)
        return seen

    def _responses(self, now: datetime) -> Looked:
        """Every case that awaits a response has its breach on record, or promised."""
        with self.desk.store.reading() as tx:
            running = tx.audit.running(LOOKED_AT)
            keys = {number: breach_timer(number, at).dedupe_key for number, at in running}
            promised = tx.timers.promised(list(keys.values()))
        seen = Looked()
        for number, due_at in running:
            if not audit.is_kept(promised.get(keys[number]), due_at, now):
                finding = Finding(Check.RESPONSE_UNPLANNED, str(number), {"case": number})
                self._mend(
                    seen, finding, partial(self.response_clock.plan_anew, number=number, now=now)
                )
        planned = {finding.about for finding in seen.mended}
        seen.found += audit.of_responses(
            (one for one in running if str(one[0]) not in planned), now
        )
        return seen

    def _handoffs(self, now: datetime) -> Looked:
        """The next handoff is promised."""
        seen = Looked()
        with self.desk.store.reading() as tx:
            at = self._unplanned_handoff(tx, now)
        if at is not None:
            finding = Finding(Check.HANDOFF_UNPLANNED, facts={"at": at.isoformat()})
            self._mend(seen, finding, partial(self._plan_handoff, now=now))
        return seen

    def _unplanned_handoff(self, tx: Transaction, now: datetime) -> datetime | None:
        # A change of this last minute is being carried out, and promises the next one then.
        since = now - audit.LATE
        at = self.shifts.schedule(tx, since).next_change(since)
        if at is None or at <= now or tx.timers.is_promised(TimerKind.HANDOFF, at):
            return None
        return at

    def _plan_handoff(self, tx: Transaction, now: datetime) -> bool:
        tx.marks.lock(SCHEDULE)
        at = self._unplanned_handoff(tx, now)
        if at is not None:
            tx.timers.renew(handoff_timer(at))
        return at is not None

    def _notices(self, now: datetime) -> Looked:
        """Every notice of a window is promised, or was written in time."""
        seen = Looked()
        with self.desk.store.reading() as tx:
            unplanned = self.maintenance.unplanned(tx, now)
        for notice in unplanned:
            facts = {"window": notice.about.key, "at": notice.due_at.isoformat()}
            finding = Finding(Check.NOTICE_UNPLANNED, notice.key, facts)
            plan = partial(self.maintenance.plan_anew, key=notice.key, now=now)
            self._mend(seen, finding, plan)
        return seen

    def _clock(self, now: datetime) -> Looked:
        """Nothing waits for a time that a clock, which was set back, will reach again much later.

        What is due at an instant of the calendar stays due then. But a page's steps, and what is
        tried again, wait for so many minutes, and have done so.
        """
        seen, until = Looked(), now + audit.LONGEST_RETRY
        with self.desk.store.reading() as tx:
            pages = tx.audit.open_pages(LOOKED_AT)
            put_off = tx.outbox.put_off(now, until) + tx.timers.put_off(until)
        for page in pages:
            if page.due_at is None or page.due_at - now <= audit.LATE:
                continue
            policy = EscalationPolicy.from_dict(page.policy)
            if is_put_off(page.state, page.due_at, policy, now):
                finding = Finding(Check.CLOCK_SET_BACK, str(page.id), {"case": page.case_number})
                self._mend(seen, finding, partial(self.paging.catch_up, page_id=page.id, now=now))
        if put_off:
            finding = Finding(Check.CLOCK_SET_BACK, "others", {"count": put_off})
            self._mend(seen, finding, partial(_go_on, now=now, until=until))
        return seen

    def _timers(self, now: datetime) -> Looked:
        """No promise is late, and none fails again and again."""
        with self.desk.store.reading() as tx:
            late, oldest = tx.audit.late_timers(now - audit.LATE)
            failing = tx.audit.failing_timers(now + LONGEST_PUSH, audit.OFTEN)
        return Looked(audit.of_timers(late, oldest, failing))

    def _messages(self, now: datetime) -> Looked:
        """Messages are sent, and Slack takes them."""
        with self.desk.store.reading() as tx:
            waiting = tx.audit.waiting()
        slack_known = self.slack.identity() is not None
        return Looked(audit.of_messages(waiting, now, slack_known=slack_known))

    def _mend(self, seen: Looked, finding: Finding, plan: Callable[[Transaction], bool]) -> None:
        """Mend it, if under its lock it is still so; what cannot be mended stays found."""
        if len(seen.mended) >= MENDED_AT_ONCE:
            if len(seen.found) < audit.MOST_NAMED:
                seen.found.append(finding)
            return
        try:
            with self.desk.store.transaction() as tx:
                was_so = plan(tx)
        except StorageUnavailableError:
            raise
        except Exception:
            _log.exception("%s could not be mended", finding.key)
            seen.found.append(finding)
        else:
            if was_so:
                seen.mended.append(finding)


def _go_on(tx: Transaction, now: datetime, until: datetime) -> bool:
    count = tx.timers.hasten(now, until)
    return tx.outbox.send_now(now, until, now + LEASE) + count > 0


def _failed(check: Check, process: str) -> Finding:
    return Finding(Check.LOOK_FAILED, check, {"check": check.value}, process)


def _tell_log(verdict: Verdict) -> None:
    for finding in verdict.mended:
        _log.error("audit: %s %s, mended", finding.key, dict(finding.facts))
    for finding in verdict.wrong:
        _log.error("audit: %s %s", finding.key, dict(finding.facts))
    if verdict.is_well_again:
        _log.info("audit: all is well again")
