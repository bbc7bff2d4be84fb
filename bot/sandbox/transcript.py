"""The conversation of a local workspace, printed for somebody who reads along."""

from __future__ import annotations

import re
import textwrap
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.messages.kit import joined
from bot.sandbox import reading
from bot.sandbox.model import Conversation, Json, Kind, Message, User
from bot.sandbox.open_view import OpenView
from bot.sandbox.workspace import Workspace

WIDTH = 100  # or what the terminal has
NARROWEST = 60
LEFT_OUT = "…"
_STAMP = "%a %H:%M:%S  "
_INDENT = " " * len("Fri 16:40:00  ")
_DEEPER = "  "  # what belongs to the line above it
_MOST_ROWS = 8  # of one message; a card can be longer, and is shown down to its buttons
_EMOJI = re.compile(r":[a-z][a-z_]+:\s*")  # not every terminal has them
_KINDS = (Kind.PUBLIC, Kind.PRIVATE, Kind.DM)
_LABELLED = re.compile(r"\*[^*\n]*[^*\n.:]\*\n[^•\n][^\n]*")  # one line, under one in bold
_CASE = re.compile(r"CASE-\d+")
_MOMENT = re.compile(r"[a-zA-Z]+( \d+)? at \d+:\d\d [AP]M \(.*?\)")  # as both clocks show it


