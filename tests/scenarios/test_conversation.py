"""The conversation in a case's thread: recorded, shown to the team, and answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar

import pytest
import sqlalchemy as sa
from story import Story, central

from bot.domain.conversation import CaseMessage
from bot.domain.events import EventKind
from bot.sandbox import CutAfter, CutBefore, Hang, Message, Person, Refused
from storage import tables

Tell = Callable[..., Story]
Found = TypeVar("Found")

STOPPED = "Business Stopped"
REPLY, NOTE = "Your reply", "What was it, and what has been done?"
SAID = frozenset({EventKind.WROTE, EventKind.EDITED, EventKind.DELETED, EventKind.REPLIED})
WORST = f"<!channel> <@U0000000001> *b* `c` &amp; @here 日本語 عربي 🔥 </ {'&<>' * 900}"
FILES = (  # names, bytes, and how the team reads of them
    (("prices.csv",), 2_400_000, ["📎 prices.csv (2.4 MB)"]),
    (("a.png", "b.png"), 1024, ["📎 a.png (1 kB)", "📎 b.png (1 kB)"]),
    (("core.dump",), 10**9, ["📎 core.dump (1 GB)"]),
    (("payload.scr",), 0, ["📎 payload.scr (0 B)"]),
    (("<!channel> a|b.ex&e",), 5, ["📎 <!channel> a¦b.ex&e (5 B)"]),
)


@pytest.fixture
def story(tell: Tell) -> Story:
    """On a Monday at ten; Carla has opened CASE-1001."""
    found = tell()
    found.open_case()
    return found


def only(found: Iterable[Found]) -> Found:
    """The only one there is."""
    (single,) = found
    return single


def write(story: Story, by: Person, text: str) -> Message:
    """Write in the case's thread, and let it settle."""
    posted = by.post(story.acme, text, story.card("CASE-1001"))
    story.desk.advance(seconds=3)
    return posted


def reply(story: Story, by: Person, text: str, card: Message | None = None) -> None:
    """Press Reply, and send."""
    assert by.click(card or story.team_card("CASE-1001"), "Reply").ok
    assert by.modal is not None
    by.modal.fill({REPLY: text})
    assert by.modal.submit().ok
    story.desk.advance(seconds=3)


def resolve(story: Story, by: Person, note: str = "A cache was stale.") -> None:
    assert by.click(story.team_card("CASE-1001"), "Resolve").ok
    assert by.modal is not None
    by.modal.fill({NOTE: note})
    assert by.modal.submit().ok
    story.desk.advance(seconds=3)


def status(story: Story) -> str:
    """Where the case stands, by its card."""
    lines = story.card("CASE-1001").shown.splitlines()
    return lines[lines.index("Status") + 1]


def mirrored(story: Story) -> list[str]:
    """What stands in the thread of the team's card."""
    return [message.shown for message in story.team_card("CASE-1001").thread]


def thread(story: Story) -> list[str]:
    """What stands in the customer's thread, but for the line that calls the reporter."""
    shown = (message.shown for message in story.card("CASE-1001").thread)
    return [words.replace("For @Carla\n", "", 1) for words in shown]


def recorded(story: Story) -> list[CaseMessage]:
    """The messages on the timeline, in its order, as they stand now."""
    with story.desk.bot.store.reading() as tx:
        entries = tx.cases.timeline(1001, {EventKind.WROTE, EventKind.REPLIED})
        return [tx.messages.get(entry.facts["message"]) for entry in entries]


def told(story: Story, *kinds: EventKind) -> list[EventKind]:
    """What the timeline has of these kinds, in its order; of what people said by default."""
    with story.desk.bot.store.reading() as tx:
        return [entry.kind for entry in tx.cases.timeline(1001, kinds or SAID)]


def answered_at(story: Story) -> datetime | None:
    with story.desk.bot.store.reading() as tx:
        return tx.cases.get(1001).answered_at


def places_of(story: Story, words: str) -> list[tuple[str, bool]]:
    """Where some words can be read by anybody, and whether in a thread."""
    return [
        (message.conversation.name, message.thread_ts is not None)
        for room in story.workspace.conversations.values()
        for message in room.messages
        if words in message.shown or words in message.text
    ]


