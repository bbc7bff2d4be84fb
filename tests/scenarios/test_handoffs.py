"""The pager goes from one person to the next, who says that they have it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from story import HAVE_IT, Story, central

from bot.domain.rotation import HandoffTime
from bot.domain.schedule import Override, OverrideKind
from bot.domain.segments import Segment
from bot.messages import ids, kit
from bot.sandbox import CutAfter, Message, Person, Refused, happenings
from bot.services.handoffs import SCHEDULE
from storage.database import Database
from storage.store import SqlStore
from storage.tables import marks

Tell = Callable[..., Story]
STOPPED = "Business Stopped"
TAKE = "Take the pager now"


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


def weekly(story: Story, *people: Person, level: str = "primary", handoff: str = "") -> None:
    """Each for a week, from the last handoff on."""
    ids = [person.id for person in people]
    at = HandoffTime.parse(handoff) if handoff else None
    story.desk.bot.services.on_call.set(level, ids, at)
    story.desk.advance(seconds=3)


def lay(
    story: Story,
    by: Person | None,
    kind: OverrideKind,
    until: str,
    *,
    user: Person | None = None,
    instead_of: Person | None = None,
    level: str = "primary",
) -> None:
    """An override from now on."""
    with story.desk.bot.services.shifts.changing(by.id if by else None) as change:
        override = Override(
            0,
            level,
            kind,
            user.id if user else None,
            instead_of.id if instead_of else None,
            Segment(change.now, central(until).astimezone(change.now.tzinfo)),
            change.now,
            by.id if by else "U0",
        )
        change.tx.schedule.add_override(override)
    story.desk.advance(seconds=3)


def about(person: Person, *words: str) -> list[Message]:
    """What somebody was told in a DM, and says all of these words now; the oldest first."""
    return [message for message in person.dms if all(word in message.shown for word in words)]


def asked(person: Person) -> list[Message]:
    """What still asks somebody to say that they have the pager."""
    return [message for message in person.dms if HAVE_IT in message.buttons]


def reached_in(story: Story, person: Person) -> timedelta | None:
    with story.desk.bot.store.reading() as tx:
        found = tx.handoffs.last_reached(person.id)
    return found.reached_in if found else None


def refuse_dms(story: Story, person: Person) -> None:
    to_them = person.dm.id
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("channel_not_found"),
        times=None,
        when=lambda args: args.get("channel") == to_them,
    )


def press_forged(story: Story, person: Person, value: str) -> str:
    """What is answered to somebody who presses such a button with that value."""
    with story.workspace.changed:
        button = kit.actions(kit.button(ids.HANDOFF_HAVE, HAVE_IT, value)) | {"block_id": "B"}
        message = happenings.post(
            story.workspace, person.dm, story.workspace.bot, "A forgery", [button]
        )
    return person.click(message, HAVE_IT).text


# --- the message ---------------------------------------------------------------------------------


def test_at_the_handoff_both_are_told_with_what_is_open_and_the_past_weeks_pages(
    tell: Tell,
) -> None:
    story = tell("2026-11-23 06:30")
    weekly(story, story.ana, story.dora)
    name = story.open_case(STOPPED)
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.now_is("2026-11-23 08:59:59")
    assert asked(story.dora) == []
    story.now_is("2026-11-23 09:00:04")
    (message,) = asked(story.dora)
    for words in (
        "You are on call as primary until",
        "Mon 30 Nov, 9:00 AM Central",
        "Before you: @Ana",
        "Open Business Stopped cases: 1",
        f"{name} Prices are gone",
        "Waiting for our first response",
        "Pages of the past week: 1",
        "@Ana acknowledged",
    ):
        assert words in message.shown_to(story.dora), words
    assert story.card(name).ts.replace(".", "") in str(message.blocks), "a link to its thread"
    (told,) = about(story.ana, "You are off as primary")
    for words in ("@Dora is now", "Mon 23 Nov, 9:00 AM Central", name, "Pages of the past week: 1"):
        assert words in told.shown_to(story.ana), words
    assert told.buttons == ()
    assert not any(about(person, "9:00 AM Central") for person in (story.ben, story.mia))


def test_where_nothing_is_open_the_message_says_so(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:00:04")
    shown = asked(story.dora)[0].shown
    assert "Open Business Stopped cases: none" in shown
    assert "Pages of the past week: none" in shown


def test_of_many_open_cases_some_are_shown_and_the_rest_counted(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.have_cases(9, "business_stopped", text="<@U1> & <!channel> *gone*")
    story.have_cases(3, "severe_impact")
    story.now_is("2026-11-23 09:00:04")
    (message,) = asked(story.dora)
    assert "Open Business Stopped cases: 9" in message.shown
    assert "…and 4 more" in message.shown
    assert not message.pings(story.ana)
    assert "<@U1> & <!channel> gone" in message.shown, "their words stay words"


def test_a_tap_is_a_measured_test(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:00:00")
    story.desk.advance(seconds=38)
    reply = story.says_so(story.dora)
    assert reply.text == "Noted: reachable in 38 s. You have the pager as primary."
    assert reached_in(story, story.dora) == timedelta(seconds=38)
    assert asked(story.dora) == []
    (message,) = about(story.dora, "You have the pager as primary")
    assert "You said so" in message.shown
    assert "38 s after I asked" in message.shown
    story.now_is("2026-11-23 09:30")
    assert not about(story.ana, "has not said")
    assert story.news() == []


def test_the_first_tap_counts_and_no_other(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:00:00")
    (message,) = asked(story.dora)
    drawn = list(message.blocks)
    story.desk.advance(seconds=10)
    story.says_so(story.dora)
    story.desk.advance(minutes=3)
    message.blocks = drawn  # her screen has not caught up
    assert "reachable in 10 s" in story.says_so(story.dora).text
    assert reached_in(story, story.dora) == timedelta(seconds=10)


def test_nobody_says_it_for_somebody_else_and_forged_values_do_nothing(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:00:04")
    (message,) = asked(story.dora)
    button = next(b for b in message.blocks if b["type"] == "actions")["elements"][0]
    assert button["action_id"] == ids.HANDOFF_HAVE
    for person, value, words in (
        (story.ben, button["value"], "Only @Dora can say that they have it."),
        (story.carla, button["value"], "Only people of the support team"),
        (story.dora, "999999", "no such handoff"),
        (story.dora, "-1", "too old"),
        (story.dora, "1; DROP TABLE handoffs", "too old"),
        (story.dora, "9" * 19, "too old"),
        (story.dora, "9" * 18, "no such handoff"),
    ):
        assert words in press_forged(story, person, value), value
    assert reached_in(story, story.dora) is None
    assert HAVE_IT in message.buttons


def test_a_tap_of_a_shift_that_is_over_says_who_has_it(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:00:04")
    (message,) = asked(story.dora)
    drawn = list(message.blocks)
    lay(story, story.ben, OverrideKind.REPLACE, "2026-11-25 09:00", user=story.ben)
    assert asked(story.dora) == []
    assert "You are not primary any more: @Ben is now." in message.shown
    redrawn, message.blocks = message.blocks, drawn  # her screen has not caught up
    reply = story.dora.click(message, HAVE_IT)
    assert reply.text == "You are not primary any more: @Ben is now."
    message.blocks = redrawn
    story.now_is("2026-11-25 09:00:04")
    assert len(asked(story.dora)) == 1, "she is on again"
    message.blocks = drawn
    story.dora.click(message, HAVE_IT)
    assert reached_in(story, story.dora) is None, "an old button says nothing of this shift"


# --- no tap ---------------------------------------------------------------------------------------


def test_without_a_tap_those_before_and_the_next_level_are_told_and_the_schedule_stands(
    tell: Tell,
) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:00:04")
    story.now_is("2026-11-23 09:14:59")
    assert not about(story.ana, "has not said")
    story.now_is("2026-11-23 09:15:04")
    for person in (story.ana, story.ben):
        (told,) = about(person, "@Dora has not said that they have the pager", "primary")
        assert "The schedule stands: pages ring them." in told.shown
        assert told.buttons == (TAKE,)
    assert about(story.mia, "has not said") == []
    assert story.news() == []
    assert "Others know that you have not said so yet." in asked(story.dora)[0].shown
    story.now_is("2026-11-23 18:30")
    story.open_case(STOPPED)
    assert story.rung() == ["Dora"]


def test_a_late_tap_counts_and_those_who_were_told_hear_of_it(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:22:00")
    assert "reachable in 22 min" in story.says_so(story.dora).text
    story.desk.advance(seconds=3)
    for person in (story.ana, story.ben):
        (told,) = about(person, "@Dora has the pager, after 22 min (primary).")
        assert told.buttons == ()
    assert asked(story.dora) == []


def test_of_the_last_level_the_teams_channel_hears_too(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.mia, story.dora, level="manager")
    story.now_is("2026-11-23 09:15:10")
    (told,) = [words for words in story.news() if "@Dora has not said" in words]
    assert "manager" in told
    assert len(about(story.mia, "@Dora has not said")) == 1
    assert about(story.ana, "has not said") == []


def test_an_empty_level_in_between_is_passed(tell: Tell) -> None:
    story = tell("2026-11-23 08:00", on_call=False)
    weekly(story, story.ana, story.dora)
    weekly(story, story.mia, level="manager")
    story.says_so(story.ana)
    story.says_so(story.mia)
    story.now_is("2026-11-23 09:15:10")
    assert len(about(story.mia, "@Dora has not said")) == 1
    assert not any("@Dora" in words for words in story.news())


def test_whoever_is_off_again_by_then_is_not_missed(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:10")
    lay(story, story.ben, OverrideKind.REPLACE, "2026-11-24 09:00", user=story.ben)
    story.now_is("2026-11-23 09:40")
    for person in (story.ana, story.ben, story.mia):
        assert about(person, "has not said") == []


def test_when_somebody_takes_the_pager_those_who_were_told_hear_who_has_it(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:20")
    lay(story, story.ben, OverrideKind.REPLACE, "2026-11-24 09:00", user=story.ben)
    (told,) = about(story.ana, "@Dora is not primary any more: @Ben is now.")
    assert told.buttons == ()


# --- whom Slack does not reach --------------------------------------------------------------------


def test_where_slack_takes_no_message_others_hear_at_once(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    refuse_dms(story, story.dora)
    story.now_is("2026-11-23 09:00:05")
    for words in (about(story.ana, "could not tell")[0].shown, story.news()[0]):
        assert "I could not tell @Dora that they are on call." in words
        assert "channel_not_found" in words
    assert len(about(story.ben, "could not tell @Dora")) == 1
    story.now_is("2026-11-23 10:00")
    assert len(story.news()) == 1, "once"
    assert about(story.ana, "has not said") == []


def test_who_left_the_team_is_told_nothing_and_the_team_hears_it(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    before = len(story.dora.dms)
    story.team.kick(story.dora)
    story.now_is("2026-11-23 09:00:05")
    assert len(story.dora.dms) == before
    (told,) = [words for words in story.news() if "Dora" in words and "pager" in words]
    assert "is on call, but is not of the team any more" in told


def test_what_one_person_cannot_be_told_goes_to_the_teams_channel(tell: Tell) -> None:
    """Dora has not tapped, and Slack takes no message to Ben, who is to hear of it."""
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    refuse_dms(story, story.ben)
    story.now_is("2026-11-23 09:15:10")
    assert len([words for words in story.news() if "@Dora has not said" in words]) == 1


def test_a_message_whose_answer_was_lost_is_measured_from_when_slack_had_it(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    to_dora = story.dora.dm.id
    story.workspace.faults.add(
        "chat.postMessage", CutAfter(), when=lambda args: args.get("channel") == to_dora
    )
    story.now_is("2026-11-23 09:00:02")
    assert story.says_so(story.dora).text.startswith("Noted")
    story.desk.advance(seconds=30)
    measured = reached_in(story, story.dora)
    assert measured is not None
    assert round(measured.total_seconds()) == 2
    assert len(about(story.dora, "You have the pager as primary")) == 1


def test_while_slack_is_away_nobody_is_blamed(tell: Tell) -> None:
    """Away for an hour over the handoff: the quarter of an hour begins when it is back."""
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.workspace.away = True
    story.now_is("2026-11-23 10:00")
    story.workspace.away = False
    story.desk.advance(minutes=1, seconds=5)
    assert len(asked(story.dora)) == 1
    assert about(story.ana, "has not said") == []
    story.desk.advance(minutes=13)
    assert about(story.ana, "has not said") == []
    story.desk.advance(minutes=2)
    assert len(about(story.ana, "@Dora has not said")) == 1


# --- who is asked, and who not --------------------------------------------------------------------


def test_who_is_set_at_the_command_line_is_asked_at_once(tell: Tell) -> None:
    """That is the first time that anybody can know whether they can be reached."""
    story = tell("2026-11-23 10:00", on_call=False)
    story.desk.bot.services.on_call.set("primary", [story.ana.id])
    story.desk.advance(seconds=20)
    assert "Before you" not in asked(story.ana)[0].shown
    assert "reachable in" in story.says_so(story.ana).text


def test_who_comes_on_by_their_own_press_is_asked_nothing(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    lay(story, story.dora, OverrideKind.REPLACE, "2026-11-24 10:00", user=story.dora)
    assert story.dora.dms == ()
    assert about(story.ana, "You are off") == [], "the change of their shift tells them"
    assert len(about(story.ana, "Your on-call shifts have changed")) == 2
    story.now_is("2026-11-23 10:30")
    assert story.news() == []
    assert reached_in(story, story.dora) is None
    story.now_is("2026-11-24 10:00:05")
    assert len(asked(story.ana)) == 1, "she is on again, by nobody's press"
    assert len(about(story.dora, "You are off as primary", "@Ana is now")) == 1


def test_two_levels_at_once_are_one_message_and_one_tap(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    weekly(story, story.ben, story.dora, level="secondary")
    story.now_is("2026-11-23 09:00:05")
    (message,) = asked(story.dora)
    assert "You are on call as primary until" in message.shown
    assert "You are on call as secondary until" in message.shown
    assert message.text == "You are on call as primary and secondary"
    story.says_so(story.dora)
    story.desk.advance(minutes=16)
    for person in (story.ana, story.ben, story.mia):
        assert about(person, "has not said") == []
    assert asked(story.dora) == []


def test_who_goes_from_one_level_to_another_hears_it_in_one_message(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    weekly(story, story.dora, story.ana, level="secondary")
    story.desk.advance(seconds=3)
    before = len(story.ana.dms)
    story.now_is("2026-11-23 09:00:05")
    (message,) = story.ana.dms[before:]
    assert "You are on call as secondary" in message.shown
    assert "You are off as primary" in message.shown
    assert "@Dora is now" in message.shown


def test_the_first_start_over_an_old_schedule_hands_nothing_over(tell: Tell) -> None:
    """As after an update: who is on call has been so for long."""
    story = tell("2026-11-23 10:00")
    story.desk.stop_bot()
    _forget_the_mark(story)
    before = {person: len(person.dms) for person in story.levels.values()}
    story.desk.start_bot()
    story.now_is("2026-11-23 10:20")
    assert {person: len(person.dms) for person in story.levels.values()} == before
    weekly(story, story.dora)
    assert len(asked(story.dora)) == 1


def test_who_is_set_before_the_first_start_is_asked_by_it(tell: Tell) -> None:
    """`oncall set` on a fresh database: nobody has ever looked who is on call."""
    story = tell("2026-11-23 10:00", on_call=False)
    _forget_the_mark(story)
    weekly(story, story.ana)
    assert len(asked(story.ana)) == 1


def test_a_press_right_after_a_handoff_does_not_hide_it(tell: Tell) -> None:
    """Ben takes the pager a second after it went to Dora, who has not even been told."""
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.desk.clock.turn_to(central("2026-11-23 09:00:01"))
    lay(story, story.ben, OverrideKind.REPLACE, "2026-11-24 09:00", user=story.ben)
    (told,) = about(story.ana, "You are off as primary")
    assert "@Ben is now" in told.shown
    assert asked(story.dora) == []


def _forget_the_mark(story: Story) -> None:
    database = Database(story.desk.settings().database_url)
    with database.transaction() as connection:
        connection.execute(marks.delete())
    database.dispose()


# --- nobody ---------------------------------------------------------------------------------------


def test_a_level_that_nobody_has_is_said_at_once_and_when_somebody_has_it(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    lay(
        story,
        None,
        OverrideKind.REMOVE,
        "2026-11-23 15:00",
        instead_of=story.ben,
        level="secondary",
    )
    (told,) = [m for m in story.team.messages if "Nobody is secondary" in m.shown]
    assert "Mon 23 Nov, 10:00 AM Central" in told.shown
    assert "until" in told.shown
    assert "3:00 PM Central" in told.shown
    assert told.buttons == (TAKE,)
    assert not told.pings(story.dora), "the other levels have somebody"
    lay(
        story,
        story.dora,
        OverrideKind.ADD,
        "2026-11-23 15:00",
        user=story.dora,
        level="secondary",
    )
    assert told.shown.startswith(":white_check_mark: @Dora is secondary now.")
    assert told.buttons == ()


def test_nobody_at_any_level_is_said_to_everybody(tell: Tell) -> None:
    story = tell("2026-11-23 10:00", on_call=False)
    weekly(story, story.ana)
    story.says_so(story.ana)
    lay(story, None, OverrideKind.REMOVE, "2026-11-23 15:00", instead_of=story.ana)
    (told,) = [m for m in story.team.messages if "Nobody is on call, at any level" in m.shown]
    assert told.pings(story.dora)


def test_where_the_teams_channel_takes_nothing_on_call_hears_of_the_gap(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("is_archived"),
        times=None,
        when=lambda args: args.get("channel") == story.team.id,
    )
    lay(
        story,
        None,
        OverrideKind.REMOVE,
        "2026-11-23 15:00",
        instead_of=story.ben,
        level="secondary",
    )
    assert len(about(story.ana, "Nobody is secondary")) == 1
    assert len(about(story.mia, "Nobody is secondary")) == 1


# --- time and processes ---------------------------------------------------------------------------


def test_handoffs_that_nobody_was_there_for_are_said_as_they_stand(tell: Tell) -> None:
    """Down for two handoffs: Dora, who came and went meanwhile, hears nothing."""
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora, story.ben)
    before = len(story.dora.dms)
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-11-30 12:00"))
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert len(story.dora.dms) == before
    (message,) = asked(story.ben)
    assert "You are on call as primary until" in message.shown
    assert "Mon 7 Dec, 9:00 AM Central" in message.shown
    (told,) = about(story.ana, "You are off as primary")
    assert "Mon 30 Nov, 9:00 AM Central" in told.shown
    assert "@Ben is now" in told.shown


def test_after_a_long_sleep_of_the_machine_nobody_is_missed_who_is_off_by_now(tell: Tell) -> None:
    """The check of Dora's tap and the next handoff fall due in one moment."""
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:10")
    story.desk.clock.turn_to(central("2026-11-30 09:00:01"))
    story.desk.rest()
    story.desk.advance(seconds=5)
    assert about(story.ben, "has not said") == []
    assert len(asked(story.ana)) == 1
    assert asked(story.dora) == []
    with story.desk.bot.store.reading() as tx:
        found = tx.handoffs.newest("primary", story.dora.id)
    assert found is not None
    assert found[1].missed_at is None


