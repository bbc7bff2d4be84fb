"""The record of pages: who was rung by what, what arrived, who had it, why it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from story import Story, central

from bot.domain.page_history import PageHistory
from bot.messages.page_history import page_line
from bot.sandbox import CutAfter, RateLimited, Refused, reading

Tell = Callable[..., Story]

STOPPED = "Business Stopped"


def is_page(args: Mapping[str, Any]) -> bool:
    return str(args.get("text", "")).startswith("Page: ")


def record(story: Story) -> list[PageHistory]:
    services, now = story.desk.bot.services, story.desk.clock.now()
    with story.desk.bot.store.reading() as tx:
        return services.history.recent(tx, now - timedelta(days=60), now + timedelta(seconds=1))


def lines(story: Story) -> list[str]:
    """The record in words, as a colleague reads it."""
    services = story.desk.bot.services
    found = record(story)
    with story.desk.bot.store.reading() as tx:
        shown = services.history.lines(tx, found)
    page = reading.Page(story.dora.tz, story.desk.clock.now(), story.workspace.name_of)
    return [page.mrkdwn(page_line(story.desk.policy, line)) for line in shown]


def test_a_page_is_told_from_its_first_ring_to_its_end(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.acme.members.append(story.ben)
    name = story.open_case(STOPPED)
    story.now_is("2026-11-21 02:12")
    story.ben.click(story.pages(story.ben)[0], "Acknowledge")
    story.now_is("2026-11-21 02:40")
    story.answer(story.ben, name)
    (told,) = lines(story)
    assert told == (
        f"{name} (Business Stopped, acme), Sat 21 Nov, 2:00 AM: rang @Ana at 2:00 AM (arrived at"
        " once), @Ana at 2:05 AM and @Ben at 2:10 AM; @Ben acknowledged after 12 min; over at"
        " 2:40 AM: @Ben answered the customer."
    )


def test_the_record_outlives_the_messages(tell: Tell) -> None:
    """Redraws are forgotten after thirty days; who was woken is not."""
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    story.answer(story.ana, name)
    before = record(story)
    with story.desk.bot.store.transaction() as tx:
        while tx.outbox.purge(story.desk.clock.now() + timedelta(days=99), 1000):
            pass
    assert record(story) == before
    assert before[0].rings[0].delivered_at is not None


def test_whom_slack_refuses_is_on_record_with_the_reason(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    to_ana = story.ana.dm.id
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("user_disabled"),
        times=None,
        when=lambda args: args.get("channel") == to_ana,
    )
    story.open_case(STOPPED)
    (page,) = record(story)
    assert [(ring.user, ring.refused) for ring in page.rings] == [
        (story.ana.id, "user_disabled"),
        (story.ben.id, None),
    ]
    assert "@Ana at 2:00 AM (Slack refused: user_disabled)" in lines(story)[0]


def test_a_ring_that_slack_took_late_says_how_late(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.workspace.faults.add("chat.postMessage", RateLimited(90), times=1, when=is_page)
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:03")
    (page,) = record(story)
    (ring,) = page.rings
    assert ring.delivered_at is not None
    assert timedelta(0) <= ring.delivered_at - central("2026-11-21 02:01:30") < timedelta(seconds=1)
    assert "@Ana at 2:00 AM (arrived after 1 min 30 s); not over yet." in lines(story)[0]


def test_a_ring_whose_receipt_was_lost_arrived_when_slack_had_it(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.workspace.faults.add("chat.postMessage", CutAfter(), times=1, when=is_page)
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:04")
    assert len(story.pages(story.ana)) == 1
    (page,) = record(story)
    (ring,) = page.rings
    assert ring.delivered_at is not None
    assert ring.delivered_at - central("2026-11-21 02:00") < timedelta(seconds=1)


def test_a_ring_that_never_arrived_says_so(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.workspace.faults.add(
        "chat.postMessage", Refused("internal_error"), times=None, when=is_page
    )
    story.open_case(STOPPED)
    story.now_is("2026-11-21 02:05:30")
    story.workspace.faults.clear()
    story.now_is("2026-11-21 02:06")
    told = "rang @Ana at 2:00 AM (has not arrived) and @Ana at 2:05 AM (arrived after 3"
    assert told in lines(story)[0]


def test_a_night_without_an_answer_is_handed_over_in_few_words(tell: Tell) -> None:
    story = tell("2026-11-24 02:00")
    story.open_case(STOPPED)
    story.now_is("2026-11-24 07:05")
    (told,) = lines(story)
    assert "@Ana at 2:05 AM, @Ben at 2:10 AM, @Mia at 2:15 AM, @Ana at 2:20 AM" in told
    assert (
        "and 6 more until 2:55 AM (@Ben, @Mia and @Ana); every round went unanswered at 3:00 AM"
        in told
    )
    assert told.endswith("handed over to the team at 7:00 AM; not over yet.")
    assert len(told) < 500


def test_nobody_on_call_is_on_record_too(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", on_call=False)
    story.open_case(STOPPED)
    assert lines(story)[0].endswith(":warning: nobody was on call at 2:00 AM; not over yet.")


def test_a_page_of_the_day_that_was_answered_in_time_is_no_page(tell: Tell) -> None:
    story = tell("2026-11-24 10:00")
    name = story.open_case(STOPPED)
    story.answer(story.ana, name)
    assert record(story) == []


def test_the_record_of_a_stretch_has_what_rang_in_it(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    story.answer(story.ana, name)
    history = story.desk.bot.services.history
    start = central("2026-11-21 02:00")
    with story.desk.bot.store.reading() as tx:
        assert len(history.recent(tx, start, start + timedelta(seconds=1))) == 1
        assert history.recent(tx, start - timedelta(days=7), start) == []
        assert history.recent(tx, start + timedelta(minutes=1), start + timedelta(days=7)) == []
