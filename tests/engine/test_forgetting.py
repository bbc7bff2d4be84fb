"""The nightly round: what need not be kept is forgotten, and what cannot be stops nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.domain.outbox import Delivered, Draft, MessageKind, Posted
from bot.domain.timers import TimerKind
from bot.engine.timers import DueTimers
from bot.sandbox.playground import TurnedClock
from bot.services import housekeeping
from bot.services.cards import Cards
from bot.services.desk import Desk
from bot.services.handoffs import Handoffs
from bot.services.housekeeping import Housekeeping
from bot.services.maintenance import Maintenance
from bot.services.paging import Paging
from bot.services.ports import Transaction
from bot.services.route_calls import RouteCalls
from bot.services.shifts import Shifts
from storage.outbox import OutboxRepository
from storage.store import SqlStore
from storage.tables import events, outbox, submissions

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


class Round:
    """A desk's nightly round, which begins two months after everything that is stored."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        handoffs = Handoffs(desk)
        paging = Paging(desk, RouteCalls(desk), Shifts(desk, handoffs))
        self._housekeeping = Housekeeping(desk, Maintenance(desk), Cards(desk, paging), handoffs)
        self._due = DueTimers(desk, {TimerKind.PURGE: self._decide})
        self.transactions: list[Transaction] = []
        """One for each kind of thing that was forgotten, or was to be."""

    def _decide(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        if facts:
            self.transactions.append(tx)
        self._housekeeping.purge(tx, facts, now)

    def begin(self) -> None:
        self._pass(60 * DAY)
        with self.desk.store.transaction() as tx:
            self._housekeeping.purge(tx, {}, self.desk.clock.now())

    def go_on(self, seconds: int) -> None:
        for _ in range(seconds):
            self._due.run()
            self._pass(SECOND)

    def _pass(self, time: timedelta) -> None:
        assert isinstance(self.desk.clock, TurnedClock)
        self.desk.clock.turn_to(self.desk.clock.now() + time)

    def count(self, table: sa.Table) -> int:
        assert isinstance(self.desk.store, SqlStore)
        with self.desk.store.database.reading() as connection:
            found: int = connection.execute(
                sa.select(sa.func.count()).select_from(table)
            ).scalar_one()
            return found


@pytest.fixture
def night(either_desk: Desk) -> Round:
    now = either_desk.clock.now()
    form = {"received_at": now, "team_id": "T2", "user_id": "U1", "view_id": "V1",
            "channel_team": "T1", "channel_id": "C1", "answers": {}, "body": {}}  # fmt: skip
    assert isinstance(either_desk.store, SqlStore)
    with either_desk.store.database.transaction() as connection:
        connection.execute(sa.insert(submissions).values(form))
    with either_desk.store.transaction() as tx:
        for number in range(7):
            tx.first_time(f"Ev{number}", now)
        card = tx.outbox.add(_about_a_case("card", now), now)
        tx.outbox.add(_about_a_case("redraw", now, edits=card), now)
    for number in range(2):
        with either_desk.store.transaction() as tx:
            [sending] = tx.outbox.claim(now, now + SECOND, 8, timedelta(0), for_pages=0).sendings
            tx.outbox.settle(sending, Delivered(Posted("C1", f"1.{number}")), now)
    return Round(either_desk)


def _about_a_case(key: str, now: datetime, edits: int | None = None) -> Draft:
    return Draft(MessageKind.CASE_CARD, "case:1", key, now, channel_id="C1", edits=edits)


def test_what_need_not_be_kept_is_forgotten_within_a_minute(night: Round) -> None:
    assert (night.count(submissions), night.count(events), night.count(outbox)) == (1, 7, 2)
    night.begin()
    night.go_on(20)
    assert (night.count(submissions), night.count(events)) == (0, 0)
    assert night.count(outbox) == 1, "the post itself is kept"


def test_what_cannot_be_forgotten_holds_up_no_other_and_is_tried_again(
    night: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raw forms are customers' words: they go after thirty days, whatever else goes wrong."""

    def stumble(*_arguments: object) -> int:
        raise KeyError("a mistake of ours")

    with monkeypatch.context() as patched:
        patched.setattr(OutboxRepository, "purge", stumble)
        night.begin()
        night.go_on(20)
        assert (night.count(submissions), night.count(events)) == (0, 0)
        assert night.count(outbox) == 2
    night.go_on(20)
    assert night.count(outbox) == 1


def test_each_kind_is_forgotten_in_a_transaction_of_its_own(night: Round) -> None:
    night.begin()
    night.go_on(20)
    assert len(night.transactions) == 5
    assert len({id(tx) for tx in night.transactions}) == 5


def test_who_waits_to_write_waits_for_a_portion_at_most(
    night: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "PORTION", 3)
    night.begin()
    left = []
    for _ in range(3):
        night.go_on(60)
        left.append(night.count(events))
    assert left == [4, 1, 0]


def test_the_next_night_begins_a_day_later(night: Round) -> None:
    night.begin()
    night.go_on(20)
    with night.desk.store.reading() as tx:
        assert tx.timers.next_due() == night.desk.clock.now() - 20 * SECOND + DAY
