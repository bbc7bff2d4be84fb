"""One shift for another: one person is asked, and both shifts change hands or neither."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from rota import (
    CANCEL,
    MINE,
    NO_THANKS,
    SWAP,
    THEIRS,
    a_rota,
    ask_cover,
    asked,
    changes,
    click,
    form,
    on_call,
    overrides,
    press,
    request,
    rotate,
    send,
    told,
)
from story import Story, central

from bot.domain.rotation import HandoffTime, Rotation, last_handoff
from bot.domain.shift_request import RequestKind, RequestState
from bot.messages import ids
from bot.sandbox import OpenView, Person, Submission

Tell = Callable[..., Story]

# Weeks of primary: Ana until 23 Nov, Ben, Dora, then Ana again from 7 Dec, Ben from 14 Dec.
NOW = "2026-11-18 10:00"
ANAS = "Mon 7 Dec, 9:00 AM to Mon 14 Dec, 9:00 AM"
BENS = "Mon 23 Nov, 9:00 AM to Mon 30 Nov, 9:00 AM"
IN_BENS, IN_ANAS = "2026-11-24 02:00", "2026-12-08 02:00"


@pytest.fixture
def story(tell: Tell) -> Story:
    return a_rota(tell(NOW))


def ask_swap(story: Story, mine: str = ANAS, theirs: str = BENS) -> Submission:
    """Ana asks for somebody's week."""
    opened = form(story, story.ana, ids.ONCALL_SWAP)
    submission = send(story, opened, {MINE: mine, THEIRS: theirs})
    opened.close()
    return submission


def shifts(opened: OpenView, label: str) -> tuple[str, ...]:
    return opened.input(label).options


def whose(story: Story) -> tuple[list[str], list[str]]:
    """Who is on call in Ben's week and in Ana's."""
    return on_call(story, IN_BENS), on_call(story, IN_ANAS)


# The form.


def test_the_form_offers_coming_shifts_of_both_sides(story: Story) -> None:
    opened = form(story, story.ana, ids.ONCALL_SWAP)
    assert ANAS in shifts(opened, MINE)
    assert not any("23 Nov" in label for label in shifts(opened, MINE)), "hers has begun"
    assert BENS in shifts(opened, THEIRS)
    for words in ("primary · Ben", "primary · Dora", "Times are Central."):
        assert words in opened.text
    for words in ("Ana", "secondary", "manager"):
        assert words not in opened.text, "those are no shifts to swap for"


def test_who_has_no_coming_shift_gets_a_sentence(story: Story) -> None:
    reply = press(story, story.mia, ids.ONCALL_SWAP)
    assert "You have no shift that begins in the coming 12 weeks" in reply.text
    assert story.mia.modal is None


def test_where_nobody_else_has_a_shift_there_is_nothing_to_swap(story: Story) -> None:
    rotate(story, "primary", story.ana)
    ask_cover(story, story.ana, "2026-11-24 10:00", "2026-11-25 10:00")
    story.desk.bot.services.requests.accept(1, story.dora.id)
    reply = press(story, story.dora, ids.ONCALL_SWAP)
    assert reply.text.startswith("Nobody else has a shift of your level that begins in")


def test_shifts_of_two_levels_cannot_be_swapped(story: Story) -> None:
    rotate(story, "secondary", story.mia, story.ana)
    rotate(story, "manager", story.ben, story.mia)
    opened = form(story, story.ana, ids.ONCALL_SWAP)
    mine = next(o for o in _values(opened, MINE) if o.endswith(":secondary"))
    theirs = next(o for o in _values(opened, THEIRS) if o.endswith(":primary"))
    submission = send(story, opened, {MINE: mine, THEIRS: theirs})
    assert submission.errors == {THEIRS: "Choose a shift of the same level as yours: secondary."}
    assert not told(story.ben, "asks you to swap")


def _values(opened: OpenView, label: str) -> list[str]:
    block = next(b for b in opened.blocks if b.get("label", {}).get("text") == label)
    groups = block["element"]["option_groups"]
    return [option["value"] for group in groups for option in group["options"]]


