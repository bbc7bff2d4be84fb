"""The manifest: what Casebell asks of Slack is what it uses, and Slack's schema takes it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.manifest import EVENTS, SCOPES, manifest, to_yaml
from bot.messages import ids

ROOT = Path(__file__).parent.parent
URL = "https://casebell.example"
BOTH = pytest.mark.parametrize(
    "made", [pytest.param(manifest(), id="Socket Mode"), pytest.param(manifest(URL), id="HTTP")]
)

# The bot scopes of each method in use, for the places where Casebell uses it: channels of both
# kinds, and DMs where it looks for a page (docs.slack.dev/reference/methods, "Required scopes").
SCOPES_OF_METHODS: dict[str, set[str]] = {
    "apps_connections_open": set(),  # of the token of the app, not of the bot
    "auth_test": set(),
    "chat_postMessage": {"chat:write", "chat:write.customize"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history", "im:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "conversations_members": {"channels:read", "groups:read"},
    "conversations_open": {"im:write"},
    "conversations_replies": {"channels:history", "groups:history", "im:history"},
    "dnd_info": {"dnd:read"},
    "files_info": {"files:read"},
    "pins_add": {"pins:write"},
    "users_conversations": {"channels:read", "groups:read"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_push": set(),
    "views_update": set(),
}
# The same for events (docs.slack.dev/reference/events).
SCOPES_OF_EVENTS: dict[str, set[str]] = {
    "app_home_opened": set(),
    "app_mention": {"app_mentions:read"},
    "app_uninstalled": set(),
    "channel_archive": {"channels:read"},
    "channel_id_changed": {"channels:read", "groups:read"},
    "channel_left": {"channels:read"},
    "channel_rename": {"channels:read"},
    "channel_shared": {"channels:read", "groups:read"},
    "channel_unarchive": {"channels:read"},
    "channel_unshared": {"channels:read", "groups:read"},
    "group_archive": {"groups:read"},
    "group_left": {"groups:read"},
    "group_rename": {"groups:read"},
    "group_unarchive": {"groups:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "message.channels": {"channels:history"},
    "message.groups": {"groups:history"},
    "message.im": {"im:history"},
    "tokens_revoked": set(),
    "user_change": {"users:read"},
}


def trees(*patterns: str) -> Iterator[ast.AST]:
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            yield ast.parse(path.read_text("utf-8"))


def methods_called() -> set[str]:
    """The Web API methods that the gateway and the listeners name."""
    return {
        node.attr
        for tree in trees("bot/slack_gateway.py", "handlers/*.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and ast.unparse(node.value) in ("client", "self._client", "self._asking", "self._finder")
        and callable(getattr(WebClient, node.attr, None))
    }


def registered(kind: str) -> set[str]:
    """What handlers serve by name: the first arguments of `app.event(...)` and its like."""
    return {
        ast.unparse(node.args[0])
        for tree in trees("handlers/*.py")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == f"app.{kind}" and node.args
    }


def test_manifest_yml_is_what_the_command_prints() -> None:
    assert (ROOT / "manifest.yml").read_text("utf-8") == to_yaml(manifest())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": 1, "b": True, "c": "x: y"}, 'a: 1\nb: true\nc: "x: y"\n'),
        ({"a": {"b": {"c": None}}}, "a:\n  b:\n    c: null\n"),
        ({"a": ["x", "y"]}, 'a:\n  - "x"\n  - "y"\n'),
        ({"a": [{"b": 1, "c": 2}, {"b": 3}]}, "a:\n  - b: 1\n    c: 2\n  - b: 3\n"),
        ({"a": [{"b": {"c": 1}}]}, "a:\n  - b:\n      c: 1\n"),
    ],
)
def test_yaml_is_maps_lists_and_quoted_texts(value: dict[str, Any], text: str) -> None:
    assert to_yaml(value) == text


def test_the_methods_in_use_are_those_in_the_table() -> None:
    assert methods_called() == set(SCOPES_OF_METHODS)


def test_the_scopes_are_exactly_those_that_methods_events_and_commands_need() -> None:
    used = [*SCOPES_OF_METHODS.values(), *SCOPES_OF_EVENTS.values(), {"commands"}]
    assert set(SCOPES) == set().union(*used)


def test_every_scope_says_what_it_is_for() -> None:
    assert all(SCOPES.values())


def test_the_events_are_those_that_handlers_serve() -> None:
    """`message` comes as one event for each kind of place: channels public and private."""
    served = {ast.literal_eval(name) for name in registered("event") if name != "anything"}
    assert {event.partition(".")[0] for event in EVENTS} == served
    assert set(EVENTS) == set(SCOPES_OF_EVENTS)


def test_the_commands_are_those_that_handlers_serve() -> None:
    served = {getattr(ids, name.removeprefix("ids.")) for name in registered("command")}
    commands = [command["command"] for command in manifest()["features"]["slash_commands"]]
    assert sorted(commands) == sorted(served) == ["/case", "/maintenance", "/oncall"]


@BOTH
def test_the_texts_fit_slacks_schema(made: dict[str, Any]) -> None:
    """Lengths of github.com/slackapi/manifest-schema, schemas/manifest.schema.2.0.0.json."""
    shown, features = made["display_information"], made["features"]
    texts = [
        (shown["name"], 1, 35),
        (shown["description"], 1, 140),
        (features["bot_user"]["display_name"], 1, 80),
    ]
    for command in features["slash_commands"]:
        assert re.fullmatch(r"/[a-z0-9_-]+", command["command"])
        texts += [
            (command["command"], 2, 32),
            (command["description"], 1, 2000),
            (command["usage_hint"], 1, 1000),
            (command.get("url", "x"), 1, 3000),
        ]
    for text, least, most in texts:
        assert least <= len(text) <= most, text
    assert re.fullmatch(r"#[0-9a-f]{6}", shown["background_color"])


@BOTH
def test_it_has_the_keys_of_the_schema_and_no_other(made: dict[str, Any]) -> None:
    """`additionalProperties` is false there: one key too many, and Slack refuses it all."""
    keys = {
        "": {"_metadata", "display_information", "features", "oauth_config", "settings"},
        "_metadata": {"major_version", "minor_version"},
        "display_information": {"name", "description", "background_color"},
        "features": {"bot_user", "app_home", "shortcuts", "slash_commands"},
        "features.bot_user": {"display_name", "always_online"},
        "features.app_home": {
            "home_tab_enabled",
            "messages_tab_enabled",
            "messages_tab_read_only_enabled",
        },
        "oauth_config": {"scopes"},  # and where Slack leads back to, over HTTP
        "oauth_config.scopes": {"bot"},
        "settings": {
            "event_subscriptions",
            "interactivity",
            "org_deploy_enabled",
            "socket_mode_enabled",
            "token_rotation_enabled",
        },
    }
    for path, expected in keys.items():
        found = made
        for part in filter(None, path.split(".")):
            found = found[part]
        assert set(found) - {"redirect_urls"} == expected, path
    allowed = {"command", "description", "usage_hint", "should_escape", "url"}
    assert all(set(command) <= allowed for command in made["features"]["slash_commands"])


def test_the_shortcuts_are_those_that_handlers_serve() -> None:
    served = {name for name in registered("shortcut") if name != "anything"}
    assert served == {"ids.FROM_MESSAGE", "ids.FROM_ANYWHERE"}
    made = manifest()["features"]["shortcuts"]
    assert {shortcut["callback_id"] for shortcut in made} == {ids.FROM_MESSAGE, ids.FROM_ANYWHERE}
    for shortcut in made:
        assert len(shortcut["name"]) <= 24
        assert len(shortcut["description"]) <= 150
        assert shortcut["type"] in ("message", "global")


@BOTH
def test_lists_are_within_limits_and_name_nothing_twice(made: dict[str, Any]) -> None:
    scopes = made["oauth_config"]["scopes"]["bot"]
    events = made["settings"]["event_subscriptions"]["bot_events"]
    assert len(scopes) == len(set(scopes)) <= 255
    assert len(events) == len(set(events)) <= 100
    assert scopes == sorted(scopes)
    assert events == sorted(events)


@BOTH
def test_pages_reach_people_in_dms_and_buttons_work(made: dict[str, Any]) -> None:
    """Without the Messages tab a DM is refused as messages_tab_disabled."""
    assert made["features"]["app_home"]["messages_tab_enabled"]
    assert made["settings"]["interactivity"]["is_enabled"]


@BOTH
def test_tokens_do_not_rotate(made: dict[str, Any]) -> None:
    """It cannot be undone, and a process that only posts would lose its token in 12 hours."""
    assert made["settings"]["token_rotation_enabled"] is False


def test_socket_mode_names_no_address() -> None:
    made = manifest()
    assert made["settings"]["socket_mode_enabled"] is True
    assert "url" not in json.dumps(made)


@pytest.mark.parametrize("url", [URL, URL + "/"])
def test_http_names_one_address_for_everything(url: str) -> None:
    made = manifest(url)
    address = "https://casebell.example/slack/events"
    assert made["settings"]["socket_mode_enabled"] is False
    assert {command["url"] for command in made["features"]["slash_commands"]} == {address}
    assert made["settings"]["event_subscriptions"]["request_url"] == address
    assert made["settings"]["interactivity"]["request_url"] == address


@pytest.mark.parametrize("url", [URL, URL + "/"])
def test_http_names_where_slack_leads_back_to_after_an_installation(url: str) -> None:
    expected = ["https://casebell.example/slack/oauth_redirect"]
    assert manifest(url)["oauth_config"]["redirect_urls"] == expected


def test_both_ask_for_the_same_of_a_workspace() -> None:
    socket, http = manifest(), manifest(URL)
    assert socket["oauth_config"]["scopes"] == http["oauth_config"]["scopes"]
    events = [m["settings"]["event_subscriptions"]["bot_events"] for m in (socket, http)]
    assert events[0] == events[1]
