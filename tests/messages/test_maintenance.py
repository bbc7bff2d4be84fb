"""What is said of maintenance windows, when they are due and when they are changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from examples import NOW, POLICY, shown, worst

from bot.domain.ledger import LedgerLine, LineState
from bot.domain.maintenance import WindowKind, occurrences
from bot.domain.notices import Notice, NoticeKind
from bot.domain.notices import notices as all_notices
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window, planned
from bot.domain.window_news import NewsKind, news_of
from bot.messages import kit, maintenance
from bot.messages.maintenance import More, News
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
        (NoticeKind.DAYS_BEFORE, {}, "Logik.io Test upgrade on Thu 3 Dec, 8:00 PM Central"),
        (
            NoticeKind.DAYS_BEFORE,
            {"days": 3},
            "Logik.io Test upgrade on Thu 3 Dec, 8:00 PM Central",
        ),
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
        ("Prod", "Logik.io Prod maintenance on Tue 24 Nov, 10:00 AM Central"),
        (None, "Logik.io maintenance on Tue 24 Nov, 10:00 AM Central"),
        (
            "<!channel> *Prod*\nall",
            "Logik.io &lt;!channel&gt; *Prod* all maintenance on Tue 24 Nov, 10:00 AM Central",
        ),
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


# Windows that were changed, and the worst that the team can call them

START = NOW + timedelta(days=3)
SEGMENT = Segment(START, START + timedelta(hours=4))
LATER = Segment(START + timedelta(days=1), START + timedelta(days=1, hours=5))
URL = "https://casebell.example/maintenance.ics"
ROUTINE = Window(
    "routine-1",
    WindowKind.ROUTINE,
    None,
    Segment(START - timedelta(hours=1), START + timedelta(days=2)),
)


def an_extra(text: str, **changes: object) -> Window:
    window = Window("extra-1", WindowKind.EXTRA, text, LATER, what=text, affected=text)
    return replace(window, **changes)  # type: ignore[arg-type]


def every_post(text: str) -> list[kit.Message]:
    """Everything that can be said of a window, whose words are all this text."""
    window, off = an_extra(text), an_extra(text, called_off=CalledOff.CANCELLED)
    more = More(URL, an_extra(text))
    said = [(window, SEGMENT), (ROUTINE, ROUTINE.segment)]
    kinds = (*NoticeKind, *NewsKind)
    line = LedgerLine("extra-1", "n", NoticeKind.SOON, "C1", SEGMENT, NOW, LineState.REFUSED, text)
    return [
        *(post(Notice(kind, "n", NOW, START, (window, ROUTINE)), NOW, POLICY, more)
          for kind in NoticeKind),
        *(maintenance.news_post(POLICY, News(kind, shown_as, SEGMENT, (ROUTINE,)), NOW, more)
          for kind in NewsKind for shown_as in (window, off)),
        *(maintenance.earlier_post(POLICY, kind, [(shown_as, told), *said[1:]], NOW, more)
          for kind in kinds for shown_as in (window, off) for told in (SEGMENT, LATER)),
        maintenance.not_told(POLICY, window, [(text, line)] * 12),
        maintenance.not_told(POLICY, off, [(text, replace(line, state=LineState.DUE))] * 300),
    ]  # fmt: skip


@worst
def test_whatever_a_window_is_called_slack_takes_it_and_nobody_is_called(text: str) -> None:
    for message in every_post(text):
        assert slack.problems_of_message(message.blocks) == []
        assert kit.size(message.blocks) <= kit.ROOM
        assert reading.calls(message.blocks, message.text) == set()
        assert "<" not in message.text
        assert "\n" not in message.text
        assert 1 <= len(message.text) <= 300


@pytest.mark.parametrize(
    ("changes", "told", "headline", "words"),
    [
        ({}, SEGMENT, "is moved to Fri 27 Nov, 10:00 AM Central", "It was planned from"),
        ({}, None, "is planned for Fri 27 Nov, 10:00 AM Central", "5 h"),
        ({"segment": Segment(START, LATER.end)}, SEGMENT,
         "lasts 29 h now, until Fri 27 Nov, 3:00 PM Central", "It was planned from"),
        ({"called_off": CalledOff.CANCELLED}, SEGMENT, "is cancelled", "The next Logik.io Prod"),
        ({"called_off": CalledOff.SKIPPED}, SEGMENT, "is skipped this time", "The next Logik.io"),
        ({"segment": Segment(NOW, NOW + timedelta(hours=4)), "changed_at": NOW}, SEGMENT,
         "has begun early", "4 h"),
        ({"segment": Segment(START, NOW + timedelta(days=4)), "changed_at": START}, SEGMENT,
         "is running late, until Fri 27 Nov, 10:00 AM Central", "It was planned from"),
        ({"segment": Segment(START, LATER.end), "changed_at": SEGMENT.end}, SEGMENT,
         "is not over after all, it goes on until Fri 27 Nov, 3:00 PM Central", "29 h"),
        ({"segment": Segment(START, START + timedelta(hours=2)),
          "changed_at": START + timedelta(hours=2)}, SEGMENT, "is over", "The next Logik.io Prod"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_a_few_words(
    changes: dict[str, object], told: Segment | None, headline: str, words: str
) -> None:
    window = an_extra("Prod", **changes)
    kind = news_of(told, window)
    assert kind is not None
    news = News(kind, window, told)
    message = maintenance.news_post(POLICY, news, NOW, More(None, an_extra("Prod")))
    assert message.text == f"Logik.io Prod maintenance {headline}"
    assert words in shown(message)
    assert "open a case" in shown(message)


@pytest.mark.parametrize(
    ("window", "status"),
    [
        (an_extra("Prod"), "Moved"),
        (an_extra("Prod", segment=Segment(START, LATER.end)), "Changed"),
        (an_extra("Prod", called_off=CalledOff.CANCELLED), "Cancelled"),
        (an_extra("Prod", called_off=CalledOff.SKIPPED), "Skipped"),
    ],
)
def test_an_earlier_post_keeps_its_time_and_says_what_stays_true(
    window: Window, status: str
) -> None:
    said = [(window, SEGMENT)]
    message = maintenance.earlier_post(POLICY, NoticeKind.DAYS_BEFORE, said, NOW, More())
    assert message.text == f"{status}: Logik.io Prod maintenance"
    assert "It was planned from" in shown(message)
    assert "Thu 26 Nov, 10:00 AM Central" in shown(message)


def test_an_earlier_post_whose_other_window_was_changed_says_so_of_that_one() -> None:
    routine = replace(ROUTINE, called_off=CalledOff.SKIPPED)
    said = [(an_extra("Prod", segment=SEGMENT), SEGMENT), (routine, ROUTINE.segment)]
    message = maintenance.earlier_post(POLICY, NoticeKind.DAYS_BEFORE, said, NOW, More())
    assert message.text == "Logik.io Prod maintenance on Thu 26 Nov, 10:00 AM Central", (
        "as it was when it was sent"
    )
    assert "routine maintenance: skipped this time" in shown(message)


@pytest.mark.parametrize("count", [1, 12, 30])
def test_channels_that_were_not_told_are_listed_with_why(count: int) -> None:
    line = LedgerLine(
        "extra-1", "n", NoticeKind.SOON, "C1", LATER, NOW, LineState.REFUSED, "is_archived"
    )
    lines = [(f"customer-{n}", line) for n in range(count)]
    message = maintenance.not_told(POLICY, an_extra("Prod"), lines)
    assert message.text.startswith(f"{count} channel{'s' if count > 1 else ''} could not be told")
    assert "#customer-0: Slack refused it (is_archived)" in shown(message)
    assert ("and 10 more" in shown(message)) is (count == 30)


def test_the_words_of_the_team_are_shown_as_typed_and_ours_where_there_are_none() -> None:
    window = an_extra("*New* disks")
    told = shown(maintenance.news_post(POLICY, News(NewsKind.ADDED, window), NOW, More(URL)))
    assert "What is done: *New* disks" in told
    assert "What will not work: *New* disks" in told
    assert "could be unavailable" not in told
    bare = shown(maintenance.news_post(
        POLICY, News(NewsKind.ADDED, an_extra("Prod", what="", affected="")), NOW, More()
    ))  # fmt: skip
    assert "The Logik.io Prod application could be unavailable during this time." in bare
