"""A workspace with its page, and a person at a browser.

Where there is no Chromium, the tests that need one are left out, which the end of the run says; in
CI that is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import chromium
import pytest
from visitor import Visitor

from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk on a Tuesday at ten, in its own database."""
    with Desk(f"sqlite:///{tmp_path}/casebell.db") as opened:
        yield opened


@pytest.fixture
def server(desk: Desk) -> Iterator[Server]:
    """Its page, at a free port."""
    served = Server(desk, 0)
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    path = chromium.found()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(chromium.MISSING)
        pytest.skip(chromium.MISSING)
    with chromium.launched(path) as launched:
        yield launched


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[Visitor]:
    """Somebody who has just opened the page; what its console complains of fails the test."""
    page = browser.new_page(viewport={"width": 1360, "height": 860})
    page.set_default_timeout(45_000)  # milliseconds; machines are slow at times
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(server.url)
    yield Visitor(page)
    page.close()
    assert complaints == []
