"""Who came on call, and whether they said that they have it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.handoff import Handoff
from storage.rows import insert_once
from storage.tables import handoffs


class HandoffRepository:
    """See `bot.services.ports.Handoffs`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, handoff: Handoff) -> int | None:
        """Its number; None: it is on record."""
        added: int | None = insert_once(self._connection, handoffs, _columns(handoff))
        return added

    def get(self, handoff_id: int, *, lock: bool = False) -> Handoff | None:
        query = sa.select(handoffs).where(handoffs.c.id == handoff_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else _handoff(row)

    def save(self, handoff_id: int, handoff: Handoff) -> None:
        statement = sa.update(handoffs).where(handoffs.c.id == handoff_id)
        self._connection.execute(statement.values(_columns(handoff)))

    def of(self, user_id: str, at: datetime) -> list[tuple[int, Handoff]]:
        """Those by which somebody came on at an instant, with their numbers: one message asks."""
        query = sa.select(handoffs).where(handoffs.c.user_id == user_id, handoffs.c.at == at)
        found = self._connection.execute(query.order_by(handoffs.c.id))
        return [(row.id, _handoff(row)) for row in found]

    def newest(self, level: str, user_id: str) -> tuple[int, Handoff] | None:
        """The one by which somebody came on at a level the last time, with its number."""
        query = sa.select(handoffs).where(handoffs.c.user_id == user_id, handoffs.c.level == level)
        newest = query.order_by(handoffs.c.at.desc(), handoffs.c.id.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        return None if row is None else (row.id, _handoff(row))

    def last_reached(self, user_id: str) -> Handoff | None:
        """The last one of somebody whose message of ours was answered by them."""
        answered = handoffs.c.told_at.is_not(None), handoffs.c.confirmed_at.is_not(None)
        query = sa.select(handoffs).where(handoffs.c.user_id == user_id, *answered)
        newest = query.order_by(handoffs.c.confirmed_at.desc()).limit(1)
        row = self._connection.execute(newest).one_or_none()
        return None if row is None else _handoff(row)


def _columns(handoff: Handoff) -> dict[str, Any]:
    return {
        "level": handoff.level,
        "at": handoff.at,
        "user_id": handoff.user,
        "outgoing": list(handoff.outgoing),
        "told_at": handoff.told_at,
        "confirmed_at": handoff.confirmed_at,
        "missed_at": handoff.missed_at,
    }


def _handoff(row: Any) -> Handoff:
    return Handoff(
        level=row.level,
        at=row.at,
        user=row.user_id,
        outgoing=tuple(row.outgoing),
        told_at=row.told_at,
        confirmed_at=row.confirmed_at,
        missed_at=row.missed_at,
    )
