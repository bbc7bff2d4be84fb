"""A site whose processes can be killed anywhere, frozen, and started again in a moment."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import sqlalchemy as sa
from crowd import Customer, Responder
from journal import Journal, Outage
from processes import PATIENCE, Site, free_port

from bot.sandbox import Channel, Message, Person
from storage import tables
from storage.database import Database
from tests.chaos import armed
from tests.chaos.armed import Orders

# A process of its own that has imported everything: what starts is forked from it, in a tenth of
# the time, and shares nothing with the tests.
_fork = multiprocessing.get_context("forkserver")
_fork.set_forkserver_preload(["tests.chaos.armed"])

VITAL = (
    "committed, not yet answered",
    "after the commit of INSERT cases",
    "after the commit of INSERT pages",
    "before the commit of a settlement",
    "after the commit of a settlement",
    "after chat.postMessage",
)
"""The boundaries at which it dies first: where something is known to one side only."""
MOST_TRIES = 4  # at any other boundary, by which it may never come
CALM = 180.0  # seconds, at most, until everything that was put off is done
EVERY_STEP = ((0, 1), (1, 1), (2, 2), (3, 3))
ROUND_MINUTES = 4
# At its start the engine rings nobody before it has looked, for so long at most, who was answered
# while it was down: one thread of Slack's for each open case.
LOOKS_FIRST = timedelta(seconds=5)


class Armed:
    """One process of Casebell's, which dies where its orders say."""

    def __init__(self, site: UnderFire, command: str, orders: Orders) -> None:
        self.port = free_port()
        self._serves = command != "engine"
        environment = {**site.environment, "PORT": str(self.port)}
        self._process = _fork.Process(
            target=armed.main, args=(orders, [command], environment, site.log), daemon=True
        )
        self._process.start()

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def wait_until_healthy(self) -> bool:
        """Whether it came up before it died.

        Raises:
            TimeoutError: it lives, and does not come up.
        """
        deadline = time.monotonic() + 2 * PATIENCE
        while time.monotonic() < deadline:
            if not self.is_alive:
                return False
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2):
                    return True
            except (OSError, urllib.error.URLError):
                time.sleep(0.02)
        raise TimeoutError("it did not come up")

    def is_dead_within(self, seconds: float) -> bool:
        self._process.join(seconds)
        return not self.is_alive

    def kill(self) -> None:
        """SIGKILL: no time for a last word."""
        self._process.kill()
        self._process.join()

    def freeze(self) -> None:
        """It holds what it holds, and does nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, number)


class UnderFire(Site):
    """Ana, Ben and Mia are on call; two customers and a third who shares a channel with one."""

    def __init__(
        self, database_url: str, folder: Path, random: Random, *, socket_mode: bool = False
    ) -> None:
        super().__init__(database_url, folder)
        ws = self.workspace
        self.database_url = database_url
        self.random = random
        self.journal = Journal()
        self.log = folder / "log"
        self.ben, self.mia = (ws.add_person(name) for name in ("Ben", "Mia"))
        self.gus, self.greta = (ws.add_person(name, guest=True) for name in ("Gus", "Greta"))
        self.globex = ws.add_channel("globex", members=[ws.bot, self.ana, self.gus, self.greta])
        for channel in (self.team, self.acme, self.globex):
            channel.members += [self.ben, self.mia]
        self.over = threading.Event()
        self.armed: list[Armed] = []
        self.killed: Counter[str] = Counter()
        """How often it died, by the boundary."""
        self.tried: Counter[str] = Counter()
        """How often it was to die at each boundary; it need not have come by."""
        self.weather: Counter[str] = Counter()
        """How often Slack failed, by the kind of fault."""
        self.more_customers: list[tuple[Person, Channel]] = []
        self.by_hand: set[str] = set()
        """The cases with which people did what the journal does not know."""
        self.clock_moves = False
        """Whether wall clocks are set while it runs: then nobody can say when a ring was due."""
        self.socket_mode = socket_mode
        if socket_mode:
            ws.app_token = self.environment["SLACK_APP_TOKEN"] = "xapp-local"
        _hurry(Path(self.environment["POLICY_FILE"]))

    @property
    def levels(self) -> dict[int, Person]:
        return {1: self.ana, 2: self.ben, 3: self.mia}

    @property
    def customers(self) -> list[tuple[Person, Channel]]:
        known = [(self.carla, self.acme), (self.gus, self.globex), (self.greta, self.globex)]
        return known + self.more_customers

    def launch(self, command: str = "run", dies_at: str = "", count: int = 1) -> Armed:
        started = Armed(self, command, Orders(self.folder, dies_at, count))
        self.armed.append(started)
        return started

    def serve_alone(self) -> Armed:
        """One process that does everything, and is healthy."""
        process = self.launch()
        self.send_to(process)
        assert process.wait_until_healthy()
        if self.socket_mode:
            self.workspace.wait_for(lambda: self.workspace.socket_count)
        return process

    def send_to(self, process: Armed) -> None:
        """Have Slack send to that process, unless it has a socket for that."""
        if not self.socket_mode:
            self.workspace.request_url = f"http://127.0.0.1:{process.port}/slack/events"

    @contextmanager
    def outage(self, healthy_again: Callable[[], object] = lambda: None) -> Iterator[None]:
        """Something is away for as long as this lasts, and until it is healthy again."""
        gone = datetime.now(UTC)
        yield
        healthy_again()
        self.journal.outages.append(Outage(gone, datetime.now(UTC)))

    def have_on_call(self) -> None:
        levels = ("primary", "secondary", "manager")
        for level, person in zip(levels, self.levels.values(), strict=True):
            self.put_on_call(level, person)

    def put_on_call(self, level: str, *people: Person) -> None:
        """Set a rotation as an operator does."""
        words = ["oncall", "set", level, *(person.id for person in people)]
        orders = Orders(self.folder, leaves_names=False)
        setting = _fork.Process(target=armed.main, args=(orders, words, self.environment, self.log))
        setting.start()
        setting.join()
        assert setting.exitcode == 0, self.log.read_text()

    def open_case(self, severity: str) -> str:
        """Carla opens a case, and reads its name."""
        carla = Customer(self.carla, self.acme, self.journal, self.random, self.over)
        form = carla.open_case(severity)
        assert form is not None
        assert form.name
        return form.name

    @contextmanager
    def crowd(self, pause: tuple[float, float] = (0.2, 2.0)) -> Iterator[None]:
        """People use it all the while; customers rest for so many seconds between two cases."""
        people: list[threading.Thread] = [
            Customer(person, channel, self.journal, self._random(), self.over, pause)
            for person, channel in self.customers
        ]
        people += [
            Responder(person, self.card_of, self.journal, self._random(), self.over)
            for person in self.levels.values()
        ]
        for one in people:
            one.start()
        try:
            yield
        finally:
            self.over.set()
            for one in people:
                one.join(PATIENCE)

    def storm(self, kills: int) -> None:
        """Kill the process again and again: where it was killed least, or at any moment.

        Now and then it lives for some seconds, in which it has to do what it owes.
        """
        died = datetime.now(UTC)
        while self.killed.total() < kills:
            lives_long = self.killed.total() % 25 == 24
            is_aimed = not lives_long and self.random.random() < 0.7
            boundary = self._next_boundary() if is_aimed else ""
            self.tried[boundary] += bool(boundary)
            process = self.launch("run", boundary, self.random.choice((1, 1, 2, 5)))
            self.send_to(process)
            if process.wait_until_healthy():
                self.journal.outages.append(Outage(died, datetime.now(UTC) + LOOKS_FIRST))
                moment = 2.0 if boundary else self.random.uniform(0, 1.0)
                if lives_long:
                    moment = 15.0
                is_done = process.is_dead_within(moment)
                died = datetime.now(UTC)
                self.killed[boundary if is_done else "at any moment"] += 1
                process.kill()
            else:
                self.killed[boundary] += 1
        self.serve_alone()
        self.journal.outages.append(Outage(died, datetime.now(UTC) + LOOKS_FIRST))

    def come_to_rest(self) -> None:
        """Wait until nothing is due any more, in Slack or in the database."""
        self.workspace.settle(CALM)
        database = Database(self.database_url)
        try:
            deadline = time.monotonic() + CALM
            while due := _due(database):
                assert time.monotonic() < deadline, f"{len(due)} still due, such as {due[:5]}"
                time.sleep(0.1)
        finally:
            database.dispose()

    def forget_what_was_done_by_hand(self) -> None:
        """Judge no ring of the cases there are by now, and not who opened them."""
        database = Database(self.database_url)
        try:
            with database.reading() as connection:
                numbers = connection.execute(sa.select(tables.cases.c.number)).scalars().all()
        finally:
            database.dispose()
        self.by_hand |= {f"CASE-{number}" for number in numbers}

    def wait_for_a_new_socket(self) -> None:
        """Wait until Casebell has noticed that its connection is dead, and has another."""
        had = {id(connection) for connection in self.workspace.sockets}
        self.workspace.wait_for(
            lambda: {id(one) for one in self.workspace.sockets} - had, timeout=60
        )

    def wait_for_a_failure(self) -> None:
        """Wait until somebody's form has failed from now on."""
        tried = self.failures
        deadline = time.monotonic() + PATIENCE
        while self.failures == tried:
            assert time.monotonic() < deadline, "nobody noticed"
            time.sleep(0.05)

    @property
    def missed(self) -> list[str]:
        """The boundaries at which it was to die, and by which it did not come in time."""
        return sorted(name for name, tries in self.tried.items() if tries and not self.killed[name])

    @property
    def failures(self) -> int:
        """How many times a form was filled or submitted in vain."""
        submitted = sum(form.tried - bool(form.name) for form in list(self.journal.forms))
        return submitted + len(self.journal.over_forms)

    def pages(self, person: Person) -> list[Message]:
        """The pages in somebody's DM, also those that were redrawn since."""
        said = ((message.edits[0] if message.edits else message, message) for message in person.dms)
        return [message for first, message in said if first.text.startswith("Page: ")]

    def team_card(self, name: str) -> Message | None:
        """The card of a case before the team, once it is there."""
        cards = (m for m in self.team.messages if m.text.startswith(f"{name} · "))
        return next(cards, None)

    def card_of(self, name: str) -> Message | None:
        """The card of a case in its channel, once it is there."""
        for channel in (self.acme, self.globex):
            for message in channel.messages:
                if message.text.startswith(f"{name}: ") and message.thread_ts is None:
                    return message
        return None

    def _random(self) -> Random:
        return Random(self.random.random())

    def _next_boundary(self) -> str:
        try:
            known = sorted(set((self.folder / armed.BOUNDARIES).read_text().splitlines()))
        except FileNotFoundError:
            return ""
        # By some it comes only the first time that it is started: those are not asked for for ever.
        missed = [
            name
            for name in known
            if not self.killed[name] and (name in VITAL or self.tried[name] < MOST_TRIES)
        ]
        least = min(self.tried[name] for name in missed or known)
        found = [name for name in missed or known if self.tried[name] == least]
        return self.random.choice([name for name in found if name in VITAL] or found)


