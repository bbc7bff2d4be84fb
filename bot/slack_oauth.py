"""Slack's OAuth: how Casebell gets into a workspace other than ours, and out of it again.

docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

from slack_sdk import WebClient

from bot.domain.installation import SCOPE, Grant
from bot.errors import SlackError
from bot.manifest import REDIRECT_PATH
from bot.slack_calls import call, make_client

TIMEOUT = 4  # seconds; somebody waits at a browser, not Slack


class WebSlackInstall:
    """See `bot.services.ports.SlackInstall`.

    Args:
        client_id, client_secret: the app's, from its page Basic Information.
        public_url: where Casebell is reached from outside.
        api_url: Slack's; people are asked for leave beside it.
    """

    def __init__(self, client_id: str, client_secret: str, public_url: str, api_url: str) -> None:
        self._client_id, self._client_secret = client_id, client_secret
        self.redirect_url = public_url.rstrip("/") + REDIRECT_PATH
        self._api_url = api_url
        self._tls = ssl.create_default_context() if api_url.startswith("https:") else None

    def url(self, state: str) -> str:
        """Where somebody is asked to let Casebell in."""
        asked = {
            "client_id": self._client_id,
            "scope": SCOPE,
            "user_scope": "",
            "state": state,
            "redirect_uri": self.redirect_url,
        }
        return f"{urljoin(self._api_url, '../oauth/v2/authorize')}?{urlencode(asked)}"

    def exchange(self, code: str) -> Grant:
        """What the code that came back is good for; it works once.

        Raises:
            SlackError: Slack does not take it, or gives no token for a bot.
        """
        answer = call(
            "oauth.v2.access",
            self._client().oauth_v2_access,
            client_id=self._client_id,
            client_secret=self._client_secret,
            code=code,
            redirect_uri=self.redirect_url,
        )
        try:
            return _grant(answer.data)
        except (KeyError, TypeError):  # what it gave is in no error: it may be a token
            raise SlackError("oauth.v2.access", "no_bot_token") from None

    def check(self, token: str) -> None:
        """Whether Slack takes a token still.

        Raises:
            SlackError: it does not, or does not answer.
        """
        call(
            "auth.test", make_client(token, self._api_url, timeout=TIMEOUT, tls=self._tls).auth_test
        )

    def undo(self, token: str) -> None:
        """Take Casebell out of the workspace that a token is for.

        Raises:
            SlackError: Slack does not do it.
        """
        call(
            "apps.uninstall",
            self._client(token).apps_uninstall,
            client_id=self._client_id,
            client_secret=self._client_secret,
        )

    def _client(self, token: str = "") -> WebClient:
        return make_client(token, self._api_url, timeout=TIMEOUT, tls=self._tls)


def _grant(answer: Mapping[str, Any]) -> Grant:
    # Installed for a whole organisation, `team` is null (docs.slack.dev/enterprise).
    where = answer["enterprise"] if answer.get("is_enterprise_install") else answer["team"]
    token, team_id = answer["access_token"], where["id"]
    if answer["token_type"] != "bot" or not _is_said(token) or not _is_said(team_id):  # noqa: S105
        raise TypeError("no bot's token, or nobody's")
    return Grant(
        team_id=team_id,
        name=str(where.get("name") or ""),
        token=token,
        scopes=frozenset(filter(None, str(answer.get("scope") or "").split(","))),
        bot_user_id=str(answer.get("bot_user_id") or ""),
        installed_by=str((answer.get("authed_user") or {}).get("id") or ""),
        enterprise_id=str((answer.get("enterprise") or {}).get("id") or ""),
    )


def _is_said(value: object) -> bool:
    return isinstance(value, str) and value != ""
