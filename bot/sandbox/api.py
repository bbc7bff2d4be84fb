"""The Web API: who may call what, and Slack's error codes for the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox import methods_chat as chat
from bot.sandbox import methods_files as files
from bot.sandbox import methods_lookup as lookup
from bot.sandbox import methods_views as views
from bot.sandbox.arguments import Args, Refusal, need_scope
from bot.sandbox.model import Json
from bot.sandbox.state import State


@dataclass(frozen=True)
class Method:
    """How a call is carried out, and the scopes of which the manifest must ask one.

    Methods that read conversations want the scope of the kind they are asked about as well.
    """

    run: Callable[[State, Args], Json]
    scopes: tuple[str, ...] = ()


_READ = ("channels:read", "groups:read", "im:read", "mpim:read")
_HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")

METHODS = {
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
            _check_token(state, name, token)
            need_scope(state, *method.scopes)
            return {"ok": True, **method.run(state, Args(raw))}
        except Refusal as refusal:
            return {"ok": False, "error": refusal.code, **refusal.details}


def _method(name: str) -> Method:
    if name not in METHODS:
        raise Refusal("unknown_method", req_method=name)
    return METHODS[name]


def _check_token(state: State, name: str, token: str) -> None:
    if not token:
        raise Refusal("not_authed")
    if token not in (state.bot_token, state.app_token):
        raise Refusal("invalid_auth")
    wants_app_token = name == "apps.connections.open"
    if (token == state.app_token) is not wants_app_token:
        raise Refusal("not_allowed_token_type")
