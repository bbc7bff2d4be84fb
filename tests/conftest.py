"""Databases for the tests: a file of SQLite's, and a real PostgreSQL server from a wheel."""

from __future__ import annotations

import functools
import gc
import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from storage.database import Database
from storage.migrate import migrate
from tests.postgres import postgres_server

_numbers = itertools.count(1)


def pytest_collection_finish() -> None:
    """Thousands of tests, once collected, stay: the collector need not look through them again."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests stay out of them."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "TEAM_CHANNEL",
                 "SLACK_API_URL", "DATABASE_URL", "PORT", "POLICY_FILE", "LOG_LEVEL",
                 "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "HTTPS_PROXY", "HTTP_PROXY",
                 "https_proxy", "http_proxy", "PUBLIC_URL", "WEBHOOK_SECRET",
                 "HEARTBEAT_URL", "CASEBELL_CLIENT_ID", "CASEBELL_CLIENT_SECRET",
                 "ENCRYPTION_KEY"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end what the storms counted, and which browser tests were left out, and why."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, ()):
            for name, counts in getattr(report, "user_properties", ()):
                if name == "storm" and report.when == "call":
                    terminalreporter.write_line(f"{report.nodeid}\n    {counts}")
    for report in terminalreporter.stats.get("skipped", ()):
        if report.nodeid.startswith("tests/browser/"):
            why = str(report.longrepr[2]).removeprefix("Skipped: ")
            # A skip is easily missed.
            terminalreporter.write_line(f"Browser tests did not run: {why}", yellow=True)
            return


class _CompiledOnce(dict[tuple[Any, ...], Any]):
    """Statements as SQL, by the kind of database and not by the engine that first ran them."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), compiled)


@pytest.fixture(scope="session", autouse=True)
def _compiled_once() -> Iterator[None]:
    """A process has one engine, and compiles a statement once; the tests have thousands."""
    options = {"compiled_cache": _CompiledOnce()}
    with pytest.MonkeyPatch.context() as patch:
        once = functools.partial(sa.create_engine, execution_options=options)
        patch.setattr(sa, "create_engine", once)
        yield


@pytest.fixture(scope="session")
def _folder() -> Iterator[Path]:
    """In memory where the system has a place for that: nobody waits for a disk to be synced."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="casebell-", dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def _sqlite_template(_folder: Path) -> Path:
    """A migrated file: to copy it takes a hundredth of the time of migrating another."""
    template = _folder / "template.db"
    database = Database(f"sqlite:///{template}")
    migrate(database)
    database.dispose()
    return template


@pytest.fixture
def empty_sqlite_url(_folder: Path) -> Iterator[str]:
    """The address of a file that is not there yet."""
    own = _folder / str(next(_numbers))
    own.mkdir()
    yield f"sqlite:///{own}/casebell.db"
    shutil.rmtree(own)


@pytest.fixture
def sqlite_url(empty_sqlite_url: str, _sqlite_template: Path) -> str:
    """The address of a fresh, migrated file."""
    file = sa.make_url(empty_sqlite_url).database
    assert file is not None
    shutil.copyfile(_sqlite_template, file)
    return empty_sqlite_url


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    """The address of a server's maintenance database; a migrated one is kept as a template."""
    with postgres_server() as server:
        address = server.get_uri()
        for waits_for_the_disk in ("fsync", "synchronous_commit", "full_page_writes"):
            _run(address, f"ALTER SYSTEM SET {waits_for_the_disk} = off")
        _run(address, "SELECT pg_reload_conf()")
        _run(address, "CREATE DATABASE casebell_template")
        template = Database(_named(address, "casebell_template"))
        migrate(template)
        template.dispose()
        yield address


@pytest.fixture
def postgres_url(_postgres_server: str) -> str:
    """The address of a fresh, migrated database."""
    name = f"test_{next(_numbers)}"
    _run(_postgres_server, f"CREATE DATABASE {name} TEMPLATE casebell_template")
    return _named(_postgres_server, name)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Each kind of database in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated database of each kind in turn."""
    found = Database(database_url)
    yield found
    found.dispose()


def _named(address: str, name: str) -> str:
    url = sa.make_url(address).set(database=name)
    return url.render_as_string(hide_password=False)


def _run(address: str, statement: str) -> None:
    engine = sa.create_engine(
        sa.make_url(address).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
