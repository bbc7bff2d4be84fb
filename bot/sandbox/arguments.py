"""The arguments of a Web API call, and the way Slack refuses one."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from bot.sandbox import blocks
from bot.sandbox.inputs import Json
from bot.sandbox.model import Conversation, Install, Kind, User
from bot.sandbox.state import State

Item = TypeVar("Item")

LONGEST_TEXT = 40_000
DEFAULT_PAGE = 100


class Refusal(Exception):  # noqa: N818 - it is an answer of Slack's, not an accident
    """The call is answered with `ok: false` and this error code."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(code)
        self.code = code
        self.details = details

    @classmethod
    def of_problems(cls, code: str, problems: Sequence[str]) -> Refusal:
        """A refusal that lists what is wrong, as Slack does for blocks and arguments."""
        messages = [f"[ERROR] {problem}" for problem in problems]
        return cls(code, errors=list(problems), response_metadata={"messages": messages})


class Args(Mapping[str, Any]):
    """The arguments by name; objects may come as JSON strings, as forms carry them."""

    def __init__(self, raw: Mapping[str, Any], install: Install | None = None) -> None:
        self._install = install
        self._raw = {key: value for key, value in raw.items() if value is not None}

    def __getitem__(self, name: str) -> Any:
        return self._raw[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    @property
    def install(self) -> Install:
        """Whose token the call came with."""
        if self._install is None:
            raise Refusal("not_authed")
        return self._install

    def needed(self, name: str) -> str:
        """The text of an argument that must be there.

        Raises:
            Refusal: it is missing (`invalid_arguments`).
        """
        if name not in self:
            raise Refusal.of_problems("invalid_arguments", [f"missing required field: {name}"])
        return str(self[name])

    def flag(self, name: str) -> bool:
        return str(self.get(name, "")).lower() in ("1", "true")

    def object(self, name: str, code: str = "invalid_arguments") -> Any:
        """The argument decoded; None when absent.

        Raises:
            Refusal: it is not JSON (`code`).
        """
        value = self.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise Refusal(code) from None

    def blocks(self) -> list[Json] | None:
        """The blocks of a message; None when absent.

        Raises:
            Refusal: `invalid_blocks_format` or `invalid_blocks`, the latter with the reasons.
        """
        value = self.object("blocks", "invalid_blocks_format")
        if value is None:
            return None
        if not isinstance(value, list):
            raise Refusal("invalid_blocks_format")
        if found := blocks.problems_of_message(value):
            raise Refusal.of_problems("invalid_blocks", found)
        return value

    def text(self) -> str:
        return str(self.get("text", ""))[:LONGEST_TEXT]

    def page(
        self, found: Sequence[Item], key: Callable[[Item], str], *, most: int = 999
    ) -> tuple[list[Item], str]:
        """One page by `limit` and `cursor`, and the cursor of the next, empty at the end."""
        try:
            limit = int(self.get("limit", DEFAULT_PAGE))
            wanted = base64.b64decode(str(self.get("cursor", "")), validate=True).decode()
        except (ValueError, binascii.Error):
            raise Refusal("invalid_cursor" if "cursor" in self else "invalid_limit") from None
        if not 0 < limit <= most:
            raise Refusal("invalid_limit")
        keys = [key(item) for item in found]
        if wanted and wanted not in keys:
            raise Refusal("invalid_cursor")
        start = keys.index(wanted) if wanted else 0
        rest = keys[start + limit :]
        cursor = base64.b64encode(rest[0].encode()).decode() if rest else ""
        return list(found[start : start + limit]), cursor


def with_ids(state: State, drawn: Sequence[Json]) -> list[Json]:
    """The blocks with the ids that Slack makes up where the app gave none."""
    named = []
    for block in drawn:
        copy = {"block_id": state.new_id("b"), **block}
        for part in ("element", "accessory"):
            if part in copy:
                copy[part] = _with_action_id(state, copy[part])
        if copy["type"] == "actions":
            copy["elements"] = [_with_action_id(state, one) for one in copy["elements"]]
        named.append(copy)
    return named


def _with_action_id(state: State, element: Json) -> Json:
    return element if element["type"] == "image" else {"action_id": state.new_id("a"), **element}


def find_conversation(state: State, args: Args, use: str = "read") -> Conversation:
    """The conversation of a call, as far as the bot may know of it.

    Args:
        use: the last half of the scope that the method needs: `read` or `history`; empty for none.

    Raises:
        Refusal: `channel_not_found`, also for a private place without the bot; `missing_scope`.
    """
    room = state.conversations.get(args.needed("channel"))
    if room is None or (room.kind is not Kind.PUBLIC and state.bot not in room.members):
        raise Refusal("channel_not_found")
    if use:
        need_scope(state, f"{room.kind.family}:{use}")
    return room


def find_user(state: State, key: str) -> User:
    """The person with this id.

    Raises:
        Refusal: `user_not_found`.
    """
    if key not in state.users:
        raise Refusal("user_not_found")
    return state.users[key]


def need_scope(state: State, *any_of: str) -> None:
    """Refuse a call for which the manifest asks no scope.

    Raises:
        Refusal: `missing_scope`.
    """
    if any_of and state.manifest.scopes.isdisjoint(any_of):
        provided = ",".join(sorted(state.manifest.scopes))
        raise Refusal("missing_scope", needed=",".join(any_of), provided=provided)
