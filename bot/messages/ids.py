"""Every id that Slack sends back to us, and what a button's value says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

CASE_COMMAND = "/case"
ONCALL_COMMAND = "/oncall"
MAINTENANCE_COMMAND = "/maintenance"

# Shortcuts: on a message, and from anywhere.
FROM_MESSAGE = "case_from_message"
FROM_ANYWHERE = "case_from_anywhere"

# The schedule ahead: a button, and the view that it opens.
ONCALL_WEEKS = "oncall_weeks"

# The form that opens a case. One prefix for its inputs: one listener serves those that redraw it.
FORM = "case_form"
RECEIPT = "case_receipt"
FIELD_PREFIX = "case_field_"

# Buttons.
OPEN_CASE = "case_open"  # its value is the key of a draft, or absent
ANSWERED = "case_answered"
TAKE = "case_take"
REPLY = "case_reply"
RESOLVE = "case_resolve"
REOPEN = "case_reopen"
MORE = "case_more"
ALARM = "case_alarm"
ACKNOWLEDGE = "page_acknowledge"
ESCALATE = "page_escalate"
CHANNEL_SETUP = "channel_setup"
HOME_PAGE = "home_page"
HANDOFF_HAVE = "handoff_have"  # its value is the number of a handoff

# Buttons that change who is on call. The first three open a form; the first may have a level as
# its value, the next two have none. The value of the others is a number: the request's, or the
# override's.
ONCALL_TAKE = "oncall_take"
ONCALL_COVER = "oncall_cover"
ONCALL_SWAP = "oncall_swap"
REQUEST_ACCEPT = "request_accept"
REQUEST_DECLINE = "request_decline"
REQUEST_CANCEL = "request_cancel"
OVERRIDE_CANCEL = "override_cancel"

# Forms about a case or a channel, and what only says something.
REPLY_FORM = "case_reply_form"
RESOLVE_FORM = "case_resolve_form"
ASSIGN_FORM = "case_assign_form"
SEVERITY_FORM = "case_severity_form"
ALARM_FORM = "case_alarm_form"
CHANNEL_FORM = "channel_form"

# Forms about who is on call, and what such a form says when it is done.
TAKE_FORM = "oncall_take_form"
COVER_FORM = "oncall_cover_form"
SWAP_FORM = "oncall_swap_form"
ONCALL_RECEIPT = "oncall_receipt"

# Their inputs, block and action id in one.
REPLY_TEXT = "reply_text"
NOTE = "note"
ASSIGNEE = "assignee"
SEVERITY_CHOICE = "severity_choice"
REASON = "reason"
ALARM_WORDS = "alarm_words"
ACCOUNT = "account"
KIND = "kind"
SECTORS = "maintenance_sectors"
ROUTINE = "maintenance_routine"
EACH_WEEK, WITH_WORK = "each_week", "with_work"  # its values
LEVEL = "oncall_level"
FROM = "oncall_from"
UNTIL = "oncall_until"
COVER_NOTE = "oncall_note"
MINE = "swap_mine"
THEIRS = "swap_theirs"


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
class CaseButton:
    """A button about a case, or a form that it opened: which case, and the version then."""

    number: int
    version: int

    def __str__(self) -> str:
        return f"case:{self.number}@{self.version}"

    @classmethod
    def parse(cls, value: str) -> CaseButton | None:
        """Read a value back; None when it is none of ours."""
        match = re.fullmatch(r"case:([0-9]{1,18})@([0-9]{1,9})", value)
        return cls(int(match[1]), int(match[2])) if match else None


class More(StrEnum):
    """What stands behind the three dots of a team card."""

    ASSIGN = "assign"
    SEVERITY = "severity"
    WAITING = "waiting"


def more_value(what: More, button: CaseButton) -> str:
    """The value of an option behind the three dots."""
    return f"{what}|{button}"


def parse_more(value: str) -> tuple[More, CaseButton] | None:
    """Read an option's value back; None when it is none of ours."""
    what, _, rest = value.partition("|")
    button = CaseButton.parse(rest)
    return (More(what), button) if button and what in set(More) else None


@dataclass(frozen=True)
class StretchChoice:
    """A shift to choose in a form: its first and last second as Unix time, whose, and what for."""

    start: int
    end: int
    user_id: str
    level: str

    def __str__(self) -> str:
        return f"{self.start}-{self.end}:{self.user_id}:{self.level}"

    @classmethod
    def parse(cls, value: str) -> StretchChoice | None:
        """Read a value back; None when it is none of ours."""
        match = re.fullmatch(r"([0-9]{1,10})-([0-9]{1,10}):([A-Z0-9]+):(.+)", value)
        if match is None or int(match[1]) >= int(match[2]):
            return None
        return cls(int(match[1]), int(match[2]), match[3], match[4])


@dataclass(frozen=True)
class TakeContext:
    """Who had the pager when the form to take it was opened, by the levels that it offers."""

    on_call: Mapping[str, Sequence[str]]

    def __str__(self) -> str:
        people = {level: list(users) for level, users in self.on_call.items()}
        return json.dumps({"v": 1, "on_call": people}, ensure_ascii=False)

    @classmethod
    def parse(cls, private_metadata: str) -> TakeContext | None:
        """Read it back; None when it is none of ours."""
        try:
            found = json.loads(private_metadata)["on_call"].items()
            return cls({str(level): [str(user) for user in users] for level, users in found})
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


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
