"""Slack messages and views as pictures of text, for README.md."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import zip_longest

from bot.sandbox.model import Json
from bot.sandbox.reading import Page

WIDTH = 76
_ROOM = WIDTH - len("│  │")
_COLUMN = 34
_EMOJI = re.compile(r":[a-z][a-z_]+:\s*")  # as wide as they like, so they are left out


def frame(*parts: Sequence[str]) -> str:
    """A frame of `WIDTH` columns around lines of text; a rule between two parts of it."""
    rule = "─" * (WIDTH - 2)
    bodies = ("".join(f"│ {line:<{_ROOM}} │\n" for line in part) for part in parts)
    return f"┌{rule}┐\n{f'├{rule}┤{chr(10)}'.join(bodies)}└{rule}┘\n"


def drawn(blocks: Sequence[Json], screen: Page, author: str = "") -> list[str]:
    """A message or a view as its reader has it on the screen, line by line.

    Args:
        author: whose name stands above it.

    Raises:
        ValueError: there is a block of a kind that is not drawn here.
    """
    lines: list[str] = []
    for block in blocks:
        if _stands_apart(block):
            lines.append("")
        lines += _block(block, screen)
        if "fields" in block:
            lines.append("")
    kept = [line for n, line in enumerate(lines) if line or (n and lines[n - 1])]
    return [*filter(None, [author]), *kept]


def drawn_web(html: str) -> list[str]:
    """A small web page of headings, paragraphs, lists and buttons, line by line."""
    lines: list[str] = []
    for tag, text in re.findall(r"<(h1|p|li)>(.*?)</\1>", html):
        words = unescape(re.sub(r"<[^>]+>", "", text))
        lines += _wrapped(f"• {words}", _ROOM) if tag == "li" else ["", *_wrapped(words, _ROOM)]
    buttons = re.findall(r"<button[^>]*>(.*?)</button>", html)
    row = "  ".join(f"[ {unescape(label)} ]" for label in buttons)
    return [*lines[1:], *(["", row] if row else [])]


def _stands_apart(block: Json) -> bool:
    """Whether there is room above it: facts, and words of ours, but not what people typed."""
    is_ours = block["type"] == "section" and block.get("text", {}).get("type") == "mrkdwn"
    return is_ours or "fields" in block or block["type"] == "divider"


def _block(block: Json, screen: Page) -> Iterator[str]:
    match block:
        case {"type": "section", "fields": fields}:
            yield from _fields([_text(field, screen) for field in fields])
        case {"type": "section", "text": text, "accessory": button}:
            first, *rest = _wrapped(_text(text, screen), _ROOM)
            yield f"{first:<{_ROOM - len(_element(button))}}{_element(button)}"
            yield from rest
        case {"type": "header" | "section", "text": text}:
            yield from _wrapped(_text(text, screen), _ROOM)
        case {"type": "context", "elements": elements}:
            for element in elements:
                yield from _wrapped(_text(element, screen), _ROOM)
        case {"type": "actions", "elements": elements}:
            yield "  ".join(map(_element, elements))
        case {"type": "divider"}:
            yield "─" * _ROOM
        case _:
            raise ValueError(f"a {block['type']} is not drawn")


def _fields(texts: Sequence[str]) -> Iterator[str]:
    """Two in a row, each below its name."""
    for n in range(0, len(texts), 2):
        pair = zip(texts[n : n + 2], (_COLUMN - 2, _ROOM - _COLUMN), strict=False)
        columns = [_wrapped(text, width) for text, width in pair]
        if n:
            yield ""
        for row in zip_longest(*columns, fillvalue=""):
            yield "".join(f"{cell:<{_COLUMN}}" for cell in row).rstrip()


def _text(text: Json, screen: Page) -> str:
    return _EMOJI.sub("", screen.blocks(text))


def _element(element: Json) -> str:
    return f"[ {element['text']['text'] if element['type'] == 'button' else '⋯'} ]"


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of at most that width; the office's time, in brackets, keeps together."""
    kept = re.sub(r"\([^()]{1,30}\)", lambda match: match[0].replace(" ", "\0"), text)
    lines = (textwrap.wrap(line, width, break_on_hyphens=False) for line in kept.splitlines())
    return [line.replace("\0", " ") for some in lines for line in some]
