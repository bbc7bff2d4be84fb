"""The schema: brought about from nothing, by several processes at once, the same on both."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from making import a_case

from storage.database import Database
from storage.migrate import is_current, migrate
from storage.store import SqlStore
from storage.tables import metadata

_MIGRATE = """
import sys
from storage.database import Database
from storage.migrate import migrate

database = Database(sys.argv[1])
print("migrating", flush=True)
migrate(database)
"""


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, connect: Callable[[str], Database]) -> Iterator[Database]:
    """Each kind of database in turn, with no tables in it."""
    database = connect(request.getfixturevalue(f"{request.param}_url"))
    if not database.is_sqlite:
        with database.transaction() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    yield database
    migrate(database)  # as the other tests expect to find it


def test_an_empty_database_is_not_current_and_a_migrated_one_is(empty: Database) -> None:
    assert not is_current(empty)
    migrate(empty)
    assert is_current(empty)


def test_migrating_again_changes_nothing(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.cases.open(a_case())
    migrate(store.database)
    with store.reading() as tx:
        assert tx.cases.get(1001).summary == "Prices are gone"


def test_the_migrated_schema_is_what_the_tables_say(empty: Database) -> None:
    migrate(empty)
    with empty.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_a_process_that_migrates_while_another_does_waits_for_it(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process, for Alembic keeps its context in module globals."""
    url = empty.engine.url.render_as_string(hide_password=False)
    other: list[subprocess.Popen[str]] = []

    def upgrade_and_linger(*arguments: Any) -> None:
        command.upgrade(*arguments)
        process = subprocess.Popen(
            [sys.executable, "-c", _MIGRATE, url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        other.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "migrating\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)

    with monkeypatch.context() as patched:
        lingering = SimpleNamespace(upgrade=upgrade_and_linger)
        patched.setattr("storage.migrate.command", lingering)
        migrate(empty)
    _, errors = other[0].communicate(timeout=10)
    assert other[0].returncode == 0, errors
    assert is_current(empty)


def test_a_migration_that_fails_at_its_end_leaves_nothing_behind(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(*arguments: Any) -> None:
        command.upgrade(*arguments)
        raise RuntimeError("the last step failed")

    with monkeypatch.context() as patched:
        patched.setattr("storage.migrate.command", SimpleNamespace(upgrade=stumble))
        with pytest.raises(RuntimeError):
            migrate(empty)
    with empty.reading() as connection:
        assert sa.inspect(connection).get_table_names() == []
    migrate(empty)
    assert is_current(empty)


def test_case_numbers_begin_at_1001(store: SqlStore) -> None:
    with store.transaction() as tx:
        numbers = [tx.cases.open(a_case(view))[0].number for view in ("V1", "V2", "V3")]
    assert numbers == [1001, 1002, 1003]


def test_a_case_number_is_never_given_twice(store: SqlStore) -> None:
    """Not even when the newest case is gone."""
    with store.transaction() as tx:
        tx.cases.open(a_case("V1"))
    with store.database.transaction() as connection:
        connection.execute(sa.text("DELETE FROM cases"))
    with store.transaction() as tx:
        assert tx.cases.open(a_case("V2"))[0].number == 1002
