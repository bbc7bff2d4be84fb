"""The wake-up: after what falls due is committed, with its time, in every process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from queue import Empty, Queue

import pytest
from making import NOW, SECOND, a_case, a_draft, a_timer, undo

from storage.database import Database
from storage.listen import WakeListener
from storage.store import WAKE_CHANNEL, SqlStore

Connect = Callable[[str], Database]


class Waking:
    """A store whose wake-ups are kept, each with what was committed when it came."""

    def __init__(self, database: Database) -> None:
        self.store = SqlStore(database, self._wake, lambda due_at: due_at < NOW + SECOND)
        self.woken: list[datetime] = []
        self.committed: list[datetime | None] = []

    def _wake(self, due_at: datetime) -> None:
        self.woken.append(due_at)
        with self.store.reading() as tx:
            self.committed.append(tx.timers.next_due())


@pytest.fixture
def waking(database: Database) -> Waking:
    return Waking(database)


def test_who_is_woken_finds_what_is_due(waking: Waking) -> None:
    """So the call comes after the commit, and never before."""
    with waking.store.transaction() as tx:
        tx.timers.add(a_timer("one"))
        assert waking.woken == []
    assert waking.woken == [NOW]
    assert waking.committed == [NOW]


def test_what_is_rolled_back_wakes_nobody(waking: Waking) -> None:
    undo(waking.store, lambda tx: tx.timers.add(a_timer("one")))
    assert waking.woken == []


def test_a_transaction_wakes_once_with_the_earliest_of_what_it_wrote(waking: Waking) -> None:
    with waking.store.transaction() as tx:
        tx.timers.add(a_timer("later", NOW + SECOND))
        tx.outbox.add(a_draft("now"), NOW)
        tx.timers.add(a_timer("latest", NOW + 2 * SECOND))
        tx.outbox.add(a_draft("much later", due_at=NOW + timedelta(days=1)), NOW)
    assert waking.woken == [NOW]


def test_what_is_due_later_wakes_nobody_for_the_next_tick_comes_before(waking: Waking) -> None:
    with waking.store.transaction() as tx:
        tx.timers.add(a_timer("in a second", NOW + SECOND))
        tx.outbox.add(a_draft("tomorrow", due_at=NOW + timedelta(days=1)), NOW)
    assert waking.woken == []


def test_what_was_promised_before_wakes_nobody_again(waking: Waking) -> None:
    for _ in range(2):
        with waking.store.transaction() as tx:
            tx.timers.add(a_timer("one"))
            tx.outbox.add(a_draft("card"), NOW)
    assert waking.woken == [NOW]


def test_a_transaction_that_makes_nothing_due_wakes_nobody(waking: Waking) -> None:
    with waking.store.transaction() as tx:
        tx.cases.open(a_case())
    with waking.store.reading() as tx:
        tx.timers.next_due()
    assert waking.woken == []


def test_an_event_is_new_once_and_remembered_with_its_transaction(waking: Waking) -> None:
    undo(waking.store, lambda tx: tx.first_time("Ev1", NOW))
    with waking.store.transaction() as tx:
        assert tx.first_time("Ev1", NOW)
        assert not tx.first_time("Ev1", NOW)
    with waking.store.transaction() as tx:
        assert tx.forget_events(NOW, 10) == 0
        assert not tx.first_time("Ev1", NOW)
        assert tx.forget_events(NOW + SECOND, 10) == 1
        assert tx.first_time("Ev1", NOW)


# Between processes, over PostgreSQL.


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener waits before it connects again."""
    monkeypatch.setattr("storage.listen._RECONNECT", 0.01)


@contextmanager
def _listening(database: Database) -> Iterator[Queue[datetime]]:
    heard: Queue[datetime] = Queue()
    listener = WakeListener(database, heard.put)
    listener.start()
    try:
        yield heard
    finally:
        listener.stop()


def _told(store: SqlStore, heard: Queue[datetime], key: str) -> datetime:
    """Promise until it is heard: what is said before somebody listens, nobody hears."""
    for attempt in range(100):
        with store.transaction() as tx:
            tx.timers.add(a_timer(f"{key} {attempt}"))
        try:
            return heard.get(timeout=0.05)
        except Empty:
            continue
    pytest.fail("nothing was heard within 5 s")


@pytest.fixture
def store(postgres_url: str, connect: Connect) -> SqlStore:
    return SqlStore(connect(postgres_url))


def test_another_process_hears_of_a_promise_within_a_second(
    store: SqlStore, postgres_url: str, connect: Connect
) -> None:
    with _listening(connect(postgres_url)) as heard:
        _told(store, heard, "first")
        due = NOW + timedelta(microseconds=1)
        with store.transaction() as tx:
            tx.timers.add(a_timer("now", due))
            with pytest.raises(Empty):
                heard.get(timeout=0.1)
        assert heard.get(timeout=1) == due


def test_another_process_hears_nothing_of_what_is_rolled_back(
    store: SqlStore, postgres_url: str, connect: Connect
) -> None:
    with _listening(connect(postgres_url)) as heard:
        _told(store, heard, "first")
        undo(store, lambda tx: tx.timers.add(a_timer("never", NOW - SECOND)))
        with store.transaction() as tx:
            tx.timers.add(a_timer("then", NOW + SECOND))
        assert heard.get(timeout=1) == NOW + SECOND


def test_another_process_hears_nothing_of_what_is_due_later(
    store: SqlStore, postgres_url: str, connect: Connect
) -> None:
    """To be told, a commit waits for every other that tells something in the database."""
    soon = SqlStore(store.database, is_soon=lambda due_at: due_at < NOW + SECOND)
    with _listening(connect(postgres_url)) as heard:
        _told(store, heard, "first")
        for key, due in (("later", NOW + SECOND), ("now", NOW - SECOND)):
            with soon.transaction() as tx:
                tx.timers.add(a_timer(key, due))
        assert heard.get(timeout=1) == NOW - SECOND


def test_who_listens_listens_again_after_the_connection_was_cut(
    store: SqlStore, postgres_url: str, connect: Connect
) -> None:
    with _listening(connect(postgres_url)) as heard:
        _told(store, heard, "first")
        with store.database.transaction() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE query = 'LISTEN {WAKE_CHANNEL}' AND datname = current_database()"
            )
        assert _told(store, heard, "after the cut") == NOW


def test_who_listens_stops_when_told_and_leaves_no_connection(
    store: SqlStore, postgres_url: str, connect: Connect
) -> None:
    with _listening(connect(postgres_url)) as heard:
        _told(store, heard, "first")
        assert _listeners(store) == 1
    assert "casebell-listener" not in {thread.name for thread in threading.enumerate()}
    deadline = time.monotonic() + 5  # the server takes a moment to see that it is gone
    while _listeners(store):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _listeners(store: SqlStore) -> int:
    with store.database.reading() as connection:
        found = connection.exec_driver_sql(
            f"SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN {WAKE_CHANNEL}'"
            " AND datname = current_database()"
        )
        count: int = found.scalar_one()
        return count
