"""Casebell as it runs, but for a hand on its power switch, its disk and its clock.

Nothing of it is replaced: at each boundary, which is a name such as "before INSERT cases", "after
the commit of INSERT cases" or "after chat.postMessage", it is asked whether this process dies
there, by SIGKILL.
"""

from __future__ import annotations

import importlib
import os
import re
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import slack_sdk.signature
import sqlalchemy as sa
import waitress.task
from slack_sdk.web.base_client import BaseClient

import bot.__main__
import bot.clock
import bot.operate
from bot.services.outgoing import Outgoing
from bot.web import Web
from storage.database import Database

BOUNDARIES, DISK_IS_FULL, CLOCK = "boundaries", "disk_is_full", "clock"
"""The files by which a process and who plays with it speak to each other."""
FROM_SLACK = "/slack/events"
WRITES = ("INSERT", "UPDATE", "DELETE")

_TABLE = re.compile(
    r"\s*(?P<verb>SELECT|INSERT|UPDATE|DELETE)\b(?:.*?\b(?:FROM|INTO))?\s+(?P<table>\w+)", re.DOTALL
)
_VERB = re.compile(r"\s*(\w+)")


@dataclass(frozen=True)
class Orders:
    """What becomes of a process.

    Args:
        folder: where it leaves the names of the boundaries it comes by, and finds what its disk
            and its clock are to be like.
        dies_at: the boundary at which it is killed; empty: at none.
        count: how many times it has to come by first.
        leaves_names: whether others are to die at the boundaries that it comes by.
    """

    folder: Path
    dies_at: str = ""
    count: int = 1
    leaves_names: bool = True


class _Thread(threading.local):
    """What a thread is about."""

    settles = False
    """Whether it records how a message ended."""
    has_committed = False
    """Whether it has written anything for the request that it serves."""

    def __init__(self) -> None:
        self.written: set[str] = set()
        """What it has written in its transaction."""


@dataclass
class _Switch:
    orders: Orders
    seen: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    thread: _Thread = field(default_factory=_Thread)

    def passes(self, boundary: str) -> None:
        with self.lock:
            self.seen[boundary] += 1
            if self.seen[boundary] == 1 and self.orders.leaves_names:
                with (self.orders.folder / BOUNDARIES).open("a") as names:
                    names.write(f"{boundary}\n")
            if boundary == self.orders.dies_at and self.seen[boundary] >= self.orders.count:
                os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str, say: Callable[..., str]) -> None:
        """Pass a boundary before and after each call of a function, unless that has no name."""
        function = getattr(owner, name)

        def watched(*args: Any, **options: Any) -> Any:
            what = say(*args, **options)
            if not what:
                return function(*args, **options)
            self.passes(f"before {what}")
            result = function(*args, **options)
            self.passes(f"after {what}")
            return result

        setattr(owner, name, watched)


def main(orders: Orders, arguments: list[str], environment: dict[str, str], log: Path) -> None:
    """Run `python -m bot ARGUMENTS` in this process, which is nobody else's."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(orders.folder)
    with log.open("a") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    switch = _Switch(orders)
    switch.around(BaseClient, "api_call", lambda _self, method, **_: method)
    _watch_settlements(switch)
    _watch_requests(switch)
    _watch_transactions(switch)
    for when in ("before", "after"):
        sa.event.listen(sa.Engine, f"{when}_cursor_execute", _statements(switch, when))
    sa.event.listen(sa.Pool, "checkout", disk(orders.folder / DISK_IS_FULL))
    _turn_clock(orders.folder / CLOCK)
    sys.exit(bot.__main__.main(arguments))


def _watch_settlements(switch: _Switch) -> None:
    settle = Outgoing.settle

    def watched(*args: Any) -> None:
        switch.thread.settles = True
        try:
            settle(*args)
        finally:
            switch.thread.settles = False

    Outgoing.settle = watched  # type: ignore[method-assign]


def _watch_requests(switch: _Switch) -> None:
    """Only Slack's: whoever asks how it is would have it die before it has done anything."""
    answer = Web.__call__

    def watched(self: Web, environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] != FROM_SLACK:
            return answer(self, environ, start_response)
        switch.passes("before the request")
        switch.thread.has_committed = False
        body = answer(self, environ, start_response)
        is_new = "committed" if switch.thread.has_committed else "done"
        switch.passes(f"{is_new}, not yet answered")
        return body

    Web.__call__ = watched  # type: ignore[method-assign]
    answered = waitress.task.WSGITask.service

    def served(self: Any) -> None:
        answered(self)
        if self.request.path == FROM_SLACK:
            switch.passes("answered")

    waitress.task.WSGITask.service = served


def _watch_transactions(switch: _Switch) -> None:
    transaction = Database.transaction

    @contextmanager
    def watched(self: Database) -> Any:
        written = switch.thread.written = {"a settlement"} if switch.thread.settles else set()
        with transaction(self) as connection:
            yield connection
            for what in sorted(written):
                switch.passes(f"before the commit of {what}")
        switch.thread.has_committed |= bool(written)
        for what in sorted(written):
            switch.passes(f"after the commit of {what}")

    Database.transaction = watched  # type: ignore[method-assign]


def _statements(switch: _Switch, when: str) -> Callable[..., None]:
    def executed(_connection: Any, _cursor: Any, statement: str, *_: object) -> None:
        what = _what(statement)
        switch.passes(f"{when} {what}")
        if what.startswith(WRITES):
            switch.thread.written.add(what)

    return executed


def _what(statement: str) -> str:
    """The verb and the table of a statement."""
    if found := _TABLE.match(statement):
        return f"{found['verb']} {found['table']}"
    word = _VERB.match(statement)
    return word[1] if word else "a statement"


def disk(flag: Path) -> Callable[..., None]:
    """While there is such a file, SQLite's own file cannot grow."""

    def checkout(connection: Any, *_: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            pages = 1 if flag.exists() else 2**32 - 2  # of fewer than it has, it keeps what it has
            connection.execute(f"PRAGMA max_page_count = {pages}")

    return checkout


def _turn_clock(file: Path) -> None:
    """The wall clock of this process, and no other clock of it, is off by what a file says."""

    def off() -> timedelta:
        try:
            return timedelta(seconds=float(file.read_text()))
        except (OSError, ValueError):
            return timedelta(0)

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + off()

    for name in ("bot.clock", "apscheduler.schedulers.base", "apscheduler.triggers.interval"):
        importlib.import_module(name).datetime = Stepped  # type: ignore[attr-defined]
    # Slack's requests are dated by Slack's clock, and checked by this one.
    slack_sdk.signature.time = lambda: time.time() + off().total_seconds()  # type: ignore[attr-defined]