def test_what_changed_while_the_form_was_open_is_said(story: Story) -> None:
    opened = form(story, story.ana, ids.ONCALL_SWAP)
    rotate(story, "primary", story.ana, story.dora, story.ben)
    submission = send(story, opened, {MINE: ANAS, THEIRS: BENS})
    assert submission.errors == {
        THEIRS: "The schedule has changed since this form was opened. Please open it again."
    }


def test_a_shift_that_began_while_the_form_was_open_is_no_longer_to_swap(story: Story) -> None:
    opened = form(story, story.ana, ids.ONCALL_SWAP)
    story.now_is("2026-11-23 09:00")
    (words,) = send(story, opened, {MINE: ANAS, THEIRS: BENS}).errors.values()
    assert words.startswith("One of the shifts has begun by now.")


def test_a_form_that_was_tampered_with_gives_nobody_elses_shift_away(story: Story) -> None:
    swaps = story.desk.bot.services.swaps
    begin, end = (int(central(f"2026-12-{day} 09:00").timestamp()) for day in ("14", "21"))
    bens = ids.StretchChoice(begin, end, story.ben.id, "primary")
    doras = ids.StretchChoice(begin - 14 * 86400, begin - 7 * 86400, story.dora.id, "primary")
    for mine, theirs in ((bens, doras), (bens, bens)):
        with pytest.raises(Exception, match=r"has changed since|same level"):
            swaps.ask(story.ana.id, mine, theirs, "V1")


def test_the_same_shift_is_not_asked_about_twice(story: Story) -> None:
    assert ask_swap(story).ok
    (place, words), *_ = ask_swap(story).errors.items()
    assert (place, words.partition(".")[0]) == (MINE, "You have asked for that time already")


# Asking and answering.


def test_only_the_one_whose_shift_it_is_gets_asked(story: Story) -> None:
    before = len(story.team.messages)
    assert ask_swap(story).ok
    dm = asked(story, story.ben)
    assert dm in story.ben.notifications
    assert dm.buttons == (SWAP, NO_THANKS)
    for words in (
        "@Ana asks you to swap shifts",
        "@Ben takes Dec 7 at 9:00 AM (Mon 7 Dec, 9:00 AM Central) to Dec 14",
        "@Ana takes Nov 23 at 9:00 AM (Mon 23 Nov, 9:00 AM Central) to Nov 30",
    ):
        assert words in dm.shown_to(story.ben)
    assert asked(story, story.ana).buttons == (CANCEL,)
    assert not told(story.dora, "swap shifts")
    assert len(story.team.messages) == before
    assert whose(story) == (["Ben"], ["Ana"]), "nothing changes until they say yes"


def test_a_yes_swaps_both(story: Story) -> None:
    ask_swap(story)
    answer = click(story, story.ben, asked(story, story.ben), SWAP)
    assert "You are on call as primary, Dec 7" in answer
    assert "@Ana takes over your Nov 23" in answer
    assert whose(story) == (["Ana"], ["Ben"])
    assert [override.request_id for override in overrides(story)] == [1, 1]
    news = changes(story.ana)[-1]
    assert "@Ben swapped shifts with you." in news
    assert news.splitlines()[2:7] == [
        "Before:",
        "• until Nov 23 at 9:00 AM (Mon 23 Nov, 9:00 AM Central)",
        "• Dec 7 at 9:00 AM (Mon 7 Dec, 9:00 AM Central)"
        " to Dec 14 at 9:00 AM (Mon 14 Dec, 9:00 AM Central)",
        "Now:",
        "• until Nov 30 at 9:00 AM (Mon 30 Nov, 9:00 AM Central)",
    ], "Ben's week follows hers"
    for person in (story.ana, story.ben):
        assert "@Ben swapped with @Ana." in asked(story, person).shown
        assert asked(story, person).buttons == ()


