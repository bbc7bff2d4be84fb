"""What the team presses on a case, and the forms that these buttons open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.errors import UserError
from bot.messages import case_forms, ids
from bot.messages.ids import More
from bot.services.handling import Handling
from bot.services.response import ResponseClock
from handlers import payloads
from handlers.guard import TeamOnly
from handlers.whisper import Whisper


@dataclass(frozen=True)
class CaseListeners:
    """What people of the team do with a case."""

    handling: Handling
    response_clock: ResponseClock
    team_only: TeamOnly
    whisper: Whisper

    def answered(self, ack: Ack, body: dict[str, Any]) -> None:
        """They have answered where there is no thread to see it in."""
        by = self.team_only(body).user_id
        case = self.response_clock.answered_elsewhere(payloads.number(body), by)
        self.whisper(body, f"Noted: {case.name} is answered, and its response clock has stopped.")
        ack()

    def taken(self, ack: Ack, body: dict[str, Any]) -> None:
        """Somebody takes care of it."""
        by = self.team_only(body).user_id
        self.handling.take(payloads.case_button(body), by)
        ack()

    def reopened(self, ack: Ack, body: dict[str, Any]) -> None:
        """It is not over after all."""
        by = self.team_only(body).user_id
        self.handling.reopen(payloads.case_button(body), by)
        ack()

    def asked_to_reply(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show the form for words to the customer."""
        self.team_only(body)
        case = self.handling.case(payloads.case_button(body).number)
        client.views_open(trigger_id=body["trigger_id"], view=case_forms.reply_form(case))
        ack()

    def asked_to_resolve(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show the form for what is said to the customer at the end."""
        self.team_only(body)
        case = self.handling.case(payloads.case_button(body).number)
        client.views_open(trigger_id=body["trigger_id"], view=case_forms.resolve_form(case))
        ack()

    def asked_for_more(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """What stands behind the three dots: a form, or that it is the customer's turn."""
        by, chosen = self.team_only(body), ids.parse_more(payloads.chosen(body))
        if chosen is None:
            raise UserError(payloads.TOO_OLD)
        what, button = chosen
        if what is More.WAITING:
            self.handling.wait(button, by.user_id)
        else:
            view = self._form(what, button.number)
            client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()

    def replied(self, ack: Ack, body: dict[str, Any]) -> None:
        """Words to the customer."""
        by, button = self.team_only(body), payloads.case_of_form(body)
        text = payloads.words(body, ids.REPLY_TEXT)
        self.handling.reply(button, by, text, body["view"]["id"])
        ack()

    def resolved(self, ack: Ack, body: dict[str, Any]) -> None:
        """It is over."""
        by, button = self.team_only(body), payloads.case_of_form(body)
        note = payloads.words(body, ids.NOTE)
        self.handling.resolve(button, by.user_id, note, body["view"]["id"])
        ack()

    def assigned(self, ack: Ack, body: dict[str, Any]) -> None:
        """Somebody else takes care of it."""
        by, button = self.team_only(body), payloads.case_of_form(body)
        self.handling.assign(button, by.user_id, payloads.typed(body, ids.ASSIGNEE))
        ack()

    def severity_changed(self, ack: Ack, body: dict[str, Any]) -> None:
        """It is worse, or better, than it was said to be."""
        by, button = self.team_only(body), payloads.case_of_form(body)
        severity, reason = (
            payloads.typed(body, ids.SEVERITY_CHOICE),
            payloads.words(body, ids.REASON),
        )
        form_id = body["view"]["id"]
        self.handling.change_severity(button, by.user_id, severity, reason, form_id)
        ack()

    def _form(self, what: More, number: int) -> dict[str, Any]:
        case = self.handling.case(number)
        if what is More.ASSIGN:
            return case_forms.assign_form(case)
        return case_forms.severity_form(self.handling.desk.policy, case)


def register(app: App, listeners: CaseListeners) -> None:
    """Serve the buttons of the team's card, and their forms."""
    app.action(ids.REPLY)(listeners.asked_to_reply)
    app.view(ids.REPLY_FORM)(listeners.replied)
    app.action(ids.TAKE)(listeners.taken)
    app.action(ids.RESOLVE)(listeners.asked_to_resolve)
    app.view(ids.RESOLVE_FORM)(listeners.resolved)
    app.action(ids.MORE)(listeners.asked_for_more)
    app.view(ids.ASSIGN_FORM)(listeners.assigned)
    app.view(ids.SEVERITY_FORM)(listeners.severity_changed)
    app.action(ids.REOPEN)(listeners.reopened)
    app.action(ids.ANSWERED)(listeners.answered)
