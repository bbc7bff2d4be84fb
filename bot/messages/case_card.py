"""A case as its channel sees it, as the team sees it, and what its reporter is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.case import Case, CaseStatus
from bot.domain.form import SEVERITY, SUMMARY, FieldKind
from bot.messages import ids, kit
from bot.messages.words import two_clocks
from bot.policy import Policy

# A longer answer is shown whole in the team card's thread, so that the card stays a card.
SHOWN_ON_CARD = 400


@dataclass(frozen=True)
class TeamFacts:
    """What only the team's card shows."""

    page_line: str | None = None
    thread_url: str | None = None


def case_card(policy: Policy, case: Case) -> kit.Message:
    """The card in the channel that the case came from; it starts the case's thread."""
    return kit.message(
        f"{case.name}: {kit.escape(case.summary)}",
        kit.header(case.name),
        kit.plain(case.summary),
        kit.fields(
            ("Severity", policy.label(case.severity)),
            ("Status", _status(case)),
            _deadline(policy, case),
            ("Opened by", kit.person(case.reporter.user_id)),
        ),
        kit.context("This thread is the case's conversation: please add what you find here."),
    )


def team_card(policy: Policy, case: Case, facts: TeamFacts) -> kit.Message:
    """The full card in TEAM_CHANNEL. Internal."""
    severity = policy.label(case.severity)
    place = kit.channel(case.place.channel_id)
    if facts.thread_url:
        place += f" · <{facts.thread_url}|open the thread>"
    return kit.message(
        f"{case.name} · {severity}: {kit.escape(case.summary)}",
        kit.header(f"{case.name} · {severity}"),
        kit.plain(case.summary),
        kit.fields(
            ("Status", _status(case)),
            _deadline(policy, case),
            ("Opened by", kit.person(case.reporter.user_id)),
            ("In", place),
            ("Opened", _office(policy, case.opened_at)),
            ("Target", _target(case)),
        ),
        kit.section(facts.page_line) if facts.page_line else None,
        *_answers(policy, case),
        None if case.answered_at else kit.context(_how_to_answer(facts)),
    )


def long_answers(policy: Policy, case: Case) -> tuple[str, ...]:
    """The keys of the answers that the team's card shows only in part."""
    return tuple(key for key in _asked(policy, case) if len(case.answers[key]) > SHOWN_ON_CARD)


def long_answer(policy: Policy, case: Case, key: str) -> kit.Message:
    """One long answer, whole, in the team card's thread. Internal."""
    label = policy.form.label(key)
    return kit.message(
        f"{case.name}: {label}", kit.section(f"*{label}*"), kit.plain(case.answers[key])
    )


def resubmitted(policy: Policy, case: Case, changed: Mapping[str, str]) -> kit.Message:
    """The reporter sent the same form again with other words. Internal."""
    return kit.message(
        f"{case.name}: the form was submitted again with other words",
        kit.section(
            f"{kit.person(case.reporter.user_id)} submitted the form of {case.name} again with"
            " other words. It stays one case, as it was first submitted. What differs:"
        ),
        *(_changed(policy, key, text) for key, text in changed.items()),
    )


def _changed(policy: Policy, key: str, text: str) -> kit.Block:
    label = policy.form.label(key)
    if key == SEVERITY:
        return kit.section(f"{label}: {policy.label(text)}")
    if text and key in _moments(policy):
        return kit.section(f"{label}: {_office(policy, datetime.fromisoformat(text))}")
    return kit.plain(f"{label}: {text or '(left out now)'}")


def receipt(policy: Policy, case: Case, what_next: str) -> kit.Message:
    """The DM to the reporter that repeats the form's receipt."""
    return kit.message(
        f"We have your case {case.name}: {kit.escape(case.summary)}",
        kit.section(f"*We have your case {case.name}*"),
        kit.plain(case.summary),
        kit.section(f"*Next response by*\n{_office(policy, case.due_at)}"),
        kit.section(what_next),
    )


