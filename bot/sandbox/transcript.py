"""The conversation of a local workspace, printed as it happens for somebody who reads along."""

from __future__ import annotations

import re
import textwrap
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.sandbox import reading
from bot.sandbox.model import Conversation, Json, Kind, Message, User
from bot.sandbox.workspace import Workspace

WIDTH = 100
_STAMP = "%a %H:%M:%S  "
_INDENT = " " * len("Fri 16:40:00  ")
_MOST_LINES = 8  # of one message; a card can be longer
_EMOJI = re.compile(r":[a-z][a-z_]+:\s*")  # not every terminal has them
_CASE = re.compile(r"CASE-\d+")


class Transcript:
    """Prints everything once, in the order in which it happened.

    Args:
        workspace: where people talk.
        zone: the zone of the time stamps, and of the times that channels show. A direct message
            is printed as its reader sees it, in their own zone.
        bold: whether the terminal can print in bold.
        pause: how many seconds to wait after each entry.
    """

    def __init__(
        self, workspace: Workspace, zone: ZoneInfo, *, bold: bool = False, pause: float = 0.0
    ) -> None:
        self._workspace = workspace
        self._zone = zone
        self._bold = bold
        self._pause = pause
        self._edits_seen: dict[Message, int] = {}
        self._counted: Counter[str] | None = None

    def title(self, text: str) -> None:
        """Begin a part of the story."""
        print(f"\n{self._strong(text)}")

    def tell(self, text: str) -> None:
        """Explain something that nobody in the story says."""
        print(textwrap.fill(text, WIDTH))

    def act(self, what: str, *details: str) -> None:
        """Tell what somebody does without writing, such as pressing a button."""
        self._entry(self._workspace.now(), what, details)

    def catch_up(self) -> None:
        """Print what was posted and what was redrawn since the last time."""
        rooms = tuple(self._workspace.conversations.values())
        messages = [message for room in rooms for message in room.messages]
        posted = [message for message in messages if message not in self._edits_seen]
        self._edits_seen |= {message: len(message.edits) for message in posted}
        if self._counted is None:
            self._print_posted(posted)
            self._print_redrawn(messages)
            return
        direct = [message for message in posted if message.conversation.kind is Kind.DM]
        self._counted.update(self._reader(m.conversation).name for m in direct)
        self._print_posted([message for message in posted if message not in direct])

    @contextmanager
    def counting_direct_messages(self) -> Iterator[Counter[str]]:
        """Inside, they are counted by reader and not printed, and what is redrawn has to wait."""
        self._counted = Counter()
        yield self._counted
        self._counted = None

    def words(self, blocks: Iterable[Json], reader: User) -> list[str]:
        """Blocks as lines of text; what stands side by side in Slack shares a line."""
        return [" · ".join(pieces) for pieces in self._pieces(blocks, reader.tz)]

    def _print_posted(self, messages: Iterable[Message]) -> None:
        """One entry for the same words in several places."""
        groups: dict[tuple[str, ...], list[Message]] = {}
        for message in sorted(messages, key=lambda message: message.ts):
            words = self._words_of(message)
            groups.setdefault((message.author.name, *words), []).append(message)
        for (author, *words), group in groups.items():
            at = datetime.fromtimestamp(float(group[0].ts), UTC)
            places = _listed(self._place(message) for message in group)
            self._entry(at, f"{author} → {places}", words)

    def _print_redrawn(self, messages: Iterable[Message]) -> None:
        """One entry for the same change in several places, with only what is new in it."""
        groups: dict[tuple[str, ...], list[Message]] = {}
        for message in messages:
            before = message.edits[self._edits_seen[message] :]
            if not before:
                continue
            self._edits_seen[message] = len(message.edits)
            old = self._flat(before[0].blocks, message)
            new = [piece for piece in self._flat(message.blocks, message) if piece not in old]
            if new:
                groups.setdefault((_case_of(message), " · ".join(new)), []).append(message)
        for (case, change), group in groups.items():
            places = _listed(dict.fromkeys(self._place(message) for message in group))
            self._entry(self._workspace.now(), f"Casebell redraws {case} in {places}", [change])

    def _words_of(self, message: Message) -> list[str]:
        if message.blocks:
            return [" · ".join(p) for p in self._pieces(message.blocks, self._zone_of(message))]
        return self._page(self._zone_of(message)).mrkdwn(message.text).splitlines()

    def _flat(self, blocks: Iterable[Json], message: Message) -> list[str]:
        return [piece for row in self._pieces(blocks, self._zone_of(message)) for piece in row]

    def _pieces(self, blocks: Iterable[Json], zone: ZoneInfo) -> Iterator[list[str]]:
        """What each block says, fact by fact."""
        page = self._page(zone)
        for block in blocks:
            match block:
                case {"fields": fields}:
                    yield [_on_a_line(page.blocks([field])) for field in fields]
                case {"type": "actions", "elements": buttons}:
                    yield [" ".join(f"[{button['text']['text']}]" for button in buttons)]
                case _:
                    yield [_on_a_line(page.blocks([block]))]

    def _page(self, zone: ZoneInfo) -> reading.Page:
        return reading.Page(zone, self._workspace.now(), self._workspace.name_of)

    def _zone_of(self, message: Message) -> ZoneInfo:
        room = message.conversation
        return self._reader(room).tz if room.kind is Kind.DM else self._zone

    def _reader(self, direct: Conversation) -> User:
        return next(member for member in direct.members if member is not self._workspace.bot)

    def _place(self, message: Message) -> str:
        room = message.conversation
        if room.kind is Kind.DM:
            return f"{self._reader(room).name} (DM)"
        root = room.message(message.thread_ts) if message.thread_ts else None
        return f"#{room.name}, in the thread of {_case_of(root)}" if root else f"#{room.name}"

    def _entry(self, at: datetime, head: str, lines: Sequence[str]) -> None:
        stamp = f"{at.astimezone(self._zone):{_STAMP}}"
        first, *more = textwrap.wrap(head, WIDTH - len(stamp))
        print(stamp + self._strong(first))
        for line in more:
            print(_INDENT + self._strong(line))
        wrapped = [part for line in lines for part in textwrap.wrap(line, WIDTH - len(_INDENT))]
        if len(wrapped) > _MOST_LINES:
            wrapped[_MOST_LINES - 1 :] = [f"… ({len(wrapped) - _MOST_LINES + 1} more lines)"]
        for line in wrapped:
            print(_INDENT + line)
        time.sleep(self._pause)

    def _strong(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self._bold else text


def _case_of(message: Message) -> str:
    found = _CASE.search(message.text)
    return found[0] if found else "its message"


def _on_a_line(text: str) -> str:
    """A bold name above its value, as `name: value`; longer text line after line."""
    head, *rest = _EMOJI.sub("", text).splitlines() or [""]
    return f"{head}{'' if head.endswith(('?', '.')) else ':'} {' '.join(rest)}" if rest else head


def _listed(words: Iterable[str]) -> str:
    *rest, last = words
    return f"{', '.join(rest)} and {last}" if rest else last
