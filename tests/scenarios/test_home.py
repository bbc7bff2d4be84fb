"""The Home tab: the team's queue, a customer's cases, and nothing for those who have none."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from story import QUESTION_ANSWERS, SEVERITY, Story

from bot.domain.case import CaseStatus
from bot.messages.case_list import PER_PAGE
from bot.sandbox import OpenView, Person, Refused, events

Tell = Callable[..., Story]
SEVERE = "Business severely impacted"
STOPPED = "Business Stopped"
HOW_TO = "No business impact"
MOST_BLOCKS = 100
WORST = ("<!channel> <@U0000001> *b* _i_ `c` ~s~ |& \u202eعربي\u202c 👩‍👩‍👧 \u200b" * 60)[:3000]


def home(story: Story, person: Person) -> OpenView:
    """What somebody sees who looks at the tab."""
    person.open_home()
    story.desk.rest()
    assert person.home is not None
    return person.home


def cases_on(shown: str) -> list[str]:
    return re.findall(r"^(CASE-\d+) ", shown, re.MULTILINE)


def buttons(view: OpenView) -> set[str]:
    found = [block.get("accessory") for block in view.blocks]
    return {element["text"]["text"] for element in found if element}


def queue(view: OpenView) -> str:
    """The part of the team's tab below what is the reader's own."""
    return view.text.partition("Open cases, what is due first on top")[2]


def test_the_team_sees_what_is_due_first_on_top_and_what_is_overdue_marked(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    slow, answered, fast = (story.open_case(severity) for severity in (HOW_TO, SEVERE, STOPPED))
    story.answer(story.ana, answered)
    story.now_is("2026-11-23 12:30")
    view = home(story, story.dora)
    assert cases_on(queue(view)) == [fast, slow, answered], "who waits for us comes first"
    assert f"acme · {STOPPED} · :red_circle: overdue since today at 12:00 PM" in view.text
    assert f"acme · {HOW_TO} · due Nov 25 at 10:00 AM" in view.text
    assert f"acme · {SEVERE} · Answered · nobody has it" in view.text
    assert view.text.count(":red_circle:") == 1
    assert "As of today at 12:30 PM (Mon 23 Nov, 12:30 PM Central)" in view.text


def test_a_breach_is_marked_at_its_very_second_and_gone_with_the_answer(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.now_is("2026-11-23 13:59:59")
    assert ":red_circle:" not in home(story, story.ana).text
    story.now_is("2026-11-23 14:00")
    assert ":red_circle: overdue since today at 2:00 PM" in home(story, story.ana).text
    story.answer(story.ana, name)
    assert ":red_circle:" not in home(story, story.ana).text


def test_mine_are_the_cases_that_were_given_to_me(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    hers, his = story.open_case(SEVERE), story.open_case(SEVERE)
    story.ana.click(story.team_card(hers), "Take")
    story.ben.click(story.team_card(his), "Take")
    story.desk.advance(seconds=3)
    for person, name in ((story.ana, hers), (story.ben, his)):
        view = home(story, person)
        mine = view.text.partition("Open cases, what")[0].partition("Mine")[2]
        assert cases_on(mine) == [name]
        assert sorted(cases_on(queue(view))) == [hers, his]
    assert "Mine" not in home(story, story.dora).text


@pytest.mark.parametrize(("own", "shown", "more"), [(5, 5, ""), (6, 5, "and 1 more")])
def test_of_mine_the_most_urgent_stand_apart(tell: Tell, own: int, shown: int, more: str) -> None:
    story = tell("2026-11-23 10:00")
    names = story.have_cases(own, assignee=story.ana)
    text = home(story, story.ana).text
    mine = text.partition("Open cases, what")[0].partition("Mine")[2]
    assert cases_on(mine) == names[:shown]
    assert more in mine
    assert ("more" in mine) == bool(more)


def test_the_count_of_mine_is_right_however_many_they_are(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.have_cases(30, assignee=story.ana)
    assert "and 25 more" in home(story, story.ana).text


def test_the_team_sees_who_is_on_call_until_when(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    text = home(story, story.dora).text
    for level, person in story.levels.items():
        assert f"• {level}: @{person.name}" in text.splitlines()  # always, since nobody follows
    ben, dora = story.ben.id, story.dora.id
    story.desk.bot.services.on_call.set("secondary", [ben, dora])
    assert "• secondary: @Ben, until Nov 30 at 9:00 AM" in home(story, story.dora).text
    assert "nobody" not in text


def test_a_level_with_nobody_on_it_is_said_loudly(tell: Tell) -> None:
    story = tell("2026-11-23 10:00", on_call=False)
    assert home(story, story.dora).text.count(":warning: nobody") == 3
    story.desk.bot.services.on_call.set("secondary", [story.ben.id])
    text = home(story, story.dora).text
    assert "• secondary: @Ben" in text
    assert text.count(":warning: nobody") == 2


@pytest.mark.parametrize("total", [0, 1, PER_PAGE, PER_PAGE + 1, 150])
def test_every_case_stands_on_one_page_of_the_queue(tell: Tell, total: int) -> None:
    story = tell("2026-11-23 10:00")
    names = story.have_cases(total)
    view = home(story, story.dora)
    if not total:
        assert "Nothing is open." in view.text
    assert "Previous" not in buttons(view)
    found = cases_on(queue(view))
    pages = 1
    while "Next" in buttons(view):
        assert len(view.blocks) <= MOST_BLOCKS
        assert view.click("Next").ok
        found += cases_on(queue(view))
        pages += 1
        assert "Nothing is open." not in view.text
    assert found == names
    assert pages == max(1, -(-total // PER_PAGE))
    for _ in range(pages - 1):
        assert view.click("Previous").ok
    assert cases_on(queue(view)) == names[:PER_PAGE]
    assert "Previous" not in buttons(view)


def test_to_open_the_tab_again_shows_its_first_page_anew(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    names = story.have_cases(PER_PAGE + 3)
    view = home(story, story.dora)
    view.click("Next")
    assert cases_on(queue(view)) == names[PER_PAGE:]
    assert cases_on(queue(home(story, story.dora))) == names[:PER_PAGE]


def test_a_customer_sees_the_cases_of_their_channels_and_their_own(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    ws = story.workspace
    gus, gustav = ws.add_person("Gus", guest=True), ws.add_person("Gustav", guest=True)
    globex = ws.add_channel("globex", members=[ws.bot, gus, gustav], private=True)
    of_acme = story.open_case(SEVERE)
    direct = story.open_case(HOW_TO, answers=QUESTION_ANSWERS, channel=story.carla.dm)
    of_globex = story.open_case(SEVERE, person=gus, channel=globex)
    for person, names in (
        (story.carla, [of_acme, direct]),
        (gus, [of_globex]),
        (gustav, [of_globex]),
    ):
        text = home(story, person).text
        assert cases_on(text) == names
        assert "Your open cases" in text
        for internal in ("On call", "Ben", "Mia", "Mine", "nobody has it"):
            assert internal not in text
    globex.kick(gustav)
    story.desk.rest()
    text = home(story, gustav).text
    assert cases_on(text) == []
    assert "None: all is well." in text


def test_a_customer_turns_pages_too(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    names = story.have_cases(PER_PAGE + 1)
    view = home(story, story.carla)
    assert cases_on(view.text) == names[:PER_PAGE]
    assert view.click("Next").ok
    assert cases_on(view.text) == names[PER_PAGE:]
    assert view.click("Previous").ok
    assert cases_on(view.text) == names[:PER_PAGE]


def resolve_all_but(story: Story, names: list[str], kept: int) -> None:
    """Somebody goes through the queue."""
    now = story.desk.clock.now()
    with story.desk.bot.store.transaction() as tx:
        for name in names[kept:]:
            case = tx.cases.get(int(name.removeprefix("CASE-")), lock=True)
            tx.cases.save(replace(case, status=CaseStatus.RESOLVED, resolved_at=now))


@pytest.mark.parametrize("who", ["Dora", "Carla"])
def test_a_page_that_is_gone_by_the_click_does_not_say_that_nothing_is_open(
    tell: Tell, who: str
) -> None:
    story = tell("2026-11-23 10:00")
    names = story.have_cases(PER_PAGE + 2)
    view = home(story, {"Dora": story.dora, "Carla": story.carla}[who])
    resolve_all_but(story, names, PER_PAGE - 1)
    assert view.click("Next").ok
    assert "Nothing is open." not in view.text
    assert "None: all is well." not in view.text


def test_from_a_page_that_is_gone_there_is_a_way_back(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    names = story.have_cases(2 * PER_PAGE + 1)
    view = home(story, story.dora)
    view.click("Next")
    resolve_all_but(story, names, 3)
    assert view.click("Next").ok
    if not cases_on(queue(view)):
        assert view.click("Previous").ok
    assert cases_on(queue(view)) == names[:3]
    assert "Previous" not in buttons(view)


def test_somebody_of_another_organisation_sees_their_own_cases(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    reply = story.emil.click(story.acme.pins[0], "Open a case")
    assert reply.ok
    assert story.emil.modal is not None
    story.fill(story.emil.modal, SEVERE)
    assert story.emil.modal.submit().ok
    story.desk.advance(seconds=3)
    text = home(story, story.emil).text
    assert "CASE-1001" in cases_on(text)
    assert "On call" not in text
    # Emil reads it in Kolkata.
    assert "due tomorrow at 1:30 AM (Mon 23 Nov, 2:00 PM Central)" in text


def test_of_other_organisations_people_slack_is_not_asked_for_their_channels(tell: Tell) -> None:
    """Slack may refuse: then they would see no tab at all."""
    story = tell("2026-11-23 10:00")
    story.workspace.faults.add(
        "users.conversations",
        Refused("user_not_found"),
        times=None,
        when=lambda args: args.get("user") == story.emil.id,
    )
    story.emil.open_home()
    story.desk.rest()
    assert story.emil.home is not None
    assert "Your open cases" in story.emil.home.text


def test_a_stranger_and_a_bot_see_no_case(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.open_case(SEVERE)
    ws = story.workspace
    stranger = ws.add_person("Stan", team=ws.add_team("Elsewhere"))
    zap = ws.add_bot("Zap")
    with ws.changed:
        events.tell_of_home(ws, zap, None)
    text = home(story, stranger).text
    assert cases_on(text) == []
    shown = [str(call.args.get("view")) for call in ws.calls if call.method == "views.publish"]
    assert len(shown) == 2
    assert not any("CASE-" in view or "On call" in view for view in shown)


def test_a_guest_in_the_teams_channel_is_not_of_the_team(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    gus = story.workspace.add_person("Gus", guest=True)
    story.team.invite(gus)
    story.desk.rest()
    story.open_case(SEVERE)
    text = home(story, gus).text
    assert cases_on(text) == []
    assert "On call" not in text


def test_who_leaves_the_team_loses_its_queue(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    view = home(story, story.ben)
    assert cases_on(queue(view)) == [name]
    story.team.kick(story.ben)
    story.desk.rest()
    text = home(story, story.ben).text
    assert "On call" not in text
    assert cases_on(text) == []


def test_a_button_of_the_teams_tab_shows_no_queue_to_who_has_left_since(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.have_cases(PER_PAGE + 1)
    view = home(story, story.ben)
    story.team.kick(story.ben)
    story.desk.rest()
    assert view.click("Next").ok
    assert cases_on(view.text) == []
    assert "On call" not in view.text


def test_a_case_opened_from_the_tab_lives_in_a_direct_message(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    view = home(story, story.carla)
    assert view.click("Open a case").ok
    assert story.carla.modal is not None
    story.carla.modal.fill({SEVERITY: HOW_TO, **QUESTION_ANSWERS})
    assert story.carla.modal.submit().ok
    story.desk.advance(seconds=3)
    assert "How do I export a blueprint?" in story.card("CASE-1001", story.carla.dm).shown  # type: ignore[arg-type]
    assert not any("CASE-1001" in message.text for message in story.acme.messages)
    assert cases_on(home(story, story.carla).text) == ["CASE-1001"]
    assert "CASE-1001 How do I export" in home(story, story.ana).text


def test_an_archived_channels_cases_stay_with_their_reporter_and_the_team(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.acme.archive()
    story.desk.rest()
    assert cases_on(home(story, story.carla).text) == [name]
    assert cases_on(queue(home(story, story.ana))) == [name]


@pytest.mark.parametrize("who", ["Ana", "Carla"])
def test_the_worst_words_make_a_tab_that_slack_takes(tell: Tell, who: str) -> None:
    story = tell("2026-11-23 10:00")
    story.have_cases(PER_PAGE * 2, text=WORST, assignee=story.ana)
    view = home(story, {"Ana": story.ana, "Carla": story.carla}[who])
    assert len(view.blocks) <= MOST_BLOCKS
    assert len(cases_on(view.text)) >= PER_PAGE
    shown = str(view.blocks)
    assert "<!channel>" not in shown
    assert "<@U0000001>" not in shown
    assert not [c for c in story.workspace.calls if (c.response or {}).get("ok") is False]


def test_what_slack_repeats_is_drawn_again_and_does_no_harm(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.workspace.repeat_events = 3
    name = story.open_case(SEVERE)
    assert cases_on(home(story, story.carla).text) == [name]


def test_a_tab_that_slack_did_not_take_is_drawn_by_its_next_try(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.workspace.faults.add("users.conversations", Refused("internal_error"))
    story.workspace.faults.add("views.publish", Refused("internal_error"))
    assert cases_on(home(story, story.carla).text) == [name]


def test_the_tab_knows_the_time_of_when_it_was_opened(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    view = home(story, story.ana)
    story.desk.clock.turn_to(story.desk.clock.now() + timedelta(hours=2))
    assert "Mon 23 Nov, 10:00 AM Central" in view.text
    assert "Mon 23 Nov, 12:00 PM Central" in home(story, story.ana).text
