"""`/maintenance` and the words after it; and the forms by which the team changes windows."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.messages import ids, window_forms, window_ids, window_preview
from bot.messages.kit import Message
from bot.messages.window_forms import WindowFacts
from bot.messages.window_ids import Asked, Do, YearPage
from bot.messages.window_list import (
    coming_view,
    help_text,
    past_view,
    unknown_words,
    year_view,
)
from bot.messages.window_preview import ChangeFacts
from bot.messages.window_told import told_view
from bot.services.window_editing import WindowEditing
from bot.services.window_queries import MOST_MONTHS, WindowQueries
from handlers import payloads, window_payloads
from handlers.guard import TeamOnly

View = dict[str, Any]

_MONTHS = re.compile(r"(all|\d{1,300})(?:\s+months?)?")


@dataclass(frozen=True)
class MaintenanceListeners:
    """What people type after `/maintenance` and press there; to change something is the team's."""

    queries: WindowQueries
    editing: WindowEditing
    team_only: TeamOnly

    def command(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Open the months ahead, or answer privately."""
        reader, typed = payloads.person(body).user_id, " ".join(body.get("text", "").split())
        if match := _MONTHS.fullmatch(typed.lower()):
            most = MOST_MONTHS if match[1] == "all" else int(match[1][:4])
            view = self._year(reader, body["channel_id"], YearPage(max(1, most), 1))
            _show(client, body, view)
            ack()
            return
        answer = self._answer(typed, reader, body["channel_id"])
        ack(text=answer.text, blocks=answer.blocks)

    def asked_for_months(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """The button that opens the months ahead."""
        reader, channel_id = payloads.person(body).user_id, payloads.where(body).channel_id
        _show(client, body, self._year(reader, channel_id, window_payloads.months(body)))
        ack()

    def turned(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Somebody wants another page of them."""
        reader, channel_id = payloads.person(body).user_id, body["view"]["private_metadata"]
        _redraw(client, body, self._year(reader, channel_id, window_payloads.months(body)))
        ack()

    def wants_to_manage(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show what can be done with a window."""
        self.team_only(body)
        _show(client, body, self._manage(window_payloads.key(body)))
        ack()

    def asks_who_was_told(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show every post about a window."""
        self.team_only(body)
        told = self.queries.told(window_payloads.key(body))
        _show(client, body, told_view(self.queries.desk.policy, told))
        ack()

    def wants_to_add(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show the form for another window."""
        self.team_only(body)
        _show(client, body, self._form(Asked(Do.ADD)))
        ack()

    def settles_difference(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Show what becomes of a window of which the policy now says otherwise."""
        self.team_only(body)
        _show(client, body, self._preview(window_payloads.asked_by_button(body)))
        ack()

    def chose(self, ack: Ack, body: dict[str, Any]) -> None:
        """What shall happen is chosen: ask when, or show what it would do."""
        self.team_only(body)
        asked = window_payloads.chosen(body)
        needs_more = asked.do in window_ids.WITH_FORM
        view = self._form(asked) if needs_more else self._preview(asked)
        ack(response_action="update", view=view)

    def filled(self, ack: Ack, body: dict[str, Any]) -> None:
        """A form is filled in: show what it would do."""
        self.team_only(body)
        view = self._preview(window_payloads.filled(body))
        ack(response_action="update", view=view)

    def went_back(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """From a preview to its form, from there to the choice of what shall happen."""
        self.team_only(body)
        asked = window_payloads.carried(body)
        is_preview = body["view"]["callback_id"] == window_ids.PREVIEW
        to_form = is_preview and asked.do in window_ids.WITH_FORM
        _redraw(client, body, self._form(asked) if to_form else self._manage(asked.key))
        ack()

    def confirmed(self, ack: Ack, body: dict[str, Any]) -> None:
        """Do what the preview shows."""
        by, policy = self.team_only(body).user_id, self.editing.desk.policy
        done = self.editing.carry_out(window_payloads.carried(body), by, body["view"]["id"])
        if isinstance(done, ChangeFacts):
            view = window_preview.receipt(policy, done)
        else:
            view = window_preview.done_before(policy, done)
        ack(response_action="update", view=view)

    def _answer(self, typed: str, reader: str, channel_id: str) -> Message:
        policy = self.queries.desk.policy
        if not typed:
            return coming_view(policy, self.queries.coming(reader, channel_id))
        if typed.lower() == "past":
            return past_view(policy, self.queries.past(reader, channel_id))
        shown = help_text(is_team=self.queries.directory.is_team(reader))
        known = typed.lower() == "help"
        return Message(shown if known else f"{unknown_words(typed)}\n\n{shown}", [])

    def _year(self, reader: str, channel_id: str, asked: YearPage) -> View:
        facts, shown = self.queries.ahead(reader, channel_id, asked)
        return year_view(self.queries.desk.policy, facts, shown, channel_id)

    def _manage(self, key: str) -> View:
        return window_forms.manage_form(self.editing.desk.policy, self.editing.window(key))

    def _form(self, asked: Asked) -> View:
        policy = self.editing.desk.policy
        if asked.do is Do.ADD:
            return window_forms.add_form(policy, asked, self.editing.desk.clock.now())
        facts: WindowFacts = self.editing.window(asked.key)
        return window_forms.change_form(policy, facts, asked)

    def _preview(self, asked: Asked) -> View:
        return window_preview.preview(self.editing.desk.policy, self.editing.preview(asked))


def register(app: App, listeners: MaintenanceListeners) -> None:
    """Serve `/maintenance`, what can be pressed there, and its forms."""
    app.command(ids.MAINTENANCE_COMMAND)(listeners.command)
    app.action(window_ids.YEAR)(listeners.asked_for_months)
    app.action(window_ids.PREVIOUS)(listeners.turned)
    app.action(window_ids.NEXT)(listeners.turned)
    app.action(window_ids.MANAGE)(listeners.wants_to_manage)
    app.action(window_ids.TOLD)(listeners.asks_who_was_told)
    app.view(window_ids.MANAGE_FORM)(listeners.chose)
    app.view(window_ids.WINDOW_FORM)(listeners.filled)
    app.view(window_ids.PREVIEW)(listeners.confirmed)
    app.action(window_ids.BACK)(listeners.went_back)
    app.action(window_ids.ADD)(listeners.wants_to_add)
    app.action(window_ids.FOLLOW)(listeners.settles_difference)
    app.action(window_ids.KEEP)(listeners.settles_difference)


def _show(client: WebClient, body: dict[str, Any], view: View) -> None:
    """Open a view, or put it over the one in which something was pressed."""
    if (body.get("view") or {}).get("type") == "modal":
        client.views_push(trigger_id=body["trigger_id"], view=view)
    else:
        client.views_open(trigger_id=body["trigger_id"], view=view)


def _redraw(client: WebClient, body: dict[str, Any], view: View) -> None:
    """Show something else in the view in which something was pressed."""
    client.views_update(view_id=body["view"]["id"], hash=body["view"]["hash"], view=view)
