"""What Slack sends, read into what the services take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from bot.domain.case import Person, Place
from bot.domain.records import Submission
from bot.messages.ids import FIELD_PREFIX, FormContext, field_key

Body: TypeAlias = Mapping[str, Any]

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_SECRETS = frozenset({"token", "trigger_id", "response_url", "response_urls", "bot_access_token"})


def person(body: Body) -> Person:
    """Who did it, by their own workspace: the payload's team is sometimes ours, sometimes theirs.

    `user.team_id` is theirs in clicks; where it is missing, the payload's team is all there is
    (docs.slack.dev/reference/interaction-payloads).
    """
    if "user_id" in body:  # a slash command
        return Person(str(body.get("team_id", "")), str(body["user_id"]))
    user = body["user"]
    team = user.get("team_id") or (body.get("team") or {}).get("id") or ""
    return Person(str(team), str(user["id"]))


def form_context(body: Body) -> FormContext:
    """Where a form was asked for; a form that says nothing sensible counts as asked for in a DM."""
    context = FormContext.parse(body["view"].get("private_metadata", ""))
    return context or FormContext("", person(body).user_id)


def answers(body: Body) -> dict[str, str]:
    """What the inputs of a form hold, by field; an empty one is an empty text."""
    values = body["view"]["state"]["values"]
    return {
        field_key(action_id): _answer(value)
        for block in values.values()
        for action_id, value in block.items()
        if action_id.startswith(FIELD_PREFIX)
    }


def submission(body: Body, now: datetime) -> Submission:
    """A submitted form."""
    context = form_context(body)
    return Submission(
        person=person(body),
        place=Place(context.team_id, context.channel_id),
        view_id=body["view"]["id"],
        answers=answers(body),
        received_at=now,
    )


def without_secrets(body: Any) -> Any:
    """A payload as it may be stored: no tokens, trigger ids or answer addresses."""
    if isinstance(body, Mapping):
        return {key: without_secrets(value) for key, value in body.items() if key not in _SECRETS}
    if isinstance(body, list):
        return [without_secrets(item) for item in body]
    return storable(body) if isinstance(body, str) else body


def storable(text: str) -> str:
    """Text without what no database takes: NUL, and half a character (a lone surrogate)."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _answer(value: Mapping[str, Any]) -> str:
    found = next(_typed(value), None)
    return "" if found is None else storable(str(found))


def _typed(value: Mapping[str, Any]) -> Iterator[str]:
    if option := value.get("selected_option"):
        yield option["value"]
    if moment := value.get("selected_date_time"):
        yield datetime.fromtimestamp(moment, UTC).isoformat()
    if text := value.get("value"):
        yield text
