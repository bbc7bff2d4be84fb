"""What the auditor asks of the rows: what is broken is found, by indexes and at little cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from explaining import fill, plan_of
from making import LEASE, NOW, SECOND, a_case, a_draft, a_timer, at_once, claim, put

from bot.domain.audit import Counts, OpenPage, Tried, Waiting
from bot.domain.outbox import Delivered, MessageKind, Posted, RetryAt
from bot.domain.page import Page, PageState
from bot.domain.timers import TimerKind
from bot.policy import load_policy
from storage.database import Database
from storage.migrate import migrate
from storage.store import SqlStore
from storage.tables import cases, outbox, pages, timers

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
Connect = Callable[[str], Database]


def open_cases(store: SqlStore, *changes: dict[str, Any]) -> None:
    """A case for each, with these columns."""
    for n, changed in enumerate(changes):
        with store.transaction() as tx:
            case, _ = tx.cases.open(a_case(f"V{n}"))
        with store.database.transaction() as connection:
            which = sa.update(cases).where(cases.c.number == case.number)
            connection.execute(which.values({"due_at": NOW, **changed}))


def test_the_running_clocks_come_earliest_first(store: SqlStore) -> None:
    open_cases(
        store,
        {"due_at": NOW + HOUR},
        {"answered_at": NOW},
        {"status": "resolved"},
        {"breached_at": NOW},
        {"due_at": NOW - HOUR},
        {"due_at": NOW},
    )
    with store.reading() as tx:
        assert tx.audit.running(2) == [(1005, NOW - HOUR), (1006, NOW)]
        assert [number for number, _ in tx.audit.running(9)] == [1005, 1006, 1001]


def test_the_open_pages_come_with_what_their_timers_are_called_by(store: SqlStore) -> None:
    open_cases(store, {}, {}, {})
    policy = load_policy().paging
    with store.transaction() as tx:
        first = tx.pages.add(1001, policy, Page(PageState.RINGING, NOW + HOUR, version=4), NOW)
        tx.pages.add(1002, policy, Page(PageState.CLOSED, None), NOW)
        last = tx.pages.add(1003, policy, Page(PageState.HELD, NOW), NOW)
    with store.reading() as tx:
        stamped = policy.to_dict()
        assert tx.audit.open_pages(9) == [
            OpenPage(last, 1003, 1, NOW, PageState.HELD, stamped),
            OpenPage(first, 1001, 4, NOW + HOUR, PageState.RINGING, stamped),
        ]


def test_late_and_failing_timers_are_counted(store: SqlStore) -> None:
    with store.transaction() as tx:
        for n in range(3):
            tx.timers.add(a_timer(str(n), NOW + n * SECOND))
        tx.timers.finish([tx.timers.take_due(NOW, 1)[0].id], NOW)
        assert tx.audit.late_timers(NOW + HOUR) == (2, NOW + SECOND)
        assert tx.audit.late_timers(NOW) == (0, None)
        [one] = tx.timers.take_due(NOW + SECOND, 9)
        for _ in range(5):
            tx.timers.push(one.id, NOW + MINUTE, "KeyError()")
        assert tx.audit.failing_timers(NOW + MINUTE, 5) == {"response": 1}
        assert tx.audit.failing_timers(NOW + MINUTE, 6) == {}


def test_what_has_to_wait_has_not_failed(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.timers.add(a_timer("one"))
        [one] = tx.timers.take_due(NOW, 1)
        tx.timers.push(one.id, NOW + SECOND, "Slack has not said yet.", failed=False)
        assert tx.timers.take_due(NOW + SECOND, 1)[0].attempts == 0


def test_a_promise_is_there_until_it_is_done(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.timers.add(a_timer("one"))
        tx.timers.add(a_timer("two", NOW + HOUR))
        assert tx.timers.promised(["one", "two", "three"]) == {"one": NOW, "two": NOW + HOUR}
        assert tx.timers.is_promised(TimerKind.RESPONSE, NOW)
        tx.timers.finish([tx.timers.take_due(NOW, 1)[0].id], NOW)
        assert tx.timers.promised(["one", "two"]) == {"two": NOW + HOUR}
        assert not tx.timers.is_promised(TimerKind.RESPONSE, NOW)
        assert not tx.timers.is_promised(TimerKind.HANDOFF, NOW + HOUR)


def test_however_many_promises_may_be_asked_for_at_once(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.timers.add(a_timer("1999"))
        assert set(tx.timers.promised([str(n) for n in range(2000)])) == {"1999"}


@pytest.mark.parametrize(
    ("state", "due_at"),
    [
        pytest.param("absent", NOW, id="absent"),
        pytest.param("done", NOW, id="done"),
        pytest.param("later", NOW, id="later"),
        pytest.param("earlier", NOW - HOUR, id="earlier"),
    ],
)
def test_a_promise_is_renewed_and_never_put_off(
    store: SqlStore, state: str, due_at: datetime
) -> None:
    with store.transaction() as tx:
        if state != "absent":
            tx.timers.add(a_timer("one", NOW - HOUR if state == "earlier" else NOW + HOUR))
        if state == "done":
            tx.timers.finish([tx.timers.take_due(NOW + HOUR, 1)[0].id], NOW)
    with store.transaction() as tx:
        tx.timers.renew(a_timer("one", NOW))
        assert tx.timers.promised(["one"]) == {"one": due_at}


def test_what_is_renewed_wakes_the_engine(database: Database) -> None:
    woken: list[datetime] = []
    with SqlStore(database, woken.append).transaction() as tx:
        tx.timers.renew(a_timer("one", NOW))
    assert woken == [NOW]


def test_two_who_renew_at_once_promise_once(store: SqlStore) -> None:
    def renew() -> None:
        with store.transaction() as tx:
            tx.timers.renew(a_timer("one", NOW))

    at_once(renew, renew)
    with store.transaction() as tx:
        assert len(tx.timers.take_due(NOW, 9)) == 1


# --- messages -------------------------------------------------------------------------------------


def waiting(store: SqlStore) -> Waiting:
    with store.reading() as tx:
        return tx.audit.waiting()


def test_where_nothing_waits_nothing_is_found(store: SqlStore) -> None:
    assert waiting(store) == Waiting()


def test_messages_that_nobody_has_taken_are_found_by_their_due_time(store: SqlStore) -> None:
    put(store, a_draft("card", due_at=NOW - MINUTE), a_draft("page", kind=MessageKind.PAGE))
    assert waiting(store) == Waiting(page_due=NOW, other_due=NOW - MINUTE)


def test_a_message_that_waits_for_its_turn_in_its_lane_is_not_late(store: SqlStore) -> None:
    put(store, a_draft("first", subject="x", due_at=NOW + HOUR), a_draft("then", subject="x"))
    assert waiting(store).other_due == NOW + HOUR


def test_a_message_that_slack_was_offered_waits_for_slack(store: SqlStore) -> None:
    put(store, a_draft("card"))
    [sending] = claim(store)
    assert waiting(store) == Waiting(other_due=NOW + LEASE), "not in vain yet"
    with store.transaction() as tx:
        tx.outbox.settle(sending, RetryAt(NOW + MINUTE, "no_answer"), NOW)
    assert waiting(store).tried == (Tried("C1", is_page=False, since=NOW),)
    [sending] = claim(store, NOW + MINUTE)
    with store.transaction() as tx:
        tx.outbox.settle(sending, Delivered(Posted("C1", "1.0")), NOW + MINUTE)
    assert waiting(store) == Waiting(taken_at=NOW + MINUTE)


def test_what_waits_in_vain_is_told_place_by_place(store: SqlStore) -> None:
    page = MessageKind.PAGE
    put(
        store,
        a_draft("taken", channel_id="C2", due_at=NOW - SECOND),
        a_draft("refused", channel_id="C2", subject="x"),
        a_draft("to Ana", kind=page, user_id="U1", channel_id=None),
        a_draft("to Ben", kind=page, user_id="U2", channel_id=None, due_at=NOW + HOUR),
    )
    for sending in claim(store):
        again = sending.subject == "x" or sending.kind is page
        end = RetryAt(NOW + HOUR, "internal_error") if again else Delivered(Posted("C2", "1.0"))
        with store.transaction() as tx:
            tx.outbox.settle(sending, end, NOW + MINUTE)
    assert set(waiting(store).tried) == {
        Tried("C2", is_page=False, since=NOW, taken_at=NOW + MINUTE),
        Tried("U1", is_page=True, since=NOW),
    }


def test_calls_of_routes_say_nothing_of_slack(store: SqlStore) -> None:
    put(store, a_draft("call", kind=MessageKind.ROUTE_CALL))
    [sending] = claim(store, for_pages=2)
    assert waiting(store).tried == ()
    with store.transaction() as tx:
        tx.outbox.settle(sending, Delivered(Posted("route", "1.0")), NOW)
    assert waiting(store).taken_at is None


def test_posts_are_found_by_how_their_keys_begin(store: SqlStore) -> None:
    put(store, a_draft("notice:prod_1/3d:C1", subject="window:prod", kind=MessageKind.MAINTENANCE))
    with store.reading() as tx:

        def has(prefix: str) -> bool:
            return tx.outbox.has_posts("window:prod", MessageKind.MAINTENANCE, prefix)

        assert has("notice:prod_1/3d:")
        assert not has("notice:prod_1/1d:")
        assert not has("notice:prod%1/3d:")
        assert not has("notice:prodx1/3d:")


def test_how_much_there_is(store: SqlStore) -> None:
    open_cases(store, {}, {"answered_at": NOW}, {"status": "resolved"}, {"breached_at": NOW})
    with store.transaction() as tx:
        tx.pages.add(1001, load_policy().paging, Page(PageState.HELD, NOW), NOW)
        tx.timers.add(a_timer("one"))
        tx.timers.add(a_timer("two", NOW + SECOND))
    put(store, a_draft("card"))
    with store.reading() as tx:
        assert tx.audit.counts(NOW) == Counts(
            open_cases=3,
            awaiting_response=2,
            open_pages=1,
            due_timers=1,
            waiting_messages=1,
            oldest_message=NOW,
        )


# --- however many there are -----------------------------------------------------------------------


@pytest.fixture
def full(sqlite_url: str, connect: Connect) -> SqlStore:
    """Thousands of cases, closed pages, done timers, and messages that Slack has."""
    store = SqlStore(connect(sqlite_url))
    migrate(store.database)
    open_cases(store, {})
    with store.transaction() as tx:
        tx.pages.add(1001, load_policy().paging, Page(PageState.CLOSED, None), NOW)
    put(store, a_draft("card"))
    with store.database.reading() as connection:
        case, page, message = (
            dict(connection.execute(sa.select(table)).mappings().one())
            for table in (cases, pages, outbox)
        )
    many = range(2000)
    for row in (page, message):
        del row["id"]
    del case["number"]
    case["answered_at"] = NOW
    status = ("resolved", "resolved", "resolved", "answered")
    fill(store, cases, [case | {"view_id": f"V {n}", "status": status[n % 4]} for n in many])
    fill(store, pages, [page for _ in many])
    message |= {"state": "sent", "settled_at": NOW}
    unlike = ("lane", "subject", "dedupe_key", "metadata_key")
    fill(store, outbox, [message | {name: f"{name} {n}" for name in unlike} for n in many])
    timer = {"kind": "response", "facts": {}, "due_at": NOW, "done_at": NOW}
    fill(store, timers, [timer | {"dedupe_key": str(n)} for n in many])
    return store


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        pytest.param(lambda tx: tx.audit.running(99), "ix_cases_awaiting", id="running"),
        pytest.param(lambda tx: tx.audit.open_pages(99), "ix_pages_open", id="pages"),
        pytest.param(lambda tx: tx.audit.late_timers(NOW), "ix_timers_due", id="late"),
        pytest.param(lambda tx: tx.audit.failing_timers(NOW, 5), "ix_timers_due", id="failing"),
        pytest.param(lambda tx: tx.audit.waiting(), "ix_outbox_due", id="waiting"),
        pytest.param(lambda tx: tx.audit.counts(NOW), "ix_cases_", id="counts"),
        pytest.param(lambda tx: tx.timers.is_promised(TimerKind.HANDOFF, NOW),
                     "ix_timers_due", id="promised at"),
        pytest.param(lambda tx: tx.timers.promised(["1"]), "dedupe_key=?", id="promised"),
        pytest.param(lambda tx: tx.outbox.has_posts("x", MessageKind.MAINTENANCE, "y"),
                     "ix_outbox_subject", id="posts"),
    ],
)  # fmt: skip
def test_everything_is_found_by_an_index(
    full: SqlStore, ask: Callable[..., object], index: str
) -> None:
    plan = plan_of(full, ask)
    assert index in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan


def test_when_slack_took_something_last_is_found_from_the_end(full: SqlStore) -> None:
    with full.database.reading() as connection:
        query = (
            "EXPLAIN QUERY PLAN SELECT settled_at FROM outbox WHERE settled_at IS NOT NULL"
            " AND state = 'sent' AND kind != 'route_call' ORDER BY settled_at DESC LIMIT 1"
        )
        plan = "; ".join(row.detail for row in connection.exec_driver_sql(query))
    assert "ix_outbox_settled" in plan
    assert "TEMP B-TREE" not in plan
