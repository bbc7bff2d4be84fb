"""Every message that Casebell builds, with the worst that people can type into it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import maintenance
from bot.domain.case import Case, CaseStatus, Person, Place
from bot.domain.form import FieldKind
from bot.domain.maintenance import Notice, NoticeKind
from bot.domain.page import Page, PageState, RingReason, Stale, StaleReason, TeamNews
from bot.messages import case_card, ids, intake_modal, kit, notices, page
from bot.messages.kit import Message
from bot.policy import Policy, load_policy
from bot.policy_rules import MOST_FIELDS
from bot.sandbox import blocks as slack
from bot.sandbox import reading

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
POLICY = load_policy()
URL = "https://home.slack.com/archives/C0ACME/p1700000000000000"
WHERE = ids.FormContext("T0HOME", "C0ACME")

WORST = {
    "one letter": "x",
    "as long as a field takes": "x" * 3000,
    "words without end": "word " * 600,
    "emoji": "👩‍👩‍👧‍👦🔥" * 300,
    "an emoji code": ":boom: :smile:",
    "right to left": "الأسعار اختفت \u202eabc\u202c",
    "combining": "Z̷̢̛a̶͝l̵̕g̴o̶͘" * 150,
    "calls the channel": "<!channel> <!here> <!everyone> @channel @here",
    "calls a person": "<@U1> <@U0TEAM|Ana> <!subteam^S1>",
    "a link in disguise": "<https://evil.example|https://acme.example>",
    "bold": "*b* _i_ ~s~ `c`",
    "a code block": "```\nrm -rf /\n```",
    "entities": "&amp; &lt;@U1&gt; & < >",
    "entities without end": "&<>" * 1000,
    "a quote": "> quoted\n>>> all of it",
    "a date token": "<!date^0^{date}|now>",
    "lines": "one\n\n\ntwo\r\nthree",
    "newlines only": "\n\n\n",
    "a null": "a\u0000b",
    "template": "{policy.vendor} %s {0}",
}
worst = pytest.mark.parametrize("text", WORST.values(), ids=WORST.keys())


def a_case(text: str = "Prices are gone", **changed: Any) -> Case:
    """A case in which everything that was typed is this text."""
    answers = {
        field.key: text
        for field in POLICY.form.fields
        if field.kind in (FieldKind.LINE, FieldKind.TEXT, FieldKind.URL, FieldKind.CHOICE)
    }
    severity = POLICY.severity("business_stopped")
    case = Case(
        number=1042,
        reporter=Person("T0ACME", "U0CARLA"),
        place=Place("T0HOME", "C0ACME"),
        severity=severity.key,
        summary=text,
        answers={**answers, "severity": severity.key, "first_noticed": NOW.isoformat()},
        status=CaseStatus.NEW,
        opened_at=NOW,
        target=severity.target,
        due_at=NOW + timedelta(hours=2),
        answered_at=None,
        answered_by=None,
        breached_at=None,
        thread_ts="1700000000.000000",
    )
    return replace(case, **changed)


def a_page(state: PageState, **changed: Any) -> Page:
    return replace(
        Page(
            state,
            due_at=None if state is PageState.CLOSED else NOW + timedelta(minutes=5),
            rung=frozenset({"U0ANA", "U0BEN", "U0MIA"}),
            acknowledged_by="U0ANA",
            acknowledged_at=NOW,
        ),
        **changed,
    )


def page_facts(state: PageState, case: Case, **changed: Any) -> page.PageFacts:
    return replace(
        page.PageFacts(
            page_id=7,
            page=a_page(state),
            case=case,
            thread_url=URL,
            again_every=timedelta(minutes=15),
            answered_by="U0ANA",
        ),
        **changed,
    )


RING: Mapping[str, Any] = {"level": "primary", "reason": "first"}

# Everything that has customer words in it: how it is built, and the people it may call on.
TO_CUSTOMER: Mapping[str, Callable[[Case], Message]] = {
    "case card": lambda case: case_card.case_card(POLICY, case),
    "case card, answered": lambda case: case_card.case_card(
        POLICY, replace(case, status=CaseStatus.ANSWERED, answered_at=NOW, answered_by="U0ANA")
    ),
    "receipt": lambda case: case_card.receipt(
        POLICY, case, case_card.what_next(POLICY, pages=True, now=NOW)
    ),
    "not posted": lambda case: case_card.not_posted(POLICY, case, "is_archived"),
}
TO_TEAM: Mapping[str, Callable[[Case], Message]] = {
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
    "warning": lambda case: notices.clock_news(POLICY, case, 50, URL),
    "breach": lambda case: notices.clock_news(POLICY, case, 100, URL),
    "team channel lost": lambda case: page.team_channel_lost(case, "is_archived"),
    **{
        f"page, {state}": lambda case, state=state: page.page_message(
            POLICY, page_facts(state, case), RING
        )
        for state in PageState
    },
}
BUILDERS = {**TO_CUSTOMER, **TO_TEAM}
built = pytest.mark.parametrize("build", BUILDERS.values(), ids=BUILDERS.keys())

# Those that mention people on purpose; everybody they mention is in the facts.
MENTIONED = {"U0CARLA", "U0ANA", "U0BEN", "U0MIA"}


def plain_texts(node: Any) -> list[str]:
    """What a message shows of other people's words, block by block."""
    match node:
        case {"type": "plain_text", "text": str(text)}:
            return [text]
        case dict():
            return [text for part in node.values() for text in plain_texts(part)]
        case list():
            return [text for part in node for text in plain_texts(part)]
        case _:
            return []


