"""`GET /status`: how all of Casebell is, for everybody, at once, whatever hangs."""

from __future__ import annotations

import json
import threading
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from door import Door, ask, until

from bot import __version__
from bot.app import Casebell
from bot.domain.audit import Check
from bot.messages.audit import public
from bot.serve import HttpServer
from bot.status import _PARTS
from storage.tables import cases, timers

ROOT = Path(__file__).parent.parent
NIGHT = "2026-11-21 02:00"
STOPPED = "Business Stopped"


class Site(Door):
    """A desk whose status is asked for over HTTP."""

    def status(self) -> tuple[int, dict[str, Any]]:
        answer = ask(self.port, "GET", "/status")
        return answer.status, json.loads(answer.body)

    def wrong(self) -> dict[str, str]:
        """What is red, and why."""
        code, report = self.status()
        found = {name: check["text"] for name, check in report["checks"].items() if not check["ok"]}
        assert report["ok"] is (code == 200) is (not found)
        return found


@pytest.fixture
def open_site(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[Callable[..., Site]]:
    """Begin a story, audited once; its status is seen anew at each request."""
    monkeypatch.setattr("bot.status.FRESH", 0.0)
    made: list[Site] = []

    def begin(at: str = NIGHT, *, audited: bool = True) -> Site:
        made.append(Site(database_url, at))
        made[-1].start()
        if audited:
            assert made[-1].desk.bot.audit()
        return made[-1]

    yield begin
    for site in made:
        site.stop()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> Iterator[Site]:
    """The same on SQLite, where the kind of database makes no difference."""
    monkeypatch.setattr("bot.status.FRESH", 0.0)
    made = Site(sqlite_url, NIGHT)
    made.start()
    assert made.desk.bot.audit()
    yield made
    made.stop()


def test_when_all_is_well_it_says_so(open_site: Callable[..., Site]) -> None:
    site = open_site()
    site.open_case(STOPPED)
    site.desk.bot.audit()
    code, report = site.status()
    assert code == 200
    assert report["ok"] is True
    assert set(report["checks"]) == {
        "database", "slack", "this_process", "engine", "audit", "pages", "responses", "timers",
        "messages", "handoffs", "maintenance",
    }  # fmt: skip
    assert all(check["ok"] and check["text"].endswith(".") for check in report["checks"].values())
    counts = report["counts"]
    assert (counts["open_cases"], counts["awaiting_response"], counts["open_pages"]) == (1, 1, 1)
    assert counts["due_timers"] == 0
    assert report["tick_age_seconds"]["newest_engine"] < 10
    assert report["tick_age_seconds"]["this_process"] < 10
    assert report["slack_known"] is True
    assert report["version"] == __version__


def test_what_the_auditor_finds_is_red_until_it_is_gone(open_site: Callable[..., Site]) -> None:
    site = open_site()
    site.open_case(STOPPED)
    bot = site.desk.bot
    assert site.wrong() == {}
    bot._ticker.stop()  # type: ignore[union-attr]
    with bot.database.transaction() as connection:
        soon = {"attempts": 9, "due_at": site.desk.clock.now() + timedelta(seconds=30)}
        connection.execute(sa.update(timers).where(timers.c.kind == "page").values(soon))
    assert not bot.audit()
    assert site.wrong() == {"timers": public(Check.TIMERS_FAILING)}
    with bot.database.transaction() as connection:
        connection.execute(sa.update(timers).values(attempts=0))
    assert bot.audit()
    assert site.wrong() == {}


def test_it_names_nobody_and_repeats_nothing(site: Site) -> None:
    name = site.open_case(STOPPED)
    with site.desk.bot.database.transaction() as connection:
        connection.execute(sa.update(timers).values(attempts=9))
        connection.execute(sa.update(cases).values(summary="pomegranate"))
    site.desk.bot.audit()
    body = ask(site.port, "GET", "/status").body.lower()
    for words in (name, "1001", "pomegranate", "prices", "acme", "carla", site.ana.id, "process "):
        assert words.lower() not in body


def test_every_check_has_a_part_and_a_sentence_for_everybody() -> None:
    covered = [check for _, covers in _PARTS.values() for check in covers]
    assert sorted([*covered, Check.LOOK_FAILED]) == sorted(Check)
    for check in Check:
        assert public(check).endswith(".")


def test_before_the_first_audit_it_is_not_known(open_site: Callable[..., Site]) -> None:
    site = open_site(audited=False)
    assert set(site.wrong()) == {"audit"}


def test_where_nobody_audits_any_more_it_is_red(site: Site) -> None:
    site.desk.advance(minutes=3)
    until(lambda: site.wrong() == {})  # the engine has ticked since
    site.desk.advance(seconds=1)
    assert "Nobody has looked" in site.wrong()["audit"]


def test_without_slack_it_is_red(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.slack_gateway.WebSlackGateway.identity", lambda _self: None)
    assert set(site.wrong()) == {"slack"}
    assert site.status()[1]["slack_known"] is False


def test_a_process_whose_tick_is_stuck_says_so(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.engine.ticker.Ticker.age", 61.0)
    assert site.wrong() == {"this_process": "It has not ticked for 61 s."}


def test_a_web_process_sees_that_no_engine_ticks(site: Site) -> None:
    """It has none of its own: it sees it from the mark."""
    desk = site.desk
    web = Casebell(desk.settings(), desk.policy, desk.clock, with_engine=False)
    web.gateway.introduce()
    server = HttpServer(web, host="127.0.0.1")
    server.start()
    try:

        def wrong() -> dict[str, str]:
            report = json.loads(ask(server.port, "GET", "/status").body)
            assert report["tick_age_seconds"]["this_process"] is None
            assert "this_process" not in report["checks"]
            return {name: c["text"] for name, c in report["checks"].items() if not c["ok"]}

        assert wrong() == {}
        desk.stop_bot()
        desk.advance_clock(seconds=50)  # the mark moves every ten
        assert wrong() == {}
        desk.advance_clock(seconds=11)
        assert "No engine ticks: not for" in wrong()["engine"]
        assert web.audit() is False, "where no engine is, nobody audits"
    finally:
        server.stop()
        web.database.dispose()
        desk.start_bot()


def test_it_is_seen_anew_once_in_five_seconds_however_often_it_is_asked_for(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.status.FRESH", 5.0)
    seen: list[float] = []
    see = "bot.status.StatusPage._see"
    look = site.desk.bot._status._see

    def noted(_self: object) -> object:
        seen.append(time.monotonic())
        time.sleep(0.1)
        return look()

    monkeypatch.setattr(see, noted)
    with ThreadPoolExecutor(16) as threads:
        codes = list(threads.map(lambda _: site.status()[0], range(64)))
    assert set(codes) == {200}
    assert len(seen) == 1
    assert ask(site.port, "GET", "/status").headers["Cache-Control"] == "no-store"


def test_while_the_database_hangs_everybody_is_answered_within_two_seconds(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = threading.Event()

    def hang(_self: object) -> object:
        over.wait(20)
        raise AssertionError("it hangs longer than anybody waits")

    with monkeypatch.context() as patched:
        patched.setattr("bot.status.StatusPage._see", hang)
        with ThreadPoolExecutor(40) as threads:
            began = time.monotonic()
            answers = list(threads.map(lambda _: site.wrong(), range(40)))
            assert time.monotonic() - began < 4
        began = time.monotonic()
        assert site.wrong() == {"database": "It does not answer."}
        assert time.monotonic() - began < 1.5, "the wait is over for those who come later"
        assert all(found == {"database": "It does not answer."} for found in answers)
        assert ask(site.port, "GET", "/healthz").status == 200
        over.set()
        until(lambda: site.desk.bot._status._look is None)
    until(lambda: site.wrong() == {})


def test_a_locked_table_on_postgresql_hangs_nothing(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.status.FRESH", 0.0)
    site = Site(postgres_url, NIGHT)
    site.start()
    try:
        bot = site.desk.bot
        assert bot.audit()
        with bot.database.transaction() as connection:
            connection.exec_driver_sql("LOCK TABLE cases IN ACCESS EXCLUSIVE MODE")
            began = time.monotonic()
            assert set(site.wrong()) == {"database"}
            assert time.monotonic() - began < 4
        until(lambda: site.wrong() == {})
    finally:
        site.stop()


def test_head_is_status_without_its_body(site: Site) -> None:
    answer = ask(site.port, "HEAD", "/status")
    assert (answer.status, answer.body) == (200, "")
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_is_only_read(site: Site, method: str) -> None:
    answer = ask(site.port, method, "/status", b"")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_the_version_is_the_package_s() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__


# --- HEARTBEAT_URL --------------------------------------------------------------------------------


def test_the_call_outside_is_made_only_while_the_audit_finds_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr("bot.heartbeat.Heartbeat._call", lambda one: called.append(one._url))
    site = Site(sqlite_url, NIGHT, settings={"heartbeat_url": "https://watch.example/s3cret"})
    site.start()
    try:
        bot = site.desk.bot
        assert bot.audit()
        assert called == ["https://watch.example/s3cret"]
        site.open_case(STOPPED)
        with monkeypatch.context() as patched:
            patched.setattr("bot.engine.ticker.Ticker.age", 61.0)
            assert not bot.audit()
        with bot.database.transaction() as connection:
            connection.execute(sa.update(timers).values(attempts=9))
        site.desk.clock.turn_to(site.desk.clock.now() + timedelta(seconds=30))
        assert not bot.audit()
        assert len(called) == 1, "silence"
        with bot.database.transaction() as connection:
            connection.execute(sa.update(timers).values(attempts=0))
        assert bot.audit()
        assert len(called) == 2
    finally:
        site.stop()