class Transcript:
    """Prints everything once: of a message, only the lines that no earlier one of its kind had.

    Args:
        workspace: where people talk.
        zone: the zone of the time stamps, and of the times that channels show. A direct message
            is printed as its reader sees it, in their own zone.
        bold: whether the terminal can print in bold.
        pause: how many seconds to wait after each entry.
        width: of the lines, in characters.
    """

    def __init__(
        self,
        workspace: Workspace,
        zone: ZoneInfo,
        *,
        bold: bool = False,
        pause: float = 0.0,
        width: int = WIDTH,
    ) -> None:
        self._workspace = workspace
        self._zone = zone
        self._bold = bold
        self._pause = pause
        self.width = width
        self._room = width - len(_INDENT)
        self._edits_seen: dict[Message, int] = {}
        self._rows_printed: set[tuple[Kind | None, str]] = set()
        self._changes_printed: set[tuple[tuple[str, ...], str]] = set()  # with the place
        self._counts_direct = False
        self._to_count: list[Message] = []

    def title(self, text: str) -> None:
        """Begin a part of the story."""
        print(f"\n{self._strong(text)}")

    def tell(self, text: str) -> None:
        """Explain something that nobody in the story says."""
        print(textwrap.fill(text, self.width))

    def act(self, what: str, *details: str) -> None:
        """Tell what somebody does without writing, such as pressing a button."""
        self._entry(self._workspace.now(), what, self._unread(details, [None]))

    def catch_up(self) -> None:
        """Print what was posted and what was redrawn since the last time."""
        rooms = tuple(self._workspace.conversations.values())
        messages = [message for room in rooms for message in room.messages]
        posted = [message for message in messages if message not in self._edits_seen]
        self._edits_seen |= {message: len(message.edits) for message in posted}
        if self._counts_direct:
            direct = [message for message in posted if message.conversation.kind is Kind.DM]
            self._to_count += direct
            posted = [message for message in posted if message not in direct]
            if not posted:
                return
            self._print_count()
        self._print_posted(posted)
        self._print_redrawn(messages)

    @contextmanager
    def counting_direct_messages(self) -> Iterator[None]:
        """Inside, they are counted by reader, and printed as a line before the next other post.

        Of what is redrawn in between, only that in public channels is printed, as it stands then.
        """
        self._counts_direct = True
        yield
        self._counts_direct = False
        self._print_count()

    def words(self, blocks: Iterable[Json], reader: User) -> list[str]:
        """Blocks as rows of text; what stands side by side in Slack shares a row."""
        return [" · ".join(pieces) for pieces in self._pieces(blocks, reader.tz)]

    def form(self, view: OpenView, typed: Mapping[str, str]) -> list[str]:
        """A form as rows of text: its title, its words, what somebody types, its button."""
        rows = [view.title]
        for block in view.blocks:
            if block["type"] != "input":
                rows += self.words([block], view.view.owner)
            elif (label := block["label"]["text"]) in typed:
                rows.append(labelled(label, typed[label]))
        return [*rows, f"[{view.view.body['submit']['text']}]"]

    def _print_posted(self, messages: Iterable[Message]) -> None:
        """One entry for the same words in several places."""
        groups: dict[tuple[str, ...], list[Message]] = {}
        for message in sorted(messages, key=self._order):
            rows = _cut(self._rows(message))
            author = message.username or message.author.name
            groups.setdefault((author, *rows), []).append(message)
        for (author, *rows), group in groups.items():
            places = joined(self._place(message) for message in group)
            kinds = {message.conversation.kind for message in group}
            self._entry(_posted_at(group[0]), f"{author} → {places}", self._unread(rows, kinds))

    def _print_redrawn(self, messages: Iterable[Message]) -> None:
        """One entry for the same change in several places, with only what is new in it.

        What was told of the same case in one place is not told again in the next.
        """
        groups: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        for message in sorted(messages, key=self._order):
            versions = message.edits[self._edits_seen[message] :]
            self._edits_seen[message] = len(message.edits)
            if not versions or (
                self._counts_direct and message.conversation.kind is not Kind.PUBLIC
            ):
                continue
            old = self._flat(versions[0].blocks, message)
            new = (*(piece for piece in self._flat(message.blocks, message) if piece not in old),)
            place = self._place(message)
            # Many pages to one person are redrawn one after the other, all in the same way.
            if new and (new, place) not in self._changes_printed:
                self._changes_printed.add((new, place))
                groups.setdefault((_case_of(message), new), []).append(place)
        by_case: dict[str, list[tuple[str, str]]] = {}
        told: set[tuple[str, str]] = set()
        for (case, change), places in groups.items():
            pieces = [piece for piece in change if (case, piece) not in told] or [LEFT_OUT]
            told |= {(case, piece) for piece in change}
            by_case.setdefault(case, []).append((joined(places), " · ".join(pieces)))
        for case, changes in by_case.items():
            match changes:
                case [(place, change_there)]:
                    self.act(f"Casebell redraws {case} in {place}", change_there)
                case _:
                    rows = (labelled(place, change_there) for place, change_there in changes)
                    self.act(f"Casebell redraws {case}", *rows)

    def _print_count(self) -> None:
        if not self._to_count:
            return
        readers = Counter(self._reader(message.conversation).name for message in self._to_count)
        by_reader = joined(f"{count} to {name}" for name, count in sorted(readers.items()))
        last = _posted_at(self._to_count[-1])
        self._entry(last, f"Casebell has sent {readers.total()} more pages: {by_reader}", ())
        self._to_count = []

    def _unread(self, rows: Sequence[str], kinds: Iterable[Kind | None]) -> list[str]:
        """The first row, the buttons, and what such a conversation has not shown before.

        Of a first row that was shown before, one line. More than a line that differs from an
        earlier row in its times alone counts as shown.
        """
        shown: list[str] = []
        for row in rows:
            gist = _MOMENT.sub("", row) if len(row) > self._room else row
            readings = {(kind, gist) for kind in kinds}
            if row.startswith("[") or not readings <= self._rows_printed:
                shown.append(row)
            elif not shown:
                shown.append(textwrap.shorten(row, self._room, placeholder=f" {LEFT_OUT}"))
            elif not shown[-1].endswith(LEFT_OUT):
                shown[-1] += f" {LEFT_OUT}"
            self._rows_printed |= readings
        return shown

    def _rows(self, message: Message) -> list[str]:
        zone = self._zone_of(message)
        if message.blocks:
            return [" · ".join(pieces) for pieces in self._pieces(message.blocks, zone)]
        return self._page(zone).mrkdwn(message.text).splitlines()

    def _flat(self, blocks: Iterable[Json], message: Message) -> list[str]:
        rows = self._pieces(blocks, self._zone_of(message))
        return [" ".join(piece.split()) for pieces in rows for piece in pieces]

    def _pieces(self, blocks: Iterable[Json], zone: ZoneInfo) -> Iterator[list[str]]:
        """The rows of each block, fact by fact; Slack draws two fields in a row."""
        page = self._page(zone)
        for block in blocks:
            match block:
                case {"fields": fields}:
                    facts = [_on_a_line(page.blocks([field])) for field in fields]
                    yield from (facts[n : n + 2] for n in range(0, len(facts), 2))
                case {"type": "actions", "elements": buttons}:
                    yield [" ".join(f"[{_label(button)}]" for button in buttons)]
                case {"text": {"text": str(text)}} if _LABELLED.fullmatch(text):
                    yield [_on_a_line(page.blocks([block]))]
                case _:
                    yield [_as_written(page.blocks([block]))]

    def _page(self, zone: ZoneInfo) -> reading.Page:
        return reading.Page(zone, self._workspace.now(), self._workspace.name_of)

    def _zone_of(self, message: Message) -> ZoneInfo:
        room = message.conversation
        return self._reader(room).tz if room.kind is Kind.DM else self._zone

    def _reader(self, direct: Conversation) -> User:
        return next(member for member in direct.members if member is not self._workspace.bot)

    def _order(self, message: Message) -> tuple[int, int, str]:
        """What is posted in one second is posted side by side: channels first, then people."""
        return int(float(message.ts)), _KINDS.index(message.conversation.kind), self._place(message)

    def _place(self, message: Message) -> str:
        room = message.conversation
        if room.kind is Kind.DM:
            return f"{self._reader(room).name} (DM)"
        root = room.message(message.thread_ts) if message.thread_ts else None
        return f"#{room.name}, thread of {_case_of(root)}" if root else f"#{room.name}"

    def _entry(self, at: datetime, head: str, rows: Iterable[str]) -> None:
        stamp = f"{at.astimezone(self._zone):{_STAMP}}"
        first, *more = _wrapped(head, self._room)
        print(stamp + self._strong(first))
        for line in more:
            print(_INDENT + self._strong(line))
        for line in (line for row in rows for line in _wrapped(row, self._room)):
            print(_INDENT + line)
        time.sleep(self._pause)

    def _strong(self, text: str) -> str:
        return f"\033[1m{text}\033[0m" if self._bold else text


