"""Small rules that compose into the shapes of Block Kit; a broken rule is a sentence of Slack's.

Each rule takes a value and its JSON pointer and yields what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Problems = Iterator[str]
Rule = Callable[[Any, str], Problems]


@dataclass(frozen=True)
class Shape:
    """The properties that an object must and may have; any other is refused."""

    required: Mapping[str, Rule]
    optional: Mapping[str, Rule] = field(default_factory=dict)

    def __call__(self, value: Any, at: str) -> Problems:
        if not isinstance(value, dict):
            yield problem("must provide an object", at)
            return
        for name in self.required:
            if value.get(name) is None:
                yield problem(f"missing required field: {name}", at)
        rules = {**self.required, **self.optional, "type": anything}
        for name, part in value.items():
            if name not in rules:
                yield problem(f"invalid additional property: {name}", at)
            elif part is not None:
                yield from rules[name](part, f"{at}/{name}")


def problem(sentence: str, at: str) -> str:
    return f"{sentence} [json-pointer:{at}]"


def anything(_value: Any, _at: str) -> Problems:
    yield from ()


def string(most: int, least: int = 1) -> Rule:
    """A string of `least` to `most` characters."""

    def check(value: Any, at: str) -> Problems:
        if not isinstance(value, str):
            yield problem("must provide a string", at)
        elif len(value) > most:
            yield problem(f"must be less than {most + 1} characters", at)
        elif len(value) < least:
            yield problem(f"must be more than {least - 1} characters", at)

    return check


def pattern(regex: str, wanted: str) -> Rule:
    def check(value: Any, at: str) -> Problems:
        if not isinstance(value, str) or not re.fullmatch(regex, value):
            yield problem(f"must be {wanted}", at)

    return check


def flag(value: Any, at: str) -> Problems:
    if not isinstance(value, bool):
        yield problem("must be a boolean", at)


def integer(least: int, most: int) -> Rule:
    def check(value: Any, at: str) -> Problems:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            yield problem(f"must be an integer from {least} to {most}", at)

    return check


def one_of(*allowed: str) -> Rule:
    def check(value: Any, at: str) -> Problems:
        if value not in allowed:
            yield problem(f"must be one of: {', '.join(allowed)}", at)

    return check


def items(most: int, rule: Rule, least: int = 1) -> Rule:
    """A list of `least` to `most` items that all keep to one rule."""

    def check(value: Any, at: str) -> Problems:
        if not isinstance(value, list):
            yield problem("must provide an array", at)
            return
        if len(value) > most:
            yield problem(f"no more than {most} items allowed", at)
        if len(value) < least:
            yield problem(f"no fewer than {least} items allowed", at)
        for index, item in enumerate(value):
            yield from rule(item, f"{at}/{index}")

    return check


def typed(shapes: Mapping[str, Rule]) -> Rule:
    """An object whose `type` picks the rule."""

    def check(value: Any, at: str) -> Problems:
        match value:
            case {"type": str(kind)} if kind in shapes:
                yield from shapes[kind](value, at)
            case {"type": kind}:
                yield problem(f"unsupported type: {kind}", f"{at}/type")
            case _:
                yield problem("missing required field: type", at)

    return check


def both(*rules: Rule) -> Rule:
    """Each rule in turn; the later ones may rely on what the earlier found sound."""

    def check(value: Any, at: str) -> Problems:
        for rule in rules:
            found = list(rule(value, at))
            yield from found
            if found:
                return

    return check


def plain(most: int) -> Rule:
    """A plain_text object."""
    return typed({"plain_text": Shape({"text": string(most)}, {"emoji": flag})})


def text(most: int) -> Rule:
    """A plain_text or mrkdwn object."""
    return typed(
        {
            "plain_text": Shape({"text": string(most)}, {"emoji": flag}),
            "mrkdwn": Shape({"text": string(most)}, {"verbatim": flag}),
        }
    )
