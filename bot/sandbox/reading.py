"""What a reader sees of text and blocks, and whom live syntax calls on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

EVERYONE = frozenset({"!channel", "!here", "!everyone"})

_TOKEN = re.compile(r"<([^<>\s][^<>]*)>")
_BROADCAST = re.compile(r"(?<![\w@])@(channel|here|everyone)\b")
_EMPHASIS = re.compile(r"(?<!\w)([*_~`])(\S(?:[^\n]*?\S)?)\1(?!\w)")
_DATE = re.compile(r"!date\^(\d+)\^([^|^]*)(?:\^[^|]*)?\|?(.*)", re.DOTALL)
_DATE_PART = re.compile(r"\{(\w+)\}")
_YEAR_IS_DROPPED_WITHIN = timedelta(days=183)

_SEEN = (
    "title",
    "label",
    "text",
    "caption",
    "fields",
    "element",
    "elements",
    "accessory",
    "options",
    "option_groups",
    "description",
    "placeholder",
    "hint",
    "rows",
    "alt_text",
)
"""The parts of blocks that are drawn on the screen, in the order in which they are read."""


def interactive(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    """Each element that a person can press or fill, with the block it stands in."""
    for block in blocks:
        inside = [block.get("element"), block.get("accessory")]
        if block["type"] == "actions":
            inside += block["elements"]
        yield from ((block, element) for element in inside if element and "action_id" in element)


def calls(blocks: Sequence[Json], text: str) -> frozenset[str]:
    """The user ids and `!channel`-like words that are live, wherever they stand.

    Bare `@here` is live in the mrkdwn of blocks unless `verbatim` is set, and in `text` it is not:
    https://docs.slack.dev/messaging/formatting-message-text
    """
    return frozenset((*_calls_in(blocks), *_tokens(text)))


def first_link(text: str) -> str | None:
    """The first url that is live in a text of mrkdwn."""
    targets = (match[1].partition("|")[0] for match in _TOKEN.finditer(text))
    return next((unescape(target) for target in targets if target.startswith("http")), None)


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _tokens(mrkdwn: str) -> Iterator[str]:
    for match in _TOKEN.finditer(mrkdwn):
        name = match[1].partition("|")[0]
        if name.startswith("@"):
            yield name[1:]
        elif name in EVERYONE:
            yield name


def _calls_in(node: object) -> Iterator[str]:
    match node:
        case {"type": "mrkdwn", "text": str(text), "verbatim": True}:
            yield from _tokens(text)
        case {"type": "mrkdwn", "text": str(text)}:
            yield from _tokens(text)
            yield from (f"!{match[1]}" for match in _BROADCAST.finditer(text))
        case {"type": "user", "user_id": str(user_id)}:
            yield user_id
        case {"type": "broadcast", "range": str(everyone)}:
            yield f"!{everyone}"
        case dict():
            for part in node.values():
                yield from _calls_in(part)
        case list():
            for part in node:
                yield from _calls_in(part)


@dataclass(frozen=True)
class Page:
    """A reader's screen: their zone, the present instant (UTC), and the names behind ids."""

    tz: ZoneInfo
    now: datetime
    name_of: Callable[[str], str]

    def blocks(self, blocks: object) -> str:
        """Every word on the screen, a line for each piece of text."""
        return "\n".join(self._lines(blocks))

    def mrkdwn(self, text: str) -> str:
        """Slack's mark-up as it is drawn: tokens resolved, emphasis gone, entities decoded."""
        drawn = _EMPHASIS.sub(r"\2", text)
        return unescape(_TOKEN.sub(lambda match: self._token(match[1]), drawn))

    def _lines(self, node: object) -> Iterator[str]:
        match node:
            case {"type": "mrkdwn", "text": str(text)}:
                yield self.mrkdwn(text)
            case {
                "type": "rich_text_section" | "rich_text_quote" | "rich_text_preformatted",
                "elements": elements,
            }:
                yield "".join(self._inline(element) for element in elements)
            case dict():
                for part in _SEEN:
                    yield from self._lines(node.get(part))
            case list():
                for item in node:
                    yield from self._lines(item)
            case str():
                yield node

    def _inline(self, element: Json) -> str:
        match element:
            case {"type": "user", "user_id": key}:
                return f"@{self.name_of(key)}"
            case {"type": "channel", "channel_id": key}:
                return f"#{self.name_of(key)}"
            case {"type": "broadcast", "range": everyone}:
                return f"@{everyone}"
            case {"type": "link", "url": url}:
                return str(element.get("text", url))
            case {"type": "emoji", "name": name}:
                return f":{name}:"
            case _:
                return str(element.get("text", ""))

    def _token(self, token: str) -> str:
        target, _, label = token.partition("|")
        match target[0]:
            case "@":
                return f"@{self.name_of(target[1:])}"
            case "#":
                return f"#{self.name_of(target[1:])}"
            case "!" if date := _DATE.fullmatch(token):
                return self._date(int(date[1]), date[2])
            case "!":
                return label or f"@{target[1:]}"
            case _:
                return label or target.removeprefix("mailto:")

    def _date(self, unix: int, template: str) -> str:
        at = datetime.fromtimestamp(unix, UTC).astimezone(self.tz)
        return _DATE_PART.sub(lambda part: self._date_part(part[1], at), template)

    def _date_part(self, name: str, at: datetime) -> str:
        day = f"{at.day}{_ordinal(at.day)}"
        year = "" if abs(at - self.now) < _YEAR_IS_DROPPED_WITHIN else f", {at.year}"
        away = (at.date() - self.now.astimezone(self.tz).date()).days
        if name.endswith("_pretty") and away in _NEAR_DAYS:
            return _NEAR_DAYS[away]
        match name.removesuffix("_pretty"):
            case "date_num":
                return f"{at:%Y-%m-%d}"
            case "date":
                return f"{at:%B} {day}{year}"
            case "date_short":
                return f"{at:%b} {at.day}{year}"
            case "date_long":
                return f"{at:%A, %B} {day}{year}"
            case "time":
                return f"{at:%-I:%M %p}"
            case "time_secs":
                return f"{at:%-I:%M:%S %p}"
            case "ago":
                return _ago(at - self.now)
            case _:
                return f"{{{name}}}"


_NEAR_DAYS = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def _ordinal(day: int) -> str:
    return "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _ago(distance: timedelta) -> str:
    minutes = round(abs(distance) / timedelta(minutes=1))
    count, unit = (minutes, "minute") if minutes < 60 else (minutes // 60, "hour")
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"in {words}" if distance > timedelta(0) else f"{words} ago"
