"""I have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App

from bot.messages import handoff, ids
from bot.services.handoffs import Handoffs
from handlers import payloads
from handlers.guard import TeamOnly
from handlers.whisper import Whisper


@dataclass(frozen=True)
class HandoffListeners:
    """What people press on the message of a handoff."""

    handoffs: Handoffs
    team_only: TeamOnly
    whisper: Whisper

    def have_it(self, ack: Ack, body: dict[str, Any]) -> None:
        """Somebody says that they have the pager."""
        by = self.team_only(body).user_id
        confirmed = self.handoffs.confirm(payloads.number(body), by)
        self.whisper(body, handoff.noted(confirmed))
        ack()


def register(app: App, handoffs: Handoffs, team_only: TeamOnly, whisper: Whisper) -> None:
    """Serve the button of a handoff."""
    listeners = HandoffListeners(handoffs, team_only, whisper)
    app.action(ids.HANDOFF_HAVE)(listeners.have_it)
