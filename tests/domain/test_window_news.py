"""What a change means to those who were told before, which channels hear of what, the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.following import ToldOf, follows, heard_of, unfollowed
from bot.domain.ledger import (
    LedgerLine,
    LineState,
    is_mentioned_since,
    is_said_since,
    is_told_of_change,
    last_told,
    post_kind,
    unreached,
)
from bot.domain.maintenance import WindowKind
from bot.domain.notices import NoticeKind
from bot.domain.outbox import Posted
from bot.domain.records import Channel
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window
from bot.domain.window_news import NewsKind, beside, news_of

HOUR = timedelta(hours=1)
NOON = datetime(2026, 12, 18, 12, tzinfo=UTC)


def stretch(start: float, end: float) -> Segment:
    return Segment(NOON + start * HOUR, NOON + end * HOUR)


TOLD = stretch(0, 4)
PROD = Window("prod", WindowKind.UPGRADE, "Prod", TOLD, changed_at=NOON - HOUR)
ROUTINE = Window("routine", WindowKind.ROUTINE, None, stretch(-1, 30))
ACME = Channel("C1", "T1", "acme", is_member=True, is_ext_shared=True)


# --- news -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "changes", "news"),
    [
        (TOLD, {}, None),
        (None, {}, NewsKind.ADDED),
        (TOLD, {"segment": stretch(5, 9)}, NewsKind.MOVED),
        (TOLD, {"segment": stretch(5, 7)}, NewsKind.MOVED),
        (TOLD, {"segment": stretch(0, 5)}, NewsKind.RESIZED),
        (TOLD, {"segment": stretch(0, 3)}, NewsKind.RESIZED),
        (TOLD, {"segment": stretch(-1, 3)}, NewsKind.BEGUN),
        (TOLD, {"segment": stretch(-1, 3), "changed_at": NOON - 2 * HOUR}, NewsKind.MOVED),
        (TOLD, {"segment": stretch(0, 3), "changed_at": NOON + 3 * HOUR}, NewsKind.DONE),
        (TOLD, {"segment": stretch(-2, -1), "changed_at": NOON - HOUR}, NewsKind.DONE),
        (TOLD, {"segment": stretch(0, 5), "changed_at": NOON + 3 * HOUR}, NewsKind.RUNS_LATE),
        (TOLD, {"segment": stretch(0, 5), "changed_at": NOON}, NewsKind.RUNS_LATE),
        (TOLD, {"segment": stretch(0, 3), "changed_at": NOON + HOUR}, NewsKind.RESIZED),
        (TOLD, {"segment": stretch(0, 5), "changed_at": None}, NewsKind.RESIZED),
        (TOLD, {"called_off": CalledOff.CANCELLED}, NewsKind.CALLED_OFF),
        (TOLD, {"called_off": CalledOff.SKIPPED}, NewsKind.CALLED_OFF),
        (None, {"called_off": CalledOff.CANCELLED}, None),
    ],
)  # fmt: skip
def test_what_is_news_depends_on_what_was_told(
    told: Segment | None, changes: dict[str, object], news: NewsKind | None
) -> None:
    assert news_of(told, replace(PROD, **changes)) is news  # type: ignore[arg-type]


def test_what_was_told_together_with_a_window_stays_beside_it() -> None:
    far = replace(ROUTINE, key="far", segment=stretch(100, 130))
    off = replace(ROUTINE, key="off", called_off=CalledOff.SKIPPED)
    test = replace(PROD, key="test", sector="Test")
    assert beside(PROD, TOLD, [PROD, ROUTINE, far, off, test]) == (ROUTINE,)
    assert beside(ROUTINE, ROUTINE.segment, [PROD, ROUTINE, far, test]) == (PROD, test)


# --- which channels -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left_out", "sector", "hears"),
    [
        ((), "Prod", True),
        (("prod",), "Prod", False),
        (("prod",), "PROD", False),
        (("prod",), "Test", True),
        (("prod", "test"), None, True),
        (("prod", "test"), "Billing", True),
    ],
)  # fmt: skip
def test_a_channel_follows_every_sector_that_it_does_not_leave_out(
    left_out: tuple[str, ...], sector: str | None, hears: bool
) -> None:
    channel = replace(ACME, unfollowed=frozenset(left_out))
    assert follows(channel, replace(PROD, sector=sector)) is hears


@pytest.mark.parametrize(
    ("left_out", "windows", "heard"),
    [
        ((), [ROUTINE], []),
        ((), [ROUTINE, PROD], [ROUTINE, PROD]),
        (("prod",), [ROUTINE, PROD], []),
        ((), [ROUTINE, replace(PROD, called_off=CalledOff.CANCELLED)],
         [replace(PROD, called_off=CalledOff.CANCELLED)]),
        ((), [ROUTINE, replace(PROD, segment=stretch(29, 33))],
         [replace(PROD, segment=stretch(29, 33))]),
    ],
    ids=["no work", "work", "work that it does not follow", "called off", "over its edge"],
)  # fmt: skip
def test_the_routine_window_only_with_work_inside(
    left_out: tuple[str, ...], windows: list[Window], heard: list[Window]
) -> None:
    channel = replace(ACME, unfollowed=frozenset(left_out), routine_always=False)
    assert heard_of(channel, windows) == heard


def test_of_sectors_that_nobody_was_asked_about_it_stays_as_it_was() -> None:
    channel = replace(ACME, unfollowed=frozenset({"old", "prod"}))
    asked = ["Test", "Prod"]
    assert unfollowed(channel, ToldOf(), asked) == {"old", "prod"}
    assert unfollowed(channel, ToldOf(frozenset({"prod"})), asked) == {"old", "test"}
    assert unfollowed(channel, ToldOf(frozenset()), asked) == {"old", "prod", "test"}
    assert unfollowed(ACME, ToldOf(frozenset({"prod", "test", "forged"})), asked) == frozenset()


# --- the ledger -----------------------------------------------------------------------------------


def line(
    state: LineState, told: Segment = TOLD, channel: str = "C1", **changes: object
) -> LedgerLine:
    made = LedgerLine("prod", "prod/n", NoticeKind.DAYS_BEFORE, channel, told, NOON - 24 * HOUR,
                      state, message_id=1)  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


SENT, DUE, REFUSED, LEFT_OUT = (
    LineState.SENT,
    LineState.DUE,
    LineState.REFUSED,
    LineState.LEFT_OUT,
)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], None),
        ([line(SENT)], TOLD),
        ([line(SENT), line(DUE, stretch(9, 10))], TOLD),
        ([line(SENT), line(LineState.EDITED, stretch(9, 10)), line(REFUSED)], stretch(9, 10)),
        ([line(DUE), line(REFUSED, stretch(9, 10))], stretch(9, 10)),
        (
            [
                line(SENT, posted=Posted("C1", "1797350545.60")),
                line(SENT, stretch(9, 10), posted=Posted("C1", "1797350544.60")),
            ],
            TOLD,
        ),
        ([line(LEFT_OUT, message_id=None)], None),
    ],
)
def test_what_a_channel_was_told_last(lines: list[LedgerLine], told: Segment | None) -> None:
    assert last_told(lines) == told


@pytest.mark.parametrize(
    ("lines", "listed"),
    [
        ([], False),
        ([line(SENT)], False),
        ([line(REFUSED)], True),
        ([line(DUE)], True),
        ([line(LEFT_OUT)], False),
        ([line(REFUSED), line(SENT)], False),
        ([line(SENT), line(REFUSED)], False),
        ([line(SENT, stretch(9, 10)), line(REFUSED)], True),
        ([line(SENT, stretch(9, 10)), line(SENT)], False),
        ([line(DUE, due_at=NOON)], False),
        ([line(SENT), line(SENT, stretch(9, 10), kind=NewsKind.MOVED), line(REFUSED)], False),
    ],
    ids=["nothing was to be told", "told", "refused", "on its way", "left out", "told later",
         "told before", "told another time", "told both", "due just now", "moved and back"],
)  # fmt: skip
def test_a_channel_is_listed_that_does_not_know_how_a_window_stands(
    lines: list[LedgerLine], listed: bool
) -> None:
    assert [found.channel_id for found in unreached(PROD, lines, NOON - HOUR)] == ["C1"] * listed


def test_of_a_window_that_was_called_off_a_channel_has_to_know_that() -> None:
    off = replace(PROD, called_off=CalledOff.CANCELLED)
    refused = line(REFUSED, kind=NewsKind.CALLED_OFF)
    told = line(SENT, kind=NewsKind.CALLED_OFF, channel="C2")
    before = [line(SENT), line(SENT, channel="C2")]
    assert unreached(off, [*before, refused, told], NOON - HOUR) == [refused]


def test_a_reminder_of_before_a_change_is_not_needed_after_it() -> None:
    moved = line(SENT, kind=NewsKind.MOVED)
    assert is_told_of_change([line(SENT), moved], moved.due_at)
    assert not is_told_of_change([moved], moved.due_at + HOUR)
    assert not is_told_of_change([line(SENT)], NOON - 48 * HOUR)


@pytest.mark.parametrize(
    ("changes", "is_said"),
    [
        ({}, True),
        ({"told": stretch(9, 10)}, False),
        ({"kind": NoticeKind.STARTED}, False),
        ({"state": DUE, "posted": None}, False),
        ({"posted": Posted("C1", f"{NOON.timestamp() - 1}")}, False),
    ],
    ids=["says so", "another time", "no news", "on its way", "before"],
)
def test_news_say_when_a_window_is_by_themselves_or_beside_another(
    changes: dict[str, object], is_said: bool
) -> None:
    posted = Posted("C1", f"{NOON.timestamp()}")
    about = replace(line(SENT, kind=NewsKind.MOVED, posted=posted), **changes)  # type: ignore[arg-type]
    beside_it = replace(about, notice="routine/moved-2")
    assert is_said_since([about], TOLD, NOON) is is_said
    assert is_mentioned_since([beside_it], TOLD, NOON) is is_said
    assert not is_said_since([beside_it], TOLD, NOON)
    assert not is_mentioned_since([about], TOLD, NOON)


def test_a_reminder_says_when_the_window_beside_its_own_is() -> None:
    beside_it = line(SENT, notice="routine/1d", posted=Posted("C1", f"{NOON.timestamp()}"))
    assert is_mentioned_since([beside_it], TOLD, NOON)
    assert not is_mentioned_since([replace(beside_it, kind=NoticeKind.ENDED)], TOLD, NOON)


@given(st.sampled_from([*NoticeKind, *NewsKind]))
def test_a_kind_comes_back_from_its_name(kind: NoticeKind | NewsKind) -> None:
    assert post_kind(kind.value) is kind
