"""What was said in the threads of cases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.case import Person
from bot.domain.conversation import CaseMessage, File, Said, instant
from bot.domain.outbox import Posted
from storage.rows import insert_once
from storage.tables import messages


class MessageRepository:
    """See `bot.services.ports.Messages`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, case_number: int, said: Said, *, by_team: bool) -> int | None:
        """The message's id, or None: it is on record."""
        row = {
            "case_number": case_number,
            "channel_id": said.channel_id,
            "ts": said.ts,
            "author_team": said.author.team_id,
            "author_id": said.author.user_id,
            "by_team": by_team,
            "text": said.text,
            "files": _stored(said.files),
            "wordings": [],
            "said_at": said.at,
            "edited_at": None if said.edited_ts is None else instant(said.edited_ts),
        }
        return insert_once(self._connection, messages, row)

    def add_reply(
        self, case_number: int, channel_id: str, author: Person, text: str, now: datetime
    ) -> int:
        """A reply that Casebell is to post for somebody of the team."""
        row = {
            "case_number": case_number,
            "channel_id": channel_id,
            "author_team": author.team_id,
            "author_id": author.user_id,
            "by_team": True,
            "is_reply": True,
            "text": text,
            "files": [],
            "wordings": [],
            "said_at": now,
        }
        statement = sa.insert(messages).values(row).returning(messages.c.id)
        added: int = self._connection.execute(statement).scalar_one()
        return added

    def posted(self, message_id: int, posted: Posted) -> None:
        """Where Slack has a reply, and so when it was said there."""
        self._change(
            message_id, channel_id=posted.channel_id, ts=posted.ts, said_at=instant(posted.ts)
        )

    def get(self, message_id: int) -> CaseMessage:
        return _message(self._row(message_id))

    def find(self, channel_id: str, ts: str) -> CaseMessage | None:
        query = sa.select(messages).where(messages.c.channel_id == channel_id, messages.c.ts == ts)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _message(row)

    def edit(self, message_id: int, text: str, files: Sequence[File], at: datetime) -> None:
        """A newer wording; the older one is kept. One that is not newer changes nothing."""
        row = self._row(message_id, lock=True)
        if row.deleted_at is not None or (row.edited_at is not None and at <= row.edited_at):
            return
        older = {"at": (row.edited_at or row.said_at).isoformat(), "text": row.text}
        self._change(
            message_id,
            text=text,
            files=_stored(files),
            wordings=[*row.wordings, older],
            edited_at=at,
        )

    def delete(self, message_id: int, at: datetime) -> None:
        """Its author took it back: no wording is kept. The second time changes nothing."""
        statement = sa.update(messages).where(
            messages.c.id == message_id, messages.c.deleted_at.is_(None)
        )
        self._connection.execute(statement.values(text="", files=[], wordings=[], deleted_at=at))

    def written_since(self, case_number: int, since: datetime) -> list[CaseMessage]:
        """What people wrote themselves after an instant, and have not taken back."""
        query = sa.select(messages).where(
            messages.c.case_number == case_number,
            messages.c.said_at > since,
            messages.c.deleted_at.is_(None),
            ~messages.c.is_reply,
        )
        return [_message(row) for row in self._connection.execute(query.order_by(messages.c.id))]

    def newest(self, case_number: int) -> datetime | None:
        query = sa.select(sa.func.max(messages.c.said_at))
        newest: datetime | None = self._connection.execute(
            query.where(messages.c.case_number == case_number)
        ).scalar_one()
        return newest

    def _row(self, message_id: int, *, lock: bool = False) -> Any:
        query = sa.select(messages).where(messages.c.id == message_id)
        return self._connection.execute(query.with_for_update() if lock else query).one()

    def _change(self, message_id: int, **values: Any) -> None:
        statement = sa.update(messages).where(messages.c.id == message_id)
        self._connection.execute(statement.values(values))


def _stored(files: Sequence[File]) -> list[dict[str, Any]]:
    return [file.to_dict() for file in files]


def _message(row: Any) -> CaseMessage:
    return CaseMessage(
        id=row.id,
        case_number=row.case_number,
        channel_id=row.channel_id,
        ts=row.ts,
        author=Person(row.author_team, row.author_id),
        by_team=row.by_team,
        text=row.text,
        files=tuple(File.from_dict(file) for file in row.files),
        said_at=row.said_at,
        edited_at=row.edited_at,
        deleted_at=row.deleted_at,
    )
