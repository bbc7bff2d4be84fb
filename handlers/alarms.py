"""The customer's button on a case: it got worse, or is still down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.messages import ids
from bot.messages.case_forms import alarm_form
from bot.services.alarms import Alarms
from handlers import payloads


@dataclass(frozen=True)
class AlarmListeners:
    """What anybody in the case's channel can say."""

    alarms: Alarms

    def pressed(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Ask whether it is meant, and show what it does."""
        case, facts = self.alarms.ask(payloads.case_button(body).number)
        view = alarm_form(self.alarms.desk.policy, case, facts)
        client.views_open(trigger_id=body["trigger_id"], view=view)
        ack()

    def confirmed(self, ack: Ack, body: dict[str, Any]) -> None:
        """It is meant."""
        number, words = payloads.case_of_form(body).number, payloads.typed(body, ids.ALARM_WORDS)
        self.alarms.sound(number, payloads.person(body), words)
        ack()


def register(app: App, alarms: Alarms) -> None:
    """Serve the button and its form."""
    listeners = AlarmListeners(alarms)
    app.action(ids.ALARM)(listeners.pressed)
    app.view(ids.ALARM_FORM)(listeners.confirmed)
