"""The calendar of maintenance under several hands at once, on both kinds of database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from window_calls import change_window

from bot.domain.outbox import Draft, MessageKind
from bot.domain.records import Channel
from bot.domain.timers import Timer, TimerKind
from bot.domain.window import Window
from bot.domain.window_changes import Move
from bot.errors import UserError
from bot.sandbox.playground import TurnedClock
from bot.services.desk import Desk
from bot.services.maintenance import Maintenance

Result = TypeVar("Result")
DAY = timedelta(days=1)
PROD = "prod-2026-12-03"
PROD_STARTS = datetime(2026, 12, 19, 2, tzinfo=UTC)


def at_once(*jobs: Callable[[], Result]) -> list[Result]:
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], Result]) -> Result:
        barrier.wait(timeout=10)
        return job()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(run, jobs))


def plan(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        Maintenance(desk).plan(tx, desk.clock.now())


def rows(desk: Desk) -> list[Window]:
    with desk.store.reading() as tx:
        return tx.windows.load(desk.clock.now() - 365 * DAY)


def turn(desk: Desk, at: datetime) -> None:
    assert isinstance(desk.clock, TurnedClock)
    desk.clock.turn_to(at)


def test_processes_that_start_at_once_plan_every_window_once(either_desk: Desk) -> None:
    at_once(*[lambda: plan(either_desk)] * 3)
    planned = rows(either_desk)
    assert len({window.key for window in planned}) == len(planned) > 100
    plan(either_desk)
    assert rows(either_desk) == planned


def test_of_those_who_change_a_window_at_once_one_does(either_desk: Desk) -> None:
    plan(either_desk)
    maintenance = Maintenance(either_desk)

    def move(days: int) -> int | None:
        try:
            change_window(maintenance, PROD, Move(PROD_STARTS + days * DAY), f"U{days}", seen=0)
        except UserError:
            return None
        return days

    moved = [days for days in at_once(*[lambda n=n: move(n) for n in (1, 2, 3)]) if days]
    assert len(moved) == 1
    with either_desk.store.reading() as tx:
        window = tx.windows.get(PROD)
        (record,) = tx.windows.changes(PROD)
    assert window is not None
    assert (window.segment.start, window.sequence) == (PROD_STARTS + moved[0] * DAY, 1)
    assert record.after == window


def test_whoever_moves_a_window_while_it_is_announced_knows_that_it_is(either_desk: Desk) -> None:
    """The change waits until the notice is written: it must not pass for one nobody knows of."""
    due = PROD_STARTS - 3 * DAY - timedelta(hours=10)
    turn(either_desk, due)
    plan(either_desk)
    maintenance = Maintenance(either_desk)
    acme = Channel("C1", "T1", "acme", is_member=True, is_ext_shared=False)
    with ThreadPoolExecutor(1) as other, either_desk.store.transaction() as tx:
        tx.roster.learn_channel(acme, due)
        for timer in tx.timers.take_due(due, 10):
            maintenance.fell_due(tx, timer.facts, due)
        move = Move(PROD_STARTS + 30 * DAY)
        moving = other.submit(change_window, maintenance, PROD, move, "U1")
        with pytest.raises(TimeoutError):
            moving.result(timeout=0.3)
    made = moving.result(timeout=5)
    assert made.before is not None
    assert made.before.announced_at == due


def test_posts_of_a_version_without_rows_are_taken_over(either_desk: Desk) -> None:
    """A channel that Slack has renamed since may have had a notice by both of its names."""
    due = PROD_STARTS - 3 * DAY - timedelta(hours=10)
    old = Draft(
        kind=MessageKind.MAINTENANCE,
        subject="window:prod-2026-12-18",
        dedupe_key="notice:prod-2026-12-18/3d:C1",
        due_at=due,
        facts={"notice": "prod-2026-12-18/3d", "due_at": due.isoformat()},
        channel_id="C1",
    )
    promise = Timer(TimerKind.MAINTENANCE, due + DAY, "notice:prod-2026-12-18/1d:x", old.facts)
    turn(either_desk, due + timedelta(hours=1))
    with either_desk.store.transaction() as tx:
        tx.outbox.add(old, due)
        tx.outbox.add(replace(old, dedupe_key="notice:prod-2026-12-18/3d:C0OLD"), due)
        tx.timers.add(promise)
    plan(either_desk)
    with either_desk.store.transaction() as tx:
        posts = tx.outbox.posts_about({f"maintenance:{PROD}"}, MessageKind.MAINTENANCE)
        assert [written.draft.dedupe_key for written in posts] == [
            "notice:prod-2026-12-03/3d@2026-12-19T02:00:00+00:00:C1",
            "notice:prod-2026-12-18/3d:C0OLD",
        ]
        assert {written.draft.facts["window"] for written in posts} == {PROD}
        window = tx.windows.get(PROD)
        assert window is not None
        assert window.announced_at == due
        later = tx.timers.take_due(due + 2 * DAY, 10)
        assert all("window" in timer.facts for timer in later)
