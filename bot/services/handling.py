"""What the team does with a case: take it, reply, change its severity, wait, resolve, reopen."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.case import Case, CaseStatus, Person
from bot.domain.events import SEVERITY_CHANGES, EventKind, TimelineEntry
from bot.domain.outbox import Draft, MessageKind
from bot.domain.page import WhyWithdrawn
from bot.errors import UserError
from bot.messages.changed import changed_since
from bot.messages.ids import CaseButton
from bot.messages.kit import escape
from bot.services.cards import Cards
from bot.services.desk import Desk, about_case, existing_case
from bot.services.directory import Directory
from bot.services.paging import Paging
from bot.services.ports import Transaction
from bot.services.response import ResponseClock
from bot.services.severities import Severities

_MOST_AT_ONCE = 500  # cases of somebody who left
_OWNERS = frozenset({EventKind.ASSIGNED})
_STATUSES = frozenset(
    {EventKind.WAITING, EventKind.RESOLVED, EventKind.REOPENED, EventKind.WORSENED}
)


@dataclass(frozen=True)
class Handling:
    """The use cases of the team's card; whoever calls them knows that the person is of the team.

    A button knows the version at which it was drawn. Where somebody else has changed the same
    thing since, the later one is told who it was, by a UserError.
    """

    desk: Desk
    cards: Cards
    paging: Paging
    response_clock: ResponseClock
    severities: Severities
    directory: Directory

    def case(self, number: int) -> Case:
        """The case that a form is about.

        Raises:
            UserError: there is none.
        """
        with self.desk.store.reading() as tx:
            return existing_case(tx, number)

    def take(self, button: CaseButton, by: str) -> None:
        """Make a case one's own."""
        with self._changing(button, by, _OWNERS) as (tx, case, now):
            if case.assignee == by:
                raise UserError(f"{case.name} is yours already.")
            self._assign(tx, _unresolved(case), by, by, now)

    def assign(self, button: CaseButton, by: str, to: str) -> None:
        """Make a case somebody's; they hear of it by DM.

        Raises:
            SlackError: they are not known yet, and Slack does not tell.
        """
        if not self.directory.is_team(to):
            raise UserError(f"<@{to}> is not of the team: choose somebody in the team's channel.")
        with self._changing(button, by, _OWNERS) as (tx, case, now):
            if case.assignee != to:
                self._assign(tx, _unresolved(case), to, by, now)

    def reply(self, button: CaseButton, by: Person, text: str, form_id: str) -> None:
        """Say something to the customer, in the case's thread, in somebody's name.

        It is the answer that stops the response clock once Slack has it there. A form that is
        submitted twice says it once.
        """
        with self.desk.store.transaction() as tx:
            case, now = existing_case(tx, button.number), self.desk.clock.now()
            if not tx.first_time(form_id, now):
                return
            place = case.place.channel_id
            message_id = tx.messages.add_reply(case.number, place, by, escape(text), now)
            facts = {"message": message_id}
            tx.cases.record(TimelineEntry(case.number, now, EventKind.REPLIED, by.user_id, facts))
            key = str(message_id)
            self.cards.to_customer(tx, case, MessageKind.REPLY, key, now, message=message_id)

    def change_severity(
        self, button: CaseButton, by: str, severity: str, reason: str, form_id: str
    ) -> None:
        """Give a case another severity; the customer is told why, and the new time."""
        if severity not in {known.key for known in self.desk.policy.severities}:
            raise UserError("The policy has changed since this form was drawn: open it again.")
        with self._changing(button, by, SEVERITY_CHANGES) as (tx, case, now):
            if not tx.first_time(form_id, now):
                return
            if _unresolved(case).severity == severity:
                label = self.desk.policy.label(severity)
                raise UserError(f"{case.name} has that severity already: {label}.")
            entry_id = self.severities.change(tx, case, severity, by, now, reason=reason)
            self.cards.tell_customer(tx, case, entry_id, now)

    def wait(self, button: CaseButton, by: str) -> None:
        """Say that it is the customer's turn; their next words end that."""
        with self._changing(button, by, _STATUSES) as (tx, case, now):
            if _unresolved(case).answered_at is None:
                raise UserError(
                    f"The customer of {case.name} waits for us: please answer them first."
                )
            waiting = replace(case, status=CaseStatus.WAITING)
            self._save(tx, waiting, EventKind.WAITING, by, now)

    def resolve(self, button: CaseButton, by: str, note: str, form_id: str) -> None:
        """Say that it is over. The note is posted to the customer, and is an answer to them."""
        with self._changing(button, by, _STATUSES) as (tx, case, now):
            if not tx.first_time(form_id, now):
                return
            resolved = replace(
                _unresolved(case),
                status=CaseStatus.RESOLVED,
                resolved_at=now,
                resolved_by=by,
            )
            self.paging.withdraw(tx, case.number, by, WhyWithdrawn.RESOLVED, now)
            entry_id = self._save(tx, resolved, EventKind.RESOLVED, by, now, note=note)
            self.cards.tell_customer(tx, resolved, entry_id, now)

    def reopen(self, button: CaseButton, by: str) -> None:
        """Say that it is not over after all; the customer is told."""
        with self._changing(button, by, _STATUSES) as (tx, case, now):
            if not case.is_resolved:
                raise UserError(f"{case.name} is open already.")
            again = reopened(case, self.directory.of_team(tx, case.assignee))
            entry_id = self._save(tx, again, EventKind.REOPENED, by, now)
            self.response_clock.resumed(tx, again, now)
            self.cards.tell_customer(tx, case, entry_id, now)

    def release(self) -> None:
        """Cases of those who are no longer of the team have nobody again; the team is told."""
        with self.desk.store.reading() as tx:
            assignees = tx.cases.assignees()
            left = [user for user in assignees if not self.directory.is_known_as_team(tx, user)]
        for user_id in left:  # one by one: cases are locked in the order of their numbers
            with self.desk.store.transaction() as tx:
                self._release(tx, user_id, self.desk.clock.now())

    def _release(self, tx: Transaction, user_id: str, now: datetime) -> None:
        cases, _ = tx.cases.queue(assignee_id=user_id, most=_MOST_AT_ONCE)
        numbers = []
        for number in sorted(case.number for case in cases):
            case = tx.cases.get(number, lock=True)
            if case.assignee == user_id:  # nobody else has changed that meanwhile
                numbers.append(number)
                free = replace(case, assignee=None)
                self._save(tx, free, EventKind.ASSIGNED, None, now, to=None)
        if not numbers:
            return
        told = Draft(
            kind=MessageKind.RELEASED,
            subject=f"person:{user_id}",
            dedupe_key=f"released:{user_id}:{now.isoformat()}",
            due_at=now,
            facts={"user": user_id, "cases": numbers},
            channel_id=self.desk.team_channel,
        )
        tx.outbox.add(told, now)

    @contextmanager
    def _changing(
        self, button: CaseButton, by: str, kinds: Collection[EventKind]
    ) -> Iterator[tuple[Transaction, Case, datetime]]:
        """A transaction over the case, locked, in which nobody else has done the same since."""
        with self.desk.store.transaction() as tx:
            now = self.desk.clock.now()
            case = existing_case(tx, button.number, lock=True)
            for entry in reversed(tx.cases.timeline(case.number, kinds)):
                if entry.facts.get("version", 0) > button.version and entry.actor != by:
                    raise UserError(changed_since(self.desk.policy, entry, now))
            yield tx, case, now

    def _assign(self, tx: Transaction, case: Case, to: str, by: str, now: datetime) -> None:
        entry_id = self._save(tx, replace(case, assignee=to), EventKind.ASSIGNED, by, now, to=to)
        if to != by:
            told = about_case(
                MessageKind.ASSIGNED, case.number, str(entry_id), now, user_id=to, by=by
            )
            tx.outbox.add(told, now)

    def _save(
        self,
        tx: Transaction,
        case: Case,
        kind: EventKind,
        by: str | None,
        now: datetime,
        **facts: Any,
    ) -> int:
        """Store a case at its next version, with what made it so; the entry's id."""
        version = case.version + 1
        tx.cases.save(replace(case, version=version))
        facts["version"] = version
        entry_id = tx.cases.record(TimelineEntry(case.number, now, kind, by, facts))
        self.cards.redraw(tx, case.number, now)
        return entry_id


def reopened(case: Case, assignee: str | None, status: CaseStatus = CaseStatus.ANSWERED) -> Case:
    """A resolved case as it is when it is open again: its response clock goes on, if it ran.

    Args:
        assignee: whose it is now; they may have left the team meanwhile.
    """
    if case.answered_at is None:
        status = CaseStatus.NEW
    return replace(case, status=status, assignee=assignee, resolved_at=None, resolved_by=None)


def _unresolved(case: Case) -> Case:
    if case.is_resolved:
        raise UserError(f"{case.name} is resolved. Reopen it first.")
    return case
