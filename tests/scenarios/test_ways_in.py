"""Every way to the form: the button, a mention, a shortcut, `/case`, and a message to Casebell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from story import AREA, ISSUE_TYPE, QUESTION_ANSWERS, SEVERITY, Story, one

from bot.domain.records import ChannelKind
from bot.messages import ids
from bot.sandbox import Channel, CutAfter, Message, Person, RateLimited, Refused
from bot.sandbox.interactions import Reply
from bot.sandbox.model import Conversation, Kind

Tell = Callable[..., Story]

OPEN = "Open a case"
MORE = "Anything else that may help?"
QUESTION = {ISSUE_TYPE: "Question", AREA: "API"}
NO_IMPACT = "No business impact"
BLOCKED = "Cases are not taken from this channel. Please write to support@logik.io"
UNKNOWN = "I am not in this channel"


def welcome(channel: Channel) -> Message:
    return one(m for m in channel.messages if m.text.endswith("open a case here"))


def invitations(story: Story, channel: Channel | None = None) -> list[Message]:
    """The answers to those who called or wrote, oldest first."""
    room = channel or story.acme
    return [m for m in room.messages if m.text == "To open a case, press the button"]


def mention(story: Story, person: Person, words: str, thread: Message | None = None) -> Message:
    said = person.post(story.acme, f"{story.workspace.bot.mention} {words}", thread)
    story.desk.advance(seconds=3)
    return said


def write_directly(story: Story, person: Person, words: str, thread: Message | None = None) -> None:
    person.post(person.dm, words, thread)
    story.desk.advance(seconds=3)


def filled_in(person: Person) -> tuple[object, object]:
    """What the form in front of somebody has for a summary, and for the whole."""
    assert person.modal is not None
    return person.modal.input("Summary").answer, person.modal.input(MORE).answer


def submit(story: Story, person: Person) -> str:
    """Fill in the rest of the form in front of somebody and submit it; the case's name."""
    form = person.modal
    assert form is not None
    summary = form.input("Summary").answer or QUESTION_ANSWERS["Summary"]
    form.fill({SEVERITY: NO_IMPACT, **QUESTION, "Summary": summary})
    assert form.submit().ok
    assert person.modal is not None
    name = person.modal.title
    person.modal.close()
    story.desk.advance(seconds=4)
    return name


def dm_case(story: Story) -> tuple[str, Message]:
    """A case of Carla's that lives in her DM, and its card there."""
    assert story.carla.command(ids.CASE_COMMAND).ok
    name = submit(story, story.carla)
    return name, one(m for m in story.carla.dms if m.text.startswith(f"{name}: "))


@pytest.mark.parametrize("who", ["emil", "carla", "dora"])
def test_everybody_in_the_channel_can_press_the_pinned_button(tell: Tell, who: str) -> None:
    """Somebody of another organisation, a guest, and somebody of the team."""
    story = tell()
    person: Person = getattr(story, who)
    assert welcome(story.acme) in story.acme.pins
    assert person.click(welcome(story.acme), OPEN).ok
    assert filled_in(person) == (None, None)
    name = submit(story, person)
    card = story.card(name).shown
    assert f"@{person.name}" in card
    assert "Waiting for our first response" in card
    assert "acme" in story.team_card(name).shown.splitlines()[0]
    assert f"We have your case {name}" in person.dms[-1].shown


def test_a_mention_is_answered_in_its_thread_with_the_words_filled_in(tell: Tell) -> None:
    story = tell()
    said = mention(story, story.emil, "prices are gone\nsince noon, on every quote")
    [answer] = invitations(story)
    assert answer.thread_ts == said.ts
    assert "What @Emil wrote is filled in" in answer.shown
    assert "support@logik.io" in answer.shown
    assert story.emil.click(answer, OPEN).ok
    assert filled_in(story.emil) == (
        "prices are gone",
        "prices are gone\nsince noon, on every quote",
    )
    name = submit(story, story.emil)
    assert "prices are gone" in story.card(name).shown
    assert "since noon, on every quote" in story.team_card(name).shown


