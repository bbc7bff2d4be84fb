"""What the team does on a case's card, and who is kept from doing it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from door import until
from processes import SECRET, site
from story import ERROR_ANSWERS, QUESTION_ANSWERS, SEVERITY, Story, central, one

from bot.domain.case import Case, CaseStatus
from bot.domain.events import EventKind, TimelineEntry
from bot.messages import ids
from bot.sandbox import Message, OpenView, Person, RateLimited, Refused, Reply, Submission
from bot.sandbox.delivery import send_over_http
from bot.sandbox.interactions import find_element, pressed

Tell = Callable[..., Story]

SEVERE = "Business severely impacted"
STOPPED = "Business Stopped"
WHOSE = "Who takes care of it?"
REPLY = "Your reply"
NOTE = "What was it, and what has been done?"
NOT_TEAM = "Only people of the support team can do this."
WAITING = "Waiting on the customer"


def click(story: Story, person: Person, name: str, button: str) -> Reply:
    """Press a button of the team's card, and let what follows happen."""
    reply = person.click(story.team_card(name), button)
    story.desk.advance(seconds=3)
    return reply


def choose(story: Story, person: Person, name: str, item: str) -> Reply:
    """Choose behind the card's three dots."""
    reply = person.choose(story.team_card(name), ids.MORE, item)
    story.desk.advance(seconds=3)
    return reply


def send(story: Story, form: OpenView, answers: dict[str, object]) -> Submission:
    """Fill a form in and submit it."""
    form.fill(answers)
    submission = form.submit()
    if not submission.ok:
        form.close()
    story.desk.advance(seconds=3)
    return submission


def assign(story: Story, by: Person, name: str, to: Any) -> Submission:
    return send(story, story.team_form(by, name, "Assign to…"), {WHOSE: to})


def reply(story: Story, by: Person, name: str, text: str) -> Submission:
    return send(story, story.team_form(by, name, "Reply"), {REPLY: text})


def resolve(story: Story, by: Person, name: str, note: str = "A worker hung.") -> Submission:
    return send(story, story.team_form(by, name, "Resolve"), {NOTE: note})


def items(story: Story, name: str) -> list[str]:
    """What stands behind the card's three dots."""
    _, menu = find_element(story.team_card(name).blocks, ids.MORE)
    return [option["text"]["text"] for option in menu["options"]]


def case(story: Story, name: str) -> Case:
    with story.desk.bot.store.reading() as tx:
        found = tx.cases.find(int(name.removeprefix("CASE-")))
    assert found
    return found


def history(story: Story, name: str, *kinds: EventKind) -> list[TimelineEntry]:
    with story.desk.bot.store.reading() as tx:
        return tx.cases.timeline(int(name.removeprefix("CASE-")), kinds or None)


def in_thread(story: Story, name: str) -> list[Message]:
    """What the customer reads in the case's thread."""
    return list(story.card(name).thread)


def as_drawn(card: Message, then: Sequence[Any]) -> Message:
    """A card on a screen that has not caught up."""
    card.blocks = list(then)
    return card


