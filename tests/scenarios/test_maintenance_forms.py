"""The team changes the calendar of maintenance: a form, what would be posted where, one press."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from maintenance_story import (
    PROD,
    PROD_AT_NINE,
    ROUTINE,
    TEST,
    ask,
    change,
    press,
    top,
    utc,
    window,
    year,
)
from story import Story, central
from test_policy_changes import edited, restarted_with
from window_calls import add_window

from bot.domain.segments import Segment
from bot.domain.window import CalledOff
from bot.domain.window_changes import Cancel, ChangeKind, Resize
from bot.errors import UserError
from bot.messages import kit, window_ids
from bot.messages.inputs import MOST_BLOCKS
from bot.sandbox import OpenView, Outcome, Person
from bot.services.announcements import Announcement, Announcements
from handlers.guard import NOT_TEAM

Tell = Callable[..., Story]
MONDAY = "2026-12-14 09:00"
WHAT = "What shall happen?"
MOVE, RESIZE, SKIP = "Move it", "Change its length", "Skip it this time"
CANCEL, START = "Cancel it", "Start it now"
FINISH, LATE = "Finish it early", "Say that it runs late"


def manage(story: Story, key: str, person: Person | None = None) -> OpenView:
    """The form about a window, by its button."""
    who = person or story.ana
    if who.modal is not None:
        who.modal.close(whole_stack=True)
    ask(who)
    press(who, key)
    return top(who)


def choose(form: OpenView, what: str) -> OpenView:
    """Choose what shall happen: then the form asks when, or shows what it would do."""
    form.fill({WHAT: what})
    submitted = form.submit()
    assert submitted.ok, submitted
    return form


def filled(form: OpenView, **answers: object) -> OpenView:
    form.fill({getattr(window_ids, name.upper()): value for name, value in answers.items()})
    submitted = form.submit()
    assert submitted.ok, submitted
    return form


def adding(story: Story, **answers: object) -> OpenView:
    """The form for another window, filled in and not submitted."""
    ask(story.ana)
    press(story.ana, "Add a window")
    form = top(story.ana)
    given = {"start": central("2026-12-15 20:00"), **answers}
    form.fill({getattr(window_ids, name.upper()): value for name, value in given.items()})
    return form


def posted(form: OpenView, story: Story) -> str:
    """Press the button of the preview; what the receipt says."""
    submitted = form.submit()
    assert submitted.status is Outcome.UPDATED, submitted
    assert form.title == "Done"
    story.desk.rest()
    return form.text


def tells(
    monkeypatch: pytest.MonkeyPatch, *announcements: Announcement
) -> list[tuple[Announcement, ...]]:
    """Have changes posted like that, as far as a preview can know; it can be changed later."""
    said = [announcements]

    def of_change(*_args: Any) -> Sequence[Announcement]:
        return said[-1]

    monkeypatch.setattr(Announcements, "of_change", of_change)
    return said


def a_post(story: Story, count: int = 1, redraws: int = 0, text: str = "It moves") -> Announcement:
    channels = (story.acme.id, *(f"C{n:09}" for n in range(count - 1)))
    message = kit.message(
        text, kit.section(f"*{text}*"), kit.actions(kit.button("case_open", "Open a case"))
    )
    return Announcement("moved", channels, message, redraws)  # type: ignore[arg-type]


# --- the form ------------------------------------------------------------------------------------


def test_a_window_to_come_can_be_moved_resized_skipped_cancelled_or_started(tell: Tell) -> None:
    story = tell(MONDAY)
    form = manage(story, TEST)
    assert form.title == "Test upgrade"
    assert "(Thu 17 Dec, 8:00 PM Central)" in form.text
    assert "Nobody has been told of it yet." in form.text
    assert form.input(WHAT).options == (MOVE, RESIZE, SKIP, CANCEL, START)
    story.now_is("2026-12-14 11:00")
    assert "Customers were first told of it" in manage(story, TEST).text


def test_a_window_that_is_under_way_can_be_finished_early_or_run_late(tell: Tell) -> None:
    story = tell("2026-12-17 21:00")
    assert manage(story, TEST).input(WHAT).options == (FINISH, LATE)


def test_one_that_was_added_is_cancelled_never_skipped(tell: Tell) -> None:
    story = tell(MONDAY)
    segment = Segment(utc("2026-12-15 20:00"), utc("2026-12-15 22:00"))
    add_window(story.desk.bot.services.maintenance, "Search", segment, story.ana.id)
    assert SKIP not in manage(story, "extra-1").input(WHAT).options


def test_one_that_was_called_off_or_is_over_can_be_read_only(tell: Tell) -> None:
    story = tell(MONDAY)
    ask(story.ana)
    change(story, TEST, Cancel())
    press(story.ana, TEST)
    form = top(story.ana)
    assert form.inputs == ()
    assert "nothing can be changed any more" in form.text
    assert "@Ana cancelled it just now." in form.text
    story.now_is("2026-12-25 09:00")
    ask(story.ben)
    assert TEST not in str(story.ben.ephemerals[-1].blocks)


def test_the_pickers_begin_with_what_stands(tell: Tell) -> None:
    story = tell(MONDAY)
    form = choose(manage(story, PROD), MOVE)
    assert form.input("Begins").answer == int(central("2026-12-18 20:00").timestamp())
    assert "It lasts as long as before: 4 h." in form.text
    form = choose(manage(story, PROD), RESIZE)
    assert form.input("Ends").answer == int(central("2026-12-19 00:00").timestamp())


@pytest.mark.parametrize("button", [TEST, "Add a window", "Follow the policy", "Keep as it is"])
def test_only_the_team_can_press_what_changes_something(
    tell: Tell, tmp_path: Path, button: str
) -> None:
    story = tell("2026-12-15 09:00")
    story.now_is("2026-12-15 10:01")
    restarted_with(story, edited(tmp_path, PROD_AT_NINE))
    ask(story.dora, "", story.acme)
    story.team.kick(story.dora)
    story.desk.rest()
    press(story.dora, button)
    assert story.dora.modal is None
    assert story.dora.ephemerals[-1].shown == NOT_TEAM


def test_who_left_the_team_in_between_cannot_post_and_is_told(tell: Tell) -> None:
    story = tell(MONDAY)
    form = choose(manage(story, TEST, story.dora), CANCEL)
    story.team.kick(story.dora)
    story.desk.rest()
    assert form.submit().status is Outcome.PUSHED
    assert NOT_TEAM in top(story.dora).text
    assert window(story, TEST).takes_place


# --- each change ---------------------------------------------------------------------------------


def moved(story: Story, key: str, to: str, person: Person | None = None) -> OpenView:
    """The preview of a move."""
    return filled(choose(manage(story, key, person), MOVE), start=central(to))


def test_a_move_is_shown_before_it_is_made_and_nothing_changes_until_then(tell: Tell) -> None:
    story = tell(MONDAY)
    before = window(story, PROD)
    preview = moved(story, PROD, "2026-12-22 20:00")
    assert preview.title == "Preview"
    assert "Prod upgrade is moved." in preview.text
    assert "Was: Dec 18 at 8:00 PM (Fri 18 Dec, 8:00 PM Central)" in preview.text
    assert "Will be: Dec 22 at 8:00 PM (Tue 22 Dec, 8:00 PM Central)" in preview.text
    assert "Nobody has been told yet: nothing is posted." in preview.text
    assert "Then told as usual: Sat 19 Dec, 10:00 AM; Mon 21 Dec, 10:00 AM;" in preview.text
    assert window(story, PROD) == before
    receipt = posted(preview, story)
    assert "Prod upgrade is moved." in receipt
    assert "(Tue 22 Dec, 8:00 PM Central)" in receipt
    assert window(story, PROD).segment.start == utc("2026-12-22 20:00")
    with story.desk.bot.store.reading() as tx:
        (record,) = tx.windows.changes(PROD)
    assert (record.by, record.kind) == (story.ana.id, ChangeKind.MOVED)


def test_every_other_change_of_one_to_come(tell: Tell) -> None:
    story = tell(MONDAY)
    posted(filled(choose(manage(story, TEST), RESIZE), end=central("2026-12-17 22:30")), story)
    assert window(story, TEST).length == timedelta(hours=2.5)
    skipping = choose(manage(story, TEST), SKIP)
    assert "No notice of it goes out any more." in skipping.text
    posted(skipping, story)
    assert window(story, TEST).called_off is CalledOff.SKIPPED
    posted(choose(manage(story, PROD), CANCEL), story)
    assert window(story, PROD).called_off is CalledOff.CANCELLED
    posted(choose(manage(story, ROUTINE), START), story)
    assert window(story, ROUTINE).segment.start == story.desk.clock.now().replace(microsecond=0)


def test_every_change_of_one_that_is_under_way(tell: Tell) -> None:
    story = tell("2026-12-17 21:00")
    posted(filled(choose(manage(story, TEST), LATE), end=central("2026-12-18 02:00")), story)
    assert window(story, TEST).segment.end == utc("2026-12-18 02:00")
    story.now_is("2026-12-17 23:00")
    posted(choose(manage(story, TEST), FINISH), story)
    assert window(story, TEST).segment.end == utc("2026-12-17 23:00")


def test_what_cannot_be_is_said_under_the_question(tell: Tell) -> None:
    story = tell(MONDAY)
    form = choose(manage(story, PROD), MOVE)
    form.fill({"Begins": central("2026-12-01 20:00")})
    assert form.submit().errors == {"Begins": "That is in the past."}
    form.fill({"Begins": central("2026-12-18 20:00")})
    assert form.submit().errors == {"Begins": "It begins then already."}
    form = choose(manage(story, PROD), RESIZE)
    form.fill({"Ends": central("2026-12-18 19:00")})
    assert form.submit().errors == {"Ends": "It would end before it begins."}
    form = manage(story, PROD)
    story.now_is("2026-12-18 21:00")
    form.fill({WHAT: SKIP})
    assert form.submit().errors == {WHAT: "It has begun. Finish it early instead."}


def test_the_minute_that_stands_means_what_stands(tell: Tell) -> None:
    """Pickers know no seconds; a window that was started by hand has some."""
    story = tell("2026-12-17 17:00:31")
    posted(choose(manage(story, TEST), START), story)
    before = window(story, TEST)
    form = choose(manage(story, TEST), LATE)
    assert form.submit().errors == {"Ends": "It runs until then anyway."}
    assert window(story, TEST) == before


def test_back_leads_to_the_form_with_what_was_chosen_and_then_to_the_choice(tell: Tell) -> None:
    story = tell(MONDAY)
    form = moved(story, PROD, "2026-12-22 20:00")
    assert form.click("Back").ok
    assert form.title == MOVE
    assert form.input("Begins").answer == int(central("2026-12-22 20:00").timestamp())
    filled(form, start=central("2026-12-23 20:00"))
    assert "(Wed 23 Dec, 8:00 PM Central)" in form.text
    form.click("Back")
    form.click("Back")
    assert form.title == "Prod upgrade"
    choose(form, CANCEL)
    form.click("Back")
    assert form.title == "Prod upgrade"
    assert window(story, PROD).takes_place


def test_a_window_months_ahead_is_managed_from_its_page(tell: Tell) -> None:
    story = tell(MONDAY)
    months = year(story.ana)
    months.click("Next")
    months.click("prod-2027-01-14")
    form = filled(choose(top(story.ana), MOVE), start=central("2027-01-30 20:00"))
    posted(form, story)
    assert window(story, "prod-2027-01-14").segment.start == utc("2027-01-30 20:00")
    form.close()
    assert top(story.ana).title == "Maintenance ahead"


# --- what follows from it ------------------------------------------------------------------------


def test_the_prod_that_follows_is_shown_and_what_it_collides_with(tell: Tell) -> None:
    story = tell(MONDAY)
    preview = moved(story, "test-2026-12-31", "2027-01-07 20:00")
    assert "Prod upgrade moves along." in preview.text
    assert "Was: Jan 15 at 8:00 PM (Fri 15 Jan" in preview.text
    assert "Will be: Jan 22 at 8:00 PM (Fri 22 Jan" in preview.text
    posted(preview, story)
    assert window(story, "prod-2026-12-31").segment.start == utc("2027-01-22 20:00")


def test_a_prod_that_stays_is_named_with_what_the_policy_would_have(tell: Tell) -> None:
    story = tell(MONDAY)
    change(story, "prod-2026-12-17", Resize(utc("2027-01-02 01:00")))
    preview = moved(story, TEST, "2026-12-24 20:00")
    assert ":warning: Prod upgrade depends on it, but people know of it, so it stays" in (
        preview.text
    )
    assert "the policy now has it Jan 8 at 8:00 PM" in preview.text


def test_a_collision_that_a_change_brings_is_flagged(tell: Tell) -> None:
    story = tell(MONDAY)
    preview = moved(story, PROD, "2026-12-24 21:00")
    assert ":warning: falls on Christmas Day" in preview.text
    preview = moved(story, PROD, "2026-12-17 21:00")
    assert ":warning: at the same time as Test upgrade of Thu 17 Dec, 8:00 PM Central" in (
        preview.text
    )
    assert ":warning:" not in moved(story, PROD, "2026-12-22 20:00").text


def test_a_routine_window_over_the_change_of_the_clocks_says_its_real_length(tell: Tell) -> None:
    story = tell("2027-03-08 09:00")
    key = "routine-2027-03-08"
    form = manage(story, key)
    assert "· 32 h: spring skips an hour" in form.text
    form = filled(choose(form, RESIZE), end=central("2027-03-14 03:30"))
    assert "· 30 h 30 min: spring skips an hour" in form.text, (
        "by the wall clocks it is 31 h 30 min"
    )
    assert "(Sun 14 Mar, 3:30 AM Central)" in form.text
    posted(form, story)
    assert window(story, key).length == timedelta(hours=30, minutes=30)


# --- what would be posted where ------------------------------------------------------------------


def test_a_preview_shows_every_message_with_where_it_goes(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell(MONDAY)
    tells(monkeypatch, a_post(story, 13, redraws=26))
    preview = moved(story, PROD, "2026-12-22 20:00")
    assert "New message in 13 channels: #C" in preview.text
    assert "and 3 more" in preview.text
    assert "It moves" in preview.text
    assert "[Open a case]" in preview.text, "its buttons are only named"
    assert "26 earlier messages are changed in place; that rings nobody." in preview.text
    assert "Nobody has been told" not in preview.text
    assert "Post it" in preview.text
    assert [b for b in preview.blocks if b["type"] == "actions"] == [preview.blocks[-1]]
    receipt = posted(preview, story)
    assert "13 channels are told now, one after the other." in receipt
    assert "26 earlier messages are changed in place." in receipt


def test_what_is_posted_is_what_the_preview_showed(tell: Tell) -> None:
    """Told of its Test, a channel hears of the move what the preview said, and nothing else."""
    story = tell("2026-12-14 11:00")
    asked = window_ids.Asked(window_ids.Do.MOVE, TEST, start=utc("2026-12-16 20:00"))
    facts = story.desk.bot.services.window_editing.preview(asked)
    expected = sorted(
        (name, post.message.text) for post in facts.posts if post.message for name in post.channels
    )
    assert [name for name, _ in expected] == ["acme", story.team.name]
    before = {channel: len(channel.messages) for channel in (story.acme, story.team)}
    posted(moved(story, TEST, "2026-12-16 20:00"), story)
    story.desk.advance(minutes=1)
    told = sorted(
        (channel.name, message.text)
        for channel, count in before.items()
        for message in channel.messages[count:]
    )
    assert told == expected


def test_the_worst_words_and_the_most_posts_are_a_view_that_slack_takes(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = tell(MONDAY)
    worst = "<!channel> <@U0000001> *b* `c` & \u202eعربي\u202c 👩‍👩‍👧 " * 60
    post = a_post(story, 300, 900, worst)
    assert post.message is not None
    blocks = [*post.message.blocks, *(kit.plain(worst[:3000]) for _ in range(20))]
    tells(monkeypatch, *(replace(post, message=kit.Message("x", blocks)) for _ in range(9)))
    preview = moved(story, PROD, "2026-12-22 20:00")
    assert len(preview.blocks) <= MOST_BLOCKS
    assert "more messages of this kind" in preview.text
    posted(preview, story)


# --- two at once, twice, and later ---------------------------------------------------------------


def test_who_comes_second_is_told_and_changes_nothing(tell: Tell) -> None:
    story = tell(MONDAY)
    first, second = (
        moved(story, PROD, "2026-12-22 20:00", story.ana),
        moved(story, PROD, "2026-12-23 20:00", story.ben),
    )
    posted(first, story)
    assert second.submit().status is Outcome.PUSHED
    assert top(story.ben).title == "Nothing has changed"
    assert "Somebody else has changed this window since you looked." in top(story.ben).text
    assert window(story, PROD).segment.start == utc("2026-12-22 20:00")
    top(story.ben).close()
    form = top(story.ben)
    assert form.title == "Preview"
    form.click("Back")
    assert "(Tue 22 Dec, 8:00 PM Central)" in form.text, "the form shows what stands now"
    posted(filled(form, start=central("2026-12-23 20:00")), story)
    assert window(story, PROD).segment.start == utc("2026-12-23 20:00")


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_of_many_who_press_in_the_same_moment_one_changes_it(
    tell: Tell, request: pytest.FixtureRequest, database: str
) -> None:
    story = tell(MONDAY, database_url=request.getfixturevalue(database))
    editing = story.desk.bot.services.window_editing
    people = (story.ana, story.ben, story.mia, story.dora)
    previews = [
        editing.preview(
            window_ids.Asked(window_ids.Do.MOVE, PROD, start=utc(f"2026-12-2{n} 20:00"))
        ).asked
        for n in range(len(people))
    ]

    def press_it(n: int) -> bool:
        try:
            editing.carry_out(previews[n % 4], people[n % 4].id, f"V{n}")
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(press_it, range(8)))
    assert done.count(True) == 1
    with story.desk.bot.store.reading() as tx:
        (record,) = tx.windows.changes(PROD)
    assert record.after == window(story, PROD)


def test_pressing_twice_changes_once(tell: Tell) -> None:
    story = tell(MONDAY)
    preview = moved(story, PROD, "2026-12-22 20:00")
    services = story.desk.bot.services
    asked = window_ids.Asked.parse(preview.view.body["private_metadata"])
    assert asked is not None
    posted(preview, story)
    again = services.window_editing.carry_out(asked, story.ana.id, preview.view.id)
    assert again == window(story, PROD)
    with story.desk.bot.store.reading() as tx:
        assert len(tx.windows.changes(PROD)) == 1


def test_adding_twice_with_one_form_adds_once(tell: Tell) -> None:
    story = tell(MONDAY)
    preview = adding(story)
    assert preview.submit().ok
    asked = window_ids.Asked.parse(preview.view.body["private_metadata"])
    assert asked is not None
    posted(preview, story)
    editing = story.desk.bot.services.window_editing
    assert editing.carry_out(asked, story.ana.id, preview.view.id) is None
    with story.desk.bot.store.reading() as tx:
        assert tx.windows.get("extra-2") is None


def test_time_that_passes_before_the_press_is_looked_at_again(tell: Tell) -> None:
    story = tell("2026-12-18 19:00")
    cancelling = choose(manage(story, PROD), CANCEL)
    story.now_is("2026-12-18 20:00:05")
    assert cancelling.submit().status is Outcome.PUSHED
    assert "It has begun. Finish it early instead." in top(story.ana).text
    assert window(story, PROD).takes_place


def test_an_addition_that_is_in_the_past_by_now_is_not_made(tell: Tell) -> None:
    story = tell(MONDAY)
    preview = adding(story, start=central("2026-12-14 10:00"))
    assert preview.submit().ok
    story.now_is("2026-12-14 10:30")
    assert preview.submit().status is Outcome.PUSHED
    assert "That is in the past." in top(story.ana).text


def test_nothing_is_posted_that_the_preview_did_not_show(
    tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between preview and press a reminder went out, or Casebell came into a channel."""
    story = tell(MONDAY)
    said = tells(monkeypatch)
    preview = moved(story, PROD, "2026-12-22 20:00")
    assert "nothing is posted" in preview.text
    said.append((a_post(story),))
    assert preview.submit().status is Outcome.PUSHED
    assert "what would be posted is no longer what you saw" in top(story.ana).text
    assert window(story, PROD).segment.start == utc("2026-12-18 20:00")
    top(story.ana).close()
    preview.click("Back")
    posted(filled(preview), story)
    assert window(story, PROD).segment.start == utc("2026-12-22 20:00")


