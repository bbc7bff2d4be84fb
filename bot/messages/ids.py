"""Every id that Slack sends back to us, and what a button's value says."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

CASE_COMMAND = "/case"

FORM = "case_form"
RECEIPT = "case_receipt"

# One prefix for every input of the form: one listener serves those that redraw it.
FIELD_PREFIX = "case_field_"

ANSWERED = "case_answered"
ACKNOWLEDGE = "page_acknowledge"
ESCALATE = "page_escalate"


def field_id(key: str) -> str:
    """The block and action id of a field. It stays the same so that typed words survive."""
    return FIELD_PREFIX + key


def field_key(action_id: str) -> str:
    """The field of an action id."""
    return action_id.removeprefix(FIELD_PREFIX)


@dataclass(frozen=True)
class PageButton:
    """A button on a page: which page, and the version at which it was drawn."""

    page_id: int
    version: int

    def __str__(self) -> str:
        return f"page:{self.page_id}@{self.version}"

    @classmethod
    def parse(cls, value: str) -> PageButton | None:
        """Read a value back; None when it is none of ours."""
        match = re.fullmatch(r"page:([0-9]{1,18})@([0-9]{1,9})", value)
        return cls(int(match[1]), int(match[2])) if match else None


@dataclass(frozen=True)
class FormContext:
    """Where a form was asked for: submissions name no channel, so the form carries it."""

    team_id: str
    channel_id: str

    def __str__(self) -> str:
        return json.dumps({"v": 1, "team": self.team_id, "channel": self.channel_id})

    @classmethod
    def parse(cls, private_metadata: str) -> FormContext | None:
        """Read it back; None when it is none of ours."""
        try:
            found = json.loads(private_metadata)
            team, channel = found["team"], found["channel"]
        except (ValueError, TypeError, KeyError):
            return None
        if not (isinstance(team, str) and isinstance(channel, str)):
            return None
        return cls(team, channel)
