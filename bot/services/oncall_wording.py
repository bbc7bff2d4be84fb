"""The words of what is said about being on call, chosen when they are sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.outbox import MessageKind, Sending, Skip
from bot.messages import shifts
from bot.messages.kit import Message
from bot.services.desk import Desk
from bot.services.handoff_wording import HandoffWording
from bot.services.ports import Transaction


@dataclass(frozen=True)
class OnCallWording:
    """Gathers what such a message shows, and has it built; part of somebody else's transaction."""

    desk: Desk
    handoffs: HandoffWording

    def of(self, tx: Transaction, sending: Sending, now: datetime) -> Message | Skip | None:
        """The words, or why the message is left out; None where it is about something else."""
        match sending.kind:
            case MessageKind.SHIFT_CHANGED:
                return shifts.shift_changed(self.desk.policy, sending.facts)
        return self.handoffs.of(tx, sending, now)