def test_what_is_done_at_once_is_done_soon_after_it_was_shown_or_not_at_all(tell: Tell) -> None:
    story = tell(MONDAY)
    preview = choose(manage(story, PROD), START)
    story.desk.advance(minutes=11)
    assert preview.submit().status is Outcome.PUSHED
    assert "what would be posted is no longer what you saw" in top(story.ana).text
    assert window(story, PROD).segment.start == utc("2026-12-18 20:00")


def test_two_people_who_add_the_same_window_are_told_of_each_other(tell: Tell) -> None:
    story = tell(MONDAY)
    preview = filled(adding(story, hours="2", what="Index"))
    start = utc("2026-12-15 20:00")
    add_window(
        story.desk.bot.services.maintenance,
        None,
        Segment(start, start + timedelta(hours=2)),
        story.ben.id,
        what="Index",
    )
    story.desk.rest()
    assert preview.submit().status is Outcome.PUSHED
    assert "what would be posted is no longer what you saw" in top(story.ana).text


def test_a_test_that_is_called_off_says_that_its_prod_still_takes_place(tell: Tell) -> None:
    story = tell(MONDAY)
    for how in (CANCEL, SKIP):
        preview = choose(manage(story, TEST), how)
        assert "Prod upgrade still takes place: Jan 1" in preview.text
        preview.close(whole_stack=True)


