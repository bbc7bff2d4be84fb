"""What is said about a case after its card: in its thread, and to the team."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from examples import (
    ANSWERED,
    BY_TEAM,
    CARD_URL,
    DIRECT,
    NOW,
    POLICY,
    URL,
    a_case,
    a_file,
    a_message,
    an_entry,
    in_every_state,
    severity_change,
    shown,
    worst,
)
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.events import EventKind, TimelineEntry
from bot.messages import kit, thread
from bot.sandbox import blocks as slack
from bot.sandbox import reading


@pytest.mark.parametrize(
    ("changed", "route", "words"),
    [
        ({}, None, "@U0CARLA wrote:"),
        ({"edited_at": NOW}, None, "@U0CARLA wrote (edited):"),
        (BY_TEAM, None, "@U0ANA (of the team) wrote to the customer:"),
        (BY_TEAM, "thread", "@U0ANA replied to the customer through Casebell:"),
        (BY_TEAM, "dm", "@U0ANA replied to the customer through Casebell, by DM:"),
        (BY_TEAM, "none", "@U0ANA replied, and it did not reach the customer:"),
        (BY_TEAM, "of a newer release", "@U0ANA replied to the customer through Casebell:"),
        ({**BY_TEAM, "edited_at": NOW}, None, "wrote to the customer (edited):"),
    ],
)
def test_the_team_reads_who_wrote_in_the_customers_thread(
    changed: Mapping[str, Any], route: str | None, words: str
) -> None:
    message = thread.mirrored(a_case(), a_message(**changed), "It is slow.", route=route)
    assert (
        shown(message)
        == f"{words if words[0] == '@' else '@U0ANA (of the team) ' + words}\nIt is slow."
    )


def test_of_a_deleted_message_no_word_is_shown() -> None:
    message = thread.mirrored(a_case(), a_message(deleted_at=NOW), "It is slow.")
    assert shown(message) == "@U0CARLA deleted their message."
    assert "slow" not in message.text


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (a_file(), "📎 <https://files.slack.com/F1/screen.png|screen.png> (2.4 MB)"),
        (a_file(size=1_000_000_000), "(1 GB)"),
        (a_file(size=None), "|screen.png>"),
        (a_file(url=None), "📎 screen.png (2.4 MB)"),
        (a_file(None, size=None, url=None), "📎 a file (see the thread)"),
        (a_file("a|b>.png"), "|a¦b&gt;.png>"),
        (a_file(url="javascript:alert(1)"), "📎 screen.png (2.4 MB)"),
        (a_file(url="https://a.example|<!channel>"), "📎 screen.png (2.4 MB)"),
    ],
)
def test_a_file_is_named_and_linked_as_far_as_it_is_known(file: Any, words: str) -> None:
    message = thread.mirrored(a_case(), a_message(files=(file,)), "")
    assert words in message.blocks[-1]["elements"][0]["text"]
    assert reading.calls(message.blocks, message.text) == {"U0CARLA"}


def test_of_many_files_the_first_are_named() -> None:
    message = thread.mirrored(a_case(), a_message(files=(a_file(),) * 12), "")
    assert shown(message).count("📎") == thread.MOST_FILES
    assert shown(message).endswith("and 2 more")


@worst
def test_a_reply_is_the_words_under_the_name_of_who_wrote_them(text: str) -> None:
    """The reporter is named, so that Slack tells them of it."""
    message = thread.reply(POLICY, a_case(), a_message(**BY_TEAM), text, "Ana Maria")
    assert shown(message) == f"For @U0CARLA\n{text or '–'}"
    assert message.author == "Ana Maria (Logik.io)"


def test_a_reply_by_dm_says_which_case_it_is_about() -> None:
    message = thread.reply(POLICY, a_case(), a_message(**BY_TEAM), "Fixed.", "Ana", by_dm=True)
    assert shown(message) == "About CASE-1042:\nFixed."
    assert reading.calls(message.blocks, message.text) == set(), "there, nobody has to be called"


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("", "Logik.io"),
        ("  ", "Logik.io"),
        ("x" * 500, "x" * 39 + "… (Logik.io)"),
        ("<!channel>", "<!channel> (Logik.io)"),  # plain in Slack: an author is no mrkdwn
    ],
    ids=["no name", "a blank name", "a name of 500 letters", "a name that looks live"],
)
def test_an_author_always_has_a_name_and_the_vendors(name: str, author: str) -> None:
    assert thread.reply(POLICY, a_case(), a_message(**BY_TEAM), "Hi", name).author == author


_OPEN_AGAIN = "If it is not solved, reply here, and the case is open again."


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            severity_change(EventKind.RAISED, "It stops *all* orders"),
            [
                "@U0ANA raised the severity from Business severely impacted to Business Stopped.",
                "It stops *all* orders",
                "Our on-call engineer is being paged now.",
                "Next response by\ntoday at 12:00 PM (Mon 23 Nov, 12:00 PM Central)",
            ],
        ),
        (
            severity_change(
                EventKind.LOWERED,
                "There is a way round",
                **{"from": "business_stopped", "to": "severe_impact"},
            ),
            [
                "@U0ANA lowered the severity from Business Stopped to Business severely impacted.",
                "There is a way round",
                "Next response by",
            ],
        ),
        (
            severity_change(EventKind.WORSENED),
            ["says that it is Business Stopped now.", "Our on-call engineer is being paged now."],
        ),
        (
            severity_change(EventKind.WORSENED, **{"from": "business_stopped"}, pages=False),
            ["says that it is still down.", "Our team has been told."],
        ),
        (
            an_entry(EventKind.RESOLVED, note="A <b>typo</b>"),
            ["@U0ANA resolved CASE-1042.", "A <b>typo</b>", _OPEN_AGAIN],
        ),
        (an_entry(EventKind.REOPENED), ["@U0ANA reopened CASE-1042."]),
    ],
    ids=["raised", "lowered", "worse", "still down", "resolved", "reopened"],
)
def test_customers_hear_what_was_done_why_and_by_when_we_respond(
    entry: TimelineEntry, words: list[str]
) -> None:
    message = thread.status_news(POLICY, a_case(), entry)
    assert [line for line in words if line not in shown(message)] == []
    assert slack.problems_of_message(message.blocks) == []


_NEWS_FROM_US = [EventKind.RAISED, EventKind.LOWERED, EventKind.RESOLVED, EventKind.REOPENED]


@pytest.mark.parametrize("kind", _NEWS_FROM_US)
def test_news_from_us_calls_the_reporter_first(kind: EventKind) -> None:
    """Slack tells only those who take part in a thread of a reply in it."""
    message = thread.status_news(POLICY, a_case(), severity_change(kind))
    assert shown(message).startswith("For @U0CARLA\n")
    assert "U0CARLA" in reading.calls(message.blocks, message.text)


@pytest.mark.parametrize("kind", _NEWS_FROM_US)
def test_in_a_dm_nobody_has_to_be_called(kind: EventKind) -> None:
    message = thread.status_news(POLICY, a_case(**DIRECT), severity_change(kind))
    assert "For @" not in shown(message)
    assert reading.calls(message.blocks, message.text) == {"U0ANA"}


@pytest.mark.parametrize(
    "entry",
    [severity_change(EventKind.WORSENED), an_entry(EventKind.REOPENED, by_reply=True)],
    ids=["worse", "open again"],
)
def test_what_customers_did_themselves_calls_no_reporter(entry: TimelineEntry) -> None:
    message = thread.status_news(POLICY, a_case(), entry)
    assert "U0CARLA" not in reading.calls(message.blocks, message.text)


def test_a_changed_severity_names_the_time_that_it_moved_the_response_to() -> None:
    """Not the case's own, which another change may have moved since."""
    case = a_case(due_at=NOW + timedelta(hours=9))
    news = shown(thread.status_news(POLICY, case, severity_change(EventKind.RAISED)))
    assert "Next response by\ntoday at 12:00 PM (Mon 23 Nov, 12:00 PM Central)" in news
    without = severity_change(EventKind.RAISED, due_at=None)
    assert "Next response" not in shown(thread.status_news(POLICY, case, without))


