"""The ways to the form other than `/case`, the form, and its submission."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.domain.form import Answers
from bot.errors import FormError
from bot.messages import ids
from bot.messages.case_card import what_next
from bot.messages.intake_modal import form_view, receipt_view
from bot.services.intake import Intake
from handlers import payloads
from handlers.payloads import Body


@dataclass(frozen=True)
class IntakeListeners:
    """What people do to open a case."""

    intake: Intake

    def pressed(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """A button "Open a case", in a channel, a DM or the Home tab; it may carry words."""
        kept = self.intake.kept(body["actions"][0].get("value", ""), payloads.person(body))
        context = payloads.where(body)
        if kept is not None and kept.place is not None:
            context = ids.FormContext(kept.place.team_id, kept.place.channel_id)
        view_id = self._open(body, context, kept.answers if kept else {}, client)
        if kept is not None:
            self.intake.carry_on(view_id, kept)
        ack()

    def from_message(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """The shortcut on a message: its words are in the form."""
        answers = self.intake.from_words(body["message"].get("text", ""))
        self._open(body, payloads.where(body), answers, client)
        ack()

    def from_anywhere(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """The shortcut that belongs to no channel."""
        self._open(body, payloads.where(body), {}, client)
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

    def set_aside(self, body: Body) -> None:
        """A form that is not drawn any more, as where Casebell was removed: keep every word."""
        place = payloads.form_context(body)
        answers = payloads.answers(body)
        self.intake.set_aside(body["view"]["id"], payloads.person(body), answers, place)

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
        following = what_next(policy, woken=receipt.woken, now=now, is_again=receipt.is_again)
        ack(response_action="update", view=receipt_view(policy, receipt.case, following))

    def _open(
        self,
        body: dict[str, Any],
        context: ids.FormContext,
        answers: Answers,
        client: WebClient,
    ) -> str:
        facts = self.intake.begin(context, payloads.person(body), answers)
        view = form_view(self.intake.desk.policy, facts)
        opened = client.views_open(trigger_id=body["trigger_id"], view=view)
        return str(opened["view"]["id"])


def register(app: App, listeners: IntakeListeners) -> None:
    """Serve the form and the ways to it."""
    app.view(ids.FORM)(listeners.submitted)
    app.action(re.compile(f"^{ids.FIELD_PREFIX}"))(listeners.steered)
    app.action(ids.OPEN_CASE)(listeners.pressed)
    app.shortcut(ids.FROM_MESSAGE)(listeners.from_message)
    app.shortcut(ids.FROM_ANYWHERE)(listeners.from_anywhere)


def _draw_over(client: WebClient, view: dict[str, Any], drawn: dict[str, Any]) -> bool:
    """Draw a form anew; False when it has been drawn in between, by another choice."""
    try:
        client.views_update(view_id=view["id"], hash=view["hash"], view=drawn)
    except SlackApiError as error:
        if error.response.get("error") != "hash_conflict":
            raise
        return False
    return True
