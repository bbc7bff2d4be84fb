"""What the repositories share: inserting a row that may be there already."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def one_of(column: sa.Column[Any], values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether a column has one of a fixed set of words.

    They are part of the statement: what every tick asks would carry a hundred parameters else.
    """
    return column.in_([sa.literal_column(f"'{value}'", column.type) for value in values])


def insert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT of this database's dialect: both know ON CONFLICT, in the same words."""
    return _insert(connection.dialect.name, table)


def _insert(dialect: str, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def insert_once(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> Any | None:
    """Insert a row unless one with the same unique key is there; its primary key, or None."""
    statement = _insert_once(connection.dialect.name, table)
    return connection.execute(statement, dict(row)).scalar_one_or_none()


def delete_some(
    connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool], limit: int
) -> int:
    """Delete at most so many rows, so that no statement takes long; how many there were."""
    (key,) = table.primary_key.columns
    some = sa.select(key).where(where).limit(limit)
    return connection.execute(sa.delete(table).where(key.in_(some))).rowcount


def upsert(
    connection: sa.Connection,
    table: sa.Table,
    row: Mapping[str, Any],
    *,
    keep: tuple[str, ...] = (),
) -> None:
    """Insert a row, or replace the one with the same primary key, but for the columns kept."""
    kept = {*keep, *table.primary_key.columns.keys()}
    changed = tuple(name for name in row if name not in kept)
    connection.execute(_upsert(connection.dialect.name, table, changed), dict(row))


# To put a statement together costs more than to run it; the row comes as its parameters.
@functools.cache
def _insert_once(dialect: str, table: sa.Table) -> sa.Executable:
    statement = _insert(dialect, table).on_conflict_do_nothing()
    return statement.returning(*table.primary_key.columns)


@functools.cache
def _upsert(dialect: str, table: sa.Table, changed: tuple[str, ...]) -> sa.Executable:
    statement = _insert(dialect, table)
    new = {table.c[name].name: statement.excluded[name] for name in changed}
    keys = list(table.primary_key.columns)
    return statement.on_conflict_do_update(index_elements=keys, set_=new)
