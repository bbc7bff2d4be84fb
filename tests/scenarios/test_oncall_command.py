"""`/oncall`: who is on call now, next, ahead and at any time; for the team alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

import pytest
from story import Story, central

from bot.domain.rotation import HandoffTime
from bot.domain.schedule import Override, OverrideKind
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestKind, ShiftRequest
from bot.messages import ids
from bot.messages.inputs import MOST_BLOCKS
from bot.sandbox import Channel, OpenView, Person, RateLimited
from handlers.guard import NOT_TEAM

Tell = Callable[..., Story]
STOPPED = "Business Stopped"
MONDAY = "2026-11-23 10:00"


def ask(person: Person, text: str = "", channel: Channel | None = None) -> str:
    """What Casebell answers privately to `/oncall` and these words."""
    reply = person.command("/oncall", text, channel)
    assert reply.ok, reply.problem
    assert all(message.only_for is person for message in reply.messages)
    return reply.messages[-1].shown_to(person) if reply.messages else reply.text


def weeks(person: Person, text: str = "weeks") -> OpenView:
    reply = person.command("/oncall", text)
    assert reply.ok, reply.problem
    assert person.modal is not None
    return person.modal


def segment(start: str, end: str) -> Segment:
    return Segment(central(start).astimezone(UTC), central(end).astimezone(UTC))


def put(story: Story, kind: OverrideKind, level: str, when: Segment, **people: Any) -> int:
    """An override that Dora sets; its number."""
    shifts = story.desk.bot.services.shifts
    with shifts.changing(story.dora.id) as change:
        user, instead_of = people.get("user"), people.get("instead_of")
        override = Override(0, level, kind, user, instead_of, when, change.now, story.dora.id)
        return change.tx.schedule.add_override(override).id


def rotate(story: Story, level: str, *people: Person, **options: Any) -> None:
    story.desk.bot.services.on_call.set(level, [person.id for person in people], **options)


# --- now and next --------------------------------------------------------------------------------


def test_now_and_next_at_each_level(tell: Tell) -> None:
    story = tell(MONDAY)
    rotate(story, "primary", story.ana, story.ben)
    shown = ask(story.dora).splitlines()
    assert shown[1] == (
        "primary: @Ana, until Nov 30 at 9:00 AM (Mon 30 Nov, 9:00 AM Central), then @Ben until"
        " Dec 7 at 9:00 AM (Mon 7 Dec, 9:00 AM Central)"
    )
    assert "secondary: @Ben, always" in shown
    assert "manager: @Mia, always" in shown


def test_nobody_is_said_loudly_with_how_to_set_them(tell: Tell) -> None:
    story = tell(MONDAY, on_call=False)
    assert ask(story.dora).count(":warning: nobody: python -m bot oncall set") == 3


def test_nobody_next_is_said_loudly_too(tell: Tell) -> None:
    story = tell(MONDAY)
    when = segment("2026-11-24 18:00", "2026-11-25 09:00")
    put(story, OverrideKind.REMOVE, "primary", when, instead_of=story.ana.id)
    story.now_is("2026-11-24 12:00")
    shown = ask(story.dora)
    then = "(Tue 24 Nov, 6:00 PM Central), then :warning: nobody until tomorrow"
    assert f"primary: @Ana, until today at 6:00 PM {then}" in shown


def test_each_person_on_call_is_shown_with_when_they_last_answered(tell: Tell) -> None:
    story = tell(MONDAY)
    rotate(story, "primary", story.dora)
    story.desk.advance(seconds=5)
    story.says_so(story.dora)
    story.now_is("2026-11-26 11:00")
    shown = ask(story.ana)
    assert re.search(r"@Dora: reachable in \d s, 3 days ago", shown)
    assert "@Ben: never tested" in shown
    assert "@Ana:" not in shown, "she is not on call"


@pytest.mark.parametrize("words", ["", "weeks", "history", "at 2026-11-21 02:00", "help", "boo"])
def test_others_get_one_sentence_and_nothing_else(tell: Tell, words: str) -> None:
    story = tell(MONDAY)
    for person in (story.carla, story.workspace.add_person("Fay")):
        assert ask(person, words, story.acme if person is story.carla else None) == NOT_TEAM
        assert person.modal is None


def test_the_answer_is_private_in_a_customers_channel_too(tell: Tell) -> None:
    story = tell(MONDAY)
    before = len(story.acme.messages)
    assert "@Ana" in ask(story.ana, "", story.acme)
    assert len(story.acme.messages) == before
    assert story.carla.ephemerals == ()


def test_help_and_unknown_words_say_what_there_is(tell: Tell) -> None:
    story = tell(MONDAY)
    for words in ("weeks", "at 2026-11-21 02:00", "history", "help"):
        assert f"/oncall {words}" in ask(story.ana, "HELP")
    unknown = ask(story.ana, "boo <!channel> `x`")
    assert unknown.startswith("I do not know /oncall boo")
    assert "/oncall history" in unknown
    assert not any(m.pings(story.ben) for m in story.ana.ephemerals)


# --- what is asked and changed -------------------------------------------------------------------


def buttons(person: Person) -> list[tuple[str, str]]:
    """The buttons of the newest private answer, with their values."""
    return [
        (element["action_id"], element.get("value", ""))
        for block in person.ephemerals[-1].blocks
        for element in (*block.get("elements", ()), block.get("accessory") or {})
        if element.get("type") == "button"
    ]


ROW = [(ids.ONCALL_TAKE, ""), (ids.ONCALL_COVER, ""), (ids.ONCALL_SWAP, ""), (ids.ONCALL_WEEKS, "")]


def test_without_anything_asked_or_changed_there_is_one_row_of_buttons(tell: Tell) -> None:
    story = tell(MONDAY)
    shown = ask(story.ana)
    assert buttons(story.ana) == ROW
    assert "Asked for" not in shown
    assert "Changes" not in shown


def test_open_requests_have_the_buttons_that_mean_something_to_the_reader(tell: Tell) -> None:
    story = tell(MONDAY)
    now = story.desk.clock.now()
    first, second = (
        segment("2026-11-27 18:00", "2026-11-28 09:00"),
        segment("2026-12-04 18:00", "2026-12-05 09:00"),
    )
    with story.desk.bot.store.transaction() as tx:
        cover = tx.requests.add(
            ShiftRequest("primary", RequestKind.COVER, story.ana.id, first, now)
        )
        swap = tx.requests.add(
            ShiftRequest(
                "primary", RequestKind.SWAP, story.ana.id, second, now, story.ben.id, first
            )
        )
    expected = {
        story.ana: [(ids.REQUEST_CANCEL, str(cover)), (ids.REQUEST_CANCEL, str(swap))],
        story.ben: [
            (ids.REQUEST_ACCEPT, str(cover)),
            (ids.REQUEST_ACCEPT, str(swap)),
            (ids.REQUEST_DECLINE, str(swap)),
        ],
        story.dora: [(ids.REQUEST_ACCEPT, str(cover))],
    }
    for person, there in expected.items():
        shown = ask(person)
        assert "@Ana asks for cover as primary, Nov 27 at 6:00 PM" in shown
        assert "@Ana asks @Ben to swap as primary: Dec 4 at 6:00 PM" in shown
        assert buttons(person) == [*there, *ROW]


def test_changes_that_are_not_over_are_listed_with_a_way_to_cancel_them(tell: Tell) -> None:
    story = tell(MONDAY)
    when = segment("2026-11-24 18:00", "2026-11-25 09:00")
    ana, ben, dora, mia = (p.id for p in (story.ana, story.ben, story.dora, story.mia))
    replaced = put(story, OverrideKind.REPLACE, "primary", when, user=dora, instead_of=ana)
    added = put(story, OverrideKind.ADD, "secondary", when, user=dora)
    put(story, OverrideKind.REMOVE, "manager", when, instead_of=mia)
    put(story, OverrideKind.REPLACE, "secondary", when, user=dora, instead_of=mia)
    gone = put(story, OverrideKind.ADD, "manager", when, user=ben)
    with story.desk.bot.store.transaction() as tx:
        tx.schedule.cancel_overrides([gone], dora, story.desk.clock.now())
    shown = ask(story.ben)
    start = "tomorrow at 6:00 PM (Tue 24 Nov, 6:00 PM Central) to Nov 25 at 9:00 AM"
    assert f"@Dora is primary instead of @Ana, {start}" in shown
    assert f"@Dora is on call as secondary too, {start}" in shown
    assert f"@Mia is not on call as manager, {start}" in shown
    assert shown.count("It makes no difference") == 1, "nobody can stand in for who is not on"
    cancels = [value for action, value in buttons(story.ben) if action == ids.OVERRIDE_CANCEL]
    assert cancels[:2] == [str(replaced), str(added)]
    assert len(cancels) == 4
    story.now_is("2026-11-24 20:00")
    assert "@Dora is primary instead of @Ana, until" in ask(story.ben)
    story.now_is("2026-11-25 09:00")
    ask(story.ben)
    assert buttons(story.ben) == ROW


def test_many_changes_are_counted(tell: Tell) -> None:
    story = tell(MONDAY)
    for day in range(1, 10):
        when = segment(f"2026-12-0{day} 18:00", f"2026-12-0{day} 19:00")
        put(story, OverrideKind.ADD, "primary", when, user=story.dora.id)
    assert "and 3 more" in ask(story.ana)


# --- the coming weeks ----------------------------------------------------------------------------


def test_the_coming_weeks_are_a_block_each(tell: Tell) -> None:
    story = tell("2026-11-25 10:00")
    rotate(story, "primary", story.ana, story.ben)
    when = segment("2026-12-08 18:00", "2026-12-09 09:00")
    put(story, OverrideKind.REMOVE, "manager", when, instead_of=story.mia.id)
    text = weeks(story.dora).text
    blocks = text.split("Mon ")
    assert "• primary: @Ana, until Nov 30 at 9:00 AM" in text
    for words in (
        "Mon 23 Nov to Sun 29 Nov",
        "Mon 21 Dec to Sun 27 Dec",
        "• primary: @Ben, Nov 30 at 9:00 AM (Mon 30 Nov, 9:00 AM Central) to Dec 7 at 9:00 AM",
        "• secondary: @Ben, always",
        "• secondary: @Ben, all week",
        "◦ :warning: nobody, Dec 8 at 6:00 PM (Tue 8 Dec, 6:00 PM Central) to Dec 9 at 9:00 AM",
        "◦ @Mia, from Dec 9 at 9:00 AM",
    ):
        assert words in text, words
    assert len(blocks) > 5
    assert text.count(" to Sun ") == 5, "what is left of this week, and the coming four"


def test_the_button_opens_the_same_weeks(tell: Tell) -> None:
    story = tell(MONDAY)
    ask(story.dora)
    assert story.dora.click(story.dora.ephemerals[-1], "Next four weeks").ok
    assert story.dora.modal is not None
    by_button = story.dora.modal.text
    story.dora.modal.close()
    assert weeks(story.dora).text == by_button


def test_the_fullest_schedule_fits(tell: Tell) -> None:
    """Shifts of a day at three levels, and an override every hour of one week."""
    story = tell(MONDAY)
    people = [story.ana, story.ben, story.mia, story.dora]
    for level in story.levels:
        rotate(story, level, *people, handoff=HandoffTime.parse("daily 09:00"), every_days=1)
    start = central("2026-11-30 00:00").astimezone(UTC)
    hours = [start + timedelta(hours=hour) for hour in range(0, 100, 2)]
    ana, carla, dora = story.ana.id, story.carla.id, story.dora.id
    with story.desk.bot.services.shifts.changing(dora) as change:
        for when in (Segment(hour, hour + timedelta(hours=1)) for hour in hours):
            for level, kind, user, instead_of in (
                ("primary", OverrideKind.REMOVE, None, ana),
                ("secondary", OverrideKind.ADD, carla, None),
            ):
                override = Override(0, level, kind, user, instead_of, when, change.now, dora)
                change.tx.schedule.add_override(override)
    view = weeks(story.dora)
    assert len(view.blocks) <= MOST_BLOCKS
    texts = [block["text"]["text"] for block in view.blocks if "text" in block]
    assert all(len(text) <= 3000 for text in texts)
    assert "Mon 21 Dec, 9:00 AM to Tue 22 Dec, 9:00 AM" in view.text
    (hidden,) = {int(n) for n in re.findall(r"◦ and (\d+) more", view.text) if int(n) > 60}
    assert hidden < 100, "the fifty hours are a hundred changes; fourteen are shown"
    assert "and 94 more" in ask(story.dora)


# --- at an instant -------------------------------------------------------------------------------


def test_who_was_on_call_then_or_will_be(tell: Tell) -> None:
    story = tell(MONDAY)
    rotate(story, "primary", story.ana, story.ben)
    story.now_is("2026-12-02 12:00")
    rotate(story, "primary", story.dora)
    then = ask(story.mia, "at 2026-11-24 02:00")
    assert then.splitlines()[:2] == [
        "Who was on call at Tue 24 Nov 2026, 2:00 AM Central",
        "• primary: @Ana",
    ]
    assert "• primary: @Ben" in ask(story.mia, "AT 2026-12-01t02:00"), "what was, stays so"
    coming = ask(story.mia, "at 2026-12-31 02:00")
    assert "Who will be on call at Thu 31 Dec 2026, 2:00 AM Central" in coming
    assert "• primary: @Dora" in coming
    assert "As the schedule stands now." in coming
    assert ask(story.mia, "at 2020-01-01 02:00").count(":warning: nobody") == 3


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2026-11-24T08:00:00Z", "Tue 24 Nov 2026, 2:00 AM Central"),
        ("2026-11-24 09:00+01:00", "Tue 24 Nov 2026, 2:00 AM Central"),
        ("2026-11-24", "Tue 24 Nov 2026, 12:00 AM Central"),
        ("2027-03-14 02:30", "Sun 14 Mar 2027, 3:30 AM Central"),  # the hour that spring skips
        ("2027-11-07 01:30", "Sun 7 Nov 2027, 1:30 AM Central (the first time that night)"),
        ("2027-11-07 01:30-06:00", "Sun 7 Nov 2027, 1:30 AM Central (the second time that night)"),
    ],
)
def test_an_instant_may_be_typed_in_several_ways(tell: Tell, typed: str, read: str) -> None:
    assert f"on call at {read}" in ask(tell(MONDAY).mia, f"at {typed}")


NO_TIMES = {
    "noon": "That is no time that I can read.",
    "": "That is no time that I can read.",
    "2026-13-01 02:00": "That is no time that I can read.",
    "9999-12-31 23:59": "That is no time that I can read.",
    "2037-01-01 00:00": "more than ten years away",
    "0001-01-01 00:00": "more than ten years away",
    "0001-01-01T00:00+14:00": "That is no time that I can read.",
    "0206-11-24 02:00": "more than ten years away",
}


def test_what_is_no_time_is_answered_with_a_sentence(tell: Tell) -> None:
    story = tell(MONDAY)
    for typed, words in NO_TIMES.items():
        assert words in ask(story.mia, f"at {typed}"), typed


@pytest.mark.parametrize("words", ["take", "Cover", "swap", "now"])
def test_what_buttons_do_can_be_asked_for_in_words_and_is_there_to_press(
    tell: Tell, words: str
) -> None:
    story = tell(MONDAY)
    assert ask(story.ana, words) == ask(story.ana)


# --- history -------------------------------------------------------------------------------------


def test_history_shows_the_newest_ten_pages_and_older_ones_by_number(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    names = []
    for _ in range(12):
        name = story.open_case(STOPPED)
        story.answer(story.ana, name)
        names.append(name)
    shown = ask(story.dora, "history")
    listed = [line.split(" ")[0] for line in shown.splitlines() if line.startswith("CASE-")]
    assert listed == names[:1:-1]
    assert "/oncall history 2 shows older ones." in shown
    assert "• @Ana: 12 (12) in all. Week of 16 Nov: 12 (12)" in shown
    assert "• On call, and not rung: @Ben and @Mia" in shown
    older = ask(story.dora, "history 2")
    assert [line.split(" ")[0] for line in older.splitlines() if "CASE-" in line] == names[1::-1]
    assert "There are no older ones." in ask(story.dora, f"history {'9' * 300}")


def test_history_before_anything_has_happened(tell: Tell) -> None:
    assert "No page has rung anybody yet." in ask(tell(MONDAY).ana, "history")


def test_who_has_not_tapped_since_is_not_called_reachable(tell: Tell) -> None:
    story = tell("2026-11-23 08:59", on_call=False)
    story.desk.bot.services.on_call.set("primary", [story.ana.id])
    story.desk.advance(seconds=20)
    story.says_so(story.ana)
    rotate(story, "primary", story.dora)
    rotate(story, "primary", story.ana)
    story.desk.advance(minutes=16)
    shown = ask(story.ana)
    assert re.search(
        r"@Ana: :warning: did not tap on Mon 23 Nov, 8:59 AM; before that, reach", shown
    )
    story.says_so(story.ana)
    assert "did not tap" not in ask(story.ana)


# --- the rest ------------------------------------------------------------------------------------


def test_a_slack_that_refuses_to_open_the_view_is_told_in_a_sentence(tell: Tell) -> None:
    story = tell(MONDAY)
    story.workspace.faults.add("views.open", RateLimited(5))
    assert "Something went wrong on our side" in ask(story.ana, "weeks")


def test_a_rotation_set_at_the_command_line_is_told_to_those_whom_it_changes(tell: Tell) -> None:
    story = tell(MONDAY)
    rotate(story, "primary", story.dora)
    story.desk.advance(seconds=5)
    for person in (story.ana, story.dora):
        assert any("Your on-call shifts have changed" in m.shown for m in person.dms)
    assert not any("shifts have changed" in m.shown for m in story.ben.dms[1:])


def test_what_on_call_lacks_in_the_coming_weeks_is_shown(tell: Tell) -> None:
    story = tell(MONDAY)
    rotate(story, "secondary", story.ana)
    assert "@Ana is both primary and secondary on call now" in ask(story.dora)
    rotate(story, "secondary", story.ben)
    assert "To mend" not in ask(story.dora)