def test_a_mention_without_words_is_answered_with_the_bare_button(tell: Tell) -> None:
    story = tell()
    mention(story, story.carla, "")
    [answer] = invitations(story)
    assert "filled in" not in answer.shown
    assert story.carla.click(answer, OPEN).ok
    assert filled_in(story.carla) == (None, None)


def test_the_words_of_a_mention_are_filled_in_for_their_author_alone(tell: Tell) -> None:
    story = tell()
    mention(story, story.emil, "our secret discount is broken")
    [answer] = invitations(story)
    for other in (story.carla, story.ana):
        assert other.click(answer, OPEN).ok
        assert filled_in(other) == (None, None)
        assert other.modal is not None
        assert "secret" not in other.modal.text
    name = submit(story, story.carla)
    assert "secret" not in story.team_card(name).shown


def test_words_longer_than_the_form_takes_are_clipped_and_can_be_submitted(tell: Tell) -> None:
    story = tell()
    mention(story, story.carla, "é🔥&<b> " * 600)
    assert story.carla.click(invitations(story)[0], OPEN).ok
    summary, whole = filled_in(story.carla)
    assert str(summary).startswith("é🔥&<b> é🔥")
    assert str(whole).endswith("…")
    submit(story, story.carla)


def test_names_and_links_of_a_mention_are_readable_in_the_form(tell: Tell) -> None:
    story = tell()
    mention(story, story.carla, f"{story.ana.mention} see https://acme.logik.io/7 & tell @here")
    assert story.carla.click(invitations(story)[0], OPEN).ok
    assert filled_in(story.carla)[0] == "@Ana see https://acme.logik.io/7 & tell @here"


def test_a_mention_in_a_cases_thread_belongs_to_that_case(tell: Tell) -> None:
    story = tell()
    name = story.open_case()
    mention(story, story.emil, "any news?", story.card(name))
    assert invitations(story) == []
    assert any("any news?" in m.shown for m in story.team_card(name).thread)


def test_a_mention_in_a_thread_that_is_not_known_yet_belongs_to_its_case(tell: Tell) -> None:
    """The card is there, but Slack's answer to posting it was lost."""
    story = tell()
    story.workspace.faults.add(
        "chat.postMessage", CutAfter(), when=lambda args: args.get("channel") == story.acme.id
    )
    assert story.submit("Business severely impacted").ok
    story.desk.rest()
    story.workspace.event_retry_delays = (0.5, 0.5, 0.5)
    text = f"{story.workspace.bot.mention} any news?"
    story.emil.post(story.acme, text, story.card("CASE-1001"))
    story.desk.clock.turn_to(story.desk.clock.now() + timedelta(seconds=3))
    story.desk.bot.wake()
    story.desk.rest()
    story.desk.advance(seconds=10)
    assert any("any news?" in m.shown for m in story.team_card("CASE-1001").thread)
    assert invitations(story) == []


def test_a_mention_by_another_bot_or_by_slack_itself_is_not_answered(tell: Tell) -> None:
    story = tell()
    text = f"{story.workspace.bot.mention} deploy failed"
    jenkins = story.workspace.add_bot("Jenkins")
    story.acme.invite(jenkins)
    jenkins.post(story.acme, text)
    story.workspace.add_bot("Hook", classic=True).post(story.acme, text)
    story.workspace.system_message(story.acme, text)
    story.desk.advance(seconds=3)
    assert invitations(story) == []


def test_a_mention_that_slack_tells_of_three_times_is_answered_once(tell: Tell) -> None:
    story = tell()
    story.workspace.repeat_events = 3
    mention(story, story.emil, "prices are gone")
    assert len(invitations(story)) == 1


def test_a_mention_while_casebell_was_stopped_is_answered_when_slack_repeats_it(
    tell: Tell,
) -> None:
    story = tell()
    story.workspace.hold_events()
    story.emil.post(story.acme, f"{story.workspace.bot.mention} prices are gone")
    story.desk.stop_bot()
    story.desk.start_bot()
    story.workspace.release_events()
    story.desk.advance(seconds=3)
    assert len(invitations(story)) == 1


