"""The database is away: stopped, restarted, cut off, or its disk is full."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from under_fire import Storm

from storage.database import Database
from storage.migrate import migrate
from tests.chaos import armed
from tests.postgres import postgres_server

LONG = pytest.mark.chaos
ROUNDS = pytest.mark.parametrize(
    "rounds", [2, pytest.param(20, marks=LONG)], ids=["twice", "20 times"]
)


@dataclass
class Postgres:
    """A server that is nobody else's, so that it can be stopped."""

    server: Any
    url: str

    def stop(self, how: signal.Signals) -> None:
        """SIGQUIT: at once, as if it had crashed; SIGINT: in good order."""
        os.kill(self.server.get_pid(), how)
        while self.server.get_postmaster_info().is_running():
            time.sleep(0.02)

    def start(self) -> None:
        self.server.ensure_postgres_running()


def cut_connections(url: str) -> None:
    """End every connection to a database of PostgreSQL's but the one that says so."""
    database = Database(url)
    try:
        with database.reading() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
    finally:
        database.dispose()


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        own = Postgres(server, server.get_uri())
        database = Database(own.url)
        migrate(database)
        database.dispose()
        yield own


def test_while_postgresql_is_stopped_or_crashes_nothing_is_lost(
    storm: Storm, postgres: Postgres
) -> None:
    with storm(postgres.url) as site:
        process = site.serve_alone()
        with site.crowd():
            for number in range(20):
                time.sleep(site.random.uniform(0.5, 2))
                with site.outage(process.wait_until_healthy):
                    postgres.stop((signal.SIGQUIT, signal.SIGINT)[number % 2])
                    time.sleep(site.random.uniform(0, 3))
                    postgres.start()
        assert process.is_alive


@pytest.mark.everyday
@ROUNDS
def test_when_every_connection_to_postgresql_is_cut_nothing_is_lost(
    storm: Storm, postgres_url: str, rounds: int
) -> None:
    with storm(postgres_url) as site:
        process = site.serve_alone()
        with site.crowd():
            for _ in range(10 * rounds):
                time.sleep(site.random.uniform(0, 0.5))
                with site.outage():
                    cut_connections(postgres_url)
        assert process.is_alive


@pytest.mark.everyday
@ROUNDS
def test_while_the_disk_is_full_people_are_told_and_no_case_is_lost(
    storm: Storm, sqlite_url: str, rounds: int
) -> None:
    with storm(sqlite_url) as site:
        process = site.serve_alone()
        flag = site.folder / armed.DISK_IS_FULL
        with site.crowd():
            for _ in range(rounds):
                time.sleep(site.random.uniform(0.5, 2))
                with site.outage():
                    flag.touch()
                    site.wait_for_a_failure()
                    flag.unlink()
        assert process.is_alive
        shown = [text for form in site.journal.forms for text in form.shown]
        shown += [text for _, text in site.journal.over_forms]
        refused = [text for text in shown if "saved" in text]
        assert refused
        assert all("Nothing was saved" in text for text in refused)


def test_full_means_full(sqlite_url: str, tmp_path: Path) -> None:
    """That the disk is full is no play: SQLite says so itself."""
    database = Database(sqlite_url)
    sa.event.listen(database.engine, "checkout", armed.disk(tmp_path / armed.DISK_IS_FULL))
    (tmp_path / armed.DISK_IS_FULL).touch()
    with pytest.raises(Exception, match="full"), database.transaction() as connection:
        connection.exec_driver_sql("CREATE TABLE large AS SELECT randomblob(9999999) AS bytes")
    database.dispose()
