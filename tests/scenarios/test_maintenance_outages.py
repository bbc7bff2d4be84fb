"""What channels are told of windows that changed while Slack, or the channel, was out of reach."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from story import Story
from test_maintenance_posts import PROD, ROUTINE, change, follow, ledger, posts, texts, utc
from test_policy_changes import edited
from window_calls import add_window

from bot.domain.segments import Segment
from bot.domain.window_changes import Cancel, FinishNow, Move, Resize, StartNow
from bot.sandbox import RateLimited, Refused

Tell = Callable[..., Story]


SAID_BESIDE = ("left_out", "a post about another has said so")


def back(story: Story) -> None:
    """Slack is there again, and everything that waited is sent."""
    story.workspace.away = False
    story.desk.advance(minutes=3)


def refuse_acme(story: Story, code: str = "restricted_action") -> None:
    story.workspace.faults.add(
        "chat.postMessage",
        Refused(code),
        times=None,
        when=lambda args: args["channel"] == story.acme.id,
    )


def not_told(story: Story) -> list[str]:
    return [m.shown for m in story.team.messages if "could not be told" in m.text]


def test_a_moved_window_that_has_begun_by_then_is_said_to_be_under_way_once(tell: Tell) -> None:
    story = tell("2026-12-18 17:30")
    story.workspace.away = True
    change(story, PROD, Move(utc("2026-12-18 18:00")))
    story.now_is("2026-12-18 18:30")
    back(story)
    [told] = posts(story.acme, "Prod upgrade is under way")
    assert "It was planned" in told.shown


def test_a_shorter_window_that_is_over_by_then_is_said_to_be_over_once(tell: Tell) -> None:
    story = tell("2026-12-18 20:30")
    story.workspace.away = True
    change(story, PROD, Resize(utc("2026-12-18 21:30")))
    story.now_is("2026-12-18 22:00")
    back(story)
    assert texts(story.acme, "Prod upgrade lasts") == []
    assert texts(story.acme, "Prod upgrade is over") == ["Logik.io Prod upgrade is over"]


def test_what_a_post_says_beside_its_window_is_known_and_not_told_again(tell: Tell) -> None:
    """The routine window is changed while the reminder that mentions it waits."""
    story = tell("2026-12-15 09:59")
    story.workspace.away = True
    story.now_is("2026-12-15 10:00:10")
    change(story, ROUTINE, Resize(utc("2026-12-20 08:00")))
    story.desk.advance(minutes=2)
    back(story)
    [told] = posts(story.acme, "Prod")
    assert "8:00 AM Central" in told.shown
    assert "It was planned" not in told.shown
    assert posts(story.acme, "routine maintenance lasts") == []


def test_a_window_that_news_say_stays_is_not_told_again_by_its_own_reminder(tell: Tell) -> None:
    """The reminder of both waits for Slack while the upgrade is moved out of the routine window."""
    story = tell("2026-12-15 10:30")
    story.now_is("2026-12-17 09:55")
    story.workspace.away = True
    story.now_is("2026-12-17 10:05")
    change(story, PROD, Move(utc("2026-12-20 22:00")))
    back(story)
    [moved] = posts(story.acme, "Prod upgrade is moved")
    assert "This stays as it is: Logik.io routine maintenance" in moved.shown
    assert texts(story.acme, "routine") == []
    of_acme = [line for line in ledger(story, ROUTINE) if line.channel_id == story.acme.id]
    assert (of_acme[-1].state, of_acme[-1].reason) == SAID_BESIDE


def test_a_window_that_a_late_reminder_names_is_not_told_again_a_second_later(
    tell: Tell, tmp_path: Path
) -> None:
    """Slack is away at nine, when the upgrade's reminder is due, and at ten, the routine one's."""
    at_nine = ('at = "10:00"\nminutes_before', 'at = "09:00"\nminutes_before')
    story = tell("2026-12-16 10:30", policy=edited(tmp_path, at_nine))
    story.now_is("2026-12-17 08:55")
    story.workspace.away = True
    story.now_is("2026-12-17 10:05")
    back(story)
    [_, reminder] = posts(story.acme, "Prod upgrade")
    assert "Logik.io routine maintenance" in reminder.shown
    assert texts(story.acme, "routine") == []
    of_acme = [line for line in ledger(story, ROUTINE) if line.channel_id == story.acme.id]
    assert (of_acme[-1].state, of_acme[-1].reason) == SAID_BESIDE


def test_a_window_of_which_news_came_first_is_still_told_where_they_do_not_name_it(
    tell: Tell,
) -> None:
    """The upgrade grows, and whoever reads that does not read of the routine window."""
    story = tell("2026-12-15 10:30")
    story.now_is("2026-12-17 09:55")
    story.workspace.away = True
    story.now_is("2026-12-17 10:05")
    change(story, PROD, Resize(utc("2026-12-19 01:00")))
    back(story)
    assert len(texts(story.acme, "Prod upgrade lasts 5 h now")) == 1
    assert texts(story.acme, "routine") == [
        "Logik.io routine maintenance on Fri 18 Dec, 8:00 PM Central"
    ]


def test_who_did_not_hear_that_it_began_early_reads_at_its_early_end_of_the_next_one(
    tell: Tell,
) -> None:
    story = tell("2026-12-15 10:30")
    refuse_acme(story)
    change(story, PROD, StartNow())
    story.workspace.faults.clear()
    story.desk.advance(minutes=30)
    change(story, PROD, FinishNow())
    [over] = posts(story.acme, "Prod upgrade is over")
    assert "It was planned" in over.shown
    assert "The next Logik.io Prod upgrade: from Jan 2" in over.shown


def test_news_that_another_post_was_faster_to_tell_are_not_told(tell: Tell) -> None:
    story = tell("2026-12-18 19:56")
    story.workspace.faults.add(
        "chat.postMessage", RateLimited(300), times=2, when=lambda args: "lasts" in args["text"]
    )
    change(story, ROUTINE, Resize(utc("2026-12-20 08:00")))
    story.now_is("2026-12-18 20:00:20")
    [told] = posts(story.acme, "Prod upgrade is under way")
    assert "8:00 AM Central" in told.shown
    story.now_is("2026-12-18 20:30")
    assert posts(story.acme, "routine maintenance lasts") == []


def test_an_added_window_that_waits_is_left_out_where_it_is_not_followed_by_then(
    tell: Tell,
) -> None:
    story = tell("2026-12-21 09:00")
    story.workspace.away = True
    segment = Segment(utc("2026-12-23 08:00"), utc("2026-12-23 10:00"))
    add_window(story.desk.bot.services.maintenance, "Prod", segment, story.ana.id)
    follow(story, story.acme, "test")
    back(story)
    assert texts(story.acme, "Prod") == []
    assert len(texts(story.team, "Prod maintenance is planned")) == 1


def test_news_of_what_was_to_be_mentioned_and_never_was_are_left_out(tell: Tell) -> None:
    """Acme hears of the routine window while work is planned in it, and that is cancelled."""
    story = tell("2026-12-15 09:59")
    follow(story, story.acme, "test", "prod", routine_always=False)
    story.workspace.away = True
    story.now_is("2026-12-15 10:00:10")
    change(story, ROUTINE, Resize(utc("2026-12-20 08:00")))
    change(story, PROD, Cancel())
    back(story)
    assert texts(story.acme, "routine") == []
    assert texts(story.acme, "Prod") == []


def test_a_post_that_no_longer_mentions_a_window_does_not_count_as_telling_of_it(
    tell: Tell,
) -> None:
    story = tell("2026-12-15 09:59")
    story.workspace.away = True
    story.now_is("2026-12-15 10:00:10")
    change(story, ROUTINE, Move(utc("2026-12-20 20:00")))
    story.desk.advance(minutes=2)
    back(story)
    [told] = posts(story.acme, "Prod upgrade on Fri 18 Dec")
    assert "routine" not in told.shown
    of_acme = [line for line in ledger(story, ROUTINE) if line.channel_id == story.acme.id]
    [mention] = [line for line in of_acme if line.kind == "days_before"]
    assert (mention.state, mention.reason) == ("left_out", "it was changed before this was sent")


def test_a_cancelling_keeps_saying_when_it_was_planned_by_what_was_told_before(tell: Tell) -> None:
    """Nobody ever read of the time to which it was moved first."""
    story = tell("2026-12-15 10:30")
    story.workspace.away = True
    change(story, PROD, Move(utc("2026-12-17 20:00")))
    change(story, PROD, Cancel())
    back(story)
    [told] = posts(story.acme, "is cancelled")
    [planned] = [block for block in told.shown.splitlines() if "It was planned" in block]
    change(story, ROUTINE, Resize(utc("2026-12-20 08:00")))
    story.desk.advance(minutes=1)
    [redrawn] = posts(story.acme, "is cancelled")
    assert redrawn.edits
    assert planned in redrawn.shown


@pytest.mark.parametrize("how", ["archived", "removed"])
def test_a_channel_that_is_back_is_told_what_has_changed_meanwhile(tell: Tell, how: str) -> None:
    story = tell("2026-12-15 10:30")
    [reminder] = posts(story.acme, "Prod")
    if how == "archived":
        story.acme.archive()
    else:
        story.acme.kick(story.workspace.bot)
    story.desk.rest()
    change(story, PROD, Cancel())
    change(story, ROUTINE, Resize(utc("2026-12-20 08:00")))
    if how == "archived":
        story.acme.unarchive()
    else:
        story.acme.invite(story.workspace.bot)
    story.desk.advance(minutes=1)
    assert texts(story.acme, "is cancelled") == ["Logik.io Prod upgrade is cancelled"]
    assert len(texts(story.acme, "routine maintenance lasts")) == 1
    assert reminder.text == "Cancelled: Logik.io Prod upgrade"
    assert len(texts(story.team, "is cancelled")) == 1


def test_a_channel_that_is_back_and_knows_all_is_told_nothing(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    change(story, PROD, Cancel())
    before = texts(story.acme)
    assert "Logik.io Prod upgrade is cancelled" in before
    story.acme.archive()
    story.desk.rest()
    story.acme.unarchive()
    story.desk.advance(minutes=1)
    assert texts(story.acme) == before


def test_news_that_an_archived_channel_has_refused_is_told_when_it_is_back(tell: Tell) -> None:
    """The post is refused before Slack tells of the archiving."""
    story = tell("2026-12-15 10:30")
    refuse_acme(story, "is_archived")
    change(story, PROD, Cancel())
    story.acme.archive()
    story.desk.rest()
    story.workspace.faults.clear()
    story.acme.unarchive()
    story.desk.advance(minutes=1)
    assert texts(story.acme, "is cancelled") == ["Logik.io Prod upgrade is cancelled"]


def test_a_cancelled_window_that_a_channel_never_heard_of_is_not_listed(tell: Tell) -> None:
    story = tell("2026-12-15 09:59")
    refuse_acme(story)
    story.now_is("2026-12-15 10:30")
    change(story, PROD, Cancel())
    story.now_is("2026-12-18 19:30")
    assert not [words for words in not_told(story) if "Prod" in words]


def test_the_team_is_not_told_that_it_could_not_be_told(tell: Tell) -> None:
    story = tell("2026-12-18 18:55")
    story.workspace.away = True
    change(story, PROD, Resize(utc("2026-12-19 02:00")))
    story.now_is("2026-12-18 19:10")
    back(story)
    assert not [words for words in not_told(story) if "support-team" in words]
