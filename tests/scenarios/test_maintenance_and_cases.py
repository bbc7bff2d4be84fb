"""Maintenance and cases meet: the form says so, nothing that was promised changes, and before work
starts the team sees whose urgent cases are open.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from story import QUESTION_ANSWERS, SEVERITY, Story, central
from window_calls import add_window, change_window

from bot.domain.segments import Segment
from bot.domain.window_changes import Cancel, Change, FinishNow, Move, Resize, StartNow
from bot.sandbox import Person, RateLimited

Tell = Callable[..., Story]
STOPPED, SEVERE, QUESTION = (
    "Business Stopped",
    "Business severely impacted",
    "No business impact",
)
# Prod on Friday 2026-12-18, 20:00 to midnight, inside the routine window until Sunday 05:00.
PROD, TEST, ROUTINE = "prod-2026-12-03", "test-2026-12-17", "routine-2026-12-14"
UNDER_WAY = "Maintenance is under way"
OPEN = "urgent case"


def utc(text: str) -> datetime:
    return central(text).astimezone(UTC)


def change(story: Story, key: str, how: Change) -> None:
    change_window(story.desk.bot.services.maintenance, key, how, story.ana.id)
    story.desk.rest()


def add(story: Story, start: str, end: str, sector: str | None = "Prod", **words: str) -> None:
    segment = Segment(utc(start), utc(end))
    add_window(story.desk.bot.services.maintenance, sector, segment, story.ana.id, **words)
    story.desk.rest()


def form(story: Story, person: Person | None = None) -> str:
    """What the form says to somebody, who closes it again."""
    opened = story.open_form(person)
    shown = opened.text
    opened.close()
    return shown


def looks(story: Story) -> list[str]:
    """What the team was told of urgent cases before work."""
    return [m.shown_to(story.ana) for m in story.team.messages if OPEN in m.text]


# --- the form ------------------------------------------------------------------------------------


def test_while_a_window_runs_the_form_says_so_at_its_top_and_until_when(tell: Tell) -> None:
    story = tell("2026-12-18 21:00")
    title, *lines = form(story).strip().splitlines()
    assert (title, UNDER_WAY in lines[0]) == ("Open a case", True)
    top = "\n".join(lines[:5])
    assert "Logik.io Prod upgrade, until " in top
    assert "Sat 19 Dec, 12:00 AM Central" in top
    assert "Logik.io routine maintenance, until " in top
    assert "Sun 20 Dec, 5:00 AM Central" in top
    assert "Business Stopped still wakes us" in top


def test_the_form_shows_the_end_by_the_readers_clock_too(tell: Tell) -> None:
    story = tell("2026-12-18 21:00")
    assert "7:00 AM (Sat 19 Dec, 12:00 AM Central)" in form(story, story.carla)


def test_the_form_says_so_as_long_as_the_window_runs_and_no_longer(tell: Tell) -> None:
    story = tell("2026-12-17 19:59")
    assert UNDER_WAY not in form(story)
    story.now_is("2026-12-17 20:00")
    assert UNDER_WAY in form(story)
    story.now_is("2026-12-17 23:59")
    assert UNDER_WAY in form(story)
    story.now_is("2026-12-18 00:00")
    assert UNDER_WAY not in form(story)


def test_a_window_that_was_finished_early_moved_or_called_off_is_not_under_way(tell: Tell) -> None:
    story = tell("2026-12-17 20:30")
    change(story, TEST, FinishNow())
    assert UNDER_WAY not in form(story)
    change(story, PROD, Cancel())
    change(story, ROUTINE, Move(utc("2026-12-19 20:00")))
    story.now_is("2026-12-18 21:00")
    assert UNDER_WAY not in form(story)


def test_the_form_stays_so_while_it_is_filled_in(tell: Tell) -> None:
    story = tell("2026-12-17 21:00")
    opened = story.open_form()
    opened.fill({SEVERITY: STOPPED})
    assert UNDER_WAY in opened.text
    assert "wakes the on-call engineer" in opened.text


def test_the_form_says_what_will_not_work(tell: Tell) -> None:
    story = tell("2026-12-15 10:00")
    add(story, "2026-12-15 12:00", "2026-12-15 14:00", "EU West", affected="Exports <!here>")
    story.now_is("2026-12-15 12:30")
    shown = form(story)
    assert "Logik.io EU West maintenance, until " in shown
    assert "What will not work: Exports <!here>" in shown


def test_a_window_within_a_day_is_mentioned_and_one_later_is_not(tell: Tell) -> None:
    story = tell("2026-12-16 19:59")
    assert "Test upgrade" not in form(story)
    story.now_is("2026-12-16 20:01")
    shown = form(story)
    assert "Planned: Logik.io Test upgrade, from " in shown
    assert "Thu 17 Dec, 8:00 PM Central" in shown
    assert UNDER_WAY not in shown


def test_a_form_with_nothing_ahead_is_as_it_was(tell: Tell) -> None:
    story = tell("2026-12-14 10:00")
    opened = story.open_form()
    assert opened.blocks[0]["type"] == "input"


# --- promises ------------------------------------------------------------------------------------


def test_a_window_changes_nothing_that_is_promised(tell: Tell) -> None:
    story = tell("2026-12-15 10:00")
    before = story.card(story.open_case(QUESTION, answers=QUESTION_ANSWERS)).shown
    add(story, "2026-12-15 10:05", "2026-12-15 14:00", None)
    story.now_is("2026-12-16 10:00")
    add(story, "2026-12-16 10:05", "2026-12-17 08:00", None)
    story.now_is("2026-12-16 10:10")
    name = story.open_case(QUESTION, answers=QUESTION_ANSWERS)
    card = story.card(name).shown
    assert "Fri 18 Dec, 10:10 AM Central" in card, "two business days, as ever"
    assert "aintenance" not in card
    assert [line.split()[0] for line in card.splitlines()][2:] == [
        line.split()[0] for line in before.splitlines()
    ][2:]


def test_business_stopped_wakes_us_while_a_window_runs(tell: Tell) -> None:
    story = tell("2026-12-18 21:00")
    story.open_case(STOPPED)
    assert story.rung() == ["Ana"]


# --- before work ---------------------------------------------------------------------------------


def test_an_hour_before_an_upgrade_the_team_sees_the_urgent_cases(tell: Tell) -> None:
    story = tell("2026-12-17 15:00")
    severe = story.open_case(SEVERE)
    story.open_case(QUESTION, answers=QUESTION_ANSWERS)
    stopped = story.open_case(STOPPED)
    story.answer(story.dora, stopped)
    story.now_is("2026-12-18 18:59")
    before = looks(story)
    story.now_is("2026-12-18 19:00:05")
    (told,) = looks(story)[len(before) :]
    assert "Logik.io Prod upgrade begins today at 8:00 PM" in told
    assert "2 urgent cases are open" in told
    for words in (severe, stopped, "Prices are gone", "acme", "overdue since", "/maintenance"):
        assert words in told
    assert "How do I export" not in told, "it is due on Monday"


def test_what_falls_due_during_the_window_is_urgent_and_what_falls_due_after_is_not(
    tell: Tell,
) -> None:
    story = tell("2026-12-15 10:00")
    due_inside, due_after = story.have_cases(2, "severe_impact")
    add(story, "2026-12-15 12:00", "2026-12-15 14:01")
    story.now_is("2026-12-15 11:00:05")
    (told,) = looks(story)
    assert due_inside in told
    assert due_after not in told


def test_with_no_urgent_case_the_team_is_told_nothing(tell: Tell) -> None:
    story = tell("2026-12-17 10:00")
    story.open_case(QUESTION, answers=QUESTION_ANSWERS)
    resolved = story.open_case(STOPPED)
    resolve(story, resolved)
    story.now_is("2026-12-18 09:00")
    assert looks(story) == []


def resolve(story: Story, name: str) -> None:
    opened = story.team_form(story.dora, name, "Resolve")
    opened.fill({"What was it, and what has been done?": "It was the price server."})
    assert opened.submit().ok
    story.desk.rest()


def test_a_routine_window_without_work_is_not_looked_at_and_one_with_work_is(tell: Tell) -> None:
    story = tell("2026-11-27 15:00")
    story.have_cases(1)
    story.now_is("2026-11-28 10:00")
    assert looks(story) == [], "nobody works in it"
    add(story, "2026-12-12 10:00", "2026-12-12 12:00")
    change(story, "test-2026-12-03", Cancel())
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-12-11 18:30"))
    story.desk.start_bot()
    story.now_is("2026-12-11 19:00:05")
    assert "routine maintenance begins" in looks(story)[0]
    story.now_is("2026-12-12 09:00:05")
    assert "Prod maintenance begins" in looks(story)[1]
    assert len(looks(story)) == 2


def test_work_that_begins_with_the_routine_window_is_told_of_once(tell: Tell) -> None:
    story = tell("2026-12-18 15:00")
    story.open_case(STOPPED)
    story.now_is("2026-12-19 00:05")
    assert [text for text in looks(story) if "Prod upgrade" in text] == looks(story)
    assert len(looks(story)) == 1


def test_a_window_that_moved_is_looked_at_before_its_new_time_alone(tell: Tell) -> None:
    story = tell("2026-12-17 10:00")
    story.open_case(STOPPED)
    change(story, TEST, Move(utc("2026-12-17 22:00")))
    story.now_is("2026-12-17 20:59")
    assert looks(story) == []
    story.now_is("2026-12-17 21:00:05")
    assert len(looks(story)) == 1


def test_a_window_that_moved_and_came_back_is_looked_at_once(tell: Tell) -> None:
    story = tell("2026-12-17 10:00")
    story.open_case(STOPPED)
    change(story, TEST, Move(utc("2026-12-17 22:00")))
    story.now_is("2026-12-17 19:10")
    assert looks(story) == []
    change(story, TEST, Move(utc("2026-12-17 20:00")))
    story.desk.advance(seconds=5)
    assert len(looks(story)) == 1, "its hour has begun already"
    change(story, TEST, Resize(utc("2026-12-18 01:00")))
    story.now_is("2026-12-18 02:00")
    assert len(looks(story)) == 1


def test_work_that_is_started_at_once_is_told_of_then(tell: Tell) -> None:
    story = tell("2026-12-17 15:00")
    story.open_case(STOPPED)
    change(story, TEST, StartNow())
    story.desk.advance(seconds=5)
    (told,) = looks(story)
    assert "Logik.io Test upgrade is under way until" in told
    story.now_is("2026-12-18 00:05")
    assert len(looks(story)) == 1


def test_work_that_is_started_within_the_hour_is_not_told_of_again(tell: Tell) -> None:
    story = tell("2026-12-17 18:00")
    story.open_case(STOPPED)
    story.now_is("2026-12-17 19:30")
    change(story, TEST, StartNow())
    story.now_is("2026-12-18 00:05")
    assert len(looks(story)) == 1


def test_a_window_that_was_called_off_is_not_looked_at(tell: Tell) -> None:
    story = tell("2026-12-17 10:00")
    story.open_case(STOPPED)
    change(story, TEST, Cancel())
    story.now_is("2026-12-18 00:05")
    assert looks(story) == []


@pytest.mark.parametrize("end", ["resolved", "called off"])
def test_what_waited_for_slack_and_is_no_longer_so_is_not_sent(tell: Tell, end: str) -> None:
    story = tell("2026-12-17 18:30")
    name = story.open_case(STOPPED)
    story.workspace.faults.add("chat.postMessage", RateLimited(30), times=None)
    story.now_is("2026-12-17 19:00:10")
    if end == "resolved":
        story.answer(story.dora, name)
        resolve(story, name)
    else:
        change(story, TEST, Cancel())
    story.workspace.faults.clear()
    story.now_is("2026-12-17 19:05")
    assert looks(story) == []


def test_after_a_crash_over_the_hour_the_team_is_told_late_and_once(tell: Tell) -> None:
    story = tell("2026-12-17 15:00")
    story.open_case(STOPPED)
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-12-17 19:40"))
    for _ in range(2):
        story.desk.start_bot()
        story.desk.advance(seconds=5)
        story.desk.stop_bot()
    story.desk.start_bot()
    assert len(looks(story)) == 1


def test_customers_are_told_nothing_of_it(tell: Tell) -> None:
    story = tell("2026-12-17 18:30")
    story.open_case(STOPPED)
    story.now_is("2026-12-17 19:00:05")
    assert looks(story)
    assert not [m for m in story.acme.messages if OPEN in m.text]


def test_of_many_cases_the_most_urgent_are_named_and_the_rest_counted(tell: Tell) -> None:
    story = tell("2026-12-17 10:00")
    names = story.have_cases(12)
    story.now_is("2026-12-17 19:00:05")
    (told,) = looks(story)
    assert "12 urgent cases are open" in told
    assert [name in told for name in names] == [True] * 10 + [False] * 2
    assert "and 2 more" in told
