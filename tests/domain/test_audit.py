"""What is a finding, when the team hears of it, how often, and when it is over."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.audit import (
    LATE,
    MESSAGE_LATE,
    MOST_NAMED,
    SLACK_SILENT,
    TICK_STALE,
    Check,
    Finding,
    OpenPage,
    Tried,
    Waiting,
    is_kept,
    misleads,
    of_clock,
    of_messages,
    of_pages,
    of_responses,
    of_tick,
    of_timers,
)
from bot.domain.audit_state import (
    AGAIN,
    COMES_AND_GOES,
    CONFIRMED,
    PROCESS_GONE,
    AuditState,
    Verdict,
    follow,
)
from bot.domain.page import PageState
from bot.domain.timers import LONGEST_PUSH

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ALL = frozenset(Check)
LATE_PAGE = Finding(Check.PAGE_LATE, "7", {"case": 1001, "at": NOW.isoformat()})
OTHER = Finding(Check.TIMERS_LATE, facts={"count": 2, "at": NOW.isoformat()})


class Audits:
    """Audits one after the other, of one process unless said otherwise."""

    def __init__(self) -> None:
        self.state = AuditState()

    def audit(
        self,
        at: timedelta,
        *found: Finding,
        mended: Iterable[Finding] = (),
        looked: Iterable[Check] = ALL,
        process: str = "A",
    ) -> Verdict:
        verdict = follow(self.state, found, mended, frozenset(looked), process, NOW + at)
        # As it is kept in the database.
        self.state = AuditState.from_dict(json.loads(json.dumps(verdict.state.to_dict())))
        assert self.state == verdict.state
        return verdict


def test_what_is_gone_at_the_next_audit_was_a_moment_and_is_not_told() -> None:
    audits = Audits()
    assert audits.audit(0 * MINUTE, LATE_PAGE).wrong == ()
    after = audits.audit(MINUTE)
    assert (after.wrong, after.is_well_again) == ((), False)


def test_what_is_there_at_the_next_audit_is_told_once() -> None:
    audits = Audits()
    told = [audits.audit(n * MINUTE, LATE_PAGE).wrong for n in range(60)]
    assert told == [(), (LATE_PAGE,), *[()] * 58]


def test_another_engine_that_looks_at_the_same_moment_confirms_nothing() -> None:
    audits = Audits()
    audits.audit(timedelta(0), LATE_PAGE)
    assert audits.audit(CONFIRMED - SECOND, LATE_PAGE, process="B").wrong == ()
    assert audits.audit(CONFIRMED, LATE_PAGE, process="B").wrong == (LATE_PAGE,)
    assert audits.audit(MINUTE, LATE_PAGE).wrong == ()


def test_what_lasts_is_told_again_after_six_hours() -> None:
    audits = Audits()
    told = [n for n in range(13 * 60 + 2) if audits.audit(n * MINUTE, LATE_PAGE).wrong]
    assert told == [1, 361, 721]
    assert timedelta(hours=6) == AGAIN


def test_when_all_is_well_it_is_said_once_and_only_to_those_who_were_told() -> None:
    audits = Audits()
    audits.audit(0 * MINUTE, LATE_PAGE, OTHER)
    audits.audit(1 * MINUTE, LATE_PAGE, OTHER)
    assert not audits.audit(2 * MINUTE, OTHER).is_well_again
    assert audits.audit(3 * MINUTE).is_well_again
    assert not audits.audit(4 * MINUTE).is_well_again


def test_what_comes_and_goes_is_told_once_an_hour() -> None:
    audits = Audits()
    told = []
    for n in range(180):
        there = n % 4 < 3  # a minute in four it is gone
        if audits.audit(n * MINUTE, *([LATE_PAGE] if there else [])).wrong:
            told.append(n)
    assert told[0] == 1
    assert len(told) == 3
    assert all(b - a >= COMES_AND_GOES / MINUTE for a, b in itertools.pairwise(told))


def test_what_comes_back_to_stay_is_told_when_the_hour_is_over() -> None:
    audits = Audits()
    audits.audit(0 * MINUTE, LATE_PAGE)
    assert audits.audit(1 * MINUTE, LATE_PAGE).wrong
    assert audits.audit(2 * MINUTE).is_well_again
    told = [n for n in range(3, 120) if audits.audit(n * MINUTE, LATE_PAGE).wrong]
    assert told == [61]


def test_what_was_mended_is_told_at_once_and_does_not_stand() -> None:
    audits = Audits()
    verdict = audits.audit(timedelta(0), mended=[LATE_PAGE])
    assert (verdict.mended, verdict.wrong, verdict.is_well_again) == ((LATE_PAGE,), (), False)
    assert audits.state.standing == {}
    assert audits.audit(MINUTE, mended=[LATE_PAGE]).mended == ()
    assert audits.audit(COMES_AND_GOES, mended=[LATE_PAGE]).mended == (LATE_PAGE,)


def test_what_was_not_looked_at_is_not_over() -> None:
    audits = Audits()
    audits.audit(0 * MINUTE, LATE_PAGE)
    audits.audit(1 * MINUTE, LATE_PAGE)
    assert not audits.audit(2 * MINUTE, looked=ALL - {Check.PAGE_LATE}).is_well_again
    assert audits.audit(3 * MINUTE).is_well_again


def test_what_one_process_sees_another_does_not_clear_until_the_first_is_gone() -> None:
    stuck = Finding(Check.TICK_STALE, facts={"at": NOW.isoformat()}, process="A")
    audits = Audits()
    audits.audit(0 * MINUTE, stuck)
    assert audits.audit(1 * MINUTE, stuck).wrong == (stuck,)
    assert not audits.audit(2 * MINUTE, process="B").is_well_again
    assert not audits.audit(MINUTE + PROCESS_GONE - SECOND, process="B").is_well_again
    assert audits.audit(MINUTE + PROCESS_GONE, process="B").is_well_again


def test_a_clock_that_was_set_back_delays_nothing_by_more_than_an_audit() -> None:
    audits = Audits()
    audits.audit(timedelta(hours=5), LATE_PAGE)
    assert audits.audit(0 * MINUTE, LATE_PAGE).wrong == ()
    assert audits.audit(1 * MINUTE, LATE_PAGE).wrong == (LATE_PAGE,)


def test_a_check_of_a_newer_version_is_left_out() -> None:
    stored = Audits()
    stored.audit(timedelta(0), LATE_PAGE)
    facts = stored.state.to_dict()
    facts["standing"][0]["finding"]["check"] = "of_the_newer_version"
    assert AuditState.from_dict(facts).standing == {}


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), max_size=200))
def test_nothing_that_lasts_is_kept_quiet_and_nothing_is_said_twice(
    audits: list[tuple[bool, bool, bool]],
) -> None:
    """Two engines look now and then: what stands for an hour was told within it."""
    both, since, told_at, sick = Audits(), None, None, False
    for n, (there, other, by_b) in enumerate(audits):
        now = n * MINUTE
        found = [finding for finding, is_there in ((LATE_PAGE, there), (OTHER, other)) if is_there]
        verdict = both.audit(now, *found, process="B" if by_b else "A")
        since = None if not there else now if since is None else since
        if LATE_PAGE in verdict.wrong:
            assert told_at is None or now - told_at >= COMES_AND_GOES
            told_at = now
        if since is not None and now - since >= COMES_AND_GOES:
            assert told_at is not None
            assert now - told_at <= AGAIN
        sick = sick or bool(verdict.wrong)
        assert verdict.is_well_again == (sick and not found)
        sick = sick and not verdict.is_well_again


# --- what is a finding ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("promised", "due", "kept"),
    [
        pytest.param(timedelta(0), timedelta(0), True, id="as promised"),
        pytest.param(None, timedelta(0), False, id="not at all"),
        pytest.param(MINUTE, 5 * MINUTE, True, id="earlier"),
        pytest.param(5 * MINUTE + LONGEST_PUSH, 5 * MINUTE, True, id="put off"),
        pytest.param(5 * MINUTE + LONGEST_PUSH + SECOND, 5 * MINUTE, False, id="too late"),
        pytest.param(LONGEST_PUSH, -60 * MINUTE, True, id="overdue, and tried again soon"),
        pytest.param(LONGEST_PUSH + SECOND, -60 * MINUTE, False, id="overdue, and far ahead"),
    ],
)
def test_a_promise_is_kept_by_a_timer_in_time(
    promised: timedelta | None, due: timedelta, *, kept: bool
) -> None:
    at = None if promised is None else NOW + promised
    assert is_kept(at, NOW + due, NOW) is kept


def test_a_page_is_late_after_a_minute() -> None:
    late = NOW - LATE
    pages = [
        OpenPage(1, 1001, 3, late, PageState.RINGING),
        OpenPage(2, 1002, 3, late - SECOND, PageState.HELD),
    ]
    assert [finding.about for finding in of_pages(pages, NOW)] == ["2"]


def test_a_response_is_late_after_a_minute() -> None:
    assert [f.facts["case"] for f in of_responses([(1, NOW - LATE), (2, NOW - 2 * LATE)], NOW)] == [
        2
    ]


def test_so_many_are_named() -> None:
    assert len(of_responses([(n, NOW - 2 * LATE) for n in range(1000)], NOW)) == MOST_NAMED


def test_late_and_failing_timers_are_findings() -> None:
    assert of_timers(0, None, {}) == []
    late, page, response = of_timers(3, NOW, {"response": 2, "page": 1})
    assert (late.check, late.facts["count"]) == (Check.TIMERS_LATE, 3)
    assert (page.about, response.about) == ("page", "response")


SILENT, LATE_MESSAGES = Check.SLACK_SILENT, Check.MESSAGES_LATE
PAGE, PLACE = Check.PAGE_UNDELIVERED, Check.PLACE_SILENT
HOUR = timedelta(hours=1)
LONG_AGO = NOW - 3 * HOUR


def in_vain(place: str, for_so_long: timedelta, taken_at: datetime | None = None) -> Tried:
    return Tried(place, is_page=False, since=NOW - for_so_long, taken_at=taken_at)


def a_page_in_vain(place: str, for_so_long: timedelta, taken_at: datetime | None = None) -> Tried:
    return Tried(place, is_page=True, since=NOW - for_so_long, taken_at=taken_at)


@pytest.mark.parametrize(
    ("waiting", "slack_known", "checks"),
    [
        pytest.param(Waiting(), True, [], id="nothing waits"),
        pytest.param(Waiting(taken_at=LONG_AGO), True, [], id="a quiet night"),
        pytest.param(Waiting(), False, [], id="nothing waits for a Slack that is away"),
        pytest.param(Waiting(page_due=NOW - LATE), True, [], id="a page, not late yet"),
        pytest.param(Waiting(page_due=NOW - LATE - SECOND), True, [LATE_MESSAGES], id="a page"),
        pytest.param(Waiting(other_due=NOW - MESSAGE_LATE), True, [], id="a burst"),
        pytest.param(
            Waiting(other_due=NOW - MESSAGE_LATE - SECOND), True, [LATE_MESSAGES], id="a message"
        ),
        pytest.param(Waiting(tried=(in_vain("C1", MESSAGE_LATE),)), True, [], id="tried for 5 min"),
        pytest.param(
            Waiting(tried=(in_vain("C1", MESSAGE_LATE + SECOND),), taken_at=LONG_AGO),
            True,
            [PLACE],
            id="one place gets nothing, and nothing else is sent",
        ),
        pytest.param(
            Waiting(tried=(in_vain("C1", HOUR), in_vain("C2", HOUR)), taken_at=NOW - MINUTE),
            True,
            [PLACE, PLACE],
            id="two places get nothing, another does",
        ),
        pytest.param(
            Waiting(tried=(in_vain("C1", HOUR, taken_at=NOW - MINUTE),), taken_at=NOW - MINUTE),
            True,
            [],
            id="a burst: the place itself gets others",
        ),
        pytest.param(
            Waiting(tried=(in_vain("C1", HOUR), in_vain("C2", SLACK_SILENT)), taken_at=LONG_AGO),
            True,
            [SILENT],
            id="two places get nothing, and nobody else",
        ),
        pytest.param(
            Waiting(tried=(in_vain("C1", HOUR), in_vain("C2", SLACK_SILENT - SECOND))),
            True,
            [PLACE],
            id="the second of two for 4:59",
        ),
        pytest.param(
            Waiting(tried=(a_page_in_vain("U1", HOUR), in_vain("U1", HOUR)), taken_at=LONG_AGO),
            True,
            [PAGE, PLACE],
            id="a page and more to one person are one place",
        ),
        pytest.param(
            Waiting(
                tried=(a_page_in_vain("U1", LATE + SECOND, taken_at=NOW), in_vain("C1", SECOND)),
                taken_at=NOW,
            ),
            True,
            [PAGE],
            id="a page does not go, whatever else does",
        ),
        pytest.param(
            Waiting(tried=(a_page_in_vain("U1", LATE),)), True, [], id="a page tried for a minute"
        ),
        pytest.param(
            Waiting(
                page_due=LONG_AGO,
                other_due=LONG_AGO,
                tried=(a_page_in_vain("U1", HOUR), in_vain("C1", HOUR)),
            ),
            True,
            [SILENT],
            id="Slack is away, and the rest waits for it",
        ),
        pytest.param(
            Waiting(page_due=NOW - 2 * MINUTE), False, [], id="Slack is not known for 2 min"
        ),
        pytest.param(
            Waiting(other_due=NOW - SLACK_SILENT), False, [SILENT], id="nor for five"
        ),
        pytest.param(
            Waiting(page_due=NOW + MINUTE), False, [], id="what is due later waits for nobody"
        ),
    ],
)  # fmt: skip
def test_messages_that_wait(waiting: Waiting, *, slack_known: bool, checks: list[Check]) -> None:
    assert [f.check for f in of_messages(waiting, NOW, slack_known=slack_known)] == checks


def test_a_process_that_has_not_ticked_for_a_minute_says_so_of_itself() -> None:
    assert of_tick(TICK_STALE, "A", NOW) == []
    [stale] = of_tick(TICK_STALE + SECOND, "A", NOW)
    assert (stale.process, stale.facts["at"]) == ("A", (NOW - TICK_STALE - SECOND).isoformat())


@pytest.mark.parametrize(
    ("ahead", "wrong"),
    [(timedelta(0), False), (2 * SECOND, False), (-2 * SECOND, False), (3 * SECOND, True),
     (-3 * SECOND, True), (-timedelta(hours=1), True)],
)  # fmt: skip
def test_a_clock_is_wrong_when_it_is_not_the_databases(ahead: timedelta, wrong: bool) -> None:
    found = of_clock(ahead, "A")
    assert [finding.facts for finding in found] == [{"seconds": ahead.total_seconds()}] * wrong


@pytest.mark.parametrize(
    ("seconds", "too_far"), [(3, False), (-60, False), (61, True), (-3600, True)]
)
def test_a_clock_misleads_when_it_is_further_off_than_clocks_may_differ(
    seconds: int, too_far: bool
) -> None:
    [wrong] = of_clock(seconds * SECOND, "A")
    assert misleads(wrong) is too_far


def test_what_is_no_clock_misleads_nobody() -> None:
    [stale] = of_tick(TICK_STALE + SECOND, "A", NOW)
    assert not misleads(stale)