def test_a_no_changes_nothing_and_the_asker_is_told(story: Story) -> None:
    ask_swap(story)
    assert click(story, story.ben, asked(story, story.ben), NO_THANKS) == ""
    assert whose(story) == (["Ben"], ["Ana"])
    assert told(story.ana, "@Ben cannot swap: your shift stays yours")
    assert "@Ben cannot swap." in asked(story, story.ben).shown
    again = press(story, story.ben, ids.REQUEST_ACCEPT, "1").text
    assert again.startswith("You declined this just now.")


@pytest.mark.parametrize("action", [ids.REQUEST_ACCEPT, ids.REQUEST_DECLINE])
def test_nobody_else_can_answer(story: Story, action: str) -> None:
    ask_swap(story)
    for person in (story.dora, story.mia):
        text = press(story, person, action, "1").text
        assert text in (
            "@Ana asked @Ben: only they can answer.",
            "Only who was asked for a swap can decline it.",
        )
    assert request(story).is_open


def test_the_asker_cannot_say_yes_for_the_other(story: Story) -> None:
    ask_swap(story)
    assert "your own request" in press(story, story.ana, ids.REQUEST_ACCEPT, "1").text
    assert whose(story) == (["Ben"], ["Ana"])


def test_nobody_declines_a_request_for_cover(story: Story) -> None:
    ask_cover(story, story.ana, "2026-11-20 17:00", "2026-11-21 09:00")
    assert "can decline it" in press(story, story.ben, ids.REQUEST_DECLINE, "1").text
    assert request(story).is_open


def test_a_yes_twice_swaps_once(story: Story) -> None:
    ask_swap(story)
    message = asked(story, story.ben)
    then = list(message.blocks)
    click(story, story.ben, message, SWAP)
    message.blocks = then
    assert click(story, story.ben, message, SWAP).startswith("You accepted this")
    message.blocks = then
    assert click(story, story.ben, message, NO_THANKS).startswith("You accepted this")
    assert len(overrides(story)) == 2


