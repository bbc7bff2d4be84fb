"""Connections: SQLite for one process, PostgreSQL for many, the same promises on both."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from bot.errors import (
    CasebellError,
    SettingsError,
    StorageBusyError,
    StorageRefusedError,
    StorageUnavailableError,
)

TIMEOUT_SECONDS = 2  # a listener has 3 s to answer Slack
# How long PostgreSQL may be silent on a connection before it counts as cut.
PATIENCE = {
    "connect_timeout": TIMEOUT_SECONDS,
    "tcp_user_timeout": TIMEOUT_SECONDS * 1000,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}
# The server's settings by which it takes back what a process holds that died or froze.
HOLDS_NO_LONGER = {
    "idle_in_transaction_session_timeout": 10_000,
    "tcp_keepalives_idle": 5,
    "tcp_keepalives_interval": 2,
    "tcp_keepalives_count": 3,
}
# One for each thread of a process: 32 that serve, 8 that send, and five more: the tick, upkeep, the
# audit, the status page, and the main thread. They are opened as they are needed; even two
# processes that need them all find room on a PostgreSQL as it is installed, which takes a hundred.
POOL_SIZE = 45


class Database:
    """The engine, and how a transaction begins and ends on it.

    SQLite: write-ahead log, synced at every commit (a case is never lost), one writer at a time;
    a lock of our own in front of it, so that threads wait for each other instead of polling.

    Raises:
        SettingsError: the URL is not one of SQLite or PostgreSQL.
        StorageUnavailableError: from a transaction, when the database is away or too slow.
        StorageRefusedError: from a transaction, when the database does not take a statement.
    """

    def __init__(self, url: str) -> None:
        parsed = _parse(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._writer = _WriterLock() if self.is_sqlite else nullcontext()
        options: dict[str, Any] = {
            "pool_size": POOL_SIZE,
            "max_overflow": 0,
            "pool_timeout": TIMEOUT_SECONDS,
            "hide_parameters": True,  # errors are logged, and customers' words are not
        }
        if self.is_sqlite:
            options["connect_args"] = {"timeout": TIMEOUT_SECONDS, "check_same_thread": False}
        else:
            milliseconds = TIMEOUT_SECONDS * 1000
            options["pool_pre_ping"] = True
            options["connect_args"] = {
                **PATIENCE,
                "options": " ".join(
                    f"-c {name}={value}"
                    for name, value in {
                        "statement_timeout": milliseconds,
                        "lock_timeout": milliseconds,
                        **HOLDS_NO_LONGER,
                    }.items()
                ),
            }
        self.engine = sa.create_engine(parsed, **options)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._reader = self.engine.execution_options(casebell_reads=True)

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A transaction that may write; on SQLite it is the writer from its first statement."""
        with translated(), self._writer, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads, and waits for no writer."""
        with translated(), self._reader.begin() as connection:
            yield connection

    def time(self) -> datetime | None:
        """What time it is where the database runs; None where that is this machine.

        Raises:
            StorageUnavailableError: the database is away.
        """
        if self.is_sqlite:
            return None
        with self.reading() as connection:
            at: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return at

    def dispose(self) -> None:
        """Close every connection that is not in use."""
        self.engine.dispose()


class _WriterLock:
    """A lock that is waited for as long as the database itself would be."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=TIMEOUT_SECONDS):
            raise StorageUnavailableError("The database is busy.")

    def __exit__(self, *_failure: object) -> None:
        self._lock.release()


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError:
        raise SettingsError("DATABASE_URL is not the address of a database.") from None
    backend = parsed.get_backend_name()
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise SettingsError(f"DATABASE_URL names {backend}: only SQLite and PostgreSQL are served.")
    if not parsed.database or parsed.database == ":memory:":
        raise SettingsError("DATABASE_URL names no file: write sqlite:///casebell.db")
    return parsed


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # SQLAlchemy's begin event says when and how a transaction begins, not the driver.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("casebell_reads")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


# PostgreSQL's codes for a deadlock, a lock not had in time, a statement that waited too long.
_HELD = frozenset({"40P01", "55P03", "57014"})


@contextmanager
def translated() -> Iterator[None]:
    """Turn the errors of the database into two of ours: it is away, or it refused.

    Both are without the values of the statement, which are customers' words: errors are logged.
    """
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        if getattr(getattr(error, "orig", None), "sqlstate", None) in _HELD:
            held = StorageBusyError(f"The database is held up: {_reason(error)}")
            raise _like(error, held) from None
        if _is_our_mistake(error):
            raise _like(error, _refused(error)) from None
        away = StorageUnavailableError(f"The database does not answer: {_reason(error)}")
        raise _like(error, away) from None
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            cut = StorageUnavailableError("The connection to the database was cut.")
            raise _like(error, cut) from None
        raise _like(error, _refused(error)) from None


def _is_our_mistake(error: Exception) -> bool:
    """Whether SQLite says that a statement makes no sense; to its driver that is an outage.

    Not where it knows no table at all: then an empty file stands where the database was. And not
    where it knows no savepoint: it has undone the whole transaction, as when the disk is full.
    """
    original = getattr(error, "orig", None)
    code = getattr(original, "sqlite_errorcode", None)
    is_away = str(original).startswith(("no such table", "no such savepoint"))
    return code == sqlite3.SQLITE_ERROR and not is_away


def _refused(error: Exception) -> StorageRefusedError:
    return StorageRefusedError(f"The database refuses: {_reason(error)}")


def _like(error: Exception, ours: CasebellError) -> CasebellError:
    """Our error, with the way that theirs came; frames carry no values."""
    return ours.with_traceback(error.__traceback__)


def _reason(error: Exception) -> str:
    """What the driver says of the kind of error; PostgreSQL's DETAIL, with the row, left out."""
    original = getattr(error, "orig", None) or error
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    words = str(primary or original).splitlines()
    return f"{type(original).__name__}: {words[0] if words else ''}"
