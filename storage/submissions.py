"""Forms as they arrived, and answers that wait for a form to ask for them again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.case import Person, Place
from bot.domain.records import KeptDraft, Submission
from storage.renaming import present_id
from storage.rows import delete_some, upsert
from storage.tables import drafts, submissions

# Made once: to spell out the values of a row takes longer than to write it.
_ADD = sa.insert(submissions).returning(submissions.c.id)


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
            "channel_id": present_id(self._connection, submission.place.channel_id),
            "answers": dict(submission.answers),
            "body": dict(body),
        }
        added: int = self._connection.execute(_ADD, row).scalar_one()
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

    def is_repeated(self, submission_id: int) -> bool:
        """Whether the same form came again later, from the same person, and that one counts.

        One that was refused does not: its person was told so, and may have gone away.
        """
        first, later = submissions, submissions.alias()
        query = sa.select(later.c.id).where(
            first.c.id == submission_id,
            later.c.id > first.c.id,
            later.c.view_id == first.c.view_id,
            later.c.user_id == first.c.user_id,
            sa.or_(later.c.outcome.is_(None), later.c.outcome.in_(("opened", "same"))),
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def settle(self, submission_id: int, outcome: str, case_number: int | None) -> None:
        self._connection.execute(
            sa.update(submissions)
            .where(submissions.c.id == submission_id)
            .values(outcome=outcome, case_number=case_number)
        )

    def draft(self, key: str) -> KeptDraft | None:
        row = self._connection.execute(sa.select(drafts).where(drafts.c.key == key)).one_or_none()
        if row is None:
            return None
        place = Place(row.channel_team, row.channel_id) if row.channel_id else None
        return KeptDraft(Person(row.team_id, row.user_id), row.answers, row.updated_at, place)

    def save_draft(
        self,
        key: str,
        person: Person,
        answers: Mapping[str, str],
        now: datetime,
        *,
        drawn_for: str = "",
        place: Place | None = None,
    ) -> None:
        row = {
            "key": key,
            "team_id": person.team_id,
            "user_id": person.user_id,
            "answers": dict(answers),
            "channel_team": place.team_id if place else None,
            "channel_id": place.channel_id if place else None,
            "drawn_for": drawn_for,
            "updated_at": now,
        }
        upsert(self._connection, drafts, row)

    def drawn_for(self, key: str) -> str | None:
        query = sa.select(drafts.c.drawn_for).where(drafts.c.key == key)
        return self._connection.execute(query).scalar_one_or_none()

    def purge(self, *, raw_before: datetime, drafts_before: datetime, limit: int) -> int:
        """Forget old forms and old drafts; how many rows, at most the limit of each."""
        old_raw = submissions.c.received_at < raw_before
        old_drafts = drafts.c.updated_at < drafts_before
        return delete_some(self._connection, submissions, old_raw, limit) + delete_some(
            self._connection, drafts, old_drafts, limit
        )
