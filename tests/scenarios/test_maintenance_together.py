"""Windows that are told of in one post: each is told, whatever becomes of the other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from maintenance_story import PROD, PROD_AT_NINE, ROUTINE, TEST, ask, change, utc, window
from story import Story
from test_maintenance_posts import more_channels, posts, preview, texts
from test_policy_changes import edited, restarted_with
from window_calls import add_window, change_window

from bot.domain.segments import Segment
from bot.domain.window_changes import Cancel, FinishNow, Keep, Move, Resize, RunLate, Skip
from bot.sandbox import RateLimited, Refused

Tell = Callable[..., Story]
NEXT_PROD = "prod-2026-12-17"
SECTOR_RENAMED = ('sector = "Prod"', 'sector = "Production"')
ROUTINE_TOLD = "Logik.io routine maintenance on Fri 18 Dec, 8:00 PM Central"


def test_the_routine_window_is_told_where_the_post_with_its_upgrade_is_left_out(
    tell: Tell,
) -> None:
    story = tell("2026-12-16 09:00")
    [late] = more_channels(story, 1)
    story.now_is("2026-12-17 09:59")
    story.workspace.faults.add("chat.postMessage", RateLimited(30), times=None)
    story.now_is("2026-12-17 10:00:10")
    change(story, PROD, Cancel())
    story.workspace.faults.clear()
    story.now_is("2026-12-17 10:05")
    assert texts(late, "routine") == [ROUTINE_TOLD]
    assert texts(late, "Prod") == []
    cancelled = posts(story.acme)[-1]
    assert cancelled.text == "Logik.io Prod upgrade is cancelled"
    assert "This stays as it is: Logik.io routine maintenance" in cancelled.shown


def test_the_routine_window_is_told_where_its_upgrade_was_just_told_of_anew(tell: Tell) -> None:
    """The change comes between the instant at which the reminder is due, and the engine's look."""
    story = tell("2026-12-15 10:30")
    story.now_is("2026-12-17 09:59:50")
    story.desk.clock.turn_to(utc("2026-12-17 10:00:00"))
    change_window(
        story.desk.bot.services.maintenance, PROD, Resize(utc("2026-12-19 01:00")), story.ana.id
    )
    story.now_is("2026-12-17 10:01")
    assert texts(story.acme)[-2:] == [
        "Logik.io Prod upgrade lasts 5 h now, until Sat 19 Dec, 1:00 AM Central",
        ROUTINE_TOLD,
    ]
    assert "Prod" not in posts(story.acme)[-1].shown, "it has been told, and by itself"


def test_the_window_that_is_named_as_the_next_one_is_told_of(tell: Tell) -> None:
    story = tell("2026-12-18 09:00")
    story.now_is("2026-12-19 00:01")
    over = posts(story.acme, "Prod upgrade is over")[-1]
    assert "The next Logik.io Prod upgrade: from Jan 2" in over.shown
    assert window(story, NEXT_PROD).announced_at is not None
    [told] = [p for p in preview(story, NEXT_PROD, Cancel()) if story.acme.id in p.channel_ids]
    assert told.redraws >= 1
    change(story, NEXT_PROD, Cancel())
    story.desk.advance(minutes=2)
    assert texts(story.acme)[-1] == "Logik.io Prod upgrade is cancelled"
    over = posts(story.acme, "Prod upgrade is over")[-1]
    assert "Logik.io Prod upgrade: cancelled. It was planned from Jan 2" in over.shown


