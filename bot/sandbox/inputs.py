"""What the inputs of a view or a message hold, in the shape of Slack's `state.values`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from bot.sandbox import reading

Json = dict[str, Any]
Values = dict[tuple[str, str], Json]
"""By (block_id, action_id)."""

_HOLDS = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "file_input": ("files", "initial_files"),
    "overflow": ("selected_option", ""),
}
"""The key under which a kind of input keeps its answer, and the one that pre-sets it."""


def initial(blocks: Sequence[Json], kept: Values | None = None) -> Values:
    """What a freshly drawn view holds: `kept` where block_id and action_id stay, else presets."""
    kept = kept or {}
    values: Values = {}
    for block, element in reading.interactive(blocks):
        if not keeps(element):
            continue
        key = (block["block_id"], element["action_id"])
        before = kept.get(key)
        same_kind = before is not None and before["type"] == element["type"]
        values[key] = before if before is not None and same_kind else _preset(element)
    return values


def keeps(element: Json) -> bool:
    """Whether an element shows its answer afterwards: a button and an overflow menu do not."""
    return element["type"] in _HOLDS and element["type"] != "overflow"


def by_block(values: Values) -> Json:
    """The nested form that payloads carry."""
    nested: Json = {}
    for (block_id, action_id), entry in values.items():
        nested.setdefault(block_id, {})[action_id] = entry
    return nested


def options(element: Json) -> list[Json]:
    """Every option of a select, those in groups included."""
    groups = element.get("option_groups", ())
    return [*element.get("options", ()), *(o for group in groups for o in group["options"])]


def answer_in(entry: Json) -> Any:
    """What was typed or chosen; None or an empty list when nothing was."""
    return entry[_HOLDS[entry["type"]][0]]


def entry(element: Json, answer: object) -> Json:
    """The answer of a person to one input; options go by their label or value, people by id.

    Raises:
        LookupError: no option reads so, or this kind of input cannot be filled here.
    """
    kind = element["type"]
    if kind not in _HOLDS:
        raise LookupError(f"nothing can be chosen in a {kind}")
    key, _ = _HOLDS[kind]
    held: object
    match key:
        case "value":
            held = None if answer in (None, "") else str(answer)
        case "selected_option":
            held = None if answer is None else _option(element, answer)
        case "selected_options":
            held = [_option(element, one) for one in _several(answer)]
        case "selected_date" | "selected_time" | "selected_date_time":
            held = _moment(answer)
        case "selected_users" | "selected_channels" | "selected_conversations":
            held = [getattr(one, "id", one) for one in _several(answer)]
        case "selected_user" | "selected_channel" | "selected_conversation":
            held = getattr(answer, "id", answer)
        case _:
            raise LookupError(f"the local workspace cannot fill a {kind}")
    return {"type": kind, key: held}


def _preset(element: Json) -> Json:
    key, preset = _HOLDS[element["type"]]
    nothing: object = [] if key.endswith("s") else None
    return {"type": element["type"], key: element.get(preset) or nothing}


def _option(element: Json, wanted: object) -> Json:
    choices = options(element)
    for option in choices:
        if wanted in (option["text"]["text"], option.get("value")):
            return option
    labels = ", ".join(option["text"]["text"] for option in choices)
    raise LookupError(f"no option {wanted!r} among: {labels}")


def _several(answer: object) -> Iterable[object]:
    match answer:
        case None:
            return ()
        case list() | tuple() | set():
            return answer
        case _:
            return (answer,)


def _moment(answer: object) -> object:
    match answer:
        case datetime():
            return int(answer.timestamp())
        case date():
            return answer.isoformat()
        case time():
            return f"{answer:%H:%M}"
        case _:
            return answer
