"""Desks with an engine: as a story over the local workspace, or over a database alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from story import Story

from bot.policy import Policy, load_policy
from bot.sandbox.playground import TurnedClock
from bot.services.desk import Desk
from storage.database import Database
from storage.migrate import migrate
from storage.store import SqlStore


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy()


@pytest.fixture
def either_desk(database: Database, policy: Policy) -> Desk:
    """A desk over each kind of database in turn."""
    return _desk(database, policy)


@pytest.fixture
def desk(sqlite_url: str, policy: Policy) -> Iterator[Desk]:
    """A desk over SQLite, where the kind of database makes no difference."""
    database = Database(sqlite_url)
    migrate(database)
    yield _desk(database, policy)
    database.dispose()


def _desk(database: Database, policy: Policy) -> Desk:
    """On a Monday at 10:00 Central."""
    clock = TurnedClock(datetime(2026, 11, 23, 16, 0, tzinfo=UTC))
    return Desk(policy, SqlStore(database), clock, "C0TEAM")


@pytest.fixture
def tell(sqlite_url: str, policy: Policy) -> Iterator[Callable[..., Story]]:
    """Begin a story at a moment by the office's wall clock; it ends with the test."""
    told: list[Story] = []

    def begin(at: str = "2026-11-23 10:00", **options: Any) -> Story:
        told.append(Story(sqlite_url, at, policy=policy, **options))
        return told[-1].start()

    yield begin
    for story in told:
        story.stop()
