"""Pages: the DM that wakes somebody, and what TEAM_CHANNEL hears of it. Internal, all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.case import Case
from bot.domain.night import Night
from bot.domain.page import Page, PageState, RingReason, Stale, StaleReason, TeamNews
from bot.messages import ids, kit, night, terms
from bot.messages.words import ago, duration
from bot.policy import Policy


@dataclass(frozen=True)
class PageFacts:
    """What a page's message shows, as true at the moment it is sent.

    Args:
        card_url: opens the case's card in the team's channel.
        ended: why a closed page is over, "answered", "resolved" or "lowered", and who did that.
        night: what it did while the office was closed, where it is handed over.
    """

    page_id: int
    page: Page
    case: Case
    thread_url: str | None
    again_every: timedelta
    card_url: str | None = None
    ended: tuple[str, str | None] | None = None
    night: Night | None = None


def page_message(policy: Policy, facts: PageFacts, ring: Mapping[str, Any]) -> kit.Message:
    """The DM of a ring: the case, and Acknowledge while there is something to acknowledge."""
    case = facts.case
    live = facts.page.is_ringing
    title = f"{_title(facts)}: {case.name} · {policy.label(case.severity)}"
    return kit.message(
        f"{title}: {kit.line(case.summary)}",
        kit.header(title),
        kit.plain(case.summary),
        kit.fields(
            _due_field(policy, facts),
            ("Customer", f"{kit.person(case.reporter.user_id)} in {_where(facts)}"),
        ),
        kit.section(_why_you(ring) if live else page_state(policy, facts)),
        _buttons(facts),
        kit.context(_what_next(policy, facts)) if live else None,
    )


def _due_field(policy: Policy, facts: PageFacts) -> tuple[str, str] | None:
    if facts.page.state is PageState.CLOSED or not facts.case.awaits_response:
        return None
    return "Next response by", terms.office(policy, facts.case.due_at)


_TITLES = {
    PageState.HELD: "With the team",
    PageState.RINGING: "Page",
    PageState.ACKNOWLEDGED: "Acknowledged",
    PageState.EXHAUSTED: "Page",
}
_ENDINGS = {"answered": "Answered", "resolved": "Resolved", "lowered": "Lowered"}


def _title(facts: PageFacts) -> str:
    if facts.page.state is not PageState.CLOSED:
        return _TITLES[facts.page.state]
    return _ENDINGS.get(_ended(facts)[0], "Over")


def _ended(facts: PageFacts) -> tuple[str, str | None]:
    return facts.ended or ("answered", None)


def page_state(policy: Policy, facts: PageFacts) -> str:
    """Where a page stands, in a line."""
    page = facts.page
    match page.state:
        case PageState.HELD:
            return (
                "*On-call:* the office is open, so the team has it. If the customer still has no"
                f" answer when it closes, {_due(policy, page)}, on-call is paged."
            )
        case PageState.RINGING if page.rung:
            return f"*On-call:* ringing {_people(page)}; {_then(policy, page, 'the next step is')}."
        case PageState.RINGING:
            return f"*On-call:* :warning: nobody can be rung; tried again {_due(policy, page)}."
        case PageState.ACKNOWLEDGED:
            return (
                f"*On-call:* {kit.person(page.acknowledged_by or '')} acknowledged it"
                f" {_at(policy, page.acknowledged_at)}. The customer still waits for an answer."
            )
        case PageState.EXHAUSTED:
            then = _then(policy, page, "everybody rings again")
            return f"*On-call:* :warning: nobody has acknowledged it; {then}."
        case PageState.CLOSED:
            why, by = _ended(facts)
            return f"*On-call:* over. {terms.who(by)} {_what_ended(policy, facts.case, why)}."


def _what_ended(policy: Policy, case: Case, why: str) -> str:
    match why:
        case "resolved":
            return "resolved the case"
        case "lowered":
            return f"lowered the severity to {policy.label(case.severity)}"
        case _:
            return "answered the customer"


def page_news(
    policy: Policy,
    facts: PageFacts,
    news: TeamNews,
    user: str | None,
    at: datetime,
    route: str | None = None,
) -> kit.Message:
    """What TEAM_CHANNEL hears of a page."""
    case = facts.case
    who, name = terms.who(user), terms.named(policy, case)
    place = _answer_where(facts, otherwise="in its channel")
    match news:
        case TeamNews.NO_ANSWER_YET:
            words = f":warning: *{name}: no on-call person has acknowledged the page yet.* It rings {_people(facts.page)} now. Whoever reads this: please answer {place}."  # noqa: E501
        case TeamNews.EXHAUSTED:
            words = f"<!channel> :rotating_light: *{name}: nobody has acknowledged the page.* Every level rings now, and every {duration(facts.again_every)} until somebody does. Please answer {place}."  # noqa: E501
        case TeamNews.NOBODY_ON_CALL:
            words = f"<!channel> :rotating_light: *{name}: nobody is on call, so nobody was paged.* Please answer {place}, and set who is on call: `python -m bot oncall set primary U…`. It is looked up again {_due(policy, facts.page)}."  # noqa: E501
        case TeamNews.NOBODY_REACHABLE:
            words = f"<!channel> :rotating_light: *{name}: Slack delivers to nobody who is on call.* Please answer {place}. It is tried again {_due(policy, facts.page)}."  # noqa: E501
        case TeamNews.UNDELIVERABLE:
            words = f":warning: *{name}: the page did not reach {who}.* Where nobody else was rung with them, the next step rings at once. Please check that account and who is on call."  # noqa: E501
        case TeamNews.NOT_ANSWERED:
            words = f":warning: *{name}: {who} acknowledged it, but the customer has no answer yet.* They and the next level ring again. Please answer {place}."  # noqa: E501
        case TeamNews.HANDED_OVER:
            words = f":sunrise: *{name} is yours: the office is open and the customer has no answer yet.* {_was_due(policy, facts, at)} {night.told(policy, facts.night or Night())} Please answer {place}."  # noqa: E501
        case TeamNews.ROUTE_REFUSED:
            words = f":warning: *{name}: {kit.line(route or '')} refuses our calls*, so this page does not ring there. Please check its url and its key: `python -m bot doctor`."  # noqa: E501
        case TeamNews.SLACK_WAS_SILENT:
            words = f":satellite: *{name}: Slack took no message for a minute, {_at(policy, at)}*, so its page was rung by {kit.line(route or '')}."  # noqa: E501
    return kit.message(f"{name}: {_HEADLINES[news]}", kit.section(words))


_HEADLINES = {
    TeamNews.NO_ANSWER_YET: "nobody has acknowledged the page yet",
    TeamNews.EXHAUSTED: "nobody has acknowledged the page",
    TeamNews.NOBODY_ON_CALL: "nobody is on call",
    TeamNews.NOBODY_REACHABLE: "nobody on call can be reached",
    TeamNews.UNDELIVERABLE: "a page did not arrive",
    TeamNews.NOT_ANSWERED: "acknowledged, but not answered",
    TeamNews.HANDED_OVER: "handed to the team, not answered yet",
    TeamNews.ROUTE_REFUSED: "a route refuses our calls",
    TeamNews.SLACK_WAS_SILENT: "Slack was silent",
}


def stale(verdict: Stale, now: datetime) -> str:
    """A private answer to a button that means nothing any more."""
    match verdict.why:
        case StaleReason.ALREADY_ACKNOWLEDGED if verdict.by and verdict.at:
            return f"{kit.person(verdict.by)} acknowledged this {ago(verdict.at, now)}."
        case StaleReason.WITH_TEAM:
            return "The office is open, so this page is with the team in its channel. Please answer the customer in the thread."  # noqa: E501
        case StaleReason.MOVED_ON:
            return "This page has rung the next person since. The newest message has the buttons that count."  # noqa: E501
        case _:
            return "This page is over: the case was answered, resolved or made less severe."


def team_channel_lost(case: Case, reason: str) -> kit.Message:
    """On-call hears that TEAM_CHANNEL cannot be told."""
    return kit.message(
        f"{case.name}: the team's channel could not be told",
        kit.section(
            f":warning: *I could not tell the team's channel about {case.name}* (`{reason}`). You"
            " get this because you are on call. Please look at the case, and have TEAM_CHANNEL"
            " checked: I must be in it, and it must belong to the team alone."
        ),
    )


def _buttons(facts: PageFacts) -> kit.Block | None:
    if facts.page.state is PageState.ACKNOWLEDGED:
        reply = terms.button(facts.case)
        return kit.actions(kit.button(ids.REPLY, "Reply", reply, style="primary"))
    if not facts.page.is_ringing:
        return None
    value = str(ids.PageButton(facts.page_id, facts.page.version))
    question = "The next level rings now. You do not have to wait for them."
    return kit.actions(
        kit.button(ids.ACKNOWLEDGE, "Acknowledge", value, style="primary"),
        kit.button(ids.ESCALATE, "Escalate now", value, confirm=("Ring the next level?", question)),
    )


def _why_you(ring: Mapping[str, Any]) -> str:
    level = f" as *{ring['level']}*" if ring["level"] else ""
    match RingReason(ring["reason"]):
        case RingReason.FIRST:
            return f"You are on call{level}, and the office is closed."
        case RingReason.AGAIN:
            return f"You are on call{level}. Nobody has acknowledged this yet."
        case RingReason.ESCALATED:
            return f"You are on call{level}. Those before you have not taken it."
        case RingReason.NOT_ANSWERED:
            return "It was acknowledged, but *the customer still has no answer*."
        case RingReason.LAST_RESORT:
            return f"You are on call{level}. *Nobody has acknowledged this in any round.*"
        case RingReason.TOGETHER:
            people = kit.joined(map(kit.person, ring["quiet"]))
            return (
                f"You are on call{level}. Slack keeps quiet for {people} now, so you are rung"
                " together with them."
            )


def _what_next(policy: Policy, facts: PageFacts) -> str:
    place = _answer_where(facts, otherwise="in its thread")
    return (
        f"Acknowledge stops the ringing; then answer {place}. Without it,"
        f" {_then(policy, facts.page, 'somebody is rung again')}."
    )


def _was_due(policy: Policy, facts: PageFacts, at: datetime) -> str:
    due = "It was due" if facts.case.due_at < at else "It is due"
    return f"{due} {terms.office(policy, facts.case.due_at)}."


def _answer_where(facts: PageFacts, *, otherwise: str) -> str:
    """Where the customer is to be answered; a DM with Casebell cannot be opened by the team."""
    if facts.thread_url:
        return f"in <{facts.thread_url}|the customer's thread>"
    if not facts.case.place.is_direct:
        return otherwise
    card = f"<{facts.card_url}|the case's card>" if facts.card_url else "the case's card"
    return f"with Reply on {card}"


def _where(facts: PageFacts) -> str:
    place = terms.place(facts.case)
    return f"{place} · <{facts.thread_url}|open the thread>" if facts.thread_url else place


def _people(page: Page) -> str:
    """Who is rung, and whether Slack lets them hear it."""
    if not page.rung:
        return "nobody"
    quiet = " (in do-not-disturb)"
    return kit.joined(
        f"{kit.person(user)}{quiet if user in page.quiet else ''}" for user in sorted(page.rung)
    )


def _then(policy: Policy, page: Page, what: str) -> str:
    """What comes at the page's due time: the next ring, unless the office opens first."""
    if page.due_at is not None and policy.hours.is_open(page.due_at):
        return f"the team takes over when the office opens, {_due(policy, page)}"
    return f"{what} {_due(policy, page)}"


def _due(policy: Policy, page: Page) -> str:
    return _at(policy, page.due_at)


def _at(policy: Policy, at: datetime | None) -> str:
    return terms.office(policy, at) if at else "soon"
