"""A modal or a Home tab in front of a person: what they read, fill, press and submit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.sandbox import inputs, methods_views, reading, wire
from bot.sandbox.client_checks import complaint
from bot.sandbox.delivery import Sender, Surface
from bot.sandbox.exchange import View
from bot.sandbox.interactions import Address, Reply, envelope, find_element, interact, pressed
from bot.sandbox.model import Json
from bot.sandbox.state import State
from bot.sandbox.submission import Outcome, Submission, carry_out


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

    def hold(self, name: str | Address, answer: object) -> None:
        """Answer an input as `fill` does, and tell nobody yet.

        Raises:
            LookupError: no such input, or no such option.
        """
        self._hold(name, answer)

    def choose(self, name: str | Address, answer: object) -> Reply:
        """Choose in a select or an overflow menu that tells the bot at once, as `fill` does.

        Raises:
            LookupError: no such element or option, or an input that tells nobody.
        """
        self._check_on_screen()
        reply = self._fill_one(name, answer)
        if reply is None:
            raise LookupError(f"{name!r} tells the bot nothing before the form is submitted")
        return reply

    def click(self, button: str | Address) -> Reply:
        """Press a button by label or action_id; a confirm dialog is accepted.

        Raises:
            LookupError: the view has none.
        """
        self._check_on_screen()
        block, element = find_element(self.blocks, button, self._labels())
        return self._tell(pressed(block, element))

    def submit(self) -> Submission:
        """Press the submit button.

        Slack itself looks at required inputs, lengths and formats first: what fails there never
        reaches the bot, and the form stays as it is.
        """
        state = self._state
        with state.changed:
            self._check_on_screen()
            if errors := self._complaints():
                return Submission(Outcome.ERRORS, errors)
            payload = envelope(state, self.view.owner, "view_submission", self.view.install) | {
                "team": {"id": self.view.owner.team.id, "domain": self.view.owner.team.domain},
                "trigger_id": state.new_trigger(self.view.owner, self.view.install),
                "view": wire.view(state, self.view),
                "response_urls": [],
            }
        answer = self._send(Surface.INTERACTION, payload, None)
        with state.changed:
            submission = carry_out(state, self.view, self._labels(), answer)
            state.changed.notify_all()
        return submission

    def close(self, *, whole_stack: bool = False) -> None:
        """Press cancel: the view under this one, if any, shows again.

        Args:
            whole_stack: press the cross instead, which closes the views under this one too; then
                it is the lowest that the bot may hear of.
        """
        state = self._state
        with state.changed:
            stack = state.modals.get(self.view.owner.id, [])
            told = stack[0] if whole_stack and stack else self.view
            payload = envelope(state, told.owner, "view_closed", told.install) | {
                "view": wire.view(state, told),
                "is_cleared": whole_stack,
            }
            methods_views.close(state, self.view, whole_stack=whole_stack)
            state.changed.notify_all()
        if told.body.get("notify_on_close"):
            self._send(Surface.INTERACTION, payload, None)

    def _fill_one(self, name: str | Address, answer: object) -> Reply | None:
        block, element, entry = self._hold(name, answer)
        action = {"block_id": block["block_id"], "action_id": element["action_id"], **entry}
        return self._tell(action) if _dispatches(block, element) else None

    def _hold(self, name: str | Address, answer: object) -> tuple[Json, Json, Json]:
        """Keep an answer; its block, its element, and how the answer is written."""
        with self._state.changed:
            block, element = find_element(self.blocks, name, self._labels())
            entry = inputs.entry(element, answer)
            if inputs.keeps(element):
                self.view.values[block["block_id"], element["action_id"]] = entry
        return block, element, entry

    def _check_on_screen(self) -> None:
        with self._state.changed:
            stack = self._state.modals.get(self.view.owner.id, [])
            if self.view.body["type"] == "modal" and self.view not in stack[-1:]:
                raise LookupError("this form is not the one on top")

    def _tell(self, action: Json) -> Reply:
        state, owner = self._state, self.view.owner
        with state.changed:
            shape = wire.view(state, self.view)
            payload = envelope(state, owner, "block_actions", self.view.install) | {
                "trigger_id": state.new_trigger(owner, self.view.install),
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
