"""A case becomes worse, or less bad: its deadline, its warnings, its page, and what is said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from story import QUESTION_ANSWERS, Story, central

from bot.domain.case import Case
from bot.domain.events import EventKind, TimelineEntry
from bot.sandbox import Person, Submission

Tell = Callable[..., Story]

NONE = "No business impact"
LITTLE = "Little business impact"
SEVERE = "Business severely impacted"
STOPPED = "Business Stopped"
CHANGES = (EventKind.RAISED, EventKind.LOWERED, EventKind.WORSENED)
WHY = "Nobody at the customer's can quote."


def change(story: Story, name: str, to: str, *, by: Person | None = None) -> Submission:
    """Somebody of the team gives a case another severity, by its card."""
    person = by or story.dora
    form = story.team_form(person, name, "Change severity…")
    form.fill({"Severity": to, "Why?": WHY})
    submission = form.submit()
    if not submission.ok:
        form.close()
    story.desk.rest()
    return submission


def changed(story: Story, name: str, to: str, at: str) -> None:
    """At that time, a case gets another severity."""
    story.now_is(at)
    assert change(story, name, to).ok
    story.desk.advance(seconds=3)


def case(story: Story, name: str) -> Case:
    with story.desk.bot.store.reading() as tx:
        found = tx.cases.find(int(name.removeprefix("CASE-")))
    assert found
    return found


def history(story: Story, name: str, *kinds: EventKind) -> list[TimelineEntry]:
    with story.desk.bot.store.reading() as tx:
        return tx.cases.timeline(int(name.removeprefix("CASE-")), kinds)


def due(story: Story, name: str) -> datetime:
    return case(story, name).due_at


def told(story: Story, name: str) -> list[str]:
    """What the team's channel was told of the response clock, in a word each."""
    return [
        "overdue" if "overdue" in words else words.split(" %")[0].split()[-1]
        for words in story.news()
        if name in words and ("overdue" in words or "% of the response time" in words)
    ]


def in_thread(story: Story, name: str) -> list[str]:
    """What the customer reads in the case's thread."""
    return [m.shown for m in story.card(name).thread]


Journey = tuple[str, list[tuple[str, str]], str]

JOURNEYS: dict[str, dict[str, Journey]] = {
    "2026-11-23 10:00": {
        "raised: the new target from the change on":
            (LITTLE, [(SEVERE, "11:00")], "2026-11-23 15:00"),
        "raised: never later than it was":
            (SEVERE, [(STOPPED, "13:00")], "2026-11-23 14:00"),
        "raised over two steps":
            (LITTLE, [(STOPPED, "11:00")], "2026-11-23 13:00"),
        "lowered: the new target from the opening on":
            (STOPPED, [(SEVERE, "11:00")], "2026-11-23 14:00"),
        "lowered over two steps":
            (SEVERE, [(NONE, "13:00")], "2026-11-25 10:00"),
        "raised and lowered again: as it was":
            (SEVERE, [(STOPPED, "10:30"), (SEVERE, "11:00")], "2026-11-23 14:00"),
        "lowered and raised again: from the change on":
            (SEVERE, [(LITTLE, "11:00"), (SEVERE, "12:00")], "2026-11-23 16:00"),
    },
    "2026-11-25 23:00": {
        "raised on a holiday: its hours do not count":
            (LITTLE, [(SEVERE, "2026-11-26 12:00")], "2026-11-27 11:00"),
    },
    "2026-11-21 02:00": {
        "lowered at night: the office's hours count from its opening":
            (STOPPED, [(SEVERE, "02:30")], "2026-11-23 11:00"),
    },
    "2026-10-31 22:00": {
        "raised as the clocks go back: two hours are two hours":
            (LITTLE, [(STOPPED, "2026-11-01 00:30")], "2026-11-01 01:30-06:00"),
    },
    "2027-03-13 22:00": {
        "raised as the clocks go forward":
            (LITTLE, [(STOPPED, "2027-03-14 01:30")], "2027-03-14 04:30"),
    },
}  # fmt: skip