def test_a_restart_right_after_a_handoff_repeats_nothing(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:00:05")
    before = {person: len(person.dms) for person in (story.ana, story.ben, story.dora)}
    story.desk.stop_bot()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert {person: len(person.dms) for person in (story.ana, story.ben, story.dora)} == before
    story.now_is("2026-11-23 09:15:10")
    assert len(about(story.ana, "@Dora has not said")) == 1


def test_a_clock_that_is_set_back_hands_nothing_back(tell: Tell) -> None:
    story = tell("2026-11-23 08:00")
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:00:05")
    story.says_so(story.dora)
    before = {person: len(person.dms) for person in (story.ana, story.dora)}
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-11-23 08:10"))
    story.desk.start_bot()
    story.now_is("2026-11-23 09:20")
    assert {person: len(person.dms) for person in (story.ana, story.dora)} == before
    story.now_is("2026-11-30 09:00:05")
    assert len(asked(story.ana)) == 1, "and the next one is in time"


def test_a_change_while_the_clock_is_behind_is_handed_over_when_it_has_caught_up(
    tell: Tell,
) -> None:
    story = tell("2026-11-23 09:30")
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-11-23 09:00"))
    story.desk.start_bot()
    weekly(story, story.dora)
    story.now_is("2026-11-23 09:29")
    assert asked(story.dora) == []
    story.now_is("2026-11-23 09:31")
    assert len(asked(story.dora)) == 1


@pytest.mark.parametrize(
    ("starts", "handoff", "is_due"),
    [
        ("2026-10-31 12:00", "sun 01:30", "2026-11-01 01:30"),  # autumn has it twice
        ("2026-03-07 12:00", "sun 02:30", "2026-03-08 03:30"),  # spring has none
    ],
)
def test_on_the_nights_when_the_clocks_change_there_is_one_handoff(
    tell: Tell, starts: str, handoff: str, is_due: str
) -> None:
    story = tell(starts)
    weekly(story, story.ana, story.dora, handoff=handoff)
    due = central(is_due)
    story.desk.advance_to(due - timedelta(seconds=1))
    assert asked(story.dora) == []
    story.desk.advance_to(due + timedelta(seconds=3))
    assert len(asked(story.dora)) == 1
    story.says_so(story.dora)
    story.desk.advance(hours=4)
    assert len(about(story.dora, "You have the pager as primary")) == 1
    assert len(about(story.ana, "You are off as primary")) == 1
    assert asked(story.ana) == []


def test_however_many_processes_there_are_each_handoff_is_carried_out_once(
    tell: Tell, database_url: str
) -> None:
    story = tell("2026-11-23 08:00", database_url=database_url)
    weekly(story, story.ana, story.dora)
    bot = story.desk.bot
    others = [SqlStore(Database(database_url)) for _ in range(4)]
    story.desk.clock.turn_to(central("2026-11-23 09:00:01"))
    now, handoffs = story.desk.clock.now(), bot.services.handoffs

    def look(store: SqlStore) -> None:
        with store.transaction() as tx:
            handoffs.follow(tx, now)

    at_once(*(lambda s=s: look(s) for s in others))
    story.desk.rest()
    story.desk.advance(seconds=5)
    for store in others:
        store.database.dispose()
    assert len(asked(story.dora)) == 1
    assert len(about(story.ana, "You are off as primary")) == 1
    with bot.store.reading() as tx:
        assert tx.marks.get(SCHEDULE).at == now


def test_a_tap_and_its_check_at_once_end_in_one_of_two_ways(tell: Tell, database_url: str) -> None:
    story = tell("2026-11-23 08:00", database_url=database_url)
    weekly(story, story.ana, story.dora)
    story.now_is("2026-11-23 09:00:05")
    (message,) = asked(story.dora)
    story.desk.clock.turn_to(central("2026-11-23 09:15:05"))
    at_once(
        lambda: story.dora.click(message, HAVE_IT),
        lambda: story.dora.click(message, HAVE_IT),
        story.desk.bot.wake,
    )
    story.desk.rest()
    story.desk.advance(seconds=5)
    assert about(story.ana, "has not said") == []
    assert len(about(story.dora, "You have the pager")) == 1


def at_once(*actions: Callable[[], object]) -> None:
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> None:
        barrier.wait()
        action()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
