"""What is said of response clocks, and the help."""

from __future__ import annotations

from collections.abc import Iterator

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


def help_text(policy: Policy, *, invites: bool = False) -> str:
    """The answer to `/case help`, and to words that mean nothing.

    Args:
        invites: whether who asks can have a customer install Casebell.
    """
    return "\n".join(_help_lines(policy, invites=invites))


def _help_lines(policy: Policy, *, invites: bool) -> Iterator[str]:
    yield f"*{policy.vendor.name} support cases*"
    yield "`/case` opens a form; submit it, and we have your case."
    yield "`/case list` shows the open cases, `/case 1042` one of them."
    yield "`/case why 1042` shows how its response time is counted."
    if invites:
        yield "`/case invite`, in a customer's channel, makes a link for `/case` in their Slack."
        yield "`/case invite revoke` ends that link."
    yield "`/case help` shows this."
    yield "We respond first within:"
    for severity in policy.severities:
        clock = ", around the clock" if severity.target.around_the_clock else ""
        yield f"• {severity.label} ({severity.definition}): {severity.target}{clock}"
    yield f"Or write to {policy.vendor.support_email}. <{policy.vendor.scope_url}|What we support>"
