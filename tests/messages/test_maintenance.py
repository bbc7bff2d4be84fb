"""What is said of maintenance windows, when they are due and when they are changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from examples import NOW, POLICY

from bot.domain.maintenance import WindowKind, occurrences
from bot.domain.notices import Notice, NoticeKind
from bot.domain.notices import notices as all_notices
from bot.domain.segments import Segment
from bot.domain.window import Window, planned
from bot.messages import kit, maintenance
from bot.messages.maintenance import More
from bot.policy import Policy
from bot.sandbox import blocks as slack
from bot.sandbox import reading


def post(
    notice: Notice, now: datetime, policy: Policy = POLICY, more: More | None = None
) -> kit.Message:
    return maintenance.notice_post(policy, notice, now, more or More())


def told(policy: Policy) -> list[Notice]:
    found = occurrences(policy.maintenance, NOW, NOW + timedelta(days=200))
    return list(all_notices(policy.maintenance, [planned(one) for one in found]))


@pytest.mark.parametrize("kind", NoticeKind)
def test_every_notice_of_half_a_year_fits_and_calls_nobody(kind: NoticeKind) -> None:
    found = [notice for notice in told(POLICY) if notice.kind is kind]
    assert found
    for notice in found:
        message = post(notice, notice.due_at)
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
    notice = next(n for n in told(POLICY) if n.kind is kind and n.windows[0].sector == "Test")
    message = post(notice, notice.due_at + timedelta(**late))
    assert message.text == headline


@pytest.mark.parametrize(("minutes", "words"), [(120, "2 h"), (90, "1 h 30 min"), (1440, "24 h")])
def test_a_reminder_hours_before_says_how_many(minutes: int, words: str) -> None:
    reminders = replace(POLICY.maintenance.upgrade_reminders, minutes_before=(minutes,))
    rules = replace(POLICY.maintenance, upgrade_reminders=reminders)
    policy = replace(POLICY, maintenance=rules)
    notice = next(n for n in told(policy) if n.kind is NoticeKind.SOON)
    text = post(notice, notice.due_at, policy).text
    assert text == f"Logik.io Test upgrade begins in {words}"


@pytest.mark.parametrize(
    ("sector", "headline"),
    [
        ("Prod", "Logik.io Prod maintenance tomorrow"),
        (None, "Logik.io maintenance tomorrow"),
        ("<!channel> *Prod*\nall", "Logik.io &lt;!channel&gt; *Prod* all maintenance tomorrow"),
    ],
)
def test_a_window_added_by_hand_is_called_by_its_sector_in_words_that_call_nobody(
    sector: str | None, headline: str
) -> None:
    start = NOW + timedelta(days=1)
    segment = Segment(start, start + timedelta(hours=1))
    window = Window("extra-1", WindowKind.EXTRA, sector, segment)
    notice = Notice(NoticeKind.DAYS_BEFORE, "1d", NOW, start, (window,))
    message = post(notice, NOW)
    assert message.text == headline
    assert reading.calls(message.blocks, message.text) == set()
