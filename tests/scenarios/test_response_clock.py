"""Warnings and breaches: told to the team, in hours, until somebody of the team answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from story import Story, central

Tell = Callable[..., Story]
SEVERE = "Business severely impacted"


def test_the_team_is_warned_twice_and_then_told_of_the_breach(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    for at, words in (
        ("12:00:02", "50 % of the response time"),
        ("13:00:02", "75 % of the response time"),
        ("14:00:02", "the first response is overdue"),
    ):
        assert not any(words in said for said in story.news())
        story.now_is(f"2026-11-23 {at}")
        assert sum(words in said for said in story.news()) == 1
    assert "overdue since" in story.team_card(name).shown
    story.now_is("2026-11-25 10:00")
    assert sum(name in said for said in story.news()) == 3


def test_warnings_never_come_at_night(tell: Tell) -> None:
    story = tell("2026-11-25 16:00")
    story.open_case(SEVERE)
    story.now_is("2026-11-25 18:00:02")
    assert any("50 %" in said for said in story.news()), "half of it is used up exactly at closing"
    story.now_is("2026-11-27 07:59:59")
    assert not any("75 %" in said for said in story.news())
    story.now_is("2026-11-27 08:00:02")
    assert any("75 %" in said for said in story.news())


def test_only_a_person_of_the_team_stops_the_clock(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    for person in (story.carla, story.emil):
        story.answer(person, name, "any news?")
        assert "Waiting" in story.card(name).shown
    story.answer(story.dora, name)
    assert "Answered" in story.card(name).shown
    story.now_is("2026-11-24 10:00")
    assert not any(f"{name} (" in said for said in story.news())


def test_a_word_outside_the_thread_answers_nothing(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.dora.post(story.acme, "Good morning, all")
    story.dora.post(story.team, "I take this", story.team_card(name))
    story.desk.rest()
    assert "Waiting" in story.card(name).shown


def test_a_late_answer_is_shown_as_late(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.now_is("2026-11-23 15:00")
    story.answer(story.dora, name)
    assert "(late)" in story.team_card(name).shown


def test_a_partner_who_was_never_seen_before_is_looked_up_and_stops_nothing(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    partner = story.workspace.add_person("Paul")
    story.acme.invite(partner)
    story.answer(partner, name)
    assert "Waiting" in story.card(name).shown


@pytest.mark.parametrize("away_for", ["2026-11-23 12:30", "2026-11-23 15:00"])
def test_what_fell_due_while_casebell_was_down_is_said_once_when_it_is_back(
    tell: Tell, away_for: str
) -> None:
    story = tell("2026-11-23 10:00")
    story.open_case(SEVERE)
    story.desk.stop_bot()
    story.desk.clock.turn_to(central(away_for))
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    said = [words for words in story.news() if "response" in words]
    expected = "50 % of the response time" if away_for.endswith("12:30") else "overdue"
    assert len(said) == 1
    assert expected in said[0]


def test_somebody_of_the_team_does_not_answer_their_own_case(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE, person=story.dora)
    story.answer(story.dora, name, "one more thing")
    assert "Waiting" in story.card(name).shown
    story.answer(story.ana, name)
    assert "Answered" in story.card(name).shown
