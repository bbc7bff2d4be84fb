"""The composition root: the one place that knows every part and puts them together."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from slack_bolt import App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.signature import SignatureVerifier

import handlers.cases
import handlers.conversation
import handlers.intake
import handlers.middleware
import handlers.pages
from bot.clock import Clock
from bot.domain.records import Channel
from bot.domain.timers import TimerKind
from bot.engine.engine import Engine
from bot.engine.outbox import Deliverer
from bot.engine.ticker import Ticker
from bot.engine.timers import DueTimers
from bot.engine.upkeep import Upkeep
from bot.errors import CasebellError, SettingsError, SlackError
from bot.policy import Policy
from bot.services.casework import Casework
from bot.services.conversation import Conversation
from bot.services.desk import Desk
from bot.services.directory import Directory
from bot.services.housekeeping import Housekeeping
from bot.services.intake import Intake
from bot.services.maintenance import Maintenance
from bot.services.oncall import OnCall
from bot.services.outgoing import Outgoing
from bot.services.paging import Paging
from bot.services.ports import Identity
from bot.settings import Settings
from bot.slack_gateway import WebSlackGateway, make_client
from bot.web import Answer, Health, Web
from handlers.whisper import Whisper
from storage.database import Database
from storage.listen import WakeListener
from storage.store import SqlStore

_log = logging.getLogger(__name__)

LISTENER_TIMEOUT = 2  # seconds: a listener has 3 to answer Slack
STALE_TICK = 10.0


@dataclass(frozen=True)
class Services:
    """The use cases, ready to be called."""

    desk: Desk
    intake: Intake
    casework: Casework
    paging: Paging
    conversation: Conversation
    directory: Directory
    on_call: OnCall
    maintenance: Maintenance
    housekeeping: Housekeeping
    outgoing: Outgoing


class Casebell:
    """One process of Casebell, put together and not yet started.

    Args:
        with_engine: whether it decides what is due and sends what came of it.

    `checks` are what else its health depends on: each says what is wrong, or None.
    """

    def __init__(
        self, settings: Settings, policy: Policy, clock: Clock, *, with_engine: bool
    ) -> None:
        self.settings = settings
        self.database = Database(settings.database_url)
        self.store = SqlStore(self.database, self._fell_due)
        self.gateway = WebSlackGateway(
            settings.slack_bot_token.get_secret_value(), settings.slack_api_url
        )
        self.services = make_services(
            policy, self.store, clock, self.gateway, settings.team_channel
        )
        self._bolt = make_bolt(settings, self.services, self.gateway)
        self._clock = clock
        self.checks: dict[str, Callable[[], str | None]] = {}
        self._ticker: Ticker | None = None
        self._deliverer: Deliverer | None = None
        self._listener: WakeListener | None = None
        if with_engine:
            self._deliverer = Deliverer(
                self.services.desk,
                self.gateway,
                self.services.outgoing,
                self.services.directory,
                self.wake,
            )
            timers = DueTimers(self.services.desk, make_deciders(self.services))
            self._ticker = Ticker(Engine(self.services.desk, timers, self._deliverer).tick)
            if not self.database.is_sqlite:
                self._listener = WakeListener(self.database, self._fell_due)
        self._upkeep = Upkeep(self._introduce, self._learn)

    def web(self) -> Web:
        """What answers HTTP in this process; nothing of Slack's comes that way in Socket Mode."""
        secret = self.settings.slack_signing_secret.get_secret_value()
        verifier = None if self.settings.slack_app_token else SignatureVerifier(secret)
        return Web(verifier, self.dispatch, self.is_ready, self.health)

    def dispatch(self, body: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        """Hand a payload that is known to come from Slack to its listener."""
        # Bolt's "socket_mode": the body is parsed and its sender verified, by us.
        request = BoltRequest(body=body, headers=dict(headers), mode="socket_mode")
        response = self._bolt.dispatch(request)
        content_type = response.first_headers().get("content-type", "text/plain;charset=utf-8")
        return Answer(HTTPStatus(response.status), response.body or "", content_type)

    def is_ready(self) -> bool:
        """Whether Slack has said yet who Casebell is."""
        return self.gateway.identity() is not None

    def health(self) -> Health:
        """What is wrong with this process, if anything is."""
        problems = {}
        try:
            with self.store.reading() as tx:
                tx.timers.next_due()
        except CasebellError as error:
            _log.error("%s", error)  # with its driver's words, which are not for everybody
            problems["database"] = "It does not answer."
        if self._ticker is not None and self._ticker.age > STALE_TICK:
            problems["engine"] = f"The last tick is {self._ticker.age:.0f} s old."
        problems |= {name: text for name, check in self.checks.items() if (text := check())}
        return Health(problems)

    def wait_until_learned(self, seconds: float) -> bool:
        """Wait for the first time that everything was learned from Slack; whether it was."""
        return self._upkeep.learned.wait(seconds)

    @property
    def sending(self) -> int:
        """How many messages are on their way at this moment."""
        return self._deliverer.under_way if self._deliverer is not None else 0

    def start(self) -> None:
        """Start what runs by itself. Slack may be away: it is asked until it answers.

        Raises:
            SettingsError: TEAM_CHANNEL is shared with another organisation.
            StorageUnavailableError: the database is away.
        """
        if self._ticker is not None:
            self.services.housekeeping.start(self._clock.now())
        try:
            self._introduce()
            self._refuse_shared(self.services.directory.look_again(self.settings.team_channel))
        except SlackError as error:
            _log.error("%s Casebell starts without it, and asks again.", error)
        self._upkeep.start()
        if self._listener is not None:
            self._listener.start()
        if self._ticker is not None:
            self._ticker.start()

    def stop(self) -> None:
        """Stop, and finish what is under way."""
        if self._listener is not None:
            self._listener.stop()
        if self._ticker is not None:
            self._ticker.stop()
        if self._deliverer is not None:
            self._deliverer.stop()
        self._upkeep.stop()
        self.database.dispose()

    def wake(self) -> None:
        """Have the engine of this process look for what is due."""
        if self._ticker is not None:
            self._ticker.wake()

    def _fell_due(self, due_at: datetime) -> None:
        # What is due later is found by the next tick, which is never further away.
        if (due_at - self._clock.now()).total_seconds() < 1:
            self.wake()

    def _introduce(self) -> Identity:
        identity, _ = self.gateway.introduce()
        return identity

    def _learn(self, identity: Identity) -> None:
        self.services.directory.sync(identity)
        self.services.conversation.catch_up()
        self.wake()
        with self.store.reading() as tx:
            channel = tx.roster.channel(self.settings.team_channel)
        if channel is not None:
            self._refuse_shared(channel)

    def _refuse_shared(self, channel: Channel) -> None:
        if channel.is_ext_shared:
            raise SettingsError(
                f"TEAM_CHANNEL {channel.channel_id} (#{channel.name}) is shared with another"
                " organisation, who would read internal messages. Choose one of your own."
            )


def make_services(
    policy: Policy, store: SqlStore, clock: Clock, gateway: WebSlackGateway, team_channel: str
) -> Services:
    """The use cases over a database and a Slack."""
    desk = Desk(policy, store, clock, team_channel)
    paging = Paging(desk)
    casework = Casework(desk, paging)
    directory = Directory(desk, gateway, casework)
    maintenance = Maintenance(desk)
    return Services(
        desk=desk,
        intake=Intake(desk, casework, paging),
        casework=casework,
        paging=paging,
        conversation=Conversation(desk, gateway, directory, casework),
        directory=directory,
        on_call=OnCall(desk, gateway),
        maintenance=maintenance,
        housekeeping=Housekeeping(desk, maintenance),
        outgoing=Outgoing(desk, gateway, casework, paging, maintenance),
    )


def make_deciders(services: Services) -> Mapping[TimerKind, Any]:
    """Who decides each kind of timer."""
    return {
        TimerKind.SUBMISSION: services.intake.recover,
        TimerKind.RESPONSE: services.casework.fell_due,
        TimerKind.PAGE: services.paging.fell_due,
        TimerKind.MAINTENANCE: services.maintenance.fell_due,
        TimerKind.HOUSEKEEPING: services.housekeeping.fell_due,
        TimerKind.PURGE: services.housekeeping.purge,
    }


def make_bolt(settings: Settings, services: Services, gateway: WebSlackGateway) -> App:
    """Bolt with every listener; the hot ones first, since it tries them in order."""
    token = settings.slack_bot_token.get_secret_value()
    is_tls = settings.slack_api_url.startswith("https:")
    tls = ssl.create_default_context() if is_tls else None

    def authorize() -> AuthorizeResult:
        return handlers.middleware.authorization(gateway.identity(), token)

    # Bolt warns of tokens that it does not need, and writes rejected bodies to the log.
    quiet = logging.getLogger("casebell.bolt")
    quiet.setLevel(logging.CRITICAL)
    app = App(
        logger=quiet,
        client=make_client(token, settings.slack_api_url, timeout=LISTENER_TIMEOUT, tls=tls),
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
