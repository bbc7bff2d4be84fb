"""Another way to ring: what the other end of a route gets of a page, and when."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from door import ask, until
from processes import free_port, site
from story import ERROR_ANSWERS, SEVERITY, Story, central

from bot.domain.events import EventKind
from bot.domain.page_history import Routed
from bot.domain.route import Route, RouteShape
from bot.policy import Policy, load_policy
from bot.routes import RouteCaller
from bot.sandbox import HttpError, RateLimited, Refused

Tell = Callable[..., Story]
STOPPED = "Business Stopped"
NIGHT = "2026-11-21 02:00"
SECRET = "a-webhook-secret-of-ours"
LEVELS = ("primary", "secondary", "manager")


@dataclass(frozen=True)
class Call:
    """A request that the other end got, at the bot's time of day, and what it answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: datetime
    status: int

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def action(self) -> str:
        found: str = self.event.get("event_action") or self.event["action"]
        return found


@dataclass
class OtherEnd:
    """Whoever is called: a server on this machine, which answers as it is told to."""

    port: int
    status: int = 202
    retry_after: int | None = None
    hangs: threading.Event | None = None
    takes_first: bool = False
    """While true, it takes the call, and nothing is heard of it: the line is cut."""
    calls: list[Call] = field(default_factory=list)
    now: Callable[[], datetime] | None = None

    def route(self, shape: RouteShape = RouteShape.JSON, **changed: Any) -> Route:
        values: dict[str, Any] = {
            "name": "phone",
            "shape": shape,
            "url": f"http://127.0.0.1:{self.port}/ring?key=t0ken",
            "levels": LEVELS,
            "after": timedelta(minutes=2),
            "secret": "PAGERDUTY_KEY" if shape is RouteShape.PAGERDUTY else "",
        }
        return Route(**(values | changed))

    @property
    def taken(self) -> list[Call]:
        return [call for call in self.calls if call.status == 202]

    @property
    def actions(self) -> list[str]:
        return [call.action for call in self.taken]

    def times(self, action: str = "page") -> list[str]:
        """When it was called, by the office's wall clock."""
        zone = central(NIGHT).tzinfo
        found = [call for call in self.taken if call.action == action]
        return [call.at.astimezone(zone).strftime("%H:%M:%S") for call in found]


@pytest.fixture
def other_end() -> Iterator[OtherEnd]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            assert found.now is not None
            found.calls.append(Call(self.path, headers, body, found.now(), found.status))
            if found.hangs is not None:
                found.hangs.wait(10)
            if found.takes_first:
                self.close_connection = True
                return
            self.send_response(found.status)
            if found.retry_after is not None:
                self.send_header("Retry-After", str(found.retry_after))
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = OtherEnd(server.server_port)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield found
        if found.hangs is not None:
            found.hangs.set()
        server.shutdown()
        thread.join()


def with_routes(*routes: Route) -> Policy:
    policy = load_policy()
    return replace(policy, paging=replace(policy.paging, routes=routes))


Ring = Callable[..., Story]


@pytest.fixture
def begin(tell: Tell, other_end: OtherEnd, monkeypatch: pytest.MonkeyPatch) -> Ring:
    """Begin a story with these routes, or with one of JSON; links lead to the bot itself."""
    monkeypatch.setenv("PAGERDUTY_KEY", "a-routing-key")

    def begun(at: str = NIGHT, *routes: Route, links: bool = True, **options: Any) -> Story:
        port = free_port()
        settings: dict[str, Any] = {"port": port, "webhook_secret": SECRET}
        if links:
            settings["public_url"] = f"http://127.0.0.1:{port}"
        policy = with_routes(*(routes or (other_end.route(),)))
        story = tell(at, policy=policy, settings=settings | options.pop("settings", {}), **options)
        other_end.now = story.desk.clock.now
        return story

    return begun


