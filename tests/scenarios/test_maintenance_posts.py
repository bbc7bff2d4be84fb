"""What channels are told of changed windows, which channels, and the ledger of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from story import Story, central
from test_policy_changes import edited, restarted_with
from window_calls import add_window, change_window, preview_window

from bot.domain.following import ToldOf
from bot.domain.ledger import LedgerLine, LineState
from bot.domain.records import ChannelKind
from bot.domain.segments import Segment
from bot.domain.window_changes import (
    Cancel,
    Change,
    FinishNow,
    Keep,
    Move,
    Resize,
    RunLate,
    Skip,
    StartNow,
)
from bot.messages import ids
from bot.sandbox import Channel, CutAfter, Message, RateLimited, Refused
from bot.services.announcements import Announcement

Tell = Callable[..., Story]
TEST, PROD, ROUTINE = "test-2026-12-17", "prod-2026-12-03", "routine-2026-12-14"
HOUR = timedelta(hours=1)
FEW_SECONDS = {"seconds": 8}


def utc(text: str) -> datetime:
    return central(text).astimezone(UTC)


def change(story: Story, key: str, how: Change) -> None:
    change_window(story.desk.bot.services.maintenance, key, how, story.ana.id)
    story.desk.advance(**FEW_SECONDS)


def preview(story: Story, key: str, how: Change) -> list[Announcement]:
    services = story.desk.bot.services
    changed = preview_window(services.maintenance, key, how)
    with services.desk.store.reading() as tx:
        return list(services.announcements.of_change(tx, changed, story.desk.clock.now()))


def ledger(story: Story, key: str) -> list[LedgerLine]:
    services = story.desk.bot.services
    with services.desk.store.reading() as tx:
        return tx.ledger.of_window(key)


def states(story: Story, key: str, channel: Channel | None = None) -> list[tuple[str, str]]:
    wanted = (channel or story.acme).id
    return [(line.kind, line.state) for line in ledger(story, key) if line.channel_id == wanted]


def posts(channel: Channel, word: str = "") -> list[Message]:
    about = ("upgrade", "maintenance")
    found = [m for m in channel.messages if any(one in m.text for one in about)]
    return [m for m in found if word in m.text and "could not be told" not in m.text]


def texts(channel: Channel, word: str = "") -> list[str]:
    return [message.text for message in posts(channel, word)]


def without_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Blocks as they were sent: Slack has given them ids."""
    return [{name: block[name] for name in block if name != "block_id"} for block in blocks]


def more_channels(story: Story, count: int) -> list[Channel]:
    found = []
    for n in range(count):
        channel = story.workspace.add_channel(f"customer-{n}", members=[story.dora])
        channel.invite(story.workspace.bot)
        found.append(channel)
    story.desk.advance(seconds=30)
    return found


def follow(
    story: Story, channel: Channel, *sectors: str, routine_always: bool | None = None
) -> None:
    story.desk.bot.services.channels.describe(
        channel.id, channel.name, ChannelKind.CUSTOMER, ToldOf(frozenset(sectors), routine_always)
    )


# --- a window that is moved -----------------------------------------------------------------------


def test_a_moved_window_is_told_once_from_when_to_when_and_earlier_posts_say_so(
    tell: Tell,
) -> None:
    story = tell("2026-12-15 10:30")
    [reminder] = posts(story.acme, "Prod")
    change(story, PROD, Move(utc("2026-12-22 20:00")))
    assert reminder.text == "Moved: Logik.io Prod upgrade"
    for post in (reminder, posts(story.acme, "is moved")[0]):
        words = " ".join(post.shown.split())
        assert "Tue 22 Dec, 8:00 PM Central" in words
        assert "It was planned" in words
        assert "Fri 18 Dec, 8:00 PM Central" in words
    assert len(posts(story.acme, "is moved")) == 1
    assert states(story, PROD) == [("days_before", "edited"), ("moved", "sent")]


