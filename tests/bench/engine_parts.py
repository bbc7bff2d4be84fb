"""The engine over a database alone: what ticks in `python -m bot engine`, with no Slack to tell."""

from __future__ import annotations

from typing import Any

from bot.clock import SystemClock
from bot.engine.engine import Engine
from bot.engine.outbox import Deliverer
from bot.engine.timers import DueTimers
from bot.policy import load_policy
from bot.routes import RouteCaller
from bot.services.assembly import Services, make_deciders, make_services
from bot.services.ports import Identity
from storage.database import Database
from storage.store import SqlStore


class NoSlack:
    """Slack, as far as it is asked where nothing is to be sent: it knows Casebell."""

    def identity(self) -> Identity:
        return Identity("T1", "B1", "U1", "https://bench.example/")

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"nothing here asks Slack for {name}")


def services(database: Database) -> Services:
    clock = SystemClock()
    routes = RouteCaller("", {}, clock.now)
    return make_services(
        load_policy(),
        SqlStore(database),
        clock,
        NoSlack(),  # type: ignore[arg-type] - as far as it is asked
        "CTEAM",
        routes,
    )


def due_timers(made: Services) -> DueTimers:
    return DueTimers(made.desk, make_deciders(made))


def engine(database: Database) -> tuple[Engine, Deliverer]:
    """The engine, and what has to be stopped at the end."""
    made = services(database)
    deliverer = Deliverer(
        made.desk,
        NoSlack(),  # type: ignore[arg-type]
        made.outgoing,
        made.directory,
        made.routing,
        lambda: None,
    )
    return Engine(made.desk, due_timers(made), deliverer), deliverer
