"""Databases to measure on: SQLite files, and a PostgreSQL server from a wheel."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from storage.database import Database
from storage.migrate import migrate
from tests.postgres import postgres_server

NewDatabase = Callable[[], str]


@contextmanager
def sqlite() -> Iterator[NewDatabase]:
    """Addresses of fresh, migrated files, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="casebell-bench-") as folder:
        numbers = itertools.count(1)

        def new() -> str:
            return _migrated(f"sqlite:///{folder}/{next(numbers)}.db")

        yield new


@contextmanager
def postgresql() -> Iterator[NewDatabase]:
    """Addresses of fresh, migrated databases on a server of its own."""
    with postgres_server() as server:
        address = server.get_uri()
        numbers = itertools.count(1)

        def new() -> str:
            name = f"bench_{next(numbers)}"
            admin = sa.create_engine(
                sa.make_url(address).set(drivername="postgresql+psycopg"),
                isolation_level="AUTOCOMMIT",
            )
            with admin.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            admin.dispose()
            url = sa.make_url(address).set(database=name)
            return _migrated(url.render_as_string(hide_password=False))

        yield new


KINDS = {"SQLite": sqlite, "PostgreSQL": postgresql}


def _migrated(url: str) -> str:
    database = Database(url)
    migrate(database)
    database.dispose()
    return url
