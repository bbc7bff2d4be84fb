"""The composition root: the one place that knows every part and puts them together."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from slack_bolt import BoltRequest
from slack_sdk.signature import SignatureVerifier

from bot.ack_page import AckLink
from bot.ack_web import AckWeb
from bot.calendar_web import CalendarWeb
from bot.clock import Clock
from bot.domain.audit import of_clock, of_tick
from bot.domain.records import Channel
from bot.domain.timers import TimerKind
from bot.engine.engine import Engine
from bot.engine.outbox import Deliverer
from bot.engine.pulse import Pulse
from bot.engine.ticker import LONGEST_SLEEP, Ticker
from bot.engine.timers import DueTimers
from bot.engine.upkeep import Upkeep
from bot.engine.watch import Watch, wall_clock_ahead_of
from bot.errors import CasebellError, SettingsError, SlackError
from bot.heartbeat import Heartbeat
from bot.install_web import InstallWeb
from bot.manifest import REDIRECT_PATH
from bot.policy import Policy
from bot.routes import RouteCaller
from bot.services.assembly import make_deciders, make_services
from bot.services.installing import INSTALL_PATH
from bot.services.ports import Identity, Transaction
from bot.settings import Settings, environment
from bot.slack_calls import make_client
from bot.slack_gateway import WebSlackGateway
from bot.slack_oauth import WebSlackInstall
from bot.status import StatusPage
from bot.web import CALENDAR_PATH, Answer, Health, Install, Web
from handlers.bolt import make_bolt
from handlers.installing import BODY
from storage.database import Database
from storage.store import SqlStore

if TYPE_CHECKING:
    from bot.vault import Vault
    from storage.listen import WakeListener

_log = logging.getLogger(__name__)

LISTENER_TIMEOUT = 2  # seconds: a listener has 3 to answer Slack
STALE_TICK = 10.0
FIRST_LOOK = 5.0  # seconds that the engine waits at its start for what Slack has to tell


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
        self.store = SqlStore(self.database, self._fell_due, self._is_soon)
        self.gateway = WebSlackGateway(
            settings.slack_bot_token.get_secret_value(), settings.slack_api_url
        )
        self._links = ack_links(settings)
        self.services = make_services(
            policy,
            self.store,
            clock,
            self.gateway,
            settings.team_channel,
            RouteCaller(settings.webhook_secret_text, environment(), clock.now),
            self._links,
            calendar_url(settings),
            settings.public_url,
            slack_install(settings),
            vault(settings),
        )
        url = settings.slack_api_url
        tls = ssl.create_default_context() if url.startswith("https:") else None
        client = make_client(
            settings.slack_bot_token.get_secret_value(), url, timeout=LISTENER_TIMEOUT, tls=tls
        )
        self._bolt = make_bolt(client, tls, self.gateway.identity, self.services)
        self._clock = clock
        self.checks: dict[str, Callable[[], str | None]] = {}
        self._ticker: Ticker | None = None
        self._deliverer: Deliverer | None = None
        self._listener: WakeListener | None = None
        self._watch: Watch | None = None
        if with_engine:
            self._deliverer = Deliverer(
                self.services.desk,
                self.gateway,
                self.services.outgoing,
                self.services.directory,
                self.services.routing,
                self.wake,
            )
            deciders = {
                **make_deciders(self.services),
                TimerKind.READINESS: self._readiness_fell_due,
                TimerKind.INSTALLS: self._installs_fell_due,
            }
            timers = DueTimers(self.services.desk, deciders)
            engine = Engine(self.services.desk, timers, self._deliverer)
            self._ticker = Ticker(Pulse(self.services.desk, engine.tick))
            self._watch = Watch(self._audit, _beat(settings))
            if not self.database.is_sqlite:
                # PostgreSQL's driver takes a while to import, and SQLite needs none.
                from storage.listen import WakeListener  # noqa: PLC0415

                self._listener = WakeListener(self.database, self._fell_due)
        self._upkeep = Upkeep(self._introduce, self._learn, self._check)
        tick_age = self._tick_age if self._ticker is not None else None
        self._status = StatusPage(self.store, clock, self.is_ready, tick_age, self.checks)

    def web(self) -> Web:
        """What answers HTTP in this process; nothing of Slack's comes that way in Socket Mode."""
        secret = self.settings.slack_signing_secret.get_secret_value()
        verifier = None if self.settings.slack_app_token else SignatureVerifier(secret)
        acknowledge = None
        if self._links is not None:
            acknowledge = AckWeb(self._links, self.services.routing, self._clock.now)
        calendar = CalendarWeb(self.services.desk.policy, self.store, self._clock.now)
        return Web(
            verifier,
            self.dispatch,
            self.is_ready,
            self.health,
            self._status,
            acknowledge,
            calendar,
            self._install_routes(),
        )

    def _install_routes(self) -> dict[str, Install]:
        installing = self.services.installing
        if installing is None:
            return {}
        web = InstallWeb(installing, self.services.desk.policy.vendor)
        return {INSTALL_PATH: web.begin, REDIRECT_PATH: web.finish}

    def dispatch(self, body: dict[str, Any], headers: Mapping[str, str]) -> Answer:
        """Hand a payload that is known to come from Slack to its listener."""
        # Bolt's "socket_mode": the body is parsed and its sender verified, by us.
        request = BoltRequest(
            body=body, headers=dict(headers), mode="socket_mode", context={BODY: body}
        )
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

    def audit(self) -> bool:
        """Look now whether all is well, as is done every minute where the engine runs."""
        return self._watch.once() if self._watch is not None else False

    def wait_until_learned(self, seconds: float) -> bool:
        """Wait for the first time that everything was learned from Slack; whether it was."""
        return self._upkeep.learned.wait(seconds)

    @property
    def is_ticking(self) -> bool:
        """Whether the engine is at work at this moment, or is about to be."""
        return self._ticker is not None and self._ticker.is_busy

    @property
    def sending(self) -> int:
        """How many messages are on their way at this moment."""
        return self._deliverer.under_way if self._deliverer is not None else 0

    @property
    def is_learning(self) -> bool:
        """Whether Slack is being asked about people and channels at this moment."""
        return self._upkeep.is_busy

    def start(self, serve: Callable[[], None] = lambda: None) -> None:
        """Start what runs by itself. Slack may be away: it is asked until it answers.

        Args:
            serve: begins to answer requests; called before everything is learned from Slack,
                since nobody need wait for that to be answered.

        Raises:
            SettingsError: TEAM_CHANNEL is shared with another organisation.
            StorageUnavailableError: the database is away.
        """
        if self._ticker is not None:
            self.services.housekeeping.start(self._clock.now())
            self.services.readiness.start(self._clock.now())
            self.services.install_reports.start(self._clock.now())
        try:
            self._introduce()
            self._refuse_shared(self.gateway.channel(self.settings.team_channel))
        except SlackError as error:
            _log.error("%s Casebell starts without it, and asks again.", error)
        serve()
        self._upkeep.start()
        if self.is_ready():
            # Answers given while this was down are found before anybody is rung for want of them,
            # and notices go to every channel; but for long, nothing that is due may wait.
            self.wait_until_learned(FIRST_LOOK)
        if self._listener is not None:
            self._listener.start()
        if self._ticker is not None:
            self._ticker.start()
        if self._watch is not None:
            self._watch.start()

    def stop(self) -> None:
        """Stop, and finish what is under way."""
        if self._watch is not None:
            self._watch.stop()
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

    def _is_soon(self, due_at: datetime) -> bool:
        # What is due later is found by the next tick, which is never further away.
        return due_at - self._clock.now() < LONGEST_SLEEP

    def _fell_due(self, _soon: datetime) -> None:
        self.wake()

    def _tick_age(self) -> float:
        return self._ticker.age if self._ticker is not None else 0.0

    def _audit(self) -> bool:
        process = f"{socket.gethostname()}, process {os.getpid()}"
        age = timedelta(seconds=self._tick_age())
        own = of_tick(age, process, self._clock.now())
        if (ahead := wall_clock_ahead_of(self.database.time)) is not None:
            own += of_clock(ahead, process)
        return self.services.auditor.audit(own, process)

    def _introduce(self) -> Identity:
        identity, _ = self.gateway.introduce()
        return identity

    def _learn(self, identity: Identity) -> None:
        self.services.membership.sync(identity)
        if self._ticker is not None:
            self.services.conversation.catch_up(self._upkeep.pause)
        self.wake()
        with self.store.reading() as tx:
            channel = tx.roster.channel(self.settings.team_channel)
        if channel is not None:
            self._refuse_shared(channel)

    def _check(self, *, in_any_case: bool) -> None:
        if self._ticker is not None:
            self.services.readiness.check(self._upkeep.may_go_on, in_any_case=in_any_case)
            self.services.install_ends.check(self._upkeep.may_go_on)

    def _readiness_fell_due(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        self.services.readiness.fell_due(tx, facts, now)
        self._upkeep.hurry()

    def _installs_fell_due(self, *_due: object) -> None:
        # Which tokens Slack is to be asked about is in their rows; here, nobody may call it.
        self._upkeep.hurry()

    def _refuse_shared(self, channel: Channel) -> None:
        if channel.is_ext_shared:
            raise SettingsError(
                f"TEAM_CHANNEL {channel.channel_id} (#{channel.name}) is shared with another"
                " organisation, who would read internal messages. Choose one of your own."
            )


def _beat(settings: Settings) -> Callable[[], None]:
    """What tells somebody outside that all is well, where an address for it is set."""
    if settings.heartbeat_url is None:
        return lambda: None
    return Heartbeat(settings.heartbeat_url.get_secret_value()).beat


def calendar_url(settings: Settings) -> str | None:
    """Where people subscribe to the calendar of maintenance, where Casebell has an address."""
    url = settings.public_url
    return f"{url.rstrip('/')}{CALENDAR_PATH}" if url else None


def slack_install(settings: Settings) -> WebSlackInstall | None:
    """Slack's OAuth, where customers are to install Casebell."""
    secret, address = settings.casebell_client_secret, settings.public_url
    if settings.casebell_client_id is None or secret is None or address is None:
        return None
    return WebSlackInstall(
        settings.casebell_client_id, secret.get_secret_value(), address, settings.slack_api_url
    )


def vault(settings: Settings) -> Vault | None:
    """What keeps customers' tokens, where there is a key for it."""
    if settings.encryption_key is None:
        return None
    from bot.vault import Vault  # noqa: PLC0415 - slow to import, and few have a key

    return Vault(settings.encryption_key.get_secret_value())


def ack_links(settings: Settings) -> AckLink | None:
    """What makes links that acknowledge, where Casebell has an address and a secret."""
    secret = settings.webhook_secret_text
    return AckLink(secret, settings.public_url) if secret and settings.public_url else None
