"""Real processes: killed between any two steps, and several of them at once."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from processes import Site, site
from story import ERROR_ANSWERS, SEVERITY

from bot.sandbox import Hang, Message, OpenView
from storage import tables
from storage.database import Database

STOPPED = "Business Stopped"
pytestmark = pytest.mark.timeout(120)


def fill(found: Site, summary: str = "Prices are gone") -> OpenView:
    assert found.carla.command("/case", "", found.acme).ok
    form = found.carla.modal
    assert form is not None
    form.fill({SEVERITY: STOPPED, **ERROR_ANSWERS, "Summary": summary})
    return form


def rows(database_url: str, table: sa.Table) -> int:
    database = Database(database_url)
    try:
        with database.reading() as connection:
            found: int = connection.execute(
                sa.select(sa.func.count()).select_from(table)
            ).scalar_one()
        return found
    finally:
        database.dispose()


def pages(found: Site) -> list[Message]:
    return [message for message in found.ana.dms if message.text.startswith("Page: ")]


def test_killed_between_storing_the_form_and_making_it_a_case(
    sqlite_url: str, tmp_path: Path
) -> None:
    """The customer sees that it failed and presses Submit again: one case, nothing lost."""
    with site(sqlite_url, tmp_path) as found:
        process = found.process()
        found.serve(process)
        form = fill(found)
        file = sqlite3.connect(sa.make_url(sqlite_url).database or "", isolation_level=None)
        file.execute(
            "CREATE TRIGGER stuck BEFORE INSERT ON cases BEGIN SELECT"
            " (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000000000)"
            " SELECT count(*) FROM n); END"
        )
        submitting = threading.Thread(target=form.submit)
        submitting.start()
        _until(lambda: file.execute("SELECT count(*) FROM submissions").fetchone()[0] == 1)
        process.kill()
        submitting.join()
        file.execute("DROP TRIGGER stuck")
        file.close()
        assert rows(sqlite_url, tables.cases) == 0
        process.start()
        assert form.submit().ok
        found.workspace.wait_for(lambda: _cards(found) == {"CASE-1001": 1})
        assert rows(sqlite_url, tables.cases) == 1
        assert rows(sqlite_url, tables.submissions) == 2


def test_killed_between_sending_a_page_and_recording_it(sqlite_url: str, tmp_path: Path) -> None:
    """Slack has the page, nobody wrote that down: it is found there, not sent again."""
    with site(sqlite_url, tmp_path) as found:
        process = found.process()
        found.serve(process)
        found.set_on_call()
        form = fill(found)
        to_ana = found.ana.dm.id
        found.workspace.faults.add(
            "chat.postMessage",
            Hang(30),
            # Not what she is told of her coming on call, which goes there at the same time.
            when=lambda args: args.get("channel") == to_ana and args["text"].startswith("Page: "),
        )
        assert form.submit().ok
        found.workspace.wait_for(lambda: len(pages(found)) == 1)
        process.kill()
        found.workspace.faults.clear()
        process.start()
        _until(lambda: _looked_up(found, to_ana))
        time.sleep(0.5)
        assert len(pages(found)) == 1
        assert pages(found)[0].buttons
        assert found.ana.click(pages(found)[0], "Acknowledge").ok


def test_four_processes_on_postgresql_do_nothing_twice(postgres_url: str, tmp_path: Path) -> None:
    """Two serve Slack, two run the engine; forms are submitted to both at once."""
    with site(postgres_url, tmp_path) as found:
        webs = [found.process("web") for _ in range(2)]
        for _ in range(2):
            found.process("engine", wait=False)
        found.serve(webs[0])
        found.set_on_call()
        for number in range(10):
            found.serve(webs[number % 2])
            form = fill(found, f"Case of round {number}")
            twice = [threading.Thread(target=form.submit) for _ in range(2)]
            for thread in twice:
                thread.start()
            for thread in twice:
                thread.join()
            assert found.carla.modal is not None
            assert found.carla.modal.title.startswith("CASE-")
            found.carla.modal.close()
        found.workspace.wait_for(lambda: len(_cards(found)) >= 10, timeout=40)
        found.workspace.wait_for(lambda: len(pages(found)) >= 10, timeout=40)
        time.sleep(1)
        assert rows(postgres_url, tables.cases) == 10
        assert set(_cards(found).values()) == {1}
        assert len(pages(found)) == 10
        asked = [m for m in found.ana.dms if m.text == "You are on call as primary"]
        assert len(asked) == 1


def test_a_process_that_is_told_to_stop_ends_well(sqlite_url: str, tmp_path: Path) -> None:
    with site(sqlite_url, tmp_path) as found:
        process = found.process()
        assert process.stop() == 0


def _cards(found: Site) -> Mapping[str, int]:
    return Counter(
        message.text.partition(":")[0]
        for message in found.acme.messages
        if message.text.startswith("CASE-")
    )


def _looked_up(found: Site, channel: str) -> bool:
    calls: list[Any] = list(found.workspace.calls)
    return any(
        call.method == "conversations.history" and call.args.get("channel") == channel
        for call in calls
    )


def _until(reached: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
