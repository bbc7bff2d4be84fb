"""Slash commands and shortcuts: how a person calls on the app.

People of other organisations have neither, unless their own workspace has installed the app:
Slack's own client refuses them, and the bot is not asked (https://docs.slack.dev/apis/slack-connect).
"""

from __future__ import annotations

from bot.sandbox import keyboard, responses, wire
from bot.sandbox.arguments import Refusal
from bot.sandbox.delivery import Answer, Sender, Surface
from bot.sandbox.exchange import ResponseUrl
from bot.sandbox.interactions import Reply, envelope, ephemerals_of, interact
from bot.sandbox.manifest import Shortcut
from bot.sandbox.model import Conversation, Install, Json, Message, User
from bot.sandbox.state import State


def run_command(
    state: State, send: Sender, person: User, command: str, text: str, room: Conversation
) -> Reply:
    """Type a slash command."""
    install = _install(state, person)
    if install is None or command not in state.manifest.commands:
        return Reply(None, f"{command} is not a valid command.")
    escaped = state.manifest.commands[command]
    with state.changed:
        response_url = state.new_response_url(person, room)
        leave = state.response_urls[response_url.rpartition("/")[2]]
        payload: Json = {
            "token": "verification-token",
            "team_id": install.team.id,
            "team_domain": install.team.domain,
            "channel_id": room.id,
            "channel_name": wire.channel_name(room),
            "user_id": person.id,
            "user_name": person.handle,
            "command": command,
            "text": (keyboard.as_sent if escaped else keyboard.as_bare)(state, text),
            "api_app_id": state.app_id,
            "is_enterprise_install": "false",
            "response_url": response_url,
            "trigger_id": state.new_trigger(person, install),
        }
    before = len(ephemerals_of(state, person))
    answer = send(Surface.COMMAND, payload, None)
    code = _trouble(state, leave, answer)
    problem = f'{command} failed with the error "{code}"' if code else None
    return Reply(answer.status, problem, ephemerals_of(state, person)[before:])


def run_shortcut(state: State, send: Sender, person: User, name: str) -> Reply:
    """Choose a global shortcut: it tells of no channel and can be answered by a form alone."""
    shortcut = _find(state, person, name, of_messages=False)
    if shortcut is None:
        return _not_listed(name)
    with state.changed:
        payload = _call(state, person, "shortcut", shortcut)
    return interact(state, send, person, payload)


def run_message_shortcut(
    state: State, send: Sender, person: User, name: str, message: Message
) -> Reply:
    """Choose a shortcut in the menu of a message; ephemeral ones have no such menu."""
    shortcut = _find(state, person, name, of_messages=True)
    if shortcut is None or message.only_for:
        return _not_listed(name)
    room = message.conversation
    with state.changed:
        payload = _call(state, person, "message_action", shortcut) | {
            "response_url": state.new_response_url(person, room),
            "message_ts": message.ts,
            "message": wire.message(message),
            "channel": {"id": room.id, "name": wire.channel_name(room)},
        }
    return interact(state, send, person, payload)


def _install(state: State, person: User) -> Install | None:
    """The installation in somebody's own workspace, if it has commands."""
    install = state.installs.get(person.team.id)
    return install if install and "commands" in install.scopes else None


def _find(state: State, person: User, name: str, *, of_messages: bool) -> Shortcut | None:
    if _install(state, person) is None:
        return None
    for shortcut in state.manifest.shortcuts:
        if name in (shortcut.name, shortcut.callback_id) and shortcut.of_messages is of_messages:
            return shortcut
    return None


def _not_listed(name: str) -> Reply:
    return Reply(None, f"There is no shortcut {name!r} here.")


def _call(state: State, person: User, kind: str, shortcut: Shortcut) -> Json:
    install = _install(state, person)
    return envelope(state, person, kind, install) | {
        "callback_id": shortcut.callback_id,
        "trigger_id": state.new_trigger(person, install),
        "action_ts": state.new_ts(),
    }


def _trouble(state: State, leave: ResponseUrl, answer: Answer) -> str | None:
    """Show what the bot answered at once to a command; the code of what is wrong with it."""
    if answer.status != 200:
        return "operation_timeout" if answer.failure == "http_timeout" else "dispatch_failed"
    if not answer.payload:
        return None
    with state.changed:
        try:
            responses.answer(state, leave, answer.payload)
        except Refusal as refusal:
            return refusal.code
        finally:
            state.changed.notify_all()
    return None