# --- adding --------------------------------------------------------------------------------------


def test_a_window_is_added_with_what_is_done_and_what_will_not_work(tell: Tell) -> None:
    story = tell(MONDAY)
    form = adding(
        story,
        sector=window_ids.ANOTHER,
        other_sector="Search",
        hours="1.5",
        what="New  disks <!channel>",
        affected="Exports",
    )
    assert form.submit().ok
    assert "Search maintenance is added." in form.text
    assert "(Tue 15 Dec, 8:00 PM Central)" in form.text
    assert "· 1 h 30 min" in form.text
    assert "What: New disks <!channel>" in form.text
    posted(form, story)
    added = window(story, "extra-1")
    assert (added.sector, added.what, added.affected) == (
        "Search",
        "New disks <!channel>",
        "Exports",
    )
    assert added.segment == Segment(utc("2026-12-15 20:00"), utc("2026-12-15 21:30"))
    assert "Search maintenance" in ask(story.carla, "", story.acme)


@pytest.mark.parametrize(
    ("answers", "sector"),
    [
        ({}, None),
        ({"sector": "Prod"}, "Prod"),
        ({"sector": window_ids.ANOTHER, "other_sector": "prod"}, "Prod"),
        ({"sector": window_ids.ANOTHER, "other_sector": "R&D"}, "R&D"),
    ],
)
def test_the_sector_is_everything_one_of_the_policy_or_another(
    tell: Tell, answers: dict[str, str], sector: str | None
) -> None:
    story = tell(MONDAY)
    form = adding(story, **answers)
    assert form.submit().ok
    posted(form, story)
    assert window(story, "extra-1").sector == sector


