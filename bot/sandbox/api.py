"""The Web API: who may call what, and Slack's error codes for the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox import methods_chat as chat
from bot.sandbox import methods_files as files
from bot.sandbox import methods_lookup as lookup
from bot.sandbox import methods_views as views
from bot.sandbox import oauth
from bot.sandbox.arguments import Args, Refusal, need_scope
from bot.sandbox.model import Install, Json
from bot.sandbox.state import State


@dataclass(frozen=True)
class Method:
    """How a call is carried out, and the scopes of which the manifest must ask one.

    Methods that read conversations want the scope of the kind they are asked about as well.
    """

    run: Callable[[State, Args], Json]
    scopes: tuple[str, ...] = ()
    needs_token: bool = True


_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")

# What a customer's token can do here; of their own channels this workspace knows nothing.
_IN_EVERY_WORKSPACE = ("apps.uninstall", "auth.", "views.")

METHODS = {
    "apps.uninstall": Method(oauth.apps_uninstall),
    "apps.connections.open": Method(lookup.connections_open),
    "auth.test": Method(lookup.auth_test),
    "chat.delete": Method(chat.delete, ("chat:write",)),
    "chat.getPermalink": Method(chat.get_permalink),
    "chat.postEphemeral": Method(chat.post_ephemeral, ("chat:write",)),
    "chat.postMessage": Method(chat.post_message, ("chat:write",)),
    "chat.update": Method(chat.update, ("chat:write",)),
    "conversations.history": Method(lookup.conversations_history, _HISTORY),
    "conversations.info": Method(lookup.conversations_info, _READ),
    "conversations.members": Method(lookup.conversations_members, _READ),
    "conversations.open": Method(lookup.conversations_open, ("im:write", "mpim:write")),
    "conversations.replies": Method(lookup.conversations_replies, _HISTORY),
    "dnd.info": Method(lookup.dnd_info, ("dnd:read",)),
    "files.info": Method(files.files_info, ("files:read",)),
    "oauth.v2.access": Method(oauth.access, needs_token=False),
    "pins.add": Method(chat.add_pin, ("pins:write",)),
    "users.conversations": Method(lookup.users_conversations, _READ),
    "users.info": Method(lookup.users_info, ("users:read",)),
    "views.open": Method(views.views_open),
    "views.publish": Method(views.views_publish),
    "views.push": Method(views.views_push),
    "views.update": Method(views.views_update),
}
"""The methods of the local workspace, with the scopes that docs.slack.dev lists for each."""


def call(state: State, name: str, token: str, raw: dict[str, Any]) -> Json:
    """Carry out one call and give Slack's answer, `ok` or not."""
    with state.changed:
        try:
            method = _method(name)
            install = _install_of(state, name, token) if method.needs_token else None
            _check_scope(state, name, method, install)
            return {"ok": True, **method.run(state, Args(raw, install))}
        except Refusal as refusal:
            return {"ok": False, "error": refusal.code, **refusal.details}


def _method(name: str) -> Method:
    if name not in METHODS:
        raise Refusal("unknown_method", req_method=name)
    return METHODS[name]


def team_of(state: State, token: str) -> str | None:
    """The workspace that installed the app with a token, if it is one."""
    return next((one.team.id for one in state.installs.values() if one.token == token), None)


def scopes_of(state: State, token: str) -> frozenset[str]:
    """What a token may be used for, as Slack says in a header of each answer."""
    install = state.installs.get(team_of(state, token) or "", state.home_install)
    return state.manifest.scopes if install is state.home_install else install.scopes


def _install_of(state: State, name: str, token: str) -> Install | None:
    if not token:
        raise Refusal("not_authed")
    if token in state.dead_tokens:
        raise Refusal(state.dead_tokens[token])
    install = state.installs.get(team_of(state, token) or "")
    if install is None and token != state.app_token:
        raise Refusal("invalid_auth")
    wants_app_token = name == "apps.connections.open"
    if (token == state.app_token) is not wants_app_token:
        raise Refusal("not_allowed_token_type")
    return install


def _check_scope(state: State, name: str, method: Method, install: Install | None) -> None:
    """Ours has what the manifest asks for; a customer's has what they allowed, and no channels."""
    if install is None or install is state.home_install:
        need_scope(state, *method.scopes)
    elif method.scopes and install.scopes.isdisjoint(method.scopes):
        provided = ",".join(sorted(install.scopes))
        raise Refusal("missing_scope", needed=",".join(method.scopes), provided=provided)
    elif not name.startswith(_IN_EVERY_WORKSPACE):
        raise Refusal("channel_not_found")
