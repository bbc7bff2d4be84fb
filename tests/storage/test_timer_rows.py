"""Timers as stored: each promise once, the earliest first, nobody's twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from explaining import fill, plan_of
from making import NOW, SECOND, a_timer, at_once

from bot.domain.timers import Timer, TimerKind
from storage.database import Database
from storage.migrate import migrate
from storage.store import SqlStore
from storage.tables import timers


def _add(store: SqlStore, *added: tuple[str, timedelta]) -> None:
    with store.transaction() as tx:
        for key, delay in added:
            tx.timers.add(a_timer(key, NOW + delay))


def _due(store: SqlStore, limit: int = 100) -> list[str]:
    with store.transaction() as tx:
        return [timer.facts["key"] for timer in tx.timers.take_due(NOW, limit)]


def test_the_same_promise_is_made_once(store: SqlStore) -> None:
    with store.transaction() as tx:
        assert tx.timers.add(a_timer("one"))
        assert not tx.timers.add(a_timer("one", NOW - SECOND))
    with store.transaction() as tx:
        assert not tx.timers.add(a_timer("one"))
        assert [timer.due_at for timer in tx.timers.take_due(NOW, 10)] == [NOW]


def test_a_promise_that_was_kept_is_not_made_again(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.timers.add(a_timer("one"))
        tx.timers.finish([timer.id for timer in tx.timers.take_due(NOW, 1)], NOW)
        assert not tx.timers.add(a_timer("one"))
    assert _due(store) == []


def test_the_earliest_are_taken_first_and_those_of_one_instant_in_order(store: SqlStore) -> None:
    _add(store, ("third", timedelta(0)), ("second", -SECOND), ("fourth", timedelta(0)))
    _add(store, ("first", -2 * SECOND), ("not yet", timedelta(microseconds=1)))
    assert _due(store) == ["first", "second", "third", "fourth"]
    assert _due(store, limit=2) == ["first", "second"]


def test_what_was_taken_and_not_finished_is_still_due(store: SqlStore) -> None:
    _add(store, ("one", timedelta(0)), ("two", timedelta(0)))
    with store.transaction() as tx:
        tx.timers.finish([tx.timers.take_due(NOW, 10)[0].id], NOW)
    assert _due(store) == ["two"]


def test_what_is_pushed_comes_later_with_its_error_and_its_attempts(store: SqlStore) -> None:
    _add(store, ("one", timedelta(0)))
    with store.transaction() as tx:
        [timer] = tx.timers.take_due(NOW, 10)
        assert timer.attempts == 0
        tx.timers.push(timer.id, NOW + SECOND, "KeyError('case')")
    assert _due(store) == []
    with store.transaction() as tx:
        [pushed] = tx.timers.take_due(NOW + SECOND, 10)
    assert (pushed.id, pushed.attempts, pushed.due_at) == (timer.id, 1, NOW + SECOND)
    with store.database.reading() as connection:
        query = sa.select(timers.c.error)
        assert connection.execute(query).scalar_one() == "KeyError('case')"


def test_the_next_due_time_is_that_of_the_earliest_open_promise(store: SqlStore) -> None:
    with store.reading() as tx:
        assert tx.timers.next_due() is None
    _add(store, ("later", 2 * SECOND), ("sooner", SECOND), ("done", timedelta(0)))
    with store.transaction() as tx:
        tx.timers.finish([timer.id for timer in tx.timers.take_due(NOW, 1)], NOW)
        assert tx.timers.next_due() == NOW + SECOND


def test_promises_kept_long_ago_are_forgotten_and_open_ones_never(store: SqlStore) -> None:
    ago = -timedelta(days=60)
    _add(store, ("kept long ago", ago), ("kept lately", ago), ("open", ago))
    with store.transaction() as tx:
        long_ago, lately, _ = tx.timers.take_due(NOW, 10)
        tx.timers.finish([long_ago.id], NOW + ago)
        tx.timers.finish([lately.id], NOW)
        assert tx.timers.purge(NOW - timedelta(days=30), limit=10) == 1
    assert _due(store) == ["open"]
    with store.database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(timers)).scalar() == 2


def test_only_so_many_are_forgotten_at_a_time(store: SqlStore) -> None:
    """So that no statement takes long."""
    _add(store, *((str(n), timedelta(0)) for n in range(5)))
    with store.transaction() as tx:
        tx.timers.finish([timer.id for timer in tx.timers.take_due(NOW, 10)], NOW)
        assert [tx.timers.purge(NOW + SECOND, limit=3) for _ in range(3)] == [3, 2, 0]


@pytest.mark.parametrize(
    "ask",
    [lambda tx: tx.timers.next_due(), lambda tx: tx.timers.take_due(NOW, 100)],
    ids=["next_due", "take_due"],
)
def test_what_is_due_is_found_by_its_index(
    sqlite_url: str, connect: Callable[[str], Database], ask: Callable[..., object]
) -> None:
    store = SqlStore(connect(sqlite_url))
    migrate(store.database)
    row = {"kind": "response", "facts": {}, "due_at": NOW, "done_at": NOW}
    fill(store, timers, [row | {"dedupe_key": str(n)} for n in range(2000)])
    assert "ix_timers_due" in plan_of(store, ask)


def test_two_engines_on_postgres_take_each_promise_once(
    postgres_url: str, connect: Callable[[str], Database]
) -> None:
    first, second = (SqlStore(connect(postgres_url)) for _ in range(2))
    _add(first, *((str(n), timedelta(0)) for n in range(200)))

    def run(store: SqlStore) -> list[str]:
        taken: list[str] = []
        while True:
            with store.transaction() as tx:
                batch = tx.timers.take_due(NOW, 10)
                tx.timers.finish([timer.id for timer in batch], NOW)
            if not batch:
                return taken
            taken += [timer.facts["key"] for timer in batch]

    taken = at_once(lambda: run(first), lambda: run(second))
    assert Counter(key for keys in taken for key in keys) == Counter(map(str, range(200)))


def test_an_engine_on_postgres_goes_on_past_what_another_holds(
    postgres_url: str, connect: Callable[[str], Database]
) -> None:
    first, second = (SqlStore(connect(postgres_url)) for _ in range(2))
    _add(first, ("one", -SECOND), ("two", timedelta(0)))
    with first.transaction() as tx:
        [held] = tx.timers.take_due(NOW, 1)
        assert held.facts["key"] == "one"
        assert _due(second) == ["two"]
    assert _due(second) == ["one", "two"]


def test_a_kind_that_only_a_newer_version_knows_does_not_stop_the_others(store: SqlStore) -> None:
    """A deploy that is rolled back leaves such rows behind."""
    _add(store, ("of the newer version", -SECOND), ("ours", timedelta(0)))
    with store.database.transaction() as connection:
        newer = timers.c.dedupe_key == "of the newer version"
        connection.execute(sa.update(timers).where(newer).values(kind="survey"))
    assert _due(store) == ["ours"]


def test_what_waits_briefly_for_a_time_that_was_set_back_is_decided_now(store: SqlStore) -> None:
    """And what is tried again; but not what is due at an instant of the calendar."""
    hour, five = timedelta(hours=1), timedelta(minutes=5)
    with store.transaction() as tx:
        for kind in (TimerKind.SUBMISSION, TimerKind.RESPONSE, TimerKind.HANDOFF):
            tx.timers.add(Timer(kind, NOW + hour, kind, {}))
        [failing] = tx.timers.take_due(NOW + hour, 3)[-1:]
        tx.timers.push(failing.id, NOW + hour, "failed")
        assert tx.timers.put_off(NOW + five) == 2
        assert tx.timers.hasten(NOW, NOW + five) == 2
        assert tx.timers.hasten(NOW, NOW + five) == 0
        taken = {timer.kind for timer in tx.timers.take_due(NOW, 9)}
    assert taken == {TimerKind.SUBMISSION, failing.kind}
