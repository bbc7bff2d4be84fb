"""From `/case` to a stored case."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest
import sqlalchemy as sa
from story import AREA, ERROR_ANSWERS, ISSUE_TYPE, QUESTION_ANSWERS, SEVERITY, Story, central, one

from bot.sandbox import Channel, Hang, OpenView
from storage import tables

Tell = Callable[..., Story]

WORST = "<!channel> <@U000000> *b* _i_ `c` ```x``` &amp; <https://evil.example|ok> 日本語 عربي 🔥"


def count(story: Story, table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
    with story.desk.bot.database.reading() as connection:
        query = sa.select(sa.func.count()).select_from(table).where(*where)
        found: int = connection.execute(query).scalar_one()
    return found


def submit_and_lose_the_answer(story: Story, form: OpenView) -> None:
    """Slack gives up waiting for the answer, Casebell does not."""
    story.workspace.loses_answers = True
    assert form.submit().problem == "We had some trouble connecting. Try again?"
    story.workspace.loses_answers = False


def label_of(form: OpenView) -> set[str]:
    return {given.label for given in form.inputs}


def test_a_customer_opens_a_case_and_everybody_sees_it(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    submission = story.submit("Business severely impacted")
    assert submission.ok
    receipt = story.carla.modal
    assert receipt is not None
    assert receipt.title == "CASE-1001"
    # Carla reads it in Berlin; the office's own time stands beside hers.
    assert "today at 9:00 PM (Mon 23 Nov, 2:00 PM Central)" in receipt.text
    story.desk.advance(seconds=3)
    card = story.card("CASE-1001").shown_to(story.carla)
    for words in (
        "Prices are gone",
        "Business severely impacted",
        "Waiting for our first response",
        "today at 9:00 PM (Mon 23 Nov, 2:00 PM Central)",
    ):
        assert words in card
    team_card = story.team_card("CASE-1001").shown_to(story.ana)
    for words in (*ERROR_ANSWERS.values(), "Carla", "4 business hours", "today at 2:00 PM"):
        assert words in team_card
    dm = story.carla.dms[-1].shown_to(story.carla)
    assert "We have your case CASE-1001" in dm
    assert "today at 9:00 PM" in dm
    assert story.rung() == []


def test_the_form_shows_what_each_severity_means_and_promises(tell: Tell) -> None:
    form = tell().open_form()
    for words in ("How-to question · 2 business days", "UI and APIs do not respond · 2 hours 24x7"):
        assert words in form.text
    assert form.input(SEVERITY).answer is None, "nothing about severity is guessed"


def test_business_stopped_at_night_says_before_submitting_that_somebody_is_woken(
    tell: Tell,
) -> None:
    story = tell("2026-11-21 02:00")
    form = story.open_form()
    assert "wakes the on-call engineer" not in form.text
    form.fill({SEVERITY: "Business Stopped"})
    assert "wakes the on-call engineer" in form.text
    assert "A reply is due today at 11:00 AM (Sat 21 Nov, 4:00 AM Central)" in form.text
    form.fill({SEVERITY: "Business severely impacted"})
    assert "wakes the on-call engineer" not in form.text


def test_business_stopped_by_day_warns_of_nothing(tell: Tell) -> None:
    form = tell("2026-11-23 10:00").open_form()
    form.fill({SEVERITY: "Business Stopped"})
    assert "wakes" not in form.text


def test_business_stopped_at_night_with_nobody_on_call_promises_no_page(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", on_call=False)
    form = story.open_form()
    story.fill(form, "Business Stopped")
    assert "wakes the on-call engineer" not in form.text
    assert form.submit().ok
    assert story.carla.modal is not None
    assert "all of our team is being called now" in story.carla.modal.text
    story.desk.advance(seconds=3)
    assert "all of our team is being called now" in story.carla.dms[-1].shown
    assert "Mon 7:00 AM" not in story.carla.dms[-1].shown


def test_a_question_is_asked_less(tell: Tell) -> None:
    form = tell().open_form()
    form.fill({ISSUE_TYPE: "Error"})
    assert {"Logik.io URL", "Click-path", "Steps to reproduce"} <= label_of(form)
    form.fill({ISSUE_TYPE: "Question"})
    assert not {"Logik.io URL", "Click-path", "Steps to reproduce"} & label_of(form)


def test_an_integration_asks_which_and_another_app_asks_its_name(tell: Tell) -> None:
    form = tell().open_form()
    form.fill({AREA: "Integration with ..."})
    assert "Integration with" in label_of(form)
    form.fill({"Integration with": "Another app"})
    assert "Which app?" in label_of(form)
    form.fill({"Integration with": "ThreeKit"})
    assert "Which app?" not in label_of(form)
    form.fill({AREA: "Rule"})
    assert "Integration with" not in label_of(form)


def test_words_typed_before_a_change_come_back_with_their_fields(tell: Tell) -> None:
    form = tell().open_form()
    form.fill({ISSUE_TYPE: "Error", "Summary": "kept", "Steps to reproduce": "1. open\n2. look"})
    form.fill({ISSUE_TYPE: "Question"})
    assert form.input("Summary").answer == "kept"
    form.fill({ISSUE_TYPE: "Error"})
    assert form.input("Steps to reproduce").answer == "1. open\n2. look"
    assert form.input("Summary").answer == "kept"


def test_of_two_quick_choices_the_later_one_is_drawn(tell: Tell) -> None:
    """The first redraw is held up at Slack, so the second meets a hash that has moved on."""
    story = tell("2026-11-21 02:00")
    form = story.open_form()
    story.workspace.faults.add("views.update", Hang(0.3))
    first = threading.Thread(target=lambda: form.fill({ISSUE_TYPE: "Error"}))
    first.start()
    form.fill({SEVERITY: "Business Stopped"})
    first.join()
    assert "wakes the on-call engineer" in form.text
    assert "Steps to reproduce" in label_of(form)


def test_a_hidden_answer_does_not_become_part_of_the_case(tell: Tell) -> None:
    story = tell()
    form = story.open_form()
    story.fill(form, "No business impact", {**ERROR_ANSWERS, ISSUE_TYPE: "Error"})
    form.fill({ISSUE_TYPE: "Question"})
    assert form.submit().ok
    story.desk.advance(seconds=3)
    assert "Open the quote." not in story.team_card("CASE-1001").shown


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("Logik.io URL", "acme.logik.io", "https://"),
        ("Logik.io URL", "javascript:alert(1)", "https://"),
        ("Summary", "   ", "spaces alone"),
        ("Steps to reproduce", "\n\n", "spaces alone"),
    ],
)
def test_a_wrong_answer_gets_its_own_sentence_under_its_input(
    tell: Tell, field: str, typed: str, says: str
) -> None:
    story = tell()
    submission = story.submit("No business impact", {**ERROR_ANSWERS, field: typed})
    assert list(submission.errors) == [field]
    assert says in submission.errors[field]
    assert count(story, tables.submissions, tables.submissions.c.outcome == "refused") == 1
    assert count(story, tables.cases) == 0
    form = story.carla.modal
    assert form is not None
    assert form.input("Click-path").answer == ERROR_ANSWERS["Click-path"], "no word is lost"
    form.fill({field: ERROR_ANSWERS[field]})
    assert form.submit().ok


def test_a_moment_in_the_future_is_refused(tell: Tell) -> None:
    story = tell()
    later = int((story.desk.clock.now() + timedelta(hours=1)).timestamp())
    field = "When did you first notice it?"
    submission = story.submit("No business impact", {**QUESTION_ANSWERS, field: later})
    assert "future" in submission.errors[field]


def test_help_and_words_that_mean_nothing_get_the_help(tell: Tell) -> None:
    story = tell()
    for text in ("help", "what is this", "payload"):
        reply = story.carla.command("/case", text, story.acme)
        assert reply.ok
        assert "opens a form" in reply.text
        assert "support@logik.io" in reply.text
    assert story.carla.modal is None


def test_people_of_another_organisation_are_refused_by_slack_itself(tell: Tell) -> None:
    assert "not a valid command" in (tell().emil.command("/case", "").problem or "")


@pytest.mark.parametrize("hand", ["typed", "long"])
def test_customers_words_are_shown_as_typed_and_ping_nobody(tell: Tell, hand: str) -> None:
    story = tell()
    text = WORST if hand == "typed" else (WORST * 60)[:3000].strip()
    answers = {
        **ERROR_ANSWERS,
        "Summary": WORST,
        "Click-path": text,
        "Steps to reproduce": text,
        "What did you expect to happen?": text,
        "Anything else that may help?": text,
    }
    name = story.open_case(answers=answers)
    story.desk.advance(seconds=10)
    everything = [*story.acme.messages, *story.team.messages, *story.carla.dms]
    assert WORST in story.card(name).shown
    shown_to_team = "\n".join(message.shown for message in story.team.messages)
    assert shown_to_team.count(text) >= 4
    for message in everything:
        for person in (story.ana, story.dora, story.carla, story.emil):
            assert not message.pings(person) or person.mention in str(message.blocks)


def test_the_same_form_submitted_twice_is_one_case(tell: Tell) -> None:
    """The first answer is lost on the way, so the customer presses Submit again."""
    story = tell()
    form = story.open_form()
    story.fill(form, "Business severely impacted")
    submit_and_lose_the_answer(story, form)
    form.fill({"Summary": "Prices are gone, all of them"})
    assert form.submit().ok
    assert story.carla.modal is not None
    assert story.carla.modal.title == "CASE-1001"
    story.desk.advance(seconds=5)
    assert count(story, tables.submissions) == 2
    assert count(story, tables.cases) == 1
    again = [words for words in story.news() if "again with other words" in words]
    assert len(again) == 1
    assert "Prices are gone, all of them" in again[0]


def test_the_same_form_from_eight_hands_at_once_is_one_case(tell: Tell) -> None:
    story = tell()
    form = story.open_form()
    story.fill(form, "Business severely impacted")
    threads = [threading.Thread(target=lambda: _submit_quietly(form)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(story, tables.cases) == 1
    story.desk.advance(seconds=3)
    story.card("CASE-1001")


def _submit_quietly(form: OpenView) -> None:
    with suppress(LookupError):  # another hand was faster, and the form is gone
        form.submit()


def case_where_casebell_is_out(story: Story, severity: str) -> tuple[Channel, str]:
    """A case whose form was open when Casebell was taken out of the channel."""
    bot = story.workspace.bot
    private = story.workspace.add_channel("acme-private", members=[story.carla, bot])
    form = story.open_form(channel=private)
    story.fill(form, severity)
    private.kick(bot)
    assert form.submit().ok
    assert story.carla.modal is not None
    story.desk.advance(seconds=6)
    return private, story.carla.modal.title


def test_where_casebell_is_not_in_the_channel_the_case_stands_and_all_are_told(
    tell: Tell,
) -> None:
    story = tell()
    private, name = case_where_casebell_is_out(story, "No business impact")
    told = story.carla.dms[-1].shown
    assert f"{name} is open and our team has it" in told
    assert "/invite @casebell" in told
    assert "You need not open it again" in told
    assert any("could not be posted" in words for words in story.news())
    private.invite(story.workspace.bot)
    story.desk.advance(seconds=3)
    assert "Prices are gone" in story.card(name, private).shown


def test_an_archived_channel_is_named_as_the_reason(tell: Tell) -> None:
    story = tell()
    form = story.open_form()
    story.fill(form, "No business impact", QUESTION_ANSWERS)
    story.acme.archive()
    assert form.submit().ok
    story.desk.advance(seconds=3)
    assert "the channel is archived" in story.carla.dms[-1].shown


def test_a_case_without_a_thread_is_answered_by_dm_and_a_button(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    _, name = case_where_casebell_is_out(story, "Business Stopped")
    told = one(m for m in story.team.messages if "could not be posted" in m.shown)
    assert "press Reply on the case's card" in told.shown
    assert not story.carla.dms[-1].buttons
    reply = story.ana.click(told, "I have answered")
    assert f"{name} is answered" in reply.text
    story.now_is("2026-11-21 05:00")
    assert story.rung() == ["Ana"], "the page is over"
    assert not any("of the response time" in words for words in story.news())
    assert "Answered" in story.team_card(name).shown
    assert "@Ana has answered" in story.dora.click(told, "I have answered").text


def test_a_worse_severity_in_the_second_try_counts(tell: Tell) -> None:
    """Slack showed a failure, so the customer made it an emergency and pressed Submit again."""
    story = tell("2026-11-21 02:00")
    form = story.open_form()
    story.fill(form, "No business impact")
    submit_and_lose_the_answer(story, form)
    form.fill({SEVERITY: "Business Stopped"})
    assert form.submit().ok
    receipt = story.carla.modal
    assert receipt is not None
    assert "Business Stopped" in receipt.text
    assert "Sat 21 Nov, 4:00 AM Central" in receipt.text
    assert "on-call engineer is being paged" in receipt.text
    story.desk.advance(seconds=5)
    assert story.rung() == ["Ana"]
    assert "4:00 AM Central" in story.card("CASE-1001").shown
    story.now_is("2026-11-21 03:00:05")
    assert any("50 %" in words for words in story.news())


def test_a_worse_severity_of_a_case_that_was_answered_wakes_nobody(tell: Tell) -> None:
    """They have somebody of the team in their thread already."""
    story = tell("2026-11-21 02:00")
    form = story.open_form()
    story.fill(form, "No business impact")
    submit_and_lose_the_answer(story, form)
    story.desk.advance(seconds=5)
    story.answer(story.ana, "CASE-1001")
    form.fill({SEVERITY: "Business Stopped"})
    assert form.submit().ok
    story.desk.advance(seconds=5)
    assert story.rung() == []
    assert any("again with other words" in words for words in story.news())


def test_a_milder_severity_in_the_second_try_is_only_told(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    form = story.open_form()
    story.fill(form, "Business severely impacted")
    submit_and_lose_the_answer(story, form)
    form.fill({SEVERITY: "No business impact"})
    assert form.submit().ok
    assert story.carla.modal is not None
    assert "it stays one case" in story.carla.modal.text
    assert "Business severely impacted" in story.carla.modal.text


def test_a_deadline_follows_the_calendar(tell: Tell) -> None:
    story = tell("2026-11-25 16:00")
    story.open_case("Business severely impacted")
    assert "Fri 27 Nov, 9:00 AM Central" in story.card("CASE-1001").shown
    assert story.desk.clock.now() < central("2026-11-27 09:00")