def shown(message: Message) -> str:
    """The message as a reader in the office sees it."""
    return reading.Page(ZoneInfo("America/Chicago"), NOW, lambda key: key).blocks(message.blocks)


@worst
@built
def test_slack_takes_it_whatever_was_typed(build: Callable[[Case], Message], text: str) -> None:
    message = build(a_case(text))
    assert slack.problems_of_message(message.blocks) == []
    assert 1 <= len(message.text) <= 4000


@worst
@built
def test_customer_words_call_nobody(build: Callable[[Case], Message], text: str) -> None:
    message = build(a_case(text))
    assert reading.calls(message.blocks, message.text) <= MENTIONED


@worst
@built
def test_the_notification_links_nowhere(build: Callable[[Case], Message], text: str) -> None:
    """Top-level text has no `verbatim`: only escaping keeps tokens in it from coming alive."""
    assert "<" not in build(a_case(text)).text


@worst
@pytest.mark.parametrize(
    "build",
    [BUILDERS[name] for name in ("case card", "receipt", "team card", "page, ringing", "breach")],
    ids=["case card", "receipt", "team card", "page", "breach"],
)
def test_the_summary_is_shown_as_typed(build: Callable[[Case], Message], text: str) -> None:
    assert text in plain_texts(build(a_case(text)).blocks)


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


def mrkdwn(node: Any) -> list[dict[str, Any]]:
    """Every piece of mark-up in blocks."""
    match node:
        case {"type": "mrkdwn"}:
            return [node]
        case dict():
            return [found for part in node.values() for found in mrkdwn(part)]
        case list():
            return [found for part in node for found in mrkdwn(part)]
        case _:
            return []


@built
def test_bare_names_in_our_own_words_stay_words(build: Callable[[Case], Message]) -> None:
    """Slack turns a bare @here of blocks into a call, unless they are verbatim."""
    assert all(text.get("verbatim") for text in mrkdwn(build(a_case()).blocks))


@given(st.text(min_size=1, max_size=200))
def test_no_text_comes_alive_in_a_card(text: str) -> None:
    for build in (TO_CUSTOMER["case card"], TO_TEAM["team card"], TO_TEAM["page, ringing"]):
        message = build(a_case(text))
        assert slack.problems_of_message(message.blocks) == []
        assert reading.calls(message.blocks, message.text) <= MENTIONED
        assert text in plain_texts(message.blocks)


@built
def test_the_notification_stands_alone(build: Callable[[Case], Message]) -> None:
    """A phone's lock screen and a screen reader have only this: which case, and what of it."""
    text = build(a_case()).text
    assert "CASE-1042" in text
    assert len(text) > len("CASE-1042: ")
    assert "\n" not in text


@pytest.mark.parametrize("build", TO_CUSTOMER.values(), ids=TO_CUSTOMER.keys())
def test_customers_read_nothing_of_on_call(build: Callable[[Case], Message]) -> None:
    message = build(a_case(breached_at=NOW))
    for internal in ("On-call:", "Acknowledge", "Escalate", "U0BEN", "U0MIA", "primary"):
        assert internal not in shown(message) + message.text


