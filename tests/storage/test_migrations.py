"""The schema: brought about from nothing, by several processes at once, the same on both."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from making import NOW, SECOND, a_case

from bot.domain.access import Member
from bot.domain.case import CaseStatus, Person
from bot.domain.events import EventKind
from bot.domain.records import Channel, ChannelKind, KeptDraft
from storage.database import Database
from storage.migrate import migrate
from storage.schema import is_current
from storage.store import SqlStore
from storage.tables import metadata
from storage.types import Instant

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
    kinds = {"sqlite": "empty_sqlite_url", "postgres": "postgres_url"}
    database = connect(request.getfixturevalue(kinds[request.param]))
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


_WRITTEN_BY_0001 = (
    "INSERT INTO channels VALUES ('C1', 'T1', 'acme', true, true, :at), "
    "('C2', 'T1', 'globex', false, true, :at)",
    "INSERT INTO people VALUES ('U1', 'T2', 'Carla', NULL, false, false, false, false, NULL, :at)",
    "INSERT INTO drafts VALUES ('V9', 'T2', 'U1', '{\"summary\": \"Pri\"}', '1.0', :at)",
    "INSERT INTO cases VALUES (1001, 'V1', 'T2', 'U1', 'T1', 'C1', 'severe_impact', 'Prices are "
    "gone', '{}', 'new', :at, '4 business hours', :at, NULL, NULL, NULL, '1.000001')",
    "INSERT INTO cases VALUES (1002, 'V2', 'T2', 'U1', '', 'U1', 'no_impact', 'How?', '{}', "
    "'answered', :at, '2 business days', :at, :at, 'U9', :at, NULL)",
    "INSERT INTO timeline VALUES (1, 1001, :at, 'opened', 'U1', '{}')",
    "INSERT INTO outbox VALUES (1, 'case_card', '{\"case\": 1001}', 'case:1001', 'C1', NULL, NULL, "
    "NULL, 'case:1001>C1', 1, 'key 1', 'abc', :at, :at, 'sent', 1, false, 'C1', '1.000001', :at, "
    "NULL)",
    "INSERT INTO outbox VALUES (2, 'clock_news', '{}', 'case:1001', 'C9', NULL, 1, NULL, "
    "'case:1001>C9', 1, 'key 2', 'def', :at, :at, 'pending', 0, false, NULL, NULL, NULL, NULL)",
)


def _migrate_to(revision: str, database: Database) -> None:
    def upgrade(config: Config, _head: str) -> None:
        command.upgrade(config, revision)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("storage.migrate.command", SimpleNamespace(upgrade=upgrade))
        migrate(database)


def test_an_installation_lives_on_that_knows_of_no_organisation(empty: Database) -> None:
    _migrate_to("0005", empty)
    row = "('T2', 'Acme', 'C1', 'sealed', 'U3', 'U1', :at, :at, NULL, NULL)"
    inserted = sa.text(f"INSERT INTO installations VALUES {row}")
    with empty.transaction() as connection:
        connection.execute(inserted.bindparams(sa.bindparam("at", NOW, Instant)))
    migrate(empty)
    with SqlStore(empty).reading() as tx:
        [found] = tx.installations.active()
    assert (found.team_id, found.enterprise_id, found.checked_at) == ("T2", "", NOW)


def test_what_the_first_version_wrote_lives_on(empty: Database) -> None:
    _migrate_to("0001", empty)
    at = sa.bindparam("at", NOW, Instant)
    with empty.transaction() as connection:
        for statement in _WRITTEN_BY_0001:
            connection.execute(sa.text(statement).bindparams(at))
    migrate(empty)

    store = SqlStore(empty)
    with store.transaction() as tx:
        case, other = tx.cases.get(1001), tx.cases.get(1002)
        assert (case.account, case.status, case.thread_ts) == ("acme", CaseStatus.NEW, "1.000001")
        assert (other.account, other.answered_by) == ("", "U9"), "it came from a DM"
        for found in (case, other):
            assert (found.waiting_since, found.counted_from, found.version) == (NOW, NOW, 0)
        tx.cases.save(replace(case, assignee="U9", version=1))
        assert tx.cases.queue(most=10) == ([tx.cases.get(1001), other], 2)
        assert [entry.kind for entry in tx.cases.timeline(1001)] == [EventKind.OPENED]

        acme = Channel("C1", "T1", "acme", is_member=True, is_ext_shared=True, joined_at=NOW)
        assert tx.roster.channel("C1") == acme
        assert tx.roster.learn_channel(acme, NOW + SECOND) == acme
        left = tx.roster.channel("C2")
        assert left is not None
        assert (left.kind, left.joined_at) == (ChannelKind.CUSTOMER, None)
        assert tx.roster.member("U1") == Member("U1", "T2", "Carla")
        assert tx.submissions.draft("V9") == KeptDraft(Person("T2", "U1"), {"summary": "Pri"}, NOW)

        [news] = tx.outbox.claim(NOW, NOW + SECOND, 8, SECOND, for_pages=2).sendings
        assert (news.thread_of, news.thread_ts) == (1, "1.000001")


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