def stored(story: Story) -> str:
    """Every row of every table, as text."""

    def rows() -> Iterator[str]:
        with story.desk.bot.database.reading() as connection:
            for table in tables.metadata.sorted_tables:
                yield from (repr(row) for row in connection.execute(sa.select(table)))

    return "\n".join(rows())


# What is written


def test_what_the_customer_writes_is_recorded_and_shown_to_the_team_alone(story: Story) -> None:
    write(story, story.carla, "It happens in Chrome only.")
    write(story, story.emil, "For me too, in Kolkata.")
    assert [(m.text, m.author.user_id, m.by_team) for m in recorded(story)] == [
        ("It happens in Chrome only.", story.carla.id, False),
        ("For me too, in Kolkata.", story.emil.id, False),
    ]
    assert mirrored(story) == [
        "@Carla wrote:\nIt happens in Chrome only.",
        "@Emil wrote:\nFor me too, in Kolkata.",
    ]
    assert places_of(story, "Chrome only") == [("support-team", True), ("acme", True)]


def test_what_is_written_beside_the_thread_is_of_no_case(story: Story) -> None:
    story.carla.post(story.acme, "Happy birthday, Emil!")
    aside = story.emil.post(story.acme, "Lunch?")
    story.carla.post(story.acme, "Gladly.", aside)
    story.desk.advance(seconds=3)
    assert recorded(story) == []
    assert mirrored(story) == []


def test_the_worst_text_calls_nobody_and_is_shown_whole(story: Story) -> None:
    write(story, story.carla, WORST)
    copy = only(story.team_card("CASE-1001").thread)
    assert WORST in copy.shown.replace("\n", "")
    assert copy.shown.count("&<>") == 900
    assert not any(copy.pings(person) for person in story.team.members)


def test_the_team_reads_names_where_somebody_was_called(story: Story) -> None:
    write(story, story.carla, f"{story.ana.mention}, see https://acme.example/a?b=1&c=2")
    assert mirrored(story) == ["@Carla wrote:\n@Ana, see https://acme.example/a?b=1&c=2"]


def test_a_message_without_words_points_to_the_thread(story: Story) -> None:
    """As when somebody forwards a message of elsewhere: all of it is in an attachment."""
    write(story, story.carla, "")
    copy = only(story.team_card("CASE-1001").thread)
    assert "a file" not in copy.text
    assert "thread" in copy.shown


def test_two_cases_keep_their_conversations_apart(story: Story) -> None:
    other = story.open_case()
    write(story, story.carla, "About the first.")
    story.carla.post(story.acme, "About the second.", story.card(other))
    story.desk.advance(seconds=3)
    assert mirrored(story) == ["@Carla wrote:\nAbout the first."]
    assert only(story.team_card(other).thread).shown == "@Carla wrote:\nAbout the second."


# Edits and deletions


def test_an_edit_is_recorded_and_redraws_what_the_team_reads(story: Story) -> None:
    posted = write(story, story.carla, "Since Monday.")
    story.carla.edit(posted, "Since Sunday.")
    story.desk.advance(seconds=3)
    assert mirrored(story) == ["@Carla wrote (edited):\nSince Sunday."]
    assert told(story) == [EventKind.WROTE, EventKind.EDITED]
    assert only(recorded(story)).text == "Since Sunday."
    assert "Since Monday." in stored(story), "the older wording stays on record"


def test_an_edit_after_the_case_was_resolved_does_not_reopen_it(story: Story) -> None:
    posted = write(story, story.carla, "Since Monday.")
    story.desk.advance(minutes=5)
    resolve(story, story.ana)
    story.desk.advance(minutes=5)
    story.carla.edit(posted, "Since Sunday.")
    story.desk.advance(seconds=3)
    assert status(story) == "Resolved"
    assert mirrored(story)[0] == "@Carla wrote (edited):\nSince Sunday."


