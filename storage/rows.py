"""What the repositories share: inserting a row that may be there already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite


def one_of(column: sa.Column[Any], values: Iterable[str]) -> sa.ColumnElement[bool]:
    """Whether a column has one of a fixed set of values.

    Each is a parameter of its own: a list is written into the statement anew at every execution.
    """
    return column.in_([sa.literal(value, column.type) for value in values])


def insert(connection: sa.Connection, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT of this database's dialect: both know ON CONFLICT, in the same words."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)


def insert_once(connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> Any | None:
    """Insert a row unless one with the same unique key is there; its primary key, or None."""
    statement = _insert_once(connection.dialect.name, table)
    return connection.execute(statement, dict(row)).scalar_one_or_none()


@cache
def _insert_once(dialect: str, table: sa.Table) -> sa.UpdateBase:
    """Made once: to spell out the values of a row takes longer than to write it."""
    made = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    return made.on_conflict_do_nothing().returning(*table.primary_key.columns)


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
    keys = list(table.primary_key.columns)
    kept = {*keep, *(column.key for column in keys)}
    changed = {table.c[name].name: value for name, value in row.items() if name not in kept}
    statement = (
        insert(connection, table)
        .values(**row)
        .on_conflict_do_update(index_elements=keys, set_=changed)
    )
    connection.execute(statement)
