"""Stores over both kinds of database, and several over one, as processes have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from storage.database import Database
from storage.store import SqlStore
from storage.tables import metadata

Connect = Callable[[str], Database]


@pytest.fixture(scope="session")
def _one_postgres(_postgres_server: str) -> Iterator[Database]:
    """One database for all tests here: to empty it takes a tenth of the time of making another."""
    server = sa.create_engine(
        sa.make_url(_postgres_server).set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
    )
    with server.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE storage TEMPLATE casebell_template")
    server.dispose()
    url = sa.make_url(_postgres_server).set(database="storage")
    database = Database(url.render_as_string(hide_password=False))
    yield database
    database.dispose()


@pytest.fixture
def postgres_url(_one_postgres: Database) -> str:
    """The address of an empty, migrated database."""
    with _one_postgres.transaction() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(sa.delete(table))
        connection.exec_driver_sql("ALTER SEQUENCE cases_number_seq RESTART")
    return _one_postgres.engine.url.render_as_string(hide_password=False)


@pytest.fixture
def store(database: Database) -> SqlStore:
    """Each kind of database in turn."""
    return SqlStore(database)


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Open a database; it is closed with the test."""
    opened: list[Database] = []

    def connect(url: str) -> Database:
        opened.append(Database(url))
        return opened[-1]

    yield connect
    for database in opened:
        database.dispose()
