"""Cases, timers and messages, with what does not matter filled in; transactions that fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bot.domain.case import Person, Place
from bot.domain.outbox import Draft, MessageKind, Sending
from bot.domain.records import NewCase
from bot.domain.response_clock import Target, Unit
from bot.domain.timers import Timer, TimerKind
from storage.store import SqlStore, SqlTransaction

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
LEASE = timedelta(seconds=8)
SECOND = timedelta(seconds=1)

Result = TypeVar("Result")


def a_case(view_id: str = "V1", user_id: str = "U1", **changed: Any) -> NewCase:
    values: dict[str, Any] = {
        "view_id": view_id,
        "reporter": Person("T2", user_id),
        "place": Place("T1", "C1"),
        "account": "acme",
        "on_behalf_of": None,
        "severity": "severe_impact",
        "summary": "Prices are gone",
        "answers": {"severity": "severe_impact", "summary": "Prices are gone"},
        "opened_at": NOW,
        "target": Target(4, Unit.BUSINESS_HOURS),
        "due_at": NOW + timedelta(hours=4),
    }
    return NewCase(**(values | changed))


def a_timer(key: str, due_at: datetime = NOW) -> Timer:
    return Timer(TimerKind.RESPONSE, due_at, key, {"key": key})


def a_draft(
    key: str | None,
    *,
    kind: MessageKind = MessageKind.CASE_CARD,
    subject: str | None = None,
    channel_id: str | None = "C1",
    **changed: Any,
) -> Draft:
    """A message about a subject of its own, so in a lane of its own, unless told otherwise."""
    values: dict[str, Any] = {"due_at": NOW, "facts": {"key": key}}
    return Draft(
        kind=kind,
        subject=subject or f"about {key}",
        dedupe_key=key,
        channel_id=channel_id,
        **(values | changed),
    )


def put(store: SqlStore, *drafts: Draft) -> list[int | None]:
    """Write messages in one transaction; their ids."""
    with store.transaction() as tx:
        return [tx.outbox.add(draft, NOW) for draft in drafts]


def claim(
    store: SqlStore,
    now: datetime = NOW,
    *,
    limit: int = 100,
    gap: timedelta = timedelta(0),
    for_pages: int = 0,
) -> list[Sending]:
    with store.transaction() as tx:
        return list(tx.outbox.claim(now, now + LEASE, limit, gap, for_pages=for_pages).sendings)


def keys(sendings: Sequence[Sending]) -> list[str]:
    return [sending.facts["key"] for sending in sendings]


class Undone(Exception):  # noqa: N818 - it is what happens, and no error
    """Raised to have a transaction rolled back."""


def undo(store: SqlStore, do: Callable[[SqlTransaction], object]) -> None:
    """Do something in a transaction, and have it fail at its end."""
    with suppress(Undone), store.transaction() as tx:
        do(tx)
        raise Undone


def at_once(*jobs: Callable[[], Result]) -> list[Result]:
    """Run every job on a thread of its own, all from the same moment; what each gave."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], Result]) -> Result:
        barrier.wait(timeout=10)
        return job()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, jobs))
