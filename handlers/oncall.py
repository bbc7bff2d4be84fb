"""`/oncall` and the words after it; for the team alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.messages import ids
from bot.messages.kit import Message
from bot.messages.oncall_views import help_text, unknown_words
from bot.messages.oncall_weeks import weeks_view
from bot.services.history import History
from bot.services.oncall_queries import OnCallQueries
from handlers.guard import TeamOnly

_NOW = frozenset({"", "now", "cover", "take", "swap"})  # their buttons stand below who is on call
_WEEKS = frozenset({"weeks", "week", "schedule"})
_HISTORY = re.compile(r"history(?:\s+(\d{1,300}))?")
_AT = re.compile(r"at(?:\s+(.+))?")


@dataclass(frozen=True)
class OnCallListeners:
    """What people of the team type after `/oncall`; alone, it says who is on call."""

    queries: OnCallQueries
    history: History
    team_only: TeamOnly

    def command(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Open the weeks ahead, or answer privately."""
        reader, words = self.team_only(body), " ".join(body.get("text", "").split())
        if words.lower() in _WEEKS:
            self._show_weeks(body, client)
            ack()
            return
        answer = self._answer(words, reader.user_id)
        ack(text=answer.text, blocks=answer.blocks)

    def asked_for_weeks(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """The button that opens the weeks ahead."""
        self.team_only(body)
        self._show_weeks(body, client)
        ack()

    def _show_weeks(self, body: dict[str, Any], client: WebClient) -> None:
        view = weeks_view(self.queries.desk.policy, self.queries.weeks())
        client.views_open(trigger_id=body["trigger_id"], view=view)

    def _answer(self, typed: str, reader: str) -> Message:
        words = typed.lower()
        if words in _NOW:
            return self.queries.show(reader)
        if match := _HISTORY.fullmatch(words):
            return self.history.show(max(1, int(match[1] or 1)))
        if match := _AT.fullmatch(words):
            return self.queries.at(match[1] or "")
        shown = help_text()
        return Message(shown if words == "help" else f"{unknown_words(typed)}\n\n{shown}", [])


def register(app: App, queries: OnCallQueries, history: History, team_only: TeamOnly) -> None:
    """Serve `/oncall`, and the button that shows the weeks ahead."""
    listeners = OnCallListeners(queries, history, team_only)
    app.command(ids.ONCALL_COMMAND)(listeners.command)
    app.action(ids.ONCALL_WEEKS)(listeners.asked_for_weeks)
