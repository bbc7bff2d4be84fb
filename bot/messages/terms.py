"""How cases are spoken of, alike in every message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bot.domain.case import Case, CaseStatus
from bot.domain.segments import Segment
from bot.messages import ids, kit
from bot.messages.words import two_clocks
from bot.policy import Policy

_MOST_STRETCHES = 4


def office(policy: Policy, at: datetime) -> str:
    """An instant in the reader's own time and in the office's."""
    return two_clocks(at, policy.hours.zone, policy.zone_name)


def stretch(policy: Policy, segment: Segment, now: datetime | None = None) -> str:
    """From when to when, by both clocks; with `now`, only until when, if it has begun."""
    end = office(policy, segment.end)
    if now is not None and segment.start <= now:
        return f"until {end}"
    return f"{office(policy, segment.start)} to {end}"


def stretches(policy: Policy, segments: Sequence[Segment]) -> str:
    """Several times, one after the other; of many, the first few."""
    shown = [stretch(policy, segment) for segment in segments[:_MOST_STRETCHES]]
    return listed(shown, len(segments))


def level(name: str) -> str:
    """A level of on-call, as the policy calls it."""
    return kit.line(name, 40)


def who(user_id: str | None) -> str:
    """A person by their name, as Slack shows it; nobody in particular where it is not known."""
    return kit.person(user_id) if user_id else "Somebody"


def whose(case: Case) -> str:
    """Whose case it is: "Acme", "Acme for Globex". Not escaped."""
    account = kit.clip(case.account, 45)
    if not case.on_behalf_of:
        return account
    return f"{account} for {kit.clip(case.on_behalf_of, 45)}".strip()


def place(case: Case) -> str:
    """Where a case lives; the id of somebody's DM would not be shown as a channel."""
    if case.place.is_direct:
        return "a direct message with Casebell"
    return kit.channel(case.place.channel_id)


def named(policy: Policy, case: Case) -> str:
    """A case with how bad it is."""
    return f"{case.name} ({policy.label(case.severity)})"


def response(case: Case) -> str:
    """What the customer waits for, or waited for."""
    return "response" if case.was_answered_before else "first response"


def target(case: Case) -> str:
    """What was promised, with the clock that it is counted on."""
    return f"{case.target}, around the clock" if case.target.around_the_clock else str(case.target)


def status(case: Case) -> str:
    """Where a case stands, for the customer."""
    if case.is_resolved:
        return "Resolved"
    if case.awaits_response:
        return f"Waiting for our {response(case)}"
    match case.status:
        case CaseStatus.WAITING:
            return "Waiting for you"
        case CaseStatus.REOPENED:
            return "Open again, waiting for us"
        case _:
            return "Answered"


def team_status(case: Case) -> str:
    """Where a case stands, for the team."""
    if case.is_resolved:
        return f"Resolved by {kit.person(case.resolved_by)}" if case.resolved_by else "Resolved"
    match case.status:
        case CaseStatus.WAITING:
            return "Waiting on the customer"
        case CaseStatus.REOPENED:
            return "Open again: the customer waits"
        case _:
            return status(case)


def is_overdue(case: Case, now: datetime | None = None) -> bool:
    """Whether the customer waits for longer than was promised, by `now` or on record."""
    late = case.breached_at is not None or (now is not None and now >= case.due_at)
    return case.awaits_response and late


def due(policy: Policy, case: Case, now: datetime | None = None) -> str | None:
    """By when a response is due, in a few words; None when none is awaited."""
    if not case.awaits_response:
        return None
    if is_overdue(case, now):
        return f":red_circle: overdue since {office(policy, case.due_at)}"
    return f"due {office(policy, case.due_at)}"


def listed(names: Sequence[str], total: int) -> str:
    """Names as people list them, and how many more there are in all."""
    more = [f"{total - len(names)} more"] if total > len(names) else []
    return kit.joined([*names, *more])


def button(case: Case) -> str:
    """What the value of a button about a case says."""
    return str(ids.CaseButton(case.number, case.version))
