"""A process of Casebell over a real database, driven from one due instant to the next.

Nothing runs on a thread, so that a seed always tells the same story. The process can die between
any two statements' commits, and be started anew over what is in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import event
from year_journal import BotStarted, BotStopped, Rested, Ticked
from year_store import DiedError, MortalStore

from bot.domain.outbox import Sending
from bot.domain.route import RouteAction, RouteCall
from bot.domain.timers import TimerKind
from bot.engine.outbox import Deliverer
from bot.engine.timers import DueTimers
from bot.policy import Policy
from bot.sandbox.playground import TurnedClock
from bot.services.assembly import Services, make_deciders, make_services
from bot.services.ports import SlackGateway, Transaction
from storage.database import Database
from storage.migrate import migrate


class NoRoutes:
    """There are no other ways to ring."""

    def call(self, call: RouteCall, action: RouteAction) -> None:
        raise AssertionError(call)


class Inline:
    """Threads that are none: a message is sent where it is handed over."""

    def __init__(self, sent: Callable[[Sending], None]) -> None:
        self._sent = sent

    def submit(self, deliver: Callable[[Sending], None], sending: Sending) -> None:
        deliver(sending)
        self._sent(sending)


class Process:
    """A process that can be stopped, die and start again, and the clock of its machine.

    Args:
        at: when the world begins, in UTC.

    `died` is called when it has died by itself.
    """

    team_channel: str
    unheeded: tuple[TimerKind, ...] = ()  # what falls due and is of no interest to the story

    def __init__(self, url: str, policy: Policy, at: datetime) -> None:
        self.journal: list[Any] = []
        self.policy = policy
        self.clock = TurnedClock(at)
        self.time = at  # of the world; the machine's clock may be wrong by `_wrong_by`
        self._wrong_by = timedelta(0)
        self.died: Callable[[], None] = lambda: None
        self.store: MortalStore | None = None
        self._url = url
        self._looked_up: tuple[datetime | None, datetime | None] | None = None
        self._database = Database(url)
        migrate(self._database)

    # What the story makes of it

    def gateway(self) -> SlackGateway:
        """Its way to Slack."""
        raise NotImplementedError

    def new_store(self, database: Database) -> MortalStore:
        """A store that writes what the story is about."""
        raise NotImplementedError

    def observe(self) -> None:
        """Note in the journal what has happened since the last look."""

    def was_sent(self, sending: Sending) -> None:
        """Something was sent, or given up, or put off."""

    # The process

    @property
    def is_up(self) -> bool:
        return self.store is not None

    def start(self) -> None:
        """A new process over what is in the database."""
        self.close()
        self._database = database = Database(self._url)
        if database.is_sqlite:
            event.listen(database.engine, "connect", _in_a_hurry)
        self.store = self.new_store(database)
        slack = self.gateway()
        self.services: Services = make_services(
            self.policy, self.store, self.clock, slack, self.team_channel, NoRoutes()
        )
        services = self.services
        deciders = dict(make_deciders(services)) | dict.fromkeys(self.unheeded, _nothing)
        self._timers = DueTimers(services.desk, deciders)
        self._deliverer = Deliverer(
            services.desk,
            slack,
            services.outgoing,
            services.directory,
            services.routing,
            lambda: None,
        )
        self._deliverer.stop()
        self._deliverer._threads = Inline(self.was_sent)  # type: ignore[assignment]
        self.journal.append(BotStarted(self.now()))

    def stop(self) -> None:
        """The process ends, or is gone."""
        if self.store is not None:
            self.store = None
            self.close()
            self.journal.append(BotStopped(self.now()))

    def close(self) -> None:
        """Close what was opened of the database: the world looks into it when all is down."""
        self._database.dispose()

    def will_die(self, chance: Random) -> None:
        """In one of its next commits, before it or after it, this process dies."""
        if self.store is not None:
            name = chance.choice(["before_commit", "after_commit"])
            setattr(self.store, name, chance.randint(1, 12))

    # Time

    def now(self) -> datetime:
        """What the clock of the machine shows."""
        return self.clock.now()

    def turn_to(self, at: datetime) -> None:
        """Let the world's time come to that instant."""
        self.time = max(at, self.time)
        self.clock.turn_to(self.time + self._wrong_by)

    def next_due(self) -> datetime | None:
        """The world's time at which something falls due next."""
        if self.store is None:
            return None
        due = min((at for at in self._looked_up or self._due() if at is not None), default=None)
        return None if due is None else due - self._wrong_by

    def _due(self) -> tuple[datetime | None, datetime | None]:
        assert self.store is not None
        with self.store.reading() as tx:
            return tx.timers.next_due(), tx.outbox.next_due()

    def rest(self) -> None:
        """Let the process do all that is due at this instant; it may die over it."""
        if self.store is None:
            return
        now = self.now()
        for _ in range(1000):
            timers, mail = self._looked_up = self._due()
            if timers is not None and timers <= now:
                self._tick()
            elif mail is not None and mail <= now:
                self._deliver()
            else:
                break
            if self.store is None:
                return
        else:
            raise AssertionError(f"no rest at {now}: {self._due()}")
        self.journal.append(Rested(now))

    def _tick(self) -> None:
        """Decide what is due."""
        assert self.store is not None
        survived = self._survived(self._timers.run)
        if self.store.committed:
            self.journal.append(Ticked(self.now()))
        self.observe()
        if not survived:
            self._die()

    def _deliver(self) -> None:
        if not self._survived(self._deliverer.run):
            self.observe()
            self._die()

    def _survived(self, work: Callable[[], object]) -> bool:
        assert self.store is not None
        self.store.is_mortal = True
        try:
            work()
        except DiedError:
            return False
        finally:
            self.store.is_mortal = False
        return True

    def _die(self) -> None:
        self.stop()
        self.died()


def _nothing(_tx: Transaction, _facts: Mapping[str, Any], _now: datetime) -> None:
    """Of no interest here."""


def _in_a_hurry(connection: Any, _record: object) -> None:
    """A power cut is not in the story, so no commit waits for the disk."""
    connection.execute("PRAGMA synchronous=OFF")
