"""Who is woken, when, and when it stops."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, timedelta

import pytest
from story import QUESTION_ANSWERS, Story, central

from bot.domain.schedule import Override, OverrideKind
from bot.domain.segments import Segment
from bot.sandbox import RateLimited, Refused

Tell = Callable[..., Story]

STOPPED = "Business Stopped"


def test_a_stopped_business_at_night_rings_the_primary_at_once(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    assert story.rung() == ["Ana"]
    page = story.pages(story.ana)[0]
    assert page.buttons == ("Acknowledge", "Escalate now")
    for words in (name, "Prices are gone", "You are on call as primary", "Carla", "4:00 AM"):
        assert words in page.shown_to(story.ana)


def test_the_rings_go_up_the_levels_until_somebody_acknowledges(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:04:59")
    assert story.rung() == ["Ana"]
    story.now_is("2026-11-21 02:05:01")
    assert story.rung() == ["Ana", "Ana"]
    story.now_is("2026-11-21 02:10:01")
    assert story.rung() == ["Ana", "Ana", "Ben"]
    story.now_is("2026-11-21 02:15:01")
    assert story.rung() == ["Ana", "Ana", "Ben", "Mia"]
    assert any("no on-call person has acknowledged" in words for words in story.news())
    assert story.ben.click(story.pages(story.ben)[-1], "Acknowledge").ok
    story.now_is("2026-11-21 02:31:00")
    assert story.rung() == ["Ana", "Ana", "Ben", "Mia"]
    for person in (story.ana, story.ben, story.mia):
        for page in story.pages(person):
            assert "Ben acknowledged it" in page.shown
            assert page.buttons == ("Reply",)


def test_an_answer_to_the_customer_closes_the_page_and_stops_the_clock(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.answer(story.ana, name)
    story.now_is("2026-11-23 08:00")
    assert story.rung() == ["Ana"]
    assert "Ana answered the customer" in story.pages(story.ana)[0].shown
    for card in (story.card(name), story.team_card(name)):
        assert "Answered" in card.shown
    assert not any("of the response time" in words or "overdue" in words for words in story.news())


def test_acknowledged_but_not_answered_rings_again_with_the_next_level(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.now_is("2026-11-21 02:29:59")
    assert story.rung() == ["Ana"]
    story.now_is("2026-11-21 02:31")
    assert sorted(story.rung()) == ["Ana", "Ana", "Ben"]
    assert any("has no answer yet" in words for words in story.news())
    story.now_is("2026-11-21 02:36")
    assert story.rung()[-1] == "Ana", "then the round starts from its beginning"


def test_escalate_now_rings_the_next_level(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    first = story.pages(story.ana)[0]
    assert story.ana.click(first, "Escalate now").ok
    story.desk.rest()
    assert story.rung() == ["Ana", "Ben"]
    reply = story.ana.click(first, "Escalate now")
    assert "rung the next person since" in reply.text
    assert story.rung() == ["Ana", "Ben"]


def test_a_second_acknowledgement_is_told_who_was_first(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:10:30")
    old = story.pages(story.ana)[0]
    drawn = list(old.blocks)
    story.ben.click(story.pages(story.ben)[0], "Acknowledge")
    story.desk.advance(minutes=2)
    old.blocks = drawn  # Ana's screen has not caught up
    reply = story.ana.click(old, "Acknowledge")
    assert "Ben acknowledged this 2 min ago" in reply.text


def test_only_the_team_acknowledges(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    story.team.kick(story.ana)
    story.desk.rest()
    reply = story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    assert "Only people of the support team" in reply.text
    assert story.pages(story.ana)[0].buttons


@pytest.mark.parametrize(
    ("severity", "at"),
    [
        (STOPPED, "2026-11-23 10:00"),
        ("Business severely impacted", "2026-11-21 02:00"),
        ("Little business impact", "2026-11-26 12:00"),
        ("No business impact", "2026-11-21 23:00"),
    ],
)
def test_nobody_is_paged_by_day_or_for_less(tell: Tell, severity: str, at: str) -> None:
    story = tell(at)
    story.open_case(severity)
    assert story.rung() == []


@pytest.mark.parametrize(
    ("filed", "rings"),
    [
        ("2026-11-23 17:59:59", "2026-11-23 18:00:00"),
        ("2026-11-23 18:00:00", "2026-11-23 18:00:00"),
        ("2026-11-24 06:59:59", "2026-11-24 06:59:59"),
        ("2026-11-24 07:00:00", "2026-11-24 18:00:00"),
        ("2026-09-07 10:00:00", "2026-09-07 10:00:00"),  # Labor Day, a Monday
        ("2026-11-26 12:00:00", "2026-11-26 12:00:00"),  # Thanksgiving, a Thursday
        ("2026-11-27 10:00:00", "2026-11-27 18:00:00"),  # and the working day after it
        ("2025-12-26 10:00:00", "2025-12-26 18:00:00"),  # so is the day after Christmas
        ("2026-07-03 12:00:00", "2026-07-03 12:00:00"),  # the fourth is a Saturday
        ("2027-07-05 12:00:00", "2027-07-05 12:00:00"),  # the fourth is a Sunday
    ],
)
def test_the_edge_of_the_day(tell: Tell, filed: str, rings: str) -> None:
    story = tell(filed)
    assert story.submit(STOPPED).ok
    if rings != filed:
        story.desk.advance_to(central(rings) - timedelta(seconds=1))
        assert story.rung() == []
    story.now_is(rings)
    assert story.rung() == ["Ana"]
    assert story.pages(story.ana)[0].ts.startswith(str(int(story.desk.clock.now().timestamp())))


def test_a_case_of_the_last_second_of_the_night_rings_once_and_is_handed_over(tell: Tell) -> None:
    story = tell("2026-11-24 06:59:59")
    assert story.submit(STOPPED).ok
    story.now_is("2026-11-24 07:00:02")
    assert story.rung() == ["Ana"]
    (handed,) = (words for words in story.news() if "the office is open" in words)
    assert "@Ana once; nobody acknowledged it." in handed


def test_a_case_of_the_first_second_of_the_day_is_the_teams(tell: Tell) -> None:
    story = tell("2026-11-24 07:00")
    name = story.open_case(STOPPED)
    assert "the office is open, so the team has it" in story.team_card(name).shown
    story.answer(story.dora, name)
    story.now_is("2026-11-24 18:00:02")
    assert story.rung() == []


def test_a_case_of_the_day_that_nobody_answered_rings_at_closing(tell: Tell) -> None:
    story = tell("2026-11-23 16:30")
    name = story.open_case(STOPPED)
    story.now_is("2026-11-23 17:59:59")
    assert story.rung() == []
    assert "the office is open, so the team has it" in story.team_card(name).shown
    story.now_is("2026-11-23 18:00:01")
    assert story.rung() == ["Ana"]


def test_a_case_answered_by_day_never_rings(tell: Tell) -> None:
    story = tell("2026-11-23 16:30")
    name = story.open_case(STOPPED)
    story.answer(story.dora, name)
    story.now_is("2026-11-24 07:30")
    assert story.rung() == []


def test_an_open_page_is_handed_to_the_team_when_the_office_opens(tell: Tell) -> None:
    story = tell("2026-11-24 06:40")
    story.open_case(STOPPED)
    story.now_is("2026-11-24 07:00:02")
    assert story.rung() == ["Ana", "Ana", "Ben", "Mia"]
    handed = [words for words in story.news() if "the office is open" in words]
    assert len(handed) == 1
    assert "CASE-1001" in handed[0]
    assert "Tue 24 Nov, 6:40 AM Central" in handed[0]
    assert "@Ana twice, @Ben once and @Mia once; nobody acknowledged it." in handed[0]
    page = story.pages(story.ana)[0]
    assert page.buttons == ()
    assert "the team has it" in page.shown
    story.now_is("2026-11-24 17:59:59")
    assert len(story.rung()) == 4
    story.now_is("2026-11-24 18:00:01")
    assert story.rung()[-1] == "Ana", "nobody answered all day: it rings at closing"


def test_what_is_handed_over_names_who_took_it_that_night_alone(tell: Tell) -> None:
    story = tell("2026-11-24 06:50")
    story.open_case(STOPPED)
    assert story.ana.click(story.pages(story.ana)[0], "Acknowledge").ok
    story.now_is("2026-11-25 06:40")
    assert story.ben.click(story.pages(story.ben)[-1], "Acknowledge").ok
    story.now_is("2026-11-25 07:00:02")
    first, second = (words for words in story.news() if "the office is open" in words)
    assert "@Ana once; @Ana acknowledged it" in first
    assert "@Ben acknowledged it" in second
    assert "Tue 24 Nov, 6:00 PM Central" in second, "the rings of the second night alone"


def test_the_evening_before_thanksgiving_lasts_until_friday(tell: Tell) -> None:
    story = tell("2026-11-25 18:30")
    story.open_case(STOPPED)
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.now_is("2026-11-26 12:00")
    assert len(story.rung()) > 20, "a holiday is night all day"
    assert not any("the office is open" in words for words in story.news())
    story.now_is("2026-11-27 07:00:02")
    assert any("the office is open" in words for words in story.news())


@pytest.mark.parametrize(
    "begins",
    ["2026-11-22 18:30", pytest.param("2026-11-20 18:30", marks=pytest.mark.chaos)],
    ids=["from Sunday on", "from Friday on"],
)
def test_a_weekend_with_nobody_answering_ends_with_the_team_on_monday(
    tell: Tell, begins: str
) -> None:
    story = tell(begins)
    story.open_case(STOPPED)
    story.desk.advance_to(central(begins) + timedelta(hours=1, seconds=2))
    assert story.rung()[:12] == ["Ana", "Ana", "Ben", "Mia"] * 3
    assert any("nobody has acknowledged the page" in words for words in story.news())
    quarters = (central("2026-11-23 07:00") - story.desk.clock.now()) / timedelta(minutes=15)
    story.now_is("2026-11-23 07:00:02")  # every 15 min until then, all three levels
    by_name = {name: story.rung().count(name) for name in ("Ana", "Ben", "Mia")}
    assert by_name["Ben"] == by_name["Mia"] == by_name["Ana"] - 3
    assert by_name["Ben"] > quarters * 0.8
    assert sum("the office is open" in words for words in story.news()) == 1


def test_a_page_that_slack_refuses_goes_to_the_next_step_at_once(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    to_ana = story.ana.dm.id
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("channel_not_found"),
        times=None,
        when=lambda args: args.get("channel") == to_ana,
    )
    story.open_case(STOPPED)
    assert story.rung() == ["Ben"]
    assert any("the page did not reach @Ana" in words for words in story.news())


def test_that_a_page_did_not_arrive_replaces_no_other_news_of_it(tell: Tell) -> None:
    """The team's channel is slow, so that the two wait behind each other."""
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    for fault, place in (
        (Refused("channel_not_found"), story.ben.dm),
        (RateLimited(5), story.team),
    ):
        story.workspace.faults.add(
            "chat.postMessage",
            fault,
            times=1,
            when=lambda args, place=place: args["channel"] == place.id,  # type: ignore[misc]
        )
    story.now_is("2026-11-21 02:31")
    news = story.news()
    assert any("the page did not reach @Ben" in words for words in news)
    assert any("acknowledged it, but the customer has no answer yet" in words for words in news)


