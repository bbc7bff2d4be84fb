"""Requests for cover and swaps: asked, accepted once, declined, cancelled, or lapsed in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.domain.cover import Verdict, WhyChanged, accepted, verdict
from bot.domain.outbox import Draft, MessageKind
from bot.domain.shift_request import RequestKind, RequestState, ShiftRequest
from bot.domain.timers import Timer, TimerKind
from bot.errors import UserError
from bot.messages import shift_requests as words
from bot.services.desk import Desk, redraw
from bot.services.directory import Directory
from bot.services.handoffs import SCHEDULE
from bot.services.ports import Transaction
from bot.services.shifts import Changing, Shifts

_REMIND, _LAPSE = "remind", "lapse"
_WHY = {RequestKind.COVER: WhyChanged.COVERED, RequestKind.SWAP: WhyChanged.SWAPPED}


def request_subject(number: int) -> str:
    """How the outbox names what its messages about a request are about."""
    return f"request:{number}"


@dataclass(frozen=True)
class Requests:
    """The life of a request; whoever calls its use cases knows that the person is of the team.

    Everything that ends one locks the schedule first, so one of two is the first, and the other
    is told who it was.
    """

    desk: Desk
    shifts: Shifts
    directory: Directory

    @contextmanager
    def asking(self) -> Iterator[tuple[Transaction, datetime]]:
        """A transaction in which nobody else asks, accepts or changes the schedule."""
        with self.desk.store.transaction() as tx:
            tx.marks.lock(SCHEDULE)
            yield tx, self.desk.clock.now()

    def ask(self, tx: Transaction, request: ShiftRequest, people: Sequence[str]) -> None:
        """Store a request and ask these people; for cover, the team's channel too.

        Who asks gets the message as well, to cancel it by.
        """
        now, number = request.asked_at, tx.requests.add(request)
        for user in (*people, request.asked_by):
            tx.outbox.add(_draft(MessageKind.SHIFT_REQUEST, number, now, user_id=user), now)
        if request.kind is RequestKind.COVER:
            tx.outbox.add(self._to_team(MessageKind.SHIFT_REQUEST, number, now), now)
        if at := request.reminder_at:
            tx.timers.add(_timer(number, _REMIND, at))
        tx.timers.add(_timer(number, _LAPSE, request.open_until))

    def accept(self, number: int, by: str) -> str:
        """Somebody says yes; what they are told privately.

        Where the schedule has changed so that it can no longer be done, the request is over, and
        both are told.

        Raises:
            UserError: they cannot, or not any more.
        """
        with self.desk.store.reading() as tx:
            kind = _existing(tx, number).kind
        self.directory.check_reachable(by)
        with self.shifts.changing(by, _WHY[kind]) as change:
            return self._accept(change, number, by)

    def decline(self, number: int, by: str) -> None:
        """The one who was asked for a swap says no; the asker is told.

        Raises:
            UserError: they were not asked, or it is over.
        """
        with self.asking() as (tx, now):
            request = _existing(tx, number, lock=True)
            if request.asked_of != by:
                raise UserError("Only who was asked for a swap can decline it.")
            self._end(tx, number, _open(request, by, now), RequestState.DECLINED, by, now)

    def cancel(self, number: int, by: str) -> str:
        """Somebody of the team ends a request; what they are told privately.

        The asker is told, if it was somebody else.

        Raises:
            UserError: it is over.
        """
        with self.asking() as (tx, now):
            request = _open(_existing(tx, number, lock=True), by, now)
            self._end(tx, number, request, RequestState.CANCELLED, by, now)
        return words.cancelled(request, by)

    def fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """A request that is open still is brought up again, or has lapsed."""
        tx.marks.lock(SCHEDULE)
        number = facts["request"]
        request = tx.requests.get(number, lock=True)
        if request is None or not request.is_open:
            return
        if facts["what"] == _LAPSE:
            self._end(tx, number, request, RequestState.LAPSED, None, now)
        else:
            again = self._to_team(MessageKind.SHIFT_REQUEST, number, now, reminds=True)
            tx.outbox.add(again, now)

    def redraw(self, tx: Transaction, number: int, now: datetime) -> None:
        """Have every message that asked say how it stands now."""
        redraw(tx, now, request_subject(number), MessageKind.SHIFT_REQUEST)

    def _accept(self, change: Changing, number: int, by: str) -> str:
        tx, now = change.tx, change.now
        request = _existing(tx, number, lock=True)
        asker_can = self.directory.is_known_as_team(tx, request.asked_by)
        found = verdict(request, by, change.before, now, asker_can=asker_can)
        if found is Verdict.MOOT:  # which is to be stored, so it is no error
            self._end(tx, number, request, RequestState.CANCELLED, None, now)
            return words.refused(found, request, by, now)
        if found is not Verdict.GRANTED:
            raise UserError(words.refused(found, request, by, now))
        made = [tx.schedule.add_override(o) for o in accepted(number, request, by, now)]
        self._settle(tx, number, request, RequestState.ACCEPTED, by, now)
        mine = made[0].segment
        others = {shift.level for shift in change.before.shifts_of(by, mine.start, mine.end)}
        also = sorted(others - {request.level})
        return words.granted(self.desk.policy, request, made, also)

    def _end(
        self,
        tx: Transaction,
        number: int,
        request: ShiftRequest,
        state: RequestState,
        by: str | None,
        now: datetime,
    ) -> None:
        """It came to nothing: the asker is told, and the team where nobody covers them."""
        self._settle(tx, number, request, state, by, now)
        news = MessageKind.REQUEST_NEWS
        if by != request.asked_by:
            tx.outbox.add(_draft(news, number, now, user_id=request.asked_by), now)
        if state is RequestState.LAPSED and request.kind is RequestKind.COVER:
            tx.outbox.add(self._to_team(news, number, now), now)

    def _settle(
        self,
        tx: Transaction,
        number: int,
        request: ShiftRequest,
        state: RequestState,
        by: str | None,
        now: datetime,
    ) -> None:
        tx.requests.save(number, replace(request, state=state, settled_at=now, settled_by=by))
        self.redraw(tx, number, now)

    def _to_team(
        self, kind: MessageKind, number: int, now: datetime, *, reminds: bool = False
    ) -> Draft:
        return _draft(kind, number, now, channel_id=self.desk.team_channel, reminds=reminds)


def _draft(
    kind: MessageKind,
    number: int,
    now: datetime,
    *,
    user_id: str | None = None,
    channel_id: str | None = None,
    reminds: bool = False,
) -> Draft:
    return Draft(
        kind=kind,
        subject=request_subject(number),
        dedupe_key=f"{kind}:{number}:{user_id or channel_id}:{reminds}",
        due_at=now,
        facts={"request": number, "reminds": reminds},
        user_id=user_id,
        channel_id=channel_id,
    )


def _timer(number: int, what: str, at: datetime) -> Timer:
    facts = {"request": number, "what": what}
    return Timer(TimerKind.REQUEST, at, f"request:{number}:{what}", facts)


def _existing(tx: Transaction, number: int, *, lock: bool = False) -> ShiftRequest:
    """The request of a number that came from a button.

    Raises:
        UserError: there is none.
    """
    request = tx.requests.get(number, lock=lock)
    if request is None:
        raise UserError("There is no such request.")
    return request


def _open(request: ShiftRequest, by: str, now: datetime) -> ShiftRequest:
    """A request that can still be ended.

    Raises:
        UserError: it is over; who ended it, and when.
    """
    if not request.is_open:
        raise UserError(words.settled(request, by, now))
    return request
