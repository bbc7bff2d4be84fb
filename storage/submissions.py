"""Forms as they arrived, and answers that wait for a form to ask for them again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.case import Person, Place
from bot.domain.records import Submission
from storage.rows import delete_some, upsert
from storage.tables import drafts, submissions


class SubmissionRepository:
    """See `bot.services.ports.Submissions`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, submission: Submission, body: Mapping[str, Any]) -> int:
        row = {
            "received_at": submission.received_at,
            "team_id": submission.person.team_id,
            "user_id": submission.person.user_id,
            "view_id": submission.view_id,
            "channel_team": submission.place.team_id,
            "channel_id": submission.place.channel_id,
            "answers": dict(submission.answers),
            "body": dict(body),
        }
        statement = sa.insert(submissions).values(row).returning(submissions.c.id)
        added: int = self._connection.execute(statement).scalar_one()
        return added

    def get(self, submission_id: int) -> tuple[Submission, str | None]:
        query = sa.select(submissions).where(submissions.c.id == submission_id)
        row = self._connection.execute(query).one()
        submission = Submission(
            person=Person(row.team_id, row.user_id),
            place=Place(row.channel_team, row.channel_id),
            view_id=row.view_id,
            answers=row.answers,
            received_at=row.received_at,
        )
        return submission, row.outcome

    def settle(self, submission_id: int, outcome: str, case_number: int | None) -> None:
        self._connection.execute(
            sa.update(submissions)
            .where(submissions.c.id == submission_id)
            .values(outcome=outcome, case_number=case_number)
        )

    def draft(self, view_id: str) -> dict[str, str]:
        query = sa.select(drafts.c.answers).where(drafts.c.view_id == view_id)
        found = self._connection.execute(query).scalar_one_or_none()
        return dict(found or {})

    def save_draft(
        self,
        view_id: str,
        person: Person,
        answers: Mapping[str, str],
        action_ts: str,
        now: datetime,
    ) -> None:
        row = {
            "view_id": view_id,
            "team_id": person.team_id,
            "user_id": person.user_id,
            "answers": dict(answers),
            "drawn_for": action_ts,
            "updated_at": now,
        }
        upsert(self._connection, drafts, row)

    def drawn_for(self, view_id: str) -> str | None:
        query = sa.select(drafts.c.drawn_for).where(drafts.c.view_id == view_id)
        return self._connection.execute(query).scalar_one_or_none()

    def purge(self, *, raw_before: datetime, drafts_before: datetime, limit: int) -> int:
        """Forget old forms and old drafts; how many rows, at most the limit of each."""
        old_raw = submissions.c.received_at < raw_before
        old_drafts = drafts.c.updated_at < drafts_before
        return delete_some(self._connection, submissions, old_raw, limit) + delete_some(
            self._connection, drafts, old_drafts, limit
        )
