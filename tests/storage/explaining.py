"""How a database means to find what it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from storage.database import Database
from storage.store import SqlStore, SqlTransaction


def plan_of(store: SqlStore, ask: Callable[[SqlTransaction], object]) -> str:
    """SQLite's plan for the first SELECT that `ask` sends, with the values that it sends."""
    sent: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, values: Any, *_more: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append((statement, values))

    with _listening(store.database, note), store.transaction() as tx:
        ask(tx)
    statement, values = sent[0]
    with store.database.reading() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return "; ".join(row.detail for row in rows)


class _listening:  # noqa: N801 - it reads as what it does
    def __init__(self, database: Database, hear: Callable[..., None]) -> None:
        self._arguments = (database.engine, "before_cursor_execute", hear)

    def __enter__(self) -> None:
        event.listen(*self._arguments)

    def __exit__(self, *_failure: object) -> None:
        event.remove(*self._arguments)


def fill(store: SqlStore, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Many rows, so that a plan is worth making."""
    with store.database.transaction() as connection:
        connection.execute(sa.insert(table), rows)
        connection.exec_driver_sql("ANALYZE")
