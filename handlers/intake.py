"""`/case`, the form and its submission."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import FormError, UserError
from bot.messages import ids
from bot.messages.case_card import what_next
from bot.messages.intake_modal import form_view, receipt_view
from bot.messages.notices import help_text
from bot.services.intake import Intake
from handlers import payloads

_IN_A_DM = (
    "Please type /case in the channel that you share with us: the case is answered in its thread"
    " there, where your colleagues see it too."
)


@dataclass(frozen=True)
class IntakeListeners:
    """What people do to open a case."""

    intake: Intake

    def command(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """`/case` opens the form; any words after it get the help."""
        policy = self.intake.desk.policy
        if body.get("text", "").strip():
            ack(help_text(policy))
            return
        if body["channel_id"].startswith("D"):
            raise UserError(_IN_A_DM)
        context = ids.FormContext(body["team_id"], body["channel_id"])
        view = form_view(policy, self.intake.form(context, {}))
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()

    def steered(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """A choice that changes the form: draw it anew, and lose no word."""
        view, action_ts = body["view"], body["actions"][0]["action_ts"]
        person = payloads.person(body)
        answers = self.intake.steer(view["id"], person, payloads.answers(body), action_ts)
        facts = self.intake.form(payloads.form_context(body), answers)
        drawn = form_view(self.intake.desk.policy, facts)
        if not _draw_over(client, view, drawn) and self.intake.is_newest(view["id"], action_ts):
            client.views_update(view_id=view["id"], view=drawn)
        ack()

    def submitted(self, ack: Ack, body: dict[str, Any]) -> None:
        """The form: stored as it is, then made a case, then answered with the receipt."""
        policy, now = self.intake.desk.policy, self.intake.desk.clock.now()
        stored = self.intake.store(payloads.submission(body, now), payloads.without_secrets(body))
        try:
            receipt = self.intake.open_case(stored)
        except FormError as error:
            problems = {ids.field_id(key): text for key, text in error.problems.items()}
            ack(response_action="errors", errors=problems)
            return
        following = what_next(policy, pages=receipt.pages, now=now, is_again=receipt.is_again)
        ack(response_action="update", view=receipt_view(policy, receipt.case, following))


def register(app: App, intake: Intake) -> None:
    """Serve `/case` and its form."""
    listeners = IntakeListeners(intake)
    app.command(ids.CASE_COMMAND)(listeners.command)
    app.view(ids.FORM)(listeners.submitted)
    app.action(re.compile(f"^{ids.FIELD_PREFIX}"))(listeners.steered)


def _draw_over(client: WebClient, view: dict[str, Any], drawn: dict[str, Any]) -> bool:
    """Draw a form anew; False when it has been drawn in between, by another choice."""
    try:
        client.views_update(view_id=view["id"], hash=view["hash"], view=drawn)
    except SlackApiError as error:
        if error.response.get("error") != "hash_conflict":
            raise
        return False
    return True