def test_an_answer_that_slack_puts_off_comes_later_and_once(tell: Tell) -> None:
    story = tell()
    story.workspace.faults.add("chat.postMessage", RateLimited(20))
    mention(story, story.emil, "prices are gone")
    assert invitations(story) == []
    story.desk.advance(seconds=30)
    assert len(invitations(story)) == 1


def test_the_shortcut_on_a_message_fills_its_words_in(tell: Tell) -> None:
    story = tell()
    said = story.emil.post(story.acme, "Prices < cost & wrong\non https://acme.logik.io/7")
    assert story.ana.message_shortcut(said, "Open a case from this").ok
    assert filled_in(story.ana) == (
        "Prices < cost & wrong",
        "Prices < cost & wrong\non https://acme.logik.io/7",
    )
    name = submit(story, story.ana)
    assert "Prices < cost & wrong" in story.card(name).shown


def test_the_shortcut_on_a_message_of_a_file_alone_opens_the_bare_form(tell: Tell) -> None:
    story = tell()
    said = story.emil.upload(story.acme, "error.png")
    assert story.carla.message_shortcut(said, ids.FROM_MESSAGE).ok
    assert filled_in(story.carla) == (None, None)


def test_a_shortcut_that_belongs_to_no_channel_makes_a_case_in_the_dm(tell: Tell) -> None:
    story = tell()
    assert story.carla.shortcut(OPEN).ok
    name = submit(story, story.carla)
    card = one(m for m in story.carla.dms if m.text.startswith(f"{name}: "))
    assert "Write in this thread" in card.shown
    assert all(name not in m.text for m in story.acme.messages)


def test_slack_offers_no_shortcut_to_people_of_another_organisation(tell: Tell) -> None:
    story = tell()
    assert not story.emil.shortcut(OPEN).ok
    assert not story.emil.message_shortcut(welcome(story.acme), ids.FROM_MESSAGE).ok


def test_a_form_that_slack_does_not_open_in_time_is_said_to_be_late(tell: Tell) -> None:
    story = tell()
    story.workspace.faults.add("views.open", Refused("expired_trigger_id"))
    assert "too long for Slack" in story.emil.click(welcome(story.acme), OPEN).text
    assert story.emil.modal is None


# A case that lives in a direct message.


@pytest.mark.parametrize("who", ["carla", "emil"])
def test_a_message_to_casebell_is_answered_with_the_words_filled_in(tell: Tell, who: str) -> None:
    story = tell()
    person: Person = getattr(story, who)
    write_directly(story, person, "how do I export?")
    answer = person.dms[-1]
    assert answer.thread_ts is None
    assert "Your words are filled in" in answer.shown
    assert person.click(answer, OPEN).ok
    assert filled_in(person)[0] == "how do I export?"
    name = submit(story, person)
    assert person.dms[-1].text.startswith(f"{name}: how do I export?")


def test_a_message_to_casebell_told_of_three_times_is_answered_once(tell: Tell) -> None:
    story = tell()
    story.workspace.repeat_events = 3
    write_directly(story, story.carla, "hello")
    assert len(story.carla.dms) == 2


def test_a_file_sent_to_casebell_is_answered_with_the_button(tell: Tell) -> None:
    story = tell()
    story.carla.upload(story.carla.dm, "error.png")
    story.desk.advance(seconds=3)
    assert story.carla.dms[-1].buttons == (OPEN,)


def test_words_under_the_answer_to_a_dm_are_answered_there(tell: Tell) -> None:
    story = tell()
    write_directly(story, story.carla, "hello")
    write_directly(story, story.carla, "is anybody there?", story.carla.dms[-1])
    answers = [m for m in story.carla.dms if m.buttons == (OPEN,)]
    assert len(answers) == 2


def test_words_under_the_receipt_are_about_its_case(tell: Tell) -> None:
    """Whoever answers the receipt where it stands believes that the team reads it."""
    story = tell()
    name = story.open_case()
    write_directly(story, story.carla, "is anybody there?", story.carla.dms[-1])
    assert any("is anybody there?" in m.shown for m in story.team_card(name).thread)


