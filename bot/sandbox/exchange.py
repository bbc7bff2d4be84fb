"""What stands open between a person and the bot: views, leaves to answer, and the calls made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.sandbox.model import Conversation, Install, Json, Message, User

HOW_OFTEN_A_RESPONSE_URL_WORKS = 5


@dataclass(eq=False)
class View:
    """A modal or a Home tab, with what its reader has typed so far."""

    id: str
    owner: User
    install: Install
    """Whose token opened it: no other can redraw it."""
    body: Json
    hash: str
    values: dict[tuple[str, str], Json]
    """What each input holds by (block_id, action_id), in the shape of `state.values`."""
    previous: View | None = None


@dataclass
class Code:
    """That somebody let the app into their workspace, with these scopes; good for one token."""

    user: User
    scopes: frozenset[str]
    redirect_uri: str
    expires: datetime
    used: bool = False


@dataclass
class Trigger:
    """A leave to open one form, given by something a person did."""

    user: User
    install: Install
    given: float
    """On the monotonic clock, in seconds."""
    used: bool = False


@dataclass
class ResponseUrl:
    """A leave to answer where a person did something, five times in 30 minutes."""

    user: User
    conversation: Conversation
    source: Message | None
    expires: datetime
    uses_left: int = HOW_OFTEN_A_RESPONSE_URL_WORKS


@dataclass(frozen=True)
class Call:
    """One request of the bot; `response` is None where the connection was cut unanswered."""

    method: str
    args: Mapping[str, Any]
    response: Json | None
    at: datetime
    team_id: str | None = None
    """The workspace that installed the app with the token of the call."""
    delay: float = 0.0
    """How many seconds the answer was kept back, while nobody cleared the faults."""
