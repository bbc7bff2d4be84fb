"""Bolt, with every listener."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable

from slack_bolt import App, BoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

import handlers.alarms
import handlers.cases
import handlers.channels
import handlers.command
import handlers.conversation
import handlers.covers
import handlers.handoffs
import handlers.home
import handlers.installing
import handlers.intake
import handlers.maintenance
import handlers.middleware
import handlers.oncall
import handlers.pages
from bot.services.assembly import Services
from bot.services.ports import Identity
from handlers.cases import CaseListeners
from handlers.channels import ChannelListeners
from handlers.command import CommandListeners
from handlers.covers import CoverListeners
from handlers.guard import TeamOnly
from handlers.installing import Authorization, InstallListeners
from handlers.intake import IntakeListeners
from handlers.maintenance import MaintenanceListeners
from handlers.middleware import Fallbacks
from handlers.whisper import Whisper


def make_bolt(
    client: WebClient,
    tls: ssl.SSLContext | None,
    identity: Callable[[], Identity | None],
    services: Services,
) -> App:
    """The listeners over the use cases; the hot ones first, since Bolt tries them in order."""
    intake = IntakeListeners(services.intake)
    authorization = Authorization(
        identity, client.token or "", services.installed, services.install_ends, intake.set_aside
    )

    def authorize(context: BoltContext) -> AuthorizeResult:
        return authorization(context)

    # Bolt warns of tokens that it does not need, and writes rejected bodies to the log.
    quiet = logging.getLogger("casebell.bolt")
    quiet.setLevel(logging.CRITICAL)
    app = App(
        name="casebell",  # unnamed, it reads the source of whoever calls, to call itself after it
        logger=quiet,
        client=client,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,  # done in bot.web, on the raw bytes
        ssl_check_enabled=False,
    )
    whisper = Whisper(tls)
    email = services.desk.policy.vendor.support_email
    team_only = TeamOnly(services.directory)
    handlers.command.register(
        app, CommandListeners(services.intake, services.queries, services.installing, team_only)
    )
    handlers.intake.register(app, intake)
    handlers.conversation.register(app, services.conversation, services.invitations)
    handlers.pages.register(app, services.paging, team_only, whisper)
    handlers.cases.register(
        app, CaseListeners(services.handling, services.response_clock, team_only, whisper)
    )
    handlers.oncall.register(app, services.on_call_queries, services.history, team_only)
    handlers.alarms.register(app, services.alarms)
    handlers.handoffs.register(app, services.handoffs, team_only, whisper)
    handlers.home.register(app, services.queries)
    handlers.channels.register(
        app,
        ChannelListeners(services.channels, services.membership, services.install_ends, team_only),
    )
    handlers.covers.register(
        app,
        CoverListeners(services.covers, services.swaps, services.requests, team_only, whisper),
    )
    handlers.maintenance.register(
        app, MaintenanceListeners(services.window_queries, services.window_editing, team_only)
    )
    handlers.installing.register(app, InstallListeners(services.install_ends))
    fallbacks = Fallbacks(whisper, email, services.directory.readable, authorization.ended)
    handlers.middleware.register(app, fallbacks)
    return app
