"""What is sent to a database, and how it means to find what it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from storage.store import SqlStore, SqlTransaction


def plan_of(store: SqlStore, ask: Callable[[SqlTransaction], object], verb: str = "SELECT") -> str:
    """SQLite's plan for the first SELECT that `ask` sends, with the values that it sends.

    Of a DELETE it tells as well how rows are found that refer to what is deleted.
    """
    sent: list[tuple[str, Any]] = []
    with store.transaction() as tx, heard(store, sent.append):
        ask(tx)
    statement, values = next(one for one in sent if one[0].startswith(verb))
    with store.database.reading() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return "; ".join(row.detail for row in rows)


@contextmanager
def heard(store: SqlStore, hear: Callable[[tuple[str, Any]], None]) -> Iterator[None]:
    """Hear every statement that is sent meanwhile, with its values."""

    def note(_c: Any, _k: Any, statement: str, values: Any, *_more: Any) -> None:
        hear((statement, values))

    arguments = (store.database.engine, "before_cursor_execute", note)
    event.listen(*arguments)
    try:
        yield
    finally:
        event.remove(*arguments)


def fill(store: SqlStore, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Many rows, so that a plan is worth making."""
    with store.database.transaction() as connection:
        connection.execute(sa.insert(table), rows)
        connection.exec_driver_sql("ANALYZE")
