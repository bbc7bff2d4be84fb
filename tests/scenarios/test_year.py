"""A year at random: no page is lost, none goes to the wrong person, and every ring is explained.

`CASEBELL_SEED=7 python -m pytest -s tests/scenarios/test_year.py` lives through another one.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from year_journal import Entry
from year_oracle import judge
from year_slack import YearSlack
from year_story import YearStory

from bot.domain.page import Office, RingReason, TeamNews
from bot.domain.schedule import Schedule
from bot.policy import Policy
from bot.services import paging
from bot.services.paging import Paging
from bot.services.shifts import Shifts

# Over both changes of the clocks, a year of 53 weeks, and a holiday on the Monday after a Sunday.
YEAR = (datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2027, 7, 7, 12, tzinfo=UTC))
AUTUMN = (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 11, 3, 12, tzinfo=UTC))
WEEKEND = (datetime(2026, 10, 30, 12, tzinfo=UTC), AUTUMN[1])
SEEDS = [int(os.environ["CASEBELL_SEED"])] if "CASEBELL_SEED" in os.environ else [1]
FULL_DAYS = 3  # of which ten days have everything in them that a broken bot gets wrong

# What a year has to have in it, or it proves nothing.
EVERYTHING = {
    *(f"rings, {reason}" for reason in RingReason),
    *(
        f"news, {news}"
        for news in (
            TeamNews.NO_ANSWER_YET,
            TeamNews.EXHAUSTED,
            TeamNews.NOBODY_ON_CALL,
            TeamNews.UNDELIVERABLE,
            TeamNews.NOT_ANSWERED,
            TeamNews.HANDED_OVER,
        )
    ),
    *("NeedsWaking", "Lesser", "Over", "Took", "TooLate", "Pressed", "GivenUp", "Shown"),
    *("RotationSet", "OverrideSet", "OverrideCancelled", "QuietSet"),
    *("BotStopped", "BotStarted", "SlackAway", "SlackBack", "ClockSet"),
}


def objections(journal: list[Entry], seed: int) -> tuple[str, Counter[str]]:
    found, counts = judge(journal)
    words = "\n".join([f"CASEBELL_SEED={seed}: {len(found)} objections", *found[:20]])
    return (words if found else ""), counts


@pytest.mark.chaos
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
def test_in_a_year_no_page_is_lost_and_every_ring_is_explained(sqlite_url: str, seed: int) -> None:
    wrong, counts = objections(YearStory(sqlite_url, seed, *YEAR).tell(), seed)
    print(
        f"CASEBELL_SEED={seed}", *(f"{n:6} {what}" for what, n in sorted(counts.items())), sep="\n"
    )
    assert not wrong, wrong
    if "CASEBELL_SEED" not in os.environ:
        assert set(counts) >= EVERYTHING


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("days", "rings"),
    [
        pytest.param(WEEKEND, 5, id="four days"),
        pytest.param(AUTUMN, 20, id="ten days", marks=pytest.mark.chaos),
    ],
)
def test_both_databases_live_through_the_end_of_summer_time(
    database_url: str, days: tuple[datetime, datetime], rings: int
) -> None:
    seed = SEEDS[0]
    wrong, counts = objections(YearStory(database_url, seed, *days, times=2).tell(), seed)
    assert not wrong, wrong
    assert counts["Rang"] > rings


# The oracle itself: what is broken on purpose, it objects to.


def skip_a_ring(patch: pytest.MonkeyPatch) -> None:
    ring, rung = Paging._ring, Counter[str]()

    def some(self: Paging, *args: Any) -> None:
        rung["rings"] += 1
        if rung["rings"] % 7:
            ring(self, *args)

    patch.setattr(Paging, "_ring", some)


def ring_the_old_shift(patch: pytest.MonkeyPatch) -> None:
    """After an override."""
    patch.setattr(
        Shifts,
        "staff",
        lambda self, tx, now: Schedule(self.schedule(tx, now).rotations).staff(now),
    )


def ring_at_seven_sharp(patch: pytest.MonkeyPatch) -> None:
    def office(self: Paging, now: datetime) -> Office:
        hours = self.desk.policy.hours
        is_open = hours.is_open(now) and hours.is_open(now - timedelta(seconds=1))
        return Office(is_open, hours.opens_at(now), hours.closes_at(now))

    patch.setattr(Paging, "_office", office)


def ring_for_less(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Policy, "pages", lambda _self, _severity: True)


def ring_on_after_an_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Paging, "acknowledge", lambda _self, _page, _by: None)


def ring_on_after_an_answer(patch: pytest.MonkeyPatch) -> None:
    """After the first: a second one counts."""
    answered, ignored = Paging.answered, set[int]()

    def second(self: Paging, tx: Any, case: int, *args: Any) -> None:
        if case in ignored:
            answered(self, tx, case, *args)
        ignored.add(case)

    patch.setattr(Paging, "answered", second)


def ring_twice_after_a_lost_answer(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(YearSlack, "find", lambda *_args, **_options: None)


def ring_for_another_reason(patch: pytest.MonkeyPatch) -> None:
    ring = Paging._ring

    def lied(self: Paging, tx: Any, row: Any, page: Any, told: Any, now: datetime) -> None:
        reason = RingReason.AGAIN if told.reason is RingReason.ESCALATED else told.reason
        ring(self, tx, row, page, replace(told, reason=reason), now)

    patch.setattr(Paging, "_ring", lied)


def leave_the_messages_as_they_are(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(paging, "redraw", lambda *_args, **_where: None)


def silent_about(news: TeamNews) -> Callable[[pytest.MonkeyPatch], None]:
    def patched(patch: pytest.MonkeyPatch) -> None:
        tell = Paging._tell_team

        def others(self: Paging, tx: Any, row: Any, page: Any, told: Any, now: datetime) -> None:
            if told.news is not news:
                tell(self, tx, row, page, told, now)

        patch.setattr(Paging, "_tell_team", others)

    return patched


@pytest.mark.chaos
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        pytest.param(skip_a_ring, "nothing came of it: ('ring'", id="skips rings"),
        pytest.param(ring_the_old_shift, "but on call as", id="rings the old shift"),
        pytest.param(ring_at_seven_sharp, "while the office is open", id="rings at seven sharp"),
        pytest.param(ring_for_less, "is not that severe", id="rings for less"),
        pytest.param(ring_on_after_an_acknowledgement, "but it is taken", id="rings who has it"),
        pytest.param(ring_on_after_an_answer, "but it is over", id="rings after an answer"),
        pytest.param(ring_twice_after_a_lost_answer, "went out twice", id="rings twice"),
        pytest.param(ring_for_another_reason, "nothing called for it", id="rings for no reason"),
        pytest.param(leave_the_messages_as_they_are, "still reads a page", id="says not why"),
        pytest.param(silent_about(TeamNews.HANDED_OVER), "handed_over", id="hands nothing over"),
        pytest.param(silent_about(TeamNews.NOBODY_ON_CALL), "nobody_on_call", id="says no gap"),
    ],
)
def test_the_oracle_objects_to_a_bot_that(
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[pytest.MonkeyPatch], None],
    words: str,
) -> None:
    break_it(monkeypatch)
    print(f"seed {FULL_DAYS}")
    found, _ = judge(YearStory(sqlite_url, FULL_DAYS, *AUTUMN, times=3).tell())
    assert any(words in objection for objection in found), found[:5]


@pytest.mark.chaos
def test_the_oracle_has_nothing_against_the_same_days_as_they_are(sqlite_url: str) -> None:
    wrong, _ = objections(YearStory(sqlite_url, FULL_DAYS, *AUTUMN, times=3).tell(), FULL_DAYS)
    assert not wrong, wrong
