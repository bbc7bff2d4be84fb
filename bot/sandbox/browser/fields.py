"""Reads what the page sends, and says what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.sandbox.model import Json

LONGEST_TEXT = 12_000


class BadRequestError(Exception):
    """The page asked for something that makes no sense; the message says what."""


class Fields:
    """The fields of one request, each of the type that is asked for."""

    def __init__(self, body: object) -> None:
        if not isinstance(body, dict):
            raise BadRequestError("a request is an object")
        self._body: Json = body

    def text(self, name: str, default: str | None = None) -> str:
        """A string, of a length that Slack takes."""
        value = self._body.get(name, default)
        if not isinstance(value, str):
            raise BadRequestError(f"{name} is text")
        if len(value) > LONGEST_TEXT:
            raise BadRequestError(f"{name} is too long")
        return value

    def flag(self, name: str) -> bool:
        """True or false; false where it is left out."""
        value = self._body.get(name, False)
        if not isinstance(value, bool):
            raise BadRequestError(f"{name} is true or false")
        return value

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number within bounds."""
        value = self._body.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadRequestError(f"{name} is a number from {least} to {most}")
        return value

    def answer(self, name: str = "answer") -> str | list[str] | None:
        """What was typed or chosen: a text, several, or nothing."""
        value = self._body.get(name)
        if value is None:
            return None
        if isinstance(value, list):
            return [self._short(one, name) for one in value[:100]]
        return self._short(value, name)

    def each(self, name: str, most: int) -> Sequence[Fields]:
        """A list of objects."""
        value = self._body.get(name, [])
        if not isinstance(value, list) or len(value) > most:
            raise BadRequestError(f"{name} is a list of at most {most}")
        return [Fields(one) for one in value]

    def has(self, name: str) -> bool:
        """Whether something was said of it."""
        return self._body.get(name) is not None

    def _short(self, value: object, name: str) -> str:
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise BadRequestError(f"{name} is text, and not too long")
        return value
