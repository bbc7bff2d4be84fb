"""What Slack sends, read into what the services take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeAlias

from bot.domain.case import Person, Place
from bot.domain.following import ToldOf
from bot.domain.form import is_seen
from bot.domain.records import Submission
from bot.errors import UserError
from bot.messages import ids
from bot.messages.ids import (
    FIELD_PREFIX,
    CaseButton,
    FormContext,
    StretchChoice,
    TakeContext,
    field_key,
)
from bot.slack_shapes import storable

Body: TypeAlias = Mapping[str, Any]

TOO_OLD = "This button is too old to mean anything. The newest message has the ones that count."
FORM_TOO_OLD = "This form is too old. Please open it again."

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


def author(body: Body, event: Body) -> Person:
    """Who did what an event tells of; where it does not say whose they are, they are of ours.

    The event's own team is the author's; the envelope's may be the channel's
    (docs.slack.dev/apis/events-api).
    """
    ours = [found.get("team_id") for found in body.get("authorizations") or ()]
    team = event.get("user_team") or event.get("team") or next(iter(ours), "")
    return Person(str(team), str(event["user"]))


def where(body: Body) -> FormContext:
    """Where a click or a shortcut was made; what belongs to no channel counts as made in a DM."""
    channel = body.get("channel") or {}
    team = (body.get("team") or {}).get("id") or ""
    return FormContext(str(team), str(channel.get("id") or person(body).user_id))


def case_button(body: Body) -> CaseButton:
    """The case of the button that was pressed.

    Raises:
        UserError: it is none of ours, or older than what it says now.
    """
    return _known(CaseButton.parse(body["actions"][0].get("value", "")), TOO_OLD)


def case_of_form(body: Body) -> CaseButton:
    """The case that a submitted form is about.

    Raises:
        UserError: it is none of ours.
    """
    return _known(CaseButton.parse(body["view"].get("private_metadata", "")), FORM_TOO_OLD)


def value(body: Body) -> str:
    """The value of the button that was pressed; "" where it has none."""
    return str(body["actions"][0].get("value", ""))


def number(body: Body) -> int:
    """The number that is the value of a button.

    Raises:
        UserError: it is none.
    """
    found = value(body)
    if not (found.isascii() and found.isdecimal() and len(found) <= 18):
        raise UserError(TOO_OLD)
    return int(found)


def chosen(body: Body) -> str:
    """The value of the option that was chosen in a menu."""
    return str(body["actions"][0]["selected_option"]["value"])


def typed(body: Body, block_id: str) -> str:
    """What one input of a form holds, trimmed; an empty one is an empty text."""
    return _answer(body["view"]["state"]["values"][block_id][block_id]).strip()


def told_of(body: Body) -> ToldOf:
    """Of which maintenance a channel is to be told, as far as the form asks for it."""
    values = body["view"]["state"]["values"]
    sectors = routine_always = None
    if ids.SECTORS in values:
        chosen = values[ids.SECTORS][ids.SECTORS].get("selected_options") or ()
        sectors = frozenset(str(option["value"]) for option in chosen)
    if ids.ROUTINE in values:
        routine_always = typed(body, ids.ROUTINE) == ids.EACH_WEEK
    return ToldOf(sectors, routine_always)


def words(body: Body, block_id: str) -> str:
    """What somebody says in one input of a form.

    Raises:
        UserError: there is nothing to see in it.
    """
    said = typed(body, block_id)
    if not is_seen(said):
        raise UserError("Please write something: spaces alone would be posted as nothing.")
    return said


def moment(body: Body, block_id: str) -> datetime:
    """The instant that was chosen in one input of a form."""
    return datetime.fromisoformat(typed(body, block_id))


def level(body: Body) -> str:
    """The level that a form is about: the one that was chosen, or the only one it offered."""
    view = body["view"]
    if ids.LEVEL in view["state"]["values"]:
        return typed(body, ids.LEVEL)
    return str(view.get("private_metadata", ""))


def pager(body: Body) -> tuple[str, Sequence[str]]:
    """The level that somebody takes, and who has it as their form says.

    Raises:
        UserError: the form is none of ours.
    """
    context = TakeContext.parse(str(body["view"].get("private_metadata", "")))
    if context is None:
        raise UserError(FORM_TOO_OLD)
    is_chosen = ids.LEVEL in body["view"]["state"]["values"]
    name = typed(body, ids.LEVEL) if is_chosen else next(iter(context.on_call), "")
    return name, context.on_call.get(name, ())


def stretch(body: Body, block_id: str) -> StretchChoice:
    """The shift that was chosen in one input of a form.

    Raises:
        UserError: it is none of ours.
    """
    choice = StretchChoice.parse(typed(body, block_id))
    if choice is None:
        raise UserError(FORM_TOO_OLD)
    return choice


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


def _answer(value: Mapping[str, Any]) -> str:
    found = next(_typed(value), None)
    return "" if found is None else storable(str(found))


def _known(button: CaseButton | None, otherwise: str) -> CaseButton:
    if button is None:
        raise UserError(otherwise)
    return button


def _typed(value: Mapping[str, Any]) -> Iterator[str]:
    if option := value.get("selected_option"):
        yield option["value"]
    if user_id := value.get("selected_user"):
        yield user_id
    if moment := value.get("selected_date_time"):
        yield datetime.fromtimestamp(moment, UTC).isoformat()
    if text := value.get("value"):
        yield text
