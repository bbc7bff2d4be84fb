"""The card of a case, for its customer and for the team, in every state of the case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from examples import (
    ANSWERED,
    DIRECT,
    NOW,
    OVERDUE,
    POLICY,
    RESOLVED,
    RESOLVED_UNANSWERED,
    URL,
    WAITING,
    WORSE_SINCE,
    a_case,
    buttons,
    in_every_state,
    nodes,
    shown,
)

from bot.domain.alarm import Alarm
from bot.domain.case import Case
from bot.domain.form import ON_BEHALF_OF
from bot.domain.page import Woken
from bot.messages import case_card, ids
from bot.messages.case_card import CustomerFacts, TeamFacts
from bot.sandbox import blocks as slack

State = Mapping[str, Any]


def customers(case: Case, facts: CustomerFacts | None = None) -> str:
    return shown(case_card.case_card(POLICY, case, facts or CustomerFacts()))


def teams(case: Case, facts: TeamFacts | None = None) -> str:
    return shown(case_card.team_card(POLICY, case, facts or TeamFacts(thread_url=URL)))


@in_every_state
def test_both_cards_can_be_drawn_in_every_state(state: State) -> None:
    case = a_case(**state)
    for alarm in (None, *Alarm):
        card = case_card.case_card(POLICY, case, CustomerFacts(alarm))
        assert slack.problems_of_message(card.blocks) == []
    team = case_card.team_card(POLICY, case, TeamFacts(thread_url=URL))
    assert slack.problems_of_message(team.blocks) == []


@pytest.mark.parametrize(
    ("state", "words", "team_words"),
    [
        ({}, "Waiting for our first response", "Waiting for our first response"),
        (WORSE_SINCE, "Waiting for our response", "Waiting for our response"),
        (ANSWERED, "Answered", "Answered"),
        (WAITING, "Waiting for you", "Waiting on the customer"),
        (RESOLVED, "Resolved", "Resolved by @U0ANA"),
        (RESOLVED_UNANSWERED, "Resolved", "Resolved by @U0ANA"),
    ],
)
def test_where_a_case_stands_is_said_to_each_side_in_its_words(
    state: State, words: str, team_words: str
) -> None:
    assert f"Status\n{words}\n" in customers(a_case(**state))
    assert f"Status\n{team_words}\n" in teams(a_case(**state))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({}, "Next response by\ntoday at 12:00 PM (Mon 23 Nov, 12:00 PM Central)"),
        (OVERDUE, "Next response\n:red_circle: overdue since today at 12:00 PM"),
        (ANSWERED, "First response\ntoday at 11:00 AM (Mon 23 Nov, 11:00 AM Central)"),
        ({**WORSE_SINCE, **ANSWERED}, "Response\ntoday at 11:00 AM"),
        ({**ANSWERED, "answered_at": NOW + timedelta(hours=3)}, "Central) (late)"),
    ],
    ids=["due", "overdue", "answered", "answered again", "answered late"],
)
def test_a_card_says_by_when_or_when(state: State, words: str) -> None:
    assert words in customers(a_case(**state))
    assert words in teams(a_case(**state))


def test_a_case_that_was_resolved_without_an_answer_has_no_deadline() -> None:
    card = customers(a_case(**RESOLVED_UNANSWERED, **OVERDUE))
    assert "Next response" not in card
    assert "overdue" not in card


@pytest.mark.parametrize(
    ("alarm", "office_open", "label"),
    [
        (Alarm.WORSE, True, "It is now Business Stopped"),
        (Alarm.WORSE, False, "It is now Business Stopped"),
        (Alarm.STILL_DOWN, True, "Still down: tell the team"),
        (Alarm.STILL_DOWN, False, "Still down: page on-call"),
    ],
)
def test_a_customer_can_say_that_it_is_worse_or_still_down(
    alarm: Alarm, office_open: bool, label: str
) -> None:
    card = case_card.case_card(POLICY, a_case(), CustomerFacts(alarm, office_open))
    assert list(buttons(card.blocks)) == [label]
    assert buttons(card.blocks)[label]["action_id"] == ids.ALARM
    assert buttons(card.blocks)[label]["value"] == "case:1042@7"


def test_where_no_severity_wakes_anybody_nothing_can_be_worse() -> None:
    policy = replace(POLICY, severities=POLICY.severities[:-1])
    card = case_card.case_card(policy, a_case(), CustomerFacts(Alarm.WORSE))
    assert buttons(card.blocks) == {}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({}, "This thread is the case's conversation"),
        (DIRECT, "Write in this thread: our team reads and answers here."),
        (WAITING, "please reply in this thread"),
        (
            RESOLVED,
            "Resolved today at 11:00 AM (Mon 23 Nov, 11:00 AM Central). If it is not solved, reply"
            " here, and the case is open again.",
        ),
        ({**RESOLVED, **DIRECT}, "reply here, and the case is open again."),
    ],
)
def test_the_customers_card_says_what_writing_in_its_thread_does(state: State, words: str) -> None:
    assert words in customers(a_case(**state))


def test_both_cards_say_whose_it_is_and_who_has_it() -> None:
    case = a_case(assignee="U0ANA", on_behalf_of="Globex")
    assert "Assigned to\n@U0ANA" in customers(case)
    assert "On behalf of\nGlobex" in customers(case)
    assert teams(case).startswith("CASE-1042 · Business Stopped · Acme for Globex\n")
    assert "Assigned to\n@U0ANA" in teams(case)


def test_without_an_assignee_the_team_reads_so_and_the_customer_nothing() -> None:
    assert "Assigned to" not in customers(a_case())
    assert "Assigned to\nNobody yet" in teams(a_case())


def test_for_whom_a_partner_opened_it_is_not_said_twice() -> None:
    case = a_case(on_behalf_of="Globex")
    answers = {**case.answers, ON_BEHALF_OF: "Globex"}
    assert teams(replace(case, answers=answers)).count("Globex") == 1


@pytest.mark.parametrize(
    ("state", "labels", "primary"),
    [
        ({}, ["Take", "Reply", "Resolve"], ["Reply"]),
        ({"assignee": "U0BEN"}, ["Take over", "Reply", "Resolve"], ["Reply"]),
        (ANSWERED, ["Take", "Reply", "Resolve"], []),
        (WAITING, ["Take", "Reply", "Resolve"], []),
        (RESOLVED, ["Reopen", "Reply"], []),
    ],
    ids=["new", "assigned", "answered", "waiting", "resolved"],
)
def test_the_team_can_do_what_the_case_allows(
    state: State, labels: list[str], primary: list[str]
) -> None:
    card = case_card.team_card(POLICY, a_case(**state), TeamFacts(thread_url=URL))
    found = buttons(card.blocks)
    assert list(found) == labels
    assert [label for label in found if found[label].get("style") == "primary"] == primary
    assert {button["value"] for button in found.values()} == {"case:1042@7"}


@pytest.mark.parametrize(
    ("state", "more"),
    [
        ({}, [ids.More.ASSIGN, ids.More.SEVERITY]),
        (ANSWERED, [ids.More.ASSIGN, ids.More.SEVERITY, ids.More.WAITING]),
        (WAITING, [ids.More.ASSIGN, ids.More.SEVERITY]),
    ],
    ids=["new", "answered", "waiting already"],
)
def test_behind_the_dots_is_what_is_seldom_done(state: State, more: list[ids.More]) -> None:
    card = case_card.team_card(POLICY, a_case(**state), TeamFacts(thread_url=URL))
    (menu,) = nodes(card.blocks, "overflow")
    found = [ids.parse_more(option["value"]) for option in menu["options"]]
    assert found == [(what, ids.CaseButton(1042, 7)) for what in more]


def test_a_resolved_case_has_no_menu() -> None:
    card = case_card.team_card(POLICY, a_case(**RESOLVED), TeamFacts())
    assert nodes(card.blocks, "overflow") == []


@pytest.mark.parametrize(
    ("state", "url", "words"),
    [
        ({}, URL, "Answer in the customer's thread, or press Reply: both stop"),
        ({}, None, "press Reply to answer them"),
        (DIRECT, None, "Press Reply to answer"),
        (RESOLVED, URL, "When the customer replies in their thread, the case is open again."),
    ],
    ids=["in a channel", "not posted", "in a DM", "resolved"],
)
def test_the_teams_card_says_how_the_customer_is_answered(
    state: State, url: str | None, words: str
) -> None:
    card = teams(a_case(**state), TeamFacts(thread_url=url))
    assert words in card
    assert "What is written in this thread stays internal." in card


def test_a_case_in_a_dm_is_in_no_channel() -> None:
    assert "In\na direct message with Casebell\n" in teams(a_case(**DIRECT), TeamFacts())


def test_what_can_be_pressed_stands_before_what_is_long() -> None:
    card = case_card.team_card(POLICY, a_case("word " * 600), TeamFacts(thread_url=URL))
    kinds = [block["type"] for block in card.blocks]
    assert kinds.index("actions") < 6


@pytest.mark.parametrize(
    ("woken", "now", "words"),
    [
        pytest.param(Woken.ON_CALL, NOW, "is being paged now", id="somebody is woken"),
        pytest.param(Woken.HAS_IT, NOW, "Our on-call engineer has it", id="somebody has it"),
        pytest.param(Woken.TEAM, NOW, "all of our team is being called", id="nobody is on call"),
        pytest.param(Woken.NOBODY, NOW, "Our team has been told", id="the office is open"),
        pytest.param(
            Woken.NOBODY,
            datetime(2026, 11, 28, 12, 0, tzinfo=UTC),
            "(Mon 30 Nov, 7:00 AM Central)",
            id="closed: when it opens",
        ),
    ],
)
def test_reporters_are_told_what_happens_next(woken: Woken, now: datetime, words: str) -> None:
    assert words in case_card.what_next(POLICY, woken=woken, now=now)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("restricted_action", "(Slack says restricted_action). Please ask the people who manage"),
        ("msg_too_long", "I could not post it in #C0ACME because of a mistake on our side."),
        ("KeyError", "I could not post it in #C0ACME because of a mistake on our side."),
    ],
)
def test_only_what_a_channels_managers_can_mend_is_said_to_be_theirs(
    reason: str, words: str
) -> None:
    assert words in shown(case_card.not_posted(POLICY, a_case(), reason))


@pytest.mark.parametrize("reason", ["is_archived", "not_in_channel", "channel_not_found", "other"])
def test_a_card_that_could_not_be_posted_says_what_to_do(reason: str) -> None:
    message = case_card.not_posted(POLICY, a_case(), reason)
    assert any(
        advice in shown(message)
        for advice in ("Please", "Type /invite", "You need not open it again")
    )
    assert POLICY.vendor.support_email in shown(message)
