"""Every message that Casebell builds, with the worst that people can type into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeAlias

import pytest
from examples import (
    ANSWERED,
    BY_TEAM,
    CARD_URL,
    DIRECT,
    HEAVY,
    MENTIONED,
    NOW,
    POLICY,
    RESOLVED,
    URL,
    WORST,
    a_case,
    a_channel,
    a_file,
    a_message,
    a_window,
    an_entry,
    nodes,
    page_facts,
    plain_texts,
    severity_change,
    shown,
    worst,
)
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.alarm import Alarm
from bot.domain.case import Case
from bot.domain.events import EventKind
from bot.domain.handoff import Handoff
from bot.domain.page import PageState, Woken
from bot.domain.page_history import PageHistory
from bot.domain.records import ChannelNews
from bot.messages import (
    before_work,
    case_card,
    case_list,
    clock_news,
    handoff,
    kit,
    page,
    page_history,
    thread,
    welcome,
)
from bot.messages.kit import Message
from bot.messages.why import why
from bot.policy_rules import MOST_FIELDS
from bot.sandbox import blocks as slack
from bot.sandbox import reading

Build: TypeAlias = Callable[[Case], Message]

RING: Mapping[str, Any] = {"level": "primary", "reason": "first"}
NINE = NOW - timedelta(hours=1)
COME_ON = Handoff("primary", NINE, "U0BEN", ("U0ANA",), told_at=NINE)
HAS_IT = replace(COME_ON, confirmed_at=NINE + timedelta(seconds=38))
OFF = handoff.Off("secondary", NINE, ("U0MIA",))
CLOSED = case_card.CustomerFacts(Alarm.STILL_DOWN, office_open=False)


def every_severity_change(text: str) -> list[Any]:
    return [severity_change(EventKind.RAISED, text) for _ in range(20)]


def every_file(text: str) -> Any:
    return tuple(a_file(text, url=f"https://files.slack.com/{n}") for n in range(12))


def on_duty(found: Handoff = COME_ON, *, stands: bool = True) -> handoff.Duty:
    return handoff.Duty(7, found, stands, NOW + timedelta(days=7), ("U0MIA",))


def much_to_hand_over(case: Case) -> handoff.State:
    line = case_list.Line(case, URL)
    page = page_history.PageLine(PageHistory(7, case.number, NOW), case, URL)
    pages = [page_history.page_line(POLICY, page, 2)] * 5
    return handoff.State([line] * 5, 500, pages, 400)


# Everything that has customer words in it, by whom it is for.
TO_CUSTOMER: Mapping[str, Build] = {
    "case card": lambda case: case_card.case_card(POLICY, case, CLOSED),
    "case card, answered": lambda case: case_card.case_card(
        POLICY, replace(case, **ANSWERED), CLOSED
    ),
    "case card, of a partner": lambda case: case_card.case_card(
        POLICY, replace(case, on_behalf_of=case.summary, assignee="U0ANA"), CLOSED
    ),
    "case card, resolved": lambda case: case_card.case_card(
        POLICY, replace(case, **RESOLVED), CLOSED
    ),
    "receipt": lambda case: case_card.receipt(
        POLICY, case, case_card.what_next(POLICY, woken=Woken.ON_CALL, now=NOW)
    ),
    "not posted": lambda case: case_card.not_posted(POLICY, case, "is_archived"),
    "reply": lambda case: thread.reply(
        POLICY, case, a_message(**BY_TEAM, files=every_file(case.summary)), case.summary,
        case.summary,
    ),
    "raised": lambda case: thread.status_news(
        POLICY, case, severity_change(EventKind.RAISED, case.summary)
    ),
    "lowered": lambda case: thread.status_news(
        POLICY, case, severity_change(EventKind.LOWERED, case.summary)
    ),
    "resolved": lambda case: thread.status_news(
        POLICY, case, an_entry(EventKind.RESOLVED, note=case.summary)
    ),
    "reopened": lambda case: thread.status_news(POLICY, case, an_entry(EventKind.REOPENED)),
    "worsened": lambda case: thread.status_news(
        POLICY, case, severity_change(EventKind.WORSENED, case.summary)
    ),
    "case view": lambda case: case_list.case_view(POLICY, case, URL),
    "why": lambda case: why(POLICY, case, every_severity_change(case.summary)),
}  # fmt: skip
TO_TEAM: Mapping[str, Build] = {
    "team card": lambda case: case_card.team_card(
        POLICY,
        case,
        case_card.TeamFacts(
            page.page_state(POLICY, page_facts(PageState.RINGING, case)), thread_url=URL
        ),
    ),
    "long answer": lambda case: case_card.long_answer(POLICY, case, "steps"),
    "resubmitted": lambda case: case_card.resubmitted(POLICY, case, case.answers),
    "not posted, for the team": lambda case: case_card.not_posted_team(case, "not_in_channel"),
    "warning": lambda case: clock_news.clock_news(POLICY, case, 50, URL),
    "breach": lambda case: clock_news.clock_news(POLICY, case, 100, URL),
    "team channel lost": lambda case: page.team_channel_lost(case, "is_archived"),
    "mirrored": lambda case: thread.mirrored(
        case, a_message(files=every_file(case.summary)), case.summary
    ),
    "mirrored, deleted": lambda case: thread.mirrored(case, a_message(deleted_at=NOW), ""),
    "reopened by the customer": lambda case: thread.team_news(
        POLICY, case, an_entry(EventKind.REOPENED, "U0CARLA"), URL
    ),
    "worsened, for the team": lambda case: thread.team_news(
        POLICY, case, severity_change(EventKind.WORSENED, case.summary), URL
    ),
    "not delivered": lambda case: thread.team_news(
        POLICY, case, an_entry(EventKind.NOT_DELIVERED, reason=case.summary), URL
    ),
    "assigned": lambda case: thread.assigned(POLICY, case, "U0ANA", CARD_URL),
    "released": lambda case: thread.released("U0ANA", [case]),
    **{
        f"page, {state}": lambda case, state=state: page.page_message(
            POLICY, page_facts(state, case), RING
        )
        for state in PageState
    },
}
ABOUT_NO_CASE: Mapping[str, Build] = {
    "invitation": lambda case: welcome.invitation(POLICY, "draft", [case] * 20),
    "channel news": lambda case: welcome.channel_news(
        POLICY, a_channel(case.summary), ChannelNews.REMOVED, [case] * 10, 300
    ),
    "before work": lambda case: before_work.before_work(
        POLICY,
        a_window(case.summary),
        [case_list.Line(case, URL)] * before_work.MOST_CASES,
        1000,
        NOW,
    ),
    "not opened": lambda case: welcome.not_opened_team(case.reporter.user_id),
    "released, many": lambda case: thread.released("U0ANA", [case] * 500),
    "come on call": lambda case: handoff.come_on(
        POLICY, [on_duty(), on_duty(stands=False)], [OFF], much_to_hand_over(case), NOW
    ),
    "come on call, confirmed": lambda case: handoff.come_on(
        POLICY, [on_duty(HAS_IT)], [OFF], much_to_hand_over(case), NOW
    ),
    "come on call, over": lambda _: handoff.come_on(POLICY, [on_duty(stands=False)], [], None, NOW),
    "gone off call": lambda case: handoff.gone_off(POLICY, [OFF, OFF], much_to_hand_over(case)),
    "no tap": lambda _: handoff.missed(POLICY, on_duty(), None, is_of_team=True),
    "not told": lambda case: handoff.missed(POLICY, on_duty(), case.summary, is_of_team=True),
    "of the team no more": lambda _: handoff.missed(POLICY, on_duty(), "", is_of_team=False),
    "tapped late": lambda _: handoff.missed(POLICY, on_duty(HAS_IT), None, is_of_team=True),
    "no tap, over": lambda _: handoff.missed(POLICY, on_duty(stands=False), None, is_of_team=True),
    "somebody again": lambda _: handoff.vacant(POLICY, OFF, None, any_level=True),
    "nobody": lambda _: handoff.vacant(POLICY, replace(OFF, now=()), NOW, any_level=True),
    "case list": lambda case: case_list.case_list(
        POLICY,
        [case_list.Line(case, URL)] * case_list.PER_PAGE,
        total=1000,
        page=2,
    ),
}
ABOUT_A_CASE = {**TO_CUSTOMER, **TO_TEAM}
BUILDERS = {**ABOUT_A_CASE, **ABOUT_NO_CASE}
built = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS.keys())


@built
def test_slack_takes_it_whatever_was_typed(build: Build) -> None:
    for name, text in {**WORST, "heavy": HEAVY}.items():
        message = build(a_case(text))
        assert slack.problems_of_message(message.blocks) == [], name
        assert kit.size(message.blocks) <= kit.ROOM, name
        assert 1 <= len(message.text) <= 4000, name


@built
def test_customer_words_call_nobody(build: Build) -> None:
    for name, text in WORST.items():
        message = build(a_case(text))
        assert reading.calls(message.blocks, message.text) <= MENTIONED, name


@built
def test_the_notification_links_nowhere(build: Build) -> None:
    """Top-level text has no `verbatim`: only escaping keeps tokens in it from coming alive."""
    for name, text in WORST.items():
        said = build(a_case(text)).text
        for user in (COME_ON.user, *COME_ON.outgoing):
            said = said.replace(f"<@{user}>", "")  # whom the message names of itself
        assert "<" not in said, name


@worst
@pytest.mark.parametrize(
    "name", ["case card", "receipt", "team card", "page, ringing", "breach", "reply", "assigned"]
)
def test_the_words_are_shown_as_typed(name: str, text: str) -> None:
    assert text in plain_texts(BUILDERS[name](a_case(text)).blocks)


@worst
def test_answers_are_shown_to_the_team_as_typed_or_whole_in_the_thread(text: str) -> None:
    case = a_case(text)
    card = plain_texts(TO_TEAM["team card"](case).blocks)
    for key, answer in case.answers.items():
        if key in ("severity", "summary", "first_noticed"):
            continue
        if key in case_card.long_answers(POLICY, case):
            assert kit.clip(answer, case_card.SHOWN_ON_CARD) in card
            assert answer in plain_texts(case_card.long_answer(POLICY, case, key).blocks)
        else:
            assert answer in card


@built
def test_bare_names_in_our_own_words_stay_words(build: Build) -> None:
    """Slack turns a bare @here of blocks into a call, unless they are verbatim."""
    assert all(text.get("verbatim") for text in nodes(build(a_case()).blocks, "mrkdwn"))


@given(st.text(min_size=1, max_size=200))
def test_no_text_comes_alive_in_a_card(text: str) -> None:
    for build in (TO_CUSTOMER["case card"], TO_TEAM["team card"], TO_TEAM["page, ringing"]):
        message = build(a_case(text))
        assert slack.problems_of_message(message.blocks) == []
        assert reading.calls(message.blocks, message.text) <= MENTIONED
        assert text in plain_texts(message.blocks)


@pytest.mark.parametrize("build", ABOUT_A_CASE.values(), ids=ABOUT_A_CASE.keys())
def test_the_notification_stands_alone(build: Build) -> None:
    """A phone's lock screen and a screen reader have only this: which case, and what of it."""
    text = build(a_case()).text
    assert "CASE-1042" in text
    assert len(text) > len("CASE-1042: ")
    assert "\n" not in text