def test_a_message_that_was_taken_back_leaves_no_word_anywhere(story: Story) -> None:
    posted = story.carla.upload(
        story.acme, "hunter2.txt", text="My password is hunter2.", thread=story.card("CASE-1001")
    )
    story.desk.advance(seconds=3)
    story.carla.edit(posted, "My password was hunter2.")
    story.desk.advance(seconds=3)
    story.carla.delete(posted)
    story.desk.advance(seconds=3)
    assert mirrored(story) == ["@Carla deleted their message."]
    assert told(story) == [EventKind.WROTE, EventKind.EDITED, EventKind.DELETED]
    assert "hunter2" not in stored(story)
    # The sandbox remembers what a message said before; Slack shows that to nobody.
    assert places_of(story, "hunter2") == []


def test_the_last_words_of_a_deleted_answer_still_stopped_the_clock(story: Story) -> None:
    posted = write(story, story.ana, "We are on it.")
    story.ana.delete(posted)
    story.desk.advance(seconds=3)
    assert status(story) == "Answered"
    assert mirrored(story) == ["@Ana deleted their message."]


def test_a_link_that_slack_unfurls_changes_nothing(story: Story) -> None:
    posted = write(story, story.carla, "See https://acme.example/quotes/7")
    story.acme.unfurl(posted)
    story.desk.advance(seconds=3)
    assert told(story) == [EventKind.WROTE]
    assert mirrored(story) == ["@Carla wrote:\nSee https://acme.example/quotes/7"]


def test_a_link_unfurled_beside_a_file_that_slack_no_longer_tells_of_changes_nothing(
    story: Story,
) -> None:
    text, card = "See https://acme.example/quotes/7", story.card("CASE-1001")
    posted = story.carla.upload(story.acme, "prices.csv", text=text, thread=card)
    story.desk.advance(seconds=3)
    before = mirrored(story)
    assert "prices.csv" in before[0]
    story.workspace.faults.add("files.info", Refused("ratelimited"), times=None)
    story.acme.unfurl(posted)
    story.desk.advance(seconds=3)
    assert mirrored(story) == before
    assert told(story) == [EventKind.WROTE]


# Files


def test_files_are_named_with_their_size_and_never_fetched(story: Story) -> None:
    """In this channel, shared with another organisation, events give the ids alone."""
    card = story.card("CASE-1001")
    for names, size, lines in FILES:
        story.carla.upload(story.acme, *names, text="Here.", thread=card, size=size)
        story.desk.advance(seconds=3)
        assert [file.name for file in recorded(story)[-1].files] == list(names)
        assert mirrored(story)[-1].splitlines() == ["@Carla wrote:", "Here.", *lines]
    called = {call.method for call in story.workspace.calls if call.method.startswith("files.")}
    assert called == {"files.info"}


def test_files_of_a_channel_of_our_own_need_no_asking(tell: Tell) -> None:
    story = tell()
    inside = story.workspace.add_channel("inside", members=[story.workspace.bot, story.carla])
    name = story.open_case(channel=inside)
    story.carla.upload(inside, "a.csv", thread=story.card(name, inside))
    story.desk.advance(seconds=3)
    assert mirrored(story) == ["@Carla wrote:\n📎 a.csv (1 kB)"]
    assert not [call for call in story.workspace.calls if call.method == "files.info"]


def test_a_file_of_which_slack_tells_nothing_does_not_keep_the_words_back(story: Story) -> None:
    card = story.card("CASE-1001")
    for fault, file in (
        (Refused("file_not_found"), "a file (see the thread)"),
        (Refused("missing_scope"), "a file (see the thread)"),
        (CutBefore(), "a file (see the thread)"),
        (Hang(0.2), "prices.csv (1 kB)"),
    ):
        story.workspace.faults.add("files.info", fault)
        story.carla.upload(story.acme, "prices.csv", text="Look.", thread=card)
        story.desk.advance(seconds=3)
        assert mirrored(story)[-1] == f"@Carla wrote:\nLook.\n📎 {file}"


def test_a_file_of_the_team_is_an_answer(story: Story) -> None:
    story.ana.upload(story.acme, "fix.zip", thread=story.card("CASE-1001"))
    story.desk.advance(seconds=3)
    assert status(story) == "Answered"
    assert mirrored(story) == ["@Ana (of the team) wrote to the customer:\n📎 fix.zip (1 kB)"]


# Events that come again, out of order, or twice


