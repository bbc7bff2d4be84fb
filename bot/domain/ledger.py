"""Who was told what of maintenance: a line for each window, notice and channel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.domain.conversation import instant
from bot.domain.notices import NoticeKind
from bot.domain.outbox import Posted
from bot.domain.segments import Segment
from bot.domain.window import Window
from bot.domain.window_news import NewsKind

PostKind: TypeAlias = NoticeKind | NewsKind


class LineState(StrEnum):
    """What became of a post."""

    DUE = "due"  # on its way; the reason is that of the last try
    SENT = "sent"
    EDITED = "edited"  # sent, and drawn anew since the window was changed
    LEFT_OUT = "left_out"
    REFUSED = "refused"


@dataclass(frozen=True)
class LedgerLine:
    """A post about a window in a channel, or why there is none.

    Args:
        window_key: a window that it tells of; a post that mentions another has a line for each.
        notice: what it is called for good, named after the window that it is about.
        told: when the window is, by this post.
        reason: why it was left out or refused: our words, or Slack's code.
        settled_at: when it was sent, edited, left out or refused.
        posted: where Slack has it.
        message_id: of the message in the outbox; None: none was written.
        number: lines are numbered in the order in which they are written.
    """

    window_key: str
    notice: str
    kind: PostKind
    channel_id: str
    told: Segment
    due_at: datetime
    state: LineState = LineState.DUE
    reason: str = ""
    settled_at: datetime | None = None
    posted: Posted | None = None
    message_id: int | None = None
    number: int = 0

    @property
    def is_told(self) -> bool:
        """Whether it can be read in the channel."""
        return self.state in (LineState.SENT, LineState.EDITED)

    @property
    def is_settled_for(self) -> bool:
        """Whether the channel needs that notice no more: it has it, will have it, or does not
        want it. One that was left out as it was about to be sent may be told otherwise.
        """
        return self.state is not LineState.LEFT_OUT or self.message_id is None

    @property
    def is_about_it(self) -> bool:
        """Whether the post is about this window; else it only mentions it."""
        return self.notice.startswith(f"{self.window_key}/")

    @property
    def counts(self) -> bool:
        """Whether it can be read there, or will be."""
        return self.is_told or self.state is LineState.DUE

    def is_before(self, other: LedgerLine) -> bool:
        """Whether its post was posted before another one, which may be on its way."""
        return other.posted is None or _posted_at(self) < _posted_at(other)


def post_kind(value: str) -> PostKind:
    """Read a kind back."""
    return NewsKind(value) if value in set(NewsKind) else NoticeKind(value)


def by_channel(lines: Iterable[LedgerLine]) -> Mapping[str, list[LedgerLine]]:
    """Lines by their channel, in their order."""
    found: dict[str, list[LedgerLine]] = {}
    for line in lines:
        found.setdefault(line.channel_id, []).append(line)
    return found


def last_told(lines: Sequence[LedgerLine]) -> Segment | None:
    """When a window is, by the last that a channel was told, or else was to be told."""
    posted = sorted((line for line in lines if line.is_told), key=_posted_at)
    told = posted or [line for line in lines if line.message_id]
    return told[-1].told if told else None


def is_told_of_change(lines: Iterable[LedgerLine], due_at: datetime) -> bool:
    """Whether a channel was told of a change at that instant or since: no reminder is needed.

    News of another window that mentions this one may yet be left out.
    """
    return any(
        line.kind in set(NewsKind)
        and line.message_id is not None
        and line.due_at >= due_at
        and (line.is_about_it or line.is_told)
        for line in lines
    )


def is_said_since(lines: Iterable[LedgerLine], told: Segment, at: datetime) -> bool:
    """Whether a channel has news, posted at that instant or since, that say when a window is.

    So they say as well that it has begun, or is over, if that is the instant.
    """
    return any(
        line.is_about_it and line.kind in set(NewsKind) for line in _said_since(lines, told, at)
    )


def is_mentioned_since(lines: Iterable[LedgerLine], told: Segment, at: datetime) -> bool:
    """Whether news or a reminder of another window, posted at that instant or since, say when
    this one is.
    """
    kinds = {*NewsKind, NoticeKind.DAYS_BEFORE}
    return any(not line.is_about_it and line.kind in kinds for line in _said_since(lines, told, at))


def unreached(
    window: Window, lines: Iterable[LedgerLine], due_before: datetime
) -> list[LedgerLine]:
    """The newest line of every channel that does not know how a window stands.

    Of one that was called off, whoever never heard of it need not know.

    Args:
        due_before: later posts are on their way.
    """
    found = []
    for of_channel in by_channel(lines).values():
        was_to_be = [x for x in of_channel if x.message_id and x.state is not LineState.LEFT_OUT]
        if not window.takes_place and not any(line.is_told for line in was_to_be):
            continue
        due = [line for line in was_to_be if line.due_at < due_before]
        if due and not any(_tells(line, window) for line in was_to_be):
            found.append(due[-1])
    return found


def _said_since(lines: Iterable[LedgerLine], told: Segment, at: datetime) -> Iterator[LedgerLine]:
    """What can be read, was posted at that instant or since, and says that time."""
    for line in lines:
        is_as_told = line.is_told and line.told == told
        if is_as_told and line.posted is not None and instant(line.posted.ts) >= at:
            yield line


def _posted_at(line: LedgerLine) -> float:
    """Posts about two windows overtake each other."""
    return float(line.posted.ts) if line.posted else 0.0


def _tells(line: LedgerLine, window: Window) -> bool:
    """Whether a post says how a window stands, and can be read."""
    if not line.is_told:
        return False
    if window.takes_place:
        return line.told == window.segment
    return line.kind is NewsKind.CALLED_OFF and line.is_about_it
