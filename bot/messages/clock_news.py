"""What the team hears of response clocks. Internal."""

from __future__ import annotations

from bot.domain.case import Case
from bot.messages import kit, terms
from bot.policy import Policy


def clock_news(policy: Policy, case: Case, percent: int, thread_url: str | None) -> kit.Message:
    """A warning that a response falls due, or that it is overdue. Internal."""
    due, response = terms.office(policy, case.due_at), terms.response(case)
    place = f" <{thread_url}|Open the thread>" if thread_url else ""
    name = terms.named(policy, case)
    owner = f"It is {kit.person(case.assignee)}'s." if case.assignee else "*Nobody has taken it.*"
    if percent >= 100:
        return kit.message(
            f"{name}: {response} overdue",
            kit.section(
                f":red_circle: *{name}: the {response} is overdue.* It was due {due}."
                f" {owner}{place}"
            ),
            kit.plain(case.summary),
        )
    return kit.message(
        f"{name}: {percent} % of the response time has passed",
        kit.section(
            f":hourglass_flowing_sand: *{name}: {percent} % of the response time has passed* and"
            f" nobody has answered. The {response} is due {due}. {owner}{place}"
        ),
        kit.plain(case.summary),
    )
