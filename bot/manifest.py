"""The app manifest: what Casebell asks of Slack, for Socket Mode and for HTTP.

`manifest.yml` is this, printed. Shape: docs.slack.dev/reference/app-manifest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from bot.messages.ids import CASE_COMMAND

REQUEST_PATH = "/slack/events"

# Each scope with what it is for; a test holds them against the methods and events in use.
SCOPES = {
    "channels:history": "see answers in case threads; find a message whose receipt was lost",
    "channels:read": "know the channels it is in, and who is in the team's",
    "chat:write": "post cards, pages and notices",
    "commands": "/case",
    "dnd:read": "warn that somebody on call would not hear a page at night",
    "groups:history": "the same as channels:history, in private channels",
    "groups:read": "the same as channels:read, for private channels",
    "im:history": "find a page whose receipt was lost",
    "im:write": "open DMs for pages and receipts",
    "users:read": "know who is a full member, a guest or a bot",
}

EVENTS = (
    "channel_left",
    "channel_shared",
    "channel_unshared",
    "group_left",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
)


def manifest(url: str | None = None) -> dict[str, Any]:
    """The manifest for HTTP at that address, or for Socket Mode without one."""
    request_url = {"request_url": url.rstrip("/") + REQUEST_PATH} if url else {}
    command = {
        "command": CASE_COMMAND,
        "description": "Open a support case",
        "usage_hint": "[help]",
        "should_escape": False,
    }
    if request_url:
        command["url"] = request_url["request_url"]
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
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "slash_commands": [command],
        },
        "oauth_config": {"scopes": {"bot": sorted(SCOPES)}},
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
