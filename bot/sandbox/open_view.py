"""A modal or a Home tab in front of a person: what they read, fill, press and submit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.sandbox import inputs, methods_views, reading, wire
from bot.sandbox.arguments import Refusal
from bot.sandbox.client_checks import complaint
from bot.sandbox.delivery import Answer, Sender, Surface
from bot.sandbox.interactions import TROUBLE, Reply, envelope, find_element, interact, pressed
from bot.sandbox.model import Json, View
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


@dataclass(frozen=True)
class Input:
    """One input as it stands: its words, and what it holds."""

    label: str
    block_id: str
    kind: str
    optional: bool
    options: tuple[str, ...]
    answer: object
    """Text, an option's value, a list of them, an id or a date; None while untouched."""


class OpenView:
    """A view on someone's screen; it follows the updates that the bot makes."""

    def __init__(self, state: State, send: Sender, view: View) -> None:
        self.view = view
        self._state = state
        self._send = send

    @property
    def is_open(self) -> bool:
        return self.view.id in self._state.views

    @property
    def title(self) -> str:
        title = self.view.body.get("title")
        return str(title["text"]) if title else ""

    @property
    def blocks(self) -> list[Json]:
        blocks: list[Json] = self.view.body["blocks"]
        return blocks

    @property
    def text(self) -> str:
        """Every word on the screen, the choices of selects included."""
        body, reader = self.view.body, self.view.owner
        page = reading.Page(reader.tz, self._state.now(), self._state.name_of)
        return page.blocks([body.get("title"), *self.blocks, body.get("submit"), body.get("close")])

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The input blocks from top to bottom."""
        with self._state.changed:
            return tuple(self._input(block) for block in self.blocks if block["type"] == "input")

    def input(self, name: str) -> Input:
        """The input with this label or block_id.

        Raises:
            LookupError: the form has none.
        """
        for found in self.inputs:
            if name in (found.label, found.block_id):
                return found
        raise LookupError(f"no input {name!r} among: {', '.join(i.label for i in self.inputs)}")

    def fill(self, answers: Mapping[str, object]) -> tuple[Reply, ...]:
        """Answer inputs by label, block_id or action_id, one after the other.

        Options go by their label or value, dates as `date` or text, people as objects or ids.
        An input with `dispatch_action` tells the bot at once, and its answer may redraw the form
        for the inputs that follow.

        Returns:
            The replies to what was told at once.

        Raises:
            LookupError: no such input, or no such option.
        """
        replies = (self._fill_one(name, answer) for name, answer in answers.items())
        return tuple(reply for reply in replies if reply)

    def click(self, button: str) -> Reply:
        """Press a button by label or action_id; a confirm dialog is accepted.

        Raises:
            LookupError: the view has none.
        """
        block, element = find_element(self.blocks, button, self._labels())
        return self._tell(pressed(block, element))

    def submit(self) -> Submission:
        """Press the submit button.

        Slack itself looks at required inputs, lengths and formats first: what fails there never
        reaches the bot, and the form stays as it is.
        """
        state = self._state
        with state.changed:
            if not self.is_open or self.view is not state.modals[self.view.owner.id][-1]:
                raise LookupError("this form is not the one on top")
            if errors := self._complaints():
                return Submission(Outcome.ERRORS, errors)
            payload = envelope(state, self.view.owner, "view_submission") | {
                "team": {"id": self.view.owner.team.id, "domain": self.view.owner.team.domain},
                "trigger_id": state.new_trigger(self.view.owner),
                "view": wire.view(state, self.view),
                "response_urls": [],
            }
        answer = self._send(Surface.INTERACTION, payload, None)
        with state.changed:
            submission = self._carry_out(answer)
            state.changed.notify_all()
        return submission

    def close(self) -> None:
        """Press cancel: the view under this one, if any, shows again."""
        state = self._state
        with state.changed:
            payload = envelope(state, self.view.owner, "view_closed") | {
                "view": wire.view(state, self.view),
                "is_cleared": False,
            }
            methods_views.close(state, self.view)
            state.changed.notify_all()
        if self.view.body.get("notify_on_close"):
            self._send(Surface.INTERACTION, payload, None)

    def _carry_out(self, answer: Answer) -> Submission:
        if answer.status != 200:
            return _trouble(answer.failure or f"the bot answered {answer.status}")
        try:
            return self._react(answer.payload)
        except Refusal as refusal:
            return _trouble(f"{refusal.code}: {refusal.details}")

    def _react(self, reaction: Json) -> Submission:
        state, view = self._state, self.view
        match reaction:
            case {"response_action": "errors", "errors": dict(errors)}:
                labels = {i.block_id: i.label for i in self.inputs}
                if not errors or not errors.keys() <= labels.keys():
                    return _trouble(f"errors for blocks that are not inputs: {sorted(errors)}")
                shown = {labels[block_id]: text for block_id, text in errors.items()}
                return Submission(Outcome.ERRORS, shown)
            case {"response_action": "update", "view": body}:
                methods_views.redraw(state, view, methods_views.check(body))
                return Submission(Outcome.UPDATED, {})
            case {"response_action": "push", "view": body}:
                methods_views.push(state, view.owner, methods_views.check(body))
                return Submission(Outcome.PUSHED, {})
            case {"response_action": "clear"}:
                methods_views.close(state, view, whole_stack=True)
                return Submission(Outcome.CLOSED, {})
            case {} if not reaction:
                methods_views.close(state, view)
                return Submission(Outcome.CLOSED, {})
            case _:
                return _trouble(f"not an answer to a submission: {reaction}")

    def _fill_one(self, name: str, answer: object) -> Reply | None:
        with self._state.changed:
            block, element = find_element(self.blocks, name, self._labels())
            entry = inputs.entry(element, answer)
            self.view.values[block["block_id"], element["action_id"]] = entry
        action = {"block_id": block["block_id"], "action_id": element["action_id"], **entry}
        return self._tell(action) if _dispatches(block, element) else None

    def _tell(self, action: Json) -> Reply:
        state, owner = self._state, self.view.owner
        with state.changed:
            shape = wire.view(state, self.view)
            payload = envelope(state, owner, "block_actions") | {
                "trigger_id": state.new_trigger(owner),
                "container": {"type": "view", "view_id": self.view.id},
                "view": shape,
                "hash": self.view.hash,
                "state": shape["state"],
                "actions": [action | {"action_ts": state.new_ts()}],
            }
        return interact(state, self._send, owner, payload)

    def _labels(self) -> dict[str, str]:
        return {b["block_id"]: b["label"]["text"] for b in self.blocks if b["type"] == "input"}

    def _input(self, block: Json) -> Input:
        element = block["element"]
        answer = inputs.answer_in(self.view.values[block["block_id"], element["action_id"]])
        match answer:
            case {"value": value}:
                answer = value
            case [{"value": _}, *_]:
                answer = [option["value"] for option in answer]
        return Input(
            label=block["label"]["text"],
            block_id=block["block_id"],
            kind=element["type"],
            optional=bool(block.get("optional")),
            options=tuple(option["text"]["text"] for option in inputs.options(element)),
            answer=answer,
        )

    def _complaints(self) -> dict[str, str]:
        asked = [block for block in self.blocks if block["type"] == "input"]
        found = {
            given.label: complaint(block["element"], given.answer, optional=given.optional)
            for block, given in zip(asked, self.inputs, strict=True)
        }
        return {label: text for label, text in found.items() if text}


def _dispatches(block: Json, element: Json) -> bool:
    """Whether an answer goes to the bot at once; typed text does so on enter unless told else."""
    if block["type"] != "input":
        return True
    if not element["type"].endswith("_input"):
        return bool(block.get("dispatch_action"))
    triggers = element.get("dispatch_action_config", {}).get("trigger_actions_on", ())
    return bool(block.get("dispatch_action")) and "on_character_entered" in triggers


def _trouble(cause: str) -> Submission:
    return Submission(Outcome.TROUBLE, {}, TROUBLE, cause)