@pytest.mark.parametrize("opened", JOURNEYS)
def test_a_changed_severity_has_its_deadline(tell: Tell, opened: str) -> None:
    """Within the minute that opening and changing seven cases one after the other takes."""
    story, day = tell(opened), opened.partition(" ")[0]
    names, steps = {}, []
    for journey, (severity, changes, _) in JOURNEYS[opened].items():
        names[journey] = story.open_case(severity)
        for to, at in changes:
            steps.append((at if " " in at else f"{day} {at}", to, journey))
    for at, to, journey in sorted(steps):
        changed(story, names[journey], to, at)
    for journey, (_, _, expected) in JOURNEYS[opened].items():
        at = datetime.fromisoformat(expected) if expected[-6] == "-" else central(expected)
        assert timedelta(0) <= due(story, names[journey]) - at < timedelta(minutes=1), journey


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(LITTLE, id="lowered"),
        pytest.param(STOPPED, id="raised"),
    ],
)
def test_both_deadlines_stay_in_the_history(tell: Tell, step: str) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    before = due(story, name)
    changed(story, name, step, "2026-11-23 10:30")
    (entry,) = history(story, name, *CHANGES)
    assert entry.facts["was_due_at"] == before.isoformat()
    assert entry.facts["due_at"] == due(story, name).isoformat()
    assert (entry.actor, entry.facts["reason"]) == (story.dora.id, WHY)
    why = story.carla.command("/case", f"why {name}", story.acme)
    assert "Monday" in why.text or "Mon 23 Nov" in why.text
    for label in (SEVERE, step):
        assert label in why.text


