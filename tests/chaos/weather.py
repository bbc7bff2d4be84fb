"""What Slack does to those who call it: it slows them down, refuses, hangs up, and forgets."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from urllib.parse import urlsplit

from journal import Outage
from under_fire import UnderFire

from bot.sandbox import CutAfter, CutBefore, Hang, HttpError, RateLimited, Refused
from bot.sandbox.faults import Fault

FAULTS: tuple[Fault, ...] = (
    RateLimited(1),
    RateLimited(2),
    HttpError(500),
    HttpError(503),
    CutBefore(),
    CutAfter(),
    Hang(10),
    Refused("internal_error"),
    Refused("invalid_auth"),
)
STOP_POSTS = ("*", "chat.postMessage")
GIVES_UP = 4  # seconds, after which Casebell waits for no answer any more
METHODS = ("*", "chat.postMessage", "chat.postMessage", "chat.update", "views.open")
NO_CARD = ("channel_not_found", "is_archived", "not_in_channel")


@dataclass
class Gust:
    """A fault that strikes a few calls; while it is not used up, what it strikes is not to be had.

    Args:
        lasts: how long each strike is felt: what Slack asks to be waited, or is waited for.
    """

    left: int
    lasts: timedelta
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    over: datetime | None = None
    """When its last strike was felt no more."""

    def strikes(self, _arguments: object) -> bool:
        """Asked with the arguments of each call that it fits; it takes them all."""
        self.left -= 1
        if self.left == 0:
            self.over = datetime.now(UTC) + self.lasts
        return True


def bad_weather(site: UnderFire, gusts: int) -> None:
    """Let calls fail in every way, and events come three times and in the wrong order."""
    site.workspace.repeat_events = 3
    random = site.random
    stopping: list[Gust] = []
    for _ in range(gusts):
        fault, method = random.choice(FAULTS), random.choice(METHODS)
        gust = Gust(random.randint(1, 6), _felt(fault))
        site.workspace.faults.add(method, fault, times=gust.left, when=gust.strikes)
        site.weather[type(fault).__name__] += 1
        if method in STOP_POSTS:
            stopping.append(gust)
        site.workspace.hold_events()
        time.sleep(random.uniform(0.1, 0.6))
        site.workspace.release_events("reversed")
    site.workspace.faults.clear()
    site.workspace.repeat_events = 1
    cleared = datetime.now(UTC)
    site.journal.outages += [
        Outage(gust.began, gust.over or cleared, broke_off=False) for gust in stopping
    ]


def _felt(fault: Fault) -> timedelta:
    match fault:
        case RateLimited(seconds) | Hang(seconds):
            return timedelta(seconds=min(seconds, GIVES_UP))
    return timedelta(0)


def refuse_cards(site: UnderFire, random: Random) -> None:
    """From now on, about every second case has no card in #acme, however often it is tried."""
    unlucky: dict[str, bool] = {}

    def is_unlucky(arguments: object) -> bool:
        assert isinstance(arguments, dict)
        text = str(arguments.get("text", ""))
        if arguments.get("channel") != site.acme.id or not text.startswith("CASE-"):
            return False
        return unlucky.setdefault(text.partition(":")[0], random.random() < 0.5)

    for code in NO_CARD:
        fault = Refused(code)
        times = 2 if code != NO_CARD[-1] else None
        site.workspace.faults.add("chat.postMessage", fault, times=times, when=is_unlucky)


@dataclass
class Line:
    """What lies between Casebell's sockets and Slack's: it can go dead, and nobody is told."""

    port: int

    def __post_init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._dead = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._held: list[socket.socket] = []
        self._thread.start()

    def through(self, url: str) -> str:
        """The same address, by way of this line."""
        parts = urlsplit(url)
        return parts._replace(netloc=f"127.0.0.1:{self._server.getsockname()[1]}").geturl()

    def go_dead(self) -> None:
        """Whoever is connected stays connected, and hears nothing any more."""
        self._dead.set()
        self._dead = threading.Event()

    def close(self) -> None:
        """Hang up, and take no more calls."""
        self._dead.set()
        for end in (self._server, *self._held):
            with suppress(OSError):
                end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                self._held += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(
                        target=_carry, args=(one, other, self._dead), daemon=True
                    ).start()


def _carry(one: socket.socket, other: socket.socket, dead: threading.Event) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            if dead.is_set():
                return  # both stay open
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
