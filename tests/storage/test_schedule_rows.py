"""Rotations, overrides, requests, handoffs and marks, as stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from making import NOW, SECOND, a_case

from bot.domain.handoff import Handoff
from bot.domain.page import Page, PageState
from bot.domain.records import Mark
from bot.domain.rotation import HandoffTime, Rotation
from bot.domain.schedule import Override, OverrideKind
from bot.domain.segments import Segment
from bot.domain.shift_request import RequestKind, RequestState, ShiftRequest
from bot.policy import load_policy
from storage.store import SqlStore

HOUR = timedelta(hours=1)
COMING = Segment(NOW + HOUR, NOW + 3 * HOUR)
COVER = ShiftRequest("primary", RequestKind.COVER, "U1", COMING, NOW, note="My sister marries.")
SWAP = ShiftRequest(
    "primary", RequestKind.SWAP, "U1", COMING, NOW, asked_of="U2", in_return=COMING
)  # fmt: skip


def covering(**changes: object) -> Override:
    cover = Override(0, "primary", OverrideKind.REPLACE, "U2", "U1", COMING, NOW, "U2")
    return replace(cover, **changes)  # type: ignore[arg-type]


def test_a_rotation_comes_back_as_it_was_set_in_the_order_of_setting(store: SqlStore) -> None:
    starts_at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    zone = ZoneInfo("America/Chicago")
    first = Rotation(
        "primary", ("U2", "U1"), HandoffTime.parse("mon 09:00"), zone, starts_at, set_at=NOW
    )
    then = replace(first, handoff=HandoffTime.parse("daily 21:30"), every_days=2, members=("U1",))
    with store.transaction() as tx:
        tx.schedule.add_rotation(first, NOW)
        tx.schedule.add_rotation(then, NOW)
    with store.reading() as tx:
        assert tx.schedule.load().rotations == (first, then)


def test_an_override_comes_back_with_its_number_and_is_cancelled_once(store: SqlStore) -> None:
    with store.transaction() as tx:
        request = tx.requests.add(COVER)
        stored = tx.schedule.add_override(covering(request_id=request))
        other = tx.schedule.add_override(covering(kind=OverrideKind.ADD, instead_of=None))
        tx.schedule.cancel_overrides([stored.id], "U1", NOW + SECOND)
        tx.schedule.cancel_overrides([stored.id], "U3", NOW + HOUR)
    cancelled = replace(stored, cancelled_at=NOW + SECOND, cancelled_by="U1")
    with store.reading() as tx:
        assert tx.schedule.load().overrides == (cancelled, other)
        assert tx.schedule.override(stored.id) == cancelled
        assert tx.schedule.override(99) is None
        assert tx.schedule.overrides_of(request) == [cancelled]


def test_overrides_that_are_over_are_left_out_on_demand(store: SqlStore) -> None:
    with store.transaction() as tx:
        stored = tx.schedule.add_override(covering())
    with store.reading() as tx:
        assert tx.schedule.load(COMING.end - SECOND).overrides == (stored,)
        assert tx.schedule.load(COMING.end).overrides == ()


def test_requests_come_back_and_the_open_ones_are_found(store: SqlStore) -> None:
    with store.transaction() as tx:
        cover, swap = tx.requests.add(COVER), tx.requests.add(SWAP)
        settled = replace(
            SWAP, state=RequestState.ACCEPTED, settled_at=NOW + SECOND, settled_by="U2"
        )
        assert tx.requests.open(NOW) == [(cover, COVER), (swap, SWAP)]
        tx.requests.save(swap, settled)
    with store.reading() as tx:
        assert tx.requests.get(swap) == settled
        assert tx.requests.get(99) is None
        assert tx.requests.open(NOW) == [(cover, COVER)]
        assert tx.requests.open(COMING.end) == []


def test_a_handoff_is_on_record_once(store: SqlStore) -> None:
    handoff = Handoff("primary", NOW, "U2", ("U1",))
    with store.transaction() as tx:
        number = tx.handoffs.add(handoff)
        assert number is not None
        assert tx.handoffs.add(handoff) is None
        assert tx.handoffs.last_reached("U2") is None
        tapped = replace(handoff, told_at=NOW, confirmed_at=NOW + 38 * SECOND)
        tx.handoffs.save(number, tapped)
    with store.reading() as tx:
        assert tx.handoffs.get(number) == tapped
        assert tx.handoffs.get(99) is None
        assert tx.handoffs.last_reached("U2") == tapped
        assert tapped.reached_in == 38 * SECOND


def test_what_somebody_took_over_at_one_instant_is_found_and_the_newest_of_a_level(
    store: SqlStore,
) -> None:
    first, later = Handoff("primary", NOW, "U2"), Handoff("primary", NOW + HOUR, "U2")
    beside, others = replace(first, level="manager"), replace(first, user="U3")
    with store.transaction() as tx:
        numbers = [tx.handoffs.add(handoff) for handoff in (first, beside, others, later)]
    with store.reading() as tx:
        assert tx.handoffs.of("U2", NOW) == [(numbers[0], first), (numbers[1], beside)]
        assert tx.handoffs.of("U2", NOW + SECOND) == []
        assert tx.handoffs.newest("primary", "U2") == (numbers[3], later)
        assert tx.handoffs.newest("manager", "U2") == (numbers[1], beside)
        assert tx.handoffs.newest("secondary", "U2") is None


def test_a_mark_is_empty_until_it_is_set_and_the_last_one_holds(store: SqlStore) -> None:
    with store.transaction() as tx:
        assert tx.marks.get("schedule") == Mark()
        assert tx.marks.lock("schedule") == Mark()
        tx.marks.set("schedule", NOW)
        tx.marks.set("schedule", NOW + SECOND, {"seen": 3})
    with store.transaction() as tx:
        assert tx.marks.lock("schedule") == Mark(NOW + SECOND, {"seen": 3})
        assert tx.marks.get("other") == Mark()


@pytest.mark.parametrize(
    "change",
    [{"asked_of": None}, {"in_return": None}, {"kind": RequestKind.COVER}],
)
def test_a_request_that_says_nothing_clear_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="cannot ask"):
        replace(SWAP, **change)  # type: ignore[arg-type]


def test_pages_that_are_not_over_are_found_in_the_order_of_their_opening(store: SqlStore) -> None:
    policy = load_policy().paging
    over = Page(PageState.CLOSED, due_at=None)
    open_ones = [Page(state, due_at=NOW) for state in PageState if state is not PageState.CLOSED]
    with store.transaction() as tx:
        for n, page in enumerate([over, *open_ones, over]):
            case, _ = tx.cases.open(a_case(f"V{n}"))
            tx.pages.add(case.number, policy, page, NOW)
    with store.reading() as tx:
        found = tx.pages.open()
    assert [row.page.state for row in found] == [page.state for page in open_ones]
    assert [row.case_number for row in found] == [1002 + n for n in range(len(open_ones))]
