"""The wall clock is set forward, set back, and wakes up days later; nothing else of it changes."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from crowd import STOPPED, case_in
from under_fire import Storm, UnderFire

from tests.chaos import armed

HOUR = 3600.0
WITHIN = 10.0  # seconds: how late a page may be


def step(site: UnderFire, seconds: float) -> None:
    """Set the clock of every process off by that, from now on."""
    (site.folder / armed.CLOCK).write_text(str(seconds))


def soon(reached: Callable[[], object], what: str, seconds: float = WITHIN) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_set_forward_an_hour_the_next_one_is_rung_at_once(storm: Storm, database_url: str) -> None:
    with storm(database_url, judged=False, socket_mode=True) as site:
        site.serve_alone()
        site.open_case(STOPPED)
        soon(lambda: len(site.pages(site.ana)) == 1, "the first ring")
        step(site, HOUR)
        soon(lambda: len(site.pages(site.ana)) == 2, "the second ring")
        time.sleep(3)
        assert [len(site.pages(p)) for p in site.levels.values()] == [2, 0, 0], "not all at once"
        assert site.ana.click(site.pages(site.ana)[-1], "Acknowledge").ok
        name = site.open_case(STOPPED)
        soon(lambda: case_in(site.pages(site.ana)[-1]) == name, "what is new rings as ever")


@pytest.mark.everyday
def test_set_back_an_hour_it_ticks_on_and_whoever_is_rung_is_rung_again(
    storm: Storm, database_url: str
) -> None:
    with storm(database_url, judged=False, socket_mode=True) as site:
        step(site, HOUR)
        process = site.serve_alone()
        site.open_case(STOPPED)
        soon(lambda: len(site.pages(site.ana)) == 1, "the first ring")
        step(site, 0)
        soon(lambda: len(site.pages(site.ana)) == 2, "a ring within minutes, not within an hour")
        assert process.wait_until_healthy()
        name = site.open_case(STOPPED)
        soon(lambda: case_in(site.pages(site.ana)[-1]) == name, "what is new rings as ever")
        assert site.ana.click(site.pages(site.ana)[-1], "Acknowledge").ok
        soon(lambda: "Acknowledge" not in site.pages(site.ana)[-1].buttons, "and can be taken")


def test_asleep_over_a_page_and_a_handoff_it_rings_whoever_is_on_call_then(
    storm: Storm, database_url: str
) -> None:
    """The machine sleeps: nothing runs, and the wall clock is a week ahead when it wakes."""
    with storm(database_url, judged=False) as site:
        site.put_on_call("primary", site.ana, site.ben)  # a week each
        process = site.serve_alone()
        site.open_case(STOPPED)
        soon(lambda: len(site.pages(site.ana) + site.pages(site.ben)) == 1, "the first ring")
        first = site.ana if site.pages(site.ana) else site.ben
        other = site.ben if first is site.ana else site.ana
        process.freeze()
        step(site, timedelta(days=7).total_seconds())
        process.thaw()
        soon(lambda: len(site.pages(other)) == 1, "who has the shift by then is rung")
        assert len(site.pages(first)) == 1, "who had it is not"


def test_steps_of_hours_and_days_while_people_use_it_lose_nothing(
    storm: Storm, sqlite_url: str
) -> None:
    with storm(sqlite_url, socket_mode=True) as site:
        site.clock_moves = True
        site.serve_alone()
        with site.crowd():
            for seconds in (HOUR, 0, timedelta(days=3).total_seconds(), HOUR):
                time.sleep(2)
                step(site, seconds)
            time.sleep(2)


def test_by_a_wrong_clock_no_request_of_slack_is_taken_and_the_log_says_why(
    storm: Storm, sqlite_url: str
) -> None:
    """Slack dates what it signs: what is dated five minutes off could be a replay."""
    with storm(sqlite_url, judged=False) as site:
        step(site, HOUR)
        site.serve_alone()
        assert not site.carla.command("/case", "", site.acme).ok
        assert "s before this machine's clock, and is refused" in site.log.read_text()
        step(site, 0)
        assert site.open_case(STOPPED)