@worst
def test_a_card_with_every_field_long_stays_within_fifty_blocks(text: str) -> None:
    card = TO_TEAM["team card"](a_case(text))
    assert len(card.blocks) < slack.MOST_IN_MESSAGE  # so nothing was cut off at its end
    assert card.blocks[-1]["type"] == "context"


def test_a_form_of_as_many_fields_as_are_allowed_is_shown_whole() -> None:
    fields = [
        replace(POLICY.form.fields[-1], key=f"f_{n}", label=f"Field {n}")
        for n in range(MOST_FIELDS - 2)
    ]
    policy = replace(POLICY, form=replace(POLICY.form, fields=(*POLICY.form.fields[:2], *fields)))
    case = a_case(answers={f"f_{n}": f"answer {n}" for n in range(MOST_FIELDS - 2)})
    card = case_card.team_card(policy, case, case_card.TeamFacts(thread_url=URL))
    assert {f"answer {n}" for n in range(MOST_FIELDS - 2)} <= set(plain_texts(card.blocks))


def test_a_clipped_notification_ends_between_characters() -> None:
    text = TO_CUSTOMER["case card"](a_case("x" + "&" * 2999)).text
    assert text.removesuffix("…").endswith("&amp;")


# --- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", PageState)
def test_a_page_has_buttons_only_while_it_rings(state: PageState) -> None:
    message = page.page_message(POLICY, page_facts(state, a_case()), RING)
    labels = [e["text"]["text"] for _, e in reading.interactive(message.blocks)]
    rings = state in (PageState.RINGING, PageState.EXHAUSTED)
    assert labels == (["Acknowledge", "Escalate now"] if rings else [])


@pytest.mark.parametrize("reason", RingReason)
@pytest.mark.parametrize("level", ["primary", None])
def test_every_ring_says_why_this_person(reason: RingReason, level: str | None) -> None:
    ring = {"level": level, "reason": reason.value}
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


# --- the form ----------------------------------------------------------------------------------

ALL_SHOWN = {
    "issue_type": "Error",
    "area": "Integration with ...",
    "integration": "Another app",
}


@worst
@pytest.mark.parametrize("pages_now", [None, NOW], ids=["quiet", "wakes somebody"])
def test_the_form_is_drawn_with_whatever_was_typed(text: str, pages_now: datetime | None) -> None:
    typed = {field.key: text for field in POLICY.form.fields}
    answers = {**typed, **ALL_SHOWN, "first_noticed": NOW.isoformat()}
    view = intake_modal.form_view(POLICY, intake_modal.FormFacts(WHERE, answers, NOW, pages_now))
    assert slack.problems_of_view(view) == []
    assert reading.calls(view["blocks"], "") == set()


def test_a_redrawn_form_keeps_every_word_and_choice() -> None:
    answers = {**ALL_SHOWN, "severity": "no_impact", "steps": "a\n b", "summary": "<@U1> & *b*"}
    view = intake_modal.form_view(POLICY, intake_modal.FormFacts(WHERE, answers, NOW))
    elements = {ids.field_key(e["action_id"]): e for _, e in reading.interactive(view["blocks"])}
    for key in ("steps", "summary"):
        assert elements[key]["initial_value"] == answers[key]
    for key in ("severity", "issue_type", "area", "integration"):
        assert elements[key]["initial_option"]["value"] == answers[key]


def test_a_choice_that_the_policy_no_longer_has_is_asked_again() -> None:
    facts = intake_modal.FormFacts(WHERE, {"severity": "gone", "area": "Gone"}, NOW)
    view = intake_modal.form_view(POLICY, facts)
    assert not any("initial_option" in e for _, e in reading.interactive(view["blocks"]))


def test_only_fields_that_change_the_form_tell_the_bot_at_once() -> None:
    view = intake_modal.form_view(POLICY, intake_modal.FormFacts(WHERE, {}, NOW))
    told = {
        ids.field_key(block["block_id"]) for block in view["blocks"] if block.get("dispatch_action")
    }
    assert told == {"severity", "issue_type", "area"}


