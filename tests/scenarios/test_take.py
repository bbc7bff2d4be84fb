"""Somebody takes the pager now."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rota import (
    LEVEL,
    UNTIL,
    a_rota,
    changes,
    form,
    on_call,
    overrides,
    press,
    rotate,
    send,
    take,
)
from story import Story, central

from bot.domain.schedule import OverrideKind
from bot.messages import ids

Tell = Callable[..., Story]

NOW = "2026-11-18 22:00"
MORNING = "2026-11-19 09:00"


@pytest.fixture
def story(tell: Tell) -> Story:
    return a_rota(tell(NOW))


def test_the_form_shows_who_has_it_and_proposes_the_end_of_the_shift(story: Story) -> None:
    opened = form(story, story.dora, ids.ONCALL_TAKE)
    for words in ("primary: @Ana, until Nov 23 at 9:00 AM", "secondary: @Ben\n", "manager: @Mia\n"):
        assert words in opened.text
    assert opened.input(LEVEL).answer == "primary"
    assert opened.input(UNTIL).answer == central("2026-11-23 09:00").timestamp()


def test_of_a_shift_without_end_it_proposes_twelve_hours(tell: Tell) -> None:
    story = tell(NOW)
    opened = form(story, story.dora, ids.ONCALL_TAKE)
    assert opened.input(UNTIL).answer == central("2026-11-19 10:00").timestamp()


def test_with_nobody_on_call_it_proposes_twelve_hours(tell: Tell) -> None:
    story = tell(NOW, on_call=False)
    opened = form(story, story.dora, ids.ONCALL_TAKE)
    assert "primary: :warning: nobody" in opened.text
    assert opened.input(UNTIL).answer == central("2026-11-19 10:00").timestamp()
    assert send(story, opened).ok
    assert story.dora.modal is not None
    assert "Nobody was on call there." in story.dora.modal.text
    assert on_call(story, "2026-11-18 22:01") == ["Dora"]


def test_who_takes_it_has_it_alone_until_then(story: Story) -> None:
    known = len(changes(story.dora))
    opened = form(story, story.dora, ids.ONCALL_TAKE)
    assert send(story, opened, {UNTIL: central(MORNING)}).ok
    receipt = opened.text
    for words in (
        "You are on call as primary until tomorrow at 9:00 AM (Thu 19 Nov, 9:00 AM Central).",
        "Instead of @Ana; they are told.",
        "No page is open.",
    ):
        assert words in receipt
    assert [on_call(story, at) for at in ("2026-11-18 22:01", MORNING)] == [["Dora"], ["Ana"]]
    (made,) = overrides(story)
    assert (made.kind, made.instead_of) == (OverrideKind.REPLACE, None)
    news = changes(story.ana)[-1]
    assert "@Dora took the pager." in news
    assert "Before:\n• until Nov 23" in news
    assert "Now:\n• tomorrow at 9:00 AM (Thu 19 Nov, 9:00 AM Central) to Nov 23" in news
    assert len(changes(story.dora)) == known, "who does it knows it"
    assert on_call(story, NOW, "secondary") == ["Ben"]


def test_it_is_taken_over_a_change_of_shifts_too(story: Story) -> None:
    take(story, story.dora, "2026-11-24 09:00")
    assert [on_call(story, f"2026-11-{at}") for at in ("22 12:00", "23 12:00", "24 12:00")] == [
        ["Dora"],
        ["Dora"],
        ["Ben"],
    ]
    assert "@Dora took the pager." in changes(story.ben)[-1]


def test_a_page_that_rings_goes_on_to_who_took_it(story: Story) -> None:
    name = story.open_case("Business Stopped")
    assert story.rung() == ["Ana"]
    opened = form(story, story.dora, ids.ONCALL_TAKE)
    send(story, opened, {UNTIL: central(MORNING)})
    assert "Ringing now: 1. Whoever is on call is rung at the next step." in opened.text
    assert f"{name} (Business Stopped) Prices are gone, next today at 10:05 PM" in opened.text
    story.now_is("2026-11-18 22:06")
    assert story.rung() == ["Ana", "Dora"]


def test_pages_that_ring_nobody_are_named_too(story: Story) -> None:
    name = story.open_case("Business Stopped")
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    opened = form(story, story.dora, ids.ONCALL_TAKE)
    send(story, opened, {UNTIL: central(MORNING)})
    assert f"Open, and ringing nobody now: {name} (Business Stopped)" in opened.text


def test_who_has_it_alone_has_nothing_to_take(story: Story) -> None:
    submission = take(story, story.ana, MORNING)
    assert submission.errors == {
        UNTIL: "You have it already: you are on call alone as primary until then."
    }
    assert overrides(story) == ()
    assert take(story, story.ana, "2026-11-24 09:00").ok, "that is for longer than she has it"


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("2026-11-18 21:00", "That is over. Choose a time that is still to come."),
        (NOW, "That is over. Choose a time that is still to come."),
        ("2027-03-01 09:00", "Choose a time within the coming 12 weeks."),
    ],
)
def test_a_time_that_cannot_be_is_said_under_its_input(
    story: Story, until: str, words: str
) -> None:
    assert take(story, story.dora, until).errors == {UNTIL: words}
    assert overrides(story) == ()


def test_a_form_that_is_sent_twice_takes_it_once(story: Story) -> None:
    opened = form(story, story.dora, ids.ONCALL_TAKE)
    covers = story.desk.bot.services.covers
    end = central(MORNING).astimezone(story.desk.clock.now().tzinfo)
    covers.take(story.dora.id, "primary", end, opened.view.id)
    assert send(story, opened, {UNTIL: central(MORNING)}).ok
    assert "You are on call as primary" in opened.text
    assert len(overrides(story)) == 1


def test_cancelled_it_goes_back_at_once(story: Story) -> None:
    take(story, story.dora, MORNING)
    story.now_is("2026-11-19 02:00")
    (made,) = overrides(story)
    answer = press(story, story.dora, ids.OVERRIDE_CANCEL, str(made.id)).text
    assert "On call as primary from now on: @Ana." in answer
    assert [on_call(story, f"2026-11-19 0{hour}:00") for hour in (1, 3)] == [["Dora"], ["Ana"]]
    assert "@Dora cancelled an earlier change." in changes(story.ana)[-1]


def test_one_after_the_other_takes_it(story: Story) -> None:
    take(story, story.dora, MORNING)
    take(story, story.mia, "2026-11-19 02:00")
    assert [on_call(story, f"2026-11-19 0{hour}:00") for hour in (1, 3)] == [["Mia"], ["Dora"]]
    assert "@Mia took the pager." in changes(story.dora)[-1]


def test_a_level_that_is_gone_cannot_be_taken(story: Story) -> None:
    covers = story.desk.bot.services.covers
    end = central(MORNING).astimezone(story.desk.clock.now().tzinfo)
    with pytest.raises(Exception, match="has changed since this form was opened"):
        covers.take(story.dora.id, "captain", end, "V1")


def test_a_rotation_set_while_the_form_was_open_is_taken_over(story: Story) -> None:
    opened = form(story, story.dora, ids.ONCALL_TAKE)
    rotate(story, "primary", story.mia)
    assert send(story, opened, {UNTIL: central(MORNING)}).ok
    assert "Instead of @Mia; they are told." in opened.text
