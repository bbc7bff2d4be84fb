"""Changes of who is on call, as those hear of them whom they concern. Internal, all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.messages import kit, terms
from bot.policy import Policy


def shift_changed(policy: Policy, facts: Mapping[str, Any]) -> kit.Message:
    """A person's coming shifts are other ones than before."""
    by = f"{kit.person(facts['by'])} changed" if facts["by"] else "A change was made to"
    lines = [_change(policy, change) for change in facts["changes"]]
    return kit.message(
        "Your on-call shifts have changed",
        kit.section(f":calendar: *Your on-call shifts have changed.* {by} the schedule."),
        *(kit.section(line) for line in lines),
        kit.context("`/oncall` shows the schedule, and lets you ask for cover or swap."),
    )


def _change(policy: Policy, change: Mapping[str, Any]) -> str:
    more = "\n…and so on" if change["more"] else ""
    level = kit.line(change["level"], 40)
    return (
        f"*{level}*\nBefore: {_stretches(policy, change['before'])}\n"
        f"Now: {_stretches(policy, change['after'])}{more}"
    )


def _stretches(policy: Policy, stretches: Sequence[Sequence[str]]) -> str:
    if not stretches:
        return "not on call"
    return "; ".join(
        f"{terms.office(policy, datetime.fromisoformat(start))} to"
        f" {terms.office(policy, datetime.fromisoformat(end))}"
        for start, end in stretches
    )