def test_a_window_is_moved_twice_while_slack_is_away_and_told_of_once(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    story.workspace.away = True
    change(story, PROD, Move(utc("2026-12-22 20:00")))
    change(story, PROD, Move(utc("2026-12-23 20:00")))
    story.workspace.away = False
    story.desk.advance(minutes=2)
    [told] = [m for m in posts(story.acme) if "is moved" in m.text]
    assert told.text == "Logik.io Prod upgrade is moved to Wed 23 Dec, 8:00 PM Central"
    assert "Fri 18 Dec" in told.shown, "what they knew, not what nobody was told"
    assert [s for s in states(story, PROD) if s[0] == "moved"] == [
        ("moved", "left_out"),
        ("moved", "sent"),
    ]


def test_a_window_that_is_moved_and_back_while_slack_is_away_is_no_news(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    before = texts(story.acme)
    story.workspace.away = True
    change(story, PROD, Move(utc("2026-12-22 20:00")))
    change(story, PROD, Move(utc("2026-12-18 20:00")))
    story.workspace.away = False
    story.desk.advance(minutes=2)
    assert texts(story.acme) == before


def test_a_window_moved_before_anybody_was_told_is_told_when_it_is_due(tell: Tell) -> None:
    story = tell("2026-12-14 09:00")
    how = Move(utc("2026-12-22 20:00"))
    assert preview(story, PROD, how) == []
    before = texts(story.acme)
    change(story, PROD, how)
    assert texts(story.acme) == before
    story.now_is("2026-12-19 10:00:10")
    assert texts(story.acme, "Prod") == ["Logik.io Prod upgrade on Tue 22 Dec, 8:00 PM Central"]


def test_one_that_nobody_knew_of_and_that_is_near_now_is_told_of_at_once(tell: Tell) -> None:
    story = tell("2026-12-14 10:30")
    how = Move(utc("2026-12-15 20:00"))
    [planned] = preview(story, PROD, how)
    assert planned.kind == "days_before"
    change(story, PROD, how)
    assert texts(story.acme, "Prod") == ["Logik.io Prod upgrade on Tue 15 Dec, 8:00 PM Central"]
    story.desk.stop_bot()
    story.desk.start_bot()
    story.now_is("2026-12-15 19:30")
    assert texts(story.acme, "Prod")[1:] == ["Logik.io Prod upgrade begins in an hour"]


def test_a_channel_that_came_later_gets_the_reminder_and_the_others_the_news(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    [late] = more_channels(story, 1)
    how = Move(utc("2026-12-16 20:00"))
    told = {one.kind: one.channel_ids for one in preview(story, PROD, how)}
    assert told["days_before"] == (late.id,)
    assert set(told["moved"]) == {story.acme.id, story.team.id}
    change(story, PROD, how)
    assert texts(late, "Prod") == ["Logik.io Prod upgrade on Wed 16 Dec, 8:00 PM Central"]
    assert texts(story.acme, "Prod")[1:] == [
        "Logik.io Prod upgrade is moved to Wed 16 Dec, 8:00 PM Central"
    ]
    story.now_is("2026-12-16 19:30")
    assert Counter(texts(story.acme, "Prod")).most_common(1)[0][1] == 1
    assert Counter(texts(late, "Prod")).most_common(1)[0][1] == 1


# --- other changes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "word"),
    [(Cancel(), "cancelled"), (Skip(), "skipped this time")],
    ids=["cancel", "skip"],
)
def test_a_window_that_is_called_off_is_told_with_what_stays_and_the_next_one(
    tell: Tell, how: Change, word: str
) -> None:
    story = tell("2026-12-15 10:30")
    [reminder] = posts(story.acme, "Prod")
    change(story, PROD, how)
    [told] = posts(story.acme, "is cancelled" if word == "cancelled" else "is skipped")
    assert told.text == f"Logik.io Prod upgrade is {word}"
    assert "This stays as it is: Logik.io routine maintenance: from" in told.shown
    assert "The next Logik.io Prod upgrade: from" in told.shown
    assert reminder.text.endswith(": Logik.io Prod upgrade")
    assert word in reminder.shown
    story.now_is("2026-12-21 09:00")
    after = [text for text in texts(story.acme, "Prod") if text.startswith("Logik.io")]
    assert after == [told.text], "nothing more of it"
    assert texts(story.acme, "Logik.io routine") == [
        "Logik.io routine maintenance on Fri 18 Dec, 8:00 PM Central"
    ]


def test_a_window_that_lasts_longer_is_told_and_one_that_runs_late(tell: Tell) -> None:
    story = tell("2026-12-17 10:30")
    change(story, PROD, Resize(utc("2026-12-19 01:00")))
    assert texts(story.acme, "Prod")[-1] == (
        "Logik.io Prod upgrade lasts 5 h now, until Sat 19 Dec, 1:00 AM Central"
    )
    story.now_is("2026-12-19 00:30")
    change(story, PROD, RunLate(utc("2026-12-19 02:00")))
    assert texts(story.acme, "Prod")[-1] == (
        "Logik.io Prod upgrade is running late, until Sat 19 Dec, 2:00 AM Central"
    )
    earlier = [m for m in posts(story.acme, "Prod") if m.text.startswith("Changed: ")]
    assert earlier
    assert "2:00 AM Central" in earlier[-1].shown
    story.now_is("2026-12-19 02:00:10")
    assert texts(story.acme, "Prod")[-1] == "Logik.io Prod upgrade is over"
    assert texts(story.acme, "Prod upgrade is over") == ["Logik.io Prod upgrade is over"]


def test_a_routine_window_that_begins_and_ends_early_is_told_where_it_was_told_of(
    tell: Tell,
) -> None:
    story = tell("2026-11-26 10:30")
    key = "routine-2026-11-23"
    change(story, key, StartNow())
    assert texts(story.acme)[-1] == "Logik.io routine maintenance has begun early"
    story.now_is("2026-11-26 12:00")
    change(story, key, FinishNow())
    assert texts(story.acme)[-1] == "Logik.io routine maintenance is over"
    assert "The next Logik.io routine maintenance: from" in posts(story.acme)[-1].shown


def test_a_policy_that_is_not_followed_is_told_to_nobody(tell: Tell, tmp_path: Path) -> None:
    story = tell("2026-12-15 09:00")
    story.now_is("2026-12-15 10:01")
    later = ('weekday = "friday"\nstarts = "20:00"', 'weekday = "friday"\nstarts = "21:00"')
    restarted_with(story, edited(tmp_path, later))
    with story.desk.bot.store.reading() as tx:
        maintenance = story.desk.bot.services.maintenance
        [difference] = maintenance.calendar(tx, story.desk.clock.now()).differences
    before = texts(story.acme)
    assert preview(story, PROD, Keep(difference.says)) == []
    change(story, PROD, Keep(difference.says))
    assert texts(story.acme) == before


def test_a_window_of_its_own_is_told_of_when_it_is_added(tell: Tell) -> None:
    story = tell("2026-12-21 09:00", settings={"public_url": "https://casebell.example/"})
    start = utc("2026-12-23 08:00")
    add_window(
        story.desk.bot.services.maintenance,
        "Prod",
        Segment(start, start + HOUR),
        story.ana.id,
        what="New *disks*",
        affected="Exports",
    )
    story.desk.advance(**FEW_SECONDS)
    [told] = posts(story.acme, "Prod")
    assert told.text == "Logik.io Prod maintenance is planned for Wed 23 Dec, 8:00 AM Central"
    assert "What is done: New *disks*" in told.shown
    assert "What will not work: Exports" in told.shown
    assert "https://casebell.example/maintenance.ics" in str(told.blocks)
    assert "support@logik.io" in told.shown
    story.desk.stop_bot()
    story.desk.start_bot()
    story.desk.advance(**FEW_SECONDS)
    assert len(posts(story.acme, "Prod")) == 1, "the reminder of before it was added is not sent"


def test_the_end_tells_of_the_next_one(tell: Tell) -> None:
    story = tell("2026-12-18 23:30")
    story.now_is("2026-12-19 00:00:10")
    [over] = posts(story.acme, "Prod upgrade is over")
    assert "The next Logik.io Prod upgrade: from" in over.shown
    assert "Fri 1 Jan, 8:00 PM Central" in over.shown


# --- a preview ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "key", "how"),
    [
        ("2026-12-15 10:30", PROD, Move(utc("2026-12-22 20:00"))),
        ("2026-12-15 10:30", PROD, Move(utc("2026-12-16 20:00"))),
        ("2026-12-14 09:00", PROD, Move(utc("2026-12-15 20:00"))),
        ("2026-12-15 10:30", PROD, Resize(utc("2026-12-19 02:00"))),
        ("2026-12-15 10:30", PROD, Cancel()),
        ("2026-12-15 10:30", ROUTINE, Skip()),
        ("2026-12-15 10:30", ROUTINE, Move(utc("2026-12-18 22:00"))),
        ("2026-12-17 10:30", PROD, StartNow()),
        ("2026-12-18 21:00", PROD, FinishNow()),
        ("2026-12-18 21:00", PROD, RunLate(utc("2026-12-19 03:00"))),
        ("2026-12-18 21:00", ROUTINE, FinishNow()),
        ("2026-12-14 09:00", TEST, Move(utc("2026-12-15 20:00"))),
    ],
)  # fmt: skip
def test_a_preview_is_what_is_posted(tell: Tell, at: str, key: str, how: Change) -> None:
    story = tell(at)
    found = [*more_channels(story, 1), story.acme, story.team]
    channels = {channel.id: channel for channel in found}
    before = {one: Counter(texts(channel)) for one, channel in channels.items()}
    edits = sum(len(m.edits) for channel in channels.values() for m in channel.messages)
    shown = preview(story, key, how)
    change(story, key, how)
    for announcement in shown:
        for channel_id in announcement.channel_ids:
            told = posts(channels[channel_id])[-1]
            assert told.text == announcement.message.text
            assert without_ids(told.blocks) == announcement.message.blocks
    posted = Counter(
        one
        for one, channel in channels.items()
        for _ in range(sum(Counter(texts(channel)).values()) - sum(before[one].values()))
    )
    assert posted == Counter(one for found in shown for one in found.channel_ids)
    edited = sum(len(m.edits) for channel in channels.values() for m in channel.messages) - edits
    assert edited == sum(announcement.redraws for announcement in shown)


# --- which channels -------------------------------------------------------------------------------


def test_a_channel_hears_of_the_sectors_that_it_follows(tell: Tell) -> None:
    """Prod is not told to Acme, but the routine window around it is; the team hears of both."""
    story = tell("2026-12-14 09:00")
    follow(story, story.acme, "test")
    story.now_is("2026-12-17 12:00")
    assert texts(story.acme, "Prod") == []
    assert texts(story.acme, "routine") == [
        "Logik.io routine maintenance on Fri 18 Dec, 8:00 PM Central"
    ]
    assert "Prod" not in posts(story.acme, "routine")[0].shown
    assert (
        texts(story.team, "Prod upgrade on")
        == ["Logik.io Prod upgrade on Fri 18 Dec, 8:00 PM Central"] * 2
    )
    assert texts(story.team, "Logik.io routine") == []
    assert {(line.state, line.reason) for line in ledger(story, PROD)
            if line.channel_id == story.acme.id} == {
        ("left_out", "it does not follow Prod")
    }  # fmt: skip
    assert states(story, ROUTINE) == [("days_before", "sent")]


def test_a_channel_hears_of_the_routine_window_only_when_work_is_planned_in_it(
    tell: Tell,
) -> None:
    story = tell("2026-11-23 09:00")
    follow(story, story.acme, "test", "prod", routine_always=False)
    story.now_is("2026-12-21 09:00")
    told = [m for m in posts(story.acme) if "routine" in m.shown]
    assert {m.text.split(" upgrade")[0] for m in told} == {"Logik.io Prod"}
    assert texts(story.acme, "Logik.io routine") == []
    assert len(texts(story.team, "Logik.io routine")) == 2
    assert ("days_before", "left_out") in states(story, "routine-2026-11-23")


def test_one_that_no_longer_follows_is_still_told_that_what_it_knows_has_changed(
    tell: Tell,
) -> None:
    story = tell("2026-12-15 10:30")
    follow(story, story.acme)
    change(story, PROD, Cancel())
    assert texts(story.acme, "is cancelled") == ["Logik.io Prod upgrade is cancelled"]


def test_what_waits_is_left_out_where_nobody_follows_it_any_more(tell: Tell) -> None:
    story = tell("2026-12-15 09:59")
    story.workspace.faults.add("chat.postMessage", RateLimited(30), times=None)
    story.now_is("2026-12-15 10:00:10")
    follow(story, story.acme)
    story.workspace.faults.clear()
    story.desk.advance(minutes=2)
    assert texts(story.acme, "Prod") == []
    assert len(texts(story.team, "Prod")) == 1


def test_the_team_says_in_the_setup_what_a_channel_hears_of(tell: Tell) -> None:
    story = tell("2026-12-14 09:00")
    [beta] = more_channels(story, 1)
    news = [m for m in story.team.messages if m.text.startswith(f"#{beta.name}: ")][-1]
    assert "All of it" in news.shown
    assert story.ana.click(news, "Set up").ok
    form = story.ana.modal
    assert form is not None
    form.fill({ids.SECTORS: ["Test"], ids.ROUTINE: "Only when work is planned in it"})
    assert form.submit().ok
    story.desk.advance(**FEW_SECONDS)
    assert "Test, and what concerns all; the routine window only with work in it" in news.shown
    story.now_is("2026-12-21 09:00")
    assert {text.split(" upgrade")[0] for text in texts(beta)} == {"Logik.io Test"}


# --- the ledger -----------------------------------------------------------------------------------


def test_a_channel_that_refuses_is_listed_to_the_team_an_hour_before(tell: Tell) -> None:
    story = tell("2026-12-15 09:59")
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("restricted_action"),
        times=None,
        when=lambda args: args["channel"] == story.acme.id,
    )
    story.now_is("2026-12-18 18:30")
    assert [line.reason for line in ledger(story, PROD) if line.channel_id == story.acme.id] == [
        "restricted_action"
    ] * 2
    assert not [m for m in story.team.messages if "could not be told" in m.text]
    story.now_is("2026-12-18 19:00:20")
    listed = [m for m in story.team.messages if "could not be told" in m.text]
    assert {m.text for m in listed} == {
        "1 channel could not be told of: Logik.io routine maintenance",
        "1 channel could not be told of: Logik.io Prod upgrade",
    }
    assert all("#acme: Slack refused it (restricted_action)" in m.shown for m in listed)
    assert not [m for m in story.acme.messages if "could not be told" in m.text]
    story.now_is("2026-12-20 12:00")
    assert len([m for m in story.team.messages if "could not be told" in m.text]) == 2


