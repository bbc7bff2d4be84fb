"""When the database or Slack is away: nothing is lost, nothing is doubled, people are told."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from story import SEVERITY, Story, central

from bot.errors import StorageUnavailableError
from bot.sandbox import CutAfter, RateLimited
from bot.services.intake import Intake, Receipt

Tell = Callable[..., Story]
STOPPED = "Business Stopped"


def test_while_the_database_is_away_the_form_stays_and_says_that_nothing_was_saved(
    tell: Tell, sqlite_url: str
) -> None:
    story = tell()
    form = story.open_form()
    story.fill(form, "Business severely impacted")
    other = sqlite3.connect(sa.make_url(sqlite_url).database or "", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    submission = form.submit()
    other.execute("ROLLBACK")
    other.close()
    assert list(submission.errors) == [SEVERITY]
    assert "Nothing was saved" in submission.errors[SEVERITY]
    assert "support@logik.io" in submission.errors[SEVERITY]
    assert form.input("Summary").answer == "Prices are gone"
    assert form.submit().ok
    assert story.carla.modal is not None
    assert story.carla.modal.title == "CASE-1001"


def test_a_form_that_was_stored_but_not_opened_becomes_a_case_by_itself(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The customer gives up after the failure; their emergency does not."""
    story = tell("2026-11-21 02:00")
    form = story.open_form()
    story.fill(form, STOPPED)

    def away(_self: Intake, _submission_id: int) -> Receipt:
        raise StorageUnavailableError("away")

    with monkeypatch.context() as patched:
        patched.setattr(Intake, "_open_stored", away)
        submission = form.submit()
    assert "Your words are stored" in submission.errors[SEVERITY]
    form.close()
    story.desk.stop_bot()
    story.desk.start_bot()
    story.now_is("2026-11-21 02:01:05")
    assert "4:00 AM Central" in story.card("CASE-1001").shown, "its clock runs since Submit"
    assert story.rung() == ["Ana"]


