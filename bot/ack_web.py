"""The web pages behind a link that acknowledges: looking changes nothing, their button does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from bot import ack_page
from bot.ack_page import Ack, AckLink
from bot.domain.page import PageState, Stale, StaleReason
from bot.errors import StorageUnavailableError, UserError
from bot.messages.words import clock_time
from bot.services.links import thread_url
from bot.services.routing import Routing
from bot.web import Answer
from bot.web_page import CONTENT_TYPE, HEADERS, WebPage

_log = logging.getLogger(__name__)

_NOTHING_CHANGED = (
    "Our database does not answer just now, and nothing was changed. Try again in a minute, or"
    " press Acknowledge in Slack."
)
_STALE = {
    PageState.HELD: StaleReason.WITH_TEAM,
    PageState.ACKNOWLEDGED: StaleReason.ALREADY_ACKNOWLEDGED,
    PageState.CLOSED: StaleReason.CLOSED,
}


@dataclass(frozen=True)
class AckWeb:
    """Answers `/ack/<token>`; the token is what lets somebody in, so it is in no log."""

    links: AckLink
    routing: Routing
    now: Callable[[], datetime]

    def __call__(self, method: str, token: str) -> Answer:
        """One request."""
        ack = self.links.read(token, self.now())
        if ack is None:
            return _answer(ack_page.bad_link())
        try:
            shown = self._acknowledge(ack) if method == "POST" else self._look(ack, token)
        except UserError as error:
            shown = ack_page.sorry(str(error), HTTPStatus.FORBIDDEN)
        except StorageUnavailableError as error:
            _log.error("the database is away: %s", error)
            shown = ack_page.sorry(_NOTHING_CHANGED, HTTPStatus.SERVICE_UNAVAILABLE)
        return _answer(shown)

    def _look(self, ack: Ack, token: str) -> WebPage:
        self.routing.admit(ack.user_id)
        case, row = self.routing.page_of(ack.page_id)
        if row.page.state in _STALE:
            page = row.page
            return self._over(
                ack, Stale(_STALE[page.state], page.acknowledged_by, page.acknowledged_at)
            )
        label = self.routing.desk.policy.label(case.severity)
        return ack_page.ask(case.name, label, case.summary, case.account or "A customer", token)

    def _acknowledge(self, ack: Ack) -> WebPage:
        stale = self.routing.acknowledge(ack.page_id, ack.user_id)
        if stale is not None:
            return self._over(ack, stale)
        policy = self.routing.desk.policy
        case, row = self.routing.page_of(ack.page_id)
        answer_by = row.page.due_at or self.now()
        return ack_page.done(
            case.name,
            self.routing.name(ack.user_id),
            case.account or "the case",
            f"{clock_time(answer_by, policy.hours.zone)} {policy.zone_name}",
            thread_url(self.routing.slack.identity(), case),
        )

    def _over(self, ack: Ack, stale: Stale) -> WebPage:
        case, _ = self.routing.page_of(ack.page_id)
        who = self.routing.name(stale.by) if stale.by else None
        return ack_page.over(case.name, stale, who, self.now())


def _answer(page: WebPage) -> Answer:
    status, html = page
    return Answer(HTTPStatus(status), html, CONTENT_TYPE, HEADERS)
