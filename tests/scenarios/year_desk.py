"""The real services over a real database, driven from one due instant to the next.

Nothing runs on a thread, so that a seed always tells the same story. The process can die between
any two statements' commits, and be started anew over what is in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from year_journal import (
    BotStarted,
    BotStopped,
    ClockSet,
    Entry,
    GivenUp,
    Over,
    Posted,
    Rang,
    Rested,
    Ticked,
    Told,
)
from year_slack import HOME, YearSlack

from bot.domain import outbox as messages
from bot.domain.access import Member
from bot.domain.outbox import Draft, MessageKind, Sending
from bot.domain.records import Channel
from bot.domain.route import RouteAction, RouteCall
from bot.domain.timers import TimerKind
from bot.engine.outbox import Deliverer
from bot.engine.timers import DueTimers
from bot.policy import Policy, load_policy
from bot.sandbox.playground import TurnedClock
from bot.services.assembly import Services, make_deciders, make_services
from bot.services.ports import Transaction
from storage.database import Database
from storage.migrate import migrate
from storage.store import SqlStore, SqlTransaction
from storage.tables import outbox

TEAM_CHANNEL, CUSTOMERS = "CTEAM", "CACME"
TEAM = ("UANA", "UBEN", "UCLEO", "UDAN", "UEVA", "UFAY")
CARLA = Member("UCARLA", "T0ACME", "Carla")
# Nobody is rung by these, and a year has many of them.
_LEFT_OUT = frozenset(MessageKind) - {
    MessageKind.CASE_CARD,
    MessageKind.PAGE,
    MessageKind.PAGE_NEWS,
    MessageKind.REPLY,
    MessageKind.STATUS_NEWS,
    MessageKind.TEAM_CARD,
}
_WATCHED = (MessageKind.PAGE, MessageKind.PAGE_NEWS, MessageKind.REPLY)


def is_redrawn(facts: Mapping[str, Any]) -> bool:
    """Of most pages nobody's screen catches up: redraws are half of a year's work."""
    return bool(facts["page"] % 4 == 0)


class DiedError(BaseException):
    """The process is gone: nothing of it catches that."""


class MortalStore(SqlStore):
    """A store whose process can die before a commit, or right after it."""

    before_commit = after_commit = 0  # in so many commits; 0: not
    committed = False  # the last transaction
    is_mortal = False  # while the engine works: whoever clicks meets a process that lives

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        self.committed = False
        with super().transaction() as tx:
            add = tx.outbox.add
            tx.outbox.add = lambda draft, now: None if _is_left_out(draft) else add(draft, now)
            yield tx
            self.before_commit = self._count_down(self.before_commit)
        self.committed = True
        self.after_commit = self._count_down(self.after_commit)

    def _count_down(self, left: int) -> int:
        if not self.is_mortal:
            return left
        if left == 1:
            self.before_commit = self.after_commit = 0
            raise DiedError
        return max(0, left - 1)


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


class YearDesk:
    """A desk, the world around it, and the journal of both.

    Posts are not paced: that would only have each redraw wait a second for the one before.

    Args:
        at: when the world begins, in UTC.
    """

    def __init__(self, url: str, chance: Random, at: datetime) -> None:
        self.journal: list[Entry] = []
        self.clock = TurnedClock(at)
        self.time = at  # of the world; the machine's clock may be wrong by `_wrong_by`
        self._wrong_by = timedelta(0)
        self._url = url
        self.policy: Policy = replace(load_policy(), seconds_between_posts=0.0)
        self.slack = YearSlack(lambda: self.time, self._was_posted, chance)
        self.heard: Callable[[str, str], None] = lambda _key, _place: None
        self.died: Callable[[], None] = lambda: None
        self.pages: dict[int, int] = {}  # page to case
        self._seen = 0
        self._looked_up: tuple[datetime | None, datetime | None] | None = None
        self._open: dict[int, Any] = {}
        self._rings: set[str] = set()
        self.redrawn: set[str] = set()  # rings whose message follows what becomes of the page
        self.store: MortalStore | None = None
        database = Database(url)
        migrate(database)
        database.dispose()
        self.start()
        with self.services.desk.store.transaction() as tx:
            for user in TEAM:
                member = Member(user, HOME, user[1:].title(), in_team_channel=True)
                self.slack.members[user] = replace(member, dm_channel=f"D{user}")
                tx.roster.learn_member(self.slack.members[user], at)
            self.slack.members[CARLA.user_id] = replace(CARLA, dm_channel=f"D{CARLA.user_id}")
            tx.roster.learn_member(self.slack.members[CARLA.user_id], at)
            for channel, name in ((TEAM_CHANNEL, "support-team"), (CUSTOMERS, "acme")):
                tx.roster.learn_channel(Channel(channel, HOME, name, True, False), at)

    # The process

    @property
    def is_up(self) -> bool:
        return self.store is not None

    def start(self) -> None:
        """A new process over what is in the database."""
        database = Database(self._url)
        if database.is_sqlite:
            event.listen(database.engine, "connect", _in_a_hurry)
        self.store = MortalStore(database)
        self.services: Services = make_services(
            self.policy, self.store, self.clock, self.slack, TEAM_CHANNEL, NoRoutes()
        )
        deciders = {**make_deciders(self.services), TimerKind.CARD: _nothing}
        self._timers = DueTimers(self.services.desk, deciders)
        services = self.services
        self._deliverer = Deliverer(
            services.desk,
            self.slack,
            services.outgoing,
            services.directory,
            services.routing,
            lambda: None,
        )
        self._deliverer.stop()
        self._deliverer._threads = Inline(self._was_sent)  # type: ignore[assignment]
        self.journal.append(BotStarted(self.now()))

    def stop(self) -> None:
        """The process ends, or is gone."""
        if self.store is not None:
            self.store.database.dispose()
            self.store = None
            self.journal.append(BotStopped(self.now()))

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

    def set_clock(self, wrong_by: timedelta) -> None:
        """Somebody or something sets the clock of the machine."""
        self._wrong_by = wrong_by
        self.clock.turn_to(self.time + wrong_by)
        self.journal.append(ClockSet(self.now()))

    @property
    def clock_is_right(self) -> bool:
        """As right as Casebell counts on."""
        return abs(self._wrong_by) < timedelta(seconds=5)

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

    # The journal

    def _was_posted(self, key: str, place: str, _posted: messages.Posted) -> None:
        if key in self._rings:
            self.journal.append(Posted(self.now(), key, place))
            self.heard(key, place)

    def _was_sent(self, sending: Sending) -> None:
        if sending.kind in _WATCHED and sending.edits is None:
            self.observe()

    def observe(self) -> None:
        """Note in the journal what has been decided, and what was settled, since the last look."""
        if self.store is None:
            return
        with self.store.database.reading() as connection:
            columns = (outbox.c.id, outbox.c.state)
            ended = sa.select(*columns).where(
                outbox.c.id.in_(list(self._open)), outbox.c.state != "pending"
            )
            settled = connection.execute(ended.order_by(outbox.c.id)).all() if self._open else []
            written = connection.execute(
                sa.select(outbox)
                .where(
                    outbox.c.id > self._seen, outbox.c.kind.in_(_WATCHED), outbox.c.edits.is_(None)
                )
                .order_by(outbox.c.id)
            ).all()
        for row_id, state in settled:
            self._was_settled(self._open.pop(row_id), state)
        for row in written:
            self._was_written(row)

    def _was_settled(self, row: Any, state: str) -> None:
        if row.kind == MessageKind.REPLY:
            if state == "sent":
                self.journal.append(Over(self.now(), row.facts["case"], "answered by Reply"))
        elif state == "gave_up":
            self.journal.append(GivenUp(self.now(), row.metadata_key))

    def _was_written(self, row: Any) -> None:
        self._seen = row.id
        self._open[row.id] = row
        facts, key = row.facts, row.metadata_key
        at = row.created_at
        if row.kind == MessageKind.PAGE:
            self._rings.add(key)
            if is_redrawn(facts):
                self.redrawn.add(key)
            self.pages[facts["page"]] = facts["case"]
            self.journal.append(
                Rang(at, facts["case"], row.user_id, facts["level"], facts["reason"], key)
            )
        elif row.kind == MessageKind.PAGE_NEWS:
            self._rings.add(key)
            self.journal.append(Told(at, facts["case"], facts["news"], facts["user"], key))


def _nothing(_tx: Transaction, _facts: Mapping[str, Any], _now: datetime) -> None:
    """Cards are redrawn as the office opens and closes; nobody is rung by that."""


def _is_left_out(draft: Draft) -> bool:
    if draft.edits is None:
        return draft.kind in _LEFT_OUT
    return draft.kind != MessageKind.PAGE or not is_redrawn(draft.facts)


def _in_a_hurry(connection: Any, _record: object) -> None:
    """A power cut is not in the story, so no commit waits for the disk."""
    connection.execute("PRAGMA synchronous=OFF")
