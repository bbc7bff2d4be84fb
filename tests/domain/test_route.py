"""Routes: what can be written in a policy, what is refused, and what no log ever shows."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.domain.route import Route, RouteCall, RouteShape

PAGERDUTY: dict[str, Any] = {
    "name": "phone",
    "shape": RouteShape.PAGERDUTY,
    "url": "https://events.pagerduty.com/v2/enqueue",
    "levels": ("primary", "secondary"),
    "after": timedelta(minutes=5),
    "secret": "PAGERDUTY_ROUTING_KEY",
}
JSON = PAGERDUTY | {"shape": RouteShape.JSON, "secret": ""}


@pytest.mark.parametrize("facts", [PAGERDUTY, JSON], ids=["pagerduty", "json"])
def test_a_route_survives_being_stamped_on_a_page(facts: dict[str, Any]) -> None:
    route = Route(**facts)
    assert Route.from_dict(json.loads(json.dumps(route.to_dict()))) == route


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/x?token=1",
        "HTTPS://hooks.example.com:8443/",
        "http://127.0.0.1:8080/ring",
        "http://LOCALHOST:8080/ring",
        "http://[::1]:8080/ring",
    ],
)
def test_an_url_that_keeps_what_it_is_told_to_itself_is_taken(url: str) -> None:
    assert Route(**JSON | {"url": url}).url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost@example.com/",
        "ftp://hooks.example.com/",
        "file:///etc/passwd",
        "hooks.example.com/x",
        "https://",
        "https://:443/",
        "https://hooks.example.com:port/",
        "https://hooks.example.com:99999/",
        "https://[::1/",
        "https://user:password@hooks.example.com/",
        "https://hooks.example.com/a b",
        "https://hooks.example.com/\r\nX-Injected: 1",
        "https://hooks.example.com/\n",
        "https://hooks.example.com/é",
        "",
    ],
)
def test_any_other_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="route phone: its url is one of https") as caught:
        Route(**JSON | {"url": url})
    assert not url or url not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "phone\n", "a/b", "é", "x" * 41])
def test_a_name_is_fit_for_headers_and_logs(name: str) -> None:
    with pytest.raises(ValueError, match="a route's name is"):
        Route(**JSON | {"name": name})


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        pytest.param({"levels": ()}, "at least one level", id="no level"),
        pytest.param({"levels": ("primary", "")}, "at least one level", id="a nameless level"),
        pytest.param({"after": timedelta(seconds=-1)}, "0 minutes or more", id="in the past"),
        pytest.param({"secret": ""}, "NAME of the environment variable", id="no secret"),
        pytest.param(
            {"secret": "e93facc04764012d7bfb002500d5d1a6"}, "NAME", id="the key, not its name"
        ),
        pytest.param({"secret": "KEY\n"}, "NAME of the environment", id="a line break"),
        pytest.param({"shape": RouteShape.JSON}, "no key but WEBHOOK_SECRET", id="json"),
    ],
)
def test_what_cannot_be_carried_out_is_refused(wrong: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule) as caught:
        Route(**PAGERDUTY | wrong)
    assert "e93facc0" not in str(caught.value)


def test_a_route_may_ring_at_once() -> None:
    assert Route(**JSON | {"after": timedelta(0)}).after == timedelta(0)


def test_no_repr_shows_what_rings_or_acknowledges() -> None:
    route = Route(**PAGERDUTY | {"url": "https://hooks.example.com/s3cret?t=0ken"})
    call = RouteCall(
        route=route,
        page_id=7,
        case_name="CASE-1042",
        severity="Business Stopped",
        summary="down",
        customer="Acme",
        due_at=datetime(2026, 11, 23, 10, tzinfo=UTC),
        level="primary",
        people=("Ana",),
        case_url=None,
        ack_url="https://casebell.example.com/ack/s3cret",
        dedupe_key="page-7",
    )
    assert route.host == "hooks.example.com"
    for secret in ("s3cret", "0ken", "PAGERDUTY_ROUTING_KEY"):
        assert secret not in repr(call)
