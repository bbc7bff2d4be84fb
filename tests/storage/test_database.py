"""Connections: settings that keep a case safe, and one error for a database that is away."""

from __future__ import annotations

import socket
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import sqlalchemy as sa
from making import NOW, Undone, a_case, a_timer, at_once, undo

from bot.errors import SettingsError, StorageRefusedError, StorageUnavailableError
from storage.database import Database
from storage.migrate import migrate
from storage.store import SqlStore
from storage.tables import timeline

Connect = Callable[[str], Database]


@contextmanager
def _locked(url: str) -> Iterator[None]:
    """Another process is writing, and takes its time."""
    other = sqlite3.connect(sa.make_url(url).database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def _write(store: SqlStore, key: str) -> None:
    with store.transaction() as tx:
        tx.timers.add(a_timer(key))


@pytest.fixture
def sqlite(sqlite_url: str, connect: Connect) -> SqlStore:
    database = connect(sqlite_url)
    migrate(database)
    return SqlStore(database)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 2000)],
    ids=str,
)
@pytest.mark.parametrize("how", ["transaction", "reading"])
def test_sqlite_runs_as_the_promises_need_it(
    sqlite: SqlStore, how: str, pragma: str, value: object
) -> None:
    """2 is FULL: a commit is on the disk before it is believed."""
    with getattr(sqlite.database, how)() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar_one() == value


def test_a_row_that_refers_to_nothing_is_refused(store: SqlStore) -> None:
    row = {"case_number": 7, "at": NOW, "kind": "opened", "facts": {}}
    with pytest.raises(StorageRefusedError), store.database.transaction() as connection:
        connection.execute(sa.insert(timeline).values(row))


def test_what_raises_leaves_nothing_behind(store: SqlStore) -> None:
    undo(store, lambda tx: tx.cases.open(a_case()))
    with store.database.reading() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM cases")).scalar_one() == 0


