"""The form that opens a case, and the receipt that it turns into."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from examples import NOW, POLICY, WHERE, a_case, a_window, drawn, plain_texts, worst

from bot.domain.form import ON_BEHALF_OF, FieldKind
from bot.domain.segments import Segment
from bot.messages import ids, intake_modal
from bot.sandbox import blocks as slack
from bot.sandbox import reading

ALL_SHOWN = {
    "issue_type": "Error",
    "area": "Integration with ...",
    "integration": "Another app",
}


@worst
@pytest.mark.parametrize("pages_now", [None, NOW], ids=["quiet", "wakes somebody"])
def test_the_form_is_drawn_with_whatever_was_typed(text: str, pages_now: datetime | None) -> None:
    typed = {field.key: text for field in POLICY.form.fields}
    answers = {**typed, **ALL_SHOWN, "first_noticed": NOW.isoformat()}
    view = intake_modal.form_view(POLICY, intake_modal.FormFacts(WHERE, answers, NOW, pages_now))
    assert slack.problems_of_view(view) == []
    assert reading.calls(view["blocks"], "") == set()


@worst
def test_a_form_during_maintenance_is_drawn_with_whatever_was_typed_of_it(text: str) -> None:
    soon = a_window(text)
    running = replace(soon, segment=Segment(NOW, soon.segment.end))
    facts = intake_modal.FormFacts(WHERE, {}, NOW, windows=[running] * 9 + [soon] * 9)
    view = intake_modal.form_view(POLICY, facts)
    assert slack.problems_of_view(view) == []
    assert reading.calls(view["blocks"], "") == set()


def test_the_form_says_first_what_is_under_way_and_then_what_is_planned() -> None:
    soon = a_window(affected="")
    running = replace(soon, sector=None, segment=Segment(NOW, soon.segment.end), affected="Exports")
    facts = intake_modal.FormFacts(WHERE, {}, NOW, windows=[running, soon])
    now, then, *fields = intake_modal.form_view(POLICY, facts)["blocks"]
    assert "Logik.io maintenance, until " in drawn([now])
    assert "What will not work: Exports" in drawn([now])
    assert "Planned: Logik.io Prod maintenance, from " in drawn([then])
    assert fields == intake_modal.form_view(POLICY, replace(facts, windows=()))["blocks"]


def test_a_policy_in_which_nothing_wakes_anybody_promises_nothing_of_it() -> None:
    policy = replace(POLICY, severities=POLICY.severities[:1])
    running = replace(a_window(), segment=Segment(NOW, NOW + timedelta(hours=1)))
    facts = intake_modal.FormFacts(WHERE, {}, NOW, windows=[running])
    assert "wakes" not in drawn(intake_modal.form_view(policy, facts)["blocks"])


def test_a_redrawn_form_keeps_every_word_and_choice() -> None:
    answers = {**ALL_SHOWN, "severity": "no_impact", "steps": "a\n b", "summary": "<@U1> & *b*"}
    view = intake_modal.form_view(POLICY, intake_modal.FormFacts(WHERE, answers, NOW))
    elements = {ids.field_key(e["action_id"]): e for _, e in reading.interactive(view["blocks"])}
    for key in ("steps", "summary"):
        assert elements[key]["initial_value"] == answers[key]
    for key in ("severity", "issue_type", "area", "integration"):
        assert elements[key]["initial_option"]["value"] == answers[key]


def test_a_choice_that_the_policy_no_longer_has_is_asked_again() -> None:
    facts = intake_modal.FormFacts(WHERE, {"severity": "gone", "area": "Gone"}, NOW)
    view = intake_modal.form_view(POLICY, facts)
    assert not any("initial_option" in e for _, e in reading.interactive(view["blocks"]))


def test_only_fields_that_change_the_form_tell_the_bot_at_once() -> None:
    view = intake_modal.form_view(POLICY, intake_modal.FormFacts(WHERE, {}, NOW))
    told = {
        ids.field_key(block["block_id"]) for block in view["blocks"] if block.get("dispatch_action")
    }
    assert told == {"severity", "issue_type", "area"}


def test_the_form_warns_before_it_wakes_somebody_and_not_else() -> None:
    def words(pages_now: datetime | None) -> str:
        facts = intake_modal.FormFacts(WHERE, {"severity": "business_stopped"}, NOW, pages_now)
        return drawn(intake_modal.form_view(POLICY, facts)["blocks"])

    assert "wakes the on-call engineer" in words(NOW)
    assert "wakes the on-call engineer" not in words(None)


def test_every_severity_stands_beside_its_definition_and_target() -> None:
    view = intake_modal.form_view(POLICY, intake_modal.FormFacts(WHERE, {}, NOW))
    options = view["blocks"][0]["element"]["options"]
    assert [option["description"]["text"] for option in options] == [
        "How-to question · 2 business days",
        "Validating that rules work as expected · 1 business day",
        "UI and APIs respond, but data or logic is wrong · 4 business hours",
        "UI and APIs do not respond · 2 hours 24x7",
    ]


@worst
def test_the_receipt_shows_the_number_and_the_words(text: str) -> None:
    view = intake_modal.receipt_view(POLICY, a_case(text), "What follows.")
    assert slack.problems_of_view(view) == []
    assert reading.calls(view["blocks"], "") == set()
    assert view["title"]["text"] == "CASE-1042"
    assert text in plain_texts(view["blocks"])


@pytest.mark.parametrize("optional", [True, False], ids=["a colleague", "a partner"])
def test_a_form_for_others_asks_for_whom(optional: bool) -> None:
    form = POLICY.form.for_behalf(optional=optional)
    answers = {ON_BEHALF_OF: "Globex & <sons>"}
    facts = intake_modal.FormFacts(WHERE, answers, NOW, form=form)
    view = intake_modal.form_view(POLICY, facts)
    assert slack.problems_of_view(view) == []
    (asked,) = (b for b in view["blocks"] if b.get("block_id") == ids.field_id(ON_BEHALF_OF))
    assert asked["element"]["initial_value"] == "Globex & <sons>"
    assert asked["optional"] is optional
    assert form.fields[0].kind is FieldKind.LINE


def test_a_form_without_one_of_its_own_is_the_policys() -> None:
    own = replace(intake_modal.FormFacts(WHERE, {}, NOW), form=POLICY.form)
    assert intake_modal.form_view(POLICY, own) == intake_modal.form_view(
        POLICY, replace(own, form=None)
    )
