"""What Block Kit allows in each element: https://docs.slack.dev/reference/block-kit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.sandbox.inputs import options
from bot.sandbox.rules import (
    Problems,
    Rule,
    Shape,
    anything,
    both,
    flag,
    integer,
    items,
    one_of,
    pattern,
    plain,
    problem,
    string,
    text,
    typed,
)

_CONFIRM = Shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)
_ACTION: Mapping[str, Rule] = {"action_id": string(255)}
_CHOICE: Mapping[str, Rule] = {**_ACTION, "confirm": _CONFIRM, "focus_on_load": flag}
_SELECT: Mapping[str, Rule] = {**_CHOICE, "placeholder": plain(150)}
_TYPED: Mapping[str, Rule] = {
    **_ACTION,
    "placeholder": plain(150),
    "focus_on_load": flag,
    "dispatch_action_config": Shape(
        {"trigger_actions_on": items(2, one_of("on_enter_pressed", "on_character_entered"))}
    ),
}

_OPTION = Shape({"text": plain(75), "value": string(150)}, {"description": plain(75)})
_RICH_OPTION = Shape({"text": text(75), "value": string(150)}, {"description": text(75)})
_LINK_OPTION = Shape(
    {"text": plain(75), "value": string(150)}, {"description": plain(75), "url": string(3000)}
)
_DATE = pattern(r"\d{4}-\d{2}-\d{2}", "a date in the format YYYY-MM-DD")
_TIME = pattern(r"\d{2}:\d{2}", "a time in the format HH:mm")
_IDS = items(100, string(255), 0)


def _presets_are_options(value: Any, at: str) -> Problems:
    chosen = value.get("initial_options") or [value.get("initial_option")]
    known = [(o.get("text"), o.get("value")) for o in options(value) if isinstance(o, dict)]
    for preset in chosen:
        if isinstance(preset, dict) and (preset.get("text"), preset.get("value")) not in known:
            yield problem("initial option must match one of the options", at)


def _options_or_groups(value: Any, at: str) -> Problems:
    if ("options" in value) == ("option_groups" in value):
        yield problem("must define either options or option_groups", at)


_STATIC: Mapping[str, Rule] = {
    **_SELECT,
    "options": items(100, _OPTION),
    "option_groups": items(100, Shape({"label": plain(75), "options": items(100, _OPTION)})),
}
_OF_OPTIONS = (_options_or_groups, _presets_are_options)
_SEVERAL = {"max_selected_items": integer(1, 100)}
_FILTER = Shape(
    {},
    {
        "include": items(4, one_of("im", "mpim", "private", "public")),
        "exclude_external_shared_channels": flag,
        "exclude_bot_users": flag,
    },
)

BUTTON = Shape(
    {"text": plain(75)},
    {
        **_ACTION,
        "confirm": _CONFIRM,
        "url": string(3000),
        "value": string(2000, 0),
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75),
    },
)
IMAGE = Shape({"alt_text": string(2000)}, {"image_url": string(3000), "slack_file": anything})
OVERFLOW = Shape({"options": items(5, _LINK_OPTION, 2)}, {**_ACTION, "confirm": _CONFIRM})

CHOICES: Mapping[str, Rule] = {
    "checkboxes": both(
        Shape(
            {"options": items(10, _RICH_OPTION)},
            {**_CHOICE, "initial_options": items(10, _RICH_OPTION)},
        ),
        _presets_are_options,
    ),
    "radio_buttons": both(
        Shape({"options": items(10, _RICH_OPTION)}, {**_CHOICE, "initial_option": _RICH_OPTION}),
        _presets_are_options,
    ),
    "static_select": both(Shape({}, {**_STATIC, "initial_option": _OPTION}), *_OF_OPTIONS),
    "external_select": Shape(
        {}, {**_SELECT, "initial_option": _OPTION, "min_query_length": integer(0, 100)}
    ),
    "users_select": Shape({}, {**_SELECT, "initial_user": string(255)}),
    "channels_select": Shape(
        {}, {**_SELECT, "initial_channel": string(255), "response_url_enabled": flag}
    ),
    "conversations_select": Shape(
        {},
        {
            **_SELECT,
            "initial_conversation": string(255),
            "default_to_current_conversation": flag,
            "response_url_enabled": flag,
            "filter": _FILTER,
        },
    ),
    "datepicker": Shape({}, {**_SELECT, "initial_date": _DATE}),
    "timepicker": Shape({}, {**_SELECT, "initial_time": _TIME, "timezone": string(100)}),
    "datetimepicker": Shape(
        {}, {**_CHOICE, "initial_date_time": integer(1_000_000_000, 9_999_999_999)}
    ),
}

MULTIPLE_CHOICES: Mapping[str, Rule] = {
    "multi_static_select": both(
        Shape({}, {**_STATIC, **_SEVERAL, "initial_options": items(100, _OPTION)}), *_OF_OPTIONS
    ),
    "multi_external_select": Shape(
        {},
        {
            **_SELECT,
            **_SEVERAL,
            "initial_options": items(100, _OPTION),
            "min_query_length": integer(0, 100),
        },
    ),
    "multi_users_select": Shape({}, {**_SELECT, **_SEVERAL, "initial_users": _IDS}),
    "multi_channels_select": Shape({}, {**_SELECT, **_SEVERAL, "initial_channels": _IDS}),
    "multi_conversations_select": Shape(
        {}, {**_SELECT, **_SEVERAL, "initial_conversations": _IDS, "filter": _FILTER}
    ),
}

TYPED: Mapping[str, Rule] = {
    "plain_text_input": Shape(
        {},
        {
            **_TYPED,
            "initial_value": string(3000, 0),
            "multiline": flag,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
    ),
    "email_text_input": Shape({}, {**_TYPED, "initial_value": string(3000, 0)}),
    "url_text_input": Shape({}, {**_TYPED, "initial_value": string(3000, 0)}),
    "number_input": Shape(
        {"is_decimal_allowed": flag},
        {
            **_TYPED,
            "initial_value": string(100, 0),
            "min_value": string(100),
            "max_value": string(100),
        },
    ),
    "rich_text_input": Shape({}, {**_TYPED, "initial_value": anything}),
    "file_input": Shape(
        {}, {**_ACTION, "filetypes": items(100, string(20)), "max_files": integer(1, 10)}
    ),
}

IN_ACTIONS = typed({"button": BUTTON, "overflow": OVERFLOW, **CHOICES})
IN_SECTION = typed(
    {"button": BUTTON, "image": IMAGE, "overflow": OVERFLOW, **CHOICES, **MULTIPLE_CHOICES}
)
IN_INPUT = typed({**CHOICES, **MULTIPLE_CHOICES, **TYPED})
IN_CONTEXT = typed(
    {
        "image": IMAGE,
        "plain_text": plain(3000),
        "mrkdwn": text(3000),
    }
)
