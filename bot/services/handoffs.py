"""Handoffs: when the pager goes from one person to the next, in time and once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain.conversation import instant
from bot.domain.handoff import HANDOFF_PATIENCE, Exchange, Handoff, exchanges, who_is_told
from bot.domain.outbox import MessageKind, Posted, Sending
from bot.domain.page import Staff
from bot.domain.timers import Timer, TimerKind
from bot.errors import UserError
from bot.messages import handoff as words
from bot.services import handoff_news as news
from bot.services.desk import Desk, redraw
from bot.services.ports import Transaction

# By as much as clocks are set back at most; what is marked further ahead was marked by mistake.
CLOCK_SET_BACK = timedelta(hours=2)
SCHEDULE = "schedule"  # the mark of who has the schedule, and of how far handoffs have come


@dataclass(frozen=True)
class Handoffs:
    """What follows when the people of a level change.

    The mark remembers whose each level was when somebody last looked. What is different at the
    next look is handed over then: late, where nobody looked for a while, but each time once.
    """

    desk: Desk

    def fell_due(self, tx: Transaction, _facts: Mapping[str, Any], now: datetime) -> None:
        """The people of some level change about now."""
        self.follow(tx, now)

    def follow(self, tx: Transaction, now: datetime) -> None:
        """Hand over what time has changed since the last look, and promise the next.

        The very first look hands over nothing. The schedule is locked from then on.
        """
        found = self._look(tx, now)
        went: defaultdict[str, list[list[str]]] = defaultdict(list)
        for exchange in found:
            for user in exchange.went:
                went[user].append([exchange.level, exchange.at.isoformat()])
        self._hand_over(tx, found, None, went, now)

    def changed(
        self, tx: Transaction, now: datetime, by: str | None
    ) -> Collection[tuple[str, str]]:
        """Hand over what a change of the schedule, made just now by somebody, changes at once.

        Who goes off by it hears of the change itself. Who comes on by their own press has said
        so: nothing is asked of them, and nothing measured.

        Returns:
            Who hears that they have come on, and at which level.
        """
        return self._hand_over(tx, self._look(tx, now), by, {}, now)

    def confirm(self, handoff_id: int, by: str) -> Handoff:
        """Somebody says that they have the pager; the first time counts, however late.

        It says so of every level that the same message told of.

        Raises:
            UserError: it is not theirs to say, or they are not on call by it any more.
        """
        with self.desk.store.transaction() as tx:
            tx.marks.lock(SCHEDULE)
            now = self.desk.clock.now()
            self.follow(tx, now)
            handoff = tx.handoffs.get(handoff_id)
            if handoff is None:
                raise UserError(words.NO_SUCH)
            if handoff.user != by:
                raise UserError(words.not_yours(handoff))
            together = tx.handoffs.of(by, handoff.at)
            mine = {number: other for number, other in together if self.stands(tx, number, other)}
            if not mine:
                raise UserError(words.is_over(handoff, standing(tx).get(handoff.level, ())))
            for number, other in mine.items():
                if other.confirmed_at is None:
                    mine[number] = replace(other, confirmed_at=now)
                    tx.handoffs.save(number, mine[number])
            redraw(tx, now, news.subject(handoff), *news.ABOUT_A_TAP)
        return mine.get(handoff_id) or next(iter(mine.values()))

    def check(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """Somebody came on a while ago: have they said that they have it?"""
        self.follow(tx, now)
        number: int = facts["handoff"]
        handoff = tx.handoffs.get(number)
        if handoff is None or handoff.is_settled or not self.stands(tx, number, handoff):
            return
        until = handoff.patience_ends(now)
        if now < until:
            self._promise_check(tx, number, until)
        else:
            self._missed(tx, number, handoff, None, now)

    def arrived(self, tx: Transaction, sending: Sending, posted: Posted, now: datetime) -> None:
        """Slack has the message that asks for a tap: its measurement begins."""
        told_at = min(instant(posted.ts), now)
        for number, handoff in news.asked(tx, sending):
            if handoff.told_at is None:
                tx.handoffs.save(number, replace(handoff, told_at=told_at))

    def refused(self, tx: Transaction, sending: Sending, reason: str, now: datetime) -> None:
        """Slack has refused one of these messages for good: others hear of it, at once."""
        if sending.kind is not MessageKind.HANDOFF:
            on_call = {user for users in standing(tx).values() for user in users}
            news.tell_elsewhere(tx, self.desk, sending, sorted(on_call), now)
            return
        for number, handoff in news.asked(tx, sending):
            if not handoff.is_settled and self.stands(tx, number, handoff):
                self._missed(tx, number, handoff, reason, now)

    def stands(self, tx: Transaction, number: int, handoff: Handoff) -> bool:
        """Whether they are on call by it still: not gone off, nor come on anew since."""
        newest = tx.handoffs.newest(handoff.level, handoff.user)
        is_on = handoff.user in standing(tx).get(handoff.level, ())
        return is_on and newest is not None and newest[0] == number

    def _look(self, tx: Transaction, now: datetime) -> Sequence[Exchange]:
        """The levels whose people are others than at the last look, which is now from then on."""
        mark = tx.marks.lock(SCHEDULE)
        if mark.at is not None and now < mark.at <= now + CLOCK_SET_BACK:
            # What was handed over is not handed back; there it goes on.
            tx.timers.renew(handoff_timer(mark.at))
            return ()
        since = min(mark.at or now, now)
        schedule = tx.schedule.load(since)
        staff = schedule.staff(now)
        known = standing(tx) if mark.at else staff
        found = exchanges(schedule, self.desk.policy.paging.levels, known, since, now)
        vacant: dict[str, str] = dict(mark.facts.get("vacant", {}))
        filled = {level: vacant.pop(level) for level in staff if level in vacant}
        emptied = {exchange.level: exchange.at.isoformat() for exchange in found if not exchange.on}
        people = {level: list(users) for level, users in staff.items()}
        tx.marks.set(SCHEDULE, now, {"staff": people, "vacant": vacant | emptied})
        news.tell_vacant(tx, self.desk, emptied, now)
        for level, at in filled.items():
            redraw(tx, now, news.vacant_subject(level, at), MessageKind.LEVEL_EMPTY)
        if at_next := schedule.next_change(now):
            tx.timers.renew(handoff_timer(at_next))
        return found

    def _hand_over(
        self,
        tx: Transaction,
        found: Sequence[Exchange],
        by: str | None,
        went: Mapping[str, Sequence[Sequence[str]]],
        now: datetime,
    ) -> Collection[tuple[str, str]]:
        """Ask those who have come on, and tell those who `went`: level by level, and since when.

        A page that rings nobody looks for them at once.

        Returns:
            Who is asked, and at which level.
        """
        asked: defaultdict[tuple[str, datetime], list[int]] = defaultdict(list)
        people: set[tuple[str, str]] = set()
        for exchange in found:
            for user in exchange.went:
                if (newest := tx.handoffs.newest(exchange.level, user)) is not None:
                    redraw(tx, now, news.subject(newest[1]), *news.ABOUT_A_TAP)
            for user, at in exchange.came.items():
                has_pressed = now if user == by else None
                handoff = Handoff(exchange.level, at, user, exchange.went, confirmed_at=has_pressed)
                number = tx.handoffs.add(handoff)
                if number is not None and not has_pressed:
                    asked[user, at].append(number)
                    people.add((user, exchange.level))
                    self._promise_check(tx, number, now + HANDOFF_PATIENCE)
        news.tell(tx, asked, went, now)
        if any(exchange.came for exchange in found):
            for row in tx.pages.open():
                if row.page.rings_nobody:
                    tx.timers.add(lookup_timer(row.id, row.page.version, row.case_number, now))
        return people

    def _missed(
        self, tx: Transaction, number: int, handoff: Handoff, reason: str | None, now: datetime
    ) -> None:
        """They have not said so in time, or cannot be told, for that reason: others hear of it."""
        missed = replace(handoff, missed_at=now)
        tx.handoffs.save(number, missed)
        told = who_is_told(missed, self.desk.policy.paging.levels, standing(tx))
        news.tell_missed(tx, self.desk, number, missed, told, reason, now)
        redraw(tx, now, news.subject(missed), MessageKind.HANDOFF)

    def _promise_check(self, tx: Transaction, number: int, at: datetime) -> None:
        key = f"handoff_check:{number}:{at.isoformat()}"
        tx.timers.add(Timer(TimerKind.HANDOFF_CHECK, at, key, {"handoff": number}))


def standing(tx: Transaction) -> Staff:
    """Whose each level is by the handoffs that were carried out; a level with nobody is absent."""
    people: Mapping[str, Sequence[str]] = tx.marks.get(SCHEDULE).facts.get("staff", {})
    return {level: tuple(users) for level, users in people.items()}


def handoff_timer(at: datetime) -> Timer:
    """The promise to look at the schedule when the people of some level change."""
    return Timer(TimerKind.HANDOFF, at, f"handoff:{at.isoformat()}", {})


def lookup_timer(page_id: int, version: int, case_number: int, now: datetime) -> Timer:
    """The promise to look whom a page can ring; with its case, which is locked in its order."""
    facts = {"page": page_id, "version": version, "case": case_number}
    return Timer(TimerKind.LOOKUP, now, f"lookup:{page_id}:{now.isoformat()}", facts)
