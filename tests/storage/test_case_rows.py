"""Cases as stored: one for a form, whoever sends it how often."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from making import NOW, a_case, a_draft, at_once, claim, put

from bot.domain.case import Case, CaseStatus, Person, Place
from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import Delivered, GiveUp, Posted
from storage.store import SqlStore

_STORED = ("reporter", "place", "severity", "summary", "answers", "opened_at", "target", "due_at")


def _open(store: SqlStore, view_id: str = "V1", user_id: str = "U1") -> tuple[Case, bool]:
    with store.transaction() as tx:
        return tx.cases.open(a_case(view_id, user_id))


def test_a_case_comes_back_as_it_was_opened(store: SqlStore) -> None:
    answers = {"summary": "Prices — 価格 💥 \\u0041 'quoted'", "steps": "1.\n2.\n"}
    wanted = a_case(answers=answers)
    with store.transaction() as tx:
        tx.cases.open(wanted)
    with store.reading() as tx:
        case = tx.cases.get(1001)
    for name in _STORED:
        assert getattr(case, name) == getattr(wanted, name)
    assert case.status is CaseStatus.NEW
    assert (case.answered_at, case.answered_by, case.breached_at, case.thread_ts) == (None,) * 4


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
    _open(store)
    breached, answered = NOW + timedelta(hours=4), NOW + timedelta(hours=5)
    with store.transaction() as tx:
        opened = tx.cases.get(1001, lock=True)
        tx.cases.mark_breached(1001, breached)
        tx.cases.mark_answered(1001, "U9", answered)
        tx.cases.set_thread(1001, "1.000001")
    with store.reading() as tx:
        assert tx.cases.get(1001) == replace(
            opened,
            status=CaseStatus.ANSWERED,
            answered_by="U9",
            answered_at=answered,
            breached_at=breached,
            thread_ts="1.000001",
        )


def test_a_case_is_found_by_its_thread_in_its_own_channel_alone(store: SqlStore) -> None:
    _open(store)
    with store.transaction() as tx:
        tx.cases.set_thread(1001, "1.000001")
    with store.reading() as tx:
        assert tx.cases.in_thread("C1", "1.000001") == 1001
        assert tx.cases.in_thread("C1", "2.000002") is None
        assert tx.cases.in_thread("C2", "1.000001") is None


def test_the_cases_that_wait_for_an_answer_are_those_with_a_thread_the_most_urgent_first(
    store: SqlStore,
) -> None:
    with store.transaction() as tx:
        for number, hours in enumerate((3, 1, 2, 4), start=1):
            due_at = NOW + timedelta(hours=hours)
            case, _ = tx.cases.open(a_case(f"V{number}", due_at=due_at))
            if number != 3:
                tx.cases.set_thread(case.number, f"{number}.000001")
        tx.cases.mark_answered(1004, "U9", NOW)
    with store.reading() as tx:
        assert [case.number for case in tx.cases.unanswered(NOW)] == [1002, 1001]
        assert tx.cases.unanswered(NOW + timedelta(days=1)) == [], "only those opened since"


def test_a_timeline_keeps_its_order_and_its_facts(store: SqlStore) -> None:
    _open(store)
    _open(store, "V2")
    entries = [
        TimelineEntry(1001, NOW, EventKind.OPENED, "U1", {"submission": 1}),
        TimelineEntry(1001, NOW, EventKind.WARNED, facts={"percent": 50}),
        TimelineEntry(1001, NOW - timedelta(hours=1), EventKind.ANSWERED, "U9"),
    ]
    with store.transaction() as tx:
        for entry in (entries[0], TimelineEntry(1002, NOW, EventKind.OPENED), *entries[1:]):
            tx.cases.record(entry)
    with store.reading() as tx:
        assert tx.cases.timeline(1001) == entries


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
        tx.cases.set_thread(number, "1.000001")
    assert waiting() == []


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
