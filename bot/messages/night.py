"""The summary of a night for the team that takes a page over. Internal."""

from __future__ import annotations

from bot.domain.night import Night
from bot.messages import kit, terms
from bot.policy import Policy

_MOST_NAMED = 8


def told(policy: Policy, night: Night) -> str:
    """Who was rung, since when, and whether anybody has it."""
    if night.since is None:
        return "Nobody was rung for it."
    rung = [f"{kit.person(user)} {_often(times)}" for user, times in night.rings.items()]
    words = f"On-call was rung since {terms.office(policy, night.since)}: "
    words += terms.listed(rung[:_MOST_NAMED], len(rung))
    if night.acknowledged_by and night.acknowledged_at:
        at = terms.office(policy, night.acknowledged_at)
        words += f"; {kit.person(night.acknowledged_by)} acknowledged it {at}."
    else:
        words += "; nobody acknowledged it."
    if night.missed:
        people = [kit.person(user) for user in night.missed]
        words += f" Slack refused messages to {terms.listed(people[:_MOST_NAMED], len(people))}."
    return words


def _often(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{times:,} times")
