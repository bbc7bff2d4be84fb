"""A workspace with its page, and a person at a browser.

Chromium is Debian's, at CHROMIUM or where `which` finds it. Where there is none, these tests are
left out, which the end of the run says; in CI that is a failure.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from visitor import Visitor

from bot.sandbox.browser.desk import Desk
from bot.sandbox.browser.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """Where a browser is, if there is any."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


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
    found = chromium()
    if found is None:
        why = "no Chromium was found (apt-get install chromium, or set CHROMIUM)"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - slow to import

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture
def visitor(browser: Browser, server: Server) -> Iterator[Visitor]:
    """Somebody who has just opened the page; what its console complains of fails the test."""
    page = browser.new_page(viewport={"width": 1360, "height": 860})
    page.set_default_timeout(5000)
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(server.url)
    yield Visitor(page)
    page.close()
    assert complaints == []
