"""Which events the bot hears, and the envelope they travel in.

https://docs.slack.dev/apis/events-api
"""

from __future__ import annotations

from bot.sandbox import wire
from bot.sandbox.exchange import View
from bot.sandbox.model import Conversation, Install, Json, User
from bot.sandbox.state import State


def tell(state: State, room: Conversation, name: str, scope: str, event: Json) -> None:
    """Queue an event the app subscribes to, may read, and is there to hear."""
    if state.bot in room.members:
        _tell(state, name, scope, event, shared=room.is_ext_shared)


def tell_of_channel(state: State, room: Conversation, event: Json) -> None:
    """Queue an event on a channel, which the scope for reading its kind lets the app hear."""
    event["event_ts"] = state.new_ts()
    tell(state, room, event["type"], f"{room.kind.family}:read", event)


def tell_of_message(state: State, room: Conversation, event: Json) -> None:
    """Queue an event on a message."""
    family = room.kind.family
    tell(state, room, f"message.{family}", f"{family}:history", event)


def tell_of_user(state: State, person: User) -> None:
    """Queue that a person, whom the bot can know of, is not what they were."""
    if person.team is state.home or state.shares_a_channel(person):
        ts = state.new_ts()
        event: Json = {
            "type": "user_change",
            "user": wire.user(state, person),
            "cache_ts": int(float(ts)),
            "event_ts": ts,
        }
        _tell(state, "user_change", "users:read", event, shared=False)


def tell_of_home(
    state: State, person: User, home: View | None, install: Install | None = None
) -> None:
    """Queue that someone looks at the Home tab of an installation's bot; it needs no scope."""
    event: Json = {
        "type": "app_home_opened",
        "user": person.id,
        "channel": state.direct(person).id,
        "tab": "home",
        "event_ts": state.new_ts(),
    }
    if home:
        event["view"] = wire.view(state, home)
    _tell(state, "app_home_opened", None, event, shared=False, install=install)


def tell_of_end(state: State, install: Install) -> None:
    """Queue that an installation is over: two events, of which neither is authorized any more."""
    for event in (
        {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [install.bot.id]}},
        {"type": "app_uninstalled"},
    ):
        if event["type"] in state.manifest.events:
            told = _envelope(state, event, shared=False, install=install)
            state.pending.append({**told, "authorizations": []})
    state.changed.notify_all()


def _tell(
    state: State,
    name: str,
    scope: str | None,
    event: Json,
    *,
    shared: bool,
    install: Install | None = None,
) -> None:
    manifest = state.manifest
    if name in manifest.events and (scope is None or scope in manifest.scopes):
        state.pending.append(_envelope(state, event, shared=shared, install=install))
        state.changed.notify_all()


def _envelope(state: State, event: Json, *, shared: bool, install: Install | None = None) -> Json:
    heard_by = install or state.home_install
    return {
        "token": "verification-token",
        "team_id": heard_by.team.id,
        "context_team_id": heard_by.team.id,
        "context_enterprise_id": None,
        "api_app_id": state.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": state.new_id("Ev"),
        "event_time": int(state.now().timestamp()),
        "event_context": f"4-{state.new_id('E')}",
        "is_ext_shared_channel": shared,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": heard_by.team.id,
                "user_id": heard_by.bot.id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
    }
