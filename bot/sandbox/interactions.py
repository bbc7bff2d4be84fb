"""What every interaction has in common: its payload, its target, and what the person gets back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.sandbox import reading, wire
from bot.sandbox.delivery import Sender, Surface
from bot.sandbox.model import Install, Json, Message, User
from bot.sandbox.state import State

Address = tuple[str, str]
"""An element by its block_id and action_id, where a label alone would not tell which."""

TROUBLE = "We had some trouble connecting. Try again?"
NOT_INTERACTIVE = "This app is not configured to handle interactive responses."


@dataclass(frozen=True)
class Reply:
    """What came back to the person who ran a command or pressed something.

    `status` is the HTTP status (None: no answer, or none asked), `problem` what Slack shows when
    it failed, and `messages` the ephemeral messages they got by the time of the answer.
    """

    status: int | None
    problem: str | None = None
    messages: tuple[Message, ...] = ()

    @property
    def ok(self) -> bool:
        return self.problem is None

    @property
    def text(self) -> str:
        """All words of the ephemeral messages."""
        return "\n".join(message.shown for message in self.messages)


def envelope(state: State, person: User, kind: str, install: Install | None = None) -> Json:
    """The part that all interaction payloads share.

    `team` is the workspace that installed the app, whoever clicks; submissions overwrite it.
    """
    team = (install or state.home_install).team
    return {
        "type": kind,
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": None,
        "user": wire.actor(person),
        "api_app_id": state.app_id,
        "token": "verification-token",
        "is_enterprise_install": False,
    }


def interact(state: State, send: Sender, person: User, payload: Json) -> Reply:
    """Send a click; it is never repeated, and what the bot answers in the body is not looked at."""
    if not state.manifest.interactive:
        return Reply(None, NOT_INTERACTIVE)
    before = len(ephemerals_of(state, person))
    answer = send(Surface.INTERACTION, payload, None)
    problem = None if answer.status == 200 else TROUBLE
    return Reply(answer.status, problem, ephemerals_of(state, person)[before:])


def ephemerals_of(state: State, person: User) -> tuple[Message, ...]:
    """The ephemeral messages a person has got, oldest first."""
    with state.changed:
        return tuple(message for message in state.ephemerals if message.only_for is person)


def find_element(
    blocks: Sequence[Json], name: str | Address, labels: Mapping[str, str] | None = None
) -> tuple[Json, Json]:
    """The block and the element with this label, action_id or block_id, or at this address.

    Raises:
        LookupError: there is none, or more than one.
    """
    labels = labels or {}
    known = []
    found = []
    for block, element in reading.interactive(blocks):
        text = element["text"]["text"] if element["type"] == "button" else None
        names = [text, labels.get(block["block_id"]), element["action_id"]]
        if block["type"] != "actions":
            names.append(block["block_id"])
        known += [one for one in names[:2] if one] or [element["action_id"]]
        address = block["block_id"], element["action_id"]
        if name in names or name == address:
            found.append((block, element))
    if len(found) != 1:
        count = "no" if not found else "more than one"
        raise LookupError(f"{count} {name!r} among: {', '.join(known)}")
    return found[0]


def pressed(block: Json, element: Json) -> Json:
    """The action of a pressed button."""
    kept = ("type", "action_id", "text", "value", "style", "url")
    return {"block_id": block["block_id"], **{key: element[key] for key in kept if key in element}}
