"""The app manifest: what Casebell asks of Slack, for Socket Mode and for HTTP.

`manifest.yml` is this, printed. Shape: docs.slack.dev/reference/app-manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.messages.ids import (
    CASE_COMMAND,
    FROM_ANYWHERE,
    FROM_MESSAGE,
    MAINTENANCE_COMMAND,
    ONCALL_COMMAND,
)

REQUEST_PATH = "/slack/events"
REDIRECT_PATH = "/slack/oauth_redirect"

# Each scope with what it is for; a test holds them against the methods and events in use.
SCOPES = {
    "app_mentions:read": "answer those who call it by name",
    "channels:history": "keep the record of case threads; find a message whose receipt was lost",
    "channels:read": "know the channels it is in, and who is in the team's",
    "chat:write": "post cards, pages and notices",
    "chat:write.customize": "post replies in the name of who wrote them",
    "commands": "/case with the shortcuts that open its form, /oncall, and /maintenance",
    "dnd:read": "warn that somebody on call would not hear a page at night",
    "files:read": "name the files in case threads",
    "groups:history": "the same as channels:history, in private channels",
    "groups:read": "the same as channels:read, for private channels",
    "im:history": "talk about a case in a DM; find a page whose receipt was lost",
    "im:write": "open DMs for pages and receipts",
    "pins:write": "pin how to open a case in each channel",
    "users:read": "know who is a full member, a guest or a bot",
}

EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_id_changed",
    "channel_left",
    "channel_rename",
    "channel_shared",
    "channel_unarchive",
    "channel_unshared",
    "group_archive",
    "group_left",
    "group_rename",
    "group_unarchive",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "tokens_revoked",
    "user_change",
)

COMMANDS = (
    {
        "command": CASE_COMMAND,
        "description": "Open a support case",
        "usage_hint": "[list | 1042 | why 1042 | help]",
        "should_escape": False,
    },
    {
        "command": ONCALL_COMMAND,
        "description": "Who is on call, now and next",
        "usage_hint": "[weeks | at 2026-11-21 02:00 | history | help]",
        "should_escape": False,
    },
    {
        "command": MAINTENANCE_COMMAND,
        "description": "Planned maintenance: what is ahead",
        "usage_hint": "[12 | past | help]",
        "should_escape": False,
    },
)

TEAM_COMMANDS = frozenset({ONCALL_COMMAND})
"""These answer the support team alone, wherever Casebell is installed."""

SHORTCUTS = (
    {
        "name": "Open a case",
        "type": "global",
        "callback_id": FROM_ANYWHERE,
        "description": "Open a support case",
    },
    {
        "name": "Open a case from this",
        "type": "message",
        "callback_id": FROM_MESSAGE,
        "description": "Open a support case with the words of this message",
    },
)


def manifest(url: str | None = None) -> dict[str, Any]:
    """The manifest for HTTP at that address, or for Socket Mode without one."""
    request_url = {"request_url": url.rstrip("/") + REQUEST_PATH} if url else {}
    command_url = {"url": request_url["request_url"]} if request_url else {}
    redirect_urls = {"redirect_urls": [url.rstrip("/") + REDIRECT_PATH]} if url else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Casebell",
            "description": "Support cases from Slack, answered in time.",
            "background_color": "#1d3557",
        },
        "features": {
            "bot_user": {"display_name": "casebell", "always_online": True},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "shortcuts": [dict(shortcut) for shortcut in SHORTCUTS],
            "slash_commands": [{**command, **command_url} for command in COMMANDS],
        },
        "oauth_config": {**redirect_urls, "scopes": {"bot": sorted(SCOPES)}},
        "settings": {
            "event_subscriptions": {**request_url, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **request_url},
            "org_deploy_enabled": False,
            "socket_mode_enabled": not url,
            "token_rotation_enabled": False,
        },
    }


def to_yaml(value: dict[str, Any]) -> str:
    """Maps, lists and scalars as YAML; scalars are written as JSON, which YAML contains."""
    return "\n".join(_lines(value, "")) + "\n"


def _lines(value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)):
                yield f"{indent}{key}:"
                yield from _lines(item, indent + "  ")
            else:
                yield f"{indent}{key}: {json.dumps(item)}"
    else:
        for item in value:
            if isinstance(item, dict):
                first, *rest = _lines(item, indent + "  ")
                yield f"{indent}- {first.lstrip()}"
                yield from rest
            else:
                yield f"{indent}- {json.dumps(item)}"
