"""What is stored about a case, for whoever asks why the oracle objects to something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from storage import tables
from storage.database import Database

CASES = 5  # enough to see why


def evidence(database_url: str, objections: Iterable[str]) -> str:
    """All rows about the first cases that are named in some objections."""
    named = dict.fromkeys(re.findall(r"CASE-(\d+)", "\n".join(objections)))
    database = Database(database_url)
    try:
        with database.reading() as connection:
            lines = [line for n in list(named)[:CASES] for line in _about(connection, int(n))]
    finally:
        database.dispose()
    return "\n".join(lines)


def _about(connection: sa.Connection, case: int) -> Iterator[str]:
    pages = [row.id for row in _rows(connection, tables.pages, tables.pages.c.case_number == case)]
    subjects = [f"case:{case}", *(f"page:{page}" for page in pages)]
    about = (
        (tables.cases, tables.cases.c.number == case),
        (tables.pages, tables.pages.c.case_number == case),
        (tables.timers, tables.timers.c.facts["case"].as_integer() == case),
        (tables.outbox, tables.outbox.c.subject.in_(subjects)),
        (tables.timeline, tables.timeline.c.case_number == case),
    )
    yield f"CASE-{case}"
    for table, which in about:
        for row in _rows(connection, table, which):
            known = {name: str(value) for name, value in row._mapping.items() if value is not None}
            yield f"    {table.name}: {known}"


def _rows(connection: sa.Connection, table: sa.Table, which: Any) -> Iterable[sa.Row[Any]]:
    return connection.execute(sa.select(table).where(which).order_by(*table.primary_key)).all()
