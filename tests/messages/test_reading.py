"""What people ask to see: a case, lists, the sum behind a due time, the Home tab."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from examples import (
    ANSWERED,
    DIRECT,
    HEAVY,
    MENTIONED,
    NOW,
    OVERDUE,
    POLICY,
    RESOLVED,
    RESOLVED_UNANSWERED,
    URL,
    WAITING,
    WORSE_SINCE,
    WORST,
    a_case,
    buttons,
    drawn,
    in_every_state,
    severity_change,
    shown,
)
from hypothesis import given
from hypothesis import strategies as st

from bot import reports
from bot.domain.events import EventKind
from bot.domain.response_clock import Target, due_at
from bot.domain.rotation import Shift
from bot.domain.segments import Segment
from bot.messages import case_list, home, ids, kit
from bot.messages.case_list import PER_PAGE, Line
from bot.messages.home import MOST_MINE, HomeFacts
from bot.messages.oncall_views import OnCallLine
from bot.messages.why import MOST_LINES, sum_lines, why
from bot.sandbox import blocks as slack
from bot.sandbox import reading

FRIDAY_EVENING = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)  # 17:00 Central, an hour before closing


def a_line(text: str = "Prices are gone", url: str | None = URL, **changed: Any) -> Line:
    return Line(a_case(text, **changed), url)


# --- lists ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({}, "Business Stopped · Waiting for our first response · due today at 12:00 PM"),
        (
            OVERDUE,
            "Business Stopped · Waiting for our first response · :red_circle: overdue since today",
        ),
        (ANSWERED, "Business Stopped · Answered"),
        (WAITING, "Business Stopped · Waiting for you"),
        (RESOLVED, "Business Stopped · Resolved"),
    ],
)
def test_a_line_says_how_bad_it_is_where_it_stands_and_by_when(
    state: Mapping[str, Any], words: str
) -> None:
    lines = [a_line(**state)]
    message = case_list.case_list(POLICY, lines, total=1, page=1)
    assert shown(message).startswith(f"Open cases\nCASE-1042 Prices are gone\n{words}")


def test_a_case_is_linked_where_it_can_be_opened() -> None:
    linked, not_linked = (
        case_list.case_list(POLICY, [a_line(url=url)], total=1, page=1) for url in (URL, None)
    )
    assert f"<{URL}|CASE-1042>" in str(linked.blocks)
    assert "*CASE-1042*" in str(not_linked.blocks)


@pytest.mark.parametrize(
    ("lines", "total", "page", "words"),
    [
        (15, 57, 1, "1–15 of 57. `/case 1042` shows one of them. `/case list 2` shows more."),
        (15, 57, 3, "31–45 of 57. `/case 1042` shows one of them. `/case list 4` shows more."),
        (12, 57, 4, "46–57 of 57. `/case 1042` shows one of them."),
        (15, 15, 1, "1–15 of 15. `/case 1042` shows one of them."),
        (0, 57, 9, "There is no page 9: `/case list 4` is the last."),
        (0, 0, 1, "No case is open here, which is good news. `/case` opens one."),
    ],
)
def test_a_list_says_what_it_shows_and_how_to_see_more(
    lines: int, total: int, page: int, words: str
) -> None:
    message = case_list.case_list(POLICY, [a_line()] * lines, total=total, page=page)
    assert shown(message).endswith(words.replace("`", ""))
    assert slack.problems_of_message(message.blocks) == []


@pytest.mark.parametrize("number", [0, 1, 1043, 10**18])
def test_a_number_is_not_found_in_the_same_words_whatever_it_is(number: int) -> None:
    said = case_list.not_found(number)
    assert said.replace(f"CASE-{number}", "CASE-1042") == case_list.not_found(1042)


@pytest.mark.parametrize("text", [*WORST.values(), ""], ids=[*WORST, "nothing"])
def test_words_that_mean_nothing_are_repeated_with_care(text: str) -> None:
    for said in (case_list.unknown_words(text), case_list.not_found(text)):
        assert "<" not in said
        assert len(said) < 300
    assert case_list.unknown_words(text).count("`") == 2


@in_every_state
@pytest.mark.parametrize("url", [URL, None], ids=["with a thread", "without"])
def test_a_case_can_be_looked_at_in_every_state(state: Mapping[str, Any], url: str | None) -> None:
    message = case_list.case_view(POLICY, a_case(**state), url)
    assert slack.problems_of_message(message.blocks) == []
    assert buttons(message.blocks) == {}
    assert ("Open its thread" in shown(message)) is (url is not None)
    assert shown(message).endswith("/case why 1042 shows how the time is counted.")


# --- why -----------------------------------------------------------------------------------------


def counted(target: str, since: datetime, **changed: Any) -> Any:
    """A case whose time is counted so."""
    promised = Target.parse(target)
    due = due_at(promised, since, POLICY.hours)
    base = a_case(opened_at=since, waiting_since=since, counted_from=since)
    return replace(base, target=promised, due_at=due, **changed)


def test_the_sum_is_told_with_what_is_not_counted() -> None:
    message = why(POLICY, counted("4 business hours", FRIDAY_EVENING), [])
    text = shown(message)
    assert "first response due" in text
    assert "within 4 business hours, counted from when it was opened" in text
    assert "Fri 27 Nov 2026 17:00  to  Fri 27 Nov 2026 18:00            1 h   1 h so far" in text
    assert "not counted   night, weekend" in text
    assert "Mon 30 Nov 2026 07:00  to  Mon 30 Nov 2026 10:00            3 h   4 h so far" in text
    assert slack.problems_of_message(message.blocks) == []


@pytest.mark.parametrize("severity", POLICY.severities, ids=lambda severity: severity.key)
def test_the_sum_is_that_of_the_command_line(severity: Any) -> None:
    lines = list(sum_lines(POLICY, severity.target, FRIDAY_EVENING))
    assert lines
    assert "\n".join(lines) in reports.why_text(POLICY, severity, FRIDAY_EVENING)


def test_the_last_line_of_the_sum_ends_at_the_due_time() -> None:
    case = counted("2 business days", FRIDAY_EVENING)
    *_, last = sum_lines(POLICY, case.target, case.counted_from)
    local = case.due_at.astimezone(POLICY.hours.zone)
    assert f"to  {local:%a %d %b %Y %H:%M} " in last


@pytest.mark.parametrize("target", ["9999 business hours", "9999 business days", "9999 hours"])
def test_the_longest_sum_fits_with_its_end(target: str) -> None:
    case = counted(target, FRIDAY_EVENING)
    message = why(POLICY, case, [severity_change(EventKind.RAISED, HEAVY)] * 50)
    (block,) = (
        text for b in message.blocks if "```" in (text := b.get("text", {}).get("text", ""))
    )
    lines = block.splitlines()
    assert lines[0] == lines[-1] == "```"
    assert len(lines) <= MOST_LINES + 2
    assert lines[-2] == list(sum_lines(POLICY, case.target, case.counted_from))[-1]
    assert slack.problems_of_message(message.blocks) == []
    assert kit.size(message.blocks) <= kit.ROOM


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "counted from when it was opened: "),
        (WORSE_SINCE, "counted from when it became worse after our answer: "),
        ({"counted_from": NOW + timedelta(hours=1)}, "counted from when its severity was changed"),
    ],
)
def test_it_is_said_since_when_is_counted(changed: Mapping[str, Any], words: str) -> None:
    assert words in shown(why(POLICY, a_case(**changed), []))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "Nobody has answered yet."),
        (OVERDUE, "Nobody has answered yet: it is overdue."),
        (ANSWERED, "@U0ANA answered today at 11:00 AM (Mon 23 Nov, 11:00 AM Central): in time."),
        ({**ANSWERED, "answered_at": NOW + timedelta(hours=3)}, ": late."),
        (RESOLVED_UNANSWERED, "It is resolved, so no response is awaited."),
    ],
    ids=["waiting", "overdue", "in time", "late", "resolved unanswered"],
)
def test_how_it_went_is_said_last(changed: Mapping[str, Any], words: str) -> None:
    assert shown(why(POLICY, a_case(**changed), [])).endswith(words)


def test_what_moved_the_due_time_is_told_with_both_times() -> None:
    text = shown(
        why(
            POLICY,
            a_case(),
            [
                severity_change(EventKind.RAISED),
                severity_change(
                    EventKind.WORSENED, **{"from": "business_stopped", "was_due_at": None}
                ),
            ],
        )
    )
    assert (
        "Mon 23 Nov, 10:00 AM Central: @U0ANA changed the severity from Business severely impacted"
        " to Business Stopped. Due: Mon 23 Nov, 12:00 PM Central, before that Mon 23 Nov, 2:00 PM"
        " Central."
    ) in text
    assert "@U0ANA said that it is still down. The due time stayed." in text


def test_a_promise_stays_when_the_calendar_has_changed_since() -> None:
    case = replace(counted("4 business hours", FRIDAY_EVENING), due_at=NOW + timedelta(days=9))
    assert "Our support hours have changed since: what was promised stays." in shown(
        why(POLICY, case, [])
    )
    assert "have changed since" not in shown(why(POLICY, a_case(), []))


@given(
    st.sampled_from([severity.target for severity in POLICY.severities]),
    st.integers(min_value=0, max_value=8 * 365 * 24 * 60),
)
def test_every_sum_fits_whole(target: Target, minutes: int) -> None:
    since = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    message = why(POLICY, counted(str(target), since), [])
    assert slack.problems_of_message(message.blocks) == []
    assert "…" not in shown(message)


# --- the Home tab --------------------------------------------------------------------------------

HANDOFF, HORIZON = NOW + timedelta(days=3), NOW + timedelta(days=366)
ON_CALL: Sequence[OnCallLine] = [
    (
        Shift("primary", ("U0ANA",), Segment(NOW, HANDOFF)),
        Shift("primary", ("U0BEN", "U0MIA"), Segment(HANDOFF, HORIZON)),
    ),
    (Shift("secondary", ("U0BEN",), Segment(NOW, HORIZON)), None),
    (Shift("manager", (), Segment(NOW, HORIZON)), None),
]


def facts(**changed: Any) -> HomeFacts:
    base = HomeFacts(
        is_team=True,
        now=NOW,
        lines=[a_line()],
        mine=[],
        mine_total=0,
        total=1,
        page=1,
        on_call=ON_CALL,
    )
    return replace(base, **changed)


def tab(**changed: Any) -> str:
    return drawn(home.home_view(POLICY, facts(**changed))["blocks"])


@pytest.mark.parametrize("text", [*WORST.values(), HEAVY], ids=[*WORST, "heavy"])
@pytest.mark.parametrize("is_team", [True, False], ids=["team", "customer"])
def test_a_full_home_tab_keeps_to_slacks_limits(is_team: bool, text: str) -> None:
    url = URL.replace("home.", f"{'home' * 5}.")
    line = a_line(text, url, assignee="U0ANA", on_behalf_of=text)
    view = home.home_view(
        POLICY,
        facts(
            is_team=is_team,
            lines=[line] * PER_PAGE,
            mine=[line] * MOST_MINE,
            mine_total=10,
            total=1000,
            page=3,
        ),
    )
    assert slack.problems_of_view(view) == []
    assert kit.size(view["blocks"]) <= kit.ROOM
    assert reading.calls(view["blocks"], "") <= MENTIONED


def test_the_team_sees_who_is_on_call_what_is_theirs_and_the_queue() -> None:
    state = {"account": "Acme", "number": 7, "assignee": "U0ANA", **ANSWERED}
    mine = a_line("The API is slow", **state)
    text = tab(mine=[mine])
    until = "until Nov 26 at 10:00 AM (Thu 26 Nov, 10:00 AM Central), then @U0BEN and @U0MIA"
    assert f"• primary: @U0ANA, {until}" in text
    assert "• secondary: @U0BEN\n• manager: :warning: nobody" in text
    assert "Mine\nCASE-7 The API is slow\nAcme · Business Stopped · Answered · @U0ANA" in text
    assert "Acme · Business Stopped · due today at 12:00 PM" in text
    assert "nobody has it" in text
    assert text.index("On call now") < text.index("Mine") < text.index("Open cases")


def test_what_is_overdue_is_marked_the_moment_it_is() -> None:
    """The breach may not be on record yet when somebody looks."""
    assert ":red_circle:" not in tab(now=NOW + timedelta(minutes=119))
    assert ":red_circle: overdue since" in tab(now=NOW + timedelta(hours=2))
    assert ":red_circle:" not in tab(now=NOW + timedelta(days=2), lines=[a_line(**ANSWERED)])


def test_more_of_mine_than_fit_are_counted() -> None:
    text = tab(mine=[a_line(number=7)] * 5, mine_total=8)
    assert text.count("CASE-7") == home.MOST_MINE
    assert "and 3 more: they are in the queue." in text


@pytest.mark.parametrize(
    ("page", "total", "lines", "turns", "words"),
    [
        (1, 15, 15, {}, None),
        (1, 57, 15, {"Next": "2"}, "1–15 of 57"),
        (2, 57, 15, {"Previous": "1", "Next": "3"}, "16–30 of 57"),
        (4, 57, 12, {"Previous": "3"}, "46–57 of 57"),
        (9, 57, 0, {"Previous": "4"}, None),
        (2, 0, 0, {"Previous": "1"}, None),
    ],
)
@pytest.mark.parametrize("is_team", [True, False], ids=["team", "customer"])
def test_pages_are_turned_to_those_that_there_are(
    is_team: bool, page: int, total: int, lines: int, turns: dict[str, str], words: str | None
) -> None:
    view = home.home_view(
        POLICY, facts(is_team=is_team, page=page, total=total, lines=[a_line()] * lines)
    )
    found = {
        label: button["value"]
        for label, button in buttons(view["blocks"]).items()
        if button["action_id"] == ids.HOME_PAGE
    }
    assert found == turns
    assert words is None or words in drawn(view["blocks"])


def test_a_customer_sees_their_cases_and_nothing_of_the_team() -> None:
    text = tab(is_team=False, lines=[a_line(assignee="U0ANA")], mine=[a_line()])
    assert "Waiting for our first response" in text
    for internal in ("On call", "primary", "U0ANA", "Mine", "Acme"):
        assert internal not in text


@pytest.mark.parametrize("is_team", [True, False], ids=["team", "customer"])
def test_a_case_is_opened_from_there(is_team: bool) -> None:
    view = home.home_view(POLICY, facts(is_team=is_team))
    assert "Open a case" in buttons(view["blocks"])
    assert slack.problems_of_view(view) == []


@pytest.mark.parametrize("is_team", [True, False], ids=["team", "customer"])
def test_an_empty_tab_is_good_news_and_says_as_of_when(is_team: bool) -> None:
    text = tab(is_team=is_team, lines=[], total=0, on_call=[])
    assert ("Nothing is open." if is_team else "None: all is well.") in text
    assert "As of today at 10:00 AM (Mon 23 Nov, 10:00 AM Central)." in text
    assert ("On call now\nnobody" in text) is is_team


@in_every_state
@pytest.mark.parametrize("is_team", [True, False], ids=["team", "customer"])
def test_a_case_can_be_listed_in_every_state(state: Mapping[str, Any], is_team: bool) -> None:
    for where in ({}, DIRECT):
        line = a_line(url=None, **{**state, **where, "account": ""})
        text = tab(is_team=is_team, lines=[line])
        assert "None ·" not in text
        assert " ·  · " not in text
