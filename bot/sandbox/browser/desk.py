"""The workspace behind the page: the real bot, its people, and a clock that runs and jumps."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Self

from bot.domain.records import ChannelKind
from bot.errors import UserError
from bot.sandbox.actor import Person
from bot.sandbox.browser.breakages import Breakages
from bot.sandbox.browser.people import Cast
from bot.sandbox.browser.rows import Rows
from bot.sandbox.browser.running_clock import RunningClock
from bot.sandbox.browser.time_machine import FARTHEST, Office
from bot.sandbox.playground import Playground

# A Tuesday in the morning: two days before Thanksgiving, three before maintenance.
BEGINS_AT = datetime.fromisoformat("2026-11-24T10:00:00-06:00")

_SETTLES_FOR = timedelta(seconds=10)
_BUSY = "The clock is on its way already. Wait until it has arrived."

MarkKey = tuple[str, str, str]
"""Whose eyes, on which conversation, on which thread ("" for none)."""


class Desk:
    """A support desk that runs already: Casebell has joined its channels, on-call is staffed.

    Args:
        database_url: where the bot keeps its rows.
        at: when it begins.
    """

    def __init__(self, database_url: str, at: datetime = BEGINS_AT) -> None:
        self.clock = RunningClock(at - _SETTLES_FOR)
        self.playground = Playground(database_url, at - _SETTLES_FOR, clock=self.clock)
        self.workspace = self.playground.workspace
        self.policy = self.playground.policy
        self.cast = Cast(self.playground)
        self.breakages = Breakages(self.workspace)
        self.office = Office(self.policy.hours.zone, self.policy.maintenance)
        self.travels_to: datetime | None = None
        """Where the clock is going while it is on its way (UTC)."""
        self.seen: dict[MarkKey, str] = {}
        """The newest message of each place that each person has had before their eyes."""
        self._begins_at = at
        self._database_url = database_url
        self._moving = threading.Lock()
        self._halted = threading.Event()
        self._rows: Rows | None = None

    @property
    def rows(self) -> Rows:
        """What the bot has written.

        Raises:
            RuntimeError: the desk was not started.
        """
        if self._rows is None:
            raise RuntimeError("the desk was not started")
        return self._rows

    @property
    def bot_runs(self) -> bool:
        """Whether the bot is up."""
        return self.playground.casebell is not None

    def start(self) -> None:
        """Open the desk, and let everybody have read what Casebell says when it comes in."""
        self.playground.have_on_call(self.cast.levels)
        self._rows = Rows(self._database_url)
        self.playground.start()
        with self.clock.standing_still():
            self.playground.advance_to(self._begins_at - _SETTLES_FOR / 2)
            self.playground.bot.services.channels.describe(
                self.cast.northwind.id, "Northwind", ChannelKind.PARTNER
            )
            self.playground.advance_to(self._begins_at)
        for role in self.cast.roles:
            for room in self.workspace.conversations.values():
                if room.messages:
                    self.saw(role.person, room.id, "", room.messages[-1].ts)

    def stop(self) -> None:
        """Close it; what the bot is about is finished."""
        self.playground.stop()
        if self._rows is not None:
            self._rows.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_failure: object) -> None:
        self.stop()

    def saw(self, person: Person, room_id: str, thread_ts: str, ts: str) -> None:
        """Somebody has had messages up to this one before their eyes."""
        with self.workspace.changed:
            key = person.id, room_id, thread_ts
            if ts > self.seen.get(key, ""):
                self.seen[key] = ts
                self.workspace.changed.notify_all()

    def travel_to(self, at: datetime) -> None:
        """Let time pass until then, and all happen on the way that falls due.

        Raises:
            UserError: it lies in the past or very far ahead, or the clock is on its way already.
        """
        now = self.clock.now()
        if at < now:
            raise UserError("The clock goes only forward: what has been said cannot be unsaid.")
        if at > now + FARTHEST:
            raise UserError(f"That is too far: go {FARTHEST.days} days at once, at the most.")
        with self._nobody_else(), self.clock.standing_still():
            self._say_where_to(at)
            try:
                self._pass_until(at)
            finally:
                self._say_where_to(None)

    def stop_here(self) -> None:
        """Stop the clock on its way, at the due time that it has come to."""
        self._halted.set()

    def travel_to_next_due(self) -> None:
        """Go to where the next thing falls due, and see it happen.

        Raises:
            UserError: nothing is due, or the clock is on its way already.
        """
        due = self.rows.next_due()
        if due is None:
            raise UserError("Nothing is due.")
        self.travel_to(max(due.at, self.clock.now()))

    def stop_bot(self) -> None:
        """Take the bot down, as when its machine is gone; Slack and the people go on."""
        with self._nobody_else():
            if self.bot_runs:
                self.playground.stop_bot()
            self._tell()

    def start_bot(self) -> None:
        """Start it on what is in its database."""
        with self._nobody_else():
            if not self.bot_runs:
                self.playground.start_bot()
            self._tell()

    def _pass_until(self, at: datetime) -> None:
        if not self.bot_runs:
            self.clock.turn_to(at)
            return
        self._halted.clear()
        self.playground.rest()
        while (due := self.playground.next_due()) is not None and due <= at:
            self.playground.advance_to(max(due, self.clock.now()))
            if self._halted.is_set():
                return
        self.playground.advance_to(at)

    @contextmanager
    def _nobody_else(self) -> Iterator[None]:
        if not self._moving.acquire(blocking=False):
            raise UserError(_BUSY)
        try:
            yield
        finally:
            self._moving.release()

    def _say_where_to(self, at: datetime | None) -> None:
        with self.workspace.changed:
            self.travels_to = at
            self.workspace.changed.notify_all()

    def _tell(self) -> None:
        with self.workspace.changed:
            self.workspace.changed.notify_all()
