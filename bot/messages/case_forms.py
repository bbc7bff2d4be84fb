"""The forms about a case: what the team's buttons open, and the customer's alarm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.alarm import ONCE_PER, Alarm
from bot.domain.case import Case
from bot.messages import ids, kit, terms
from bot.messages.inputs import modal, radio, text_input, users_select
from bot.messages.intake_modal import severity_options
from bot.messages.words import in_words
from bot.policy import Policy, Severity

MOST_REASON = 500
MOST_ALARM_WORDS = 1000
MOST_REPLY = 3000


@dataclass(frozen=True)
class AlarmFacts:
    """What an alarm would do now.

    Args:
        pages: confirming it wakes on-call; otherwise the team's channel is told.
        due_at: by when a response is due then.
        opens_at: when the office opens, where it is closed and nobody is woken.
    """

    alarm: Alarm
    pages: bool
    due_at: datetime | None = None
    opens_at: datetime | None = None


def reply_form(case: Case) -> dict[str, Any]:
    """Words to the customer, posted in somebody's name."""
    clock = " It stops the response clock." if case.awaits_response else ""
    return modal(
        ids.REPLY_FORM,
        f"Reply to {case.name}",
        "Send",
        kit.plain(case.summary),
        text_input(ids.REPLY_TEXT, "Your reply", multiline=True, max_length=MOST_REPLY),
        kit.context(f"{_goes(case)}, under your name.{clock}"),
        metadata=terms.button(case),
    )


def resolve_form(case: Case) -> dict[str, Any]:
    """What is said to the customer when their case is over."""
    return modal(
        ids.RESOLVE_FORM,
        f"Resolve {case.name}",
        "Resolve",
        kit.plain(case.summary),
        text_input(
            ids.NOTE,
            "What was it, and what has been done?",
            multiline=True,
            max_length=MOST_REPLY,
            hint=f"{_goes(case)}, with your name.",
        ),
        kit.context("When the customer replies in their thread, the case is open again."),
        metadata=terms.button(case),
    )


def _goes(case: Case) -> str:
    """Where the customer reads what is written to them."""
    if case.place.is_direct:
        return "It goes to the customer by direct message"
    if case.thread_ts is None:
        return (
            "While the case has no card in its channel, this goes to the customer by direct message"
        )
    return "It is posted in the customer's thread"


def assign_form(case: Case) -> dict[str, Any]:
    """Whose case it shall be."""
    return modal(
        ids.ASSIGN_FORM,
        f"Assign {case.name}",
        "Assign",
        kit.plain(case.summary),
        users_select(ids.ASSIGNEE, "Who takes care of it?", case.assignee),
        kit.context("They are told by a direct message. Choose somebody in the team's channel."),
        metadata=terms.button(case),
    )


def severity_form(policy: Policy, case: Case) -> dict[str, Any]:
    """How bad it really is, and why."""
    return modal(
        ids.SEVERITY_FORM,
        f"Severity of {case.name}",
        "Change",
        kit.plain(case.summary),
        radio(ids.SEVERITY_CHOICE, "Severity", severity_options(policy), case.severity),
        text_input(
            ids.REASON,
            "Why?",
            multiline=True,
            max_length=MOST_REASON,
            hint="Shown to the customer, with the time of our next response.",
        ),
        metadata=terms.button(case),
    )


def alarm_form(policy: Policy, case: Case, facts: AlarmFacts) -> dict[str, Any]:
    """What the worst severity means, and what saying so does: it asks before anybody is woken."""
    worst = policy.worst
    return modal(
        ids.ALARM_FORM,
        f"{case.name}: {'still down?' if facts.alarm is Alarm.STILL_DOWN else 'worse?'}",
        "Page on-call" if facts.pages else "Tell the team",
        kit.plain(case.summary),
        _meaning(worst) if worst else None,
        kit.section(_consequence(policy, facts)),
        text_input(
            ids.ALARM_WORDS,
            "What has changed?",
            multiline=True,
            max_length=MOST_ALARM_WORDS,
            optional=True,
        ),
        kit.context(
            "If your work can go on, cancel, and write in the case's thread instead. It counts once"
            f" in {in_words(ONCE_PER)}."
        ),
        metadata=terms.button(case),
    )


def _meaning(severity: Severity) -> kit.Block:
    return kit.section(f"*{severity.label}* means: {severity.definition}.")


def _consequence(policy: Policy, facts: AlarmFacts) -> str:
    due = f" A response is due {terms.office(policy, facts.due_at)}." if facts.due_at else ""
    if facts.pages:
        return f":rotating_light: *This wakes our on-call engineer now.*{due}"
    if facts.opens_at is None:
        return f"Our office is open: the team is told in its channel at once.{due}"
    opens = terms.office(policy, facts.opens_at)
    return f"The team is told in its channel at once. Our office opens {opens}.{due}"
