"""What Slack is to be told: the kinds of messages, whom they are for, and how sending can end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, TypeAlias

from bot.domain.access import Audience


class MessageKind(StrEnum):
    """Every message that Casebell sends by itself."""

    CASE_CARD = "case_card"
    RECEIPT = "receipt"
    NOT_POSTED = "not_posted"
    TEAM_CARD = "team_card"
    LONG_ANSWER = "long_answer"
    RESUBMITTED = "resubmitted"
    NOT_POSTED_TEAM = "not_posted_team"
    CLOCK_NEWS = "clock_news"
    PAGE = "page"
    PAGE_NEWS = "page_news"
    ROUTE_CALL = "route_call"
    TEAM_CHANNEL_LOST = "team_channel_lost"
    REPLY = "reply"
    STATUS_NEWS = "status_news"
    MIRRORED = "mirrored"
    TEAM_NEWS = "team_news"
    ASSIGNED = "assigned"
    RELEASED = "released"
    BEFORE_WORK = "before_work"
    CHANNEL_NEWS = "channel_news"
    NOT_OPENED = "not_opened"
    RESUME = "resume"
    WELCOME = "welcome"
    INVITATION = "invitation"
    SHIFT_CHANGED = "shift_changed"
    SHIFT_REQUEST = "shift_request"
    REQUEST_NEWS = "request_news"
    READINESS = "readiness"
    HANDOFF = "handoff"
    HANDED_OFF = "handed_off"
    HANDOFF_MISSED = "handoff_missed"
    LEVEL_EMPTY = "level_empty"
    AUDIT = "audit"
    MAINTENANCE = "maintenance"
    NOT_TOLD = "not_told"
    POLICY_DIFFERS = "policy_differs"
    INSTALL_NEWS = "install_news"


AUDIENCES: Mapping[MessageKind, Audience] = {
    MessageKind.CASE_CARD: Audience.CUSTOMER,
    MessageKind.RECEIPT: Audience.CUSTOMER,
    MessageKind.NOT_POSTED: Audience.CUSTOMER,
    MessageKind.TEAM_CARD: Audience.TEAM,
    MessageKind.LONG_ANSWER: Audience.TEAM,
    MessageKind.RESUBMITTED: Audience.TEAM,
    MessageKind.NOT_POSTED_TEAM: Audience.TEAM,
    MessageKind.CLOCK_NEWS: Audience.TEAM,
    MessageKind.PAGE: Audience.TEAM,
    MessageKind.PAGE_NEWS: Audience.TEAM,
    MessageKind.TEAM_CHANNEL_LOST: Audience.TEAM,
    MessageKind.ROUTE_CALL: Audience.TEAM,
    MessageKind.REPLY: Audience.CUSTOMER,
    MessageKind.STATUS_NEWS: Audience.CUSTOMER,
    MessageKind.MIRRORED: Audience.TEAM,
    MessageKind.TEAM_NEWS: Audience.TEAM,
    MessageKind.ASSIGNED: Audience.TEAM,
    MessageKind.RELEASED: Audience.TEAM,
    MessageKind.BEFORE_WORK: Audience.TEAM,
    MessageKind.CHANNEL_NEWS: Audience.TEAM,
    MessageKind.NOT_OPENED: Audience.TEAM,
    MessageKind.SHIFT_CHANGED: Audience.TEAM,
    MessageKind.SHIFT_REQUEST: Audience.TEAM,
    MessageKind.REQUEST_NEWS: Audience.TEAM,
    MessageKind.READINESS: Audience.TEAM,
    MessageKind.HANDOFF: Audience.TEAM,
    MessageKind.HANDED_OFF: Audience.TEAM,
    MessageKind.HANDOFF_MISSED: Audience.TEAM,
    MessageKind.LEVEL_EMPTY: Audience.TEAM,
    MessageKind.AUDIT: Audience.TEAM,
    MessageKind.NOT_TOLD: Audience.TEAM,
    MessageKind.POLICY_DIFFERS: Audience.TEAM,
    MessageKind.INSTALL_NEWS: Audience.TEAM,
    MessageKind.RESUME: Audience.EVERYBODY,
    MessageKind.WELCOME: Audience.EVERYBODY,
    MessageKind.INVITATION: Audience.EVERYBODY,
    MessageKind.MAINTENANCE: Audience.EVERYBODY,
}


class Priority(IntEnum):
    """What goes first when much is due: pages before all else."""

    PAGE = 0
    CASE = 1
    NOTICE = 2


PRIORITIES: Mapping[MessageKind, Priority] = {
    MessageKind.PAGE: Priority.PAGE,
    MessageKind.ROUTE_CALL: Priority.PAGE,
    MessageKind.TEAM_CHANNEL_LOST: Priority.PAGE,
    MessageKind.PAGE_NEWS: Priority.PAGE,
    MessageKind.MAINTENANCE: Priority.NOTICE,
    MessageKind.NOT_TOLD: Priority.NOTICE,  # after what waits, which may yet be told
    MessageKind.MIRRORED: Priority.NOTICE,
    MessageKind.WELCOME: Priority.NOTICE,
}


@dataclass(frozen=True)
class Draft:
    """A message to be written to the outbox, in the transaction of the fact that it tells.

    Args:
        subject: what it is about, such as "case:1042"; its messages are found by it.
        facts: ids and what happened, never words: those are chosen when it is sent.
        channel_id: where it goes; or else
        user_id: the person who gets it as a DM.
        dedupe_key: a second draft with the same key is not written; an edit has none, since one
            more of it changes nothing.
        thread_of: the message of ours in whose thread it goes; or else
        thread_ts: that of the message, of anybody's, in whose thread it goes.
        edits: the message that it redraws in place.
        is_old: it redraws a message that is not the newest of its kind there.
    """

    kind: MessageKind
    subject: str
    dedupe_key: str | None
    due_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    channel_id: str | None = None
    user_id: str | None = None
    thread_of: int | None = None
    thread_ts: str | None = None
    edits: int | None = None
    is_old: bool = False

    @property
    def priority(self) -> Priority:
        """What goes first; a page drawn anew rings nobody, so it has no claim to that."""
        if self.edits is not None:
            return Priority.NOTICE if self.is_old else Priority.CASE
        return PRIORITIES.get(self.kind, Priority.CASE)

    @property
    def lane(self) -> str:
        """Messages about one thing to one place keep their order."""
        return f"{self.subject}>{self.channel_id or self.user_id}"


@dataclass(frozen=True)
class Posted:
    """Where a message is in Slack."""

    channel_id: str
    ts: str


@dataclass(frozen=True)
class Sending:
    """A message that is about to be sent.

    `in_doubt`: an earlier try had no answer, so Slack may have it already. `original` is where
    the message is that this one edits, `thread_ts` the one in whose thread it goes; they are
    absent while those were not sent.
    """

    id: int
    kind: MessageKind
    subject: str
    facts: Mapping[str, Any]
    channel_id: str | None
    user_id: str | None
    edits: int | None
    thread_of: int | None
    original: Posted | None
    thread_ts: str | None
    metadata_key: str
    created_at: datetime
    attempts: int
    in_doubt: bool


@dataclass(frozen=True)
class Claim:
    """What is to be sent now.

    `put_off`: how many that were looked at have to wait for their turn; they may have hidden more.
    """

    sendings: tuple[Sending, ...] = ()
    put_off: int = 0


@dataclass(frozen=True)
class Delivered:
    """Slack has it."""

    posted: Posted


@dataclass(frozen=True)
class RetryAt:
    """Not now. `in_doubt`: Slack may have it all the same, its answer was lost."""

    at: datetime
    reason: str
    in_doubt: bool = False


@dataclass(frozen=True)
class GiveUp:
    """Never: Slack's code for why, such as `channel_not_found`."""

    reason: str


@dataclass(frozen=True)
class Skip:
    """It is no longer true, or no longer worth saying."""

    reason: str


Settlement: TypeAlias = Delivered | RetryAt | GiveUp | Skip


@dataclass(frozen=True)
class Written:
    """A message in the outbox, with how it ended; None: it is on its way."""

    id: int
    draft: Draft
    settlement: Delivered | GiveUp | Skip | None
    settled_at: datetime | None
