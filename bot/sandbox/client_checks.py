"""What Slack's own client says of an answer before it lets a form go."""

from __future__ import annotations

import re

from bot.sandbox.inputs import Json

REQUIRED = "Please complete this required field."

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_URL = re.compile(r"https?://\S+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_LONGEST_INPUT = 3000


def complaint(element: Json, answer: object, *, optional: bool) -> str | None:
    """The text under an input that keeps a form from being submitted; None when it is fine."""
    if answer in (None, "", []):
        return None if optional else REQUIRED
    text = str(answer)
    match element["type"]:
        case "plain_text_input":
            most = element.get("max_length", _LONGEST_INPUT)
            least = element.get("min_length", 0)
            if len(text) > most:
                return f"Please shorten this to {most} characters or fewer."
            if len(text) < least:
                return f"Please lengthen this to {least} characters or more."
        case "email_text_input" if not _EMAIL.fullmatch(text):
            return "Please enter a valid email address."
        case "url_text_input" if not _URL.fullmatch(text):
            return "Please enter a valid URL."
        case "number_input" if not _NUMBER.fullmatch(text):
            return "Please enter a number."
    return None
