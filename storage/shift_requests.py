"""What people asked of each other: cover and swaps."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.segments import Segment
from bot.domain.shift_request import RequestKind, RequestState, ShiftRequest
from storage.tables import shift_requests


class ShiftRequestRepository:
    """See `bot.services.ports.ShiftRequests`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, request: ShiftRequest) -> int:
        """Its number."""
        statement = sa.insert(shift_requests).values(_columns(request))
        added: int = self._connection.execute(statement.returning(shift_requests.c.id)).scalar_one()
        return added

    def get(self, request_id: int, *, lock: bool = False) -> ShiftRequest | None:
        query = sa.select(shift_requests).where(shift_requests.c.id == request_id)
        row = self._connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else _request(row)

    def save(self, request_id: int, request: ShiftRequest) -> None:
        statement = sa.update(shift_requests).where(shift_requests.c.id == request_id)
        self._connection.execute(statement.values(_columns(request)))

    def open(self, now: datetime) -> list[tuple[int, ShiftRequest]]:
        """Those that can still be accepted, the earliest first, with their numbers."""
        is_open = (
            shift_requests.c.state == RequestState.OPEN,
            shift_requests.c.ends_at > now,
        )
        query = sa.select(shift_requests).where(*is_open)
        found = self._connection.execute(
            query.order_by(shift_requests.c.starts_at, shift_requests.c.id)
        )
        return [(row.id, _request(row)) for row in found]


def _columns(request: ShiftRequest) -> dict[str, Any]:
    return {
        "level": request.level,
        "kind": request.kind,
        "asked_by": request.asked_by,
        "starts_at": request.segment.start,
        "ends_at": request.segment.end,
        "asked_at": request.asked_at,
        "asked_of": request.asked_of,
        "return_starts_at": request.in_return.start if request.in_return else None,
        "return_ends_at": request.in_return.end if request.in_return else None,
        "note": request.note,
        "state": request.state,
        "settled_at": request.settled_at,
        "settled_by": request.settled_by,
    }


def _request(row: Any) -> ShiftRequest:
    in_return = None
    if row.return_starts_at is not None:
        in_return = Segment(row.return_starts_at, row.return_ends_at)
    return ShiftRequest(
        level=row.level,
        kind=RequestKind(row.kind),
        asked_by=row.asked_by,
        segment=Segment(row.starts_at, row.ends_at),
        asked_at=row.asked_at,
        asked_of=row.asked_of,
        in_return=in_return,
        note=row.note,
        state=RequestState(row.state),
        settled_at=row.settled_at,
        settled_by=row.settled_by,
    )
