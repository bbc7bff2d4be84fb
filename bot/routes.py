"""Calls the routes: PagerDuty's Events API v2, and a plain JSON POST that is signed."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any
from urllib import request

from bot.domain.delivery import LONGEST_WAIT, SEND_TIMEOUT
from bot.domain.route import Route, RouteAction, RouteCall, RouteShape
from bot.errors import RouteError
from bot.outbound import make_opener, reason

# PagerDuty takes 1,024 characters, of whatever kind; half is more than a phone shows.
TITLE = 500
_LONGEST_WAIT = LONGEST_WAIT.total_seconds()
_JSON_ACTIONS = {RouteAction.TRIGGER: "page", RouteAction.RESOLVE: "over"}


class RouteCaller:
    """Calls routes, from any number of threads.

    Redirects are not followed; proxies are those of the environment (HTTPS_PROXY, NO_PROXY). Only
    the status of an answer counts, so its body is not read.

    Args:
        secret: WEBHOOK_SECRET; empty where no JSON route is used.
        environ: where the routing keys are.
        now: real time, since receivers compare the signature's time with theirs.
        timeout: seconds for each wait on the other end.
    """

    def __init__(
        self,
        secret: str,
        environ: Mapping[str, str],
        now: Callable[[], datetime],
        *,
        timeout: float = SEND_TIMEOUT,
    ) -> None:
        self._secret = secret
        self._environ = environ
        self._now = now
        self._timeout = timeout

    @cached_property
    def _opener(self) -> request.OpenerDirector:
        """Made for the first call, since its TLS context takes a while and most need none."""
        return make_opener()

    def problem(self, route: Route) -> str | None:
        """Why a route cannot be called with this environment, in a sentence, if it cannot."""
        if self._key(route):
            return None
        if route.shape is RouteShape.JSON:
            return "WEBHOOK_SECRET is not set. Set it and start again."
        return f"{route.secret} is not set in the environment. Set it and start again."

    def call(self, call: RouteCall, action: RouteAction) -> None:
        """Tell the other end; a repeated call is harmless.

        Raises:
            RouteError: it did not take it.
        """
        if problem := self.problem(call.route):
            raise RouteError(
                call.route.name, call.route.host, "no_secret", problem, is_permanent=True
            )
        post = self._request(call, action)
        try:
            with self._opener.open(post, timeout=self._timeout) as answer:
                status, retry_after = int(answer.status), answer.headers.get("Retry-After")
        except (OSError, http.client.HTTPException, ValueError) as error:
            # Without its cause, whose text may show the URL or what the other end wrote.
            raise _no_answer(call.route, error) from None
        if not 200 <= status < 300:
            raise _refused(call.route, status, seconds_until(retry_after, self._now()))

    def _key(self, route: Route) -> str:
        """What the call is proved with: PagerDuty's routing key, or the signature's secret."""
        if route.shape is RouteShape.JSON:
            return self._secret
        return self._environ.get(route.secret, "").strip()

    def _request(self, call: RouteCall, action: RouteAction) -> request.Request:
        now, key = self._now(), self._key(call.route)
        headers = {"Content-Type": "application/json"}
        match call.route.shape:
            case RouteShape.PAGERDUTY:
                body = _encoded(pagerduty_event(call, action, key, now))
            case RouteShape.JSON:
                body = _encoded(json_event(call, action))
                timestamp = str(int(now.timestamp()))
                headers["X-Casebell-Timestamp"] = timestamp
                headers["X-Casebell-Signature"] = signature(key, timestamp, body)
        return request.Request(call.route.url, body, headers, method="POST")  # noqa: S310 - Route checks it


def pagerduty_event(
    call: RouteCall, action: RouteAction, routing_key: str, now: datetime
) -> dict[str, Any]:
    """An event of PagerDuty's (github.com/PagerDuty/api-schema, events-v2).

    A trigger whose dedup_key has an open incident is only noted there and rings nobody; once that
    is resolved, the same key rings anew (support.pagerduty.com/docs/event-management). So a page
    that somebody acknowledged is resolved there, not acknowledged: it may have to ring again.
    """
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": action.value,
        "dedup_key": call.dedupe_key,
    }
    if action is RouteAction.RESOLVE:
        return event
    links = ((call.ack_url, "Acknowledge"), (call.case_url, "Open the case"))
    event["payload"] = {
        "summary": _title(call),
        "source": call.customer or "Casebell",  # may not be empty
        "severity": "critical",
        "timestamp": _instant(now),
        "component": call.case_name,
        "custom_details": {
            "severity": call.severity,
            "summary": call.summary,
            "answer_due": _instant(call.due_at),
            "level": call.level,
            "people": list(call.people),
        },
    }
    event["links"] = [{"href": url, "text": text} for url, text in links if url]
    event["client"] = "Casebell"
    if call.case_url:
        event["client_url"] = call.case_url
    return event


def json_event(call: RouteCall, action: RouteAction) -> dict[str, Any]:
    """What a JSON route is sent; its keys are a promise to whoever wrote the other end."""
    return {
        "action": _JSON_ACTIONS[action],
        "route": call.route.name,
        "dedupe_key": call.dedupe_key,
        "page": call.page_id,
        "case": call.case_name,
        "severity": call.severity,
        "summary": call.summary,
        "customer": call.customer,
        "answer_due": _instant(call.due_at),
        "level": call.level,
        "people": list(call.people),
        "case_url": call.case_url,
        "ack_url": call.ack_url,
    }


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Proves who sent a body, and when, in the way of Slack's requests.

    docs.slack.dev/authentication/verifying-requests-from-slack
    """
    base = f"v1:{timestamp}:".encode() + body
    return "v1=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def seconds_until(retry_after: str | None, now: datetime) -> float | None:
    """How long a Retry-After asks to wait, in seconds or until a date (RFC 9110, 10.2.3).

    At most LONGEST_WAIT; None where it says nothing that can be read.
    """
    text = (retry_after or "").strip()
    try:
        if text.isdecimal():
            return min(float(text), _LONGEST_WAIT)
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - now).total_seconds(), 0.0), _LONGEST_WAIT)


def _no_answer(route: Route, error: Exception) -> RouteError:
    """The kind of the failure and not its text, which may hold anything."""
    why = reason(error)
    kind = type(why).__name__
    never_left = isinstance(
        why, (ConnectionRefusedError, socket.gaierror, ssl.SSLCertVerificationError)
    )
    return RouteError(
        route.name, route.host, "no_answer", f"no answer ({kind}).", in_doubt=not never_left
    )


def _refused(route: Route, status: int, retry_after: float | None) -> RouteError:
    code = f"http_{status}"
    if status in (408, 429) or status >= 500:
        why = f"takes no calls for now (HTTP {status})."
        return RouteError(
            route.name, route.host, code, why, retry_after=retry_after, in_doubt=status >= 500
        )
    why = f"refuses the call (HTTP {status}). Check its url and its secret."
    return RouteError(route.name, route.host, code, why, is_permanent=True)


def _title(call: RouteCall) -> str:
    told = f"{call.case_name} · {call.severity} · {call.customer}: {call.summary}"
    line = " ".join(told.split())
    return line if len(line) <= TITLE else line[: TITLE - 1] + "…"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _encoded(event: Mapping[str, Any]) -> bytes:
    """As ASCII, so that no receiver can read or count the bytes in another way."""
    return json.dumps(event, separators=(",", ":")).encode("ascii")
