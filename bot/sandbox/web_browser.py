"""Somebody's browser: it keeps cookies and follows where it is led, over real HTTP."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

from bot.sandbox.oauth import SIGNED_IN

_MOST_STEPS = 5


@dataclass(frozen=True)
class WebPage:
    """What the browser shows at the end of its way."""

    url: str
    status: int
    html: str
    headers: Mapping[str, str] = field(repr=False)

    @property
    def text(self) -> str:
        """Its words, without markup, styles and titles."""
        shown = re.sub(r"<(style|title)>.*?</\1>", "", self.html, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", shown)).split())


class Browser:
    """A browser, signed in at Slack.

    Args:
        slack_url: where Slack is.
        user_id: who is signed in there.
    """

    def __init__(self, slack_url: str, user_id: str) -> None:
        self._cookies: dict[str, SimpleCookie] = {}
        self._keep(slack_url, f"{SIGNED_IN}={user_id}; Path=/")

    def open(self, url: str) -> WebPage:
        """Go to an address, and on to where it leads."""
        for _ in range(_MOST_STEPS):
            page = self._ask("GET", url)
            if not 300 <= page.status < 400:
                return page
            url = urljoin(url, page.headers["location"])
        raise ValueError(f"led in circles, at last to {url}")

    def choose(self, page: WebPage, choice: str) -> WebPage:
        """Press a button of Slack's page that asks: `allow` or `cancel`; and be led on."""
        return self.open(self.led_to(page, choice))

    def led_to(self, page: WebPage, choice: str) -> str:
        """Where a button of that page leads, without going there."""
        answer = self._ask("POST", page.url, urlencode({"choice": choice}).encode())
        return urljoin(page.url, answer.headers.get("location", page.url))

    def forget_cookies(self, url: str) -> None:
        """Keep no cookies of that site."""
        self._cookies.pop(urlsplit(url).netloc, None)

    def _ask(self, method: str, url: str, body: bytes | None = None) -> WebPage:
        target = urlsplit(url)
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=10)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        if cookies := self._sent_to(target.netloc, target.path):
            headers["Cookie"] = cookies
        try:
            path = f"{target.path}?{target.query}" if target.query else target.path
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            html = response.read().decode()
        finally:
            connection.close()
        for cookie in response.headers.get_all("Set-Cookie", ()):
            self._keep(url, cookie)
        answered = {name.lower(): value for name, value in response.getheaders()}
        return WebPage(url, response.status, html, answered)

    def _keep(self, url: str, cookie: str) -> None:
        # By host and port: on one machine, these are our sites.
        self._cookies.setdefault(urlsplit(url).netloc, SimpleCookie()).load(cookie)

    def _sent_to(self, site: str, path: str) -> str:
        kept = self._cookies.get(site, SimpleCookie())
        fitting = [one for one in kept.values() if path.startswith(one["path"] or "/")]
        return "; ".join(f"{one.key}={one.value}" for one in fitting)