Storm = Callable[..., AbstractContextManager[UnderFire]]
"""Begins a play on a database; see `conftest.storm`."""


@contextmanager
def under_fire(
    database_url: str, folder: Path, seed: int, *, socket_mode: bool = False
) -> Iterator[UnderFire]:
    """Such a site, with its workspace running and its people on call."""
    found = UnderFire(database_url, folder, Random(seed), socket_mode=socket_mode)
    with found.workspace:
        try:
            found.have_on_call()
            yield found
        finally:
            found.over.set()
            found.workspace.faults.clear()
            for process in found.armed:
                process.kill()


def _due(database: Database) -> list[tuple[str, str]]:
    """What is to be done or sent by now, or soon, and why it was not yet."""
    now = datetime.now(UTC)
    pending = sa.select(tables.outbox.c.kind, tables.outbox.c.error).where(
        tables.outbox.c.state == "pending"
    )
    overdue = sa.select(tables.timers.c.kind, tables.timers.c.error).where(
        tables.timers.c.done_at.is_(None), tables.timers.c.due_at <= now
    )
    with database.reading() as connection:
        # In one statement: what is due in the one may be on its way to the other.
        return [tuple(row) for row in connection.execute(pending.union_all(overdue))]


def _hurry(policy: Path) -> None:
    """The shipped steps, each after as many minutes as it took fives before; posts without pause.

    The crowd opens more cases in a minute than a channel could take at one message a second.
    """
    text = policy.read_text("utf-8").replace(
        "round_minutes = 20", f"round_minutes = {ROUND_MINUTES}"
    )
    text = text.replace("seconds_between_posts = 1.0", "seconds_between_posts = 0")
    for step in (5, 10, 15):
        text = text.replace(f"{{ after_minutes = {step},", f"{{ after_minutes = {step // 5},")
    policy.write_text(text, "utf-8")