def test_a_channel_that_knows_only_the_old_time_is_listed_for_the_new_one(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("restricted_action"),
        times=None,
        when=lambda args: args["channel"] == story.acme.id,
    )
    change(story, PROD, Move(utc("2026-12-16 09:00")))
    story.now_is("2026-12-16 08:30")
    [listed] = [m for m in story.team.messages if "could not be told" in m.text]
    assert "#acme" in listed.shown


def test_where_all_are_told_the_team_is_not_bothered(tell: Tell) -> None:
    story = tell("2026-12-15 09:59")
    story.now_is("2026-12-21 09:00")
    assert not [m for m in story.team.messages if "could not be told" in m.text]


def test_a_stop_in_the_middle_of_posting_goes_on_where_it_was(tell: Tell) -> None:
    """Some answers are lost besides: nothing is posted twice, and every channel has it once."""
    story = tell("2026-12-15 09:00")
    channels = more_channels(story, 10)
    story.workspace.faults.add("chat.postMessage", CutAfter(), times=3)
    story.workspace.faults.add(
        "chat.postMessage",
        RateLimited(20),
        times=None,
        when=lambda args: args["channel"] in {channel.id for channel in channels[5:]},
    )
    story.now_is("2026-12-15 10:00:03")
    told = [channel for channel in channels if texts(channel, "Prod")]
    assert 0 < len(told) < 10, "it is in the middle"
    story.desk.stop_bot()
    story.workspace.faults.clear()
    story.desk.start_bot()
    story.desk.advance(minutes=3)
    for channel in (*channels, story.acme, story.team):
        assert texts(channel, "Prod") == ["Logik.io Prod upgrade on Fri 18 Dec, 8:00 PM Central"], (
            channel.name
        )
    assert {line.state for line in ledger(story, PROD)} == {LineState.SENT}


