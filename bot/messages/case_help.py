"""The answer to `/case help`."""

from __future__ import annotations

from collections.abc import Iterator

from bot.policy import Policy


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