def test_the_customer_is_told_who_why_and_the_new_time(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(LITTLE)
    changed(story, name, SEVERE, "2026-11-23 11:00")
    (words,) = in_thread(story, name)
    for part in ("Dora raised the severity", LITTLE, SEVERE, WHY, "Mon 23 Nov, 3:00 PM Central"):
        assert part in words
    assert "3:00 PM" in story.card(name).shown
    assert SEVERE in story.team_card(name).shown
    changed(story, name, LITTLE, "2026-11-23 12:00")
    words = in_thread(story, name)[-1]
    for part in ("Dora lowered the severity", WHY, "Tue 24 Nov, 10:00 AM Central"):
        assert part in words


def test_the_same_severity_again_says_so_in_the_form_and_changes_nothing(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    submission = change(story, name, SEVERE)
    assert f"{name} has that severity already: {SEVERE}." in submission.errors.values()
    assert history(story, name, *CHANGES) == []
    assert in_thread(story, name) == []


def test_warnings_and_the_breach_are_told_once_each_after_up_and_down(tell: Tell) -> None:
    """Opened as severe: half is at 12:00. Stopped from 10:30: half is at 11:30, due at 12:30."""
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    changed(story, name, STOPPED, "2026-11-23 10:30")
    story.now_is("2026-11-23 11:29:59")
    assert told(story, name) == []
    story.now_is("2026-11-23 11:30:01")
    assert told(story, name) == ["50"]
    changed(story, name, SEVERE, "2026-11-23 11:45")
    story.now_is("2026-11-23 11:59:59")
    assert told(story, name) == ["50"]
    story.now_is("2026-11-23 12:00:01")
    assert told(story, name) == ["50", "50"], "half of the longer time, at its own instant"
    story.now_is("2026-11-23 12:59:59")
    assert told(story, name) == ["50", "50"], "the shorter deadline of 12:30 counts no more"
    story.now_is("2026-11-23 13:00:01")
    assert told(story, name) == ["50", "50", "75"]
    story.now_is("2026-11-23 13:59:59")
    assert told(story, name) == ["50", "50", "75"]
    story.now_is("2026-11-23 14:00:01")
    assert told(story, name) == ["50", "50", "75", "overdue"]
    story.now_is("2026-11-24 14:00")
    assert told(story, name) == ["50", "50", "75", "overdue"]
    assert len(history(story, name, EventKind.BREACHED)) == 1


def test_warnings_whose_instant_has_passed_are_not_told_after_a_change(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(STOPPED)
    changed(story, name, SEVERE, "2026-11-23 10:59")
    changed(story, name, STOPPED, "2026-11-23 13:30")
    assert told(story, name) == ["50", "75"], "of the four hours, at 12:00 and 13:00"
    story.now_is("2026-11-23 15:00")
    assert told(story, name) == ["50", "75", "overdue"]


def test_a_change_is_remembered_over_a_restart(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(LITTLE)
    changed(story, name, SEVERE, "2026-11-23 11:00")
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-11-23 15:00:01"))
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert told(story, name) == ["overdue"]
    story.now_is("2026-11-24 15:00")
    assert told(story, name) == ["overdue"]


def test_raised_after_the_breach_stays_overdue_and_is_told_once(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    changed(story, name, STOPPED, "2026-11-23 14:30")
    assert "overdue since" in story.card(name).shown
    story.now_is("2026-11-23 17:30")
    assert told(story, name) == ["50", "75", "overdue"]


def test_lowered_after_the_breach_to_a_later_time_is_overdue_no_more(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(STOPPED)
    story.now_is("2026-11-23 12:30")
    assert "overdue since" in story.card(name).shown
    changed(story, name, SEVERE, "2026-11-23 12:45")
    for card in (story.card(name), story.team_card(name)):
        assert "overdue" not in card.shown
    assert told(story, name) == ["50", "75", "overdue"]
    story.now_is("2026-11-23 14:00:01")
    assert told(story, name) == ["50", "75", "overdue", "75", "overdue"]
    assert "overdue since" in story.card(name).shown


def test_lowered_after_the_breach_to_a_time_that_has_passed_too_is_told_once(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(STOPPED)
    story.now_is("2026-11-23 14:30")
    assert told(story, name) == ["50", "75", "overdue"]
    changed(story, name, SEVERE, "2026-11-23 14:45")
    assert "overdue since" in story.card(name).shown
    assert told(story, name) == ["50", "75", "overdue"]
    assert len(history(story, name, EventKind.BREACHED)) == 1


def test_lowering_makes_no_deadline_earlier(tell: Tell) -> None:
    """A question of Monday morning that stops the business on Tuesday, or so it is first said."""
    story = tell("2026-11-23 10:00")
    name = story.open_case(NONE, answers=QUESTION_ANSWERS)
    changed(story, name, STOPPED, "2026-11-24 15:00")
    before = due(story, name)
    changed(story, name, SEVERE, "2026-11-24 15:30")
    assert due(story, name) >= before
    assert "overdue" not in story.card(name).shown


def test_raised_after_an_answer_the_customer_waits_anew(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.answer(story.ana, name)
    changed(story, name, STOPPED, "2026-11-23 13:00")
    assert due(story, name) == central("2026-11-23 15:00")
    assert "Waiting for our response" in story.card(name).shown
    assert "3:00 PM Central" in in_thread(story, name)[-1]
    story.now_is("2026-11-23 14:00:02")
    assert told(story, name) == ["50"]
    story.now_is("2026-11-23 15:00:02")
    assert told(story, name) == ["50", "75", "overdue"]
    story.answer(story.ana, name)
    story.desk.advance(seconds=3)
    for card in (story.card(name), story.team_card(name)):
        assert "(late)" in card.shown


def test_lowered_after_an_answer_nobody_waits(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.answer(story.ana, name)
    changed(story, name, LITTLE, "2026-11-23 13:00")
    assert "Answered" in story.card(name).shown
    assert "Next response" not in in_thread(story, name)[-1]
    story.now_is("2026-11-25 18:00")
    assert told(story, name) == []


def test_raised_at_night_rings_at_once_and_says_so(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    assert story.rung() == []
    changed(story, name, STOPPED, "2026-11-21 03:00")
    assert story.rung() == ["Ana"]
    assert "Our on-call engineer is being paged now." in in_thread(story, name)[-1]
    assert "5:00 AM" in story.pages(story.ana)[0].shown_to(story.ana)


def test_raised_at_night_after_an_answer_rings(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    story.answer(story.dora, name)
    changed(story, name, STOPPED, "2026-11-21 03:00")
    assert story.rung() == ["Ana"]


def test_raised_at_night_with_nobody_on_call_promises_no_page_to_the_customer(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", on_call=False)
    name = story.open_case(SEVERE)
    changed(story, name, STOPPED, "2026-11-21 03:00")
    assert any("nobody is on call" in words for words in story.news())
    assert "being paged" not in in_thread(story, name)[-1]


def test_raised_by_day_is_held_and_rings_at_closing_unless_answered(tell: Tell) -> None:
    story = tell("2026-11-23 16:30")
    name, other = story.open_case(SEVERE), story.open_case(SEVERE)
    for one in (name, other):
        changed(story, one, STOPPED, "2026-11-23 17:00")
        assert "paged" not in in_thread(story, one)[-1]
    story.answer(story.dora, other)
    story.now_is("2026-11-23 17:59:59")
    assert story.rung() == []
    story.now_is("2026-11-23 18:00:01")
    assert story.rung() == ["Ana"]
    assert name in story.pages(story.ana)[0].shown


def test_lowered_at_night_the_page_stops_and_everybody_rung_reads_why(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:11")
    assert story.rung() == ["Ana", "Ana", "Ben"]
    changed(story, name, SEVERE, "2026-11-21 02:12")
    story.now_is("2026-11-21 04:30")
    assert story.rung() == ["Ana", "Ana", "Ben"]
    for person in (story.ana, story.ben):
        for page in story.pages(person):
            assert f"Dora lowered the severity to {SEVERE}" in page.shown
            assert page.buttons == ()
    assert told(story, name) == []


def test_lowered_by_day_the_held_page_does_not_ring_at_closing(tell: Tell) -> None:
    story = tell("2026-11-23 17:00")
    name = story.open_case(STOPPED)
    changed(story, name, SEVERE, "2026-11-23 17:30")
    story.now_is("2026-11-24 06:00")
    assert story.rung() == []


def test_raised_again_after_it_was_lowered_rings_again(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    changed(story, name, SEVERE, "2026-11-21 02:01")
    changed(story, name, STOPPED, "2026-11-21 02:02")
    assert story.rung() == ["Ana", "Ana"]
    first, second = story.pages(story.ana)
    assert "lowered the severity" in first.shown
    assert second.buttons == ("Acknowledge", "Escalate now")
    assert first.buttons == ()


def test_an_old_page_goes_on_saying_to_what_it_was_lowered(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    changed(story, name, SEVERE, "2026-11-21 02:01")
    changed(story, name, STOPPED, "2026-11-21 02:02")
    changed(story, name, LITTLE, "2026-11-21 02:03")
    first, second = story.pages(story.ana)
    assert f"lowered the severity to {SEVERE}" in first.shown
    assert f"lowered the severity to {LITTLE}" in second.shown


def test_resolved_at_night_the_page_stops_and_everybody_rung_reads_why(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:11")
    form = story.team_form(story.dora, name, "Resolve")
    form.fill({"What was it, and what has been done?": "A worker hung; it runs again."})
    assert form.submit().ok
    story.now_is("2026-11-21 04:30")
    assert story.rung() == ["Ana", "Ana", "Ben"]
    for person in (story.ana, story.ben):
        for page in story.pages(person):
            assert "Dora resolved the case" in page.shown
            assert page.buttons == ()


def test_a_resolved_case_keeps_its_severity(tell: Tell) -> None:
    """A form that was open before somebody resolved the case."""
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    late = story.team_form(story.dora, name, "Change severity…")
    form = story.team_form(story.ana, name, "Resolve")
    form.fill({"What was it, and what has been done?": "A typo."})
    assert form.submit().ok
    story.desk.rest()
    late.fill({"Severity": STOPPED, "Why?": WHY})
    (words,) = late.submit().errors.values()
    assert f"{name} is resolved. Reopen it first." in words
    assert late.input("Why?").answer == WHY, "no word is lost"


def test_who_comes_second_is_told_who_was_first_by_name(tell: Tell) -> None:
    """Errors under an input are plain text to Slack: a mention would be shown as an id."""
    story = tell("2026-11-23 10:00")
    name = story.open_case(LITTLE)
    late = story.team_form(story.ana, name, "Change severity…")
    assert change(story, name, SEVERE, by=story.dora).ok
    story.desk.advance(minutes=2)
    late.fill({"Severity": STOPPED, "Why?": WHY})
    (words,) = late.submit().errors.values()
    assert f"changed the severity to {SEVERE} 2 min ago" in words
    assert case(story, name).severity == "severe_impact"
    assert "Dora" in words
    assert "<@" not in words


def test_a_form_about_no_case_says_so(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(LITTLE)
    form = story.team_form(story.dora, name, "Change severity…")
    form.fill({"Severity": SEVERE, "Why?": WHY})
    for forged in ("case:999999999999999999@1", "case:0@0", "case:-1@0", "CASE-1001", ""):
        form.view.body["private_metadata"] = forged
        (words,) = form.submit().errors.values()
        assert "no such case" in words or "This form is too old" in words
    assert case(story, name).severity == "little_impact"


def test_a_severity_that_is_gone_since_the_form_was_opened_says_so(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(LITTLE)
    form = story.team_form(story.dora, name, "Change severity…")
    form.fill({"Severity": SEVERE, "Why?": WHY})
    for held in form.view.values.values():
        if "selected_option" in held:
            held["selected_option"]["value"] = "catastrophe"
    (words,) = form.submit().errors.values()
    assert "Something went wrong" not in words
    assert case(story, name).severity == "little_impact"


def test_the_worst_reason_is_shown_whole_and_calls_nobody(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(LITTLE)
    reason = ("<!channel> @here *bold* <https://evil.example|x> &amp; \u202e" * 20)[:500]
    form = story.team_form(story.dora, name, "Change severity…")
    form.fill({"Severity": SEVERE, "Why?": reason})
    assert form.submit().ok
    story.desk.advance(seconds=3)
    news = story.card(name).thread[-1]
    assert reason.strip() in news.shown
    assert not news.pings(story.emil)