def test_the_form_warns_before_it_wakes_somebody_and_not_else() -> None:
    def words(pages_now: datetime | None) -> str:
        facts = intake_modal.FormFacts(WHERE, {"severity": "business_stopped"}, NOW, pages_now)
        return shown(Message("", intake_modal.form_view(POLICY, facts)["blocks"]))

    assert "wakes the on-call engineer" in words(NOW)
    assert "wakes the on-call engineer" not in words(None)


def test_every_severity_stands_beside_its_definition_and_target() -> None:
    view = intake_modal.form_view(POLICY, intake_modal.FormFacts(WHERE, {}, NOW))
    options = view["blocks"][0]["element"]["options"]
    assert [option["description"]["text"] for option in options] == [
        "How-to question · 2 business days",
        "Validating that rules work as expected · 1 business day",
        "UI and APIs respond, but data or logic is wrong · 4 business hours",
        "UI and APIs do not respond · 2 hours 24x7",
    ]


@worst
def test_the_receipt_shows_the_number_and_the_words(text: str) -> None:
    view = intake_modal.receipt_view(POLICY, a_case(text), "What follows.")
    assert slack.problems_of_view(view) == []
    assert reading.calls(view["blocks"], "") == set()
    assert view["title"]["text"] == "CASE-1042"
    assert text in plain_texts(view["blocks"])


@pytest.mark.parametrize(
    ("pages", "now", "words"),
    [
        pytest.param(True, NOW, "is being paged now", id="somebody is woken"),
        pytest.param(False, NOW, "Our team", id="the office is open"),
        pytest.param(
            False,
            datetime(2026, 11, 28, 12, 0, tzinfo=UTC),
            "(Mon 30 Nov, 7:00 AM Central)",
            id="closed: when it opens",
        ),
    ],
)
def test_reporters_are_told_what_happens_next(pages: bool, now: datetime, words: str) -> None:
    assert words in case_card.what_next(POLICY, pages=pages, now=now)


@pytest.mark.parametrize("reason", ["is_archived", "not_in_channel", "channel_not_found", "other"])
def test_a_card_that_could_not_be_posted_says_what_to_do(reason: str) -> None:
    message = case_card.not_posted(POLICY, a_case(), reason)
    assert any(
        advice in shown(message)
        for advice in ("Please", "Type /invite", "You need not open it again")
    )
    assert POLICY.vendor.support_email in shown(message)


# --- maintenance -------------------------------------------------------------------------------


def planned(policy: Policy) -> list[Notice]:
    start, end = NOW, NOW + timedelta(days=200)
    windows = maintenance.windows(policy.maintenance, start, end, policy.hours.holiday_name)
    return list(maintenance.notices(policy.maintenance, windows))


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_of_half_a_year_fits_and_calls_nobody(kind: NoticeKind) -> None:
    found = [notice for notice in planned(POLICY) if notice.kind is kind]
    assert found
    for notice in found:
        message = notices.maintenance(POLICY, notice, notice.due_at)
        assert slack.problems_of_message(message.blocks) == []
        assert reading.calls(message.blocks, message.text) == set()
        assert message.text.startswith("Logik.io ")


@pytest.mark.parametrize(
    ("kind", "late", "headline"),
    [
        (NoticeKind.DAYS_BEFORE, {}, "Logik.io Test upgrade in 3 days"),
        (NoticeKind.DAYS_BEFORE, {"days": 1}, "Logik.io Test upgrade in 2 days"),
        (NoticeKind.DAYS_BEFORE, {"days": 2}, "Logik.io Test upgrade tomorrow"),
        (NoticeKind.DAYS_BEFORE, {"days": 3}, "Logik.io Test upgrade today"),
        (NoticeKind.SOON, {}, "Logik.io Test upgrade begins in an hour"),
        (NoticeKind.SOON, {"minutes": 20}, "Logik.io Test upgrade begins in 40 minutes"),
        (NoticeKind.SOON, {"minutes": 59}, "Logik.io Test upgrade begins in 1 minute"),
        (NoticeKind.STARTED, {}, "Logik.io Test upgrade is under way"),
        (NoticeKind.ENDED, {}, "Logik.io Test upgrade is over"),
    ],
)
def test_a_notice_is_true_at_the_moment_it_is_sent(
    kind: NoticeKind, late: dict[str, int], headline: str
) -> None:
    notice = next(n for n in planned(POLICY) if n.kind is kind and n.windows[0].sector == "Test")
    message = notices.maintenance(POLICY, notice, notice.due_at + timedelta(**late))
    assert message.text == headline