def test_after_such_a_failure_submitting_again_is_the_same_case(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell("2026-11-21 02:00")
    form = story.open_form()
    story.fill(form, STOPPED)

    def away(_self: Intake, _submission_id: int) -> Receipt:
        raise StorageUnavailableError("away")

    with monkeypatch.context() as patched:
        patched.setattr(Intake, "_open_stored", away)
        form.submit()
    assert form.submit().ok
    story.now_is("2026-11-21 02:02")
    story.card("CASE-1001")
    assert story.rung() == ["Ana"]


def test_slack_away_at_the_start_delays_pages_and_loses_none(tell: Tell) -> None:
    story = tell("2026-11-23 17:00")
    story.open_case(STOPPED)
    story.desk.stop_bot()
    story.workspace.away = True
    story.desk.clock.turn_to(central("2026-11-23 18:30"))
    story.desk.start_bot()
    assert story.rung() == []
    story.workspace.away = False
    story.workspace.wait_for(lambda: story.rung() == ["Ana"], timeout=30)


def test_slack_away_at_night_delays_the_page_until_it_is_back(tell: Tell) -> None:
    story = tell("2026-11-23 17:30")
    story.open_case(STOPPED)
    story.workspace.away = True
    story.desk.advance_to(central("2026-11-23 18:00:10"))
    assert story.rung() == []
    story.workspace.away = False
    story.desk.advance(seconds=10)
    assert story.rung() == ["Ana"]


def test_a_page_whose_answer_was_lost_is_found_and_not_sent_twice(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    to_ana = story.ana.dm.id
    story.workspace.faults.add(
        "chat.postMessage", CutAfter(), when=lambda args: args.get("channel") == to_ana
    )
    story.open_case(STOPPED)
    story.desk.advance(seconds=20)
    assert story.rung() == ["Ana"]
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.desk.rest()
    assert "Ana acknowledged it" in story.pages(story.ana)[0].shown


def test_a_busy_channel_does_not_delay_a_page(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.workspace.faults.add(
        "chat.postMessage",
        RateLimited(30),
        times=None,
        when=lambda args: args.get("channel") in (story.team.id, story.acme.id),
    )
    assert story.submit(STOPPED).ok
    story.desk.rest()
    assert story.rung() == ["Ana"]
    story.workspace.faults.clear()
    story.desk.advance(seconds=40)
    story.card("CASE-1001")
    story.team_card("CASE-1001")


def test_the_whole_story_works_over_socket_mode(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", socket_mode=True)
    name = story.open_case(STOPPED)
    assert story.rung() == ["Ana"]
    assert story.ana.click(story.pages(story.ana)[0], "Acknowledge").ok
    story.answer(story.ana, name)
    assert "Answered" in story.card(name).shown


def test_the_whole_story_works_on_postgresql(tell: Tell, postgres_url: str) -> None:
    story = tell("2026-11-21 02:00", database_url=postgres_url)
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:10:02")
    assert story.rung() == ["Ana", "Ana", "Ben"]
    story.ben.click(story.pages(story.ben)[0], "Acknowledge")
    story.answer(story.ana, name)
    assert "Answered" in story.card(name).shown
    story.now_is("2026-11-21 03:00")
    assert len(story.rung()) == 3


def test_an_answer_given_while_casebell_was_down_is_found_when_it_is_back(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.desk.stop_bot()
    story.ana.post(story.acme, "It is up again.", story.card(name))
    story.workspace.settle()  # Slack has given up telling
    story.desk.clock.turn_to(central("2026-11-21 02:25"))
    story.desk.start_bot()
    story.now_is("2026-11-21 03:00")
    card = story.card(name).shown_to(story.ana)
    assert "Answered" in card
    assert "First response\ntoday at 2:00 AM" in card, "when it was given, not when it was found"
    assert story.rung() == ["Ana"]


def test_an_answer_in_a_thread_that_is_not_known_yet_is_asked_for_again(tell: Tell) -> None:
    """The card is there, but Slack's answer to posting it was lost."""
    story = tell("2026-11-21 02:00")
    story.workspace.faults.add(
        "chat.postMessage", CutAfter(), when=lambda args: args.get("channel") == story.acme.id
    )
    assert story.submit(STOPPED).ok
    story.desk.rest()
    story.workspace.event_retry_delays = (0.5, 0.5, 0.5)
    story.ana.post(story.acme, "We are looking into it.", story.card("CASE-1001"))
    story.desk.clock.turn_to(central("2026-11-21 02:00:03"))
    story.desk.bot.wake()
    story.desk.rest()
    story.desk.advance(seconds=3)
    assert "Answered" in story.card("CASE-1001").shown


def test_a_page_whose_answer_was_lost_says_that_somebody_has_it(tell: Tell) -> None:
    """Ana is faster than our second try, after which nobody would ring her for it any more."""
    story = tell("2026-11-21 02:00")
    story.workspace.faults.add(
        "chat.postMessage", CutAfter(), when=lambda args: args["channel"] == story.ana.dm.id
    )
    story.submit(STOPPED)
    story.desk.rest()
    (page,) = story.pages(story.ana)
    assert story.ana.click(page, "Acknowledge").ok
    story.desk.advance(seconds=10)
    assert page.buttons == ("Reply",)
    assert "Ana acknowledged it" in page.shown


def test_an_answer_counts_although_the_clock_was_set_back_before_it(tell: Tell) -> None:
    """The case and its page are dated by a clock that was an hour fast."""
    story = tell("2026-11-21 03:00")
    name = story.open_case(STOPPED)
    now = central("2026-11-21 02:05")
    story.desk.clock.turn_to(now)
    with story.desk.bot.store.transaction() as tx:  # at the time at which Slack dates the message
        story.desk.bot.services.response_clock.answered(tx, 1001, story.ana.id, now, now)
    story.now_is("2026-11-21 06:00")
    assert story.rung() == ["Ana"]
    assert "Answered" in story.card(name).shown
