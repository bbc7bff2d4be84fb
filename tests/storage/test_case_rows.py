"""Cases as stored: one for a form, whoever sends it how often."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from explaining import fill, heard, plan_of
from making import NOW, SECOND, a_case, a_draft, at_once, claim, put

from bot.domain.case import Case, CaseStatus, Person, Place
from bot.domain.conversation import Said
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import Delivered, GiveUp, Posted
from bot.domain.records import NewCase
from bot.domain.response_clock import Target, Unit
from storage.database import Database
from storage.migrate import migrate
from storage.store import SqlStore, SqlTransaction
from storage.tables import cases as cases_table
from storage.tables import timeline as timeline_table

_STORED = tuple(field.name for field in fields(NewCase) if field.name != "view_id")
DAY = timedelta(days=1)


def _open(store: SqlStore, view_id: str = "V1", user_id: str = "U1") -> tuple[Case, bool]:
    with store.transaction() as tx:
        return tx.cases.open(a_case(view_id, user_id))


def _change(store: SqlStore, number: int, **changed: Any) -> None:
    with store.transaction() as tx:
        tx.cases.save(replace(tx.cases.get(number, lock=True), **changed))


def test_a_case_comes_back_as_it_was_opened(store: SqlStore) -> None:
    answers = {"summary": "Prices — 価格 💥 \\u0041 'quoted'", "steps": "1.\n2.\n"}
    wanted = a_case(answers=answers, on_behalf_of="Globex")
    with store.transaction() as tx:
        tx.cases.open(wanted)
    with store.reading() as tx:
        case = tx.cases.get(1001)
    for name in _STORED:
        assert getattr(case, name) == getattr(wanted, name)
    assert case.status is CaseStatus.NEW
    assert (case.answered_at, case.answered_by, case.breached_at, case.thread_ts) == (None,) * 4
    assert (case.assignee, case.resolved_at, case.resolved_by, case.version) == (None,) * 3 + (0,)
    assert (case.waiting_since, case.counted_from) == (NOW, NOW), "since the opening"


def test_the_same_form_of_the_same_person_is_the_same_case(store: SqlStore) -> None:
    first, first_is_new = _open(store)
    again, again_is_new = _open(store)
    assert (first_is_new, again_is_new) == (True, False)
    assert again == first


@pytest.mark.parametrize(
    ("view_id", "user_id"), [("V2", "U1"), ("V1", "U2")], ids=["another form", "another person"]
)
def test_another_form_or_person_is_another_case(
    store: SqlStore, view_id: str, user_id: str
) -> None:
    first, _ = _open(store)
    other, is_new = _open(store, view_id, user_id)
    assert is_new
    assert other.number != first.number


def test_a_form_that_arrives_eight_times_at_once_is_one_case(store: SqlStore) -> None:
    opened = at_once(*[lambda: _open(store)] * 8)
    assert sorted(is_new for _, is_new in opened) == [False] * 7 + [True]
    assert len({case.number for case, _ in opened}) == 1


def test_forms_that_arrive_at_once_are_as_many_cases(store: SqlStore) -> None:
    jobs: list[Callable[[], tuple[Case, bool]]] = [
        lambda view=view: _open(store, f"V{view}")  # type: ignore[misc]
        for view in range(8)
    ]
    assert len({case.number for case, _ in at_once(*jobs)}) == 8


def test_what_happens_to_a_case_is_kept(store: SqlStore) -> None:
    opened, _ = _open(store)
    changed = replace(
        opened,
        place=Place("T2", "D1"),
        severity="business_stopped",
        status=CaseStatus.RESOLVED,
        waiting_since=NOW + SECOND,
        target=Target(2, Unit.HOURS),
        counted_from=NOW + 2 * SECOND,
        due_at=NOW + timedelta(hours=2),
        answered_at=NOW + 3 * SECOND,
        answered_by="U9",
        breached_at=NOW + 4 * SECOND,
        assignee="U8",
        resolved_at=NOW + 5 * SECOND,
        resolved_by="U7",
        thread_ts="1.000001",
        version=6,
    )
    with store.transaction() as tx:
        tx.cases.get(1001, lock=True)
        tx.cases.save(changed)
    with store.reading() as tx:
        assert tx.cases.get(1001) == changed
    with store.transaction() as tx:
        tx.cases.save(opened)
    with store.reading() as tx:
        assert tx.cases.get(1001) == opened, "what is emptied again is empty"


def test_what_a_case_was_opened_with_is_never_changed(store: SqlStore) -> None:
    opened, _ = _open(store)
    said_at_opening: dict[str, Any] = {
        "reporter": Person("T9", "U9"),
        "account": "globex",
        "on_behalf_of": "initech",
        "summary": "Nothing",
        "answers": {},
        "opened_at": NOW + DAY,
    }
    _change(store, opened.number, **said_at_opening)
    with store.reading() as tx:
        case = tx.cases.get(opened.number)
        assert [getattr(case, name) for name in said_at_opening] == [
            getattr(opened, name) for name in said_at_opening
        ]


def test_what_is_saved_of_one_case_is_no_other_cases(store: SqlStore) -> None:
    first, other = (_open(store, view)[0] for view in ("V1", "V2"))
    _change(store, first.number, severity="no_impact")
    with store.reading() as tx:
        assert tx.cases.get(other.number) == other


@pytest.mark.parametrize(
    "number",
    [1002, 0, -1, 2**63 - 1, 2**63, 10**30],
    ids=["not yet", "zero", "negative", "the largest", "beyond 64 bits", "far beyond"],
)
def test_a_number_that_is_no_cases_finds_none(store: SqlStore, number: int) -> None:
    case, _ = _open(store)
    with store.reading() as tx:
        assert tx.cases.find(number) is None
        assert tx.cases.find(1001) == case


def test_a_case_is_found_by_its_thread_in_its_own_channel_alone(store: SqlStore) -> None:
    _open(store)
    _change(store, 1001, thread_ts="1.000001")
    with store.reading() as tx:
        assert tx.cases.in_thread("C1", "1.000001") == 1001
        assert tx.cases.in_thread("C1", "2.000002") is None
        assert tx.cases.in_thread("C2", "1.000001") is None


# Of the many.

_RESOLVED = {"status": CaseStatus.RESOLVED, "resolved_at": NOW}
_ANSWERED = {"status": CaseStatus.ANSWERED, "answered_at": NOW, "answered_by": "U9"}
_REOPENED = {**_ANSWERED, "status": CaseStatus.REOPENED}


def _open_several(store: SqlStore, *changes: dict[str, Any]) -> None:
    """A case for each, numbered from 1001, each due an hour before the one before it."""
    for n, changed in enumerate(changes):
        with store.transaction() as tx:
            hours = timedelta(hours=len(changes) - n)
            case, _ = tx.cases.open(a_case(f"V{n}", f"U{n}", due_at=NOW + hours))
        _change(store, case.number, **changed)


def _numbers(cases: Sequence[Case]) -> list[int]:
    return [case.number for case in cases]


def test_the_queue_has_what_awaits_a_response_then_what_is_open_again_and_then_the_rest(
    store: SqlStore,
) -> None:
    """What awaits one by its due time, all else by number."""
    waiting = {**_ANSWERED, "status": CaseStatus.WAITING}
    _open_several(
        store, _ANSWERED, {}, waiting, _RESOLVED, _REOPENED, {}, _REOPENED, {"breached_at": NOW}
    )
    with store.reading() as tx:
        found, in_all = tx.cases.queue(most=10)
        numbers = (1008, 1006, 1002, 1005, 1007, 1001, 1003)
        assert found == [tx.cases.get(number) for number in numbers]
    assert in_all == 7


def test_a_case_that_is_open_again_and_was_never_answered_goes_by_its_due_time(
    store: SqlStore,
) -> None:
    _open_several(store, {}, {"status": CaseStatus.REOPENED}, {}, _REOPENED)
    with store.reading() as tx:
        assert _numbers(tx.cases.queue(most=10)[0]) == [1003, 1002, 1001, 1004]


def test_the_queue_is_read_page_by_page(store: SqlStore) -> None:
    _open_several(store, *[{}] * 5)
    with store.reading() as tx:
        pages = [tx.cases.queue(first=first, most=2) for first in (0, 2, 4, 6)]
    assert [_numbers(found) for found, _ in pages] == [[1005, 1004], [1003, 1002], [1001], []]
    assert {in_all for _, in_all in pages} == {5}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"channel_ids": ["C1"]}, [1001, 1004]),
        ({"channel_ids": ["C1", "C2"]}, [1001, 1002, 1004]),
        ({"channel_ids": []}, []),
        ({"reporter_id": "U2"}, [1003]),
        ({"channel_ids": ["C1"], "reporter_id": "U2"}, [1001, 1003, 1004]),
        ({"assignee_id": "U9"}, [1003, 1004]),
        ({"assignee_id": "U9", "channel_ids": ["C1"]}, [1004]),
        ({"assignee_id": "U5"}, []),
        ({"severities": ["business_stopped"]}, [1002]),
        ({"severities": []}, []),
    ],
    ids=[
        "a channel", "two channels", "no channel", "a reporter", "either", "an assignee",
        "an assignee in a channel", "who has none", "a severity", "no severity",
    ],
)  # fmt: skip
def test_the_queue_is_of_channels_or_of_a_reporter_of_an_assignee_and_of_severities(
    store: SqlStore, wanted: dict[str, Any], found: list[int]
) -> None:
    _open_several(
        store,
        {},
        {"place": Place("T1", "C2"), "severity": "business_stopped"},
        {"place": Place("T1", "U2"), "assignee": "U9"},
        {"assignee": "U9"},
        {**_RESOLVED, "assignee": "U9", "severity": "business_stopped"},
    )
    with store.reading() as tx:
        cases, in_all = tx.cases.queue(**wanted, most=10)
    assert sorted(_numbers(cases)) == found
    assert in_all == len(found)


def test_urgent_are_those_of_a_severity_and_those_whose_response_falls_due(
    store: SqlStore,
) -> None:
    stopped = {"severity": "business_stopped"}
    _open_several(store, stopped, stopped | _ANSWERED, stopped | _RESOLVED, {}, _ANSWERED, {})
    with store.reading() as tx:
        urgent = tx.cases.urgent(["business_stopped"], due_before=NOW + timedelta(hours=3))
        assert _numbers(urgent) == [1006, 1001, 1002], "1004 is due just then"
        assert tx.cases.urgent([], due_before=NOW) == []


def test_those_who_have_cases_are_named_once_each_and_for_open_ones_alone(store: SqlStore) -> None:
    mine = {"assignee": "U9"}
    _open_several(store, mine, {"assignee": "U8"}, mine, {}, {**_RESOLVED, "assignee": "U7"})
    with store.reading() as tx:
        assert tx.cases.assignees() == ["U8", "U9"]


@pytest.mark.parametrize(
    ("ask", "statements"),
    [
        (lambda tx: tx.cases.queue(most=50), 2),
        (lambda tx: tx.cases.to_catch_up(NOW - DAY), 1),
        (lambda tx: tx.cases.urgent(["severe_impact"], due_before=NOW), 1),
    ],
    ids=["the queue", "to catch up", "urgent"],
)
def test_many_cases_cost_no_more_statements_than_one(
    store: SqlStore, ask: Callable[[SqlTransaction], object], statements: int
) -> None:
    _open_several(store, *[{"thread_ts": "1.0"}] * 5)
    sent: list[Any] = []
    with store.reading() as tx, heard(store, sent.append):
        ask(tx)
    assert len(sent) == statements


def test_open_cases_are_found_by_an_index_of_open_ones(
    sqlite_url: str, connect: Callable[[str], Database]
) -> None:
    store = SqlStore(connect(sqlite_url))
    migrate(store.database)
    _open(store)
    with store.database.reading() as connection:
        row = dict(connection.execute(sa.select(cases_table)).mappings().one())
    del row["number"]
    resolved = row | {"status": CaseStatus.RESOLVED}
    fill(store, cases_table, [resolved | {"view_id": f"V{n}"} for n in range(2, 2000)])
    assert "ix_cases_open" in plan_of(store, lambda tx: tx.cases.queue(most=50))
    assert "ix_cases_open" in plan_of(store, lambda tx: tx.cases.assignees())
    assert "ix_cases_open" in plan_of(store, lambda tx: tx.cases.urgent(["x"], due_before=NOW))


def test_what_was_missed_is_looked_for_where_somebody_waits_first(store: SqlStore) -> None:
    thread = {"thread_ts": "1.0"}
    _open_several(
        store, _ANSWERED | thread, thread, {}, _RESOLVED | thread, thread, _REOPENED | thread
    )
    with store.reading() as tx:
        assert _numbers(tx.cases.to_catch_up(NOW)) == [1005, 1002, 1006, 1001, 1004]


def test_what_was_missed_is_looked_for_where_something_may_be_said(store: SqlStore) -> None:
    """However old it is where a response is awaited; elsewhere while it was opened, or something
    was said, since then; and not where it was resolved before.
    """
    thread = {"thread_ts": "1.0"}
    late = {**_RESOLVED, "resolved_at": NOW + DAY}
    again = {**_REOPENED, "resolved_at": None}
    _open_several(
        store, *(state | thread for state in ({}, _ANSWERED, _RESOLVED, late, again)), late
    )
    with store.reading() as tx:
        assert _numbers(tx.cases.to_catch_up(NOW)) == [1001, 1005, 1002, 1003, 1004]
        assert _numbers(tx.cases.to_catch_up(NOW + DAY)) == [1001]
    said = Said("C1", "1.0", f"{(NOW + DAY).timestamp():.6f}", Person("T1", "U1"), "hello")
    with store.transaction() as tx:
        for number in (1002, 1003):
            tx.messages.add(number, replace(said, channel_id=f"C{number}"), by_team=False)
    with store.reading() as tx:
        assert _numbers(tx.cases.to_catch_up(NOW + DAY)) == [1001, 1002]


def test_a_timeline_keeps_its_order_and_its_facts(store: SqlStore) -> None:
    _open(store)
    _open(store, "V2")
    entries = [
        TimelineEntry(1001, NOW, EventKind.OPENED, "U1", {"submission": 1}),
        TimelineEntry(1001, NOW, EventKind.WARNED, facts={"percent": 50}),
        TimelineEntry(1001, NOW - timedelta(hours=1), EventKind.ANSWERED, "U9"),
    ]
    with store.transaction() as tx:
        ids = [
            tx.cases.record(entry)
            for entry in (entries[0], TimelineEntry(1002, NOW, EventKind.OPENED), *entries[1:])
        ]
    with store.reading() as tx:
        assert tx.cases.timeline(1001) == entries
        assert [tx.cases.entry(ids[n]) for n in (0, 2, 3)] == entries


@pytest.mark.parametrize(
    ("kinds", "found"),
    [
        ({EventKind.WARNED}, [EventKind.WARNED]),
        ([EventKind.WARNED, EventKind.OPENED], [EventKind.OPENED, EventKind.WARNED]),
        ((), []),
    ],
    ids=["one kind", "two kinds", "no kind"],
)
def test_a_timeline_may_be_asked_for_certain_kinds(
    store: SqlStore, kinds: Collection[EventKind], found: list[EventKind]
) -> None:
    _open(store)
    with store.transaction() as tx:
        for kind in (EventKind.OPENED, EventKind.WARNED, EventKind.ANSWERED):
            tx.cases.record(TimelineEntry(1001, NOW, kind))
        assert [entry.kind for entry in tx.cases.timeline(1001, kinds)] == found


def test_a_timeline_leaves_out_what_only_a_newer_version_knows(store: SqlStore) -> None:
    """A deploy that is rolled back leaves such entries behind."""
    _open(store)
    ours = TimelineEntry(1001, NOW, EventKind.OPENED)
    with store.transaction() as tx:
        tx.cases.record(ours)
        newer = tx.cases.record(TimelineEntry(1001, NOW, EventKind.WARNED))
    with store.database.transaction() as connection:
        statement = sa.update(timeline_table).where(timeline_table.c.id == newer)
        connection.execute(statement.values(kind="surveyed"))
    with store.reading() as tx:
        assert tx.cases.timeline(1001) == [ours]


def test_a_case_waits_for_its_card_once_slack_has_refused_it(store: SqlStore) -> None:
    """Not before, since its card is on its way; nor after it was posted."""
    number = _open(store)[0].number

    def waiting() -> list[int]:
        with store.reading() as tx:
            return tx.cases.without_card("C1")

    put(store, a_draft("card", subject=f"case:{number}"))
    assert waiting() == []
    [sending] = claim(store)
    assert waiting() == []
    with store.transaction() as tx:
        tx.outbox.settle(sending, GiveUp("not_in_channel"), NOW)
    assert waiting() == [number]
    put(store, a_draft("card again", subject=f"case:{number}"))
    [sending] = claim(store)
    with store.transaction() as tx:
        tx.outbox.settle(sending, Delivered(Posted("C1", "1.000001")), NOW)
    _change(store, number, thread_ts="1.000001")
    assert waiting() == []


@pytest.mark.parametrize(
    "changed",
    [_RESOLVED, {"place": Place("T2", "U1")}],
    ids=["resolved", "in the DM with its reporter"],
)
def test_no_card_is_missed_of_a_case_that_needs_none_there(
    store: SqlStore, changed: dict[str, Any]
) -> None:
    _open(store)
    with store.reading() as tx:
        assert tx.cases.without_card("C1") == [1001]
    _change(store, 1001, **changed)
    with store.reading() as tx:
        assert tx.cases.without_card("C1") == []


def test_a_case_of_another_channel_is_not_among_those_that_wait_for_a_card(
    store: SqlStore,
) -> None:
    _open(store)
    with store.transaction() as tx:
        other, _ = tx.cases.open(a_case("V2", place=Place("T1", "C2")))
    with store.reading() as tx:
        assert tx.cases.without_card("C2") == [other.number]


def test_two_people_of_two_organisations_may_send_the_same_view(store: SqlStore) -> None:
    with store.transaction() as tx:
        first, _ = tx.cases.open(a_case("V1", "U1"))
        other, is_new = tx.cases.open(a_case("V1", "U2", reporter=Person("T9", "U2")))
    assert is_new
    assert (first.reporter, other.reporter) == (Person("T2", "U1"), Person("T9", "U2"))
