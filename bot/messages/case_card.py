"""A case as its channel sees it, as the team sees it, and what its reporter is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.alarm import Alarm
from bot.domain.case import Case, CaseStatus
from bot.domain.form import ON_BEHALF_OF, SEVERITY, SUMMARY, FieldKind
from bot.domain.page import Woken
from bot.messages import ids, kit, terms
from bot.policy import Policy

# A longer answer is shown whole in the team card's thread, so that the card stays a card.
SHOWN_ON_CARD = 400

# What the head of the team's card shows.
_IN_HEAD = frozenset({SEVERITY, SUMMARY, ON_BEHALF_OF})

# Why Slack takes no post, of the reasons that those who manage a channel can mend. Any other is
# about our own words, and tells a customer nothing.
_FOR_WHO_MANAGES_IT = frozenset(
    {
        "access_denied",
        "channel_is_limited_access",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
    }
)


@dataclass(frozen=True)
class CustomerFacts:
    """What the customer's card depends on: what they can say now, and who would hear it."""

    alarm: Alarm | None = None
    office_open: bool = True


@dataclass(frozen=True)
class TeamFacts:
    """What only the team's card shows."""

    page_line: str | None = None
    thread_url: str | None = None


def case_card(policy: Policy, case: Case, facts: CustomerFacts) -> kit.Message:
    """The card in the place that the case came from; it starts the case's thread."""
    return kit.message(
        f"{case.name}: {kit.line(case.summary)}",
        *customer_view(policy, case, facts),
        kit.context(_in_this_thread(policy, case)),
    )


def customer_view(policy: Policy, case: Case, facts: CustomerFacts) -> Iterator[kit.Block | None]:
    """What a customer sees of their case, and what they can say of it."""
    yield kit.header(case.name)
    yield kit.plain(case.summary)
    yield kit.fields(
        ("Severity", policy.label(case.severity)),
        ("Status", terms.status(case)),
        _deadline(policy, case),
        ("Assigned to", kit.person(case.assignee)) if case.assignee else None,
        ("On behalf of", kit.line(case.on_behalf_of, 200)) if case.on_behalf_of else None,
        ("Opened by", kit.person(case.reporter.user_id)),
    )
    yield _alarm(policy, case, facts)


def team_card(policy: Policy, case: Case, facts: TeamFacts) -> kit.Message:
    """The full card in TEAM_CHANNEL. Internal."""
    place = terms.place(case)
    if facts.thread_url:
        place += f" · <{facts.thread_url}|open the thread>"
    title = " · ".join(filter(None, (case.name, policy.label(case.severity), terms.whose(case))))
    return kit.message(
        f"{kit.line(title)}: {kit.line(case.summary)}",
        kit.header(title),
        kit.plain(case.summary),
        kit.fields(
            ("Status", terms.team_status(case)),
            _deadline(policy, case),
            ("Assigned to", kit.person(case.assignee) if case.assignee else "Nobody yet"),
            ("Opened by", kit.person(case.reporter.user_id)),
            ("In", place),
            ("Opened", terms.office(policy, case.opened_at)),
            ("Target", terms.target(case)),
        ),
        kit.section(facts.page_line) if facts.page_line else None,
        _team_buttons(case),
        kit.context(_how_to_answer(case, facts)),
        *_answers(policy, case),
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
        return kit.section(f"{label}: {terms.office(policy, datetime.fromisoformat(text))}")
    return kit.plain(f"{label}: {text or '(left out now)'}")


def receipt(policy: Policy, case: Case, what_next: str) -> kit.Message:
    """The DM to the reporter that repeats the form's receipt."""
    return kit.message(
        f"We have your case {case.name}: {kit.line(case.summary)}",
        kit.section(f"*We have your case {case.name}*"),
        kit.plain(case.summary),
        kit.section(f"*Next response by*\n{terms.office(policy, case.due_at)}"),
        kit.section(what_next),
    )


def what_next(policy: Policy, *, woken: Woken, now: datetime, is_again: bool = False) -> str:
    """What happens after a case was opened, for its reporter."""
    hours = policy.hours
    if is_again and woken is Woken.NOBODY:
        return (
            "You had submitted this form before, so it stays one case; our team has been told what"
            " you changed."
        )
    if woken is Woken.ON_CALL:
        return (
            "Our on-call engineer is being paged now and answers in the case's thread. The next"
            " person is paged if they do not."
        )
    if woken is Woken.HAS_IT:
        return "Our on-call engineer has it, and answers in the case's thread."
    if woken is Woken.TEAM:
        return (
            "Our office is closed, so all of our team is being called now; whoever is there first"
            " answers in the case's thread."
        )
    if hours.is_open(now):
        return "Our team has been told, and answers in the case's thread."
    opens = terms.office(policy, hours.opens_at(now))
    return f"Our office is closed; the team looks at it when it opens, {opens}."


def not_posted(policy: Policy, case: Case, reason: str) -> kit.Message:
    """The reporter is told that the card could not be posted, and what to do."""
    place = terms.place(case)
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
            f" {terms.place(case)} (`{reason}`), so it has no thread there."
            f" {kit.person(case.reporter.user_id)} is told by DM what to do. Please press Reply on"
            " the case's card, which goes to them by DM; or answer them on your own, and press this"
            " button when you have."
        ),
        kit.actions(kit.button(ids.ANSWERED, "I have answered", str(case.number))),
    )


