"""Windows that the team changes, and a policy that is edited: told once, and only what is true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from story import Story, central
from test_policy_changes import edited, restarted_with
from window_calls import add_window, change_window, preview_window

from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window
from bot.domain.window_changes import (
    Cancel,
    Change,
    ChangeKind,
    FinishNow,
    Follow,
    Keep,
    Move,
    Resize,
    RunLate,
    Skip,
    StartNow,
)
from bot.errors import UserError
from bot.sandbox import RateLimited
from bot.services.maintenance import Calendar, Changed

Tell = Callable[..., Story]
TEST, PROD, ROUTINE = "test-2026-12-17", "prod-2026-12-03", "routine-2026-12-14"
PROD_AT_NINE = (
    'weekday = "friday"\nstarts = "20:00"',
    'weekday = "friday"\nstarts = "21:00"',
)
HOUR = timedelta(hours=1)


def change(story: Story, key: str, how: Change, **options: int) -> Changed:
    made = change_window(story.desk.bot.services.maintenance, key, how, story.ana.id, **options)
    story.desk.advance(seconds=5)
    return made


def calendar(story: Story) -> Calendar:
    maintenance = story.desk.bot.services.maintenance
    with story.desk.bot.store.reading() as tx:
        return maintenance.calendar(tx, story.desk.clock.now())


def window(story: Story, key: str) -> Window:
    with story.desk.bot.store.reading() as tx:
        found = tx.windows.get(key)
    assert found is not None
    return found


def at(text: str) -> str:
    return f"{central(text).astimezone(UTC):%Y-%m-%d %H:%M}"


def starts(found: Window) -> str:
    return f"{found.segment.start:%Y-%m-%d %H:%M}"


def utc(text: str) -> datetime:
    return central(text).astimezone(UTC)


def headlines(story: Story, word: str = "") -> list[str]:
    """What the channel was told, but for what was drawn anew since."""
    told = [m.text for m in story.acme.messages if "upgrade" in m.text or "maintenance" in m.text]
    fresh = [text for text in told if text.startswith("Logik.io ")]
    return [text.removeprefix("Logik.io ") for text in fresh if word in text]


def test_a_year_and_a_bit_of_windows_is_planned_at_the_start(tell: Tell) -> None:
    found = calendar(tell("2026-11-23 09:00"))
    assert {w.key: starts(w) for w in found.windows if w.key in (TEST, PROD)} == {
        PROD: at("2026-12-18 20:00"),
        TEST: at("2026-12-17 20:00"),
    }
    assert found.windows[-1].segment.start > central("2027-11-23 09:00")
    assert {(flag.window.key, flag.holiday) for flag in found.flags} >= {
        ("prod-2026-12-17", "New Year's Day")
    }
    assert found.differences == ()


def test_a_window_is_announced_with_its_first_notice_and_so_is_the_routine_one_around_it(
    tell: Tell,
) -> None:
    story = tell("2026-12-14 09:00")
    assert window(story, PROD).announced_at is None
    story.now_is("2026-12-15 10:00:05")
    for key in (PROD, ROUTINE):
        announced_at = window(story, key).announced_at
        assert announced_at is not None
        assert abs(announced_at - central("2026-12-15 10:00")) < timedelta(seconds=5)
    assert window(story, PROD).sequence == 0, "no calendar has to see that"


def test_a_window_that_was_moved_is_told_of_for_its_new_time_alone(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    assert headlines(story, "Prod") == ["Prod upgrade on Fri 18 Dec, 8:00 PM Central"], (
        "worth it at the first start"
    )
    change(story, PROD, Move(utc("2026-12-22 20:00")))
    moved = "Prod upgrade is moved to Tue 22 Dec, 8:00 PM Central"
    story.now_is("2026-12-19 09:00")
    assert headlines(story, "Prod") == [moved]
    story.now_is("2026-12-23 09:00")
    assert headlines(story, "Prod")[1:] == [
        "Prod upgrade on Tue 22 Dec, 8:00 PM Central",
        "Prod upgrade on Tue 22 Dec, 8:00 PM Central",
        "Prod upgrade begins in an hour",
        "Prod upgrade is under way",
        "Prod upgrade is over",
    ]


def test_the_routine_window_speaks_for_itself_once_its_upgrade_is_gone(tell: Tell) -> None:
    story = tell("2026-12-14 09:00")
    change(story, PROD, Move(utc("2026-12-22 20:00")))
    story.now_is("2026-12-17 10:00:05")
    assert "routine maintenance on Fri 18 Dec, 8:00 PM Central" in headlines(story)


def test_a_routine_window_that_was_told_of_with_its_upgrade_is_not_told_of_again(
    tell: Tell,
) -> None:
    story = tell("2026-12-17 09:00")
    story.now_is("2026-12-17 10:00:05")
    assert headlines(story)[-1] == "Prod upgrade on Fri 18 Dec, 8:00 PM Central"
    change(story, PROD, Cancel())
    story.desk.stop_bot()
    story.desk.start_bot()
    story.now_is("2026-12-20 09:00")
    assert not [text for text in headlines(story) if "routine" in text]


@pytest.mark.parametrize(
    ("how", "why"), [(Cancel(), CalledOff.CANCELLED), (Skip(), CalledOff.SKIPPED)]
)
def test_nobody_hears_any_more_of_a_window_that_was_called_off(
    tell: Tell, how: Change, why: CalledOff
) -> None:
    story = tell("2026-12-14 09:00")
    change(story, PROD, how)
    story.now_is("2026-12-19 09:00")
    assert headlines(story, "Prod") == []
    assert window(story, PROD).called_off is why


def test_started_early_finished_early_and_running_late_are_told_when_they_happen(
    tell: Tell,
) -> None:
    story = tell("2026-12-17 17:00")
    change(story, TEST, StartNow())
    assert headlines(story, "Test")[-1] == "Test upgrade has begun early"
    change(story, TEST, RunLate(utc("2026-12-17 22:00")))
    story.now_is("2026-12-17 21:30")
    change(story, TEST, FinishNow())
    assert headlines(story, "Test")[-1] == "Test upgrade is over"
    story.now_is("2026-12-18 09:00")
    assert Counter(headlines(story, "Test")).most_common(1)[0][1] == 1


def test_what_waited_for_slack_while_its_window_was_moved_is_not_sent(tell: Tell) -> None:
    story = tell("2026-12-15 09:59")
    before = headlines(story)
    story.workspace.faults.add("chat.postMessage", RateLimited(30), times=None)
    story.now_is("2026-12-15 10:00:10")
    change(story, PROD, Move(utc("2026-12-22 20:00")))
    story.workspace.faults.clear()
    story.now_is("2026-12-15 10:05")
    assert headlines(story) == [*before, "Prod upgrade is moved to Tue 22 Dec, 8:00 PM Central"]
    assert window(story, PROD).announced_at is not None, "it was on its way: better told than not"


def test_a_test_that_is_moved_takes_its_prod_along_and_that_is_on_record(tell: Tell) -> None:
    story = tell("2026-12-14 09:00")
    made = change(story, TEST, Move(utc("2026-12-24 20:00")))
    ((before, after),) = made.followers
    assert (before.key, starts(after)) == ("prod-2026-12-17", at("2027-01-08 20:00"))
    assert window(story, before.key) == after
    with story.desk.bot.store.reading() as tx:
        (test_record,) = tx.windows.changes(TEST)
        (prod_record,) = tx.windows.changes(before.key)
    assert (test_record.by, test_record.kind) == (story.ana.id, ChangeKind.MOVED)
    assert (prod_record.by, prod_record.kind) == (story.ana.id, ChangeKind.PLANNED)
    assert (prod_record.before, prod_record.after) == (before, after)
    story.now_is("2027-01-02 09:00")
    assert headlines(story, "Prod upgrade is under way") == ["Prod upgrade is under way"], (
        "that of the cycle before; nothing on New Year's Day"
    )


def test_a_prod_that_was_changed_stays_when_its_test_is_moved_until_it_is_confirmed(
    tell: Tell,
) -> None:
    story = tell("2026-12-14 09:00")
    change(story, "prod-2026-12-17", Resize(utc("2027-01-02 01:00")))
    made = change(story, TEST, Move(utc("2026-12-24 20:00")))
    (difference,) = made.differences
    assert (made.followers, difference.window.key) == ((), "prod-2026-12-17")
    assert calendar(story).differences == (difference,)
    starts_in_order = [found.segment.start for found in calendar(story).windows]
    assert starts_in_order == sorted(starts_in_order)
    confirmed = change(story, "prod-2026-12-17", Follow(difference.says))
    assert starts(confirmed.after) == at("2027-01-08 20:00")
    assert calendar(story).differences == ()


def test_an_edited_policy_moves_what_nobody_knows_of_and_asks_about_the_rest(
    tell: Tell, tmp_path: Path
) -> None:
    story = tell("2026-12-15 09:00")
    story.now_is("2026-12-15 10:01")
    restarted_with(story, edited(tmp_path, PROD_AT_NINE))
    assert starts(window(story, "prod-2026-12-17")) == at("2027-01-01 21:00")
    (difference,) = calendar(story).differences
    assert difference.window == window(story, PROD)
    assert starts(difference.window) == at("2026-12-18 20:00")
    with story.desk.bot.store.reading() as tx:
        (record,) = tx.windows.changes("prod-2026-12-17")
    assert (record.by, record.kind) == (None, ChangeKind.PLANNED)
    change(story, PROD, Keep(difference.says))
    story.desk.stop_bot()
    story.desk.start_bot()
    assert calendar(story).differences == ()
    story.now_is("2026-12-19 09:00")
    assert headlines(story, "Prod") == [
        "Prod upgrade on Fri 18 Dec, 8:00 PM Central",
        "Prod upgrade on Fri 18 Dec, 8:00 PM Central",
        "Prod upgrade begins in an hour",
        "Prod upgrade is under way",
        "Prod upgrade is over",
    ]


def test_reminders_at_another_hour_repeat_none(tell: Tell, tmp_path: Path) -> None:
    story = tell("2026-12-15 09:00")
    story.now_is("2026-12-15 10:01")
    told = headlines(story)
    for hour in ("09:30", "11:00"):
        restarted_with(story, edited(tmp_path, ('at = "10:00"', f'at = "{hour}"')))
        story.now_is(f"2026-12-15 {hour}" if hour > "10:01" else "2026-12-15 10:30")
        story.desk.advance(minutes=1)
    assert headlines(story) == told


def test_a_reminder_that_the_policy_puts_off_comes_at_its_new_hour(
    tell: Tell, tmp_path: Path
) -> None:
    story = tell("2026-12-15 09:00")
    told = headlines(story)
    restarted_with(story, edited(tmp_path, ('at = "10:00"', 'at = "11:00"')))
    story.now_is("2026-12-15 10:30")
    assert headlines(story) == told
    story.now_is("2026-12-15 11:00:05")
    assert headlines(story) == [*told, "Prod upgrade on Fri 18 Dec, 8:00 PM Central"]


def test_a_restart_after_a_change_repeats_and_undoes_nothing(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    moved = change(story, PROD, Move(utc("2026-12-16 09:00"))).after
    told = headlines(story)
    for _ in range(2):
        story.desk.stop_bot()
        story.desk.start_bot()
        story.desk.advance(seconds=5)
    assert window(story, PROD) == moved
    assert headlines(story) == told, "what was due before the change is the change's to tell"


def test_two_who_change_a_window_at_once_do_not_undo_each_other(tell: Tell) -> None:
    story = tell("2026-12-14 09:00")
    seen = window(story, PROD).sequence
    change(story, PROD, Move(utc("2026-12-22 20:00")), seen=seen)
    with pytest.raises(UserError, match="Somebody else has changed this window"):
        change(story, PROD, Cancel(), seen=seen)
    assert window(story, PROD).takes_place


def test_a_change_that_makes_no_sense_changes_nothing(tell: Tell) -> None:
    story = tell("2026-12-14 09:00")
    before = window(story, PROD)
    for key, how, why in (
        (PROD, Move(utc("2026-12-01 20:00")), "in the past"),
        (PROD, FinishNow(), "has not begun"),
        ("prod-1999-01-01", Cancel(), "no such window"),
        (PROD, Follow(None), "no longer says so"),
        (PROD, Keep(before.segment), "no longer says so"),
    ):
        with pytest.raises(UserError, match=why):
            change(story, key, how)
    assert window(story, PROD) == before


def test_a_preview_stores_nothing_and_shows_what_the_change_makes(tell: Tell) -> None:
    story = tell("2026-12-14 09:00")
    how = Move(utc("2026-12-24 20:00"))
    before = window(story, TEST)
    preview = preview_window(story.desk.bot.services.maintenance, TEST, how)
    assert window(story, TEST) == before
    assert change(story, TEST, how) == preview


def test_a_window_of_its_own_is_added_and_told_of(tell: Tell) -> None:
    story = tell("2026-12-21 09:00")
    maintenance = story.desk.bot.services.maintenance
    start = central("2026-12-23 08:00").astimezone(UTC)
    made = add_window(maintenance, "Prod", Segment(start, start + HOUR), story.ana.id, what="Disks")
    assert (made.before, made.after.key, made.after.what) == (None, "extra-1", "Disks")
    with pytest.raises(UserError, match="in the past"):
        add_window(maintenance, None, Segment(start - 240 * HOUR, start), story.ana.id)
    story.now_is("2026-12-23 12:00")
    assert headlines(story, "Prod maintenance") == [
        "Prod maintenance is planned for Wed 23 Dec, 8:00 AM Central",
        "Prod maintenance on Wed 23 Dec, 8:00 AM Central",
        "Prod maintenance begins in an hour",
        "Prod maintenance is under way",
        "Prod maintenance is over",
    ]
    with story.desk.bot.store.reading() as tx:
        (record,) = tx.windows.changes("extra-1")
    assert (record.kind, record.before) == (ChangeKind.ADDED, None)
