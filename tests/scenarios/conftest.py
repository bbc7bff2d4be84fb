"""Stories play on a local workspace, with the real bot, over real HTTP, on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from installs import Customers
from story import Story


@pytest.fixture
def tell(sqlite_url: str) -> Iterator[Callable[..., Story]]:
    """Begin a story at a moment by the office's wall clock; it ends with the test."""
    told: list[Story] = []

    def begin(at: str = "2026-11-23 10:00", *, on_call: bool = True, **options: Any) -> Story:
        story = Story(options.pop("database_url", sqlite_url), at, **options)
        told.append(story)
        return story.start(on_call=on_call)

    yield begin
    for story in told:
        story.stop()


@pytest.fixture
def desk(sqlite_url: str) -> Iterator[Customers]:
    """A desk in office hours, whose customers may install Casebell in their own workspaces."""
    customers = Customers(sqlite_url)
    customers.start()
    yield customers
    customers.stop()
