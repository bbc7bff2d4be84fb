"""Acknowledge and Escalate now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App

from bot.domain.page import Stale
from bot.errors import UserError
from bot.messages import ids, page
from bot.services.paging import Paging
from handlers.guard import TeamOnly
from handlers.payloads import TOO_OLD
from handlers.whisper import Whisper


@dataclass(frozen=True)
class PageListeners:
    """What people press on a page."""

    paging: Paging
    team_only: TeamOnly
    whisper: Whisper

    def acknowledged(self, ack: Ack, body: dict[str, Any]) -> None:
        """Somebody has it."""
        self._press(body, lambda b, by: self.paging.acknowledge(b.page_id, by))
        ack()

    def escalated(self, ack: Ack, body: dict[str, Any]) -> None:
        """Somebody wants the next level."""
        self._press(body, lambda b, by: self.paging.escalate(b.page_id, b.version, by))
        ack()

    def _press(
        self,
        body: dict[str, Any],
        step: Callable[[ids.PageButton, str], Stale | None],
    ) -> None:
        by = self.team_only(body).user_id
        button = ids.PageButton.parse(body["actions"][0].get("value", ""))
        if button is None:
            raise UserError(TOO_OLD)
        if verdict := step(button, by):
            words = page.stale(verdict, self.paging.desk.clock.now())
            self.whisper(body, words)


def register(app: App, paging: Paging, team_only: TeamOnly, whisper: Whisper) -> None:
    """Serve the buttons of a page."""
    listeners = PageListeners(paging, team_only, whisper)
    app.action(ids.ACKNOWLEDGE)(listeners.acknowledged)
    app.action(ids.ESCALATE)(listeners.escalated)
