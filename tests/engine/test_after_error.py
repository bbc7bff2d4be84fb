"""What becomes of a message that Slack did not take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import LONGEST_RETRY
from bot.domain.delivery import LONGEST_WAIT, MOST_TRIES_UNKNOWN, PERMANENT, TEMPORARY, after_error
from bot.domain.outbox import GiveUp, Priority, RetryAt

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)


def _after(code: str, **changed: Any) -> RetryAt | GiveUp:
    values: dict[str, Any] = {"now": NOW, "attempts": 1, "priority": Priority.CASE}
    return after_error(code, **(values | changed))


def _wait(outcome: RetryAt | GiveUp) -> float:
    assert isinstance(outcome, RetryAt)
    return (outcome.at - NOW).total_seconds()


@pytest.mark.parametrize(
    ("attempts", "page", "other"),
    [(1, 1, 1), (2, 2, 2), (3, 4, 4), (4, 5, 8), (5, 5, 16), (7, 5, 60), (8, 5, 60),
     (10_000, 5, 60)],
    ids=str,
)  # fmt: skip
def test_it_waits_longer_each_time_and_for_a_page_never_long(
    attempts: int, page: float, other: float
) -> None:
    assert _wait(_after("no_answer", attempts=attempts, priority=Priority.PAGE)) == page
    for priority in (Priority.CASE, Priority.NOTICE):
        assert _wait(_after("no_answer", attempts=attempts, priority=priority)) == other


@pytest.mark.parametrize("code", sorted(PERMANENT))
def test_what_no_waiting_changes_is_given_up_at_once(code: str) -> None:
    assert _after(code) == GiveUp(code)
    assert _after(code, retry_after=5, in_doubt=True) == GiveUp(code)


@pytest.mark.parametrize("code", sorted(TEMPORARY))
def test_an_outage_is_waited_for_however_long_it_lasts(code: str) -> None:
    assert isinstance(_after(code, attempts=100_000), RetryAt)


@pytest.mark.parametrize(
    ("attempts", "kind"),
    [(1, RetryAt), (MOST_TRIES_UNKNOWN - 1, RetryAt), (MOST_TRIES_UNKNOWN, GiveUp)],
    ids=["the first time", "the last but one", "the last"],
)
def test_a_word_that_slack_has_made_up_since_is_tried_for_a_while(
    attempts: int, kind: type[RetryAt | GiveUp]
) -> None:
    assert isinstance(_after("made_up_since", attempts=attempts), kind)


def test_no_code_is_both_permanent_and_temporary() -> None:
    assert PERMANENT.isdisjoint(TEMPORARY)


@pytest.mark.parametrize("seconds", [0.5, 1, 30, 300], ids=str)
@pytest.mark.parametrize("priority", list(Priority), ids=lambda priority: priority.name)
def test_when_slack_says_how_long_to_wait_it_waits_so_long(
    seconds: float, priority: Priority
) -> None:
    outcome = _after("ratelimited", retry_after=seconds, attempts=9, priority=priority)
    assert _wait(outcome) == seconds


@pytest.mark.parametrize("seconds", [301, 900, 3600, 10**9], ids=str)
def test_however_long_it_is_told_to_wait_it_asks_again_before_the_auditor_takes_it_for_put_off(
    seconds: float,
) -> None:
    wait = timedelta(seconds=_wait(_after("ratelimited", retry_after=seconds)))
    assert wait == LONGEST_WAIT < LONGEST_RETRY


@pytest.mark.parametrize("in_doubt", [True, False], ids=["in doubt", "refused"])
@pytest.mark.parametrize("retry_after", [None, 30], ids=["whenever", "when Slack says"])
def test_whether_slack_may_have_it_already_is_remembered(
    retry_after: float | None, in_doubt: bool
) -> None:
    """Also when the look-up itself was rate-limited: the doubt is as open as before."""
    outcome = _after("ratelimited", retry_after=retry_after, in_doubt=in_doubt)
    assert isinstance(outcome, RetryAt)
    assert outcome.in_doubt is in_doubt


@given(
    code=st.sampled_from(sorted(PERMANENT | TEMPORARY)) | st.text(max_size=20),
    attempts=st.integers(1, 10_000),
    priority=st.sampled_from(Priority),
    retry_after=st.none() | st.integers(0, 3600),
    in_doubt=st.booleans(),
)
def test_nothing_is_tried_again_in_the_past_or_later_than_asked(**case: Any) -> None:
    outcome = _after(case.pop("code"), **case)
    if isinstance(outcome, RetryAt):
        assert 0 <= _wait(outcome) <= max(60, case["retry_after"] or 0)