def test_events_told_three_times_count_once(story: Story) -> None:
    story.workspace.repeat_events = 3
    posted = write(story, story.carla, "Since Monday.")
    gone = write(story, story.carla, "Never mind.")
    story.carla.edit(posted, "Since Sunday.")
    story.carla.delete(gone)
    story.desk.advance(seconds=3)
    resolve(story, story.ana)
    story.desk.advance(minutes=1)
    write(story, story.carla, "It is back.")
    assert mirrored(story) == [
        "@Carla wrote (edited):\nSince Sunday.",
        "@Carla deleted their message.",
        ":white_check_mark: @Ana resolved CASE-1001.\nA cache was stale.",
        "@Carla wrote:\nIt is back.",
    ]
    kinds = sorted(told(story))
    assert kinds == sorted([EventKind.WROTE] * 3 + [EventKind.EDITED, EventKind.DELETED])
    assert told(story, EventKind.REOPENED) == [EventKind.REOPENED]
    assert len([news for news in story.news() if "is open again" in news]) == 1


def test_an_edit_that_is_told_before_its_message_is_the_message(story: Story) -> None:
    story.workspace.hold_events()
    posted = story.carla.post(story.acme, "Since Monday.", story.card("CASE-1001"))
    story.carla.edit(posted, "Since Sunday.")
    story.workspace.release_events("reversed")
    story.desk.advance(seconds=3)
    assert mirrored(story) == ["@Carla wrote (edited):\nSince Sunday."]
    assert told(story) == [EventKind.WROTE]


def test_a_deletion_that_is_told_before_its_message_leaves_no_word(story: Story) -> None:
    story.workspace.hold_events()
    posted = story.carla.post(story.acme, "hunter2", story.card("CASE-1001"))
    story.carla.edit(posted, "hunter2!")
    story.carla.delete(posted)
    story.workspace.release_events("reversed")
    story.desk.advance(seconds=3)
    assert mirrored(story) == []
    assert told(story) == [EventKind.DELETED]
    assert "hunter2" not in stored(story)


def test_of_two_edits_the_later_counts_whichever_is_told_first(story: Story) -> None:
    posted = write(story, story.carla, "One.")
    story.workspace.hold_events()
    story.carla.edit(posted, "Two.")
    story.carla.edit(posted, "Three.")
    story.workspace.release_events("reversed")
    story.desk.advance(seconds=3)
    assert mirrored(story) == ["@Carla wrote (edited):\nThree."]
    assert only(recorded(story)).text == "Three."


def test_an_edit_and_back_told_in_the_wrong_order_ends_at_the_words_that_stand(
    story: Story,
) -> None:
    posted = write(story, story.carla, "One.")
    story.workspace.hold_events()
    story.carla.edit(posted, "Two.")
    story.carla.edit(posted, "One.")
    story.workspace.release_events("reversed")
    story.desk.advance(seconds=3)
    assert "One." in only(mirrored(story))


def test_a_message_that_calls_casebell_by_name_in_the_thread_counts_once(story: Story) -> None:
    """Slack tells of it twice: as a message, and as a mention."""
    write(story, story.carla, f"{story.workspace.bot.mention} it is worse.")
    assert len(mirrored(story)) == 1
    assert "it is worse." in mirrored(story)[0]
    assert thread(story) == [only(story.card("CASE-1001").thread).shown], "and nothing is answered"


# Who is nobody's customer


@pytest.mark.parametrize("is_resolved", [False, True], ids=["open", "resolved"])
def test_what_no_person_wrote_changes_nothing(story: Story, is_resolved: bool) -> None:
    if is_resolved:
        resolve(story, story.ana)
        story.desk.advance(minutes=1)
    shown, before, card = mirrored(story), status(story), story.card("CASE-1001")
    modern = story.workspace.add_bot("Jira")
    story.acme.members.append(modern)
    for bot in (modern, story.workspace.add_bot("Old Jira", classic=True)):
        text = f"{story.workspace.bot.mention} ACME-7 was updated."
        bot.post(story.acme, text, card)
        bot.post(story.acme, text)
    story.workspace.system_message(story.acme, "Emil renamed the channel.")
    count = len(story.acme.messages)
    story.desk.advance(seconds=3)
    assert (mirrored(story), status(story)) == (shown, before)
    assert told(story) == []
    assert len(story.acme.messages) == count, "nobody answers a bot"


