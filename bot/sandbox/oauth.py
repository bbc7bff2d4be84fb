"""How the app gets into other workspaces, and out of them: Slack's OAuth.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit
from zoneinfo import ZoneInfo

from bot.sandbox import events
from bot.sandbox.arguments import Args, Refusal
from bot.sandbox.exchange import Code
from bot.sandbox.model import Install, Json, Team, User
from bot.sandbox.state import State

SIGNED_IN = "d"
"""The cookie by which Slack knows who somebody is."""

_CODE_LIFE = timedelta(minutes=10)
_MEANINGS = {"commands": "Add shortcuts and/or slash commands that people can use"}


@dataclass(frozen=True)
class WebAnswer:
    """What a browser gets."""

    status: int
    html: str = ""
    location: str | None = None


@dataclass(frozen=True)
class _Asked:
    """What an app asks a workspace for."""

    scopes: frozenset[str]
    state: str
    redirect_uri: str


def authorize(state: State, query: str, body: str, signed_in: str) -> WebAnswer:
    """/oauth/v2/authorize: the page that asks, and with a `body` what somebody chose on it."""
    try:
        asked = _read(state, query)
        person = _installer(state, signed_in)
    except Refusal as refusal:
        return WebAnswer(400, _page("Something went wrong", f"<p>{refusal.code}</p>"))
    match parse_qs(body).get("choice"):
        case ["allow"]:
            code = f"{secrets.randbelow(10**12)}.{secrets.token_hex(32)}"
            expires = state.now() + _CODE_LIFE
            state.codes[code] = Code(person, asked.scopes, asked.redirect_uri, expires)
            return _back(asked, code=code)
        case ["cancel"]:
            return _back(asked, error="access_denied")
    return WebAnswer(200, _consent(state, person.team, asked))


def access(state: State, args: Args) -> Json:
    """oauth.v2.access: a token for a code, once; scopes only ever add to those given before."""
    _check_client(state, args)
    if "redirect_uri" in args and not _leads_back(state, args.needed("redirect_uri")):
        raise Refusal("bad_redirect_uri")
    code = state.codes.get(str(args.get("code", "")))
    if code is None or state.now() >= code.expires:
        raise Refusal("invalid_code")
    if code.used:
        raise Refusal("code_already_used")
    if args.get("redirect_uri") != code.redirect_uri:
        raise Refusal("bad_redirect_uri")
    code.used = True
    install = _install(state, code)
    return {
        "app_id": state.app_id,
        "authed_user": {"id": code.user.id},
        "scope": ",".join(sorted(install.scopes)),
        "token_type": "bot",
        "access_token": install.token,
        "bot_user_id": install.bot.id,
        "team": {"id": install.team.id, "name": install.team.name},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def apps_uninstall(state: State, args: Args) -> Json:
    """apps.uninstall: the app takes itself out of the workspace of its token."""
    _check_client(state, args)
    remove(state, args.install)
    return {}


def remove(state: State, install: Install) -> None:
    """Take the app out of a workspace; the app hears of it."""
    forget(state, install, "token_revoked")
    events.tell_of_end(state, install)


def forget(state: State, install: Install, code: str) -> None:
    """The app is in that workspace no more: its token is refused with this code."""
    del state.installs[install.team.id]
    state.dead_tokens[install.token] = code


def _read(state: State, query: str) -> _Asked:
    given = {name: values[0] for name, values in parse_qs(query).items()}
    if given.get("client_id") != state.client_id:
        raise Refusal("invalid_client_id")
    redirect_uri = given.get("redirect_uri", "")
    if not _leads_back(state, redirect_uri):
        raise Refusal("bad_redirect_uri")
    scopes = frozenset(filter(None, given.get("scope", "").split(",")))
    if not scopes or not scopes <= state.manifest.scopes:
        raise Refusal("invalid_scope")
    return _Asked(scopes, given.get("state", ""), redirect_uri)


def _leads_back(state: State, address: str) -> bool:
    """Whether Slack leads browsers there: below an address of the manifest, over HTTPS.

    On this machine HTTP does as well, which Slack would not take.
    """
    target = urlsplit(address)
    is_safe = target.scheme == "https" or target.hostname in ("127.0.0.1", "localhost")
    return is_safe and any(address.startswith(known) for known in state.manifest.redirect_urls)


def _installer(state: State, signed_in: str) -> User:
    person = state.users.get(signed_in)
    if person is None or person.deleted:
        raise Refusal("not_signed_in")
    if person.guest:
        raise Refusal("guests_cannot_install_apps")
    if person.team is not state.home and not state.distributed:
        raise Refusal("invalid_team_for_non_distributed_app")
    return person


def _check_client(state: State, args: Args) -> None:
    if args.get("client_id") != state.client_id:
        raise Refusal("invalid_client_id")
    if not hmac.compare_digest(str(args.get("client_secret", "")), state.client_secret):
        raise Refusal("bad_client_secret")


def _install(state: State, code: Code) -> Install:
    team = code.user.team
    install = state.installs.get(team.id)
    if install is None:
        name, zone = state.manifest.bot_name, ZoneInfo("UTC")
        bot = User(
            state.new_id("U"), name, team, zone, bot_id=state.new_id("B"), app_id=state.app_id
        )
        token = f"xoxb-{team.id}-{secrets.token_hex(12)}"
        install = Install(team, bot, token, frozenset())
        state.users[bot.id] = bot
        state.installs[team.id] = install
    install.scopes |= code.scopes
    return install


def _back(asked: _Asked, **told: str) -> WebAnswer:
    address = f"{asked.redirect_uri}?{urlencode({**told, 'state': asked.state})}"
    return WebAnswer(302, location=address)


def _consent(state: State, team: Team, asked: _Asked) -> str:
    wanted = "".join(
        f"<li>{escape(scope)}: {escape(_MEANINGS.get(scope, 'more'))}</li>"
        for scope in sorted(asked.scopes)
    )
    return _page(
        f"{state.manifest.app_name} is requesting permission to access the {team.name} Slack"
        " workspace",
        f"<p>What will it be able to do?</p><ul>{wanted}</ul>"
        '<form method="post"><button name="choice" value="cancel">Cancel</button>'
        '<button name="choice" value="allow">Allow</button></form>',
    )


def _page(title: str, content: str) -> str:
    name = escape(title)
    return f"<!doctype html><title>{name}</title><h1>{name}</h1>{content}"