@pytest.mark.parametrize(
    ("answers", "label", "words"),
    [
        ({"start": central("2026-12-14 08:00")}, "Begins", "That is in the past."),
        ({"start": central("2028-12-14 08:00")}, "Begins", "That is more than a year ahead."),
        ({"hours": "500"}, "How many hours?", "A window lasts at most 192 hours."),
        ({"hours": "0"}, "How many hours?", "A window lasts a minute at least."),
        ({"hours": "-3"}, "How many hours?", "Please write a number of hours"),
        ({"sector": window_ids.ANOTHER}, "Name of another sector", "Please name the sector."),
        (
            {"sector": window_ids.ANOTHER, "other_sector": "\u200b"},
            "Name of another sector",
            "Please name the sector.",
        ),
        ({"other_sector": "Search"}, "Name of another sector", "Choose that it is another one"),
    ],
)
def test_what_makes_no_sense_is_said_where_it_was_filled_in(
    tell: Tell, answers: dict[str, Any], label: str, words: str
) -> None:
    story = tell(MONDAY)
    errors = adding(story, **answers).submit().errors
    assert list(errors) == [label]
    assert errors[label].startswith(words)


def test_back_from_an_addition_keeps_every_word(tell: Tell) -> None:
    story = tell(MONDAY)
    worst = ('<!channel> "q" \\ & 日本語 عربي 👩‍👩‍👧 ' * 20)[:300].strip()
    answers = {
        "sector": window_ids.ANOTHER,
        "other_sector": worst[:40].strip(),
        "hours": "0.75",
        "what": worst,
        "affected": worst,
    }
    form = adding(story, **answers)
    assert form.submit().ok
    assert form.click("Back").ok
    found = {name: form.input(getattr(window_ids, name.upper())).answer for name in answers}
    assert found == answers
    assert form.input("Begins").answer == int(central("2026-12-15 20:00").timestamp())


