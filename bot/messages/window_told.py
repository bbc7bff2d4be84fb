"""Who was told what of a maintenance window, for the team."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
class ToldFacts:
    """A window, and every post about it with the name of its channel, in the order written."""

    now: datetime
    window: Window
    lines: Sequence[tuple[str, LedgerLine]]


def told_view(policy: Policy, facts: ToldFacts) -> dict[str, Any]:
    """The posts about a window, the newest first: where each is, and where it is not, and why."""
    posts: dict[str, list[tuple[str, LedgerLine]]] = {}
    for named in facts.lines:
        posts.setdefault(named[1].notice, []).append(named)
    newest = sorted(posts.values(), key=lambda lines: lines[0][1].due_at, reverse=True)
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


def _post(policy: Policy, lines: Sequence[tuple[str, LedgerLine]]) -> kit.Block:
    _, first = lines[0]
    head = f"*{_KINDS[first.kind]}* · {terms.office(policy, first.due_at)}"
    return kit.section("\n".join([head, *_places(lines)]))


def _places(lines: Sequence[tuple[str, LedgerLine]]) -> Iterator[str]:
    """The channels by what became of the post there, and why."""
    for state, words in _STATES.items():
        reasons: dict[str, list[str]] = {}
        for channel, line in lines:
            if line.state is state:
                reasons.setdefault(line.reason, []).append(f"#{kit.line(channel, 80)}")
        for reason, channels in reasons.items():
            where = terms.listed(channels[:MOST_NAMED], len(channels))
            yield f"{words} {where}" + (f": {kit.line(reason, 120)}" if reason else "")
