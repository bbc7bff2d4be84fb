"""Another way to ring than Slack: which levels it rings, so long after them, and what it tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

_NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
# With an underscore, so that a routing key written there by mistake is no name.
_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
_PRINTABLE = re.compile(r"[!-~]+")  # urlsplit would drop line breaks without a word
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class RouteShape(StrEnum):
    """What the other end understands."""

    PAGERDUTY = "pagerduty"  # Events API v2
    JSON = "json"  # a plain POST, signed


class RouteAction(StrEnum):
    """What the other end is told."""

    TRIGGER = "trigger"  # somebody is rung
    RESOLVE = "resolve"  # somebody has it, or it is over: stop ringing


@dataclass(frozen=True)
class Route:
    """A way to ring, from the policy; stamped on a page when it opens.

    It rings so long `after` one of its `levels` was rung. The URL may itself be a secret, so it is
    in no sentence and no repr; `host` stands for it.

    Args:
        secret: the name of the environment variable with PagerDuty's routing key; empty for JSON,
            which is signed with WEBHOOK_SECRET.

    Raises:
        ValueError: it cannot be carried out as it stands.
    """

    name: str
    shape: RouteShape
    url: str = field(repr=False)
    levels: tuple[str, ...]
    after: timedelta
    secret: str = field(repr=False)  # a name, unless somebody wrote the key itself there

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError("a route's name is 1 to 40 letters, digits, - and _")
        needs_secret = self.shape is RouteShape.PAGERDUTY
        for holds, rule in (
            (
                may_be_called(self.url),
                "its url is one of https (http on this machine only), without a password",
            ),
            (bool(self.levels) and all(self.levels), "it rings at least one level"),
            (self.after >= timedelta(0), "it rings after 0 minutes or more"),
            (
                not needs_secret or _VARIABLE.fullmatch(self.secret),
                "its key is the NAME of the environment variable with the routing key",
            ),
            (
                needs_secret or not self.secret,
                "a json route has no key but WEBHOOK_SECRET",
            ),
        ):
            if not holds:
                raise ValueError(f"route {self.name}: {rule}")

    @property
    def host(self) -> str:
        """Where it calls, as far as logs may know."""
        return urlsplit(self.url).hostname or ""

    def to_dict(self) -> dict[str, Any]:
        """The route as JSON takes it, the delay in seconds."""
        return {
            "name": self.name,
            "shape": self.shape.value,
            "url": self.url,
            "levels": list(self.levels),
            "after": self.after.total_seconds(),
            "secret": self.secret,
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Route:
        """The route that `to_dict` wrote."""
        return cls(
            name=stored["name"],
            shape=RouteShape(stored["shape"]),
            url=stored["url"],
            levels=tuple(stored["levels"]),
            after=timedelta(seconds=stored["after"]),
            secret=stored["secret"],
        )


@dataclass(frozen=True)
class RouteCall:
    """What is told over a route about a page.

    Args:
        severity: in the policy's words, not its key.
        due_at: by when the customer is to be answered; aware.
        level: that is rung; None for somebody who acknowledged without being on call.
        people: the names of whom that level means now.
        ack_url: acknowledges the page, so it is in no repr; None where nothing is left to do.
        dedupe_key: the same for all that is told of one page over one route, at most 255
            characters; a repeated call with it is no second alarm.
    """

    route: Route
    page_id: int
    case_name: str
    severity: str
    summary: str
    customer: str
    due_at: datetime
    level: str | None
    people: tuple[str, ...]
    case_url: str | None
    ack_url: str | None = field(repr=False)
    dedupe_key: str


def may_be_called(url: str) -> bool:
    """Whether it is an address of https (http on this machine only), without a password."""
    if not _PRINTABLE.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        has_place = bool(parts.hostname) and parts.port != 0  # a port out of range raises
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    return is_safe and has_place and "@" not in parts.netloc
