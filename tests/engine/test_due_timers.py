"""Deciding what is due: each promise once, whatever else fails; and how long to sleep then."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.outbox import Draft, MessageKind
from bot.domain.records import Channel
from bot.domain.timers import Timer, TimerKind
from bot.engine.engine import TAKEN_ELSEWHERE, Engine
from bot.engine.ticker import LONGEST_SLEEP
from bot.engine.timers import BATCH, DueTimers
from bot.errors import NotReadyError, StorageUnavailableError
from bot.sandbox.playground import TurnedClock
from bot.services.desk import Desk
from bot.services.handoffs import handoff_timer, lookup_timer
from bot.services.paging import step_timer
from bot.services.ports import Transaction
from storage.database import Database
from storage.store import SqlStore
from storage.tables import timers

SECOND = timedelta(seconds=1)
Decide = Callable[[Transaction, Mapping[str, Any], datetime], None]


def _promise(desk: Desk, *keys: str, after: timedelta = timedelta(0)) -> None:
    with desk.store.transaction() as tx:
        for key in keys:
            due_at = desk.clock.now() + after
            tx.timers.add(Timer(TimerKind.RESPONSE, due_at, key, {"key": key}))


def _card(due_at: datetime, thread_of: int | None = None) -> Draft:
    card = MessageKind.CASE_CARD
    return Draft(card, "case:1", "card", due_at, channel_id="C1", thread_of=thread_of)


def _turn(desk: Desk, by: timedelta) -> None:
    assert isinstance(desk.clock, TurnedClock)
    desk.clock.turn_to(desk.clock.now() + by)


def _due_timers(desk: Desk, decide: Decide) -> DueTimers:
    return DueTimers(desk, {TimerKind.RESPONSE: decide})


class Decider:
    """Notes what it decides, in the transaction too, and stumbles where it is told."""

    def __init__(self, **stumbles: BaseException) -> None:
        self.decided: list[str] = []
        self.stumbles = stumbles

    def __call__(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        key = facts["key"]
        tx.first_time(key, now)
        if key in self.stumbles:
            raise self.stumbles[key]
        self.decided.append(key)


def _written(desk: Desk) -> set[str]:
    """What deciders have written and committed."""
    assert isinstance(desk.store, SqlStore)
    with desk.store.database.reading() as connection:
        return set(connection.execute(sa.text("SELECT event_id FROM events")).scalars())


def test_what_is_due_is_decided_once(either_desk: Desk) -> None:
    decider = Decider()
    due = _due_timers(either_desk, decider)
    _promise(either_desk, "one", "two")
    _promise(either_desk, "later", after=SECOND)
    assert (due.run(), due.run()) == (2, 0)
    assert decider.decided == ["one", "two"]
    _turn(either_desk, SECOND)
    due.run()
    assert decider.decided == ["one", "two", "later"]


def test_what_fails_is_put_off_and_stops_no_other(either_desk: Desk) -> None:
    decider = Decider(bad=KeyError("case"))
    due = _due_timers(either_desk, decider)
    _promise(either_desk, "one", "bad", "two")
    due.run()
    assert decider.decided == ["one", "one", "two"], "together in vain, then each by itself"
    assert _written(either_desk) == {"one", "two"}
    assert due.run() == 0
    decider.stumbles.clear()
    _turn(either_desk, SECOND)
    due.run()
    assert decider.decided[3:] == ["bad"]
    assert _written(either_desk) == {"one", "two", "bad"}


def test_why_it_failed_is_kept(desk: Desk) -> None:
    _promise(desk, "bad")
    _due_timers(desk, Decider(bad=KeyError("case"))).run()
    assert isinstance(desk.store, SqlStore)
    with desk.store.database.reading() as connection:
        row = connection.execute(sa.select(timers)).one()
    assert (row.error, row.attempts, row.done_at) == ("KeyError('case')", 1, None)


def test_cases_are_locked_in_one_order_whatever_falls_due(desk: Desk) -> None:
    """Else two engines, each with some of them, wait on each other."""
    now = desk.clock.now()
    promised = (
        lookup_timer(1, 1, 1003, now),
        Timer(TimerKind.REDRAW, now, "redraw", {"after": 1001}),
        Timer(TimerKind.REDRAW, now, "redraw all", {"after": 0}),
        step_timer(2, 1, 1001, now),
        Timer(TimerKind.SUBMISSION, now, "submission", {"submission": 1}),
        Timer(TimerKind.READINESS, now, "readiness", {}),
        Timer(TimerKind.HOUSEKEEPING, now, "housekeeping", {}),
        handoff_timer(now),
    )
    with desk.store.transaction() as tx:
        for timer in promised:
            tx.timers.add(timer)
    decided: list[TimerKind] = []

    def decider(kind: TimerKind) -> Decide:
        return lambda _tx, _facts, _now: decided.append(kind)

    DueTimers(desk, {kind: decider(kind) for kind in TimerKind}).run()
    of_no_case = [TimerKind.HANDOFF, TimerKind.SUBMISSION, TimerKind.HOUSEKEEPING]
    case_by_case = [TimerKind.REDRAW, TimerKind.PAGE, TimerKind.REDRAW, TimerKind.LOOKUP]
    assert decided == [*of_no_case, TimerKind.READINESS, *case_by_case]


def test_a_statement_that_fails_spoils_no_other_decision(either_desk: Desk) -> None:
    """On PostgreSQL a failed statement ends its transaction, or its savepoint."""

    def decide(tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        if facts["key"] == "bad":
            tx.outbox.add(_card(now, thread_of=10_000), now)
        tx.first_time(facts["key"], now)

    _promise(either_desk, "bad", "good")
    _due_timers(either_desk, decide).run()
    assert _written(either_desk) == {"good"}


@pytest.fixture
def two_processes(
    desk: Desk, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Desk, Database]]:
    """A desk over PostgreSQL that waits a second at most, and a database of somebody else's."""
    monkeypatch.setattr("storage.database.TIMEOUT_SECONDS", 1)
    ours, theirs = Database(postgres_url), Database(postgres_url)
    yield replace(desk, store=SqlStore(ours)), theirs
    ours.dispose()
    theirs.dispose()