def test_what_the_team_says_among_itself_reaches_no_customer(story: Story) -> None:
    write(story, story.carla, "Any news?")
    card = story.team_card("CASE-1001")
    secret = story.ben.post(story.team, f"Acme again. {story.carla.mention}, sigh.", card)
    story.ana.upload(story.team, "sigh.gif", text="Sigh indeed.", thread=card)
    story.ben.edit(secret, "Acme again, deep sigh.")
    story.desk.advance(minutes=10)
    assert thread(story) == ["Any news?"]
    assert {place for place, _ in places_of(story, "sigh")} == {"support-team"}
    assert status(story) == "Waiting for our first response"
    assert [message.text for message in recorded(story)] == ["Any news?"]
    assert "sigh" not in stored(story)


# Reply


def test_a_reply_is_posted_in_the_thread_under_the_name_of_who_wrote_it(story: Story) -> None:
    story.desk.advance(minutes=20)
    reply(story, story.ana, "Which <browser> is it?")
    posted = only(story.card("CASE-1001").thread)
    assert posted.username == "Ana (Logik.io)"
    assert thread(story) == ["Which <browser> is it?"]
    assert status(story) == "Answered"
    assert mirrored(story) == [
        "@Ana replied to the customer through Casebell:\nWhich <browser> is it?"
    ]
    assert only(recorded(story)).ts == posted.ts
    assert told(story, EventKind.ANSWERED) == [EventKind.ANSWERED]
    assert places_of(story, "Which <browser>") == [("support-team", True), ("acme", True)]


def test_the_longest_reply_arrives_whole_and_calls_nobody(story: Story) -> None:
    text = ("<!channel> @here <@" + story.emil.id + "> " + "&<> " * 800)[:3000].strip()
    reply(story, story.ana, text)
    posted = only(story.card("CASE-1001").thread)
    assert "".join(thread(story)[0].split()) == "".join(text.split())
    assert not posted.pings(story.emil)


def test_a_reply_that_is_submitted_twice_is_said_once(story: Story) -> None:
    """Slack loses our answer; Ana presses Send again."""
    assert story.ana.click(story.team_card("CASE-1001"), "Reply").ok
    form = story.ana.modal
    assert form is not None
    form.fill({REPLY: "On it."})
    story.workspace.loses_answers = True
    assert form.submit().problem
    story.workspace.loses_answers = False
    assert form.submit().ok
    story.desk.advance(seconds=5)
    assert thread(story) == ["On it."]
    assert len(recorded(story)) == 1


def test_two_replies_at_once_are_both_said(story: Story) -> None:
    for person in (story.ana, story.dora):
        assert person.click(story.team_card("CASE-1001"), "Reply").ok
    for person in (story.ana, story.dora):
        assert person.modal is not None
        person.modal.fill({REPLY: f"It is me, {person.name}."})
        assert person.modal.submit().ok
    story.desk.advance(seconds=5)
    assert thread(story) == ["It is me, Ana.", "It is me, Dora."]
    assert told(story, EventKind.ANSWERED) == [EventKind.ANSWERED]


def test_somebody_who_is_not_of_the_team_cannot_reply(story: Story) -> None:
    """A guest may have been let into the team's channel."""
    story.team.members.append(story.carla)
    answer = story.carla.click(story.team_card("CASE-1001"), "Reply")
    assert "Only people of the support team" in answer.text
    assert story.carla.modal is None or story.carla.modal.title != "Reply to CASE-1001"


def test_a_reply_is_the_first_response_when_slack_has_it_and_not_before(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    name = story.open_case(STOPPED)
    rung = len(story.rung())
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("service_unavailable"),
        times=None,
        when=lambda args: args.get("channel") == story.acme.id,
    )
    reply(story, story.dora, "We restart the servers.")
    story.now_is("2026-11-21 02:10:02")
    assert status(story) == "Waiting for our first response"
    assert len(story.rung()) > rung, "somebody has to know while the customer knows nothing"
    story.workspace.faults.clear()
    story.now_is("2026-11-21 02:12")
    assert thread(story) == ["We restart the servers."]
    assert status(story) == "Answered"
    rung = len(story.rung())
    story.now_is("2026-11-21 03:00")
    assert len(story.rung()) == rung
    assert "First response\ntoday at 2:1" in story.card(name).shown_to(story.ana)