def what_next(policy: Policy, *, pages: bool, now: datetime, is_again: bool = False) -> str:
    """What happens after a case was opened, for its reporter."""
    hours = policy.hours
    if is_again and not pages:
        return (
            "You had submitted this form before, so it stays one case; our team has been told what"
            " you changed."
        )
    if pages:
        return (
            "Our on-call engineer is being paged now and answers in the case's thread. The next"
            " person is paged if they do not."
        )
    if hours.is_open(now):
        return "Our team has been told, and answers in the case's thread."
    opens = _office(policy, hours.opens_at(now))
    return f"Our office is closed; the team looks at it when it opens, {opens}."


def not_posted(policy: Policy, case: Case, reason: str) -> kit.Message:
    """The reporter is told that the card could not be posted, and what to do."""
    place = kit.channel(case.place.channel_id)
    return kit.message(
        f"{case.name} is open, but I could not post it in its channel",
        kit.section(
            f"*{case.name} is open and our team has it.* I could not post it in {place}"
            f" {_refusal(reason)}\nYou need not open it again. Our team answers you by DM, or write"
            f" to {policy.vendor.support_email} and name {case.name}."
        ),
    )


def not_posted_team(case: Case, reason: str) -> kit.Message:
    """The team is told that a customer cannot see their case. Internal."""
    return kit.message(
        f"{case.name} could not be posted in its channel",
        kit.section(
            f":warning: {case.name} stands, but its card could not be posted in"
            f" {kit.channel(case.place.channel_id)} (`{reason}`), so it has no thread there."
            f" {kit.person(case.reporter.user_id)} is told by DM what to do. Please answer them by"
            " DM, and press the button when you have: nothing else stops its response clock."
        ),
        kit.actions(kit.button(ids.ANSWERED, "I have answered", str(case.number))),
    )


def _refusal(reason: str) -> str:
    if reason == "is_archived":
        return "because the channel is archived."
    if reason in ("not_in_channel", "channel_not_found"):
        return "because I am not in it. Type `/invite @casebell` there, and I post it at once."
    return f"(Slack says `{reason}`). Please ask the people who manage that channel."


def _status(case: Case) -> str:
    if case.status is CaseStatus.ANSWERED:
        return "Answered"
    return "Waiting for our first response"


def _deadline(policy: Policy, case: Case) -> tuple[str, str]:
    if case.answered_at is not None:
        late = " (late)" if case.answered_at > case.due_at else ""
        return "First response", _office(policy, case.answered_at) + late
    if case.breached_at is not None:
        return "Next response", f":red_circle: overdue since {_office(policy, case.due_at)}"
    return "Next response by", _office(policy, case.due_at)


def _target(case: Case) -> str:
    clock = "around the clock" if case.target.around_the_clock else "in support hours"
    return f"{case.target}, {clock}"


def _how_to_answer(facts: TeamFacts) -> str:
    if facts.thread_url is None:
        return "Its card in the customer's channel is not posted yet."
    return "Answer in the customer's thread: a reply there stops the response clock."


def _answers(policy: Policy, case: Case) -> Iterator[kit.Block]:
    moments = _moments(policy)
    for key in _asked(policy, case):
        label, answer = policy.form.label(key), case.answers[key]
        if key in moments:
            yield kit.section(f"*{label}*\n{_office(policy, datetime.fromisoformat(answer))}")
            continue
        is_cut = len(answer) > SHOWN_ON_CARD
        yield kit.section(f"*{label}*{' (the whole answer is in the thread)' if is_cut else ''}")
        yield kit.plain(kit.clip(answer, SHOWN_ON_CARD))


def _moments(policy: Policy) -> frozenset[str]:
    return frozenset(f.key for f in policy.form.fields if f.kind is FieldKind.PAST_MOMENT)


def _asked(policy: Policy, case: Case) -> Iterator[str]:
    """What was answered, in the form's order, then what the form no longer asks.

    Without what the head of the card shows. The database keeps no order of keys.
    """
    in_order = dict.fromkeys((*(field.key for field in policy.form.fields), *sorted(case.answers)))
    return (key for key in in_order if key in case.answers and key not in (SEVERITY, SUMMARY))


def _office(policy: Policy, at: datetime) -> str:
    return two_clocks(at, policy.hours.zone, policy.zone_name)
