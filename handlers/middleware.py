"""Around every listener: who Casebell is, what an error says, and what nobody listens to."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_bolt import Ack, App, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import (
    CasebellError,
    FormError,
    NotReadyError,
    SlackError,
    StorageRefusedError,
    StorageUnavailableError,
    UserError,
)
from bot.messages import kit
from bot.messages.inputs import modal
from bot.services.ports import Identity
from handlers.payloads import TOO_OLD
from handlers.whisper import Whisper

_log = logging.getLogger(__name__)

SAID = "said"  # a view that only says something

# Slack's documentation and its answers spell it differently.
_TOO_LATE = ("expired_trigger_id", "trigger_expired")


def authorization(identity: Identity | None, token: str) -> AuthorizeResult:
    """Who answers: Casebell in its home workspace, whatever team the payload names.

    Raises:
        NotReadyError: Slack has not said yet who Casebell is. Bolt turns None, and errors of
            Slack's, into a 200 that drops the event; this it does not.
    """
    if identity is None:
        raise NotReadyError("Slack has not confirmed yet who Casebell is. Please try again.")
    return AuthorizeResult(
        enterprise_id=None,
        team_id=identity.team_id,
        bot_token=token,
        bot_id=identity.bot_id,
        bot_user_id=identity.bot_user_id,
    )


@dataclass(frozen=True)
class Fallbacks:
    """What is answered when a listener fails, or when there is none.

    `ended` sees each error first: it may be that of an installation that is over.
    """

    whisper: Whisper
    support_email: str
    readable: Callable[[str], str]
    ended: Callable[[Exception, dict[str, Any], str], Exception]

    def failed(self, error: Exception, body: dict[str, Any], client: WebClient) -> BoltResponse:
        """A form keeps its words, a command or a click gets a sentence, an event is repeated."""
        words = self._words(self.ended(error, body, client.token or ""))
        if body.get("type") == "event_callback":
            return BoltResponse(status=500)
        if body.get("type") == "view_submission":
            return self._to_a_form(error, words, body)
        if "command" in body:
            return _json(response_type="ephemeral", text=words)
        if "response_url" in body:
            self.whisper(body, words)
            return BoltResponse(status=200)
        return BoltResponse(status=200 if _pushed(client, body, words) else 500)

    def too_old(self, ack: Ack, body: dict[str, Any]) -> None:
        """A button that no listener knows any more."""
        self.whisper(body, TOO_OLD)
        ack()

    def seen(self, ack: Ack) -> None:
        """Something that nobody listens to: Slack need not repeat it."""
        ack()

    def _to_a_form(self, error: Exception, words: str, body: dict[str, Any]) -> BoltResponse:
        if found := self._problems(error, words, body):
            return _json(response_action="errors", errors=found)
        # Over a view without inputs: closed again, what it showed is still there.
        return _json(response_action="push", view=_sentence(words))

    def _problems(self, error: Exception, words: str, body: dict[str, Any]) -> dict[str, str]:
        """What is said under the inputs of a form."""
        if isinstance(error, FormError):
            return error.problems
        first = _first_input(body)
        # Under an input, Slack shows names of people as ids.
        plain = self.readable(words) if isinstance(error, UserError) else words
        return {first: plain} if first else {}

    def _words(self, error: Exception) -> str:
        match error:
            case UserError() | FormError():
                return str(error)
            case StorageUnavailableError():
                _log.error("the database is away: %s", error)
                return (
                    "Nothing was saved: our database does not answer just now. Please try again in"
                    f" a moment, or write to {self.support_email}."
                )
            case CasebellError() if not isinstance(error, (SlackError, StorageRefusedError)):
                _log.error("a request failed: %s", error)
                return str(error)
            case SlackApiError() if error.response.get("error") in _TOO_LATE:
                return "That took too long for Slack. Please try again."
        reference = secrets.token_hex(3)
        _log.error("[%s] a request failed", reference, exc_info=error)
        return (
            f"Something went wrong on our side (reference {reference}). Please try again, or write"
            f" to {self.support_email}."
        )


def register(app: App, fallbacks: Fallbacks) -> None:
    """Serve errors, and what no other listener serves. Registered last."""
    anything = re.compile(".*")
    app.error(fallbacks.failed)
    app.action(anything)(fallbacks.too_old)
    app.event(anything)(fallbacks.seen)
    app.shortcut(anything)(fallbacks.seen)
    app.view_submission(anything)(fallbacks.seen)
    app.view_closed(anything)(fallbacks.seen)


def _first_input(body: dict[str, Any]) -> str | None:
    """Also of a form that is none: whoever looks for it is about to say that something failed."""
    match body.get("view"):
        case {"blocks": [*blocks]}:
            inputs = (block for block in blocks if isinstance(block, dict))
            found = (b.get("block_id") for b in inputs if b.get("type") == "input")
            return next((block_id for block_id in found if isinstance(block_id, str)), None)
    return None


def _pushed(client: WebClient, body: dict[str, Any], words: str) -> bool:
    """Whether it could be said over the form in which something was pressed, if that is a form."""
    view = body.get("view")
    if not isinstance(view, dict) or view.get("type") != "modal" or "trigger_id" not in body:
        return False
    try:
        client.views_push(trigger_id=body["trigger_id"], view=_sentence(words))
    except (OSError, SlackClientError) as error:
        _log.warning("a click in a form could not be answered: %s", error)
        return False
    return True


def _sentence(words: str) -> dict[str, Any]:
    return modal(SAID, "Nothing has changed", None, kit.section(words), close="Back")


def _json(**body: Any) -> BoltResponse:
    return BoltResponse(status=200, body=body)
