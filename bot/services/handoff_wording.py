"""The words of what is said about handoffs, chosen when they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.handoff import Handoff
from bot.domain.outbox import MessageKind, Sending, Skip
from bot.domain.schedule import HORIZON
from bot.messages import handoff as words
from bot.messages.case_list import Line
from bot.messages.kit import Message
from bot.messages.page_history import page_line
from bot.services import handoff_news as news
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.handoffs import Handoffs, standing
from bot.services.history import History
from bot.services.links import thread_url
from bot.services.ports import SlackGateway, Transaction

PAST = timedelta(weeks=1)  # of which the pages are shown
MOST = 5  # cases, and pages, that are shown
MOST_RINGS = 2  # of a page


@dataclass(frozen=True)
class HandoffWording:
    """Gathers what such a message shows, and has it built; part of somebody else's transaction."""

    desk: Desk
    slack: SlackGateway
    directory: Directory
    handoffs: Handoffs
    history: History

    def of(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip | None:
        """The words, or why the message is left out; None where it is about something else."""
        match sending.kind:
            case MessageKind.HANDOFF:
                return self._come_on(tx, sending, now)
            case MessageKind.HANDED_OFF:
                return self._gone_off(tx, sending, now)
            case MessageKind.HANDOFF_MISSED:
                return self._missed(tx, sending, now)
            case MessageKind.LEVEL_EMPTY:
                return self._vacant(tx, sending, now)
        return None

    def _come_on(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        duties = [self._duty(tx, *found, now) for found in news.asked(tx, sending)]
        stand = [duty for duty in duties if duty.stands]
        if not stand and sending.edits is None:
            return Skip("they are not on call any more")
        return words.come_on(
            self.desk.policy,
            duties,
            self._off(tx, sending),
            self._state(tx, now) if stand else None,
            min((duty.handoff.patience_ends(now) for duty in stand), default=now),
        )

    def _gone_off(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        off = self._off(tx, sending)
        if not off:
            return Skip("they are on call again")
        return words.gone_off(self.desk.policy, off, self._state(tx, now))

    def _missed(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        number: int = sending.facts["handoff"]
        handoff = tx.handoffs.get(number)
        if handoff is None:
            return Skip("there is no such handoff")
        duty = self._duty(tx, number, handoff, now)
        if sending.edits is None and not duty.stands:
            return Skip("they are not on call any more")
        if sending.edits is None and handoff.confirmed_at is not None:
            return Skip("they have said so since")
        is_of_team = self.directory.is_known_as_team(tx, handoff.user)
        reason = sending.facts["reason"]
        return words.missed(self.desk.policy, duty, reason, is_of_team=is_of_team)

    def _vacant(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        level, staff = sending.facts["level"], standing(tx)
        since = datetime.fromisoformat(sending.facts["at"])
        off = words.Off(level, since, staff.get(level, ()))
        if off.now and sending.edits is None:
            return Skip("somebody is on call there by now")
        _, then = tx.schedule.load(now).now_and_next(level, now)
        until = then.segment.start if then else None
        return words.vacant(self.desk.policy, off, until, any_level=any(staff.values()))

    def _duty(self, tx: Transaction, number: int, handoff: Handoff, now: datetime) -> words.Duty:
        stands = self.handoffs.stands(tx, number, handoff)
        on_now = standing(tx).get(handoff.level, ())
        others = tuple(user for user in on_now if user != handoff.user)
        until = self._until(tx, handoff, now) if stands else None
        return words.Duty(number, handoff, stands, until, others)

    def _until(self, tx: Transaction, handoff: Handoff, now: datetime) -> datetime | None:
        """When they go off, as it is planned; None: not within a year."""
        horizon = now + HORIZON
        for shift in tx.schedule.load(now).shifts_of(handoff.user, now, horizon):
            if shift.level == handoff.level and shift.segment.end < horizon:
                return shift.segment.end if shift.segment.start == now else None
        return None

    def _off(self, tx: Transaction, sending: Sending) -> Sequence[words.Off]:
        """The levels that its reader went off, and is not on again by now."""
        staff = standing(tx)
        return [
            words.Off(level, datetime.fromisoformat(at), staff.get(level, ()))
            for level, at in sending.facts["off"]
            if sending.user_id not in staff.get(level, ())
        ]

    def _state(self, tx: Transaction, now: datetime) -> words.State:
        waking = [severity.key for severity in self.desk.policy.severities if severity.pages]
        cases, total = tx.cases.queue(severities=waking, most=MOST)
        identity = self.slack.identity()
        lines = [Line(case, thread_url(identity, case)) for case in cases]
        return words.State(lines, total, *self._past_pages(tx, now))

    def _past_pages(self, tx: Transaction, now: datetime) -> tuple[Sequence[str], int]:
        """The pages of the past week, the newest first, a line each; how many there were."""
        found = self.history.recent(tx, now - PAST, now + timedelta.resolution)
        newest = self.history.lines(tx, found[: -MOST - 1 : -1])
        return [page_line(self.desk.policy, line, MOST_RINGS) for line in newest], len(found)
