"""Posts about maintenance, read as people read them: by their words alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import year_calendar as calendar

Stretch = tuple[datetime, datetime]

HEADLINES = (
    ("days", re.compile(r"(?P<name>.+) on (?P<at>\w{3} \d+ \w{3}, .+)")),
    ("soon", re.compile(r"(?P<name>.+) begins in (?P<wait>.+)")),
    ("started", re.compile(r"(?P<name>.+) is under way")),
    ("over", re.compile(r"(?P<name>.+) is over")),
    ("added", re.compile(r"(?P<name>.+) is planned for (?P<at>.+)")),
    ("moved", re.compile(r"(?P<name>.+) is moved to (?P<at>.+)")),
    ("resized", re.compile(r"(?P<name>.+) lasts (?P<length>.+) now, until (?P<at>.+)")),
    ("begun", re.compile(r"(?P<name>.+) has begun early")),
    ("late", re.compile(r"(?P<name>.+) is running late, until (?P<at>.+)")),
    ("late", re.compile(r"(?P<name>.+) is (?P<not_over>not over after all), it goes on until"
                        r" (?P<at>.+)")),
    ("off", re.compile(r"(?P<name>.+) is (?P<off>cancelled|skipped this time)")),
    ("redrawn", re.compile(r"(Moved|Changed|Skipped|Cancelled): (?P<name>.+)")),
)  # fmt: skip
NEWS = frozenset({"added", "moved", "resized", "begun", "late", "off"})
_DATE = r"<!date\^(\d+)\^[^>]*> \(([^)]*)\)"
_FROM_TO = rf"from {_DATE} to {_DATE}"
_WINDOW = re.compile(rf"(?P<name>Logik\.io .+?): {_FROM_TO}, (?P<length>[^.]+)(?P<rest>\..*)?")
_OFF = re.compile(r"(?P<name>Logik\.io .+?): (?P<off>cancelled|skipped this time)\. ")
_WAS = re.compile(rf"It was planned {_FROM_TO}\.")
_DIFFERS = re.compile(r"The policy now says otherwise of the (?P<name>.+)")
_TO = rf"{_DATE} to {_DATE}"
_SAYS = re.compile(rf"\*(?P<name>.+)\*, {_TO}: the policy now has it {_TO}\.")
_GOES_ON = "The routine maintenance around it goes on: "
_NOT_TOLD = re.compile(r"(?P<count>\d+) channels? could not be told of: (?P<name>.+)")
# What only the team may read.
INTERNAL = re.compile(
    r"could not be told|:warning:|falls on|holiday|New Year|Slack refused|channel_not_found"
    r"|is_archived|support-team|urgent case|the policy|maintenance_|sequence|#"
)


@dataclass(frozen=True)
class Line:
    """A window in a post: when it is; or that it does not take place."""

    name: str
    when: Stretch | None
    length: str = ""
    off: str | None = None
    was: Stretch | None = None
    clocks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Post:
    """What a post says.

    Args:
        lines: the windows that it tells of; the one that it is about comes first.
        was: when that one was to be before.
        goes_on: whether it says that the routine window around it does.
    """

    kind: str
    name: str
    headline: str
    lines: tuple[Line, ...] = ()
    was: Stretch | None = None
    next_one: Line | None = None
    stays: tuple[Line, ...] = ()
    goes_on: bool = False
    said: dict[str, str] = field(default_factory=dict)

    @property
    def is_news(self) -> bool:
        """Whether it tells of a change."""
        return self.kind in NEWS or self.was is not None

    @property
    def others(self) -> tuple[Line, ...]:
        """What it tells of beside what it is about: what stays, and the next one."""
        return self.stays if self.next_one is None else (*self.stays, self.next_one)


@dataclass(frozen=True)
class NotTold:
    """The team hears which channels do not know of a window."""

    name: str
    when: Stretch
    channels: frozenset[str]
    count: int


@dataclass(frozen=True)
class PolicyDiffers:
    """The team is asked about a window that the policy has elsewhere by now."""

    name: str
    stands: Stretch
    says: Stretch


def read(text: str, blocks: Sequence[str]) -> Post | NotTold | PolicyDiffers | None:
    """What a message says; None: nobody could say."""
    if match := _DIFFERS.fullmatch(text):
        return _differs(match["name"], text, blocks)
    if match := _NOT_TOLD.fullmatch(text):
        return _not_told(match, blocks)
    for kind, pattern in HEADLINES:
        if match := pattern.fullmatch(text):
            return _post(kind, {n: v for n, v in match.groupdict().items() if v}, text, blocks)
    return None


def _post(kind: str, said: dict[str, str], text: str, blocks: Sequence[str]) -> Post | None:
    headline, *rest = blocks
    if headline != f"*{text}*":
        return None
    lines: list[Line] = []
    stays: list[Line] = []
    next_one, was = None, None
    for block in rest:
        if block.startswith("The next "):
            next_one = _line(block.removeprefix("The next "))
        elif block.startswith("This stays as it is: "):
            stays += filter(None, [_line(block.removeprefix("This stays as it is: "))])
        elif (found := _line(block)) is not None:
            lines.append(found)
        elif match := _WAS.fullmatch(block):
            was = _stretch(match.groups())
    goes_on = any(block.startswith(_GOES_ON) for block in rest)
    return Post(kind, said["name"], text, tuple(lines), was, next_one, tuple(stays), goes_on, said)


def _line(block: str) -> Line | None:
    was = _WAS.search(block)
    then = _stretch(was.groups()) if was else None
    if match := _OFF.match(block):
        return Line(match["name"], None, off=match["off"].split()[0], was=then)
    if match := _WINDOW.fullmatch(block):
        parts = match.groups()[1:5]
        return Line(
            match["name"], _stretch(parts), match["length"], was=then, clocks=(parts[1], parts[3])
        )
    return None


def _not_told(match: re.Match[str], blocks: Sequence[str]) -> NotTold | None:
    about = re.search(_FROM_TO, blocks[0])
    listed = frozenset(re.findall(r"^• #(\S+):", blocks[1], re.MULTILINE))
    if about is None:
        return None
    return NotTold(match["name"], _stretch(about.groups()), listed, int(match["count"]))


def _differs(name: str, text: str, blocks: Sequence[str]) -> PolicyDiffers | None:
    match = _SAYS.fullmatch(blocks[1])
    if blocks[0] != f":warning: *{text}*" or match is None or match["name"] != name:
        return None
    parts = match.groups()[1:]
    return PolicyDiffers(name, _stretch(parts[:4]), _stretch(parts[4:]))


def _stretch(parts: Sequence[str]) -> Stretch:
    return tuple(datetime.fromtimestamp(int(part), UTC) for part in (parts[0], parts[2]))  # type: ignore[return-value]


# How people say what they know.


def clock(at: datetime) -> str:
    """ "Fri 18 Dec, 8:00 PM Central" """
    local = calendar.local(at)
    half = "AM" if local.hour < 12 else "PM"
    days, months = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], _MONTHS.split()
    day = f"{days[local.weekday()]} {local.day} {months[local.month - 1]}"
    return f"{day}, {(local.hour - 1) % 12 + 1}:{local.minute:02} {half} Central"


def length(of: timedelta) -> str:
    """ "33 h", "4 h 30 min", of the two largest units"""
    seconds = int(of.total_seconds())
    parts = [f"{seconds // 3600} h", f"{seconds // 60 % 60} min", f"{seconds % 60} s"]
    return " ".join([part for part in parts if not part.startswith("0 ")][:2])


_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
