"""What Slack answers to a code, read; and where people are sent to be asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from small_bot import MANIFEST

from bot.errors import SlackError
from bot.sandbox import Refused, Workspace
from bot.slack_oauth import WebSlackInstall, _grant

ANSWER = {
    "ok": True,
    "access_token": "xoxb-1",
    "token_type": "bot",
    "scope": "commands",
    "bot_user_id": "U0BOT",
    "app_id": "A0",
    "team": {"id": "T0ACME", "name": "Acme"},
    "enterprise": {"id": "E0ACME", "name": "Acme Holding"},
    "authed_user": {"id": "U0ADMIN"},
    "is_enterprise_install": False,
}


def test_a_workspaces_installation_is_the_workspaces() -> None:
    grant = _grant(ANSWER)
    assert (grant.team_id, grant.name, grant.token) == ("T0ACME", "Acme", "xoxb-1")
    assert (grant.scopes, grant.bot_user_id) == ({"commands"}, "U0BOT")
    assert (grant.installed_by, grant.enterprise_id) == ("U0ADMIN", "E0ACME")
    assert _grant(ANSWER | {"enterprise": None}).enterprise_id == ""


def test_an_organisations_installation_is_the_organisations() -> None:
    grant = _grant(ANSWER | {"team": None, "is_enterprise_install": True})
    assert (grant.team_id, grant.name) == ("E0ACME", "Acme Holding")


@pytest.mark.parametrize(
    "changed",
    [
        {"token_type": "user"},
        {"team": None},
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 1},
        {"team": {"name": "x"}},
        {"team": {"id": None, "name": "x"}},
    ],
)
def test_an_answer_without_a_bots_token_is_none(changed: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError)):
        _grant(ANSWER | changed)


@pytest.mark.parametrize(
    ("api_url", "expected"),
    [
        ("https://slack.com/api/", "https://slack.com/oauth/v2/authorize"),
        ("http://127.0.0.1:9/api/", "http://127.0.0.1:9/oauth/v2/authorize"),
    ],
)
def test_people_are_asked_beside_the_api_for_one_permission(api_url: str, expected: str) -> None:
    url = WebSlackInstall("1.2", "secret", "https://casebell.example/", api_url).url("a&b=c")
    assert url.partition("?")[0] == expected
    assert parse_qs(urlsplit(url).query, keep_blank_values=True) == {
        "client_id": ["1.2"],
        "scope": ["commands"],
        "user_scope": [""],
        "state": ["a&b=c"],
        "redirect_uri": ["https://casebell.example/slack/oauth_redirect"],
    }


def test_every_refusal_is_slacks_code() -> None:
    with Workspace(MANIFEST) as ws:
        install = WebSlackInstall(ws.client_id, "wrong", "https://casebell.example", ws.api_url)
        with pytest.raises(SlackError, match="bad_client_secret"):
            install.exchange("code")
        with pytest.raises(SlackError, match="invalid_auth"):
            install.check("xoxb-unknown")
        ws.faults.add("apps.uninstall", Refused("client_id_token_mismatch"))
        with pytest.raises(SlackError, match="client_id_token_mismatch"):
            install.undo(ws.bot_token)
