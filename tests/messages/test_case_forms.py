"""The forms about a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from examples import (
    ANSWERED,
    NOW,
    POLICY,
    a_case,
    a_channel,
    drawn,
    in_every_state,
    nodes,
    plain_texts,
    worst,
)

from bot.domain.alarm import Alarm
from bot.domain.case import Case, Place
from bot.messages import case_forms, ids, welcome
from bot.messages.case_forms import AlarmFacts
from bot.sandbox import blocks as slack
from bot.sandbox import reading

View: TypeAlias = dict[str, Any]

DUE = NOW + timedelta(hours=2)
FORMS: Mapping[str, Callable[[Case], View]] = {
    ids.REPLY_FORM: case_forms.reply_form,
    ids.RESOLVE_FORM: case_forms.resolve_form,
    ids.ASSIGN_FORM: case_forms.assign_form,
    ids.SEVERITY_FORM: lambda case: case_forms.severity_form(POLICY, case),
    ids.ALARM_FORM: lambda case: case_forms.alarm_form(
        POLICY, case, AlarmFacts(Alarm.WORSE, pages=True, due_at=DUE)
    ),
}
each_form = pytest.mark.parametrize("build", FORMS.values(), ids=FORMS.keys())


@worst
@each_form
def test_slack_takes_every_form(build: Callable[[Case], View], text: str) -> None:
    view = build(a_case(text, assignee="U0ANA"))
    assert slack.problems_of_view(view) == []
    assert reading.calls(view["blocks"], "") == set()


@each_form
@in_every_state
def test_every_form_knows_which_case_it_is_about(
    build: Callable[[Case], View], state: Mapping[str, Any]
) -> None:
    view = build(a_case(number=10**17, version=10**8, **state))
    assert slack.problems_of_view(view) == []
    assert ids.CaseButton.parse(view["private_metadata"]) == ids.CaseButton(10**17, 10**8)


def test_every_form_has_the_callback_that_is_listened_for() -> None:
    assert {build(a_case())["callback_id"] for build in FORMS.values()} == set(FORMS)


def test_no_input_is_taken_for_one_of_the_form_that_opens_a_case() -> None:
    """The intake form's inputs are listened for by their prefix."""
    views = [build(a_case()) for build in FORMS.values()]
    views.append(welcome.setup_form(POLICY, a_channel()))
    inputs = [element for view in views for _, element in reading.interactive(view["blocks"])]
    assert len(inputs) >= 8
    assert not any(element["action_id"].startswith(ids.FIELD_PREFIX) for element in inputs)


@pytest.mark.parametrize(
    ("form", "asked"),
    [
        (ids.REPLY_FORM, {ids.REPLY_TEXT: False}),
        (ids.RESOLVE_FORM, {ids.NOTE: False}),
        (ids.ASSIGN_FORM, {ids.ASSIGNEE: False}),
        (ids.SEVERITY_FORM, {ids.SEVERITY_CHOICE: False, ids.REASON: False}),
        (ids.ALARM_FORM, {ids.ALARM_WORDS: True}),
    ],
)
def test_what_is_asked_and_may_be_left_out(form: str, asked: Mapping[str, bool]) -> None:
    inputs = nodes(FORMS[form](a_case())["blocks"], "input")
    assert {block["block_id"]: block["optional"] for block in inputs} == asked
    assert all(block["element"]["action_id"] == block["block_id"] for block in inputs)


def test_a_reply_stops_the_clock_only_where_it_runs() -> None:
    assert "stops the response clock" in drawn(case_forms.reply_form(a_case())["blocks"])
    answered = case_forms.reply_form(a_case(**ANSWERED))
    assert "stops the response clock" not in drawn(answered["blocks"])


def test_the_present_assignee_is_chosen() -> None:
    (select,) = nodes(case_forms.assign_form(a_case(assignee="U0BEN"))["blocks"], "users_select")
    assert select["initial_user"] == "U0BEN"
    (select,) = nodes(case_forms.assign_form(a_case())["blocks"], "users_select")
    assert "initial_user" not in select


def test_severities_are_chosen_beside_their_definition_and_target() -> None:
    view = case_forms.severity_form(POLICY, a_case(severity="severe_impact"))
    (choice,) = nodes(view["blocks"], "radio_buttons")
    assert choice["initial_option"]["value"] == "severe_impact"
    assert [option["value"] for option in choice["options"]] == [s.key for s in POLICY.severities]
    assert "UI and APIs do not respond · 2 hours 24x7" in plain_texts(choice)


def test_a_severity_that_the_policy_no_longer_has_is_not_chosen() -> None:
    view = case_forms.severity_form(POLICY, replace(a_case(), severity="gone"))
    (choice,) = nodes(view["blocks"], "radio_buttons")
    assert "initial_option" not in choice


@pytest.mark.parametrize(
    ("facts", "title", "submit", "words"),
    [
        (
            AlarmFacts(Alarm.WORSE, pages=True, due_at=DUE),
            "CASE-1042: worse?",
            "Page on-call",
            "This wakes our on-call engineer now. A response is due today at 12:00 PM",
        ),
        (
            AlarmFacts(Alarm.STILL_DOWN, pages=True, due_at=DUE),
            "CASE-1042: still down?",
            "Page on-call",
            "This wakes our on-call engineer now.",
        ),
        (
            AlarmFacts(Alarm.STILL_DOWN, pages=False),
            "CASE-1042: still down?",
            "Tell the team",
            "Our office is open: the team is told in its channel at once.\n",
        ),
        (
            AlarmFacts(Alarm.WORSE, pages=False, opens_at=NOW + timedelta(days=1)),
            "CASE-1042: worse?",
            "Tell the team",
            "Our office opens tomorrow at 10:00 AM (Tue 24 Nov, 10:00 AM Central).",
        ),
    ],
    ids=["worse", "still down", "office open", "closed, nobody woken"],
)
def test_an_alarm_says_what_it_means_and_does_before_it_is_sounded(
    facts: AlarmFacts, title: str, submit: str, words: str
) -> None:
    view = case_forms.alarm_form(POLICY, a_case(), facts)
    assert (view["title"]["text"], view["submit"]["text"]) == (title, submit)
    read = drawn(view["blocks"])
    assert read.startswith("Prices are gone\nBusiness Stopped means: UI and APIs do not respond.\n")
    assert words in read
    assert read.endswith("It counts once in half an hour.")


def test_an_alarm_can_be_sounded_where_the_policy_has_no_worst_severity_any_more() -> None:
    policy = replace(POLICY, severities=POLICY.severities[:-1])
    assert policy.worst is None
    view = case_forms.alarm_form(policy, a_case(), AlarmFacts(Alarm.STILL_DOWN, pages=False))
    assert slack.problems_of_view(view) == []
    assert "means" not in drawn(view["blocks"])


@pytest.mark.parametrize("form", [case_forms.reply_form, case_forms.resolve_form])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "It is posted in the customer's thread"),
        ({"thread_ts": None}, "While the case has no card in its channel, this goes"),
        ({"place": Place("T0ACME", "D0CARLA")}, "It goes to the customer by direct message"),
    ],
    ids=["in a thread", "no card", "in a direct message"],
)
def test_what_is_written_to_a_customer_says_where_they_read_it(
    form: Callable[[Case], Any], changes: dict[str, Any], words: str
) -> None:
    assert words in drawn(form(a_case(**changes))["blocks"])