def test_the_ledger_says_where_each_post_is(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    [line] = [line for line in ledger(story, PROD) if line.channel_id == story.acme.id]
    assert line.posted is not None
    assert (line.posted.channel_id, line.posted.ts) == (
        story.acme.id,
        posts(story.acme, "Prod")[0].ts,
    )
    assert line.settled_at is not None
    assert line.due_at == utc("2026-12-15 10:00")
    [mentioned] = [line for line in ledger(story, ROUTINE) if line.channel_id == story.acme.id]
    assert mentioned.message_id == line.message_id


def test_a_channel_by_a_new_id_is_told_of_the_change_once(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    with story.desk.bot.store.transaction() as tx:
        tx.rename_channel(story.acme.id, "C0RENAMED")
    assert {line.channel_id for line in ledger(story, PROD)} == {"C0RENAMED", story.team.id}
    [cancelled] = preview(story, PROD, Cancel())
    assert set(cancelled.channel_ids) == {"C0RENAMED", story.team.id}


@pytest.mark.parametrize("away", [False, True], ids=["slack is there", "slack is away"])
def test_every_notice_of_a_fortnight_is_in_each_channel_once(tell: Tell, away: bool) -> None:
    story = tell("2026-12-14 09:00")
    channels = [*more_channels(story, 2), story.acme, story.team]
    change(story, TEST, Move(utc("2026-12-18 09:00")))
    story.now_is("2026-12-16 10:00:05")
    story.workspace.away = away
    change(story, TEST, Move(utc("2026-12-19 09:00")))
    change(story, PROD, Resize(utc("2026-12-19 02:00")))
    story.desk.advance(minutes=10)
    story.workspace.away = False
    story.now_is("2026-12-18 20:30")
    change(story, PROD, RunLate(utc("2026-12-19 04:00")))
    change(story, "routine-2026-12-14", FinishNow())
    story.now_is("2026-12-28 09:00")
    for channel in channels:
        counted = Counter(text for text in texts(channel) if text.startswith("Logik.io"))
        assert counted.most_common(1)[0][1] == 1, (channel.name, counted)
        assert "Logik.io Prod upgrade is over" in counted