def _refusal(reason: str) -> str:
    if reason == "is_archived":
        return "because the channel is archived."
    if reason == "channel_not_found":
        return "because I cannot find it. Type `/invite @casebell` there, and I post it at once."
    if reason == "not_in_channel":
        return "because I am not in it. Type `/invite @casebell` there, and I post it at once."
    if reason in _FOR_WHO_MANAGES_IT:
        return f"(Slack says `{reason}`). Please ask the people who manage that channel."
    return "because of a mistake on our side."


def _alarm(policy: Policy, case: Case, facts: CustomerFacts) -> kit.Block | None:
    match facts.alarm:
        case Alarm.WORSE if policy.worst:
            label = f"It is now {policy.worst.label}"
        case Alarm.STILL_DOWN if facts.office_open:
            label = "Still down: tell the team"
        case Alarm.STILL_DOWN:
            label = "Still down: page on-call"
        case _:
            return None
    return kit.actions(kit.button(ids.ALARM, label, terms.button(case)))


def _in_this_thread(policy: Policy, case: Case) -> str:
    if case.is_resolved:
        when = f" {terms.office(policy, case.resolved_at)}" if case.resolved_at else ""
        return f"Resolved{when}. If it is not solved, reply here, and the case is open again."
    if case.status is CaseStatus.WAITING:
        return "We need something from you to go on: please reply in this thread."
    if case.place.is_direct:
        return "Write in this thread: our team reads and answers here."
    return "This thread is the case's conversation: please add what you find here."


def _deadline(policy: Policy, case: Case) -> tuple[str, str] | None:
    if case.answered_at is not None:
        late = " (late)" if case.answered_at > case.due_at else ""
        return terms.response(case).capitalize(), terms.office(policy, case.answered_at) + late
    if not case.awaits_response:
        return None
    if terms.is_overdue(case):
        overdue = f":red_circle: overdue since {terms.office(policy, case.due_at)}"
        return "Next response", overdue
    return "Next response by", terms.office(policy, case.due_at)


def _team_buttons(case: Case) -> kit.Block:
    value = terms.button(case)
    style = "primary" if case.awaits_response else None
    reply = kit.button(ids.REPLY, "Reply", value, style=style)
    if case.is_resolved:
        return kit.actions(kit.button(ids.REOPEN, "Reopen", value), reply)
    return kit.actions(
        kit.button(ids.TAKE, "Take over" if case.assignee else "Take", value),
        reply,
        kit.button(ids.RESOLVE, "Resolve", value),
        kit.overflow(ids.MORE, *_more(case)),
    )


def _more(case: Case) -> Iterator[tuple[str, str]]:
    button = ids.CaseButton(case.number, case.version)
    yield ids.more_value(ids.More.ASSIGN, button), "Assign to…"
    yield ids.more_value(ids.More.SEVERITY, button), "Change severity…"
    if case.status in (CaseStatus.ANSWERED, CaseStatus.REOPENED):
        yield ids.more_value(ids.More.WAITING, button), "Waiting on the customer"


def _how_to_answer(case: Case, facts: TeamFacts) -> str:
    internal = "What is written in this thread stays internal."
    if case.is_resolved:
        return f"When the customer replies in their thread, the case is open again. {internal}"
    if not case.awaits_response:
        return internal
    if case.place.is_direct:
        return f"Press Reply to answer: that stops the response clock. {internal}"
    if facts.thread_url is None:
        return f"Its card is not in the customer's channel: press Reply to answer them. {internal}"
    return (
        f"Answer in the customer's thread, or press Reply: both stop the response clock. {internal}"
    )


def _answers(policy: Policy, case: Case) -> Iterator[kit.Block]:
    moments = _moments(policy)
    for key in _asked(policy, case):
        label, answer = policy.form.label(key), case.answers[key]
        if key in moments:
            yield kit.section(f"*{label}*\n{terms.office(policy, datetime.fromisoformat(answer))}")
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
    return (key for key in in_order if key in case.answers and key not in _IN_HEAD)