def test_what_was_said_to_stay_is_told_and_changed_in_place_once_it_does_not(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    change(story, PROD, Cancel())
    story.desk.advance(seconds=8)
    cancelled = posts(story.acme, "Prod upgrade is cancelled")[-1]
    assert "This stays as it is: Logik.io routine maintenance" in cancelled.shown
    change(story, ROUTINE, Skip())
    story.desk.advance(minutes=2)
    assert texts(story.acme)[-1] == "Logik.io routine maintenance is skipped this time"
    assert "Logik.io routine maintenance: skipped this time" in cancelled.shown
    assert "This stays" not in cancelled.shown


def test_every_post_that_names_a_window_is_changed_with_it(tell: Tell) -> None:
    story = tell("2026-12-14 09:00")
    friday = Segment(utc("2026-12-18 20:00"), utc("2026-12-18 22:00"))
    add_window(story.desk.bot.services.maintenance, "Search", friday, story.ana.id)
    story.now_is("2026-12-15 10:01")
    naming = [m for m in story.acme.messages if "routine maintenance: from" in m.shown]
    assert len(naming) == 2
    change(story, ROUTINE, Move(utc("2026-12-19 08:00")))
    story.desk.advance(minutes=2)
    assert all("(Fri 18 Dec, 8:00 PM Central) to Dec 20" in m.shown for m in naming)
    assert all("It was planned from" in m.shown for m in naming)


def test_a_routine_window_that_ends_early_says_that_the_work_inside_goes_on(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    story.now_is("2026-12-18 21:00")
    change(story, ROUTINE, FinishNow())
    story.desk.advance(seconds=8)
    over = posts(story.acme, "routine maintenance is over")[-1]
    assert "This stays as it is: Logik.io Prod upgrade: from" in over.shown


def test_an_upgrade_that_ends_with_the_routine_window_does_not_say_that_it_goes_on(
    tell: Tell,
) -> None:
    story = tell("2026-12-15 10:30")
    change(story, PROD, Move(utc("2026-12-20 01:00")))
    story.now_is("2026-12-20 05:00:10")
    over = posts(story.acme, "Prod upgrade is over")[-1]
    assert "goes on" not in over.shown


def test_who_never_heard_of_a_window_need_not_hear_that_it_is_off(tell: Tell) -> None:
    story = tell("2026-12-15 09:59")
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("restricted_action"),
        times=None,
        when=lambda args: args["channel"] == story.acme.id,
    )
    story.now_is("2026-12-15 10:01")
    change(story, PROD, Cancel())
    story.now_is("2026-12-18 19:01")
    alarms = [m.text for m in story.team.messages if "could not be told" in m.text]
    assert not [text for text in alarms if "Prod" in text]


# --- running late, and over after all ------------------------------------------------------------


def test_for_an_hour_after_its_end_the_team_can_say_that_it_is_not_over(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    story.now_is("2026-12-19 00:00:30")
    assert "Prod upgrade · over" in ask(story.ana)
    assert "Prod upgrade" not in ask(story.carla, "", story.acme).split("Routine")[0]
    change(story, PROD, RunLate(utc("2026-12-19 01:30")))
    story.desk.advance(seconds=8)
    said = "Logik.io Prod upgrade is not over after all, it goes on until Sat 19 Dec, 1:30 AM"
    assert texts(story.acme)[-1] == f"{said} Central"
    story.now_is("2026-12-19 01:31")
    assert texts(story.acme, "Prod upgrade is over")[-1] == "Logik.io Prod upgrade is over"


# --- a policy that is edited ---------------------------------------------------------------------


def test_the_team_is_asked_in_its_channel_what_becomes_of_a_window_that_stays(
    tell: Tell, tmp_path: Path
) -> None:
    story = tell("2026-12-15 09:00")
    story.now_is("2026-12-15 10:01")
    restarted_with(story, edited(tmp_path, PROD_AT_NINE))
    story.desk.advance(seconds=8)

    def asked() -> list[str]:
        found = [m for m in story.team.messages if "policy now says otherwise" in m.text]
        return [m.shown_to(story.ana) for m in found]

    [question] = asked()
    assert "The policy now says otherwise of the Prod upgrade" in question
    assert "the policy now has it Dec 18 at 9:00 PM" in question
    assert "Follow the policy" in question
    restarted_with(story, edited(tmp_path, PROD_AT_NINE))
    story.now_is("2026-12-16 12:00")
    assert asked() == [question], "it asks once for what the policy says"
    assert not [m for m in story.acme.messages if "policy" in m.text]


def test_a_sector_that_is_called_otherwise_is_not_told_twice(tell: Tell, tmp_path: Path) -> None:
    story = tell("2026-12-15 09:00")
    story.now_is("2026-12-15 10:01")
    before = texts(story.acme)
    restarted_with(story, edited(tmp_path, SECTOR_RENAMED))
    story.now_is("2026-12-16 12:00")
    assert texts(story.acme, "Prod") == [text for text in before if "Prod" in text]
    change(story, PROD, Keep(None))
    restarted_with(story, edited(tmp_path, SECTOR_RENAMED))
    story.now_is("2026-12-19 09:00")
    assert texts(story.acme, "Production") == [], "it was kept under its old name"
    story.now_is("2026-12-30 12:00")
    assert texts(story.acme, "Production") == [
        "Logik.io Production upgrade on Fri 1 Jan, 8:00 PM Central"
    ]


def test_a_window_that_was_moved_far_to_the_front_comes_back_by_no_rule(tell: Tell) -> None:
    story = tell("2026-11-23 09:00")
    change(story, "routine-2027-01-04", Move(utc("2026-11-24 10:00")))
    story.now_is("2026-12-28 09:00")
    with story.desk.bot.store.reading() as tx:
        calendar = story.desk.bot.services.maintenance.calendar(tx, story.desk.clock.now())
        unplanned = story.desk.bot.services.maintenance.unplanned(tx, story.desk.clock.now())
    assert "routine-2027-01-04" not in {found.key for found in calendar.windows}
    assert unplanned == []
    assert window(story, "routine-2027-01-04").segment.start == utc("2026-11-24 10:00")
    assert window(story, TEST).segment.duration == timedelta(hours=4)