def test_yes_and_no_at_once_are_one_of_both(tell: Tell, database_url: str) -> None:
    story = a_rota(tell(NOW, database_url=database_url))
    ask_swap(story)
    message, barrier = asked(story, story.ben), threading.Barrier(2)

    def say(button: str) -> None:
        barrier.wait()
        story.ben.click(message, button)

    threads = [threading.Thread(target=say, args=(button,)) for button in (SWAP, NO_THANKS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    story.desk.advance(seconds=3)
    if request(story).state is RequestState.ACCEPTED:
        assert whose(story) == (["Ana"], ["Ben"])
    else:
        assert request(story).state is RequestState.DECLINED
        assert whose(story) == (["Ben"], ["Ana"])


def test_it_is_answered_after_a_restart(story: Story) -> None:
    ask_swap(story)
    story.desk.stop_bot()
    story.desk.advance_clock(hours=8)
    story.desk.start_bot()
    click(story, story.ben, asked(story, story.ben), SWAP)
    assert whose(story) == (["Ana"], ["Ben"])


def test_a_swap_that_the_schedule_has_overtaken_is_over_and_both_are_told(story: Story) -> None:
    ask_swap(story)
    rotate(story, "primary", story.ana, story.dora, story.ben)
    answer = click(story, story.ben, asked(story, story.ben), SWAP)
    assert answer.startswith("The schedule has changed since this was asked")
    assert told(story.ana, "Your request to swap has come to nothing")
    assert "came to nothing" in asked(story, story.ben).shown
    assert request(story).state is RequestState.CANCELLED
    assert overrides(story) == ()


def test_nobody_swaps_with_who_has_left_the_team(story: Story) -> None:
    ask_swap(story)
    story.ana.deactivate()
    story.desk.rest()
    story.desk.bot.services.membership.changed(story.ana.id)
    answer = click(story, story.ben, asked(story, story.ben), SWAP)
    assert answer.startswith("The schedule has changed since")
    assert overrides(story) == ()


def test_not_answered_by_its_beginning_both_shifts_stay(story: Story) -> None:
    ask_swap(story)
    story.now_is("2026-11-23 08:59")
    assert request(story).is_open
    before = len(story.team.messages)
    story.now_is("2026-11-23 09:00:05")
    assert request(story).state is RequestState.LAPSED
    assert whose(story) == (["Ben"], ["Ana"])
    assert told(story.ana, "@Ben has not answered: your shift stays yours")
    assert "Both shifts stay as they were." in asked(story, story.ben).shown
    assert not any("swap" in m.text for m in story.team.messages[before:])


def test_the_asker_cancels_it(story: Story) -> None:
    ask_swap(story)
    click(story, story.ana, asked(story, story.ana), CANCEL)
    assert "Cancelled by @Ana." in asked(story, story.ben).shown
    assert asked(story, story.ben).buttons == ()
    assert request(story).state is RequestState.CANCELLED


@pytest.mark.parametrize("half", [0, 1])
def test_one_half_is_cancelled_with_the_other(story: Story, half: int) -> None:
    ask_swap(story)
    click(story, story.ben, asked(story, story.ben), SWAP)
    number = overrides(story)[half].id
    answer = press(story, story.mia, ids.OVERRIDE_CANCEL, str(number)).text
    assert answer.startswith("Cancelled, both halves of the swap.")
    assert whose(story) == (["Ben"], ["Ana"])
    for person in (story.ana, story.ben):
        assert "@Mia cancelled an earlier change." in changes(person)[-1]
    assert "@Mia cancelled it later" in asked(story, story.ben).shown


def test_of_a_swap_half_over_the_other_half_is_cancelled(story: Story) -> None:
    ask_swap(story)
    click(story, story.ben, asked(story, story.ben), SWAP)
    story.now_is("2026-12-01 10:00")
    first, second = overrides(story)
    past, coming = sorted((first, second), key=lambda override: override.segment)
    over = press(story, story.mia, ids.OVERRIDE_CANCEL, str(past.id)).text
    assert over == "That is over, and the past cannot be changed."
    press(story, story.mia, ids.OVERRIDE_CANCEL, str(coming.id))
    assert whose(story) == (["Ana"], ["Ana"])


def test_a_shift_that_somebody_covers_is_swapped_by_who_covers_it(story: Story) -> None:
    ask_cover(story, story.ana, "2026-12-07 09:00", "2026-12-08 09:00")
    story.desk.bot.services.requests.accept(1, story.mia.id)
    opened = form(story, story.mia, ids.ONCALL_SWAP)
    assert shifts(opened, MINE) == ("Mon 7 Dec, 9:00 AM to Tue 8 Dec, 9:00 AM",)
    send(story, opened, {MINE: shifts(opened, MINE)[0], THEIRS: BENS})
    (dm,) = told(story.ben, "@Mia asks you to swap")
    click(story, story.ben, dm, SWAP)
    assert request(story, 2).kind is RequestKind.SWAP
    assert whose(story) == (["Mia"], ["Ben"])


def test_daily_rotations_fit_in_the_form(story: Story) -> None:
    """84 days, three levels, five people: Slack takes 100 options under a heading."""
    _daily(story, *("primary", "secondary", "manager"))
    opened = form(story, story.ana, ids.ONCALL_SWAP)
    assert len(shifts(opened, THEIRS)) > 150


def _daily(story: Story, *levels: str) -> None:
    people: tuple[Person, ...] = (story.ana, story.ben, story.mia, story.dora)
    zone, handoff = story.desk.policy.hours.zone, HandoffTime.parse("daily 09:00")
    for n, level in enumerate(levels):
        turn = tuple(person.id for person in (*people[n:], *people[:n]))
        with story.desk.bot.services.shifts.changing(None) as change:
            start = last_handoff(handoff, zone, change.now)
            rotation = Rotation(level, turn, handoff, zone, start, every_days=1)
            change.tx.schedule.add_rotation(rotation, change.now)