@pytest.mark.parametrize("build", TO_CUSTOMER.values(), ids=TO_CUSTOMER.keys())
@pytest.mark.parametrize("where", [{}, DIRECT], ids=["in a channel", "in a DM"])
def test_customers_read_nothing_of_on_call(build: Build, where: dict[str, Any]) -> None:
    message = build(a_case(breached_at=NOW, **where))
    said = shown(message) + message.text
    for internal in ("On-call:", "Acknowledge", "Escalate", "U0BEN", "U0MIA", "primary", "%"):
        assert internal not in said


@built
@pytest.mark.parametrize("where", [{}, DIRECT], ids=["in a channel", "in a DM"])
def test_nothing_is_named_by_a_missing_name(build: Build, where: dict[str, Any]) -> None:
    message = build(a_case(account="", **where))
    for nothing in ("None", "<>", "<@>", "#D0CARLA", " ·  · "):
        assert nothing not in shown(message) + message.text


@worst
def test_a_card_with_every_field_long_stays_within_fifty_blocks(text: str) -> None:
    card = TO_TEAM["team card"](a_case(text))
    assert len(card.blocks) < slack.MOST_IN_MESSAGE  # so nothing was cut off at its end


def test_a_form_of_as_many_fields_as_are_allowed_is_shown_whole() -> None:
    fields = [
        replace(POLICY.form.fields[-1], key=f"f_{n}", label=f"Field {n}")
        for n in range(MOST_FIELDS - 2)
    ]
    policy = replace(POLICY, form=replace(POLICY.form, fields=(*POLICY.form.fields[:2], *fields)))
    case = a_case(answers={f"f_{n}": f"answer {n}" for n in range(MOST_FIELDS - 2)})
    card = case_card.team_card(policy, case, case_card.TeamFacts("*On-call:* …", thread_url=URL))
    assert {f"answer {n}" for n in range(MOST_FIELDS - 2)} <= set(plain_texts(card.blocks))


