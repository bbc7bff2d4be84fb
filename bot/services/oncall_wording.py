"""The words of what is said about being on call, chosen when they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.cover import is_ever_on
from bot.domain.outbox import MessageKind, Sending, Skip
from bot.domain.shift_request import RequestState
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
                return self._request(tx, sending)
            case MessageKind.REQUEST_NEWS:
                return self._request_news(tx, sending, now)
            case MessageKind.READINESS:
                found = self.readiness.findings(tx, now)
                if not found:
                    return Skip("mended since")
                return readiness.readiness(self.desk.policy, found, now)
        return self.handoffs.of(tx, sending, now)

    def _request(self, tx: Transaction, sending: Sending) -> Message | Skip:
        facts = _request_facts(tx, sending)
        if sending.edits is None and not facts.request.is_open:
            return Skip(f"the request is {facts.request.state} now")
        return shift_requests.asking(self.desk.policy, facts)

    def _request_news(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip:
        facts = _request_facts(tx, sending)
        request = facts.request
        if request.state is RequestState.LAPSED and not (
            now < request.segment.end
            and is_ever_on(
                tx.schedule.load(now), request.level, request.asked_by, request.left(now)
            )
        ):
            return Skip("they are not on call any more")
        return shift_requests.news(self.desk.policy, facts)


def _request_facts(tx: Transaction, sending: Sending) -> RequestFacts:
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
    )
