"""Intake: from the form to a stored case whose response clock runs."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.case import Case, Person, Place
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.following import follows
from bot.domain.form import ON_BEHALF_OF, SEVERITY, SUMMARY, Answers, Form
from bot.domain.outbox import Draft, MessageKind
from bot.domain.page import Woken
from bot.domain.records import Channel, ChannelKind, KeptDraft, NewCase, NotServed, Submission
from bot.domain.response_clock import due_at
from bot.domain.segments import Segment
from bot.domain.timers import Timer, TimerKind
from bot.domain.window import Window
from bot.errors import FormError, NotOpenedError, StorageUnavailableError, UserError
from bot.messages.case_card import long_answers
from bot.messages.ids import FormContext
from bot.messages.intake_modal import FormFacts
from bot.messages.welcome import not_served
from bot.services.cards import Cards
from bot.services.channels import Channels, place
from bot.services.desk import Desk, about_case
from bot.services.directory import Directory
from bot.services.paging import Paging
from bot.services.ports import Transaction
from bot.services.response import ResponseClock
from bot.services.severities import Severities

_log = logging.getLogger(__name__)

# A submission that has no outcome by then was cut off between storing and answering.
RECOVER_AFTER = timedelta(seconds=60)
_SOON = timedelta(days=1)  # ahead, maintenance is worth a line in the form
# These begin the key of a draft that was a form: one that was sent, and one that stopped half-way.
_SENT, _SET_ASIDE = "submission:", "form:"


@dataclass(frozen=True)
class Receipt:
    """What the reporter is told.

    `is_again`: the form had been submitted before, with other words.
    """

    case: Case
    woken: Woken
    is_again: bool = False


@dataclass(frozen=True)
class Intake:
    """The use cases of the form."""

    desk: Desk
    directory: Directory
    channels: Channels
    cards: Cards
    response_clock: ResponseClock
    severities: Severities
    paging: Paging

    def begin(self, context: FormContext, person: Person, answers: Answers) -> FormFacts:
        """The form for somebody who asks for it in a channel, or in any DM.

        Raises:
            UserError: no case can be opened from there; the sentence says what else to do.
            SlackError: the channel is not known yet, and Slack does not tell.
        """
        where = place(context.team_id, context.channel_id, person.user_id)
        if where.is_direct:
            if self.directory.is_stranger(person):  # nothing of ours would reach them
                raise UserError(not_served(self.desk.policy, NotServed.NOT_SHARED))
            return self.form(FormContext(where.team_id, where.channel_id), answers)
        # As our workspace knows it, whichever side's command was typed.
        channel = self.channels.served(where.channel_id, person)
        return self.form(FormContext(channel.team_id, channel.channel_id), answers, channel)

    def from_words(self, text: str) -> Answers:
        """Answers made of a message, as Slack sent its text."""
        return self.desk.policy.form.from_words(self.directory.readable(text))

    def form(
        self, context: FormContext, answers: Answers, channel: Channel | None = None
    ) -> FormFacts:
        """What the form shows for these answers, now.

        Args:
            channel: where it is asked for, if that has been looked up.
        """
        now = self.desk.clock.now()
        pages_now = None
        with self.desk.store.reading() as tx:
            if self.paging.wakes(tx, answers.get(SEVERITY, ""), now):
                target = self.desk.policy.severity(answers[SEVERITY]).target
                pages_now = due_at(target, now, self.desk.policy.hours)
            channel = channel or tx.roster.channel(context.channel_id)
            windows = self._maintenance(tx, channel, now)
        form = self._form(channel, context.channel_id)
        return FormFacts(context, answers, now, pages_now, form, windows)

    def kept(self, key: str, person: Person) -> KeptDraft | None:
        """What was kept for somebody under a button's key; nothing, if it is somebody else's.

        Raises:
            UserError: it was a form of theirs, and is not kept any more.
        """
        with self.desk.store.reading() as tx:
            draft = tx.submissions.draft(key) if key else None
        oldest = self.desk.clock.now() - self.desk.policy.keep_drafts
        if draft is not None and draft.kept_at >= oldest:
            return draft if draft.person.user_id == person.user_id else None
        if key.startswith((_SENT, _SET_ASIDE)):
            raise UserError(
                f"Drafts are kept for {self.desk.policy.keep_drafts.days} days, and this one is"
                " gone. I am sorry: please open the case anew where you opened it before."
            )
        return None

    def steer(
        self, view_id: str, person: Person, answers: Answers, action_ts: str
    ) -> Mapping[str, str]:
        """Keep what is typed while the form changes; all answers so far, hidden ones included."""
        with self.desk.store.transaction() as tx:
            kept = tx.submissions.draft(view_id)
            merged = {**(kept.answers if kept else {}), **answers}
            newest = max(action_ts, tx.submissions.drawn_for(view_id) or "")
            now = self.desk.clock.now()
            tx.submissions.save_draft(view_id, person, merged, now, drawn_for=newest)
        return merged

    def set_aside(
        self, view_id: str, person: Person, answers: Answers, context: FormContext
    ) -> None:
        """Keep what is typed in a form that cannot be drawn any more, and offer it to its writer.

        By our own message, which needs nothing of theirs; the form itself can be submitted still.
        """
        key, now = f"{_SET_ASIDE}{view_id}", self.desk.clock.now()
        where = Place(context.team_id, context.channel_id)
        with self.desk.store.transaction() as tx:
            drafts = (tx.submissions.draft(view_id), tx.submissions.draft(key))
            before = {k: v for draft in drafts if draft for k, v in draft.answers.items()}
            tx.submissions.save_draft(key, person, {**before, **answers}, now, place=where)
            told = Draft(
                kind=MessageKind.RESUME,
                subject=key,
                dedupe_key=f"{MessageKind.RESUME}:{key}",
                due_at=now,
                facts={"key": key, "user": person.user_id, "set_aside": True},
                user_id=person.user_id,
            )
            tx.outbox.add(told, now)

    def carry_on(self, view_id: str, kept: KeptDraft) -> None:
        """A form was opened with what was kept: what it does not show now stays with it."""
        with self.desk.store.transaction() as tx:
            if tx.submissions.draft(view_id) is None:
                now = self.desk.clock.now()
                tx.submissions.save_draft(view_id, kept.person, kept.answers, now)

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
            problems = self._problems(tx, submission)
            if problems:
                tx.submissions.settle(submission_id, "refused", None)
            else:
                return self._open(tx, submission_id, submission)
        raise FormError(problems)

    def recover(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """Finish what was cut off: open the case of a form that was stored and not looked at.

        Where that cannot be done, its reporter gets their words back, and the team is told.
        """
        submission_id = facts["submission"]
        submission, outcome = tx.submissions.get(submission_id)
        if outcome is not None:
            return
        if tx.submissions.is_repeated(submission_id):
            tx.submissions.settle(submission_id, "repeated", None)  # the later one has the say
            return
        if problems := self._problems(tx, submission):
            tx.submissions.settle(submission_id, "refused", None)
            _log.warning("submission %s was cut off, and is refused: %s", submission_id, problems)
            self._give_back(tx, submission_id, submission, now)
            return
        try:
            with tx.savepoint():
                receipt = self._open(tx, submission_id, submission)
        except StorageUnavailableError:
            raise  # it is tried again
        except Exception:
            _log.exception("submission %s makes no case", submission_id)
            tx.submissions.settle(submission_id, "failed", None)
            self._give_back(tx, submission_id, submission, now)
            return
        _log.warning(
            "submission %s was cut off at %s; it is %s since %s",
            submission_id,
            submission.received_at,
            receipt.case.name,
            now,
        )

    def _give_back(
        self, tx: Transaction, submission_id: int, submission: Submission, now: datetime
    ) -> None:
        """Keep the words of a form that made no case, and offer them to their reporter."""
        key, person = f"{_SENT}{submission_id}", submission.person
        tx.submissions.save_draft(key, person, submission.answers, now, place=submission.place)
        channel = tx.roster.channel(submission.place.channel_id)
        is_blocked = channel is not None and channel.is_blocked
        for kind, user_id, channel_id in (
            (MessageKind.RESUME, person.user_id, None),
            (MessageKind.NOT_OPENED, None, self.desk.team_channel),
        ):
            told = Draft(
                kind=kind,
                subject=key,
                dedupe_key=f"{kind}:{submission_id}",
                due_at=now,
                facts={"key": key, "user": person.user_id, "blocked": is_blocked},
                user_id=user_id,
                channel_id=channel_id,
            )
            tx.outbox.add(told, now)

    def _form(self, channel: Channel | None, channel_id: str) -> Form:
        """The form that is asked for in a channel: partners say for whom, colleagues may."""
        form = self.desk.policy.form
        kind = channel.kind if channel else ChannelKind.CUSTOMER
        if kind is ChannelKind.PARTNER:
            return form.for_behalf(optional=False)
        if kind is ChannelKind.INTERNAL or channel_id == self.desk.team_channel:
            return form.for_behalf(optional=True)
        return form

    def _maintenance(
        self, tx: Transaction, channel: Channel | None, now: datetime
    ) -> Sequence[Window]:
        """Maintenance that concerns a channel and is under way, or begins within a day."""
        return [
            window
            for window in tx.windows.overlapping(Segment(now, now + _SOON))
            if window.takes_place and (channel is None or follows(channel, window))
        ]

    def _problems(self, tx: Transaction, submission: Submission) -> dict[str, str]:
        channel = tx.roster.channel(submission.place.channel_id)
        if channel is not None and channel.is_blocked:
            return {SEVERITY: not_served(self.desk.policy, NotServed.BLOCKED)}
        form = self.desk.policy.form
        if ON_BEHALF_OF in submission.answers:  # it was asked for when the form was drawn
            is_needed = channel is not None and channel.kind is ChannelKind.PARTNER
            form = form.for_behalf(optional=not is_needed)
        return form.problems(
            submission.answers,
            severities=tuple(severity.key for severity in self.desk.policy.severities),
            now=submission.received_at,
        )

    def _open(self, tx: Transaction, submission_id: int, submission: Submission) -> Receipt:
        policy, opened_at = self.desk.policy, submission.received_at
        answers = policy.form.accepted(submission.answers)
        severity = policy.severity(answers[SEVERITY])
        channel = tx.roster.channel(submission.place.channel_id)
        case, is_new = tx.cases.open(
            NewCase(
                view_id=submission.view_id,
                reporter=submission.person,
                place=submission.place,
                account=channel.account_name if channel else "",
                on_behalf_of=submission.answers.get(ON_BEHALF_OF, "").strip() or None,
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
        elif changed := _changed(case, answers, submission.answers.get(ON_BEHALF_OF)):
            case = self._submitted_again(tx, case, submission_id, changed)
        woken = self.paging.woken_for(tx, case.number) if case.awaits_response else Woken.NOBODY
        return Receipt(case, woken, bool(changed))

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
        self.response_clock.start(tx, case, now)
        self.cards.post(tx, case, long_answers(self.desk.policy, case))
        if not case.place.is_direct:  # there, the card is the receipt
            reporter = case.reporter.user_id
            told = about_case(MessageKind.RECEIPT, case.number, "", now, user_id=reporter)
            tx.outbox.add(told, now)
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
        self.cards.to_team(
            tx, case, MessageKind.RESUBMITTED, str(submission_id), now, changed=changed
        )
        severity = changed.get(SEVERITY, case.severity)
        if case.awaits_response and self.desk.policy.is_worse(severity, case.severity):
            self.severities.change(tx, case, severity, actor, now)
        return tx.cases.get(case.number)


def _changed(case: Case, answers: Answers, on_behalf_of: str | None) -> dict[str, str]:
    keys = (*case.answers, *answers)
    changed = {k: answers.get(k, "") for k in keys if answers.get(k) != case.answers.get(k)}
    if on_behalf_of is not None and on_behalf_of.strip() != (case.on_behalf_of or ""):
        changed[ON_BEHALF_OF] = on_behalf_of.strip()
    return changed