# --- what the policy says otherwise --------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "starts"),
    [("Follow the policy", "2026-12-18 21:00"), ("Keep as it is", "2026-12-18 20:00")],
)
def test_a_difference_is_settled_by_a_preview_and_one_press(
    tell: Tell, tmp_path: Path, button: str, starts: str
) -> None:
    story = tell("2026-12-15 09:00")
    story.now_is("2026-12-15 10:01")
    restarted_with(story, edited(tmp_path, PROD_AT_NINE))
    ask(story.ana)
    press(story.ana, button)
    preview = top(story.ana)
    assert preview.title == "Preview"
    assert "Back" not in preview.text
    posted(preview, story)
    assert window(story, PROD).segment.start == utc(starts)
    assert "The policy now says otherwise" not in ask(story.ana)
    press_again = story.ana.ephemerals[-2]
    reply = story.ana.click(press_again, button)
    assert "The policy no longer says so of this window." in story.ana.ephemerals[-1].shown
    assert reply.ok


# --- forged --------------------------------------------------------------------------------------


FORGED = [
    "",
    "x",
    "[]",
    '{"v":2,"do":"cancel","key":"prod-2026-12-03"}',
    '{"v":1,"do":"explode","key":"prod-2026-12-03"}',
    '{"v":1,"do":"move","key":"prod-2026-12-03","start":1e99}',
    '{"v":1,"do":"move","key":"prod-2026-12-03"}',
    '{"v":1,"do":"cancel","key":"prod-1999-01-01"}',
    '{"v":1,"do":"cancel","key":"prod-2026-12-03","seen":7}',
    '{"v":1,"do":"cancel","key":"prod-2026-12-03","posts":"beef"}',
    '{"v":1,"do":"cancel","key":["prod-2026-12-03"]}',
    '{"v":1,"do":"add","start":1797206400}',
    '{"v":1,"do":"follow","key":"prod-2026-12-03"}',
]


def test_a_forged_preview_changes_nothing_and_is_answered_in_words(tell: Tell) -> None:
    story = tell(MONDAY)
    before = window(story, PROD)
    for forged in FORGED:
        preview = choose(manage(story, PROD), CANCEL)
        preview.view.body["private_metadata"] = forged
        assert preview.submit().status is Outcome.PUSHED, forged
        assert "reference" not in top(story.ana).text, "it was expected"
        assert "button is too old" not in top(story.ana).text, "it is a form"
        assert window(story, PROD) == before, forged
        while story.ana.modal is not None:
            story.ana.modal.close()


def test_a_forged_button_in_a_list_is_answered_in_words(tell: Tell) -> None:
    story = tell(MONDAY)
    ask(story.ana)
    message = story.ana.ephemerals[-1]
    section = next(block for block in message.blocks if block.get("block_id") == PROD)
    section["accessory"]["value"] = "prod-1999-01-01"
    press(story.ana, PROD)
    assert story.ana.ephemerals[-1].shown == "There is no such window."
    assert story.ana.modal is None