@pytest.mark.parametrize(("minutes", "words"), [(120, "2 h"), (90, "1 h 30 min"), (1440, "24 h")])
def test_a_reminder_hours_before_says_how_many(minutes: int, words: str) -> None:
    reminders = replace(POLICY.maintenance.upgrade_reminders, minutes_before=(minutes,))
    rules = replace(POLICY.maintenance, upgrade_reminders=reminders)
    policy = replace(POLICY, maintenance=rules)
    notice = next(n for n in planned(policy) if n.kind is NoticeKind.SOON)
    text = notices.maintenance(policy, notice, notice.due_at).text
    assert text == f"Logik.io Test upgrade begins in {words}"


def test_the_help_names_every_severity_and_both_ways_to_write() -> None:
    text = notices.help_text(POLICY)
    for words in (*(s.label for s in POLICY.severities), "/case", POLICY.vendor.support_email):
        assert words in text


# --- the kit -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<!channel>", "&lt;!channel&gt;"),
        ("<@U1>", "&lt;@U1&gt;"),
        ("a & b", "a &amp; b"),
        ("&amp;", "&amp;amp;"),
        ("&lt;", "&amp;lt;"),
        ("*b* _i_ `c`", "*b* _i_ `c`"),
        ("\"'", "\"'"),
    ],
)
def test_exactly_three_characters_are_escaped(text: str, escaped: str) -> None:
    assert kit.escape(text) == escaped


@given(st.text())
def test_escaped_text_reads_as_it_was_typed_and_calls_nobody(text: str) -> None:
    assert reading.unescape(kit.escape(text)) == text
    assert reading.calls([], kit.escape(text)) == set()


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_clipped_text_fits_and_says_that_it_was_clipped(text: str, limit: int) -> None:
    clipped = kit.clip(text, limit)
    assert len(clipped) <= limit
    assert clipped == text or (clipped.endswith("…") and text.startswith(clipped[:-1]))


@pytest.mark.parametrize(
    ("words", "said"),
    [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")],
)
def test_words_are_joined_as_people_list_them(words: list[str], said: str) -> None:
    assert kit.joined(words) == said


def test_blocks_over_slacks_fifty_are_left_out() -> None:
    message = kit.message("text", None, *(kit.plain(str(n)) for n in range(60)))
    assert plain_texts(message.blocks) == [str(n) for n in range(50)]


def test_nothing_typed_is_shown_as_a_dash() -> None:
    assert plain_texts([kit.plain("")]) == ["–"]


# --- ids ---------------------------------------------------------------------------------------


@given(
    st.integers(min_value=0, max_value=10**18 - 1), st.integers(min_value=0, max_value=10**9 - 1)
)
def test_a_buttons_value_is_read_back(page_id: int, version: int) -> None:
    button = ids.PageButton(page_id, version)
    assert ids.PageButton.parse(str(button)) == button


@pytest.mark.parametrize(
    "value", ["", "page:1", "page:@1", "page:1@", "page:-1@2", "page:1@2 ", "x:1@2", "page:١@٢",
              "page:" + "9" * 40 + "@1"]
)  # fmt: skip
def test_a_value_that_is_none_of_ours_is_none(value: str) -> None:
    assert ids.PageButton.parse(value) is None


@given(st.text(max_size=30), st.text(max_size=30))
def test_where_a_form_was_asked_for_is_read_back(team: str, channel: str) -> None:
    context = ids.FormContext(team, channel)
    assert ids.FormContext.parse(str(context)) == context


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "1", '"x"', "{}", '{"team": "T1"}', '{"team": 1, "channel": "C1"}',
             '{"team": null, "channel": null}', "{", "[" * 50]
)  # fmt: skip
def test_metadata_that_is_none_of_ours_is_none(text: str) -> None:
    assert ids.FormContext.parse(text) is None


@given(st.text(max_size=100))
def test_no_value_of_anybodys_breaks_the_reading(text: str) -> None:
    ids.PageButton.parse(text)
    ids.FormContext.parse(text)