def test_a_reply_whose_answer_was_lost_counts_from_when_slack_had_it(tell: Tell) -> None:
    story = tell("2026-11-23 13:50")
    story.open_case("Business Stopped")
    story.workspace.faults.add(
        "chat.postMessage", CutAfter(), when=lambda args: args.get("username") is not None
    )
    assert story.ana.click(story.team_card("CASE-1001"), "Reply").ok
    assert story.ana.modal is not None
    story.ana.modal.fill({REPLY: "We restart the servers."})
    assert story.ana.modal.submit().ok
    story.workspace.wait_for(lambda: len(story.card("CASE-1001").thread) == 1)
    story.desk.stop_bot()
    story.desk.clock.turn_to(central("2026-11-23 17:00"))
    story.desk.start_bot()
    story.desk.advance(seconds=30)
    assert thread(story) == ["We restart the servers."]
    at = answered_at(story)
    assert at is not None
    assert at < central("2026-11-23 13:51")


def test_a_reply_that_the_channel_does_not_take_goes_to_the_reporter(story: Story) -> None:
    story.acme.archive()
    story.desk.rest()
    reply(story, story.ana, "It is fixed.")
    story.desk.advance(seconds=5)
    dm = story.carla.dms[-1]
    assert (dm.username, dm.shown) == ("Ana (Logik.io)", "About CASE-1001:\nIt is fixed.")
    assert "Answered" in story.team_card("CASE-1001").shown
    assert "It is fixed." in mirrored(story)[-1]
    assert not [news for news in story.news() if "did not reach" in news]


def test_a_reply_that_reaches_nobody_is_told_to_the_team(story: Story) -> None:
    story.acme.archive()
    story.desk.rest()
    to_carla = story.carla.dm.id
    story.workspace.faults.add(
        "chat.postMessage",
        Refused("channel_not_found"),
        times=None,
        when=lambda args: args.get("channel") == to_carla,
    )
    reply(story, story.ana, "It is fixed.")
    story.desk.advance(seconds=5)
    news = only(news for news in story.news() if "did not reach the customer" in news)
    assert "@Carla" in news
    assert "support@logik.io" in news
    assert answered_at(story) is None
    assert told(story, EventKind.NOT_DELIVERED) == [EventKind.NOT_DELIVERED]


def test_the_words_of_a_reply_that_reached_nobody_can_be_read_and_sent_otherwise(
    story: Story,
) -> None:
    story.acme.archive()
    story.carla.deactivate()
    story.desk.rest()
    reply(story, story.ana, "It is fixed.")
    story.desk.advance(seconds=5)
    news = only(news for news in story.news() if "did not reach the customer" in news)
    assert "the reply of @Ana" in news
    assert "It is fixed." in "\n".join([news, *mirrored(story)])


def test_what_the_customer_answers_to_a_reply_by_dm_is_heard(story: Story) -> None:
    story.acme.archive()
    story.desk.rest()
    reply(story, story.ana, "Is it better?")
    story.desk.advance(seconds=5)
    story.carla.post(story.carla.dm, "Yes, thank you.", story.carla.dms[-1])
    story.desk.advance(seconds=5)
    assert mirrored(story)[-1] == "@Carla wrote:\nYes, thank you."


def test_on_call_replies_from_the_page_that_they_acknowledged(tell: Tell) -> None:
    story = tell("2026-11-21 02:00")
    story.open_case(STOPPED)
    story.ana.click(story.pages(story.ana)[0], "Acknowledge")
    story.desk.advance(seconds=3)
    page = story.pages(story.ana)[0]
    assert "Reply" in page.buttons
    reply(story, story.ana, "I am looking.", page)
    assert only(story.card("CASE-1001").thread).username == "Ana (Logik.io)"
    assert status(story) == "Answered"
    page = story.pages(story.ana)[0]
    assert page.buttons == ()
    story.now_is("2026-11-21 04:00")
    assert story.rung() == ["Ana"]


