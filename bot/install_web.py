"""Installing Casebell in a customer's workspace, in their browser: to Slack and back.

The browser keeps a cookie on the way: an answer of Slack's counts in the browser that asked.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

from bot import install_page
from bot.domain.installation import Verdict
from bot.errors import NotReadyError, SlackError, StorageUnavailableError
from bot.policy_file import Vendor
from bot.services.installing import STATE_LIFE, Installing
from bot.web import Answer
from bot.web_page import CONTENT_TYPE, HEADERS, WebPage

_log = logging.getLogger(__name__)

COOKIE = "casebell_install"

_SAID_NO = "access_denied"  # by this Slack says that somebody pressed Cancel

# By these Slack says that a code is forged, used or too old; by others, that something is amiss
# with us (docs.slack.dev/reference/methods/oauth.v2.access).
_BAD_CODE = frozenset({"code_already_used", "code_expired", "invalid_code"})


@dataclass(frozen=True)
class InstallWeb:
    """Answers the two addresses; neither query is in any log."""

    installing: Installing
    vendor: Vendor

    def begin(self, query: str, cookies: str) -> Answer:
        """Somebody follows the link that the team made: on to Slack."""
        try:
            begun = self.installing.begin(_one(query, "account"), _kept(cookies))
        except StorageUnavailableError as error:
            return self._sorry(error, HTTPStatus.SERVICE_UNAVAILABLE)
        if begun is None:
            return _answer(install_page.bad_link(self.vendor))
        headers = (("Location", begun.url), ("Set-Cookie", self._cookie(begun.browser)))
        return Answer(HTTPStatus.FOUND, headers=(*headers, *HEADERS))

    def finish(self, query: str, cookies: str) -> Answer:
        """Slack sends somebody back, who said yes or no."""
        state, browser = _one(query, "state"), _kept(cookies)
        try:
            if error := _one(query, "error"):
                return _answer(self._not_let_in(state, browser, error))
            return _answer(self._finished(state, browser, _one(query, "code")))
        except SlackError as error:
            if error.code in _BAD_CODE:
                return _answer(install_page.bad_link(self.vendor))
            return self._sorry(error, HTTPStatus.BAD_GATEWAY)
        except (StorageUnavailableError, NotReadyError) as error:
            return self._sorry(error, HTTPStatus.SERVICE_UNAVAILABLE)

    def _not_let_in(self, state: str, browser: str, error: str) -> WebPage:
        if not self.installing.cancelled(state, browser):
            return install_page.bad_link(self.vendor)
        if error == _SAID_NO:
            return install_page.cancelled(self.vendor)
        _log.warning("Slack let nobody install: %s", re.sub("[^a-z_]", "?", error[:60]))
        return install_page.stopped(self.vendor)

    def _finished(self, state: str, browser: str, code: str) -> WebPage:
        done = self.installing.finish(state, browser, code) if code else None
        if done is None:
            return install_page.bad_link(self.vendor)
        if done.verdict is Verdict.TAKEN:
            return install_page.installed(self.vendor, done.name)
        return install_page.refused(self.vendor, done.verdict)

    def _sorry(self, error: Exception, status: HTTPStatus) -> Answer:
        _log.error("an installation failed: %s", error)
        return _answer(install_page.sorry(self.vendor, status))

    def _cookie(self, browser: str) -> str:
        # Lax: it comes along when Slack's page leads back here, and with no other site's requests.
        place = urlsplit(self.installing.public_url)
        cookie = (
            f"{COOKIE}={browser}; Path={place.path.rstrip('/')}/slack; HttpOnly; SameSite=Lax;"
            f" Max-Age={int(STATE_LIFE.total_seconds())}"
        )
        return f"{cookie}; Secure" if place.scheme == "https" else cookie


def _one(query: str, name: str) -> str:
    """The value of a parameter that is there once; "" otherwise."""
    try:
        found: Mapping[str, list[str]] = parse_qs(query, max_num_fields=20)
    except ValueError:
        return ""
    values = found.get(name, ())
    return values[0] if len(values) == 1 else ""


def _kept(cookies: str) -> str:
    # Not http.cookies, which reads none after one that it takes for broken: on the way here comes
    # what others of the same site have set.
    kept = (cookie.strip().partition("=") for cookie in cookies.split(";"))
    return next((value for name, _, value in kept if name == COOKIE), "")


def _answer(shown: WebPage) -> Answer:
    status, html = shown
    return Answer(HTTPStatus(status), html, CONTENT_TYPE, HEADERS)
