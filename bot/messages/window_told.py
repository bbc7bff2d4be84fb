"""Who was told what of a maintenance window, for the team."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from bot.domain.ledger import LedgerLine, LineState, PostKind
from bot.domain.notices import NoticeKind
from bot.domain.window import Window
from bot.domain.window_news import NewsKind
from bot.messages import kit, terms, window_ids, window_terms
from bot.messages.inputs import modal
from bot.policy import Policy

MOST_POSTS = 40
MOST_NAMED = 10  # channels in a line
_LATE = timedelta(minutes=5)

_KINDS: Mapping[PostKind, str] = {
    NoticeKind.DAYS_BEFORE: "Days before",
    NoticeKind.SOON: "Shortly before",
    NoticeKind.STARTED: "At its start",
    NoticeKind.ENDED: "At its end",
    NewsKind.ADDED: "It was added",
    NewsKind.MOVED: "It was moved",
    NewsKind.RESIZED: "Its length was changed",
    NewsKind.BEGUN: "It was started early",
    NewsKind.RUNS_LATE: "It runs late",
    NewsKind.DONE: "It was finished early",
    NewsKind.CALLED_OFF: "It was called off",
}
_STATES: Mapping[LineState, str] = {
    LineState.SENT: "Posted in",
    LineState.EDITED: "Posted, and changed in place since, in",
    LineState.DUE: "On its way to",
    LineState.REFUSED: ":warning: Refused in",
    LineState.LEFT_OUT: "Left out in",
}


@dataclass(frozen=True)
class ToldLine:
    """A post, the name of its channel, and the address that opens it, where Slack has it."""

    channel: str
    line: LedgerLine
    url: str | None = None


@dataclass(frozen=True)
class ToldFacts:
    """A window, and every post that tells of it, in the order written."""

    now: datetime
    window: Window
    lines: Sequence[ToldLine]


def told_view(policy: Policy, facts: ToldFacts) -> dict[str, Any]:
    """The posts about a window, the newest first: where each is, and where it is not, and why."""
    posts: dict[str, list[ToldLine]] = {}
    for told in facts.lines:
        posts.setdefault(told.line.notice, []).append(told)
    newest = sorted(posts.values(), key=lambda lines: lines[0].line.due_at, reverse=True)
    shown = _with_room(_post(policy, lines) for lines in newest)
    window = facts.window
    return modal(
        window_ids.TOLD_VIEW,
        "Who was told",
        None,
        kit.section(f"{window_terms.bold(window)}\n{window_terms.when(policy, window)}"),
        *shown,
        None if posts else kit.section("Nobody has been told of it yet."),
        kit.context(f"and {more} before") if (more := len(newest) - len(shown)) else None,
        kit.context(f"As of {terms.office(policy, facts.now)}."),
        close="Close",
    )


def _with_room(blocks: Iterable[kit.Block]) -> list[kit.Block]:
    """As many of the first as Slack surely takes."""
    shown: list[kit.Block] = []
    for block in islice(blocks, MOST_POSTS):
        if kit.size([*shown, block]) > kit.ROOM:
            break
        shown.append(block)
    return shown


def _post(policy: Policy, lines: Sequence[ToldLine]) -> kit.Block:
    first = lines[0].line
    called = _KINDS[first.kind] if first.is_about_it else "Named in a post about another window"
    head = f"*{called}* · {terms.office(policy, first.due_at)}"
    return kit.section("\n".join([head, *_places(policy, lines)]))


def _places(policy: Policy, lines: Sequence[ToldLine]) -> Iterator[str]:
    """The channels by what became of the post there, and why."""
    for state, words in _STATES.items():
        reasons: dict[str, list[ToldLine]] = {}
        for told in lines:
            if told.line.state is state:
                reasons.setdefault(told.line.reason, []).append(told)
        for reason, found in reasons.items():
            where = terms.listed([_link(told) for told in found[:MOST_NAMED]], len(found))
            why = f": {kit.line(reason, 120)}" if reason else ""
            yield f"{words} {where}{why}{_late(policy, found)}"


def _link(told: ToldLine) -> str:
    name = f"#{kit.line(told.channel, 80)}"
    return f"<{told.url}|{name}>" if told.url else name


def _late(policy: Policy, found: Sequence[ToldLine]) -> str:
    """By when the last of them had it, where that is long after it was due."""
    sent = [x.line for x in found if x.line.state is LineState.SENT]
    late = [x.settled_at for x in sent if x.settled_at and x.settled_at - x.due_at > _LATE]
    return f", the last {terms.office(policy, max(late))}" if late else ""