@pytest.mark.parametrize("kind", [EventKind.RAISED, EventKind.LOWERED])
def test_where_the_customer_is_answered_a_changed_severity_names_no_time(kind: EventKind) -> None:
    message = thread.status_news(POLICY, a_case(**ANSWERED), severity_change(kind))
    assert "Next response" not in shown(message)


@pytest.mark.parametrize("kind", EventKind)
def test_news_of_any_kind_can_be_told_without_its_facts(kind: EventKind) -> None:
    """What an older release wrote on a timeline is not what a newer one expects."""
    entry = an_entry(kind, by=None)
    for message in (
        thread.status_news(POLICY, a_case(), entry),
        thread.team_news(POLICY, a_case(), entry, None),
    ):
        assert slack.problems_of_message(message.blocks) == []
        assert "None" not in shown(message)
        assert "CASE-1042" in message.text


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            an_entry(EventKind.REOPENED, "U0CARLA"),
            "is open again: @U0CARLA replied after it was resolved.",
        ),
        (
            severity_change(EventKind.WORSENED, "All *sites*", **{"from": "business_stopped"}),
            "@U0ANA says that it is still down. On-call is paged. Nobody has taken it.",
        ),
        (
            severity_change(EventKind.WORSENED, "All *sites*", pages=False),
            "says that it is Business Stopped now. Please answer now.",
        ),
        (
            an_entry(EventKind.NOT_DELIVERED, reason="is_archived", what="reply"),
            "the reply of @U0ANA did not reach the customer",
        ),
        (
            an_entry(EventKind.NOT_DELIVERED, None, reason="is_archived", what="reply"),
            "a reply did not reach the customer, neither in their thread nor by DM (is_archived).",
        ),
        (
            an_entry(EventKind.NOT_DELIVERED, None, reason="is_archived", what="status_news"),
            "news of it did not reach the customer",
        ),
    ],
    ids=["reopened", "still down", "worse, office open", "a reply of hers", "a reply", "news"],
)  # fmt: skip
def test_the_team_hears_what_to_look_at_again(entry: TimelineEntry, words: str) -> None:
    message = thread.team_news(POLICY, a_case(), entry, URL)
    assert words in shown(message)
    assert "Open the thread" in shown(message)
    assert slack.problems_of_message(message.blocks) == []


