"""What is known of each channel in simulated months: what it hears of, has read, and is owed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from months_calendar import Calendar, Stretch
from months_rules import Window

BEFORE_ALL = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Known:
    """When a window is, by the last that a channel was told; `off`: it does not take place."""

    when: Stretch
    off: str | None = None


@dataclass
class Debt:
    """Something that a channel is to be told, or a post that is to be drawn anew.

    Args:
        what: a notice's tag; "news"; "redraw"; "not told".
        until: it is worth nothing from then on; None: it stays so.
        ts: the post that is to be drawn anew.
        mentions: other windows that it will tell of as well.
    """

    channel: str
    key: str
    what: str
    since: datetime
    until: datetime | None = None
    ts: str | None = None
    mentions: frozenset[str] = frozenset()


@dataclass
class Place:
    """A channel, as the oracle knows it."""

    id: str
    name: str
    is_team: bool = False
    is_in: bool = False
    left_out: frozenset[str] = frozenset()
    routine_always: bool = True
    refuses: str | None = None
    is_for_good: bool = False
    excused: datetime = BEFORE_ALL
    knows: dict[str, Known] = field(default_factory=dict)
    told: set[tuple[str, str, datetime]] = field(default_factory=set)
    changes: dict[str, datetime] = field(default_factory=dict)  # when it was to hear of one last
    mentioned: dict[str, datetime] = field(default_factory=dict)  # since when in another's news
    meant: dict[str, datetime] = field(default_factory=dict)  # since when it is to know of one
    doubtful: set[str] = field(
        default_factory=set
    )  # posts while a window changed that they mention
    posts: dict[str, dict[str, Stretch]] = field(default_factory=dict)  # what each told of

    def follows(self, window: Window) -> bool:
        return window.sector is None or window.sector.lower() not in self.left_out

    def hears(self, window: Window, windows: Calendar) -> bool:
        """Whether it is told of a window at all."""
        if self.is_team:
            return True
        if window.kind != "routine" or self.routine_always:
            return self.follows(window)
        return any(self.follows(work) for work in windows.around(window))

    def is_right_of(self, window: Window) -> bool:
        """Whether the last that it was told of a window is so."""
        known = self.knows.get(window.key)
        if known is None:
            return window.off is not None
        return known.off == window.off if window.off else known == Known(window.stands)
