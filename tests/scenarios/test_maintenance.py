"""Maintenance notices: in every channel, in time, once, and never as if on time when late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import sqlalchemy as sa
from story import Story, central

from storage.tables import timers

Tell = Callable[..., Story]


def notices(story: Story) -> list[str]:
    return [
        message.shown_to(story.ana)
        for message in story.acme.messages
        if "routine maintenance" in message.text or "upgrade" in message.text
    ]


def headlines(story: Story) -> list[str]:
    return [words.splitlines()[0] for words in notices(story)]


def test_an_upgrade_is_announced_five_times_with_the_routine_window_around_it(tell: Tell) -> None:
    """Prod on Friday 2026-12-18, after Test on Thursday 2026-12-03."""
    story = tell("2026-12-15 09:00")
    expected = [
        ("2026-12-15 10:00:05", "Logik.io Prod upgrade on Fri 18 Dec, 8:00 PM Central"),
        ("2026-12-17 10:00:05", "Logik.io Prod upgrade on Fri 18 Dec, 8:00 PM Central"),
        ("2026-12-18 19:00:05", "Logik.io Prod upgrade begins in an hour"),
        ("2026-12-18 20:00:05", "Logik.io Prod upgrade is under way"),
        ("2026-12-19 00:00:05", "Logik.io Prod upgrade is over"),
    ]
    for at, headline in expected:
        story.now_is(at)
        prod = [words for words in notices(story) if "Prod" in words.splitlines()[0]]
        assert prod[-1].splitlines()[0] == headline
        assert "routine maintenance: from" in prod[-1], "one message tells of both"
    story.now_is("2026-12-21 09:00")
    assert len([words for words in headlines(story) if "Prod" in words]) == 5
    assert not [words for words in headlines(story) if "routine" in words]


def test_a_weekend_without_an_upgrade_is_announced_the_day_before(tell: Tell) -> None:
    story = tell("2026-11-23 09:00")
    story.now_is("2026-11-30 09:00")
    assert headlines(story) == ["Logik.io routine maintenance on Fri 27 Nov, 8:00 PM Central"]
    assert "33 h" in notices(story)[0]
    assert [words.splitlines()[0] for words in story.news()] == headlines(story)


def test_a_window_over_the_end_of_summer_time_says_34_hours(tell: Tell) -> None:
    story = tell("2026-10-29 09:00")
    story.now_is("2026-10-29 10:00:05")
    assert "34 h" in notices(story)[0]


def test_a_first_start_tells_every_channel_what_is_still_worth_it(tell: Tell) -> None:
    story = tell("2026-11-26 10:30")
    story.desk.advance(seconds=5)
    assert headlines(story) == ["Logik.io routine maintenance on Fri 27 Nov, 8:00 PM Central"]


def test_restarts_do_not_multiply_the_daily_rounds(tell: Tell) -> None:
    story = tell("2026-11-23 09:00")
    for _ in range(4):
        story.desk.stop_bot()
        story.desk.advance_clock(minutes=7)
        story.desk.start_bot()
    story.now_is("2026-11-26 12:00")
    with story.desk.bot.database.reading() as connection:
        waiting = Counter(
            connection.execute(
                sa.select(timers.c.kind).where(
                    timers.c.done_at.is_(None), timers.c.kind.in_(("housekeeping", "purge"))
                )
            ).scalars()
        )
    assert waiting == {"housekeeping": 1, "purge": 1}


def test_a_restart_repeats_no_notice(tell: Tell) -> None:
    story = tell("2026-11-26 09:59")
    story.now_is("2026-11-26 10:00:05")
    for _ in range(3):
        story.desk.stop_bot()
        story.desk.start_bot()
        story.desk.advance(seconds=5)
    assert len(notices(story)) == 1


def test_a_notice_missed_for_too_long_is_left_out(tell: Tell) -> None:
    """Down from before the reminder until the window has begun: it is not told any more."""
    story = tell("2026-11-26 09:00")
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-11-27 20:30"))
    story.desk.start_bot()
    story.desk.advance(minutes=1)
    assert notices(story) == []


def test_a_notice_that_is_late_says_what_is_true_now(tell: Tell) -> None:
    story = tell("2026-12-18 18:30")
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-12-18 19:40"))
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert headlines(story)[-1] == "Logik.io Prod upgrade begins in 20 minutes"


def test_a_channel_that_casebell_joins_is_told_and_one_that_it_left_is_not(tell: Tell) -> None:
    story = tell("2026-11-25 09:00")
    other = story.workspace.add_channel("globex", members=[story.dora])
    other.invite(story.workspace.bot)
    story.acme.kick(story.workspace.bot)
    story.now_is("2026-11-26 10:00:05")
    assert notices(story) == []
    assert [m.text for m in other.messages][1:] == [
        "Logik.io routine maintenance on Fri 27 Nov, 8:00 PM Central"
    ]
