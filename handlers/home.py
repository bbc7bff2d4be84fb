"""The Home tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App
from slack_sdk import WebClient

from bot.domain.case import Person
from bot.messages import ids
from bot.messages.home import home_view
from bot.services.queries import Queries
from handlers import payloads


@dataclass(frozen=True)
class HomeListeners:
    """What somebody sees there, and how they turn its pages."""

    queries: Queries

    def opened(self, event: dict[str, Any], body: dict[str, Any], client: WebClient) -> None:
        """Somebody looks at it."""
        if event.get("tab") == "home":
            self._show(payloads.author(body, event), 1, client)

    def turned(self, ack: Ack, body: dict[str, Any], client: WebClient) -> None:
        """Somebody wants another page."""
        page = body["actions"][0].get("value", "")
        self._show(payloads.person(body), int(page) if page.isdecimal() else 1, client)
        ack()

    def _show(self, reader: Person, page: int, client: WebClient) -> None:
        facts = self.queries.home(reader, page)
        view = home_view(self.queries.desk.policy, facts)
        client.views_publish(user_id=reader.user_id, view=view)


def register(app: App, queries: Queries) -> None:
    """Serve the Home tab."""
    listeners = HomeListeners(queries)
    app.event("app_home_opened")(listeners.opened)
    app.action(ids.HOME_PAGE)(listeners.turned)
