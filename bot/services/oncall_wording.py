"""The words of what is said about being on call, chosen when they are sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.cover import stretches
from bot.domain.outbox import MessageKind, Sending, Skip
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestState, ShiftRequest
from bot.messages import readiness, shift_requests, shifts
from bot.messages.kit import Message
from bot.messages.shift_requests import RequestFacts
from bot.services.desk import Desk
from bot.services.handoff_wording import HandoffWording
from bot.services.ports import Transaction
from bot.services.readiness import Readiness


@dataclass(frozen=True)
class OnCallWording:
    """Gathers what such a message shows, and has it built; part of somebody else's transaction."""

    desk: Desk
    readiness: Readiness
    handoffs: HandoffWording

    def of(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip | None:
        """The words, or why the message is left out; None where it is about something else."""
        match sending.kind:
            case MessageKind.SHIFT_CHANGED:
                return shifts.shift_changed(self.desk.policy, sending.facts)
            case MessageKind.SHIFT_REQUEST:
                return self._request(tx, sending, now)
            case MessageKind.REQUEST_NEWS:
                return self._request_news(tx, sending, now)
            case MessageKind.READINESS:
                found = self.readiness.to_tell(tx, sending.facts, now)
                if not found:
                    return Skip("mended since")
                return readiness.readiness(self.desk.policy, found, now)
        return self.handoffs.of(tx, sending, now)

    def _request(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        facts = _request_facts(tx, sending, now)
        if sending.edits is None and not facts.request.is_open:
            return Skip(f"the request is {facts.request.state} now")
        return shift_requests.asking(self.desk.policy, facts)

    def _request_news(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        facts = _request_facts(tx, sending, now)
        if facts.request.state is RequestState.LAPSED and not facts.stretches:
            return Skip("they are not on call any more")
        return shift_requests.news(self.desk.policy, facts)


def _request_facts(tx: Transaction, sending: Sending, now: datetime) -> RequestFacts:
    number: int = sending.facts["request"]
    request = tx.requests.get(number)
    if request is None:
        raise ValueError(f"request {number} is asked, but not stored")
    return RequestFacts(
        number,
        request,
        tx.schedule.overrides_of(number),
        reader=sending.user_id,
        is_reminder=sending.facts["reminds"],
        stretches=_stretches(tx, request, now),
    )


def _stretches(tx: Transaction, request: ShiftRequest, now: datetime) -> Sequence[Segment]:
    """When who asks is on call, in what is left of a time that nobody else has taken."""
    is_theirs = request.state in (RequestState.OPEN, RequestState.LAPSED)
    if not is_theirs or request.segment.end <= now:
        return ()
    schedule = tx.schedule.load(now)
    return stretches(schedule, request.level, request.asked_by, request.left(now))
