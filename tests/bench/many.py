"""Rows by the hundred thousand, made by the database itself: one at a time would take the hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from storage.database import Database

SEVERITY = "severe_impact"
TARGET = "4 business hours"
FIRST = 1001  # the number of the first case


def add_timers(database: Database, count: int, first_due: datetime) -> None:
    """Open promises, one due each second from then on."""
    facts = "'{\"case\": ' || n || '}'"
    values = f"'response', {_json(database, facts)}, 'bench:' || n, {_instant(database, 'n')}"
    _insert(database, count, "timers (kind, facts, dedupe_key, due_at)", values, first_due)
    _analyze(database)


def add_cases(
    database: Database, count: int, due_at: datetime, *, percent: int, at: datetime
) -> None:
    """Open cases that await a response, each with one promise to look at its clock.

    They have no thread: the local workspace would have to hold each of them too.

    Args:
        due_at: by when a response is due.
        percent, at: of which part of the target the promise is, and when it is due.
    """
    opened = datetime.now(UTC) - timedelta(hours=2)
    case = (
        "cases (view_id, reporter_team, reporter_id, channel_team, channel_id, severity, summary,"
        " answers, status, opened_at, target, due_at)"
    )
    due = _literal(database, due_at)
    answers = _json(database, "'{}'")
    values = (
        f"'bench' || n, 'T1', 'U1', 'T1', 'C1', '{SEVERITY}', 'Prices are gone', {answers}, 'new',"
        f" {_literal(database, opened)}, '{TARGET}', {due}"
    )
    _insert(database, count, case, values, opened)
    iso = due_at.isoformat()
    number = f"(n + {FIRST - 1})"
    facts = f'\'{{"case": \' || {number} || \', "percent": {percent}, "due_at": "{iso}"}}\''
    key = f"'response:' || {number} || ':{percent}:{iso}'"
    timer = f"'response', {_json(database, facts)}, {key}, {_literal(database, at)}"
    _insert(database, count, "timers (kind, facts, dedupe_key, due_at)", timer, opened)
    _analyze(database)


def _insert(database: Database, count: int, into: str, values: str, first: datetime) -> None:
    numbers = f"SELECT n FROM generate_series(1, {count}) AS n"
    if database.is_sqlite:
        numbers = (
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
            f" WHERE n < {count}) SELECT n FROM numbers"
        )
    start = _literal(database, first)
    selected = f"SELECT {values} FROM ({numbers}) AS counted".replace(":first", start)
    with database.transaction() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql(f"INSERT INTO {into} {selected}")


def _analyze(database: Database) -> None:
    """As both databases do by themselves sooner or later."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql("SET statement_timeout = 0")
            connection.exec_driver_sql("VACUUM ANALYZE")
        connection.invalidate()


def _literal(database: Database, at: datetime) -> str:
    """An instant as `storage.types.Instant` stores it."""
    if database.is_sqlite:
        return f"'{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}'"
    return f"timestamptz '{at.isoformat()}'"


def _instant(database: Database, seconds: str) -> str:
    if database.is_sqlite:
        return f"strftime('%Y-%m-%d %H:%M:%f000', :first, '+' || {seconds} || ' seconds')"
    return f":first + {seconds} * interval '1 second'"


def _json(database: Database, text: str) -> str:
    return text if database.is_sqlite else f"({text})::jsonb"


def count(database: Database, table: str, which: str = "true") -> int:
    """How many rows there are."""
    with database.reading() as connection:
        statement = sa.text(f"SELECT count(*) FROM {table} WHERE {which}")
        return int(connection.execute(statement).scalar_one())
