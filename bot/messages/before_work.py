"""Urgent cases that are open before maintenance starts. Internal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.window import Window
from bot.messages import kit, terms, window_terms
from bot.messages.case_list import Line, team_line
from bot.messages.words import counted
from bot.policy import Policy

MOST_CASES = 10


def before_work(
    policy: Policy, window: Window, lines: Sequence[Line], total: int, now: datetime
) -> kit.Message:
    """What the team is told.

    Args:
        lines: the most urgent cases, `MOST_CASES` at most.
        total: how many there are in all.
    """
    name = kit.escape(window_terms.full_name(policy, window))
    start, end = window.segment.start, window.segment.end
    count = counted(total, "urgent case is open", "urgent cases are open")
    if now < start:
        when = f"begins {terms.office(policy, start)}"
        then = "It begins as planned. Look after them first, or move it with `/maintenance`."
    else:
        when = f"is under way until {terms.office(policy, end)}"
        then = "It goes on as planned. Please look after them meanwhile."
    more = f"and {total - len(lines)} more: they are on the Home tab." if total > len(lines) else ""
    return kit.message(
        f"{count}, and {name} {'begins soon' if now < start else 'is under way'}",
        kit.section(f":construction: *{name} {when}, and {count}:*"),
        *(kit.section(team_line(policy, line, now)) for line in lines),
        kit.context(more) if more else None,
        kit.context(then),
    )