def labelled(label: str, text: str) -> str:
    """A label with what stands under it, on one line."""
    return f"{label} {text}" if label.endswith("?") else f"{label}: {text}"


def _label(element: Json) -> str:
    """What a button says; a menu behind three dots shows only these."""
    return str(element["text"]["text"]) if "text" in element else "⋯"


def _on_a_line(text: str) -> str:
    """A fact: its label, and what stands under it."""
    head, *rest = _EMOJI.sub("", text).splitlines() or [""]
    return labelled(head, " ".join(rest)) if rest else head


def _as_written(text: str) -> str:
    """Line by line, those after the first indented."""
    lines = [line for line in _EMOJI.sub("", text).splitlines() if line.strip()]
    return f"\n{_DEEPER}".join(lines)


def _cut(rows: list[str]) -> list[str]:
    """The first rows, and what follows them down to the last buttons."""
    buttons = [n for n, row in enumerate(rows, 1) if row.startswith("[")]
    kept = max(_MOST_ROWS - 1, *buttons, 0)
    if len(rows) <= kept + 1:
        return rows
    return [*rows[:kept], f"… and {len(rows) - kept} lines more"]


def _wrapped(text: str, room: int) -> list[str]:
    """Lines that fit; what goes on from a line that is indented is so as well."""
    lines = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines += textwrap.wrap(line, room, subsequent_indent=indent, break_on_hyphens=False)
    return lines


def _posted_at(message: Message) -> datetime:
    return datetime.fromtimestamp(float(message.ts), UTC)


def _case_of(message: Message) -> str:
    found = _CASE.search(message.text)
    return found[0] if found else "its message"
