"""What a customer says on their card: it is worse now, or still down. On-call hears of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.alarm import ONCE_PER, Alarm, heard_lately, possible_alarm
from bot.domain.case import Case, Person
from bot.domain.events import EventKind
from bot.domain.page import RINGING, PageState
from bot.domain.records import NotServed, PageRow
from bot.domain.response_clock import Promise
from bot.errors import UserError
from bot.messages.case_forms import AlarmFacts
from bot.messages.welcome import not_served
from bot.messages.words import ago, in_words
from bot.policy import Severity
from bot.services.cards import Cards
from bot.services.desk import Desk, existing_case
from bot.services.directory import Directory
from bot.services.paging import Paging
from bot.services.ports import Transaction
from bot.services.severities import Severities


@dataclass(frozen=True)
class Alarms:
    """The use cases of the customer's button; it counts once per case in `ONCE_PER`."""

    desk: Desk
    directory: Directory
    cards: Cards
    paging: Paging
    severities: Severities

    def ask(self, number: int) -> tuple[Case, AlarmFacts]:
        """What the form has to say that asks whether it is meant.

        Raises:
            UserError: it was said lately, or on-call is being paged already, or nobody is served.
        """
        now, hours = self.desk.clock.now(), self.desk.policy.hours
        with self.desk.store.reading() as tx:
            case = existing_case(tx, number)
            alarm, worst = self._admitted(tx, case, now)
            pages = self.paging.wakes(tx, worst.key, now)
        promise = Promise.make(worst.target, now, hours)
        if case.awaits_response:
            promise = case.promise.raised(worst.target, now, hours)
        is_open = hours.is_open(now)
        opens_at = None if is_open else hours.opens_at(now)
        return case, AlarmFacts(alarm, pages=pages, due_at=promise.due_at, opens_at=opens_at)

    def sound(self, number: int, by: Person, words: str) -> None:
        """Somebody means it: the case is of the worst severity, and on-call or the team hears.

        Where we had answered, or resolved it, the customer waits anew.

        Raises:
            UserError: as `ask`; somebody else may have been faster.
        """
        with self.desk.store.reading() as tx:
            self._refuse_others(existing_case(tx, number), by.user_id)
        with self.desk.store.transaction() as tx:
            now, case = self.desk.clock.now(), existing_case(tx, number, lock=True)
            _, worst = self._admitted(tx, case, now)
            case = replace(case, assignee=self.directory.of_team(tx, case.assignee))
            entry_id = self.severities.change(
                tx, case, worst.key, by.user_id, now, reason=words, kind=EventKind.WORSENED
            )
            self.cards.tell_customer(tx, case, entry_id, now)
            self.cards.tell_team(tx, case, entry_id, now)

    def _refuse_others(self, case: Case, user_id: str) -> None:
        """Nobody wakes on-call for a case that they cannot see, whatever their form says."""
        if user_id == case.reporter.user_id:
            return
        # Where Slack does not tell: an emergency does not wait for that.
        if not self.directory.is_inside(case, user_id, if_unknown=True):
            raise UserError("There is no such case.")

    def _admitted(self, tx: Transaction, case: Case, now: datetime) -> tuple[Alarm, Severity]:
        channel = tx.roster.channel(case.place.channel_id)
        if channel is not None and channel.is_blocked:
            raise UserError(not_served(self.desk.policy, NotServed.BLOCKED))
        worst = self.desk.policy.worst
        alarm = possible_alarm(case.severity, worst.key if worst else None)
        if alarm is None or worst is None:
            raise UserError("This button is too old to mean anything: write in the thread, please.")
        said = tx.cases.timeline(case.number, {EventKind.WORSENED})
        if said and heard_lately(said[-1].at, now):
            raise UserError(
                f"We were told so {ago(said[-1].at, now)}, and the right people know. You can say"
                f" it again {in_words(ONCE_PER)} after that; until then, write in the case's"
                " thread."
            )
        page = tx.pages.latest_of(case.number)
        if alarm is Alarm.STILL_DOWN and page is not None and page.page.state in _WITH_ON_CALL:
            raise UserError(_is_with_on_call(case, page, now))
        return alarm, worst


_WITH_ON_CALL = RINGING | {PageState.ACKNOWLEDGED}


def _is_with_on_call(case: Case, row: PageRow, now: datetime) -> str:
    page = row.page
    if page.acknowledged_by is not None and page.acknowledged_at is not None:
        return (
            f"<@{page.acknowledged_by}> of our team has {case.name} in hand, and said so"
            f" {ago(page.acknowledged_at, now)}. Please write in the case's thread."
        )
    return (
        f"On-call has been paged for {case.name}: the page was opened {ago(row.opened_at, now)},"
        " and rings until somebody has it."
    )
