"""`/case` and the words after it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.messages import ids
from bot.messages.case_help import help_text
from bot.messages.case_list import unknown_words
from bot.messages.install import SWITCHED_OFF
from bot.messages.intake_modal import form_view
from bot.messages.kit import Message
from bot.services.installing import Installing
from bot.services.intake import Intake
from bot.services.queries import Queries
from handlers import payloads
from handlers.guard import TeamOnly

_NUMBER = r"(?:case[\s#-]*|#\s*)?(\d{1,300})\.?"
_LIST = re.compile(r"list(?:\s+(\d{1,300}))?")
_SHOW = re.compile(_NUMBER)
_WHY = re.compile(rf"why\s+{_NUMBER}")
_INVITE, _REVOKE = "invite", "invite revoke"


@dataclass(frozen=True)
class CommandListeners:
    """What people type after `/case`; alone, it opens the form."""

    intake: Intake
    queries: Queries
    installing: Installing | None
    team_only: TeamOnly

    def command(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Open the form, or answer privately."""
        words = " ".join(body.get("text", "").split())
        if words:
            answer = self._answer(words.lower(), words, body)
            ack(text=answer.text, blocks=answer.blocks)
            return
        context = ids.FormContext(body["team_id"], body["channel_id"])
        facts = self.intake.begin(context, payloads.person(body), {})
        view = form_view(self.intake.desk.policy, facts)
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()

    def _answer(self, words: str, typed: str, body: Mapping[str, Any]) -> Message:
        reader, channel_id = payloads.person(body), body["channel_id"]
        if words in (_INVITE, _REVOKE) and self.team_only.lets_in(body):
            if self.installing is None:
                return Message(SWITCHED_OFF, [])
            if words == _REVOKE:
                return self.installing.revoke(reader, channel_id)
            return self.installing.invite(reader, channel_id)
        if match := _LIST.fullmatch(words):
            return self.queries.cases(reader, channel_id, max(1, int(match[1] or 1)))
        if match := _WHY.fullmatch(words):
            return self.queries.why(int(match[1]), reader, channel_id)
        if match := _SHOW.fullmatch(words):
            return self.queries.case(int(match[1]), reader, channel_id)
        invites = self.installing is not None and self.team_only.knows(body)
        shown = help_text(self.intake.desk.policy, invites=invites)
        return Message(shown if words == "help" else f"{unknown_words(typed)}\n\n{shown}", [])


def register(app: App, listeners: CommandListeners) -> None:
    """Serve `/case`."""
    app.command(ids.CASE_COMMAND)(listeners.command)