def test_a_case_in_a_dm_is_played_to_its_end_there(tell: Tell) -> None:
    story = tell()
    name, card = dm_case(story)
    assert "Write in this thread: our team reads and answers here" in card.shown
    assert len(story.carla.dms) == 1, "the card is the receipt"
    team_card = story.team_card(name)
    assert "a direct message with Casebell" in team_card.shown
    assert "Press Reply to answer" in team_card.shown

    assert story.ana.click(team_card, "Reply").ok
    assert story.ana.modal is not None
    story.ana.modal.fill({ids.REPLY_TEXT: "We export with GET /blueprints."})
    assert story.ana.modal.submit().ok
    story.desk.advance(seconds=4)
    reply = card.thread[-1]
    assert "GET /blueprints" in reply.shown
    assert reply.username == "Ana (Logik.io)"
    assert "Answered" in card.shown

    write_directly(story, story.carla, "Thanks, it works.", card)
    assert any("Thanks, it works." in m.shown for m in team_card.thread)

    assert story.ana.click(team_card, "Resolve").ok
    assert story.ana.modal is not None
    story.ana.modal.fill({ids.NOTE: "Shown how."})
    assert story.ana.modal.submit().ok
    story.desk.advance(seconds=4)
    assert "Shown how." in card.thread[-1].shown
    assert "Resolved" in card.shown

    write_directly(story, story.carla, "No, it stopped again.", card)
    assert "Resolved" not in card.shown
    assert any(f"{name} ({NO_IMPACT}) is open again" in words for words in story.news())
    with story.desk.bot.store.reading() as tx:
        kinds = [str(entry.kind) for entry in tx.cases.timeline(int(name.removeprefix("CASE-")))]
    assert kinds == [
        "opened",
        "replied",
        "answered",
        "wrote",
        "resolved",
        "wrote",
        "reopened",
    ]


def test_a_case_in_a_dm_is_named_to_whoever_writes_beside_its_thread(tell: Tell) -> None:
    story = tell()
    name, _ = dm_case(story)
    write_directly(story, story.carla, "it is worse now")
    answer = story.carla.dms[-1].shown
    assert f"If this is about {name} (How do I export a blueprint?), write in its thread" in answer
    second, _ = dm_case(story)
    write_directly(story, story.carla, "and now?")
    assert all(known in story.carla.dms[-1].shown for known in (name, second))


def test_nobody_else_hears_of_a_case_in_a_dm(tell: Tell) -> None:
    story = tell()
    name, _ = dm_case(story)
    number = name.removeprefix("CASE-")
    write_directly(story, story.dora, "hello")
    assert name not in story.dora.dms[-1].shown
    for person in (story.carla, story.dora):
        assert name in person.command("/case", number).text, "its reporter, and the team"
    bea = story.workspace.add_person("Bea", guest=True)
    story.acme.invite(bea)
    for text in (number, f"why {number}"):
        assert f"I find no {name} that you can see" in bea.command("/case", text, story.acme).text
    assert name not in bea.command("/case", "list", story.acme).text


def test_a_resolved_case_in_a_dm_is_not_named_any_more(tell: Tell) -> None:
    story = tell()
    name, _ = dm_case(story)
    story.ana.click(story.team_card(name), "Resolve")
    assert story.ana.modal is not None
    story.ana.modal.fill({ids.NOTE: "Shown how."})
    assert story.ana.modal.submit().ok
    story.desk.advance(seconds=4)
    write_directly(story, story.carla, "something new")
    assert name not in story.carla.dms[-1].shown


def test_a_case_typed_in_somebody_elses_dm_lives_in_the_dm_with_casebell(tell: Tell) -> None:
    story = tell()
    people = [story.carla, story.dora]
    other = Conversation(story.workspace, story.workspace.new_id("D"), "", Kind.DM, people)
    assert story.carla.command("/case", "", other).ok
    name = submit(story, story.carla)
    assert story.carla.dms[-1].text.startswith(f"{name}: ")


def test_a_group_dm_is_no_place_for_a_case_and_says_so(tell: Tell) -> None:
    story = tell()
    answer = story.carla.command("/case", "", story.workspace.direct(story.carla, story.dora))
    assert "Something went wrong" not in answer.text
    assert "support@logik.io" in answer.text or story.carla.modal is not None


# Where no case can be opened, it is said, with another way to the team.