def test_a_reply_goes_out_although_casebell_is_restarted_right_after_send(story: Story) -> None:
    story.workspace.away = True
    assert story.ana.click(story.team_card("CASE-1001"), "Reply").status == 200
    story.workspace.away = False
    assert story.ana.click(story.team_card("CASE-1001"), "Reply").ok
    form = story.ana.modal
    assert form is not None
    form.fill({REPLY: "On it."})
    story.workspace.away = True
    assert form.submit().ok
    story.desk.stop_bot()
    story.workspace.away = False
    story.desk.advance_clock(minutes=1)
    story.desk.start_bot()
    story.desk.advance(seconds=20)
    assert thread(story) == ["On it."]
    assert status(story) == "Answered"


# Whose words do what


def test_the_first_words_of_the_team_in_the_thread_are_the_first_response(story: Story) -> None:
    story.desk.advance(minutes=30)
    write(story, story.dora, "Which browser is it?")
    first = answered_at(story)
    assert first == central("2026-11-23 10:30:03")
    story.desk.advance(minutes=30)
    write(story, story.ana, "Any news?")
    assert answered_at(story) == first
    assert mirrored(story) == [
        "@Dora (of the team) wrote to the customer:\nWhich browser is it?",
        "@Ana (of the team) wrote to the customer:\nAny news?",
    ]


def test_who_opened_the_case_does_not_answer_it(tell: Tell) -> None:
    story = tell()
    story.open_case(person=story.dora)
    write(story, story.dora, "Acme called me about this.")
    reply(story, story.dora, "And I said that we look.")
    assert status(story) == "Waiting for our first response"
    assert (
        mirrored(story)[0]
        == "@Dora (of the team) wrote to the customer:\nAcme called me about this."
    )
    write(story, story.ana, "Thanks, I take it.")
    assert status(story) == "Answered"


def test_a_colleague_of_the_customer_does_not_answer_for_us(story: Story) -> None:
    write(story, story.emil, "Have you tried turning it off and on?")
    assert status(story) == "Waiting for our first response"


def test_a_reply_of_the_customer_reopens_a_resolved_case_and_the_team_hears(story: Story) -> None:
    write(story, story.ana, "Try again, please.")
    resolve(story, story.ana)
    assert status(story) == "Resolved"
    story.desk.advance(hours=1)
    write(story, story.emil, "It is back.")
    write(story, story.carla, "Really.")
    assert status(story) == "Open again, waiting for us"
    news = only(news for news in story.news() if "is open again" in news)
    assert "@Emil replied after it was resolved" in news
    assert mirrored(story)[-2:] == [
        "@Emil wrote:\nIt is back.",
        "@Carla wrote:\nReally.",
    ]
    assert "Reopen" not in story.team_card("CASE-1001").buttons


def test_words_of_the_team_do_not_reopen_a_resolved_case(story: Story) -> None:
    resolve(story, story.ana)
    story.desk.advance(minutes=5)
    write(story, story.dora, "Have a nice weekend.")
    assert status(story) == "Resolved"


def test_words_of_the_customer_end_the_waiting_for_them(story: Story) -> None:
    write(story, story.ana, "Which browser is it?")
    assert story.ana.choose(story.team_card("CASE-1001"), "case_more", "Waiting on the customer").ok
    story.desk.advance(seconds=3)
    assert status(story) == "Waiting for you"
    assert "please reply in this thread" in story.card("CASE-1001").shown
    write(story, story.ana, "No hurry.")
    assert status(story) == "Waiting for you"
    write(story, story.emil, "Chrome.")
    assert status(story) == "Answered"


def test_words_from_before_the_resolution_do_not_reopen_it_however_late_they_are_told(
    story: Story,
) -> None:
    story.workspace.hold_events()
    write(story, story.carla, "It works again!")
    story.desk.advance(minutes=1)
    resolve(story, story.ana)
    story.desk.advance(minutes=1)
    story.workspace.release_events()
    story.desk.advance(seconds=3)
    assert status(story) == "Resolved"
    assert "@Carla wrote:\nIt works again!" in mirrored(story)
    assert told(story, EventKind.REOPENED) == []