def calls_of(story: Story, kind: EventKind = EventKind.PAGE_ROUTED) -> list[Any]:
    with story.desk.bot.store.reading() as tx:
        return [entry.facts for entry in tx.cases.timeline(1001, {kind})]


def follow(url: str, method: str = "GET") -> str:
    """What the page behind a link shows."""
    parts = urlsplit(url)
    assert parts.port
    return ask(parts.port, method, parts.path).body


# --- when it is called ---------------------------------------------------------------------------


def test_a_page_at_night_calls_the_route_after_its_minutes_and_not_before(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin()
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:01:59")
    assert other_end.calls == []
    story.now_is("2026-11-21 02:02:00")
    assert other_end.times() == ["02:02:00"]


def test_every_ring_calls_once(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:19")
    assert story.rung() == ["Ana", "Ana", "Ben", "Mia"]
    assert other_end.times() == ["02:02:00", "02:07:00", "02:12:00", "02:17:00"]
    assert [call.event["level"] for call in other_end.calls] == [
        "primary",
        "primary",
        "secondary",
        "manager",
    ]
    assert [call.event["people"] for call in other_end.calls] == [
        ["Ana"],
        ["Ana"],
        ["Ben"],
        ["Mia"],
    ]


def test_two_people_who_are_rung_at_once_are_one_call(begin: Ring, other_end: OtherEnd) -> None:
    story = begin(NIGHT, other_end.route(after=timedelta(0)))
    name = story.open_case(STOPPED)
    end(story, name, "acknowledged")
    story.now_is("2026-11-21 02:31")
    assert sorted(story.rung()) == ["Ana", "Ana", "Ben"]
    assert other_end.actions == ["page", "over", "page"]


def test_the_call_names_everybody_who_is_rung(begin: Ring, other_end: OtherEnd) -> None:
    story = begin(NIGHT, other_end.route(after=timedelta(0)))
    name = story.open_case(STOPPED)
    end(story, name, "acknowledged")
    story.now_is("2026-11-21 02:31")
    assert sorted(other_end.taken[-1].event["people"]) == ["Ana", "Ben"]


def test_a_call_in_plain_json_is_signed_and_says_what_it_is_about(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin()
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:02:01")
    [call] = other_end.calls
    stamp = call.headers["x-casebell-timestamp"]
    proof = hmac.new(SECRET.encode(), f"v1:{stamp}:".encode() + call.body, hashlib.sha256)
    assert call.headers["x-casebell-signature"] == f"v1={proof.hexdigest()}"
    assert abs(int(stamp) - central("2026-11-21 02:02").timestamp()) <= 1
    event = call.event
    ack_url = event.pop("ack_url")
    card_ts = story.card(name).ts.replace(".", "")
    assert event == {
        "action": "page",
        "route": "phone",
        "dedupe_key": f"casebell-page-{event['page']}",
        "page": event["page"],
        "case": name,
        "severity": STOPPED,
        "summary": "Prices are gone",
        "customer": "acme",
        "answer_due": "2026-11-21T10:00:00+00:00",
        "level": "primary",
        "people": ["Ana"],
        "case_url": f"https://home.slack.com/archives/{story.acme.id}/p{card_ts}",
    }
    assert ack_url.startswith(f"http://127.0.0.1:{story.desk.settings().port}/ack/")


def test_pagerduty_is_told_in_its_own_words(begin: Ring, other_end: OtherEnd) -> None:
    story = begin(NIGHT, other_end.route(RouteShape.PAGERDUTY))
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:02:01")
    assert story.ana.click(story.pages(story.ana)[0], "Acknowledge").ok
    story.desk.advance(seconds=6)
    trigger, resolve = (call.event for call in other_end.calls)
    assert (trigger["event_action"], resolve["event_action"]) == ("trigger", "resolve")
    assert trigger["dedup_key"] == resolve["dedup_key"]
    assert trigger["routing_key"] == resolve["routing_key"] == "a-routing-key"
    assert trigger["payload"]["summary"] == f"{name} · {STOPPED} · acme: Prices are gone"
    assert trigger["payload"]["custom_details"]["people"] == ["Ana"]
    assert [link["text"] for link in trigger["links"]] == ["Acknowledge", "Open the case"]


def test_nothing_of_the_customers_words_is_in_an_address(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    story.open_case(STOPPED, answers={**ERROR_ANSWERS, "Summary": "pomegranate"})
    story.now_is("2026-11-21 02:02:01")
    [call] = other_end.calls
    assert call.event["summary"] == "pomegranate"
    assert call.path == "/ring?key=t0ken"
    assert "pomegranate" not in call.event["ack_url"] + call.event["case_url"]


def test_the_timeline_says_that_the_route_was_called(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:02:01")
    [facts] = calls_of(story)
    assert facts["route"] == "phone"
    assert (facts["action"], facts["level"], facts["users"]) == (
        "trigger",
        "primary",
        [story.ana.id],
    )


@pytest.mark.parametrize("way", ["acknowledged", "answered", "resolved", "lowered"])
def test_a_page_that_ended_before_the_minutes_calls_nobody(
    begin: Ring, other_end: OtherEnd, way: str
) -> None:
    story = begin()
    end(story, story.open_case(STOPPED), way)
    story.now_is("2026-11-21 02:25")
    assert other_end.calls == [], "not even to say that it is over"
    assert calls_of(story) == []


def end(story: Story, name: str, way: str) -> None:
    match way:
        case "acknowledged":
            assert story.ana.click(story.pages(story.ana)[-1], "Acknowledge").ok
        case "answered":
            story.answer(story.ana, name)
        case "resolved":
            decide(story, name, "Resolve", {"What was it, and what has been done?": "A typo."})
        case "lowered":
            lowered = {"Severity": "Business severely impacted", "Why?": "It answers again."}
            decide(story, name, "Change severity…", lowered)
    story.desk.rest()


def decide(story: Story, name: str, button: str, answers: Mapping[str, str]) -> None:
    form = story.team_form(story.ana, name, button)
    form.fill(answers)
    assert form.submit().ok


def test_a_level_that_the_route_does_not_have_is_not_called(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin(NIGHT, other_end.route(levels=("manager",), after=timedelta(0)))
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:19")
    assert other_end.times() == ["02:15:00"]


def test_two_routes_are_called_each_in_its_time(begin: Ring, other_end: OtherEnd) -> None:
    pagerduty = other_end.route(RouteShape.PAGERDUTY, name="pagerduty", after=timedelta(minutes=1))
    story = begin(NIGHT, pagerduty, other_end.route(name="phone", levels=("secondary",)))
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:13")
    assert other_end.times("trigger") == ["02:01:00", "02:06:00", "02:11:00"]
    assert other_end.times("page") == ["02:12:00"]


def test_by_day_nobody_is_called(begin: Ring, other_end: OtherEnd) -> None:
    story = begin("2026-11-23 10:00")
    story.open_case(STOPPED)
    story.now_is("2026-11-23 12:30")
    assert other_end.calls == []


def test_a_restart_loses_no_call_and_repeats_none(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    story.open_case(STOPPED)
    story.desk.stop_bot()
    story.desk.advance_clock(minutes=2, seconds=30)
    story.desk.start_bot()
    story.desk.rest()
    assert len(other_end.calls) == 1
    story.desk.stop_bot()
    story.desk.start_bot()
    story.now_is("2026-11-21 02:04")
    assert len(other_end.calls) == 1


def test_two_cases_at_night_are_called_apart(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    first = story.open_case(STOPPED)
    second = story.open_case(STOPPED)
    story.answer(story.ana, first)
    story.now_is("2026-11-21 02:03")
    assert [call.event["case"] for call in other_end.taken] == [second]


# --- that it is over -----------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["acknowledged", "answered", "resolved", "lowered"])
def test_a_route_that_was_called_hears_that_it_is_over(
    begin: Ring, other_end: OtherEnd, way: str
) -> None:
    story = begin()
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:02:01")
    end(story, name, way)
    story.desk.advance(seconds=10)
    assert other_end.actions == ["page", "over"]
    page, over = (call.event for call in other_end.taken)
    assert page["dedupe_key"] == over["dedupe_key"]
    assert over["ack_url"] is None, "there is nothing to acknowledge any more"


def test_a_route_that_was_called_hears_that_the_office_has_opened(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin("2026-11-24 06:55", other_end.route(after=timedelta(minutes=1)))
    story.open_case(STOPPED)
    story.now_is("2026-11-24 07:00:06")
    assert other_end.actions == ["page", "over"]


def test_only_the_route_that_was_called_hears_that_it_is_over(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin(
        NIGHT, other_end.route(name="early"), other_end.route(name="late", levels=("manager",))
    )
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:02:01")
    end(story, name, "acknowledged")
    story.desk.advance(seconds=10)
    assert [(call.event["route"], call.action) for call in other_end.taken] == [
        ("early", "page"),
        ("early", "over"),
    ]


def test_that_it_is_over_is_told_once(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:02:01")
    end(story, name, "acknowledged")
    story.desk.advance(seconds=10)
    end(story, name, "answered")
    story.desk.advance(seconds=10)
    assert other_end.actions == ["page", "over"]


def test_a_page_that_rings_again_after_it_was_acknowledged_calls_again(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin()
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:02:01")
    end(story, name, "acknowledged")
    story.now_is("2026-11-21 02:35")
    assert other_end.actions == ["page", "over", "page"]


def test_that_it_is_over_is_told_when_the_answer_to_the_call_was_lost(
    begin: Ring, other_end: OtherEnd
) -> None:
    """The other end rings, though Casebell does not know it."""
    story = begin()
    name = story.open_case(STOPPED)
    other_end.takes_first = True
    story.now_is("2026-11-21 02:02:00")
    assert other_end.actions == ["page"]
    end(story, name, "acknowledged")
    other_end.takes_first = False
    story.now_is("2026-11-21 02:03")
    assert other_end.actions == ["page", "over"]


def test_that_it_was_over_is_not_told_while_it_rings_again(
    begin: Ring, other_end: OtherEnd
) -> None:
    """The other end was down in between."""
    story = begin(NIGHT, other_end.route(after=timedelta(0)))
    name = story.open_case(STOPPED)
    assert other_end.actions == ["page"]
    other_end.status, other_end.retry_after = 503, 60
    end(story, name, "acknowledged")
    story.now_is("2026-11-21 02:31")
    assert len(story.pages(story.ana)) == 2, "acknowledged and not answered: it rings"
    other_end.status = 202
    story.now_is("2026-11-21 02:33")
    assert other_end.actions == ["page", "page"]


# --- the other end is not well -------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 503, 408, 429])
def test_an_other_end_that_is_not_well_is_called_again_while_the_page_rings(
    begin: Ring, other_end: OtherEnd, status: int
) -> None:
    story = begin()
    story.open_case(STOPPED)
    other_end.status = status
    story.now_is("2026-11-21 02:02:20")
    assert len(other_end.calls) > 3
    other_end.status = 202
    story.now_is("2026-11-21 02:02:26")
    assert len(other_end.taken) == 1
    tried = len(other_end.calls)
    story.now_is("2026-11-21 02:06:59")
    assert len(other_end.calls) == tried


def test_nobody_is_called_again_once_somebody_has_it(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    name = story.open_case(STOPPED)
    other_end.status = 503
    story.now_is("2026-11-21 02:02:20")
    end(story, name, "acknowledged")
    tried = [call.action for call in other_end.calls].count("page")
    other_end.status = 202
    story.now_is("2026-11-21 02:10")
    assert [call.action for call in other_end.calls].count("page") == tried


def test_an_other_end_that_asks_for_time_gets_it(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    story.open_case(STOPPED)
    other_end.status, other_end.retry_after = 429, 30
    story.now_is("2026-11-21 02:02:29")
    assert len(other_end.calls) == 1
    other_end.status = 202
    story.now_is("2026-11-21 02:02:30")
    assert other_end.times() == ["02:02:30"]


def test_an_other_end_that_was_down_for_an_hour_is_not_flooded(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin()
    story.open_case(STOPPED)
    other_end.status, other_end.retry_after = 503, 60
    story.now_is("2026-11-21 02:29")
    assert len(story.rung()) == 6
    other_end.status = 202
    story.now_is("2026-11-21 02:31:59")
    assert len(other_end.taken) <= 2


def test_an_other_end_that_refuses_is_not_called_again_for_that_ring_and_the_rest_goes_on(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin()
    name = story.open_case(STOPPED)
    other_end.status = 403
    story.now_is("2026-11-21 02:06:59")
    assert len(other_end.calls) == 1
    story.now_is("2026-11-21 02:12:01")
    assert story.rung() == ["Ana", "Ana", "Ben"]
    assert len(other_end.calls) == 3, "the next ring may find it mended"
    other_end.status = 202
    end(story, name, "acknowledged")
    story.desk.advance(minutes=1)
    assert other_end.taken == [], "it never took a call, so nothing is over there"


def test_that_an_other_end_refuses_is_told_to_the_team(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    story.open_case(STOPPED)
    other_end.status = 403
    story.now_is("2026-11-21 02:04")
    assert any("phone" in words for words in story.news())


def test_an_other_end_that_is_not_there_holds_up_nothing(begin: Ring, other_end: OtherEnd) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/"
    story = begin(NIGHT, other_end.route(name="nowhere", url=nowhere), other_end.route())
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:07:01")
    assert other_end.times() == ["02:02:00", "02:07:00"]
    assert story.rung() == ["Ana", "Ana"]


def test_an_other_end_that_hangs_holds_up_no_page(
    begin: Ring, other_end: OtherEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.app.RouteCaller", partial(RouteCaller, timeout=2))
    story = begin(NIGHT, other_end.route(after=timedelta(0)))
    other_end.hangs = threading.Event()
    assert story.submit(STOPPED).ok
    until(lambda: bool(other_end.calls))
    story.workspace.wait_for(lambda: story.rung() == ["Ana"], timeout=1.9)
    story.desk.rest()
    other_end.hangs.set()
    story.desk.advance(seconds=5)
    assert len(other_end.calls) == 2, "called again: whether it rang is not known"
    assert len(calls_of(story)) == 1


def test_a_route_without_its_secret_is_given_up_and_the_pages_ring(
    begin: Ring, other_end: OtherEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAGERDUTY_KEY")
    story = begin(NIGHT, other_end.route(RouteShape.PAGERDUTY))
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:10:01")
    assert other_end.calls == []
    assert story.rung() == ["Ana", "Ana", "Ben"]


# --- when Slack is silent ------------------------------------------------------------------------


def two_routes(other_end: OtherEnd) -> tuple[Route, Route]:
    """Neither is called by itself within ten minutes of a first ring."""
    return (
        other_end.route(name="slow", after=timedelta(minutes=30)),
        other_end.route(name="manager", levels=("manager",)),
    )


def silence(story: Story, how: str) -> None:
    match how:
        case "away":
            story.workspace.away = True
        case "busy":  # asked once a minute, so that hours of it pass quickly
            story.workspace.faults.add("*", RateLimited(59), times=None)
        case _:
            story.workspace.faults.add("chat.postMessage", HttpError(500), times=None)


def speak(story: Story) -> None:
    story.workspace.away = False
    story.workspace.faults.clear()


@pytest.mark.parametrize("how", ["away", "500"])
def test_when_slack_delivers_nothing_for_a_minute_every_route_is_called(
    begin: Ring, other_end: OtherEnd, how: str
) -> None:
    story = begin("2026-11-23 17:59", *two_routes(other_end))
    story.open_case(STOPPED)
    silence(story, how)
    story.now_is("2026-11-23 18:00:59")
    assert other_end.calls == []
    story.now_is("2026-11-23 18:01:00")
    assert sorted(call.event["route"] for call in other_end.taken) == ["manager", "slow"]
    assert set(other_end.times()) == {"18:01:00"}
    assert all(call.event["people"] == ["Ana"] for call in other_end.taken)
    assert story.rung() == []


def test_when_slack_refuses_every_dm_for_good_every_route_is_called(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = refused_dms(begin, other_end)
    assert {"manager", "slow"} <= {call.event["route"] for call in other_end.taken}
    assert story.rung() == []


def test_when_slack_refuses_every_dm_for_good_the_call_still_has_a_link(
    begin: Ring, other_end: OtherEnd
) -> None:
    refused_dms(begin, other_end)
    assert all(call.event["ack_url"] for call in other_end.taken)


def refused_dms(begin: Ring, other_end: OtherEnd) -> Story:
    story = begin(NIGHT, *two_routes(other_end))
    dms = {person.dm.id for person in story.levels.values()}
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("channel_not_found"),
        times=None,
        when=lambda args: args.get("channel") in dms,
    )
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:01:10")
    return story


def test_when_slack_has_delivered_the_page_no_route_is_called(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin(NIGHT, *two_routes(other_end))
    story.open_case(STOPPED)
    silence(story, "away")
    story.now_is("2026-11-21 02:04")
    assert other_end.calls == []


def test_when_slack_comes_back_within_the_minute_no_route_is_called(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin("2026-11-23 17:59", *two_routes(other_end))
    story.open_case(STOPPED)
    silence(story, "away")
    story.now_is("2026-11-23 18:00:40")
    speak(story)
    story.now_is("2026-11-23 18:03")
    assert story.rung() == ["Ana"]
    assert other_end.calls == []


def test_a_route_that_has_just_been_called_is_not_called_again_for_the_same_ring(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin("2026-11-23 17:59", other_end.route(after=timedelta(0)))
    story.open_case(STOPPED)
    silence(story, "away")
    story.now_is("2026-11-23 18:03")
    assert other_end.times() == ["18:00:00"]


def test_while_slack_is_silent_every_ring_calls(begin: Ring, other_end: OtherEnd) -> None:
    story = begin("2026-11-23 17:59", other_end.route(name="manager", levels=("manager",)))
    story.open_case(STOPPED)
    silence(story, "busy")
    story.now_is("2026-11-23 18:11:30")
    assert other_end.times() == ["18:01:00", "18:06:00", "18:11:00"]
    assert [call.event["people"] for call in other_end.taken] == [["Ana"], ["Ana"], ["Ben"]]


def begin_without_slack(begin: Ring, other_end: OtherEnd) -> Story:
    """Casebell was started anew while Slack was away: it does not know who it is."""
    story = begin("2026-11-23 17:00", *two_routes(other_end))
    story.open_case(STOPPED)
    story.desk.stop_bot()
    story.workspace.away = True
    story.desk.clock.turn_to(central("2026-11-23 18:00:00"))
    story.desk.start_bot()
    until(lambda: bool(calls_of(story, EventKind.PAGE_RANG)))
    story.desk.clock.turn_to(central("2026-11-23 18:01:00"))
    story.desk.bot.wake()
    until(lambda: len(other_end.taken) == 2)
    return story


def test_slack_that_was_away_before_casebell_started_is_silent_too(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin_without_slack(begin, other_end)
    assert not story.desk.bot.is_ready()
    assert sorted(call.event["route"] for call in other_end.taken) == ["manager", "slow"]
    assert all(call.event["people"] == ["Ana"] for call in other_end.taken)
    assert story.rung() == []
    speak(story)
    story.workspace.wait_for(lambda: story.rung() == ["Ana"], timeout=30)


def test_while_nobody_knows_who_casebell_is_its_link_acknowledges(
    begin: Ring, other_end: OtherEnd
) -> None:
    """The one way to stop the ringing while Slack is away."""
    begin_without_slack(begin, other_end)
    url = other_end.taken[0].event["ack_url"]
    assert "Prices are gone" in follow(url)
    assert "You have it, Ana." in follow(url, "POST")


def test_when_slack_is_back_everybody_gets_one_page_and_the_team_no_flood(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin("2026-11-23 17:59", *two_routes(other_end))
    story.open_case(STOPPED)
    told_before = len(story.team.messages)
    silence(story, "busy")
    story.now_is("2026-11-23 18:38")
    assert len(calls_of(story, EventKind.PAGE_RANG)) == 8
    speak(story)
    story.now_is("2026-11-23 18:39:20")
    assert Counter(story.rung()) == {"Ana": 1, "Ben": 1, "Mia": 1}
    assert "Nobody has acknowledged this yet" in story.pages(story.ana)[0].shown
    told = [message.shown for message in story.team.messages[told_before:]]
    assert sum("no on-call person has acknowledged" in words for words in told) == 1, told
    assert len(told) <= 3, told


def test_when_slack_is_back_the_team_reads_that_it_was_away(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin("2026-11-23 17:59", *two_routes(other_end))
    story.open_case(STOPPED)
    silence(story, "away")
    story.now_is("2026-11-23 18:03")
    speak(story)
    story.now_is("2026-11-23 18:03:20")
    assert any("Slack" in words for words in story.news())


def test_a_page_that_ended_while_slack_was_away_pages_nobody_when_it_is_back(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin("2026-11-23 17:59", *two_routes(other_end))
    story.open_case(STOPPED)
    silence(story, "away")
    story.now_is("2026-11-23 18:01:01")
    assert "You have it, Ana." in follow(other_end.taken[0].event["ack_url"], "POST")
    speak(story)
    story.now_is("2026-11-23 18:10")
    assert story.rung() == []
    assert sorted(other_end.actions) == ["over", "over", "page", "page"]
    assert "Ana acknowledged it" in story.team_card("CASE-1001").shown


# --- the link in the call ------------------------------------------------------------------------


def called(begin: Ring, other_end: OtherEnd, **options: Any) -> tuple[Story, str]:
    """A story whose route has been called, and the link in the call."""
    story = begin(**options)
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:02:01")
    return story, other_end.taken[0].event["ack_url"]


@pytest.mark.parametrize("socket_mode", [False, True], ids=["HTTP", "Socket Mode"])
def test_the_link_in_the_call_acknowledges_the_page(
    begin: Ring, other_end: OtherEnd, socket_mode: bool
) -> None:
    story, url = called(begin, other_end, socket_mode=socket_mode)
    assert "Prices are gone" in follow(url)
    assert "Page" in story.pages(story.ana)[0].shown, "looking changes nothing"
    assert "You have it, Ana." in follow(url, "POST")
    story.desk.advance(seconds=6)
    assert "Ana acknowledged it" in story.pages(story.ana)[0].shown
    assert "Ana acknowledged it" in story.team_card("CASE-1001").shown
    assert other_end.actions == ["page", "over"]
    story.now_is("2026-11-21 02:25")
    assert story.rung() == ["Ana"]


@pytest.mark.parametrize(
    ("links", "settings"),
    [(False, {}), (True, {"webhook_secret": None})],
    ids=["no PUBLIC_URL", "no WEBHOOK_SECRET"],
)
def test_without_an_address_or_a_secret_a_call_has_no_link_and_the_route_rings(
    begin: Ring, other_end: OtherEnd, links: bool, settings: dict[str, Any]
) -> None:
    pagerduty = other_end.route(RouteShape.PAGERDUTY)
    story = begin(NIGHT, pagerduty, links=links, settings=settings)
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:02:01")
    [call] = other_end.taken
    assert [link["text"] for link in call.event["links"]] == ["Open the case"]


def test_no_log_has_a_link_a_secret_or_the_routes_address(
    begin: Ring, other_end: OtherEnd, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        for name in ("slack_bolt", "slack_sdk"):
            caplog.set_level("ERROR", logger=name)
        other_end.status = 503
        story = begin(NIGHT, other_end.route(), other_end.route(RouteShape.PAGERDUTY, name="pd"))
        story.open_case(STOPPED)
        story.now_is("2026-11-21 02:02:05")
        other_end.status = 403
        story.now_is("2026-11-21 02:05")
        other_end.status = 202
        story.now_is("2026-11-21 02:08")
        url = (
            other_end.taken[0].event.get("ack_url") or other_end.taken[0].event["links"][0]["href"]
        )
        for method in ("GET", "POST", "POST"):
            assert follow(url, method)
        assert "does not work" in follow(url + "x", "POST")
        story.desk.advance(seconds=10)
    token = url.rpartition("/")[2]
    assert "Route phone (127.0.0.1)" in caplog.text
    for secret in (token, token.partition(".")[0], SECRET, "a-routing-key", "t0ken"):
        assert secret not in caplog.text


# --- several processes ---------------------------------------------------------------------------


def test_two_engines_on_postgresql_call_once(
    postgres_url: str, tmp_path: Path, other_end: OtherEnd
) -> None:
    other_end.now = lambda: datetime.now(central(NIGHT).tzinfo)
    with site(postgres_url, tmp_path) as found:
        found.environment["WEBHOOK_SECRET"] = SECRET
        found.environment["NO_PROXY"] = "127.0.0.1"
        policy = Path(found.environment["POLICY_FILE"])
        policy.write_text(
            policy.read_text("utf-8").replace(
                "\n[oncall]",
                "\n[[paging.routes]]\n"
                'name = "phone"\nshape = "json"\nlevels = ["primary"]\nafter_minutes = 0\n'
                f'url = "http://127.0.0.1:{other_end.port}/"\n\n[oncall]',
                1,
            ),
            "utf-8",
        )
        web = found.process("web")
        found.serve(web)
        found.set_on_call()
        for _ in range(2):
            found.process("engine", wait=False)
        for n in range(3):
            assert found.carla.command("/case", "", found.acme).ok
            form = found.carla.modal
            assert form is not None
            form.fill({SEVERITY: STOPPED, **ERROR_ANSWERS, "Summary": f"Outage {n}"})
            assert form.submit().ok
        until(lambda: len(other_end.calls) >= 3, seconds=20)
        time.sleep(0.5)
    assert Counter(call.event["summary"] for call in other_end.calls) == {
        "Outage 0": 1,
        "Outage 1": 1,
        "Outage 2": 1,
    }


# --- what is on record ---------------------------------------------------------------------------


def on_record(story: Story) -> list[Any]:
    now = story.desk.clock.now()
    with story.desk.bot.store.reading() as tx:
        (page,) = story.desk.bot.services.history.recent(tx, now - timedelta(days=1), now)
    return [moment for moment in page.moments if isinstance(moment, Routed)]


def test_by_which_route_whom_it_rang_is_on_record(begin: Ring, other_end: OtherEnd) -> None:
    story = begin()
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:03")
    end(story, name, "acknowledged")
    story.now_is("2026-11-21 02:04")
    assert other_end.actions == ["page", "over"]
    rung = Routed(central("2026-11-21 02:02"), "phone", (story.ana.id,))
    assert on_record(story) == [rung]


def test_a_route_that_refuses_is_on_record_with_its_answer(
    begin: Ring, other_end: OtherEnd
) -> None:
    story = begin()
    other_end.status = 403
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:03")
    (refused,) = on_record(story)
    assert (refused.route, refused.at) == ("phone", central("2026-11-21 02:02"))
    assert "403" in refused.refused
