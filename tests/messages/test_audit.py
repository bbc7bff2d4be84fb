"""What the auditor says: what is wrong, what Casebell does about it, what a person should do."""

from __future__ import annotations

from datetime import timedelta

import pytest
from examples import NOW, POLICY, shown

from bot.domain.audit import MOST_NAMED, Check, Finding
from bot.messages.audit import audit_news
from bot.sandbox import blocks as slack

AT = NOW.isoformat()
FACTS = {"case": 1042, "at": AT, "count": 3, "kind": "page", "window": "prod-2027-01-01",
         "place": "C0ACME", "check": "messages_late", "seconds": -3600}  # fmt: skip


def finding(check: Check, about: str = "1", **facts: object) -> Finding:
    return Finding(check, about, {**FACTS, **facts}, "vm<1>, process 7")


def news(wrong: list[Finding], mended: list[Finding] | None = None, *, well: bool = False) -> str:
    message = audit_news(POLICY, wrong, mended or [], NOW, is_well_again=well)
    assert slack.problems_of_message(message.blocks) == []
    assert message.text
    assert "<1>" not in str(message.blocks), "a machine's name is no markup"
    return shown(message)


@pytest.mark.parametrize("check", Check)
def test_everything_that_can_be_wrong_says_what_follows(check: Check) -> None:
    words = news([finding(check)])
    assert "Casebell has found something wrong with itself." in words
    assert "looks again every minute" in words
    line = next(line for line in words.splitlines() if line.startswith("• "))
    assert line.count(". ") >= 1, "what is wrong, and what to do"


@pytest.mark.parametrize(
    "check",
    [Check.PAGE_UNPLANNED, Check.RESPONSE_UNPLANNED, Check.HANDOFF_UNPLANNED,
     Check.NOTICE_UNPLANNED, Check.CLOCK_SET_BACK],
)  # fmt: skip
def test_what_was_mended_is_not_called_wrong(check: Check) -> None:
    words = news([], [finding(check)])
    assert "Casebell has mended something of its own." in words
    assert "could not" not in words
    assert "Nothing has to be done." in words


def test_of_a_clock_that_is_wrong_it_says_what_follows_if_nobody_acts() -> None:
    words = news([finding(Check.CLOCK_WRONG, seconds=-10)])
    assert "is 10 s behind" in words
    assert "messages may come twice" in words


def test_places_are_named_as_slack_shows_them() -> None:
    found = [finding(Check.PAGE_UNDELIVERED, p, place=p) for p in ("U0ANA", "U0BEN", "C0TEAM")]
    assert "@U0ANA, @U0BEN and #C0TEAM" in news(found)


def test_what_is_wrong_and_what_was_mended_stand_in_one_message() -> None:
    words = news([finding(Check.PAGE_LATE)], [finding(Check.RESPONSE_UNPLANNED)])
    assert words.index("should have gone on") < words.index("It runs now")


def test_findings_of_one_check_are_one_line_with_every_case_once() -> None:
    found = [finding(Check.PAGE_LATE, str(n), case=1000 + n % 3) for n in range(9)]
    words = news(found)
    assert "CASE-1000, CASE-1001 and CASE-1002" in words
    assert words.count("• ") == 1


def test_many_are_counted() -> None:
    found = [finding(Check.PAGE_UNPLANNED, str(n), case=1000 + n) for n in range(MOST_NAMED + 5)]
    assert "and 5 more" in news([], found)


def test_the_earliest_instant_is_told() -> None:
    later = (NOW + timedelta(hours=3)).isoformat()
    both = [finding(Check.PAGE_LATE, "1", at=later), finding(Check.PAGE_LATE, "2")]
    assert news(both) == news(both[1:])


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 of Casebell's steps is late"), (2100, "2,100 of Casebell's steps are late")],
)
def test_late_steps_are_counted(count: int, words: str) -> None:
    assert words in news([finding(Check.TIMERS_LATE, count=count)])


def test_that_all_is_well_again_is_a_line() -> None:
    words = news([], well=True)
    assert "All is well again with Casebell" in words
    assert len(words.splitlines()) == 1
