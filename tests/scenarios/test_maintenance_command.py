"""`/maintenance`: what is ahead, for everybody; what to look at, for the team."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from maintenance_story import PROD, PROD_AT_NINE, ROUTINE, TEST, ask, change, press, top, utc, year
from story import Story, central
from test_policy_changes import edited, restarted_with
from window_calls import add_window

from bot.domain.segments import Segment
from bot.domain.window_changes import Cancel, Move, Resize, RunLate, Skip
from bot.messages.inputs import MOST_BLOCKS
from bot.messages.window_list import PER_PAGE, SHORT
from bot.sandbox import OpenView, Person, Refused
from handlers.guard import NOT_TEAM

Tell = Callable[..., Story]
MONDAY = "2026-12-14 09:00"


_HEAD = r".* (?:upgrade|maintenance)(?: · .*)?\n.* to |Maintenance\n.* to "


def windows(shown: str) -> list[str]:
    """What stands about each window, in order."""
    parts = re.split(rf"^(?={_HEAD})", shown, flags=re.MULTILINE)
    return [part for part in parts if re.match(_HEAD, part)]


# --- what is ahead -------------------------------------------------------------------------------


def test_the_next_windows_are_shown_by_date_by_both_clocks_with_their_length(tell: Tell) -> None:
    story = tell(MONDAY)
    shown = windows(ask(story.carla, "", story.acme))
    assert len(shown) == SHORT
    assert shown[0] == (
        "Test upgrade\nDec 18 at 3:00 AM (Thu 17 Dec, 8:00 PM Central) to"
        " Dec 18 at 7:00 AM (Fri 18 Dec, 12:00 AM Central) · 4 h\n"
    ), "Carla is in Berlin"
    assert shown[2].startswith("Routine maintenance\n")
    assert "(Fri 18 Dec, 8:00 PM Central)" in shown[2]
    assert "· 33 h" in shown[2]


def test_the_answer_is_private_in_a_customers_channel_too(tell: Tell) -> None:
    story = tell(MONDAY)
    before = len(story.acme.messages)
    ask(story.ana, "", story.acme)
    assert len(story.acme.messages) == before
    assert story.carla.ephemerals == ()


@pytest.mark.parametrize("words", ["", "12"])
def test_only_the_team_sees_what_to_look_at_and_can_change_anything(tell: Tell, words: str) -> None:
    story = tell(MONDAY)
    fay = story.workspace.add_person("Fay")
    for person, channel in ((story.carla, story.acme), (fay, None), (story.ana, story.acme)):
        shown = (
            year(person, words, channel).text if words else ask(person, words, channel)
        ) + "".join(message.shown for message in person.ephemerals)
        is_team = person is story.ana
        assert (":warning:" in shown) is is_team
        assert ("Manage" in shown) is is_team
        assert ("Add a window" in shown) is (is_team and not words)
        assert ("Will be told: " in shown) is (is_team and bool(words))


def test_holidays_and_overlaps_are_flagged_for_the_team(tell: Tell) -> None:
    story = tell(MONDAY)
    add_window(
        story.desk.bot.services.maintenance,
        "Search",
        Segment(utc("2026-12-17 21:00"), utc("2026-12-17 23:00")),
        story.ana.id,
    )
    add_window(
        story.desk.bot.services.maintenance,
        None,
        Segment(utc("2026-12-20 04:00"), utc("2026-12-20 06:00")),
        story.ana.id,
    )
    shown = windows(ask(story.ana))
    assert (
        ":warning: at the same time as Search maintenance of Thu 17 Dec, 9:00 PM Central"
        in (shown[0])
    )
    assert ":warning: at the same time as Test upgrade of Thu 17 Dec, 8:00 PM Central" in shown[1]
    edge = "Maintenance of Sun 20 Dec, 4:00 AM Central is only partly inside it"
    assert f":warning: {edge}" in shown[3]
    assert ":warning: only partly inside Routine maintenance of Fri 18 Dec, 8:00 PM" in shown[4]
    prod = next(part for part in shown if "(Fri 1 Jan" in part and part.startswith("Prod"))
    assert ":warning: falls on New Year's Day" in prod


def test_the_state_of_a_window_is_said(tell: Tell) -> None:
    story = tell("2026-12-14 11:00")  # its Test has been told of
    change(story, TEST, Cancel())
    change(story, PROD, Skip())
    change(story, "test-2026-12-31", Move(utc("2026-12-30 20:00")))
    change(story, "routine-2026-12-21", Resize(utc("2026-12-26 05:00")))
    shown = ask(story.ana)
    for words in (
        "Test upgrade · cancelled: it does not take place",
        "Prod upgrade · skipped: it does not take place this time",
        "Test upgrade · moved",
        "Routine maintenance · shorter",
        "By the policy: Dec 31 at 8:00 PM (Thu 31 Dec, 8:00 PM Central)",
    ):
        assert words in shown, words
    mine = ask(story.carla, "", story.acme)
    assert "Test upgrade · cancelled" in mine
    assert "skipped" not in mine, "nobody was ever told of that one"
    assert "By the policy" not in mine
    story.now_is("2026-12-18 20:30")
    change(story, ROUTINE, RunLate(utc("2026-12-20 07:00")))
    assert windows(ask(story.carla, "", story.acme))[0].startswith(
        "Routine maintenance · :wrench: under way\n"
    )


def test_what_is_done_and_what_will_not_work_is_shown_as_it_was_typed(tell: Tell) -> None:
    story = tell(MONDAY)
    add_window(
        story.desk.bot.services.maintenance,
        "R&D <!channel>",
        Segment(utc("2026-12-15 20:00"), utc("2026-12-15 22:00")),
        story.ana.id,
        what="New disks <@U0000001>",
        affected="Search & <https://evil.example|export>",
    )
    shown = ask(story.carla, "", story.acme)
    assert "R&D <!channel> maintenance" in shown
    assert "What: New disks <@U0000001>" in shown
    assert "Will not work: Search & <https://evil.example|export>" in shown
    assert not any(message.pings(story.ben) for message in story.carla.ephemerals)


def test_a_channel_that_does_not_follow_a_sector_does_not_see_it_and_the_team_does(
    tell: Tell,
) -> None:
    story = tell(MONDAY)
    with story.desk.bot.store.transaction() as tx:
        tx.roster.follow(story.acme.id, frozenset({"prod"}), routine_always=False)
    shown = ask(story.carla, "", story.acme)
    assert "Test upgrade" in shown
    assert "Prod upgrade" not in shown
    assert "Routine maintenance" not in shown, "no work that it follows is planned in it"
    assert "Prod upgrade" not in all_pages(year(story.carla, "12", story.acme))
    assert "Prod upgrade" in ask(story.ana, "", story.acme)
    assert "Prod upgrade" in ask(story.carla), "in a direct message, all"


# --- twelve months -------------------------------------------------------------------------------


def all_pages(view: OpenView) -> str:
    """Every page of the months ahead."""
    text, turned = view.text, 0
    while "\nNext\n" in view.text:
        assert view.click("Next").ok
        text += view.text
        turned += 1
        assert turned < 30
    return text


def test_twelve_months_name_the_windows_that_are_special(tell: Tell) -> None:
    """2026-12-31 (a Test), 2027-01-01 (a Prod on a holiday), and both changes of the clocks."""
    story = tell(MONDAY)
    found = windows(all_pages(year(story.ana)))
    total = re.search(r"1–10 of (\d+) windows", year(story.ana).text)
    assert total is not None
    assert len(found) == int(total[1]) > 100

    def on(day: str, what: str) -> str:
        return next(part for part in found if part.startswith(what) and f"({day}, 8:00" in part)

    assert "· 4 h\nWill be told: Mon 28 Dec, 10:00 AM;" in on("Thu 31 Dec", "Test upgrade")
    assert "falls on New Year's Day" in on("Fri 1 Jan", "Prod upgrade")
    assert "· 32 h: spring skips an hour" in on("Fri 12 Mar", "Routine maintenance")
    assert "· 34 h: autumn repeats an hour" in on("Fri 5 Nov", "Routine maintenance")


def test_twelve_months_say_when_what_is_posted_as_the_command_line_does(tell: Tell) -> None:
    story = tell(MONDAY)
    shown = year(story.ana).text
    assert (
        "Will be told: Tue 15 Dec, 10:00 AM; Thu 17 Dec, 10:00 AM; Fri 18 Dec, 7:00 PM;"
        " Fri 18 Dec, 8:00 PM; Sat 19 Dec, 12:00 AM (Central)"
    ) in shown
    assert "Will be told with the Prod upgrade inside it" in shown


@pytest.mark.parametrize(
    ("words", "last"),
    [("1", "Jan 8 "), ("3 months", "Mar 12 "), ("all", "Jan 13"), ("999999999999", "Jan 13")],
)
def test_so_many_months_as_one_says(tell: Tell, words: str, last: str) -> None:
    story = tell(MONDAY)
    text = all_pages(year(story.ana, words))
    starts = re.findall(r"^(\w{3} \d+).* to .* · ", text, re.MULTILINE)
    assert starts[-1].startswith(last.strip())


def test_the_pages_of_the_months_are_turned_in_place(tell: Tell) -> None:
    story = tell(MONDAY)
    view = year(story.carla, "12", story.acme)
    assert "1–10 of" in view.text
    assert "Previous" not in view.text
    view.click("Next")
    assert f"{PER_PAGE + 1}–{2 * PER_PAGE} of" in view.text
    assert len(view.blocks) <= MOST_BLOCKS
    view.click("Previous")
    assert "1–10 of" in view.text


def test_the_button_opens_the_same_months(tell: Tell) -> None:
    story = tell(MONDAY)
    ask(story.ana)
    press(story.ana, "Twelve months")
    assert story.ana.modal is not None
    by_button = story.ana.modal.text
    story.ana.modal.close()
    assert year(story.ana).text == by_button


def test_without_any_window_it_says_so(tell: Tell, tmp_path: Path) -> None:
    nothing_routine = ('[maintenance.routine]\nstarts = "fri 20:00"\nends = "sun 05:00"\n', "")
    later = ("anchor = 2026-11-19", "anchor = 2029-11-15")
    story = tell(MONDAY, policy=edited(tmp_path, nothing_routine, later))
    assert "No maintenance is planned" in ask(story.ana)
    told = year(story.carla, "12", story.acme).text
    assert "No maintenance that this channel is told of is planned" in told
    story.ana.open_home()
    story.desk.rest()
    assert story.ana.home is not None
    assert "aintenance" not in story.ana.home.text


# --- what is past, and who was told --------------------------------------------------------------


def test_what_is_over_or_called_off_is_shown_newest_first_for_four_weeks(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    change(story, PROD, Cancel())
    assert "18 Dec" not in ask(story.carla, "past", story.acme)
    story.now_is("2026-12-20 12:00")
    for words in ("past", "PAST"):
        shown = windows(ask(story.carla, words, story.acme))
        assert [part.partition("\n")[0] for part in shown] == [
            "Routine maintenance · over",
            "Prod upgrade · cancelled: it does not take place",
            "Test upgrade · over",
            "Routine maintenance · over",
        ]
        assert "Who was told" not in "".join(shown)
    assert ask(story.ana, "past").count("Who was told") == 3, "nobody was told of the first"
    story.now_is("2027-01-17 12:00")
    assert "18 Dec" not in ask(story.ana, "past")


def test_the_team_sees_where_each_post_is_and_why_one_is_not(tell: Tell) -> None:
    story = tell("2026-12-15 09:59")
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("restricted_action"),
        times=None,
        when=lambda args: args["channel"] == story.acme.id,
    )
    story.now_is("2026-12-15 10:01")
    change(story, PROD, Move(utc("2026-12-19 09:00")))
    story.desk.advance(seconds=8)
    ask(story.ana)
    press(story.ana, PROD)
    top(story.ana).click("Who was told")
    moved, planned = top(story.ana).text.split("Days before")
    assert top(story.ana).title == "Who was told"
    assert "It was moved · today at 10:01 AM" in moved
    assert "Posted, and changed in place since, in #support-team" in planned
    assert "Refused in #acme: restricted_action" in planned
    assert "Refused in #acme" not in moved, "it never knew of it, so it has no news"


def test_only_the_team_sees_who_was_told(tell: Tell) -> None:
    story = tell("2026-12-15 10:30")
    ask(story.dora, "", story.acme)
    press(story.dora, PROD)
    form = top(story.dora)
    story.team.kick(story.dora)
    story.desk.rest()
    form.click("Who was told")
    assert NOT_TEAM in top(story.dora).text


# --- words ---------------------------------------------------------------------------------------


def test_help_and_unknown_words_say_what_there_is(tell: Tell) -> None:
    story = tell(MONDAY)
    for person, channel in ((story.ana, None), (story.carla, story.acme)):
        shown = ask(person, "HELP", channel)
        assert "/maintenance 12" in shown
        assert ("Manage" in shown) is (person is story.ana)
    unknown = ask(story.ana, "boo <!channel> `x`")
    assert unknown.startswith("I do not know /maintenance boo")
    assert "/maintenance 12" in unknown
    assert not any(m.pings(story.ben) for m in story.ana.ephemerals)


# --- what the policy says otherwise, and the Home tab --------------------------------------------


def test_what_the_policy_says_otherwise_is_listed_for_the_team_alone(
    tell: Tell, tmp_path: Path
) -> None:
    story = tell("2026-12-15 09:00")
    story.now_is("2026-12-15 10:01")
    restarted_with(story, edited(tmp_path, PROD_AT_NINE))
    shown = ask(story.ana)
    assert "The policy now says otherwise" in shown
    assert (
        "the policy now has it Dec 18 at 9:00 PM (Fri 18 Dec, 9:00 PM Central) to"
        " Dec 19 at 1:00 AM (Sat 19 Dec, 1:00 AM Central)."
    ) in shown
    assert "Follow the policy" in shown
    assert "The policy now says otherwise" not in ask(story.carla, "", story.acme)


def test_the_teams_home_tab_has_a_line_for_the_next_window(tell: Tell) -> None:
    story = tell(MONDAY)

    def home(person: Person) -> str:
        person.open_home()
        story.desk.rest()
        assert person.home is not None
        return person.home.text

    assert "Next maintenance: Test upgrade, Dec 17 at 8:00 PM (Thu 17 Dec" in home(story.ana)
    assert "aintenance" not in home(story.carla)
    change(story, TEST, Cancel())
    assert "Next maintenance: Prod upgrade, Dec 18" in home(story.ana)
    story.now_is("2026-12-18 20:00")
    assert ":wrench: Prod upgrade is under way, until" in home(story.ana)
    assert central("2026-12-18 20:00") == story.desk.clock.now()
