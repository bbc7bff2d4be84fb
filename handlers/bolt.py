"""Bolt, with every listener."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable

from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

import handlers.cases
import handlers.conversation
import handlers.intake
import handlers.middleware
import handlers.pages
from bot.services.assembly import Services
from bot.services.ports import Identity
from handlers.whisper import Whisper


def make_bolt(
    client: WebClient,
    tls: ssl.SSLContext | None,
    identity: Callable[[], Identity | None],
    services: Services,
) -> App:
    """The listeners over the use cases; the hot ones first, since Bolt tries them in order."""
    token = client.token or ""

    def authorize() -> AuthorizeResult:
        return handlers.middleware.authorization(identity(), token)

    # Bolt warns of tokens that it does not need, and writes rejected bodies to the log.
    quiet = logging.getLogger("casebell.bolt")
    quiet.setLevel(logging.CRITICAL)
    app = App(
        logger=quiet,
        client=client,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,  # done in bot.web, on the raw bytes
        ssl_check_enabled=False,
    )
    whisper = Whisper(tls)
    email = services.desk.policy.vendor.support_email
    handlers.intake.register(app, services.intake)
    handlers.cases.register(app, services.casework, services.directory, whisper)
    handlers.pages.register(app, services.paging, services.directory, whisper)
    handlers.conversation.register(app, services.conversation, services.directory)
    handlers.middleware.register(app, handlers.middleware.Fallbacks(whisper, email))
    return app
