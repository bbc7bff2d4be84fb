"""How far something has come that goes on by itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.records import Mark
from storage.rows import insert_once
from storage.tables import marks


class MarkRepository:
    """See `bot.services.ports.Marks`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> Mark:
        """Where it stands; an empty mark where nothing was ever set."""
        query = sa.select(marks).where(marks.c.name == name)
        row = self._connection.execute(query).one_or_none()
        return Mark() if row is None else Mark(row.at, row.facts)

    def lock(self, name: str) -> Mark:
        """As `get`; until this transaction ends, nobody else has it."""
        insert_once(self._connection, marks, {"name": name, "at": None, "facts": {}})
        query = sa.select(marks).where(marks.c.name == name).with_for_update()
        row = self._connection.execute(query).one()
        return Mark(row.at, row.facts)

    def set(self, name: str, at: datetime, facts: Mapping[str, Any] | None = None) -> None:
        """Move it; somebody has locked it, or it does not matter who is last."""
        insert_once(self._connection, marks, {"name": name, "at": None, "facts": {}})
        values = {"at": at, "facts": dict(facts or {})}
        self._connection.execute(sa.update(marks).where(marks.c.name == name).values(values))