def test_a_case_that_is_reopened_unanswered_after_its_deadline_is_overdue(tell: Tell) -> None:
    """Dora opened it and resolved it: nobody has answered Acme."""
    story = tell()
    story.open_case(person=story.dora)
    resolve(story, story.dora)
    story.now_is("2026-11-23 15:00")
    write(story, story.carla, "This is not solved at all.")
    story.desk.advance(minutes=5)
    assert status(story) == "Waiting for our first response"
    assert [news for news in story.news() if "overdue" in news]


# After Casebell was away


def test_what_was_said_while_casebell_was_down_is_found_once(story: Story) -> None:
    write(story, story.carla, "Before.")
    story.desk.stop_bot()
    card = story.card("CASE-1001")
    story.desk.advance_clock(minutes=10)
    story.carla.post(story.acme, "During.", card)
    story.emil.upload(story.acme, "during.png", thread=card)
    story.desk.advance_clock(minutes=10)
    story.ana.post(story.acme, "We look.", card)
    story.workspace.add_bot("Jira", classic=True).post(story.acme, "ACME-7", card)
    story.workspace.settle()  # Slack has given up telling
    expected = [
        "@Carla wrote:\nBefore.",
        "@Carla wrote:\nDuring.",
        "@Emil wrote:\n📎 during.png (1 kB)",
        "@Ana (of the team) wrote to the customer:\nWe look.",
    ]
    for _ in range(2):
        story.desk.advance_clock(minutes=30)
        story.desk.start_bot()
        story.desk.advance(seconds=10)
        assert mirrored(story) == expected
        assert len(recorded(story)) == 4
        story.desk.stop_bot()
    story.desk.start_bot()
    assert "First response\ntoday at 10:20 AM" in story.card("CASE-1001").shown_to(story.ana)


def test_a_reply_of_the_customer_while_casebell_was_down_reopens_the_case(story: Story) -> None:
    resolve(story, story.ana)
    story.desk.stop_bot()
    story.desk.advance_clock(hours=1)
    story.carla.post(story.acme, "It is back.", story.card("CASE-1001"))
    story.workspace.settle()
    story.desk.advance_clock(hours=1)
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert status(story) == "Open again, waiting for us"
    assert [news for news in story.news() if "is open again" in news]


def test_words_in_an_old_open_case_are_found_too(story: Story) -> None:
    write(story, story.ana, "This takes a while.")
    story.desk.advance(days=13)
    story.desk.stop_bot()
    story.carla.post(story.acme, "How far are you?", story.card("CASE-1001"))
    story.workspace.settle()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert mirrored(story)[-1] == "@Carla wrote:\nHow far are you?"


def test_what_was_changed_while_casebell_was_down_is_found(story: Story) -> None:
    posted = write(story, story.carla, "Since Monday.")
    story.desk.stop_bot()
    story.carla.edit(posted, "Since Sunday.")
    story.workspace.settle()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert mirrored(story) == ["@Carla wrote (edited):\nSince Sunday."]
    assert told(story) == [EventKind.WROTE, EventKind.EDITED]


def test_what_was_taken_back_while_casebell_was_down_leaves_no_word(story: Story) -> None:
    posted = write(story, story.carla, "hunter2")
    story.desk.stop_bot()
    story.carla.delete(posted)
    story.workspace.settle()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert mirrored(story) == ["@Carla deleted their message."]
    assert "hunter2" not in stored(story)


def test_a_thread_that_is_gone_does_not_keep_the_others_from_being_read(story: Story) -> None:
    story.desk.stop_bot()
    second = story.workspace.add_channel("globex", members=[story.workspace.bot, story.carla])
    story.desk.start_bot()
    name = story.open_case(channel=second)
    story.desk.stop_bot()
    story.carla.post(second, "Hello?", story.card(name, second))
    story.acme.kick(story.workspace.bot)
    story.workspace.settle()
    story.desk.start_bot()
    story.desk.advance(seconds=5)
    assert [m.shown for m in story.team_card(name).thread] == ["@Carla wrote:\nHello?"]
