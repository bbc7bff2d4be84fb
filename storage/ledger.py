"""Who was told what of maintenance."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.ledger import LedgerLine, LineState, post_kind
from bot.domain.outbox import Posted
from bot.domain.segments import Segment
from storage.renaming import present_id
from storage.rows import insert_once
from storage.tables import maintenance_posts as posts
from storage.tables import windows


class LedgerRepository:
    """See `bot.services.ports.Ledger`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, line: LedgerLine) -> None:
        """Write a line; a second for that window, notice, channel and message is not written."""
        insert_once(self._connection, posts, _columns(line))

    def of_window(self, window_key: str, channel_id: str | None = None) -> list[LedgerLine]:
        """The lines of a window, in the order in which they were written; None: all channels."""
        of_window = posts.c.window_key == window_key
        if channel_id is None:
            return self._found(of_window)
        return self._found(sa.and_(of_window, posts.c.channel_id == channel_id))

    def of_message(self, message_id: int) -> list[LedgerLine]:
        """The lines of a message in the outbox: one for each window that it tells of."""
        return self._found(posts.c.message_id == message_id)

    def has(self, window_key: str, notice: str) -> bool:
        """Whether a notice of a window was written, or left out, for any channel."""
        query = sa.select(posts.c.id).where(
            posts.c.window_key == window_key, posts.c.notice == notice
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def of_channel(self, channel_id: str, ending_after: datetime) -> list[LedgerLine]:
        """The lines of a channel about windows that end after an instant, or were to; in order."""
        ahead = sa.select(posts.c.window_key).join(windows, windows.c.key == posts.c.window_key)
        ahead = ahead.where(
            posts.c.channel_id == channel_id,
            sa.or_(windows.c.ends_at > ending_after, posts.c.told_ends_at > ending_after),
        )
        return self._found(sa.and_(posts.c.channel_id == channel_id, posts.c.window_key.in_(ahead)))

    def correct(self, message_id: int, window_key: str, told: Segment) -> None:
        """A message tells of one of its windows that it is then."""
        self._change(message_id, window_key, told_starts_at=told.start, told_ends_at=told.end)

    def leave_out(self, message_id: int, window_key: str, reason: str) -> None:
        """A message does not tell of one of its windows."""
        self._change(message_id, window_key, state=LineState.LEFT_OUT, reason=reason)

    def _change(self, message_id: int, window_key: str, **values: Any) -> None:
        which = sa.and_(posts.c.message_id == message_id, posts.c.window_key == window_key)
        self._connection.execute(sa.update(posts).where(which).values(values))

    def settle(
        self,
        message_id: int,
        state: LineState,
        now: datetime | None,
        *,
        reason: str = "",
        posted: Posted | None = None,
    ) -> None:
        """What became of a message; `now`: since when that is so, empty while it is on its way."""
        values: dict[str, Any] = {"state": state, "settled_at": now, "reason": reason}
        if posted is not None:
            channel = present_id(self._connection, posted.channel_id)
            values |= {"sent_channel": channel, "sent_ts": posted.ts}
        # Of what it does not mention, it tells nothing however it ends.
        which = sa.and_(posts.c.message_id == message_id, posts.c.state != LineState.LEFT_OUT)
        self._connection.execute(sa.update(posts).where(which).values(values))

    def _found(self, which: sa.ColumnElement[bool]) -> list[LedgerLine]:
        query = sa.select(posts).where(which).order_by(posts.c.id)
        return [_line(row) for row in self._connection.execute(query)]


def _columns(line: LedgerLine) -> dict[str, Any]:
    return {
        "window_key": line.window_key,
        "notice": line.notice,
        "kind": line.kind,
        "channel_id": line.channel_id,
        "told_starts_at": line.told.start,
        "told_ends_at": line.told.end,
        "due_at": line.due_at,
        "state": line.state,
        "reason": line.reason,
        "settled_at": line.settled_at,
        "sent_channel": line.posted.channel_id if line.posted else None,
        "sent_ts": line.posted.ts if line.posted else None,
        "message_id": line.message_id,
    }


def _line(row: Any) -> LedgerLine:
    return LedgerLine(
        window_key=row.window_key,
        notice=row.notice,
        kind=post_kind(row.kind),
        channel_id=row.channel_id,
        told=Segment(row.told_starts_at, row.told_ends_at),
        due_at=row.due_at,
        state=LineState(row.state),
        reason=row.reason,
        settled_at=row.settled_at,
        posted=Posted(row.sent_channel, row.sent_ts) if row.sent_ts else None,
        message_id=row.message_id,
        number=row.id,
    )
