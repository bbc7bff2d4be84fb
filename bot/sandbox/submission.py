"""What the bot's answer to a submission does to the form.

https://docs.slack.dev/surfaces/modals
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox import methods_views
from bot.sandbox.arguments import Refusal
from bot.sandbox.delivery import Answer
from bot.sandbox.exchange import View
from bot.sandbox.interactions import TROUBLE
from bot.sandbox.model import Json
from bot.sandbox.state import State


class Outcome(StrEnum):
    """What a submission did to the form."""

    CLOSED = "closed"
    UPDATED = "updated"
    PUSHED = "pushed"
    ERRORS = "errors"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class Submission:
    """How a submission ended, as its author sees it.

    `errors` holds the text under each input by its label. `problem` is the banner over a form
    that could not be sent; `cause` says to a developer what Slack did not like.
    """

    status: Outcome
    errors: Mapping[str, str]
    problem: str | None = None
    cause: str | None = None

    @property
    def ok(self) -> bool:
        return self.status in (Outcome.CLOSED, Outcome.UPDATED, Outcome.PUSHED)


def carry_out(state: State, view: View, labels: Mapping[str, str], answer: Answer) -> Submission:
    """Do what the bot answered, or say what Slack does not like of it.

    Args:
        labels: those of the inputs, by block_id.
    """
    if answer.status != 200:
        return _trouble(answer.failure or f"the bot answered {answer.status}")
    try:
        return _react(state, view, labels, answer.payload)
    except Refusal as refusal:
        return _trouble(f"{refusal.code}: {refusal.details}")


def _react(state: State, view: View, labels: Mapping[str, str], reaction: Json) -> Submission:
    match reaction:
        case {"response_action": "errors", "errors": dict(errors)}:
            if not errors or not errors.keys() <= labels.keys():
                return _trouble(f"errors for blocks that are not inputs: {sorted(errors)}")
            shown = {labels[block_id]: text for block_id, text in errors.items()}
            return Submission(Outcome.ERRORS, shown)
        case {"response_action": "update", "view": body}:
            methods_views.redraw(state, view, methods_views.check(body))
            return Submission(Outcome.UPDATED, {})
        case {"response_action": "push", "view": body}:
            methods_views.push(state, view.owner, methods_views.check(body), view.install)
            return Submission(Outcome.PUSHED, {})
        case {"response_action": "clear"}:
            methods_views.close(state, view, whole_stack=True)
            return Submission(Outcome.CLOSED, {})
        case {} if not reaction:
            methods_views.close(state, view)
            return Submission(Outcome.CLOSED, {})
        case _:
            return _trouble(f"not an answer to a submission: {reaction}")


def _trouble(cause: str) -> Submission:
    return Submission(Outcome.TROUBLE, {}, TROUBLE, cause)