def test_a_row_that_somebody_holds_too_long_stops_no_other_decision(
    two_processes: tuple[Desk, Database],
) -> None:
    """It is not the database that is away; and who holds the row may hold it for long."""
    desk, other = two_processes

    def decide(tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        if facts["key"] == "held":
            tx.roster.leave_channel("C1")
        tx.first_time(facts["key"], now)

    with desk.store.transaction() as tx:
        acme = Channel("C1", "T1", "acme", is_member=True, is_ext_shared=False)
        tx.roster.learn_channel(acme, desk.clock.now())
    _promise(desk, "held", "free")
    with other.transaction() as connection:
        connection.exec_driver_sql("UPDATE channels SET name = 'held'")
        with suppress(StorageUnavailableError):
            _due_timers(desk, decide).run()
        assert _written(desk) == {"free"}


def test_a_database_that_goes_away_leaves_everything_due(
    two_processes: tuple[Desk, Database],
) -> None:
    desk, other = two_processes

    def decide(tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        if facts["key"] == "cut":
            with other.transaction() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
        tx.first_time(facts["key"], now)

    _promise(desk, "one", "cut", "two")
    with pytest.raises(StorageUnavailableError):
        _due_timers(desk, decide).run()
    assert _written(desk) == set()
    assert _due_timers(desk, Decider()).run() == 3


def test_a_crash_in_the_middle_leaves_everything_due_and_nothing_written(either_desk: Desk) -> None:
    decider = Decider(crash=SystemExit("killed"))
    due = _due_timers(either_desk, decider)
    _promise(either_desk, "one", "crash", "two")
    with pytest.raises(SystemExit):
        due.run()
    assert _written(either_desk) == set()
    decider.stumbles.clear()
    assert due.run() == 3
    assert _written(either_desk) == {"one", "crash", "two"}


@pytest.mark.parametrize(
    ("failed_before", "wait"),
    [(0, 1), (1, 2), (4, 16), (5, 32), (6, 60), (20, 60), (10_000, 60)],
    ids=str,
)
def test_what_keeps_failing_waits_longer_up_to_a_minute_and_still_stops_no_other(
    desk: Desk, failed_before: int, wait: int
) -> None:
    _promise(desk, "good")
    _fail(desk, failed_before)
    assert _written(desk) == {"good"}
    with desk.store.reading() as tx:
        assert tx.timers.next_due() == desk.clock.now() + timedelta(seconds=wait)


def _fail(desk: Desk, failed_before: int) -> None:
    """Fail to decide something that has failed so often before."""
    _promise(desk, "bad")
    assert isinstance(desk.store, SqlStore)
    with desk.store.database.transaction() as connection:
        bad = timers.c.dedupe_key == "bad"
        connection.execute(sa.update(timers).where(bad).values(attempts=failed_before))
    _due_timers(desk, Decider(bad=ValueError())).run()


def test_two_engines_on_postgres_decide_each_promise_once(desk: Desk, postgres_url: str) -> None:
    databases = [Database(postgres_url), Database(postgres_url)]
    desks = [replace(desk, store=SqlStore(database)) for database in databases]
    _promise(desks[0], *map(str, range(2 * BATCH)))
    decider, both = Decider(), threading.Barrier(2)

    def run(its: Desk) -> None:
        both.wait(5)
        while _open(its):
            _due_timers(its, decider).run()

    threads = [threading.Thread(target=run, args=(its,)) for its in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(decider.decided) == Counter(map(str, range(2 * BATCH)))
    for database in databases:
        database.dispose()


def _open(desk: Desk) -> bool:
    with desk.store.reading() as tx:
        return tx.timers.next_due() is not None


class Outbox:
    """A deliverer that only says whether a sender is free."""

    def __init__(self, *, is_free: bool = True) -> None:
        self.is_free = is_free

    def run(self) -> bool:
        return self.is_free


def _engine(desk: Desk, decide: Decide | None = None, *, is_free: bool = True) -> Engine:
    deliverer: Any = Outbox(is_free=is_free)
    return Engine(desk, _due_timers(desk, decide or Decider()), deliverer)


def test_with_nothing_due_it_sleeps_as_long_as_it_may(desk: Desk) -> None:
    assert _engine(desk).tick() == LONGEST_SLEEP


def test_after_deciding_something_it_looks_again_at_once(desk: Desk) -> None:
    """More may be due than a batch, and what was decided may be due already."""
    _promise(desk, "one")
    assert _engine(desk).tick() == timedelta(0)


def test_what_must_wait_for_slack_is_asked_for_again_soon_however_often(desk: Desk) -> None:
    due = _due_timers(desk, Decider(early=NotReadyError("Slack has not said yet.")))
    _promise(desk, "early", "good")
    for _ in range(8):
        due.run()
        with desk.store.reading() as tx:
            assert tx.timers.next_due() == desk.clock.now() + 2 * SECOND
        _turn(desk, 2 * SECOND)
    assert _written(desk) == {"good"}


def test_it_sleeps_until_the_next_promise(desk: Desk) -> None:
    _promise(desk, "one", after=SECOND / 4)
    assert _engine(desk).tick() == SECOND / 4


@pytest.mark.parametrize(
    ("is_free", "sleep"), [(True, SECOND / 4), (False, LONGEST_SLEEP)], ids=["free", "busy"]
)
def test_it_sleeps_until_the_next_message_unless_nobody_is_free_to_send_it(
    desk: Desk, is_free: bool, sleep: timedelta
) -> None:
    due_at = desk.clock.now() + SECOND / 4
    with desk.store.transaction() as tx:
        tx.outbox.add(_card(due_at), desk.clock.now())
    assert _engine(desk, is_free=is_free).tick() == sleep


def test_what_is_overdue_and_held_by_another_is_not_asked_for_all_the_time(desk: Desk) -> None:
    with desk.store.transaction() as tx:
        tx.outbox.add(_card(desk.clock.now() - SECOND), desk.clock.now())
    assert _engine(desk).tick() == TAKEN_ELSEWHERE


@pytest.mark.parametrize(
    "error", [StorageUnavailableError("away"), RuntimeError("a bug")], ids=["outage", "bug"]
)
def test_a_tick_that_fails_is_followed_by_another(
    desk: Desk, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = _engine(desk)

    def fail() -> bool:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(engine.deliverer, "run", fail)
        assert engine.tick() == LONGEST_SLEEP
    _promise(desk, "after")
    assert engine.tick() == timedelta(0)
    assert _written(desk) == {"after"}