def test_nobody_on_call_is_said_loudly_once_and_looked_up_again(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", on_call=False)
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:20")
    loud = [message for message in story.team.messages if "nobody is on call" in message.shown]
    assert len(loud) == 1
    assert loud[0].pings(story.dora)
    story.desk.bot.services.on_call.set("secondary", [story.ben.id])
    story.desk.rest()
    assert story.rung() == ["Ben"], "at once"


def test_who_takes_the_pager_by_the_button_of_such_news_is_rung_at_once(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", on_call=False)
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:06")
    (loud,) = [m for m in story.team.messages if "nobody is on call" in m.shown]
    assert "python" not in loud.shown
    assert story.dora.click(loud, "Take the pager now").ok
    form = story.dora.modal
    assert form is not None
    form.fill({"Level": "primary"})
    assert form.submit().ok
    assert "nobody was rung until now: you are" in form.text
    assert "Ringing now" not in form.text
    story.desk.rest()
    assert story.rung() == ["Dora"]
    story.desk.advance(minutes=4)
    assert story.rung() == ["Dora"], "and then as ever"


def test_who_comes_on_as_planned_is_rung_at_once_by_a_page_that_found_nobody(tell: Tell) -> None:
    story = tell("2026-11-22 02:00", on_call=False)
    segment = Segment(
        central("2026-11-22 03:02").astimezone(UTC), central("2026-11-23 09:00").astimezone(UTC)
    )
    with story.desk.bot.services.shifts.changing(None) as change:
        planned = Override(
            0, "secondary", OverrideKind.ADD, story.ben.id, None, segment, change.now, "U0DORA"
        )
        change.tx.schedule.add_override(planned)
    story.open_case(STOPPED)
    story.now_is("2026-11-22 03:02:02")
    assert story.rung() == ["Ben"]


def test_a_vacant_level_costs_no_time(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", on_call=False)
    story.desk.bot.services.on_call.set("manager", [story.mia.id])
    story.open_case(STOPPED)
    assert story.rung() == ["Mia"]


def test_two_cases_at_night_are_two_pages(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    first = story.open_case(STOPPED)
    second = story.open_case(STOPPED, answers={**QUESTION_ANSWERS, "Summary": "All is down"})
    assert story.rung() == ["Ana", "Ana"]
    story.answer(story.ana, first)
    assert "Answered" in story.card(first).shown
    assert "Waiting" in story.card(second).shown
    story.now_is("2026-11-21 02:06")
    assert len(story.pages(story.ana)) == 3


def test_a_restart_loses_no_ring_and_repeats_none(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    story.desk.stop_bot()
    story.desk.start_bot()
    story.now_is("2026-11-21 02:09")
    assert story.rung() == ["Ana", "Ana"]


def test_a_ring_waits_for_no_redraw_of_an_older_one(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.workspace.faults.add(
        "chat.update",
        RateLimited(600),
        times=None,
        when=lambda args: args["channel"] == story.ana.dm.id,
    )
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:06")
    assert story.rung() == ["Ana", "Ana"]


def test_news_that_is_no_longer_true_is_not_told(tell: Tell) -> None:
    """The team's channel takes nothing for a while; meanwhile Ana has it."""
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    story.workspace.faults.add(
        "chat.postMessage",
        RateLimited(120),
        times=1,
        when=lambda args: args["channel"] == story.team.id,
    )
    story.now_is("2026-11-21 02:15:01")
    story.ana.click(story.pages(story.ana)[-1], "Acknowledge")
    story.workspace.faults.clear()
    story.now_is("2026-11-21 02:20")
    assert not any("no on-call person has acknowledged" in words for words in story.news())


def test_a_customer_is_not_told_that_somebody_is_paged_when_nobody_can_be(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", on_call=False)
    assert story.submit(STOPPED).ok
    assert story.carla.modal is not None
    assert "being paged" not in story.carla.modal.text
    story.desk.advance(seconds=3)
    assert "being paged" not in story.carla.dms[-1].shown