def test_a_savepoint_undoes_what_is_in_it_and_no_more(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.timers.add(a_timer("kept"))
        with suppress(Undone), tx.savepoint():
            tx.timers.add(a_timer("undone"))
            raise Undone
        tx.timers.add(a_timer("kept too"))
    with store.transaction() as tx:
        assert [timer.facts["key"] for timer in tx.timers.take_due(NOW, 10)] == ["kept", "kept too"]


def test_a_reader_sees_one_state_and_waits_for_no_writer(sqlite: SqlStore) -> None:
    _write(sqlite, "before")
    with sqlite.reading() as reader:
        assert reader.timers.next_due() == NOW
        with sqlite.transaction() as writer:
            writer.timers.finish([1], NOW)
        assert reader.timers.next_due() == NOW
    with sqlite.reading() as reader:
        assert reader.timers.next_due() is None


def test_many_threads_write_to_sqlite_and_none_fails(sqlite: SqlStore) -> None:
    def write(thread: int) -> None:
        for number in range(50):
            _write(sqlite, f"{thread}:{number}")

    at_once(*(lambda thread=thread: write(thread) for thread in range(8)))
    with sqlite.transaction() as tx:
        assert len(tx.timers.take_due(NOW, 1000)) == 400


def test_two_processes_share_an_sqlite_file(sqlite: SqlStore, connect: Connect) -> None:
    """No lock of ours reaches the other: SQLite's own does."""
    other = SqlStore(connect(str(sqlite.database.engine.url)))

    def write(store: SqlStore, name: str) -> None:
        for number in range(30):
            _write(store, f"{name}:{number}")

    at_once(lambda: write(sqlite, "one"), lambda: write(other, "other"))
    with sqlite.transaction() as tx:
        assert len(tx.timers.take_due(NOW, 1000)) == 60


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def test_a_postgres_that_is_away_is_said_within_3_s(connect: Connect, closed_port: int) -> None:
    away = connect(f"postgresql://casebell@127.0.0.1:{closed_port}/casebell")
    started = time.monotonic()
    with pytest.raises(StorageUnavailableError, match="does not answer"), away.transaction():
        pytest.fail("there is no database")
    with pytest.raises(StorageUnavailableError), away.reading():
        pytest.fail("there is no database")
    assert time.monotonic() - started < 3


def test_a_postgres_that_accepts_and_says_nothing_is_given_up_within_3_s(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        away = connect(f"postgresql://casebell@127.0.0.1:{mute.getsockname()[1]}/casebell")
        started = time.monotonic()
        with pytest.raises(StorageUnavailableError), away.transaction():
            pytest.fail("there is no database")
    assert time.monotonic() - started < 3


def test_a_postgres_connection_that_was_cut_in_a_transaction_is_said(
    postgres_url: str, connect: Connect
) -> None:
    store, other = SqlStore(connect(postgres_url)), connect(postgres_url)

    def write_while_it_is_cut() -> None:
        with store.transaction() as tx:
            tx.timers.add(a_timer("lost"))
            with other.transaction() as connection:
                connection.exec_driver_sql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            tx.timers.add(a_timer("lost too"))

    with pytest.raises(StorageUnavailableError):
        write_while_it_is_cut()
    with store.reading() as tx:
        assert tx.timers.next_due() is None


def test_a_row_that_somebody_holds_too_long_is_said_within_3_s(
    postgres_url: str, connect: Connect
) -> None:
    store, other = SqlStore(connect(postgres_url)), SqlStore(connect(postgres_url))
    with store.transaction() as tx:
        tx.cases.open(a_case())
    with store.transaction() as holder:
        holder.cases.get(1001, lock=True)
        started = time.monotonic()
        with pytest.raises(StorageUnavailableError), other.transaction() as tx:
            tx.cases.get(1001, lock=True)
    assert 1 < time.monotonic() - started < 3


def test_an_sqlite_file_that_is_locked_too_long_is_said_within_3_s(sqlite: SqlStore) -> None:
    _write(sqlite, "before")
    url = str(sqlite.database.engine.url)
    started = time.monotonic()
    with _locked(url), pytest.raises(StorageUnavailableError):
        _write(sqlite, "while it is locked")
    assert 1 < time.monotonic() - started < 3
    _write(sqlite, "after")


def test_an_sqlite_file_that_is_locked_for_a_moment_is_waited_for(sqlite: SqlStore) -> None:
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with _locked(str(sqlite.database.engine.url)):
            holding.set()
            done.wait(0.2)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holding.wait(5)
    _write(sqlite, "in the end")
    thread.join()
    with sqlite.reading() as tx:
        assert tx.timers.next_due() == NOW


def test_threads_that_queue_for_a_locked_sqlite_file_all_hear_of_it_in_time(
    sqlite_url: str, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listener has 3 s to answer Slack, whatever stands in front of it."""
    timeout = 0.4
    monkeypatch.setattr("storage.database.TIMEOUT_SECONDS", timeout)
    store = SqlStore(connect(sqlite_url))
    migrate(store.database)

    def write() -> float:
        started = time.monotonic()
        with pytest.raises(StorageUnavailableError):
            _write(store, "never")
        return time.monotonic() - started

    with _locked(sqlite_url):
        assert max(at_once(*[write] * 4)) < 3 * timeout


@pytest.mark.parametrize("kind", ["sqlite_url", "postgres_url"])
def test_who_waits_for_a_connection_hears_in_time_that_there_is_none(
    kind: str, connect: Connect, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    timeout = 0.4
    monkeypatch.setattr("storage.database.TIMEOUT_SECONDS", timeout)
    monkeypatch.setattr("storage.database.POOL_SIZE", 1)
    monkeypatch.setattr("storage.database.PATIENCE", {})  # PostgreSQL takes whole seconds
    database = connect(request.getfixturevalue(kind))
    with database.reading():
        started = time.monotonic()
        with pytest.raises(StorageUnavailableError), database.reading():
            pytest.fail("there is no other connection")
    assert timeout <= time.monotonic() - started < 3 * timeout


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgres_works(postgres_url: str, connect: Connect, scheme: str) -> None:
    _, _, rest = postgres_url.partition("://")
    database = connect(f"{scheme}://{rest}")
    assert not database.is_sqlite
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


@pytest.mark.parametrize(
    "url",
    ["mysql://root@127.0.0.1/casebell", "oracle://x", "casebell.db", "", "sqlite://",
     "sqlite:///:memory:"],
    ids=["mysql", "oracle", "no scheme", "empty", "no file", "memory"],
)  # fmt: skip
def test_an_address_that_cannot_serve_is_refused_at_once(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^DATABASE_URL "):
        Database(url)


def test_an_error_never_shows_the_password() -> None:
    with pytest.raises(SettingsError) as caught:
        Database("mysql://casebell:s3cret@127.0.0.1/casebell")
    assert "s3cret" not in str(caught.value)


def test_a_folder_that_does_not_exist_is_a_database_that_is_away(
    tmp_path: Path, connect: Connect
) -> None:
    database = connect(f"sqlite:///{tmp_path}/nowhere/casebell.db")
    with pytest.raises(StorageUnavailableError), database.transaction():
        pytest.fail("there is no file")


def test_a_statement_that_makes_no_sense_is_no_outage(store: SqlStore) -> None:
    """Else what trips over it is tried for ever, and everything else with it."""
    with (
        pytest.raises(StorageRefusedError, match="nonsense"),
        store.database.transaction() as connection,
    ):
        connection.exec_driver_sql("SELECT nonsense FROM cases")


def test_a_mistake_of_ours_is_no_outage_and_quotes_no_customer(store: SqlStore) -> None:
    """Errors are logged, and what a statement carries are often somebody's words."""
    row = {"case_number": 1001, "at": NOW, "facts": {"words": "secret plans"}, "actor": "Carla"}

    def write() -> None:
        with store.transaction() as tx:
            tx.cases.open(a_case())
        with store.database.transaction() as connection:
            connection.execute(sa.insert(timeline).values(row))

    with pytest.raises(StorageRefusedError) as caught:
        write()
    told = "".join(traceback.format_exception(caught.value))
    assert "secret plans" not in told
    assert "Carla" not in told
