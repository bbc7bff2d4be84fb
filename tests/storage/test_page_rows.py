"""Which pages rang somebody, and what the timeline has of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from explaining import fill, plan_of
from making import NOW, SECOND, a_case

from bot.domain.events import EventKind, TimelineEntry
from bot.domain.page import Page, PageState
from bot.policy import load_policy
from storage.database import Database
from storage.migrate import migrate
from storage.store import SqlStore
from storage.tables import timeline

PAGING = load_policy().paging
MINUTE = timedelta(minutes=1)


def open_page(store: SqlStore, number: int, minute: int, *kinds: EventKind) -> int:
    """A page of a case, with entries of these kinds that many minutes on."""
    with store.transaction() as tx:
        page_id = tx.pages.add(number, PAGING, Page(PageState.HELD, NOW), NOW)
        for kind in (EventKind.PAGE_OPENED, *kinds):
            at = NOW + minute * MINUTE
            tx.cases.record(TimelineEntry(number, at, kind, None, {"page": page_id}))
    return page_id


def open_case(store: SqlStore, view_id: str) -> int:
    with store.transaction() as tx:
        return tx.cases.open(a_case(view_id))[0].number


def test_the_pages_that_rang_or_should_have_are_listed_the_newest_first(store: SqlStore) -> None:
    one, other = open_case(store, "V1"), open_case(store, "V2")
    first = open_page(store, one, 0, EventKind.PAGE_RANG, EventKind.PAGE_RANG)
    open_page(store, one, 1, EventKind.PAGE_CLOSED)  # answered in the day: rang nobody
    second = open_page(store, other, 2, EventKind.PAGE_NEWS)
    third = open_page(store, one, 3, EventKind.PAGE_RANG)
    with store.reading() as tx:
        assert tx.pages.last_rung(most=9) == [(third, one), (second, other), (first, one)]
        assert tx.pages.last_rung(most=2) == [(third, one), (second, other)]
        assert tx.pages.last_rung(first=2, most=2) == [(first, one)]
        assert tx.pages.last_rung(first=10**30, most=2) == []


def test_pages_are_found_by_when_they_rang(store: SqlStore) -> None:
    one = open_case(store, "V1")
    first = open_page(store, one, 0, EventKind.PAGE_RANG, EventKind.PAGE_RANG)
    second = open_page(store, one, 10, EventKind.PAGE_NEWS)
    open_page(store, one, 5, EventKind.PAGE_ACKNOWLEDGED)
    with store.reading() as tx:
        between = tx.pages.rung_between
        assert between(NOW, NOW + 11 * MINUTE) == [(first, one), (second, one)]
        assert between(NOW + SECOND, NOW + 10 * MINUTE) == []
        assert between(NOW + 10 * MINUTE, NOW + 10 * MINUTE + SECOND) == [(second, one)]


def test_the_timelines_of_several_cases_come_in_one_order(store: SqlStore) -> None:
    one, other, third = (open_case(store, f"V{n}") for n in range(3))
    pages = [open_page(store, number, 0, EventKind.PAGE_RANG) for number in (one, other, third)]
    with store.reading() as tx:
        entries = tx.cases.timelines({one, other}, {EventKind.PAGE_RANG})
        assert [(e.case_number, e.facts["page"]) for e in entries] == [
            (one, pages[0]),
            (other, pages[1]),
        ]
        assert tx.cases.timelines((), {EventKind.PAGE_RANG}) == []


def test_among_many_entries_those_of_rings_are_found_by_an_index(
    sqlite_url: str, connect: Callable[[str], Database]
) -> None:
    store = SqlStore(connect(sqlite_url))
    migrate(store.database)
    number = open_case(store, "V1")
    open_page(store, number, 0, EventKind.PAGE_RANG)
    rows = [
        {"case_number": number, "at": NOW, "kind": "wrote", "facts": {"message": n}}
        for n in range(2000)
    ]
    fill(store, timeline, rows)
    plan = plan_of(store, lambda tx: tx.pages.rung_between(NOW, NOW + MINUTE))
    assert "ix_timeline_rang" in plan
    plan = plan_of(store, lambda tx: tx.pages.last_rung(most=10))
    assert "USING INDEX ix_timeline" in plan
