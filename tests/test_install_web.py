"""The pages of an installation: what each says, to whom, and what none of them says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest

from bot import install_page, manifest
from bot.domain.installation import Verdict
from bot.errors import CasebellError, NotReadyError, SlackError, StorageUnavailableError
from bot.install_web import COOKIE, InstallWeb
from bot.policy import load_policy
from bot.services.installing import Begun, Finished
from bot.web_page import WebPage

VENDOR = load_policy().vendor
WORST = '<img src=x onerror="alert(1)"> & Co'
PAGES: dict[str, WebPage] = {
    "installed": install_page.installed(VENDOR, WORST),
    "installed in one without a name": install_page.installed(VENDOR, "  "),
    "cancelled": install_page.cancelled(VENDOR),
    "stopped": install_page.stopped(VENDOR),
    "bad link": install_page.bad_link(VENDOR),
    **{
        str(verdict): install_page.refused(VENDOR, verdict)
        for verdict in Verdict
        if verdict is not Verdict.TAKEN
    },
    "sorry": install_page.sorry(VENDOR, install_page.HTTPStatus.BAD_GATEWAY),
}


@dataclass
class Stub:
    """Does what it is told to, in place of the use cases."""

    does: Callable[[], Any]
    public_url: str = "https://casebell.example/support/"
    asked: tuple[str, ...] = ()

    def begin(self, *asked: str) -> Any:
        self.asked = asked
        return self.does()

    finish = cancelled = begin


def raising(error: Exception) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


def web(does: Callable[[], Any]) -> tuple[InstallWeb, Stub]:
    stub = Stub(does)
    return InstallWeb(stub, VENDOR), stub  # type: ignore[arg-type]


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_no_page_has_markup_of_others_or_runs_anything(page: WebPage) -> None:
    _, html = page
    tags = {tag.lower() for tag in re.findall(r"<([a-zA-Z]+)", html)}
    assert tags <= {"html", "head", "meta", "title", "style", "body", "main", "h", "p", "b"}
    assert "onerror=" not in re.sub(r"&[a-z#0-9]+;", "", html) or "&lt;img" in html


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_every_page_says_what_to_do_next(page: WebPage) -> None:
    _, html = page
    body = html.partition("<body>")[2]
    assert re.search(
        r"/case|[Oo]pen the link|button|choose|Remove|write to|pinned|permission", body
    )


def test_the_name_of_a_workspace_is_shown_as_it_is() -> None:
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp; Co" in PAGES["installed"][1]
    assert "Casebell is installed in your workspace." in PAGES["installed in one without a name"][1]


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (StorageUnavailableError("away"), 503),
        (NotReadyError("not yet"), 503),
        (SlackError("oauth.v2.access", "no_answer", in_doubt=True), 502),
        (SlackError("oauth.v2.access", "bad_client_secret"), 502),
        (SlackError("oauth.v2.access", "invalid_code"), 404),
    ],
    ids=str,
)
def test_what_fails_is_a_page_with_what_to_do(error: CasebellError, status: int) -> None:
    made, _ = web(raising(error))
    answer = made.finish("code=1&state=2", "")
    assert answer.status == status
    assert "Open the link that you were sent" in answer.body
    assert str(error) not in answer.body


def test_a_database_that_is_away_leads_nobody_to_slack() -> None:
    made, _ = web(raising(StorageUnavailableError("away")))
    assert made.begin("account=x", "").status == 503


def test_the_cookie_goes_where_the_link_leads_and_over_https_alone() -> None:
    made, _ = web(lambda: Begun("https://slack.com/oauth", "b" * 43))
    headers = dict(made.begin("account=x", "").headers)
    assert headers["Location"] == "https://slack.com/oauth"
    assert headers["Set-Cookie"] == (
        f"{COOKIE}={'b' * 43}; Path=/support/slack; HttpOnly; SameSite=Lax; Max-Age=600; Secure"
    )


@pytest.mark.parametrize(
    ("query", "cookies", "expected"),
    [
        ("account=a%3Db", "", ("a=b", "")),
        ("account=a&account=b", "", ("", "")),
        ("other=a", f"x=1; {COOKIE}=kept; y=2", ("", "kept")),
        ("&".join(f"a{n}=1" for n in range(50)), "", ("", "")),
        ("account=a", "a=b\x00;;;=", ("a", "")),
        ("account=a", f'a={{"x": 1}}; b[c]=d; flag; \xff=1; {COOKIE}=kept', ("a", "kept")),
        ("", "\xff" * 99, ("", "")),
    ],
    ids=["one", "two of a name", "a cookie", "many", "a broken one", "others' cookies", "no text"],
)
def test_what_a_browser_sends_is_read_with_care(
    query: str, cookies: str, expected: tuple[str, str]
) -> None:
    made, stub = web(lambda: None)
    assert made.begin(query, cookies).status == 404
    assert stub.asked == expected


def test_who_comes_back_with_an_error_and_a_code_has_cancelled() -> None:
    made, stub = web(lambda: True)
    answer = made.finish("error=access_denied&state=2&code=3", f"{COOKIE}=kept")
    assert answer.body == install_page.cancelled(VENDOR)[1]
    assert stub.asked == ("2", "kept")


@pytest.mark.parametrize("error", ["invalid_scope", "server_error", "access_denied_", "<script>"])
def test_who_comes_back_with_another_error_has_not_said_no(
    error: str, caplog: pytest.LogCaptureFixture
) -> None:
    made, stub = web(lambda: True)
    answer = made.finish(urlencode({"error": error, "state": "2"}), f"{COOKIE}=kept")
    assert answer.body == install_page.stopped(VENDOR)[1]
    assert "You said no" not in answer.body
    assert stub.asked == ("2", "kept")
    assert "<script>" not in caplog.text


@pytest.mark.parametrize("error", ["invalid_scope", "access_denied"])
def test_an_error_with_a_state_that_is_none_of_ours_is_a_bad_link(error: str) -> None:
    made, _ = web(lambda: False)
    answer = made.finish(f"error={error}&state=2", f"{COOKIE}=kept")
    assert answer.body == install_page.bad_link(VENDOR)[1]


def test_the_page_names_what_the_manifest_installs() -> None:
    _, html = PAGES["installed"]
    for command in manifest.COMMANDS:
        assert f"<b>{command['command']}</b>" in html
    for shortcut in manifest.SHORTCUTS:
        assert f"<b>{shortcut['name']}</b>" in html
    assert "<b>/oncall</b> answers Logik.io's own team alone" in unescape(html)
    assert "The commands <b>/case</b> and <b>/maintenance</b>" in html


def test_what_was_taken_is_said() -> None:
    made, stub = web(lambda: Finished(Verdict.TAKEN, "Acme"))
    assert "Casebell is installed in Acme." in made.finish("state=2&code=3", "").body
    assert stub.asked == ("2", "", "3")
