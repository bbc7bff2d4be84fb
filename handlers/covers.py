"""What the team presses to change who is on call, and the forms that these buttons open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.messages import cover_forms, ids
from bot.services.covers import Covers
from bot.services.requests import Requests
from bot.services.swaps import Swaps
from handlers import payloads
from handlers.guard import TeamOnly
from handlers.whisper import Whisper


@dataclass(frozen=True)
class CoverListeners:
    """What people of the team do with the schedule."""

    covers: Covers
    swaps: Swaps
    requests: Requests
    team_only: TeamOnly
    whisper: Whisper

    def wants_cover(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show the form for cover."""
        facts = self.covers.cover_facts(self.team_only(body).user_id)
        view = cover_forms.cover_form(facts)
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()

    def asked_for_cover(self, ack: Ack, body: dict[str, Any]) -> None:
        """Ask colleagues, and say who was asked."""
        by, level = self.team_only(body).user_id, payloads.level(body)
        start, end = (payloads.moment(body, key) for key in (ids.FROM, ids.UNTIL))
        note = payloads.typed(body, ids.COVER_NOTE)
        asked = self.covers.ask(by, level, start, end, note, body["view"]["id"])
        view = cover_forms.asked(self.covers.desk.policy, asked.request, asked.people)
        ack(response_action="update", view=view)

    def wants_pager(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show the form to take the pager."""
        self.team_only(body)
        view = cover_forms.take_form(self.covers.desk.policy, self.covers.take_facts())
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()

    def took_pager(self, ack: Ack, body: dict[str, Any]) -> None:
        """Somebody has it from now on."""
        by, level = self.team_only(body).user_id, payloads.level(body)
        until = payloads.moment(body, ids.UNTIL)
        taken = self.covers.take(by, level, until, body["view"]["id"])
        ack(response_action="update", view=cover_forms.taken(self.covers.desk.policy, taken))

    def wants_swap(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show the form for a swap."""
        facts = self.swaps.facts(self.team_only(body).user_id)
        view = cover_forms.swap_form(self.swaps.desk.policy, facts)
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()

    def asked_for_swap(self, ack: Ack, body: dict[str, Any]) -> None:
        """Ask the one whose shift it is."""
        by = self.team_only(body).user_id
        mine, theirs = (payloads.stretch(body, key) for key in (ids.MINE, ids.THEIRS))
        request = self.swaps.ask(by, mine, theirs, body["view"]["id"])
        view = cover_forms.asked(self.swaps.desk.policy, request, [theirs.user_id])
        ack(response_action="update", view=view)

    def accepted(self, ack: Ack, body: dict[str, Any]) -> None:
        """Somebody covers, or swaps."""
        by = self.team_only(body).user_id
        self.whisper(body, self.requests.accept(payloads.number(body), by))
        ack()

    def declined(self, ack: Ack, body: dict[str, Any]) -> None:
        """Somebody does not want to swap."""
        by = self.team_only(body).user_id
        self.requests.decline(payloads.number(body), by)
        ack()

    def cancelled(self, ack: Ack, body: dict[str, Any]) -> None:
        """A request is not needed any more."""
        by = self.team_only(body).user_id
        self.whisper(body, self.requests.cancel(payloads.number(body), by))
        ack()

    def override_cancelled(self, ack: Ack, body: dict[str, Any]) -> None:
        """A change of the schedule is undone."""
        by = self.team_only(body).user_id
        self.whisper(body, self.covers.cancel_override(payloads.number(body), by))
        ack()


def register(app: App, listeners: CoverListeners) -> None:
    """Serve the buttons that change who is on call, and their forms."""
    app.action(ids.REQUEST_ACCEPT)(listeners.accepted)
    app.action(ids.REQUEST_DECLINE)(listeners.declined)
    app.action(ids.REQUEST_CANCEL)(listeners.cancelled)
    app.action(ids.OVERRIDE_CANCEL)(listeners.override_cancelled)
    app.action(ids.ONCALL_COVER)(listeners.wants_cover)
    app.view(ids.COVER_FORM)(listeners.asked_for_cover)
    app.action(ids.ONCALL_TAKE)(listeners.wants_pager)
    app.view(ids.TAKE_FORM)(listeners.took_pager)
    app.action(ids.ONCALL_SWAP)(listeners.wants_swap)
    app.view(ids.SWAP_FORM)(listeners.asked_for_swap)
