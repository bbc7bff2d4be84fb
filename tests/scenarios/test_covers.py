"""Somebody looks for cover: who is asked, who takes it, and what becomes of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest
from rota import (
    CANCEL,
    FROM,
    LEVEL,
    NOT_TEAM,
    NOTE,
    TAKE_IT,
    UNTIL,
    a_rota,
    ask_cover,
    asked,
    asked_team,
    changes,
    click,
    form,
    on_call,
    overrides,
    press,
    request,
    rotate,
    send,
    take,
    told,
)
from story import Story, central

from bot.domain.schedule import Override, OverrideKind
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestState
from bot.messages import ids
from bot.sandbox import Message, Person, Refused

Tell = Callable[..., Story]

# Ana is on call as primary until Monday 09:00, Ben in the week after, then Dora.
NOW = "2026-11-18 10:00"
EVENING, MORNING = "2026-11-20 17:00", "2026-11-21 09:00"
NIGHT = "2026-11-21 02:00"
UNKNOWN = ("seven", "", "-1", "9" * 17, "9" * 400, "1 OR 1=1")


@pytest.fixture
def story(tell: Tell) -> Story:
    return a_rota(tell(NOW))


def take_it(story: Story, person: Person) -> str:
    """Press the button of the message that asks somebody."""
    return click(story, person, asked(story, person), TAKE_IT)


def at_once(*presses: Callable[[], Any]) -> None:
    barrier = threading.Barrier(len(presses))

    def run(press: Callable[[], Any]) -> None:
        barrier.wait()
        press()

    threads = [threading.Thread(target=run, args=(press,)) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# The form.


def test_the_form_proposes_the_shift_that_is_under_way(story: Story) -> None:
    opened = form(story, story.ana, ids.ONCALL_COVER)
    assert opened.input(FROM).answer == central(NOW).timestamp()
    assert opened.input(UNTIL).answer == central("2026-11-23 09:00").timestamp()
    assert "For your time on call as primary." in opened.text
    assert [i.label for i in opened.inputs] == [FROM, UNTIL, NOTE], "there is one level only"


def test_the_form_proposes_the_next_shift_of_who_is_not_on_call_now(story: Story) -> None:
    opened = form(story, story.dora, ids.ONCALL_COVER)
    assert opened.input(FROM).answer == central("2026-11-30 09:00").timestamp()
    assert opened.input(UNTIL).answer == central("2026-12-07 09:00").timestamp()


def test_of_a_shift_without_end_the_form_proposes_some_hours(story: Story) -> None:
    opened = form(story, story.mia, ids.ONCALL_COVER)
    assert opened.input(FROM).answer == central(NOW).timestamp()
    assert opened.input(UNTIL).answer == central("2026-11-18 22:00").timestamp()


def test_the_form_offers_the_levels_of_who_asks(story: Story) -> None:
    opened = form(story, story.ben, ids.ONCALL_COVER)
    assert opened.input(LEVEL).options == ("primary", "secondary")
    assert opened.input(LEVEL).answer == "secondary", "that is what Ben has now"


def test_who_is_never_on_call_gets_no_form(tell: Tell) -> None:
    story = tell(NOW)
    reply = press(story, story.dora, ids.ONCALL_COVER)
    assert reply.text == (
        "You are not on call in the coming 12 weeks, so there is nothing to cover."
    )
    assert story.dora.modal is None


@pytest.mark.parametrize(
    ("start", "end", "place", "words"),
    [
        (MORNING, EVENING, UNTIL, "It has to end after it begins."),
        (EVENING, EVENING, UNTIL, "It has to end after it begins."),
        ("2026-11-16 09:00", "2026-11-18 09:59", UNTIL, "That is over."),
        (EVENING, "2027-02-11 10:01", UNTIL, "Choose a time within the coming 12 weeks."),
        ("2026-11-24 09:00", "2026-11-25 09:00", FROM, "You are not on call as primary then"),
    ],
)
def test_what_is_wrong_is_said_under_its_input(
    story: Story, start: str, end: str, place: str, words: str
) -> None:
    opened = form(story, story.ana, ids.ONCALL_COVER)
    submission = send(story, opened, {FROM: central(start), UNTIL: central(end)})
    assert list(submission.errors) == [place]
    assert submission.errors[place].startswith(words)
    assert asked_team(story) == []
    corrected = send(story, opened, {FROM: central(EVENING), UNTIL: central(MORNING)})
    assert corrected.ok, "the same form can be mended and sent again"


def test_the_same_time_is_not_asked_for_twice(story: Story) -> None:
    assert ask_cover(story, story.ana, EVENING, MORNING).ok
    again = ask_cover(story, story.ana, NIGHT, "2026-11-22 09:00")
    assert again.errors == {
        FROM: "You have asked for that time already. Cancel the other request first."
    }
    assert ask_cover(story, story.ana, MORNING, "2026-11-22 09:00").ok, "it begins as that ends"


def test_a_form_that_is_sent_twice_asks_once(story: Story) -> None:
    opened = form(story, story.ana, ids.ONCALL_COVER)
    opened.fill({FROM: central(EVENING), UNTIL: central(MORNING)})
    covers = story.desk.bot.services.covers
    start, end = (central(at).astimezone(UTC) for at in (EVENING, MORNING))
    once = (story.ana.id, "primary", start, end, "", opened.view.id)
    at_once(lambda: covers.ask(*once), lambda: covers.ask(*once))
    assert send(story, opened).ok
    assert len(asked_team(story)) == 1
    assert len(told(story.ben, "looks for somebody to cover")) == 1


# Asking.


def test_everybody_else_of_the_rotations_is_asked_and_the_team_channel(story: Story) -> None:
    opened = form(story, story.ana, ids.ONCALL_COVER)
    answers = {FROM: central(EVENING), UNTIL: central(MORNING), NOTE: "<!channel> *My* sister."}
    assert send(story, opened, answers).ok
    receipt = story.ana.modal
    assert receipt is not None
    for words in ("@Ben", "@Mia", "@Dora", "the team's channel", "You stay on call until"):
        assert words in receipt.text
    for message, reader in (
        (asked(story, story.ben), story.ben),
        (asked(story, story.mia), story.mia),
        (asked(story, story.dora), story.dora),
        (asked_team(story)[0], story.dora),
    ):
        shown = message.shown_to(reader)
        assert "@Ana looks for somebody to cover an on-call shift" in shown
        assert "primary, Nov 20 at 5:00 PM (Fri 20 Nov, 5:00 PM Central) to Nov 21 at" in shown
        assert "<!channel> *My* sister." in shown, "other people's words are shown as typed"
        assert TAKE_IT in message.buttons
    assert asked(story, story.dora) in story.dora.notifications
    assert asked(story, story.ana).buttons == (CANCEL,)
    assert story.carla.dms == ()


def test_who_has_left_the_team_is_not_asked(story: Story) -> None:
    story.mia.deactivate()
    story.desk.rest()
    ask_cover(story, story.ana, EVENING, MORNING)
    assert told(story.mia, "looks for somebody") == []
    assert told(story.dora, "looks for somebody")


# Accepting.


def test_the_first_who_takes_it_is_on_call_and_everybody_sees_it(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    answer = take_it(story, story.dora)
    assert answer.startswith("Thank you. You will be on call as primary, Nov 20 at")
    assert "as well" not in answer
    assert [on_call(story, at) for at in (NOW, EVENING, NIGHT, MORNING)] == [
        ["Ana"],
        ["Dora"],
        ["Dora"],
        ["Ana"],
    ]
    for person in (story.ana, story.ben, story.mia, story.dora):
        assert "@Dora covers it." in asked(story, person).shown
        assert asked(story, person).buttons == ()
    assert asked_team(story)[0].buttons == ()
    (made,) = overrides(story)
    assert (made.request_id, made.set_by) == (1, story.dora.id)


def test_the_asker_hears_of_it_with_before_and_after_and_the_taker_does_not(story: Story) -> None:
    known = len(changes(story.dora))
    ask_cover(story, story.ana, EVENING, MORNING)
    take_it(story, story.dora)
    assert changes(story.ana)[-1] == "\n".join(
        [
            ":calendar: Your on-call shifts have changed. @Dora covers for you.",
            "primary",
            "Before:",
            "• until Nov 23 at 9:00 AM (Mon 23 Nov, 9:00 AM Central)",
            "Now:",
            "• until Nov 20 at 5:00 PM (Fri 20 Nov, 5:00 PM Central)",
            "• Nov 21 at 9:00 AM (Sat 21 Nov, 9:00 AM Central)"
            " to Nov 23 at 9:00 AM (Mon 23 Nov, 9:00 AM Central)",
            "/oncall shows the schedule, and lets you ask for cover or swap.",
        ]
    )
    assert len(changes(story.dora)) == known


def test_a_page_in_that_time_rings_who_covers(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    take_it(story, story.dora)
    story.now_is(NIGHT)
    story.open_case("Business Stopped")
    assert story.rung() == ["Dora"]


def test_who_comes_second_is_told_who_was_first(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    message = asked(story, story.mia)
    then = list(message.blocks)
    take_it(story, story.dora)
    message.blocks = then  # a screen that has not caught up
    story.desk.advance(minutes=2)
    answer = click(story, story.mia, message, TAKE_IT)
    assert answer.startswith("@Dora accepted this 2 min ago.")
    assert on_call(story, NIGHT) == ["Dora"]


def test_a_double_click_takes_it_once(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    message = asked(story, story.dora)
    then = list(message.blocks)
    take_it(story, story.dora)
    message.blocks = then
    assert click(story, story.dora, message, TAKE_IT).startswith("You accepted this just now.")
    assert len(overrides(story)) == 1


def test_two_who_take_it_at_once_are_one_who_does_and_one_who_is_told(
    tell: Tell, database_url: str
) -> None:
    story = a_rota(tell(NOW, database_url=database_url))
    ask_cover(story, story.ana, EVENING, MORNING)
    people = (story.ben, story.mia, story.dora)
    answers: dict[str, str] = {}

    def press_it(person: Person) -> None:
        answers[person.name] = person.click(asked(story, person), TAKE_IT).text

    at_once(*[lambda person=person: press_it(person) for person in people])  # type: ignore[misc]
    story.desk.advance(seconds=3)
    (first,) = [name for name, words in answers.items() if words.startswith("Thank you.")]
    others = [words for name, words in answers.items() if name != first]
    assert [words.partition(" this ")[0] for words in others] == [f"@{first} accepted"] * 2
    assert on_call(story, NIGHT) == [first]
    assert len(overrides(story)) == 1


def test_taken_while_it_is_cancelled_it_is_one_of_both(tell: Tell, database_url: str) -> None:
    story = a_rota(tell(NOW, database_url=database_url))
    ask_cover(story, story.ana, EVENING, MORNING)
    mine, hers = asked(story, story.ana), asked(story, story.dora)
    at_once(
        lambda: story.ana.click(mine, CANCEL),
        lambda: story.dora.click(hers, TAKE_IT),
    )
    story.desk.advance(seconds=3)
    state = request(story).state
    assert state in (RequestState.ACCEPTED, RequestState.CANCELLED)
    expected = ["Dora"] if state is RequestState.ACCEPTED else ["Ana"]
    assert on_call(story, NIGHT) == expected


def test_ones_own_request_cannot_be_taken(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    answer = click(story, story.ana, asked_team(story)[0], TAKE_IT)
    assert answer == "This is your own request: somebody else has to accept it."
    assert request(story).is_open


def test_who_is_on_call_there_already_cannot_take_it(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    with story.desk.bot.services.shifts.changing(None) as change:
        change.tx.schedule.add_override(_besides(story, story.dora))
    answer = take_it(story, story.dora)
    assert answer == "You are on call as primary for all of that time already."
    assert request(story).is_open


def _besides(story: Story, person: Person) -> Override:
    now = story.desk.clock.now()
    segment = Segment(now, now + timedelta(days=30))
    return Override(0, "primary", OverrideKind.ADD, person.id, None, segment, now, person.id)


def test_who_is_on_call_at_another_level_is_told_so(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    assert "You will be on call as secondary in that time too" in take_it(story, story.ben)
    assert on_call(story, NIGHT) == ["Ben"]
    assert on_call(story, NIGHT, "secondary") == ["Ben"]


def test_only_the_team_can_take_or_cancel(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    for person in (story.carla, story.emil):
        for action in (ids.REQUEST_ACCEPT, ids.REQUEST_DECLINE, ids.REQUEST_CANCEL):
            assert press(story, person, action, "1").text == NOT_TEAM
    assert press(story, story.carla, ids.OVERRIDE_CANCEL, "1").text == NOT_TEAM
    for action in (ids.ONCALL_TAKE, ids.ONCALL_COVER, ids.ONCALL_SWAP):
        assert press(story, story.carla, action).text == NOT_TEAM
        assert story.carla.modal is None
    assert request(story).is_open


def test_who_left_the_team_with_a_form_open_changes_nothing(story: Story) -> None:
    for action in (ids.ONCALL_COVER, ids.ONCALL_TAKE):
        opened = form(story, story.ana, action, "primary")
        services = story.desk.bot.services
        with services.desk.store.transaction() as tx:
            services.directory.left_team(tx, story.ana.id)
        assert NOT_TEAM in send(story, opened).errors.values()
        opened.close()
        services.directory.joined_team(story.ana.id)
    assert asked_team(story) == []
    assert overrides(story) == ()


@pytest.mark.parametrize(
    "action",
    [ids.REQUEST_ACCEPT, ids.REQUEST_DECLINE, ids.REQUEST_CANCEL, ids.OVERRIDE_CANCEL],
)
def test_a_made_up_button_changes_nothing(tell: Tell, action: str) -> None:
    story = tell(NOW)
    for value in UNKNOWN:
        text = press(story, story.ana, action, value).text
        assert text.startswith(("This button is too old", "There is no such")), value


def test_it_is_taken_after_a_restart(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    story.desk.stop_bot()
    story.desk.advance_clock(hours=3)
    story.desk.start_bot()
    take_it(story, story.dora)
    assert on_call(story, NIGHT) == ["Dora"]


def test_somebody_whom_slack_opens_no_dm_to_cannot_be_on_call(story: Story) -> None:
    newcomer = story.workspace.add_person("Nia")
    story.team.invite(newcomer)
    story.desk.rest()
    ask_cover(story, story.ana, EVENING, MORNING)
    story.workspace.faults.add("conversations.open", Refused("user_disabled"), times=None)
    answer = click(story, newcomer, asked_team(story)[0], TAKE_IT)
    assert "a page could not reach you" in answer
    assert request(story).is_open


def test_who_asks_beyond_their_shift_is_covered_to_its_end(story: Story) -> None:
    ask_cover(story, story.ana, "2026-11-22 17:00", "2026-11-23 12:00")
    question = asked(story, story.dora).shown_to(story.dora)
    answer = take_it(story, story.dora)
    for words in (question, answer):
        assert "(Sun 22 Nov, 5:00 PM Central)" in words
        assert "(Mon 23 Nov, 9:00 AM Central)" in words
        assert "12:00 PM" not in words
    assert on_call(story, "2026-11-23 10:00") == ["Ben"]
    assert "12:00 PM" not in asked_team(story)[0].shown


def test_what_somebody_else_has_by_now_is_not_covered(story: Story) -> None:
    """Ana asks until the morning; Mia has the pager for the evening when Ben says yes."""
    ask_cover(story, story.ana, "2026-11-18 10:00", "2026-11-19 10:00")
    take(story, story.mia, "2026-11-18 20:00")
    answer = take_it(story, story.ben)
    outcome = asked(story, story.ana).shown_to(story.ana)
    assert "@Ben covers today at 8:00 PM" in outcome
    for words in (answer, outcome.partition("@Ben covers")[2]):
        assert "(Wed 18 Nov, 8:00 PM Central)" in words
        assert "(Thu 19 Nov, 10:00 AM Central)" in words
        assert "10:00 AM Central) to" not in words
    assert [on_call(story, at) for at in ("2026-11-18 19:59", "2026-11-18 20:00")] == [
        ["Mia"],
        ["Ben"],
    ]


def test_of_two_turns_each_is_covered_and_they_are_cancelled_together(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, "2026-12-08 09:00")
    answer = take_it(story, story.dora)
    assert answer.count(" to ") == 2
    times = (EVENING, "2026-11-23 10:00", "2026-12-07 10:00")
    assert [on_call(story, at) for at in times] == [["Dora"], ["Ben"], ["Dora"]]
    answer = press(story, story.dora, ids.OVERRIDE_CANCEL, "1").text
    assert answer.startswith("Cancelled, all of that cover.")
    assert [on_call(story, at) for at in times] == [["Ana"], ["Ben"], ["Ana"]]


# What has begun, and what lapses.


def test_for_a_time_that_has_begun_it_can_be_taken_to_its_end(story: Story) -> None:
    ask_cover(story, story.ana, "2026-11-18 08:00", "2026-11-18 20:00")
    story.now_is("2026-11-18 15:00")
    assert request(story).is_open
    take_it(story, story.dora)
    assert [on_call(story, f"2026-11-18 {at}") for at in ("14:59", "15:01", "20:00")] == [
        ["Ana"],
        ["Dora"],
        ["Ana"],
    ]
    assert "@Dora covers today at 3:00 PM" in asked(story, story.ana).shown_to(story.ana)


def test_nobody_took_it_by_its_beginning(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    story.now_is("2026-11-20 16:59")
    assert request(story).is_open
    story.now_is("2026-11-20 17:00:05")
    assert request(story).state is RequestState.LAPSED
    assert on_call(story, NIGHT) == ["Ana"]
    (dm,) = told(story.ana, "Nobody has taken your shift: you are still on call as primary")
    assert dm in story.ana.notifications
    news = [m for m in story.team.messages if "Nobody has taken @Ana's shift" in m.shown]
    assert len(news) == 1
    assert news[0].buttons == ("Take the pager now",)
    for message in (asked(story, story.ben), asked_team(story)[0]):
        assert "Nobody accepted it in time." in message.shown
        assert message.buttons == ()
    answer = press(story, story.dora, ids.REQUEST_ACCEPT, "1").text
    assert answer == "This request is over: nobody accepted it in time."


def test_the_news_that_nobody_took_it_leads_to_the_pager(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    story.now_is("2026-11-20 17:00:05")
    news = next(m for m in story.team.messages if "Nobody has taken" in m.shown)
    story.dora.click(news, "Take the pager now")
    assert story.dora.modal is not None
    send(story, story.dora.modal, {UNTIL: central(MORNING)})
    assert on_call(story, NIGHT) == ["Dora"]


def test_that_nobody_took_it_is_not_said_to_who_is_not_on_call_any_more(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    take(story, story.dora, "2026-11-22 09:00")
    story.now_is("2026-11-20 17:00:05")
    assert request(story).state is RequestState.LAPSED
    assert not told(story.ana, "Nobody has taken")
    assert not any("Nobody has taken" in m.shown for m in story.team.messages)


def test_the_engine_was_away_when_its_time_began(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    story.desk.stop_bot()
    story.desk.advance_clock(days=2, hours=8)  # Friday, 18:00
    story.desk.start_bot()
    story.desk.advance(seconds=3)
    assert len(asked_team(story)) == 1, "no reminder of what is over"
    assert told(story.ana, "Nobody has taken your shift")


def test_a_day_before_the_team_is_reminded_once(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    story.now_is("2026-11-19 16:59")
    assert len(asked_team(story)) == 1
    story.now_is("2026-11-19 17:01")
    reminder = asked_team(story)[1]
    assert "@Ana still looks for somebody to cover" in reminder.shown
    click(story, story.dora, reminder, TAKE_IT)
    assert [m.buttons for m in asked_team(story)] == [(), ()]
    story.now_is("2026-11-20 18:00")
    assert len(asked_team(story)) == 2


def test_what_was_taken_is_not_brought_up_again(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    take_it(story, story.dora)
    story.now_is("2026-11-20 18:00")
    assert len(asked_team(story)) == 1
    assert not told(story.ana, "Nobody has taken")


def test_a_request_that_the_schedule_has_overtaken_is_over(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    take(story, story.dora, "2026-11-22 09:00")
    answer = take_it(story, story.ben)
    assert answer.startswith("The schedule has changed since this was asked")
    assert request(story).state is RequestState.CANCELLED
    assert told(story.ana, "Your request to cover has come to nothing")
    assert "came to nothing" in asked(story, story.ben).shown
    assert on_call(story, NIGHT) == ["Dora"]


# Cancelling.


def test_the_asker_cancels_it(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    before = len(story.ana.dms)
    answer = click(story, story.ana, asked(story, story.ana), CANCEL)
    assert answer == "Cancelled. You stay on call as the schedule says."
    for message in (asked(story, story.ben), asked_team(story)[0], asked(story, story.ana)):
        assert "Cancelled by @Ana." in message.shown
        assert message.buttons == ()
    assert len(story.ana.dms) == before, "who cancels knows it"
    story.now_is("2026-11-20 18:00")
    assert not told(story.ana, "Nobody has taken")


def test_the_asker_is_told_when_somebody_else_cancels_it(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    click(story, story.mia, asked_team(story)[0], CANCEL)
    assert told(story.ana, "@Mia cancelled your request to cover: you stay on call as primary")
    again = press(story, story.dora, ids.REQUEST_CANCEL, "1").text
    assert again.startswith("@Mia cancelled this just now.")


def test_cancelling_what_was_taken_meanwhile_says_who_took_it(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    message = asked(story, story.ana)
    then = list(message.blocks)
    take_it(story, story.dora)
    message.blocks = then
    assert click(story, story.ana, message, CANCEL).startswith("@Dora accepted this just now.")
    assert on_call(story, NIGHT) == ["Dora"]


def test_cancelling_the_cover_puts_the_asker_back(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    take_it(story, story.dora)
    (made,) = overrides(story)
    answer = press(story, story.mia, ids.OVERRIDE_CANCEL, str(made.id)).text
    assert answer == "Cancelled. Everybody else whose shift that changes is told."
    assert on_call(story, NIGHT) == ["Ana"]
    for person in (story.ana, story.dora):
        assert "@Mia cancelled an earlier change." in changes(person)[-1]
    assert "@Dora had accepted, and @Mia cancelled it later." in asked_team(story)[0].shown
    again = press(story, story.ben, ids.OVERRIDE_CANCEL, str(made.id)).text
    assert again == "@Mia cancelled that already."


def test_a_cover_under_way_ends_now_and_its_past_stays(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    take_it(story, story.dora)
    story.now_is(NIGHT)
    answer = press(story, story.dora, ids.OVERRIDE_CANCEL, "1").text
    assert "On call as primary from now on: @Ana." in answer
    assert [on_call(story, at) for at in ("2026-11-20 22:00", NIGHT, "2026-11-21 03:00")] == [
        ["Dora"],
        ["Ana"],
        ["Ana"],
    ]


def test_what_is_over_cannot_be_cancelled(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, MORNING)
    take_it(story, story.dora)
    story.now_is(MORNING)
    answer = press(story, story.dora, ids.OVERRIDE_CANCEL, "1").text
    assert answer == "That is over, and the past cannot be changed."
    assert on_call(story, NIGHT) == ["Dora"]


# Two changes.


def test_two_changes_at_one_instant_are_both_told(story: Story) -> None:
    ask_cover(story, story.ana, EVENING, "2026-11-21 01:00")
    ask_cover(story, story.ana, "2026-11-21 01:00", MORNING)
    known = len(changes(story.ana))
    accept = story.desk.bot.services.requests.accept
    accept(1, story.dora.id)
    accept(2, story.mia.id)
    story.desk.advance(seconds=5)
    new = changes(story.ana)[known:]
    assert ["@Dora covers" in new[0], "@Mia covers" in new[1], len(new)] == [True, True, 2]


def test_the_forms_and_messages_of_a_covered_shift_go_on_from_there(story: Story) -> None:
    """Who covers can look for cover in turn."""
    ask_cover(story, story.ana, EVENING, MORNING)
    take_it(story, story.dora)
    assert ask_cover(story, story.dora, NIGHT, MORNING).ok
    (second,) = [m for m in story.mia.dms if "@Dora looks" in m.shown]
    click(story, story.mia, second, TAKE_IT)
    assert [on_call(story, at) for at in (EVENING, NIGHT, MORNING)] == [["Dora"], ["Mia"], ["Ana"]]


def test_a_message_that_asks_fits_whatever_the_note_is(story: Story) -> None:
    opened = form(story, story.ana, ids.ONCALL_COVER)
    answers = {FROM: central(EVENING), UNTIL: central(MORNING), NOTE: "<&>" * 100}
    assert send(story, opened, answers).ok
    message: Message = asked_team(story)[0]
    assert "<&>" * 100 in message.shown


def test_a_level_that_the_policy_has_no_more_is_not_offered(tell: Tell) -> None:
    story = a_rota(tell(NOW))
    with story.desk.bot.services.shifts.changing(None) as change:
        rotation = change.before.rotations[0]
        gone = replace(rotation, level="gone", members=(story.mia.id,))
        change.tx.schedule.add_rotation(gone, change.now)
    opened = form(story, story.mia, ids.ONCALL_COVER)
    assert "For your time on call as manager." in opened.text


def test_rotations_set_anew_are_told_without_a_name(story: Story) -> None:
    rotate(story, "primary", story.ana, story.dora)
    story.desk.advance(seconds=3)
    assert "The rotation was set anew." in changes(story.ben)[-1]