def test_what_the_customer_says_of_it_is_told_to_the_team_as_typed() -> None:
    entry = severity_change(EventKind.WORSENED, "All *sites* <!here>")
    message = thread.team_news(POLICY, a_case(assignee="U0BEN"), entry, None)
    assert "All *sites* <!here>" in shown(message)
    assert "It is @U0BEN's." in shown(message)
    assert reading.calls(message.blocks, message.text) == {"U0ANA", "U0BEN"}


@in_every_state
def test_an_assignee_hears_whose_case_it_is_and_by_when(state: Mapping[str, Any]) -> None:
    message = thread.assigned(POLICY, a_case(**state), "U0BEN", CARD_URL)
    assert slack.problems_of_message(message.blocks) == []
    assert shown(message).startswith("@U0BEN assigned CASE-1042 to you. Open its card\n")
    assert "Customer\nAcme" in shown(message)


def test_an_assignment_without_a_card_has_no_link() -> None:
    message = thread.assigned(POLICY, a_case(account="", **DIRECT), None, None)
    assert shown(message).startswith("Somebody assigned CASE-1042 to you.\n")
    assert "Customer\na direct message with Casebell" in shown(message)


@pytest.mark.parametrize(
    ("count", "text", "words"),
    [
        (1, "1 case has nobody now: CASE-1042", "so 1 case has nobody now."),
        (2, "2 cases have nobody now", "so 2 cases have nobody now."),
        (27, "27 cases have nobody now", "and 12 more"),
    ],
)
def test_the_team_hears_which_cases_have_nobody_any_more(count: int, text: str, words: str) -> None:
    message = thread.released("U0ANA", [a_case()] * count)
    assert message.text == text
    assert words in shown(message)
    assert shown(message).count("• CASE-1042") == min(count, thread.MOST_CASES)


@given(st.text(max_size=200), st.text(max_size=600))
def test_no_name_of_a_file_comes_alive(name: str, url: str) -> None:
    files = (a_file(name, url=url), a_file(name))
    message = thread.mirrored(a_case(), a_message(files=files), name)
    assert slack.problems_of_message(message.blocks) == []
    assert kit.size(message.blocks) <= kit.ROOM
    assert reading.calls(message.blocks, message.text) == {"U0CARLA"}