def at_once(*presses: Callable[[], Any]) -> None:
    """Several people at the same time."""
    barrier = threading.Barrier(len(presses))

    def after_all_are_ready(press: Callable[[], Any]) -> None:
        barrier.wait()
        press()

    threads = [threading.Thread(target=after_all_are_ready, args=(press,)) for press in presses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Take, take over, assign.


def test_taking_a_case_shows_whose_it_is_to_both_sides(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    assert "Nobody yet" in story.team_card(name).shown
    assert click(story, story.dora, name, "Take").text == ""
    assert "Assigned to\n@Dora" in story.team_card(name).shown
    assert "Assigned to\n@Dora" in story.card(name).shown
    assert "Take over" in story.team_card(name).buttons
    assert story.dora.dms == (), "who takes a case knows it"
    assert "Waiting for our first response" in story.card(name).shown, "taking is not answering"


def test_a_case_of_ones_own_cannot_be_taken_again(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    click(story, story.dora, name, "Take")
    assert f"{name} is yours already." in click(story, story.dora, name, "Take over").text
    assert len(history(story, name, EventKind.ASSIGNED)) == 1


def test_a_colleague_takes_over(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    click(story, story.dora, name, "Take")
    click(story, story.ana, name, "Take over")
    for card in (story.card(name), story.team_card(name)):
        assert "@Ana" in card.shown
        assert "@Dora" not in card.shown


def test_who_is_assigned_a_case_gets_a_dm_that_rings(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    assert assign(story, story.dora, name, story.ana).ok
    (dm,) = [m for m in story.ana.dms if name in m.text]
    assert dm in story.ana.notifications
    for part in ("Dora assigned", "Prices are gone", SEVERE, "acme", "2:00 PM Central", "its card"):
        assert part in dm.shown
    assert "Assigned to\n@Ana" in story.team_card(name).shown


def test_assigned_to_oneself_nobody_is_told(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    assert assign(story, story.dora, name, story.dora).ok
    assert story.dora.dms == ()
    assert "Assigned to\n@Dora" in story.team_card(name).shown


def test_assigned_to_who_has_it_already_changes_nothing(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    assign(story, story.dora, name, story.ana)
    form = story.team_form(story.dora, name, "Assign to…")
    assert form.input(WHOSE).answer == story.ana.id
    assert send(story, form, {}).ok
    assert len([m for m in story.ana.dms if name in m.text]) == 1
    assert len(history(story, name, EventKind.ASSIGNED)) == 1


def test_only_people_of_the_team_can_be_assigned(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    ws = story.workspace
    guest = ws.add_person("Gus", guest=True)
    story.team.invite(guest)
    story.desk.rest()
    for to in (
        story.carla,
        story.emil,
        guest,
        ws.add_person("Paul"),
        ws.add_person("Old", deleted=True),
        ws.bot.id,
        ws.add_bot("Zap").id,
        "U404",
    ):
        (words,) = assign(story, story.dora, name, to).errors.values()
        assert "is not of the team: choose somebody in the team's channel" in words
    assert case(story, name).assignee is None


def test_errors_under_an_input_name_people_in_plain_text(tell: Tell) -> None:
    """Slack shows them as they are: no mention there becomes a name."""
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    (words,) = assign(story, story.dora, name, story.carla).errors.values()
    assert words.startswith("@Carla is not of the team")
    form = story.team_form(story.dora, name, "Assign to…")
    click(story, story.ana, name, "Take")
    (words,) = send(story, form, {WHOSE: story.ben}).errors.values()
    assert words.startswith("@Ana took this")


def test_a_colleague_who_was_just_deactivated_cannot_be_assigned(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.ben.deactivate()
    story.desk.rest()
    assert not assign(story, story.dora, name, story.ben).ok


def test_a_dm_about_a_case_that_is_somebody_elses_by_then_is_not_sent(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.workspace.faults.add("chat.postMessage", RateLimited(30), times=None)
    for to in (story.ana, story.ben):
        form = story.team_form(story.dora, name, "Assign to…")
        form.fill({WHOSE: to})
        assert form.submit().ok
        story.desk.rest()  # both were tried in vain
    story.workspace.faults.clear()
    story.desk.advance(minutes=1)
    assert not [m.shown for m in story.ana.dms if name in m.text]
    assert any(name in m.text for m in story.ben.dms)


# Reply.


def test_a_reply_goes_to_the_customer_in_the_agents_name_and_stops_the_clock(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    form = story.team_form(story.ana, name, "Reply")
    assert "It stops the response clock." in form.text
    assert send(story, form, {REPLY: "We see it too."}).ok
    (said,) = in_thread(story, name)
    assert "We see it too." in said.shown
    assert said.username == "Ana (Logik.io)"
    assert "Answered" in story.card(name).shown
    copy = one(m for m in story.team_card(name).thread if "We see it too." in m.shown)
    assert "@Ana replied to the customer through Casebell" in copy.shown
    assert "It stops the response clock." not in story.team_form(story.ana, name, "Reply").text
    story.now_is("2026-11-24 10:00")
    assert story.news() == []


@pytest.mark.parametrize(("button", "field"), [("Reply", REPLY), ("Resolve", NOTE)])
def test_words_that_are_spaces_alone_are_asked_for_again(
    tell: Tell, button: str, field: str
) -> None:
    """Slack counts spaces as an answer to a required input."""
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    assert not send(story, story.team_form(story.ana, name, button), {field: "  \n "}).ok
    assert case(story, name).answered_at is None


def test_a_reply_that_is_submitted_twice_is_said_once(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    form = story.team_form(story.ana, name, "Reply")
    form.fill({REPLY: "We see it too."})
    story.workspace.loses_answers = True
    form.submit()
    story.workspace.loses_answers = False
    assert form.is_open
    until(lambda: bool(history(story, name, EventKind.REPLIED)))
    assert form.submit().ok
    story.desk.advance(seconds=3)
    assert len(in_thread(story, name)) == 1


def test_a_reply_of_the_worst_words_is_shown_whole_and_calls_nobody(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    text = ("<!channel> @here *b* _i_ `c` <https://evil.example|x> &amp; & <@U1> 🙂\n" * 60)[:3000]
    assert reply(story, story.ana, name, text).ok
    (said,) = in_thread(story, name)
    assert text.strip() in said.shown
    assert not any(m.pings(story.emil) for m in in_thread(story, name))


def test_a_reply_to_a_resolved_case_is_posted_and_leaves_it_resolved(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    resolve(story, story.ana, name)
    assert reply(story, story.ana, name, "By the way: the log is kept.").ok
    assert "By the way" in in_thread(story, name)[-1].shown
    assert case(story, name).status is CaseStatus.RESOLVED


# Waiting on the customer.


def test_waiting_on_the_customer_is_offered_only_after_an_answer(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    assert WAITING not in items(story, name)
    reply(story, story.ana, name, "Which browser is it?")
    assert WAITING in items(story, name)
    assert choose(story, story.ana, name, WAITING).text == ""
    assert "Waiting for you" in story.card(name).shown
    assert "please reply in this thread" in story.card(name).shown
    assert WAITING in story.team_card(name).shown
    assert WAITING not in items(story, name)
    story.carla.post(story.acme, "Firefox.", story.card(name))
    story.desk.advance(seconds=3)
    for card in (story.card(name), story.team_card(name)):
        assert "Answered" in card.shown


def test_waiting_by_a_forged_choice_before_an_answer_is_refused(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    card = story.team_card(name)
    _, menu = find_element(card.blocks, ids.MORE)
    option = menu["options"][1]
    option["value"] = option["value"].replace("severity|", "waiting|")
    said = story.ana.choose(card, ids.MORE, option["text"]["text"]).text
    assert f"The customer of {name} waits for us: please answer them first." in said
    assert case(story, name).status is CaseStatus.NEW


# Resolve and reopen.


def test_resolving_tells_the_customer_and_is_their_answer(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    assert resolve(story, story.ana, name, "A worker hung; it runs again.").ok
    (said,) = in_thread(story, name)
    for part in (f"Ana resolved {name}", "A worker hung; it runs again.", "reply here"):
        assert part in said.shown
    found = case(story, name)
    assert (found.status, found.answered_by) == (CaseStatus.RESOLVED, story.ana.id)
    assert "Status\nResolved" in story.card(name).shown
    assert "Resolved by @Ana" in story.team_card(name).shown
    assert story.team_card(name).buttons == ("Reopen", "Reply")
    story.now_is("2026-11-24 10:00")
    assert story.news() == []


def test_resolving_late_is_a_late_answer(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.now_is("2026-11-23 15:00")
    resolve(story, story.ana, name)
    assert "(late)" in story.team_card(name).shown


def test_reopening_tells_the_customer_and_brings_the_buttons_back(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    resolve(story, story.ana, name)
    assert click(story, story.dora, name, "Reopen").text == ""
    assert f"Dora reopened {name}" in in_thread(story, name)[-1].shown
    for card in (story.card(name), story.team_card(name)):
        assert "Answered" in card.shown
        assert "Resolved" not in card.shown
    assert "Resolve" in story.team_card(name).buttons


def test_a_case_that_was_resolved_without_an_answer_is_still_promised_one(tell: Tell) -> None:
    """Dora opened it herself, so her own note answers nobody; its due time passes meanwhile."""
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE, person=story.dora)
    resolve(story, story.dora, name)
    story.now_is("2026-11-23 15:00")
    click(story, story.ana, name, "Reopen")
    story.desk.advance(minutes=1)
    assert "Waiting for our first response" in story.card(name).shown
    assert any("overdue" in words for words in story.news())


def test_a_stopped_case_that_is_reopened_unanswered_at_night_rings_again(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED, person=story.dora)
    resolve(story, story.dora, name)
    before = len(story.rung())
    click(story, story.ana, name, "Reopen")
    story.desk.advance(minutes=1)
    assert case(story, name).awaits_response
    assert len(story.rung()) == before + 1


def test_a_note_that_reaches_nobody_is_no_answer_and_the_team_hears_of_it(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    story.acme.archive()
    story.workspace.faults.add("chat.postMessage", Refused("is_archived"), times=2)
    resolve(story, story.ana, name, "Done.")
    story.desk.advance(seconds=10)
    said = [m for m in story.carla.dms if "Done." in m.shown]
    news = [words for words in story.news() if "did not reach the customer" in words]
    assert said or news
    assert (case(story, name).answered_at is not None) == bool(said)


# The link to the thread.


def test_the_card_links_to_the_thread(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    thread = story.card(name).ts.replace(".", "")
    assert "open the thread" in story.team_card(name).shown
    assert f"/archives/{story.acme.id}/p{thread}" in str(story.team_card(name).blocks)


# Who may.


def outsiders(story: Story) -> list[Person]:
    """A customer, one of another organisation, a guest, and those who are gone."""
    guest, partner, old = (
        story.workspace.add_person("Gus", guest=True),
        story.workspace.add_person("Paul"),
        story.workspace.add_person("Old", deleted=True),
    )
    story.team.invite(guest)
    story.team.kick(story.mia)
    story.desk.rest()
    return [story.carla, story.emil, guest, partner, story.mia, old]


def chosen(block: dict[str, Any], value: str) -> dict[str, Any]:
    """The action of an item behind the three dots."""
    item = {"type": "overflow", "action_id": ids.MORE, "block_id": block["block_id"]}
    return item | {"selected_option": {"value": value}}


def press_anyway(person: Person, card: Message, action: dict[str, Any]) -> Reply:
    """A click on a card that this person's client would not even show."""
    return person._act(card, action, {})


def test_no_button_of_the_team_obeys_anybody_else(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name, done = story.open_case(SEVERE), story.open_case(SEVERE)
    reply(story, story.ana, name, "We see it too.")
    resolve(story, story.ana, done)
    people = outsiders(story)
    before = history(story, name), history(story, done)
    actions = [
        (card, pressed(*find_element(card.blocks, label)))
        for card in (story.team_card(name), story.team_card(done))
        for label in card.buttons
    ]
    card = story.team_card(name)
    block, menu = find_element(card.blocks, ids.MORE)
    actions += [(card, chosen(block, option["value"])) for option in menu["options"]]
    assert len(actions) == 3 + 2 + 3
    for person in people:
        for card, action in actions:
            said = press_anyway(person, card, action)
            assert said.text == NOT_TEAM, (person.name, action)
        assert person.modal is None
    assert (history(story, name), history(story, done)) == before


FORMS: list[tuple[str, dict[str, object]]] = [
    ("Reply", {REPLY: "We see it too."}),
    ("Resolve", {NOTE: "Done."}),
    ("Assign to…", {}),
    ("Change severity…", {"Severity": STOPPED, "Why?": "Because."}),
]


def test_no_form_of_the_team_obeys_anybody_else(tell: Tell) -> None:
    """A form that comes in somebody else's name, as if their client had been shown it."""
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    people, before = outsiders(story), history(story, name)
    for button, answers in FORMS:
        form = story.team_form(story.dora, name, button)
        form.fill(answers or {WHOSE: story.dora})
        for person in people:
            form.view.owner = person
            story.workspace.modals[person.id] = [form.view]
            assert NOT_TEAM in form.submit().errors.values(), (person.name, button)
        form.view.owner = story.dora
        form.close()
    assert history(story, name) == before
    assert in_thread(story, name) == []


def test_a_form_left_open_by_who_leaves_the_team_obeys_no_more(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    for button, answers in FORMS:
        form = story.team_form(story.dora, name, button)
        form.fill(answers or {WHOSE: story.ana})
        story.team.kick(story.dora)
        story.desk.rest()
        assert NOT_TEAM in form.submit().errors.values(), button
        form.close()
        story.team.invite(story.dora)
        story.desk.rest()
    assert case(story, name).version == 0


# Too late.


@pytest.mark.parametrize(
    ("button", "answers"),
    [
        ("Resolve", {NOTE: "Done."}),
        ("Change severity…", {"Severity": STOPPED, "Why?": "It is down."}),
    ],
)
def test_a_form_whose_answer_was_lost_closes_when_it_is_submitted_again(
    tell: Tell, button: str, answers: dict[str, object]
) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    form = story.team_form(story.ana, name, button)
    form.fill(answers)
    story.workspace.loses_answers = True
    form.submit()
    story.workspace.loses_answers = False
    until(lambda: case(story, name).version == 1)
    assert form.submit().ok
    story.desk.advance(seconds=3)
    assert len(in_thread(story, name)) == 1


def test_a_click_on_an_old_card_is_answered_privately_with_who_and_when(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    taken, resolved = story.open_case(SEVERE), story.open_case(SEVERE)
    cards = [story.team_card(name) for name in (taken, resolved)]
    drawn = [list(card.blocks) for card in cards]
    click(story, story.ana, taken, "Take")
    resolve(story, story.ana, resolved)
    story.desk.advance(minutes=2)
    for card, then, expected in zip(
        cards, drawn, ("@Ana took this 2 min ago", "is resolved. Reopen it first."), strict=True
    ):
        answer = story.dora.click(as_drawn(card, then), "Take")
        assert expected in answer.text
        assert all(m.only_for is story.dora for m in answer.messages)
    assert case(story, taken).assignee == story.ana.id
    assert case(story, resolved).assignee is None


def test_who_took_it_before_and_clicks_again_on_the_old_card_is_not_told_of_themselves(
    tell: Tell,
) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    card = story.team_card(name)
    then = list(card.blocks)
    click(story, story.ana, name, "Take")
    said = story.ana.click(as_drawn(card, then), "Take").text
    assert "is yours already" in said


def test_an_old_cards_reopen_and_waiting_are_answered_by_who_and_when(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    reply(story, story.ana, name, "Which browser?")
    card = story.team_card(name)
    answered = list(card.blocks)
    choose(story, story.ana, name, WAITING)
    story.desk.advance(minutes=2)
    as_drawn(card, answered)
    said = story.dora.choose(card, ids.MORE, WAITING).text
    assert "@Ana set this to wait for the customer 2 min ago" in said
    story.desk.rest()
    resolve(story, story.ana, name)
    done = list(card.blocks)
    click(story, story.ana, name, "Reopen")
    story.desk.advance(minutes=3)
    said = story.dora.click(as_drawn(card, done), "Reopen").text
    assert "@Ana reopened this 3 min ago" in said


def test_other_things_that_changed_since_the_card_was_drawn_do_not_matter(tell: Tell) -> None:
    """Ana takes it while Dora's screen is old: Dora can resolve it all the same."""
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    form = story.team_form(story.dora, name, "Resolve")
    click(story, story.ana, name, "Take")
    assert send(story, form, {NOTE: "It was a typo."}).ok
    assert case(story, name).is_resolved


def test_forms_left_open_while_the_case_was_resolved_keep_their_words_and_say_so(
    tell: Tell,
) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    left_open = [
        story.team_form(person, name, button)
        for person, button in (
            (story.dora, "Resolve"),
            (story.ben, "Assign to…"),
            (story.mia, "Change severity…"),
        )
    ]
    left_open[0].fill({NOTE: "Done."})
    left_open[1].fill({WHOSE: story.ben})
    left_open[2].fill({"Severity": STOPPED, "Why?": "It is down."})
    resolve(story, story.ana, name)
    story.desk.advance(minutes=2)
    expected = ("resolved this 2 min ago", "Reopen it first.", "Reopen it first.")
    for form, said in zip(left_open, expected, strict=True):
        assert said in "".join(form.submit().errors.values())
        assert form.is_open
    assert left_open[2].input("Why?").answer == "It is down."
    assert len(in_thread(story, name)) == 1


# Two at once.


def test_of_three_who_take_at_once_one_wins_and_the_others_are_told_who(
    tell: Tell, database_url: str
) -> None:
    story = tell("2026-11-23 10:00", database_url=database_url)
    name = story.open_case(SEVERE)
    card = story.team_card(name)
    people = (story.ana, story.ben, story.dora)
    at_once(*(lambda p=p: p.click(card, "Take") for p in people))
    story.desk.advance(seconds=3)
    (entry,) = history(story, name, EventKind.ASSIGNED)
    winner = one(p for p in people if p.id == entry.actor)
    for person in people:
        said = story.whispers(person)
        if person is winner:
            assert said == []
        else:
            assert [s.partition(".")[0] for s in said] == [f"@{winner.name} took this just now"]


@pytest.mark.timeout(120)
def test_two_processes_on_one_database_let_one_of_two_win(
    postgres_url: str, tmp_path: Path
) -> None:
    with site(postgres_url, tmp_path) as found:
        ben = found.workspace.add_person("Ben")
        found.team.members.append(ben)
        first, second = found.process(wait=False), found.process(wait=False)
        for process in (first, second):
            process.wait_until_healthy()
        found.serve(first)
        assert found.carla.command("/case", "", found.acme).ok
        form = found.carla.modal
        assert form is not None
        form.fill({SEVERITY: SEVERE, **ERROR_ANSWERS})
        assert form.submit().ok
        card = found.workspace.wait_for(
            lambda: next((m for m in found.team.messages if "Take" in m.buttons), None)
        )
        for person, process in ((found.ana, first), (ben, second)):
            url = f"http://127.0.0.1:{process.port}/slack/events"
            person.send = partial(send_over_http, url, SECRET, 20.0)
        at_once(lambda: found.ana.click(card, "Take"), lambda: ben.click(card, "Take"))
        said = {person: [m.shown for m in person.ephemerals] for person in (found.ana, ben)}
        winner, loser = sorted(said, key=lambda person: len(said[person]))
        assert said[winner] == []
        assert f"@{winner.name} took this just now" in said[loser][0]
        found.workspace.wait_for(lambda: f"@{winner.name}" in card.shown)


def test_two_who_resolve_at_once_the_customer_reads_one_note(tell: Tell, database_url: str) -> None:
    story = tell("2026-11-23 10:00", database_url=database_url)
    name = story.open_case(SEVERE)
    forms = [story.team_form(person, name, "Resolve") for person in (story.ana, story.ben)]
    for form in forms:
        form.fill({NOTE: "Done."})
    done: list[Submission] = []
    at_once(*(lambda f=f: done.append(f.submit()) for f in forms))
    story.desk.advance(seconds=3)
    assert sorted(submission.ok for submission in done) == [False, True]
    assert len(in_thread(story, name)) == 1
    assert len(history(story, name, EventKind.RESOLVED)) == 1


def test_resolving_and_raising_at_once_leaves_one_story(tell: Tell, database_url: str) -> None:
    """Either it was raised and then resolved, or it was resolved and could not be raised."""
    story = tell("2026-11-21 02:00", database_url=database_url)
    name = story.open_case(SEVERE)
    note = story.team_form(story.ana, name, "Resolve")
    note.fill({NOTE: "Done."})
    worse = story.team_form(story.dora, name, "Change severity…")
    worse.fill({"Severity": STOPPED, "Why?": "It is down."})
    at_once(note.submit, worse.submit)
    story.desk.advance(minutes=10)
    assert case(story, name).is_resolved
    kinds = [e.kind for e in history(story, name, EventKind.RAISED, EventKind.RESOLVED)]
    assert kinds in ([EventKind.RESOLVED], [EventKind.RAISED, EventKind.RESOLVED])
    assert len(story.rung()) <= len(kinds) - 1


# Forged.


FORGED = ("case:999999999999999999@1", "case:0@0", "case:-5@1", "CASE-1001", "", "drop table")


def test_forged_buttons_and_forms_are_answered_with_a_sentence(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    card = story.team_card(name)
    more, _ = find_element(card.blocks, ids.MORE)
    for forged in FORGED:
        actions = [chosen(more, f"{what}|{forged}") for what in (*ids.More, "nonsense")]
        for button in ("Take", "Reply", "Resolve"):
            block, element = find_element(card.blocks, button)
            actions.append(pressed(block, element | {"value": forged}))
        for action in actions:
            said = press_anyway(story.dora, card, action).text
            assert "no such case" in said or "too old" in said, action
        assert story.dora.modal is None
    for button, answers in FORMS:
        form = story.team_form(story.dora, name, button)
        form.fill(answers or {WHOSE: story.dora})
        for forged in FORGED:
            form.view.body["private_metadata"] = forged
            (said,) = form.submit().errors.values()
            assert "no such case" in said or "This form is too old" in said, (button, forged)
        form.close()
    assert case(story, name).version == 0


def test_a_forged_i_have_answered_is_answered_with_a_sentence(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    card = story.team_card(story.open_case(SEVERE))
    block, element = find_element(card.blocks, "Take")
    for forged in ("999999999999999999", "0", "x", ""):
        action = pressed(block, element | {"value": forged}) | {"action_id": ids.ANSWERED}
        said = press_anyway(story.dora, card, action).text
        assert said
        assert "Something went wrong" not in said


# Somebody leaves.


def test_who_leaves_the_team_has_no_cases_any_more_and_the_team_is_told_once(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    story.workspace.repeat_events = 3
    names = [story.open_case(SEVERE) for _ in range(3)]
    for name in names:
        click(story, story.dora, name, "Take")
    resolve(story, story.dora, names[2])
    story.team.kick(story.dora)
    story.desk.advance(seconds=5)
    (news,) = [words for words in story.news() if "no longer of the team" in words]
    assert "@Dora is no longer of the team" in news
    assert "2 cases have nobody now" in news
    assert names[0] in news
    assert names[1] in news
    assert names[2] not in news
    for name in names[:2]:
        assert "Nobody yet" in story.team_card(name).shown
        assert "Take" in story.team_card(name).buttons
        assert "Dora" not in story.card(name).shown.replace("Opened by", "")


def test_who_is_deactivated_has_no_cases_any_more_by_the_next_start(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    click(story, story.dora, name, "Take")
    story.desk.stop_bot()
    story.dora.deactivate()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    (news,) = [words for words in story.news() if "no longer of the team" in words]
    assert "1 case has nobody now" in news
    assert name in news
    assert case(story, name).assignee is None
    story.desk.stop_bot()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert len([words for words in story.news() if "no longer of the team" in words]) == 1


def test_who_is_deactivated_has_no_cases_any_more_at_once(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    click(story, story.dora, name, "Take")
    story.dora.deactivate()
    story.desk.advance(seconds=5)
    assert case(story, name).assignee is None


def test_a_resolved_case_of_who_has_left_has_nobody_when_it_is_open_again(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    click(story, story.dora, name, "Take")
    resolve(story, story.dora, name)
    story.team.kick(story.dora)
    story.desk.advance(seconds=3)
    story.carla.post(story.acme, "It is back.", story.card(name))
    story.desk.advance(seconds=3)
    assert case(story, name).assignee is None
    assert "Nobody has taken it." in story.news()[-1]


def test_an_old_card_of_a_released_case_can_be_taken(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(SEVERE)
    click(story, story.dora, name, "Take")
    story.team.kick(story.dora)
    story.desk.advance(seconds=3)
    assert click(story, story.ana, name, "Take").text == ""
    assert case(story, name).assignee == story.ana.id


# A whole case, over a restart at every step.


def test_every_action_outlives_a_restart(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case("No business impact", answers=QUESTION_ANSWERS)

    def restart() -> None:
        story.desk.stop_bot()
        story.desk.start_bot()
        story.desk.advance(seconds=3)

    click(story, story.dora, name, "Take")
    form = story.team_form(story.dora, name, "Reply")
    restart()
    assert send(story, form, {REPLY: "By its menu."}).ok, "a form outlives a deploy"
    restart()
    choose(story, story.dora, name, WAITING)
    restart()
    assert resolve(story, story.dora, name).ok
    restart()
    click(story, story.dora, name, "Reopen")
    restart()
    assert "Answered" in story.card(name).shown
    kinds = [e.kind for e in history(story, name) if e.kind is not EventKind.WROTE]
    assert kinds == [
        EventKind.OPENED,
        EventKind.ASSIGNED,
        EventKind.REPLIED,
        EventKind.ANSWERED,
        EventKind.WAITING,
        EventKind.RESOLVED,
        EventKind.REOPENED,
    ]
    assert case(story, name).opened_at == central("2026-11-23 10:00")
