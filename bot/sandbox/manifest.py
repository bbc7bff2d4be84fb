"""What the app asked Slack for: the part of manifest.yml that decides what it may do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shortcut:
    """A shortcut of the whole app, or of each message (`message`)."""

    name: str
    callback_id: str
    of_messages: bool


@dataclass(frozen=True)
class Manifest:
    """The parsed manifest, read once.

    The fields are those of https://docs.slack.dev/reference/app-manifest.
    """

    app_name: str
    bot_name: str
    scopes: frozenset[str]
    commands: Mapping[str, bool]
    """Each slash command, and whether mentions in its text arrive as ids (`should_escape`)."""
    shortcuts: tuple[Shortcut, ...]
    events: frozenset[str]
    redirect_urls: tuple[str, ...]
    interactive: bool
    home_tab: bool
    messages_tab: bool
    messages_read_only: bool

    @classmethod
    def parse(cls, manifest: Mapping[str, Any]) -> Manifest:
        """Read a manifest as `yaml.safe_load` or `json.loads` gives it."""
        features = manifest.get("features", {})
        settings = manifest.get("settings", {})
        tabs = features.get("app_home", {})
        bot_name = features.get("bot_user", {}).get("display_name", "bot")
        return cls(
            app_name=manifest.get("display_information", {}).get("name", bot_name),
            bot_name=bot_name,
            scopes=frozenset(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", ())),
            commands={
                command["command"]: bool(command.get("should_escape"))
                for command in features.get("slash_commands", ())
            },
            shortcuts=tuple(
                Shortcut(shortcut["name"], shortcut["callback_id"], shortcut["type"] == "message")
                for shortcut in features.get("shortcuts", ())
            ),
            events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", ())),
            redirect_urls=tuple(manifest.get("oauth_config", {}).get("redirect_urls", ())),
            interactive=bool(settings.get("interactivity", {}).get("is_enabled")),
            home_tab=bool(tabs.get("home_tab_enabled")),
            messages_tab=bool(tabs.get("messages_tab_enabled", True)),
            messages_read_only=bool(tabs.get("messages_tab_read_only_enabled")),
        )
