"""What became of pages: for `/oncall history`, for who takes the pager, and for fairness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.page_history import (
    PAGE_KINDS,
    PageHistory,
    histories,
    pages_a_week,
    week_of,
    week_start,
)
from bot.messages.kit import Message
from bot.messages.page_history import HistoryFacts, PageLine, history_message
from bot.services.desk import Desk
from bot.services.links import thread_url
from bot.services.ports import SlackGateway, Transaction

PER_PAGE = 10
WEEKS = 8


@dataclass(frozen=True)
class History:
    """The record of pages, told from the timeline alone: what the outbox keeps is no record."""

    desk: Desk
    slack: SlackGateway

    def recent(self, tx: Transaction, since: datetime, until: datetime) -> list[PageHistory]:
        """The pages that rang somebody, or should have, in a stretch of time; the oldest first."""
        return self._histories(tx, tx.pages.rung_between(since, until))

    def lines(self, tx: Transaction, found: Sequence[PageHistory]) -> list[PageLine]:
        """Pages with what is shown of their cases, for `bot.messages.page_history`."""
        identity = self.slack.identity()
        cases = [tx.cases.get(page.case_number) for page in found]
        return [
            PageLine(page, case, thread_url(identity, case))
            for page, case in zip(found, cases, strict=True)
        ]

    def show(self, number: int) -> Message:
        """A list of pages, the newest first, and pages a person a week.

        Args:
            number: which list, counted from 1: 2 has those before the newest ten.
        """
        policy, now = self.desk.policy, self.desk.clock.now()
        zone = policy.hours.zone
        first_week = week_of(now, zone) - timedelta(weeks=WEEKS - 1)
        since = week_start(first_week, zone)
        with self.desk.store.reading() as tx:
            first = (number - 1) * PER_PAGE
            found = tx.pages.last_rung(first=first, most=PER_PAGE + 1)
            shown = self._histories(tx, found[:PER_PAGE])[::-1]
            lines = self.lines(tx, shown)
            loads = pages_a_week(self.recent(tx, since, now + timedelta.resolution), zone)
            schedule = tx.schedule.load(since)
        on_call = {
            user
            for level in policy.paging.levels
            for shift in schedule.shifts(level, since, now + timedelta.resolution)
            for user in shift.users
        }
        return history_message(
            policy,
            HistoryFacts(
                lines=lines,
                number=number,
                has_more=len(found) > PER_PAGE,
                loads={
                    user: {week: load for week, load in weeks.items() if week >= first_week}
                    for user, weeks in loads.items()
                },
                on_call=frozenset(on_call),
                weeks=WEEKS,
            ),
        )

    def _histories(self, tx: Transaction, pages: Sequence[tuple[int, int]]) -> list[PageHistory]:
        """What became of these pages, in the order of their numbers."""
        wanted = {page_id for page_id, _ in pages}
        entries = tx.cases.timelines({number for _, number in pages}, PAGE_KINDS)
        found = [page for page in histories(entries) if page.page_id in wanted]
        return sorted(found, key=lambda page: page.page_id)
