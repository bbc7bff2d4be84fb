"""Intake: from the form to a stored case whose response clock runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.case import Case, Person
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.form import SEVERITY, SUMMARY, Answers
from bot.domain.outbox import MessageKind
from bot.domain.records import NewCase, Submission
from bot.domain.response_clock import due_at
from bot.domain.timers import Timer, TimerKind
from bot.errors import FormError, NotOpenedError, StorageUnavailableError
from bot.messages.case_card import long_answers
from bot.messages.ids import FormContext
from bot.messages.intake_modal import FormFacts
from bot.services.casework import Casework
from bot.services.desk import Desk, about_case
from bot.services.paging import Paging
from bot.services.ports import Transaction

_log = logging.getLogger(__name__)

# A submission that has no outcome by then was cut off between storing and answering.
RECOVER_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class Receipt:
    """What the reporter is told.

    `pages`: on-call is being paged for it now. `is_again`: the form had been submitted before,
    with other words.
    """

    case: Case
    pages: bool
    is_again: bool = False


@dataclass(frozen=True)
class Intake:
    """The use cases of the form."""

    desk: Desk
    casework: Casework
    paging: Paging

    def form(self, context: FormContext, answers: Answers) -> FormFacts:
        """What the form shows for these answers, now."""
        now = self.desk.clock.now()
        pages_now = None
        if self._would_page(answers.get(SEVERITY, ""), now):
            target = self.desk.policy.severity(answers[SEVERITY]).target
            pages_now = due_at(target, now, self.desk.policy.hours)
        return FormFacts(context, answers, now, pages_now)

    def steer(
        self, view_id: str, person: Person, answers: Answers, action_ts: str
    ) -> Mapping[str, str]:
        """Keep what is typed while the form changes; all answers so far, hidden ones included."""
        with self.desk.store.transaction() as tx:
            merged = {**tx.submissions.draft(view_id), **answers}
            newest = max(action_ts, tx.submissions.drawn_for(view_id) or "")
            now = self.desk.clock.now()
            tx.submissions.save_draft(view_id, person, merged, newest, now)
        return merged

    def is_newest(self, view_id: str, action_ts: str) -> bool:
        """Whether no later choice in that form has come in since."""
        with self.desk.store.reading() as tx:
            return tx.submissions.drawn_for(view_id) == action_ts

    def store(self, submission: Submission, body: Mapping[str, Any]) -> int:
        """Store a form as it came, before anybody judges it, with the promise to look after it."""
        with self.desk.store.transaction() as tx:
            submission_id = tx.submissions.add(submission, body)
            tx.timers.add(
                Timer(
                    TimerKind.SUBMISSION,
                    submission.received_at + RECOVER_AFTER,
                    f"submission:{submission_id}",
                    {"submission": submission_id},
                )
            )
        return submission_id

    def open_case(self, submission_id: int) -> Receipt:
        """Make a case of a stored form. The same form from the same person is the same case.

        Raises:
            FormError: answers are wrong; nothing was opened.
            NotOpenedError: the database went away; the form is stored, and is opened later.
        """
        try:
            return self._open_stored(submission_id)
        except StorageUnavailableError as error:
            raise NotOpenedError(
                "Your words are stored, but the case is not open yet: our database does not answer."
                " Press Submit again, it stays one case. If you do not, we open it in a minute."
            ) from error

    def _open_stored(self, submission_id: int) -> Receipt:
        with self.desk.store.transaction() as tx:
            submission, _ = tx.submissions.get(submission_id)
            problems = self._problems(submission)
            if problems:
                tx.submissions.settle(submission_id, "refused", None)
            else:
                return self._open(tx, submission_id, submission)
        raise FormError(problems)

    def recover(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """Finish what was cut off: open the case of a form that was stored and not looked at."""
        submission_id = facts["submission"]
        submission, outcome = tx.submissions.get(submission_id)
        if outcome is not None:
            return
        if problems := self._problems(submission):
            tx.submissions.settle(submission_id, "refused", None)
            _log.warning("submission %s was cut off, and is refused: %s", submission_id, problems)
            return
        receipt = self._open(tx, submission_id, submission)
        _log.warning(
            "submission %s was cut off at %s; it is %s since %s",
            submission_id,
            submission.received_at,
            receipt.case.name,
            now,
        )

    def _problems(self, submission: Submission) -> dict[str, str]:
        return self.desk.policy.form.problems(
            submission.answers,
            severities=tuple(severity.key for severity in self.desk.policy.severities),
            now=submission.received_at,
        )

    def _open(self, tx: Transaction, submission_id: int, submission: Submission) -> Receipt:
        policy, opened_at = self.desk.policy, submission.received_at
        answers = policy.form.accepted(submission.answers)
        severity = policy.severity(answers[SEVERITY])
        case, is_new = tx.cases.open(
            NewCase(
                view_id=submission.view_id,
                reporter=submission.person,
                place=submission.place,
                severity=severity.key,
                summary=answers[SUMMARY],
                answers=answers,
                opened_at=opened_at,
                target=severity.target,
                due_at=due_at(severity.target, opened_at, policy.hours),
            )
        )
        if not is_new:
            # As it stands once nobody else changes it; before the reference below, which waits.
            case = tx.cases.get(case.number, lock=True)
        tx.submissions.settle(submission_id, "opened" if is_new else "same", case.number)
        changed: Mapping[str, str] = {}
        if is_new:
            self._announce(tx, case, submission_id)
        elif changed := _changed(case, answers):
            case = self._submitted_again(tx, case, submission_id, changed)
        wakes = case.answered_at is None and self._would_page(case.severity, opened_at)
        pages = wakes and self.paging.is_staffed(tx, opened_at)
        return Receipt(case, pages, bool(changed))

    def _announce(self, tx: Transaction, case: Case, submission_id: int) -> None:
        now = self.desk.clock.now()
        tx.cases.record(
            TimelineEntry(
                case.number,
                case.opened_at,
                EventKind.OPENED,
                case.reporter.user_id,
                {"submission": submission_id, "due_at": case.due_at.isoformat()},
            )
        )
        self.casework.start_clock(tx, case)
        self.casework.post_cards(tx, case, long_answers(self.desk.policy, case))
        reporter = case.reporter.user_id
        tx.outbox.add(about_case(MessageKind.RECEIPT, case.number, "", now, user_id=reporter), now)
        if self.desk.policy.pages(case.severity):
            self.paging.open(tx, case, now)

    def _submitted_again(
        self, tx: Transaction, case: Case, submission_id: int, changed: Mapping[str, str]
    ) -> Case:
        """Tell the team what differs; it stays one case, but a worse severity counts at once."""
        now = self.desk.clock.now()
        facts = {"submission": submission_id, "changed": changed}
        actor = case.reporter.user_id
        tx.cases.record(TimelineEntry(case.number, now, EventKind.RESUBMITTED, actor, facts))
        told = about_case(
            MessageKind.RESUBMITTED,
            case.number,
            str(submission_id),
            now,
            channel_id=self.desk.team_channel,
            changed=changed,
        )
        tx.outbox.add(told, now)
        if case.answered_at is None and self._is_worse(changed.get(SEVERITY), case.severity):
            return self.casework.raise_severity(tx, case, changed[SEVERITY], now)
        return case

    def _is_worse(self, new: str | None, old: str) -> bool:
        """Whether a severity stands after another in the policy, whose last is the worst."""
        keys = [severity.key for severity in self.desk.policy.severities]
        return new in keys and old in keys and keys.index(new) > keys.index(old)

    def _would_page(self, severity_key: str, at: datetime) -> bool:
        """Whether a case of that severity, opened then, wakes somebody."""
        policy = self.desk.policy
        return policy.pages(severity_key) and not policy.hours.is_open(at)


def _changed(case: Case, answers: Answers) -> dict[str, str]:
    keys = (*case.answers, *answers)
    return {key: answers.get(key, "") for key in keys if answers.get(key) != case.answers.get(key)}
