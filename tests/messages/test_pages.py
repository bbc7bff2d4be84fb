"""Pages: who is woken, why, what they can press, and how it ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from examples import (
    ANSWERED,
    CARD_URL,
    DIRECT,
    MENTIONED,
    NOW,
    POLICY,
    a_case,
    buttons,
    page_facts,
    shown,
    worst,
)

from bot.domain.night import Night
from bot.domain.page import PageState, RingReason, Stale, StaleReason, TeamNews, WhyWithdrawn
from bot.messages import ids, page
from bot.sandbox import blocks as slack
from bot.sandbox import reading

RING = {"level": "primary", "reason": "first"}


@pytest.mark.parametrize("state", PageState)
def test_a_page_has_the_buttons_that_its_state_allows(state: PageState) -> None:
    message = page.page_message(POLICY, page_facts(state, a_case()), RING)
    labels = [e["text"]["text"] for _, e in reading.interactive(message.blocks)]
    rings = state in (PageState.RINGING, PageState.EXHAUSTED)
    expected = ["Acknowledge", "Escalate now"] if rings else []
    assert labels == (["Reply"] if state is PageState.ACKNOWLEDGED else expected)


@pytest.mark.parametrize("reason", RingReason)
@pytest.mark.parametrize("level", ["primary", None])
def test_every_ring_says_why_this_person(reason: RingReason, level: str | None) -> None:
    ring = {"level": level, "reason": reason.value, "quiet": ["U0BEN"]}
    message = page.page_message(POLICY, page_facts(PageState.RINGING, a_case()), ring)
    assert slack.problems_of_message(message.blocks) == []
    assert "None" not in shown(message)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PageState.HELD, "the office is open"),
        (PageState.RINGING, "ringing U0ANA, U0BEN and U0MIA"),
        (PageState.ACKNOWLEDGED, "U0ANA acknowledged it"),
        (PageState.EXHAUSTED, "nobody has acknowledged it"),
        (PageState.CLOSED, "U0ANA answered the customer"),
    ],
)
def test_where_a_page_stands_is_one_line(state: PageState, words: str) -> None:
    line = page.page_state(POLICY, page_facts(state, a_case()))
    drawn = reading.Page(ZoneInfo("UTC"), NOW, lambda key: key).mrkdwn(line).replace("@", "")
    assert words in drawn
    assert "\n" not in line


def test_the_line_says_for_whom_slack_keeps_quiet() -> None:
    facts = page_facts(PageState.RINGING, a_case())
    quiet = replace(facts.page, rung=frozenset({"U0ANA", "U0BEN"}), quiet=frozenset({"U0ANA"}))
    facts = replace(facts, page=quiet)
    line = page.page_state(POLICY, facts)
    assert "ringing <@U0ANA> (in do-not-disturb) and <@U0BEN>;" in line
    assert "do-not-disturb" in shown(
        page.page_news(POLICY, facts, TeamNews.NO_ANSWER_YET, None, NOW)
    )


def test_who_is_rung_early_reads_why() -> None:
    ring = {"level": "secondary", "reason": "together", "quiet": ["U0ANA"]}
    words = shown(page.page_message(POLICY, page_facts(PageState.RINGING, a_case()), ring))
    assert "Slack keeps quiet for @U0ANA now, so you are rung together with them." in words


def test_a_page_that_nobody_can_be_rung_for_says_so() -> None:
    facts = page_facts(PageState.RINGING, a_case())
    line = page.page_state(POLICY, replace(facts, page=replace(facts.page, rung=frozenset())))
    assert "nobody can be rung" in line


LOUD = {TeamNews.EXHAUSTED, TeamNews.NOBODY_ON_CALL, TeamNews.NOBODY_REACHABLE}


@pytest.mark.parametrize("news", TeamNews)
@worst
def test_only_what_nobody_has_calls_the_whole_team(news: TeamNews, text: str) -> None:
    facts = page_facts(PageState.RINGING, a_case(text))
    message = page.page_news(POLICY, facts, news, "U0ANA", NOW)
    called = reading.calls(message.blocks, message.text)
    assert ("!channel" in called) is (news in LOUD)
    assert called - {"!channel"} <= MENTIONED
    assert slack.problems_of_message(message.blocks) == []
    assert message.text.startswith("CASE-1042 (Business Stopped): ")


@pytest.mark.parametrize("news", TeamNews)
def test_news_without_a_person_or_a_thread_can_still_be_read(news: TeamNews) -> None:
    facts = page_facts(PageState.RINGING, a_case(), thread_url=None)
    message = page.page_news(POLICY, facts, news, None, NOW)
    assert "None" not in shown(message)
    assert "<>" not in shown(message)


@pytest.mark.parametrize("why", StaleReason)
def test_every_stale_click_gets_a_sentence(why: StaleReason) -> None:
    said = page.stale(Stale(why, "U0ANA", NOW - timedelta(minutes=2)), NOW)
    assert said.endswith(".")
    if why is StaleReason.ALREADY_ACKNOWLEDGED:
        assert said == "<@U0ANA> acknowledged this 2 min ago."


@pytest.mark.parametrize(
    ("ended", "title", "words"),
    [
        (("answered", "U0ANA"), "Answered", "over. @U0ANA answered the customer."),
        (("resolved", "U0BEN"), "Resolved", "over. @U0BEN resolved the case."),
        (
            (WhyWithdrawn.LOWERED, "U0BEN"),
            "Lowered",
            "over. @U0BEN lowered the severity to Business severely impacted.",
        ),
        (None, "Answered", "over. Somebody answered the customer."),
    ],
)
def test_a_page_that_is_over_says_why_and_by_whom(
    ended: tuple[str, str | None] | None, title: str, words: str
) -> None:
    case = a_case(severity="severe_impact" if "lowered" in words else "business_stopped")
    message = page.page_message(POLICY, page_facts(PageState.CLOSED, case, ended=ended), RING)
    assert message.text.startswith(f"{title}: CASE-1042")
    assert words in shown(message)


@pytest.mark.parametrize("state", PageState)
def test_a_page_says_by_when_until_it_is_over(state: PageState) -> None:
    """A case that was lowered still awaits its response, but not because of this page."""
    message = page.page_message(POLICY, page_facts(state, a_case()), RING)
    assert ("Next response by" in shown(message)) is (state is not PageState.CLOSED)


@pytest.mark.parametrize("state", PageState)
def test_where_no_response_is_awaited_a_page_names_no_time_for_it(state: PageState) -> None:
    message = page.page_message(POLICY, page_facts(state, a_case(**ANSWERED)), RING)
    assert "Next response by" not in shown(message)


def test_whoever_acknowledged_can_reply_from_the_page() -> None:
    message = page.page_message(POLICY, page_facts(PageState.ACKNOWLEDGED, a_case()), RING)
    (reply,) = buttons(message.blocks).values()
    assert (reply["action_id"], reply["value"]) == (ids.REPLY, "case:1042@7")


@pytest.mark.parametrize("news", [TeamNews.NO_ANSWER_YET, TeamNews.EXHAUSTED, TeamNews.HANDED_OVER])
@pytest.mark.parametrize("card_url", [CARD_URL, None], ids=["its card known", "not known"])
def test_a_case_in_a_dm_is_answered_with_reply_on_its_card(
    news: TeamNews, card_url: str | None
) -> None:
    """Nobody but its reporter can open that DM."""
    facts = page_facts(PageState.RINGING, a_case(**DIRECT), thread_url=None, card_url=card_url)
    for message in (
        page.page_news(POLICY, facts, news, None, NOW),
        page.page_message(POLICY, facts, RING),
    ):
        assert "with Reply on the case's card" in shown(message)
        assert "thread" not in shown(message)
        assert (CARD_URL in str(message.blocks)) is (card_url is not None)


SINCE = NOW - timedelta(hours=4)


@pytest.mark.parametrize(
    ("night", "words"),
    [
        (None, ["Nobody was rung for it."]),
        (
            Night(SINCE, {"U0ANA": 2, "U0BEN": 1, "U0MIA": 1204}),
            [
                "On-call was rung since",
                "Mon 23 Nov, 6:00 AM Central",
                "@U0ANA twice, @U0BEN once and @U0MIA 1,204 times; nobody acknowledged it.",
            ],
        ),
        (
            Night(SINCE, {"U0ANA": 1}, ("U0BEN",), "U0ANA", SINCE + timedelta(minutes=3)),
            [
                "@U0ANA once; @U0ANA acknowledged it",
                "Mon 23 Nov, 6:03 AM Central",
                "Slack refused messages to @U0BEN.",
            ],
        ),
        (
            Night(SINCE, {f"U0{n}": 1 for n in range(20)}),
            ["and 12 more; nobody acknowledged it."],
        ),
    ],
    ids=["nobody", "rung", "acknowledged", "many"],
)
def test_what_is_handed_over_says_what_the_night_was_like(
    night: Night | None, words: list[str]
) -> None:
    facts = page_facts(PageState.HELD, a_case(), night=night)
    message = page.page_news(POLICY, facts, TeamNews.HANDED_OVER, None, NOW)
    for said in words:
        assert said in shown(message)
    assert slack.problems_of_message(message.blocks) == []