WAYS: dict[str, Callable[[Story, Channel], Reply]] = {
    "the command": lambda story, room: story.carla.command("/case", "", room),
    "the shortcut": lambda story, room: story.carla.message_shortcut(
        story.carla.post(room, "prices are gone"), ids.FROM_MESSAGE
    ),
}


def block(story: Story) -> None:
    story.desk.bot.services.channels.describe(story.acme.id, "Acme", ChannelKind.BLOCKED)
    story.desk.advance(seconds=3)


@pytest.mark.parametrize("way", WAYS)
def test_in_a_channel_without_casebell_every_way_in_says_what_to_do(tell: Tell, way: str) -> None:
    story = tell()
    room = story.workspace.add_channel("gamma", members=[story.carla])
    answer = WAYS[way](story, room)
    assert answer.ok
    assert UNKNOWN in answer.text
    assert "/invite @casebell" in answer.text
    assert "support@logik.io" in answer.text
    assert story.carla.modal is None


def test_the_list_of_a_channel_without_casebell_says_that_it_is_not_there(tell: Tell) -> None:
    story = tell()
    room = story.workspace.add_channel("gamma", members=[story.carla])
    assert UNKNOWN in story.carla.command("/case", "list", room).text


def test_in_a_channel_that_casebell_has_left_the_old_button_says_what_to_do(tell: Tell) -> None:
    story = tell()
    story.acme.kick(story.workspace.bot)
    story.desk.advance(seconds=3)
    answer = story.carla.click(welcome(story.acme), OPEN)
    assert UNKNOWN in answer.text
    assert "support@logik.io" in answer.text


def test_where_casebell_came_in_a_moment_ago_the_form_opens_all_the_same(tell: Tell) -> None:
    """The command is faster than the event."""
    story = tell()
    room = story.workspace.add_channel("gamma", members=[story.carla])
    story.workspace.hold_events()
    room.invite(story.workspace.bot, by=story.carla)
    assert story.carla.command("/case", "", room).ok
    name = submit(story, story.carla)
    story.workspace.release_events()
    story.desk.advance(seconds=5)
    story.card(name, room)
    welcome(room)
    assert len([words for words in story.news() if "gamma" in words and "I am in it" in words]) == 1


@pytest.mark.parametrize("way", [*WAYS, "the button"])
def test_in_a_blocked_channel_every_way_in_names_the_support_address(tell: Tell, way: str) -> None:
    story = tell()
    block(story)
    answer = (
        story.emil.click(welcome(story.acme), OPEN)
        if way == "the button"
        else WAYS[way](story, story.acme)
    )
    assert answer.ok
    assert BLOCKED in answer.text
    assert story.carla.modal is None
    assert story.emil.modal is None


def test_a_mention_in_a_blocked_channel_names_the_support_address(tell: Tell) -> None:
    story = tell()
    block(story)
    said = mention(story, story.emil, "prices are gone")
    answer = one(said.thread)
    assert BLOCKED in answer.shown
    assert answer.buttons == ()


def test_a_channel_that_is_blocked_while_a_form_is_open_takes_no_case(tell: Tell) -> None:
    story = tell()
    assert story.emil.click(welcome(story.acme), OPEN).ok
    form = story.emil.modal
    assert form is not None
    story.fill(form, NO_IMPACT, QUESTION_ANSWERS)
    block(story)
    refused = form.submit()
    assert BLOCKED in refused.errors[SEVERITY]
    assert form.input("Summary").answer == QUESTION_ANSWERS["Summary"], "no word is lost"
    story.desk.advance(minutes=3)
    with story.desk.bot.store.reading() as tx:
        assert tx.cases.find(1001) is None
    assert "CASE-" not in " ".join(story.news())


def test_when_slack_does_not_tell_of_a_channel_the_command_says_that_it_failed(
    tell: Tell,
) -> None:
    story = tell()
    room = story.workspace.add_channel("gamma", members=[story.carla])
    story.workspace.faults.add("conversations.info", RateLimited(30))
    answer = story.carla.command("/case", "", room)
    assert "Something went wrong on our side" in answer.text
    assert "support@logik.io" in answer.text
