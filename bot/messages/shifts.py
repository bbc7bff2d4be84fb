"""Changes of who is on call, as those hear of them whom they concern. Internal, all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.domain.cover import WhyChanged
from bot.messages import kit, terms
from bot.policy import Policy


def shift_changed(policy: Policy, facts: Mapping[str, Any]) -> kit.Message:
    """A person's coming shifts are other ones than before."""
    said = _said(facts)
    return kit.message(
        f"Your on-call shifts have changed: {said}",
        kit.section(f":calendar: *Your on-call shifts have changed.* {said}"),
        *(kit.section(_change(policy, change)) for change in facts["changes"]),
        kit.context("`/oncall` shows the schedule, and lets you ask for cover or swap."),
    )


def _said(facts: Mapping[str, Any]) -> str:
    """Who did it, and what they did."""
    if not facts["by"]:
        return "The rotation was set anew."
    by = kit.person(facts["by"])
    match facts.get("why"):
        case WhyChanged.COVERED:
            return f"{by} covers for you."
        case WhyChanged.SWAPPED:
            return f"{by} swapped shifts with you."
        case WhyChanged.TAKEN:
            return f"{by} took the pager."
        case WhyChanged.CANCELLED:
            return f"{by} cancelled an earlier change."
        case _:
            return f"{by} changed the schedule."


def _change(policy: Policy, change: Mapping[str, Any]) -> str:
    more = "\n• and so on" if change["more"] else ""
    return (
        f"*{terms.level(change['level'])}*\nBefore{_stretches(policy, change['before'])}\n"
        f"Now{_stretches(policy, change['after'])}{more}"
    )


def _stretches(policy: Policy, stretches: Sequence[Sequence[str | None]]) -> str:
    if not stretches:
        return ": not on call then"
    return ":" + "".join(f"\n• {_bounds(policy, *bounds)}" for bounds in stretches)


def _bounds(policy: Policy, start: str | None, end: str | None) -> str:
    """A stretch; it may have begun before it was looked at, or go on for longer than that."""
    since = terms.office(policy, datetime.fromisoformat(start)) if start else ""
    until = terms.office(policy, datetime.fromisoformat(end)) if end else ""
    if since and until:
        return f"{since} to {until}"
    return f"from {since} on" if since else f"until {until}" if until else "always"
