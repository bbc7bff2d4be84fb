"""The real bot beside a local workspace, with a clock that is turned by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from bot.app import Casebell
from bot.domain.rotation import Rotation, last_handoff
from bot.manifest import manifest
from bot.policy import Policy, load_policy
from bot.sandbox.model import User
from bot.sandbox.workspace import Workspace
from bot.serve import HttpServer, SocketMode
from bot.settings import Settings
from storage.database import Database
from storage.migrate import migrate
from storage.store import SqlStore

SIGNING_SECRET = "local-signing-secret"
BOT_TOKEN = "xoxb-local"
APP_TOKEN = "xapp-local"
_LEARNS_WITHIN = 20.0  # seconds
_LOOK_EVERY = 0.002  # seconds between looks at whether the bot has come to rest


class TurnedClock:
    """A clock that stands still until it is turned. Instants are in UTC."""

    def __init__(self, at: datetime) -> None:
        self._lock = threading.Lock()
        self._now = at.astimezone(UTC)

    def now(self) -> datetime:
        """The present instant."""
        with self._lock:
            return self._now

    def turn_to(self, at: datetime) -> None:
        """Set it."""
        with self._lock:
            self._now = at.astimezone(UTC)


class Playground:
    """A workspace, a bot that serves it over real HTTP or Socket Mode, and a clock for both.

    Args:
        database_url: where the bot keeps its rows; it is migrated.
        at: where the clock stands at first.
        settings: of the bot's, what else is set or is set otherwise.
        clock: the one to turn; by default one that stands still until it is turned.
    """

    def __init__(
        self,
        database_url: str,
        at: datetime,
        *,
        policy: Policy | None = None,
        socket_mode: bool = False,
        settings: Mapping[str, Any] | None = None,
        clock: TurnedClock | None = None,
    ) -> None:
        self.clock = clock or TurnedClock(at)
        self._more_settings = dict(settings or {})
        self.policy = policy or load_policy()
        self.workspace = Workspace(
            manifest(self._more_settings.get("public_url")),
            signing_secret=SIGNING_SECRET,
            bot_token=BOT_TOKEN,
            app_token=APP_TOKEN if socket_mode else None,
            clock=self.clock.now,
        )
        self.team_channel = self.workspace.add_channel(
            "support-team", members=[self.workspace.bot], private=True
        )
        self._database_url = database_url
        self._is_migrated = False
        self._socket_mode = socket_mode
        self._servers: list[HttpServer | SocketMode] = []
        self._next_due: datetime | None = None
        self.casebell: Casebell | None = None

    def settings(self, **changed: Any) -> Settings:
        """The bot's settings for this workspace."""
        values: dict[str, Any] = {
            "slack_bot_token": BOT_TOKEN,
            "slack_signing_secret": SIGNING_SECRET,
            "slack_app_token": APP_TOKEN if self._socket_mode else None,
            "slack_api_url": self.workspace.api_url,
            "team_channel": self.team_channel.id,
            "database_url": self._database_url,
            "port": 0,
            "policy_file": None,
            "log_level": "INFO",
        }
        return Settings(_env_file=None, **(values | self._more_settings | changed))

    def have_on_call(self, levels: Mapping[str, User]) -> None:
        """Give each level its one person since the last handoff: a desk that runs already.

        To be said before the bot is started, so that nothing is handed over when it starts.
        """
        zone, now = self.policy.hours.zone, self.clock.now()
        since = last_handoff(self.policy.handoff, zone, now)
        database = Database(self._database_url)
        self._migrate(database)
        with SqlStore(database).transaction() as tx:
            for level, person in levels.items():
                rotation = Rotation(level, (person.id,), self.policy.handoff, zone, since)
                tx.schedule.add_rotation(rotation, since)
        database.dispose()

    def _migrate(self, database: Database) -> None:
        if not self._is_migrated:
            migrate(database)
            self._is_migrated = True

    def change_settings(self, **changed: Any) -> None:
        """Set settings of the bot's otherwise, from its next start on."""
        self._more_settings |= changed

    def start(self) -> None:
        """Start the workspace and the bot."""
        self.workspace.start()
        self.start_bot()

    def start_bot(self) -> None:
        """Start the bot on what is in its database, as after a deploy."""
        bot = Casebell(self.settings(), self.policy, self.clock, with_engine=True)
        self._migrate(bot.database)
        server = HttpServer(bot, host="127.0.0.1")
        self.casebell, self._servers = bot, [server]
        if self._socket_mode:
            self._servers.append(SocketMode(bot))
        else:
            self.workspace.request_url = f"http://127.0.0.1:{server.port}/slack/events"
        bot.start()
        for part in self._servers:
            part.start()
        if bot.is_ready():  # otherwise Slack is away, and the story goes on without it
            bot.wait_until_learned(_LEARNS_WITHIN)
        if self._socket_mode:
            self._until(lambda: self.workspace.socket_count > 0)

    def stop_bot(self) -> None:
        """Stop the bot; its database stays."""
        for part in self._servers:
            part.stop()
        if self.casebell is not None:
            self.casebell.stop()
        self._servers, self.casebell = [], None

    def stop(self) -> None:
        """Stop the bot and the workspace."""
        self.stop_bot()
        self.workspace.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.stop()

    @property
    def bot(self) -> Casebell:
        """The running bot.

        Raises:
            RuntimeError: it is stopped.
        """
        if self.casebell is None:
            raise RuntimeError("the bot is stopped")
        return self.casebell

    def advance_to(self, at: datetime) -> None:
        """Let time pass, from one due time to the next, and all be done that falls due."""
        due = self.rest()
        while due is not None and due <= at:
            self.clock.turn_to(max(due, self.clock.now()))
            due = self.rest()
        self.clock.turn_to(at)
        self.rest()

    def advance(self, **length: float) -> None:
        """Let that much time pass; the arguments are those of timedelta."""
        self.advance_to(self.clock.now() + timedelta(**length))

    def advance_clock(self, **length: float) -> None:
        """Turn the clock while the bot is stopped."""
        self.clock.turn_to(self.clock.now() + timedelta(**length))

    def rest(self) -> datetime | None:
        """Wait until the bot has done everything that is due; when something falls due next."""
        self.workspace.settle()
        self.bot.wake()
        self._until(self._is_at_rest)
        return self._next_due

    def next_due(self) -> datetime | None:
        """When something falls due next: a promise, or a message."""
        with self.bot.store.reading() as tx:
            due = (tx.timers.next_due(), tx.outbox.next_due())
        return min((at for at in due if at is not None), default=None)

    def _is_at_rest(self) -> bool:
        # Before the database is asked, for that costs something, and after: a message that was
        # found not to be due any more may be on its way.
        if self._is_busy():
            return False
        due = self._next_due = self.next_due()
        return not self._is_busy() and (due is None or due > self.clock.now())

    def _is_busy(self) -> bool:
        return self.bot.is_ticking or self.bot.sending > 0 or self.bot.is_learning

    def _until(self, reached: Callable[[], bool], seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the bot did not come to rest within {seconds} s")
            time.sleep(_LOOK_EVERY)
