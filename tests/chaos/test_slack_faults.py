"""Slack limits, fails, hangs up, answers late, refuses, and says everything three times."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from crowd import ACKNOWLEDGE, STOPPED, case_in
from under_fire import Storm
from weather import Line, bad_weather, refuse_cards

from bot.sandbox import Refused

LONG = pytest.mark.chaos
WITHIN = 10.0  # seconds
GUSTS = pytest.mark.parametrize(
    "gusts", [10, pytest.param(300, marks=LONG)], ids=["10 gusts", "300 gusts"]
)


@pytest.mark.everyday
@GUSTS
def test_in_any_weather_nothing_is_lost_and_nothing_is_doubled_without_need(
    storm: Storm, database_url: str, gusts: int
) -> None:
    with storm(database_url) as site:
        site.serve_alone()
        with site.crowd():
            bad_weather(site, gusts)


def test_in_any_weather_the_same_is_true_of_socket_mode(storm: Storm, sqlite_url: str) -> None:
    with storm(sqlite_url, socket_mode=True) as site:
        site.serve_alone()
        with site.crowd():
            bad_weather(site, 300)


def test_where_a_card_is_refused_the_customer_is_told_by_dm_and_the_team_knows(
    storm: Storm, sqlite_url: str
) -> None:
    with storm(sqlite_url) as site:
        refuse_cards(site, site.random)
        site.serve_alone()
        with site.crowd():
            time.sleep(8)


def test_whoever_slack_lets_nobody_write_to_is_passed_over_at_once(
    storm: Storm, sqlite_url: str
) -> None:
    """Ana's DM is refused for good, and the team's channel for a while."""
    with storm(sqlite_url) as site:
        site.serve_alone()
        refused = Refused("user_not_found")
        site.workspace.faults.add(
            "chat.postMessage",
            refused,
            times=None,
            when=lambda a: a.get("channel") == site.ana.dm.id,
        )
        site.workspace.faults.add(
            "chat.postMessage",
            Refused("internal_error"),
            times=4,
            when=lambda a: a.get("channel") == site.team.id,
        )
        name = site.open_case(STOPPED)
        site.workspace.wait_for(lambda: site.pages(site.ben), timeout=WITHIN)
        assert case_in(site.pages(site.ben)[0]) == name
        assert not site.pages(site.ana)
        site.forget_what_was_done_by_hand()  # its rings are those of another schedule
        assert site.workspace.wait_for(lambda: site.team_card(name), timeout=60)
        press = site.journal.pressed(name)
        assert site.ben.click(site.pages(site.ben)[0], ACKNOWLEDGE).ok
        press.done = datetime.now(UTC)


def test_a_token_that_is_refused_at_the_start_delays_everything_and_loses_nothing(
    storm: Storm, database_url: str
) -> None:
    with storm(database_url) as site:
        process = site.serve_alone()
        with site.crowd():
            time.sleep(3)
            with site.outage():
                process.kill()
                site.workspace.faults.add("*", Refused("invalid_auth"), times=None)
                process = site.launch()
                site.send_to(process)
                time.sleep(4)
                assert process.is_alive
                site.workspace.faults.clear()
                process.wait_until_healthy()


def test_a_socket_that_is_closed_or_goes_dead_loses_nothing(storm: Storm, sqlite_url: str) -> None:
    with storm(sqlite_url, socket_mode=True) as site:
        ws = site.workspace
        assert ws.open_socket is not None
        new_url = ws.open_socket
        line = Line(urlsplit(new_url()).port or 0)
        ws.open_socket = lambda: line.through(new_url())
        ws.ack_timeout = 3.0  # Slack's own: nobody waits longer for who does not hear
        site.serve_alone()
        with site.crowd():
            for number in range(10):
                time.sleep(2)
                ws.disconnect_sockets("refresh_requested")
                time.sleep(2)
                if number % 3 == 0:
                    with site.outage():
                        line.go_dead()
                        site.wait_for_a_new_socket()
        line.close()