def test_a_clipped_notification_ends_between_characters() -> None:
    text = TO_CUSTOMER["case card"](a_case("x" + "&" * 2999)).text
    assert text.removesuffix("…").endswith("&amp;")


def test_the_worst_texts_are_as_bad_as_they_say() -> None:
    """They would call on people and on channels, were they not handled with care."""
    called = {name for text in WORST.values() for name in reading.calls([], text)}
    assert {"!channel", "!here", "U1", "U0TEAM"} <= called


@pytest.mark.parametrize("length", [3001, 8000, 40_000])
def test_a_long_message_is_told_to_the_team_in_pieces_and_whole_as_far_as_there_is_room(
    length: int,
) -> None:
    words = ("many words " * 4000)[:length]
    message = thread.mirrored(a_case(), a_message(said_at=NOW + timedelta(days=1)), words)
    told = "".join(block["text"]["text"] for block in message.blocks[1:] if "text" in block)
    assert slack.problems_of_message(message.blocks) == []
    if length <= 8000:
        assert told == words
    else:
        assert words.startswith(told.removesuffix("…"))
        assert len(told) > 9000
        assert "The rest is in the customer's thread" in shown(message)


@pytest.mark.parametrize(
    ("reason", "is_of_team", "words"),
    [
        (None, True, "has not confirmed the pager (primary)"),
        ("user_disabled", True, "I could not tell <@"),
        (None, False, "is on call but has left the team (primary)"),
    ],
)
def test_a_push_says_who_has_not_confirmed_and_why(
    reason: str | None, is_of_team: bool, words: str
) -> None:
    text = handoff.missed(POLICY, on_duty(), reason, is_of_team=is_of_team).text
    assert words in text
    assert "<@U" in text
