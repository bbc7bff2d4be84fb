"""What `GET /status` tells everybody: how Casebell is, without a name or a word of anybody's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot import __version__
from bot.clock import Clock, monotonic
from bot.domain.audit import TICK_STALE, Check, Counts
from bot.domain.audit_state import AuditState
from bot.messages import audit
from bot.services.auditing import AUDIT, ENGINE
from bot.services.ports import Store
from bot.web import Status

_log = logging.getLogger(__name__)

FRESH = 5.0  # seconds for which an answer is given again: polling costs nothing
PATIENCE = 1.5  # seconds: an answer comes within 2, also where the database hangs
AUDIT_STALE = timedelta(minutes=3)  # it comes every minute, the first one a minute after a start

# What each part of the answer rests on; a check of the auditor's is in one of them.
_PARTS: Mapping[str, tuple[str, frozenset[Check]]] = {
    "pages": (
        "Every open page has a next step.",
        frozenset({Check.PAGE_LATE, Check.PAGE_UNPLANNED}),
    ),
    "responses": (
        "Every case that awaits a response has its clock.",
        frozenset({Check.RESPONSE_LATE, Check.RESPONSE_UNPLANNED}),
    ),
    "timers": (
        "Everything is done in time.",
        frozenset(
            {
                Check.TIMERS_LATE,
                Check.TIMERS_FAILING,
                Check.TICK_STALE,
                Check.CLOCK_SET_BACK,
                Check.CLOCK_WRONG,
            }
        ),
    ),
    "messages": (
        "Messages are sent.",
        frozenset(
            {
                Check.PAGE_UNDELIVERED,
                Check.SLACK_SILENT,
                Check.PLACE_SILENT,
                Check.MESSAGES_LATE,
            }
        ),
    ),
    "handoffs": ("The next handoff is planned.", frozenset({Check.HANDOFF_UNPLANNED})),
    "maintenance": ("Every notice is planned.", frozenset({Check.NOTICE_UNPLANNED})),
}


@dataclass(frozen=True)
class _Seen:
    """What the database says."""

    engine_at: datetime | None
    audit_at: datetime | None
    state: AuditState
    counts: Counts


@dataclass
class _Look:
    """A look at the database that is under way."""

    began: float
    done: threading.Event = field(default_factory=threading.Event)
    status: Status | None = None


class StatusPage:
    """Answers from what it has seen lately; one look at a time, on a thread of its own.

    Args:
        slack_known: whether Slack has said who Casebell is.
        tick_age: seconds since this process ticked; None where it has no engine.
        checks: what else its health depends on: each says what is wrong, or None.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        slack_known: Callable[[], bool],
        tick_age: Callable[[], float] | None,
        checks: Mapping[str, Callable[[], str | None]],
    ) -> None:
        self._store = store
        self._clock = clock
        self._slack_known = slack_known
        self._tick_age = tick_age
        self._checks = checks
        self._lock = threading.Lock()
        self._look: _Look | None = None
        self._answer: tuple[float, Status] | None = None

    def __call__(self) -> Status:
        """How Casebell is."""
        with self._lock:
            if self._answer is not None and monotonic() - self._answer[0] < FRESH:
                return self._answer[1]
            look = self._look
            if look is None:
                look = self._look = _Look(monotonic())
                threading.Thread(
                    target=self._renew, args=(look,), name="casebell-status", daemon=True
                ).start()
        # Whoever comes while it hangs waits no longer than the first: threads are few.
        look.done.wait(max(PATIENCE - (monotonic() - look.began), 0.0))
        return look.status or self._report(None)

    def _renew(self, look: _Look) -> None:
        seen: _Seen | None = None
        try:
            seen = self._see()
        except Exception as error:
            _log.error("the status could not be read: %s", error)  # of ours, without any values
        look.status = self._report(seen)
        with self._lock:
            self._answer, self._look = (monotonic(), look.status), None
        look.done.set()

    def _see(self) -> _Seen:
        with self._store.reading() as tx:
            last = tx.marks.get(AUDIT)
            return _Seen(
                engine_at=tx.marks.get(ENGINE).at,
                audit_at=last.at,
                state=AuditState.from_dict(last.facts),
                counts=tx.audit.counts(self._clock.now()),
            )

    def _report(self, seen: _Seen | None) -> Status:
        now = self._clock.now()
        checks = dict(self._parts(seen, now))
        is_ok = all(problem is None for _, problem in checks.values())
        engine_at = seen.engine_at if seen else None
        report = {
            "ok": is_ok,
            "checks": {
                name: {"ok": problem is None, "text": problem or text}
                for name, (text, problem) in checks.items()
            },
            "counts": _counts(seen.counts, now) if seen else None,
            "tick_age_seconds": {
                "this_process": _seconds(self._tick_age()) if self._tick_age else None,
                "newest_engine": _seconds(_age(engine_at, now)),
            },
            "slack_known": self._slack_known(),
            "version": __version__,
        }
        return Status(is_ok, report)

    def _parts(
        self, seen: _Seen | None, now: datetime
    ) -> Iterator[tuple[str, tuple[str, str | None]]]:
        """Each part by its name: what is said when it is well, and what is wrong if it is not."""
        silent = None if seen else "It does not answer."
        yield "database", ("It answers.", silent)
        unknown = None if self._slack_known() else "Slack has not said yet who this is."
        yield "slack", ("It knows Casebell.", unknown)
        if self._tick_age is not None:
            age = self._tick_age()
            stuck = f"It has not ticked for {age:.0f} s." if age > _STALE else None
            yield "this_process", ("It ticks.", stuck)
        for name, check in self._checks.items():
            yield name, ("It is well.", check())
        if seen is None:
            return
        age_of_engine = _age(seen.engine_at, now)
        yield "engine", ("An engine ticks.", _stale(age_of_engine, TICK_STALE, "No engine ticks"))
        age_of_audit = _age(seen.audit_at, now)
        late = _stale(age_of_audit, AUDIT_STALE, "Nobody has looked whether all is well")
        found = {one.finding.check for one in seen.state.standing.values()}
        failed = audit.public(Check.LOOK_FAILED) if Check.LOOK_FAILED in found else None
        yield "audit", ("The last audit ran on time.", late or failed)
        for name, (text, covers) in _PARTS.items():
            wrong = [audit.public(check) for check in Check if check in covers & found]
            yield name, (text, " ".join(wrong) or None)


_STALE = TICK_STALE.total_seconds()


def _stale(age: float | None, limit: timedelta, words: str) -> str | None:
    if age is None:
        return f"{words}: not since the database was made."
    return f"{words}: not for {age:.0f} s." if age > limit.total_seconds() else None


def _age(at: datetime | None, now: datetime) -> float | None:
    return None if at is None else max((now - at).total_seconds(), 0.0)


def _seconds(age: float | None) -> float | None:
    return None if age is None else round(age, 1)


def _counts(counts: Counts, now: datetime) -> dict[str, Any]:
    return {
        "open_cases": counts.open_cases,
        "awaiting_response": counts.awaiting_response,
        "open_pages": counts.open_pages,
        "due_timers": counts.due_timers,
        "waiting_messages": counts.waiting_messages,
        "oldest_message_seconds": _seconds(_age(counts.oldest_message, now)),
    }
