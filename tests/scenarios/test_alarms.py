"""The customer's button: it got worse, or is still down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from story import Story, central, one

from bot.domain.case import Case
from bot.domain.events import EventKind
from bot.messages import ids
from bot.policy import Policy, load_policy
from bot.sandbox import Message, OpenView, Person, Submission
from bot.sandbox.interactions import find_element

Tell = Callable[..., Story]

LITTLE = "Little business impact"
SEVERE = "Business severely impacted"
STOPPED = "Business Stopped"
WORSE = "It is now Business Stopped"
BY_DAY = "Still down: tell the team"
BY_NIGHT = "Still down: page on-call"
WORDS = "What has changed?"
SAID_LATELY = "We were told so"
SHIPPED = (Path(__file__).parents[2] / "bot" / "policy.toml").read_text("utf-8")


def alarm_button(card: Message) -> str:
    (label,) = card.buttons
    return label


def press(story: Story, name: str, by: Person | None = None) -> str:
    """Press the button on the card; what was answered privately, if anything."""
    person, card = by or story.carla, story.card(name)
    return person.click(card, alarm_button(card)).text


def form(story: Story, name: str, by: Person | None = None) -> OpenView:
    """The form that asks whether it is meant."""
    person = by or story.carla
    refused = press(story, name, person)
    assert person.modal is not None, refused
    return person.modal


def sound(story: Story, name: str, by: Person | None = None, words: str = "") -> Submission:
    """Press, and confirm."""
    asked = form(story, name, by)
    asked.fill({WORDS: words})
    submission = asked.submit()
    story.desk.rest()
    story.desk.advance(seconds=3)
    return submission


def case(story: Story, name: str) -> Case:
    with story.desk.bot.store.reading() as tx:
        found = tx.cases.find(int(name.removeprefix("CASE-")))
    assert found
    return found


def times_heard(story: Story, name: str) -> int:
    with story.desk.bot.store.reading() as tx:
        number = int(name.removeprefix("CASE-"))
        return len(tx.cases.timeline(number, {EventKind.WORSENED}))


def resolve(story: Story, name: str, by: Person | None = None) -> None:
    asked = story.team_form(by or story.dora, name, "Resolve")
    asked.fill({"What was it, and what has been done?": "A worker hung; it runs again."})
    assert asked.submit().ok
    story.desk.advance(seconds=3)


def policy(folder: Path, *changes: tuple[str, str]) -> Policy:
    text = SHIPPED
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "policy.toml"
    path.write_text(text, "utf-8")
    return load_policy(path)


# What the button says.


def test_a_lesser_case_can_become_a_stopped_one_day_and_night(tell: Tell) -> None:
    story = tell("2026-11-23 17:59")
    names = [story.open_case(severity) for severity in (LITTLE, SEVERE)]
    for at in ("2026-11-23 17:59:30", "2026-11-23 18:01"):
        story.now_is(at)
        assert {alarm_button(story.card(name)) for name in names} == {WORSE}


def test_a_stopped_cases_button_follows_the_office_to_the_second(tell: Tell) -> None:
    """Over a night, over Thanksgiving, over a weekend; answered, so that nothing else redraws."""
    story = tell("2026-11-24 17:00")
    name = story.open_case(STOPPED)
    story.answer(story.dora, name)
    story.desk.advance(seconds=3)
    for at, label in (
        ("2026-11-24 17:59:59", BY_DAY),
        ("2026-11-24 18:00:02", BY_NIGHT),
        ("2026-11-25 06:59:59", BY_NIGHT),
        ("2026-11-25 07:00:02", BY_DAY),
        ("2026-11-25 18:00:02", BY_NIGHT),
        ("2026-11-26 12:00", BY_NIGHT),  # Thanksgiving
        ("2026-11-27 07:00:02", BY_DAY),
        ("2026-11-27 18:00:02", BY_NIGHT),
        ("2026-11-28 12:00", BY_NIGHT),  # Saturday
        ("2026-11-30 06:59:59", BY_NIGHT),
        ("2026-11-30 07:00:02", BY_DAY),
    ):
        story.now_is(at)
        assert alarm_button(story.card(name)) == label, at


def test_the_button_is_right_after_a_closing_while_casebell_was_down(tell: Tell) -> None:
    story = tell("2026-11-23 17:00")
    name = story.open_case(STOPPED)
    story.answer(story.dora, name)
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-11-23 21:00"))
    story.desk.start_bot()
    story.desk.advance(seconds=3)
    assert alarm_button(story.card(name)) == BY_NIGHT
    story.now_is("2026-11-24 07:00:02")
    assert alarm_button(story.card(name)) == BY_DAY


def test_the_button_stays_on_a_resolved_case(tell: Tell) -> None:
    story = tell("2026-11-23 10:00")
    name = story.open_case(STOPPED)
    resolve(story, name)
    assert alarm_button(story.card(name)) == BY_DAY
    story.now_is("2026-11-23 18:01")
    assert alarm_button(story.card(name)) == BY_NIGHT


def test_a_case_reopened_after_a_long_rest_has_the_right_button_again(tell: Tell) -> None:
    story = tell("2026-11-16 10:00")
    name = story.open_case(STOPPED)
    resolve(story, name)
    story.now_is("2026-11-30 10:00")
    story.carla.post(story.acme, "It is back.", story.card(name))
    story.desk.advance(seconds=3)
    assert "Resolved" not in story.card(name).shown
    story.now_is("2026-11-30 18:01")
    assert alarm_button(story.card(name)) == BY_NIGHT


def test_a_policy_in_which_nothing_pages_has_no_button(tell: Tell, tmp_path: Path) -> None:
    story = tell("2026-11-21 02:00", policy=policy(tmp_path, ("pages = true", "pages = false")))
    name = story.open_case(STOPPED)
    assert story.card(name).buttons == ()
    assert story.rung() == []


def test_a_button_from_before_such_a_policy_says_what_to_do(tell: Tell, tmp_path: Path) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    story.desk.stop_bot()
    story.desk.policy = policy(tmp_path, ("pages = true", "pages = false"))
    story.desk.start_bot()
    assert "write in the thread" in press(story, name)
    assert story.carla.modal is None


# What the form says, before anything happens.


@pytest.mark.parametrize(
    ("at", "severity", "title", "submit", "words"),
    [
        pytest.param(
            "2026-11-21 02:00", SEVERE, "CASE-1001: worse?", "Page on-call",
            ["This wakes our on-call engineer now.", "Sat 21 Nov, 4:00 AM Central"],
            id="worse, at night",
        ),
        pytest.param(
            "2026-11-23 10:00", SEVERE, "CASE-1001: worse?", "Tell the team",
            ["Our office is open: the team is told", "Mon 23 Nov, 12:00 PM Central"],
            id="worse, by day",
        ),
        pytest.param(
            "2026-11-23 10:00", STOPPED, "CASE-1001: still down?", "Tell the team",
            ["Our office is open: the team is told", "Mon 23 Nov, 12:00 PM Central"],
            id="still down, by day",
        ),
    ],
)  # fmt: skip
def test_the_form_shows_what_it_means_and_what_it_does(
    tell: Tell, at: str, severity: str, title: str, submit: str, words: list[str]
) -> None:
    story = tell(at)
    asked = form(story, story.open_case(severity))
    assert asked.title == title
    assert asked.view.body["submit"]["text"] == submit
    for part in (f"{STOPPED} means: UI and APIs do not respond.", "If your work can go on", *words):
        assert part in asked.text
    assert asked.input(WORDS).optional


def test_the_form_promises_to_wake_nobody_where_nobody_is_on_call(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", on_call=False)
    asked = form(story, story.open_case(SEVERE))
    assert "This wakes our on-call engineer now." not in asked.text
    assert "The team is told in its channel at once." in asked.text


def test_pressing_alone_or_closing_the_form_does_nothing(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    form(story, name).close()
    story.now_is("2026-11-21 02:45")
    assert story.rung() == []
    assert story.card(name).thread == ()
    assert (case(story, name).severity, times_heard(story, name)) == ("severe_impact", 0)
    assert sound(story, name).ok, "and what was not said can still be said"
    assert story.rung() == ["Ana"]


# What it does.


def test_worse_at_night_rings_at_once_and_everybody_reads_it(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    story.now_is("2026-11-21 03:00")
    assert sound(story, name, words="No quote opens any more.").ok
    assert case(story, name).due_at == central("2026-11-21 05:00")
    assert story.rung() == ["Ana"]
    (said,) = [m.shown for m in story.card(name).thread]
    for part in (
        f"@Carla says that it is {STOPPED} now",
        "Our on-call engineer is being paged now.",
        "Sat 21 Nov, 5:00 AM Central",
    ):
        assert part in said
    (news,) = story.news()
    for part in (
        name,
        f"it is {STOPPED} now",
        "On-call is paged.",
        "No quote opens any more.",
        "Open the thread",
        "5:00 AM Central",
    ):
        assert part in news
    assert STOPPED in story.card(name).shown
    assert alarm_button(story.card(name)) == BY_NIGHT
    assert STOPPED in story.team_card(name).shown
    assert "Ana" in story.team_card(name).shown, "the team sees who is rung"


def test_worse_at_night_with_nobody_on_call_promises_no_page(tell: Tell) -> None:
    story = tell("2026-11-21 02:00", on_call=False)
    name = story.open_case(SEVERE)
    assert sound(story, name).ok
    assert any("nobody is on call" in words for words in story.news())
    assert "being paged" not in story.card(name).thread[-1].shown


def test_worse_by_day_tells_the_team_and_rings_at_closing_unless_answered(tell: Tell) -> None:
    story = tell("2026-11-23 17:00")
    name, other = story.open_case(SEVERE), story.open_case(SEVERE)
    for each in (name, other):
        assert sound(story, each).ok
        assert "Our team has been told." in story.card(each).thread[-1].shown
    assert sum("Please answer now." in words for words in story.news()) == 2
    story.answer(story.dora, other)
    story.now_is("2026-11-23 17:59:59")
    assert story.rung() == []
    story.now_is("2026-11-23 18:00:03")
    assert story.rung() == ["Ana"]
    assert name in story.pages(story.ana)[0].shown
    assert alarm_button(story.card(other)) == BY_NIGHT, "its button follows the office from now on"


def test_after_an_answer_the_customer_waits_anew(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    names = [story.open_case(severity) for severity in (SEVERE, STOPPED)]
    for name in names:
        story.answer(story.dora, name)
    assert story.rung() == ["Ana"]
    story.now_is("2026-11-21 03:00")
    for name in names:
        assert sound(story, name).ok
        assert case(story, name).due_at >= central("2026-11-21 05:00")
        for card in (story.card(name), story.team_card(name)):
            assert "Waiting for our response" in card.shown
    assert story.rung() == ["Ana"] * 3
    for name in names:
        story.answer(story.dora, name)
    story.now_is("2026-11-21 05:30")
    assert story.rung() == ["Ana"] * 3
    assert not any("overdue" in words for words in story.news())


@pytest.mark.parametrize(
    ("at", "rung"), [("2026-11-21 03:00", 2), ("2026-11-23 10:00", 0)], ids=["night", "day"]
)
def test_after_it_was_resolved_it_is_open_again_and_waits_anew(
    tell: Tell, at: str, rung: int
) -> None:
    story = tell("2026-11-21 02:00")
    names = [story.open_case(severity) for severity in (SEVERE, STOPPED)]
    for name in names:
        resolve(story, name)
    before = len(story.rung())
    story.now_is(at)
    for name in names:
        confirmed_at = story.desk.clock.now()
        assert sound(story, name).ok
        found = case(story, name)
        assert found.due_at - confirmed_at == timedelta(hours=2)
        assert (found.resolved_at, found.resolved_by) == (None, None)
        for card in (story.card(name), story.team_card(name)):
            assert "Waiting for our response" in card.shown
            assert "Resolved" not in card.shown
        assert "Resolve" in story.team_card(name).buttons
    assert len(story.rung()) - before == rung


def test_still_down_says_so_to_both_sides(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    story.answer(story.dora, name)
    story.now_is("2026-11-21 03:00")
    asked = form(story, name)
    assert asked.title == "CASE-1001: still down?"
    assert "Sat 21 Nov, 5:00 AM Central" in asked.text
    assert asked.submit().ok
    story.desk.advance(seconds=3)
    assert "@Carla says that it is still down" in story.card(name).thread[-1].shown
    assert any("it is still down" in words for words in story.news())


def test_the_customers_own_words_are_read_by_their_colleagues_too(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    assert sound(story, name, words="No quote opens any more.").ok
    assert "No quote opens any more." in story.card(name).thread[-1].shown


# Once in half an hour.


def test_it_counts_once_in_half_an_hour(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    story.answer(story.dora, name)
    assert sound(story, name).ok
    story.answer(story.dora, name)
    story.now_is("2026-11-21 02:29:50")
    assert SAID_LATELY in press(story, name)
    assert story.carla.modal is None
    story.now_is("2026-11-21 02:31")
    assert sound(story, name).ok
    assert story.rung() == ["Ana", "Ana"]
    assert times_heard(story, name) == 2


def test_half_an_hour_counts_over_a_restart_and_per_case(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name, other = story.open_case(SEVERE), story.open_case(SEVERE)
    assert sound(story, name).ok
    story.answer(story.dora, name)
    story.desk.stop_bot()
    story.desk.advance_clock(minutes=5)
    story.desk.start_bot()
    assert SAID_LATELY in press(story, name, story.emil)
    assert sound(story, other, story.emil).ok


def test_two_people_who_confirm_at_once_are_heard_once(tell: Tell, database_url: str) -> None:
    story = tell("2026-11-21 02:00", database_url=database_url)
    name = story.open_case(SEVERE)
    forms = [form(story, name, person) for person in (story.carla, story.emil)]
    done: list[Submission] = []
    threads = [threading.Thread(target=lambda f=f: done.append(f.submit())) for f in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    story.desk.advance(seconds=3)
    assert sorted(submission.ok for submission in done) == [False, True]
    (refused,) = [s for s in done if not s.ok]
    assert SAID_LATELY in "".join(refused.errors.values())
    assert story.rung() == ["Ana"]
    assert (times_heard(story, name), len(story.card(name).thread)) == (1, 1)


def test_a_form_left_open_while_a_colleague_was_faster_says_so(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    late = form(story, name)
    late.fill({WORDS: "It all fell over."})
    assert sound(story, name, story.emil).ok
    story.desk.advance(minutes=2)
    (words,) = late.submit().errors.values()
    assert f"{SAID_LATELY} 2 min ago" in words
    assert late.input(WORDS).answer == "It all fell over."


def test_a_form_left_open_over_the_closing_pages(tell: Tell) -> None:
    story = tell("2026-11-23 17:59")
    name = story.open_case(SEVERE)
    asked = form(story, name)
    story.now_is("2026-11-23 18:05")
    assert asked.submit().ok
    story.desk.advance(seconds=3)
    assert story.rung() == ["Ana"]
    assert "being paged now" in story.card(name).thread[-1].shown


def test_a_form_left_open_over_the_opening_tells_the_team(tell: Tell) -> None:
    story = tell("2026-11-23 06:59")
    name = story.open_case(SEVERE)
    asked = form(story, name)
    story.now_is("2026-11-23 07:01")
    assert asked.submit().ok
    story.desk.advance(seconds=3)
    assert story.rung() == []
    assert "Our team has been told." in story.card(name).thread[-1].shown


# While on-call is busy with it.


def test_while_a_page_rings_it_says_so_and_rings_no_second_one(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    story.desk.advance(minutes=2)
    refused = press(story, name)
    assert f"On-call has been paged for {name}" in refused
    assert "2 min ago" in refused
    assert story.carla.modal is None
    assert story.rung() == ["Ana"]


def test_while_a_page_is_acknowledged_it_says_that_somebody_has_it(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.desk.rest()
    refused = press(story, name)
    assert story.carla.modal is None
    assert "rings until somebody has it" not in refused


def test_a_form_left_open_while_the_page_began_to_ring_says_so(tell: Tell) -> None:
    story = tell("2026-11-23 17:59")
    name = story.open_case(STOPPED)
    asked = form(story, name)
    story.now_is("2026-11-23 18:01")
    assert story.rung() == ["Ana"], "at closing, held until then"
    (words,) = asked.submit().errors.values()
    assert f"On-call has been paged for {name}" in words
    assert story.rung() == ["Ana"]


# Who.


def test_people_of_another_organisation_can_say_it(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    assert sound(story, name, story.emil).ok
    assert story.rung() == ["Ana"]
    assert "@Emil says that it is" in story.card(name).thread[-1].shown


def test_in_a_blocked_channel_the_support_address_is_given(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    news = one(m for m in story.team.messages if m.buttons and not m.text.startswith("CASE"))
    story.ana.click(news, news.buttons[0])
    setup = story.ana.modal
    assert setup is not None
    setup.fill({ids.KIND: "blocked"})
    assert setup.submit().ok
    asked = story.carla.click(story.card(name), WORSE)
    assert "support@logik.io" in asked.text
    assert story.carla.modal is None
    assert times_heard(story, name) == 0


def test_a_forged_button_or_form_is_answered_with_a_sentence(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    asked = form(story, name)
    card = story.card(name)
    _, button = find_element(card.blocks, WORSE)
    for forged in ("case:999999999999999999@1", "case:0@0", "case:x@1", "1001", ""):
        asked.view.body["private_metadata"] = button["value"] = forged
        (words,) = asked.submit().errors.values()
        for said in (words, story.emil.click(card, WORSE).text):
            assert "no such case" in said or "too old" in said
    assert times_heard(story, name) == 0


def test_another_customers_case_cannot_be_raised(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    globex = story.workspace.add_team("Globex")
    hank = story.workspace.add_person("Hank", team=globex)
    room = story.workspace.add_channel(
        "globex", members=[story.workspace.bot, hank, story.carla], shared_with=[globex]
    )
    story.desk.stop_bot()
    story.desk.start_bot()
    name = story.open_case(SEVERE)
    theirs = story.open_case(SEVERE, channel=room)
    card = story.card(theirs, room)
    assert hank.click(card, WORSE).ok
    assert hank.modal is not None
    hank.modal.view.body["private_metadata"] = f"case:{name.removeprefix('CASE-')}@0"
    assert not hank.modal.submit().ok
    assert story.rung() == []


def test_the_worst_words_reach_the_team_and_call_nobody(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(SEVERE)
    words = ("<!channel> @here <https://evil.example|x> &amp; *b* " * 20)[:1000].strip()
    assert sound(story, name, words=words).ok
    news = one(m for m in story.team.messages if "says that" in m.shown and not m.thread_ts)
    assert words in news.shown
    assert not news.pings(story.ben)


def test_an_alarm_after_the_team_lowered_it_is_heard(tell: Tell) -> None:
    """The customer disagrees: it rings again, and the team hears who says so."""
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    lower = story.team_form(story.dora, name, "Change severity…")
    lower.fill({"Severity": SEVERE, "Why?": "It looks slow to us."})
    assert lower.submit().ok
    story.desk.advance(seconds=3)
    assert alarm_button(story.card(name)) == WORSE
    assert sound(story, name).ok
    assert story.rung() == ["Ana", "Ana"]
