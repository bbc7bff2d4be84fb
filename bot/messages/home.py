"""The App Home tab: the team's queue, or a customer's cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.window import Window
from bot.messages import ids, kit, terms
from bot.messages.case_list import Line, case_line, pages, shown_range, team_line
from bot.messages.oncall_views import MOST_LEVELS, OnCallLine, now_and_next
from bot.messages.window_list import next_line
from bot.policy import Policy

MOST_MINE = 5


@dataclass(frozen=True)
class HomeFacts:
    """What the tab shows.

    Args:
        lines: a page of the team's queue, by due time, or of a customer's cases.
        mine: the first of the cases assigned to the reader.
        mine_total: how many these are in all.
        total: how many there are on all pages of `lines`.
        page: counted from 1.
        next_window: of maintenance; for the team.
    """

    is_team: bool
    now: datetime
    lines: Sequence[Line]
    mine: Sequence[Line]
    mine_total: int
    total: int
    page: int
    on_call: Sequence[OnCallLine]
    next_window: Window | None = None


def home_view(policy: Policy, facts: HomeFacts) -> dict[str, Any]:
    """The tab, as it is now: Slack draws it again only when it is opened."""
    blocks = (*(_team(policy, facts) if facts.is_team else _customer(policy, facts)),)
    shown = [block for block in (*blocks, _as_of(policy, facts)) if block]
    return {"type": "home", "blocks": shown}


def _team(policy: Policy, facts: HomeFacts) -> Iterator[kit.Block | None]:
    yield kit.section(_on_call(policy, facts), _open_button())
    if (coming := next_line(policy, facts.next_window, facts.now)) is not None:
        yield kit.context(coming)
    if facts.mine:
        yield kit.section("*Mine*")
        yield from (kit.section(team_line(policy, line, facts.now)) for line in facts.mine)
        if facts.mine_total > len(facts.mine):
            more = facts.mine_total - len(facts.mine)
            yield kit.context(f"and {more} more: they are in the queue.")
    yield kit.divider()
    yield kit.section("*Open cases, what is due first on top*", _previous(facts))
    if not facts.lines:
        yield kit.section("Nothing is open.")
    yield from (kit.section(team_line(policy, line, facts.now)) for line in facts.lines)
    yield _next(facts)


def _customer(policy: Policy, facts: HomeFacts) -> Iterator[kit.Block | None]:
    vendor = policy.vendor
    yield kit.section(
        f"*{vendor.name} support*\nOpen a case here, and our team answers in a direct message; or"
        " open it in the channel that you share with us, where your colleagues see it too.",
        _open_button(),
    )
    yield kit.divider()
    yield kit.section("*Your open cases*", _previous(facts))
    if not facts.lines:
        yield kit.section("None: all is well.")
    yield from (kit.section(case_line(policy, line)) for line in facts.lines)
    yield _next(facts)


def _on_call(policy: Policy, facts: HomeFacts) -> str:
    lines = [_shift(policy, line) for line in facts.on_call[:MOST_LEVELS]]
    return "\n".join(["*On call now*", *(lines or ["nobody"])])


def _shift(policy: Policy, line: OnCallLine) -> str:
    return f"• {terms.level(line[0].level)}: {now_and_next(policy, line)}"


def _open_button() -> kit.Block:
    return kit.button(ids.OPEN_CASE, "Open a case", style="primary")


def _previous(facts: HomeFacts) -> kit.Block | None:
    if facts.page <= 1:
        return None
    before = min(facts.page - 1, pages(facts.total))
    return kit.button(ids.HOME_PAGE, "Previous", str(before))


def _next(facts: HomeFacts) -> kit.Block | None:
    if not facts.lines or pages(facts.total) == 1:
        return None
    has_more = facts.page < pages(facts.total)
    button = kit.button(ids.HOME_PAGE, "Next", str(facts.page + 1)) if has_more else None
    return kit.section(shown_range(facts.lines, facts.total, facts.page), button)


def _as_of(policy: Policy, facts: HomeFacts) -> kit.Block:
    return kit.context(
        f"As of {terms.office(policy, facts.now)}. Open this tab again to see what is new."
    )
