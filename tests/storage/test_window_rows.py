"""Maintenance windows and what happened to them, as stored; and the notices of a version before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import sqlalchemy as sa
from explaining import fill, plan_of
from making import NOW, SECOND, a_draft, a_timer, put

from bot.domain.maintenance import WindowKind
from bot.domain.outbox import MessageKind, Written
from bot.domain.segments import Segment
from bot.domain.timers import Timer, TimerKind
from bot.domain.window import CalledOff, Window
from bot.domain.window_changes import ChangeKind, WindowChange
from storage.database import Database
from storage.migrate import migrate
from storage.store import SqlStore
from storage.tables import windows

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SEGMENT = Segment(NOW + DAY, NOW + DAY + 4 * HOUR)
PROD = Window(
    "prod-2026-12-03",
    WindowKind.UPGRADE,
    "Prod",
    SEGMENT,
    cycle=date(2026, 12, 3),
    by_rule=Segment(NOW + 2 * DAY, NOW + 2 * DAY + HOUR),
    what="Disks",
    affected="Exports",
    called_off=CalledOff.CANCELLED,
    announced_at=NOW,
    changed_at=NOW + SECOND,
    sequence=3,
)
EXTRA = Window("extra-1", WindowKind.EXTRA, None, Segment(NOW, NOW + HOUR))


def test_a_window_comes_back_as_it_was_stored_and_changed(store: SqlStore) -> None:
    with store.transaction() as tx:
        assert tx.windows.add(PROD)
        assert tx.windows.add(EXTRA)
        assert not tx.windows.add(replace(PROD, sequence=9)), "it is there"
        tx.windows.save(replace(EXTRA, sector="Test", sequence=1))
    with store.reading() as tx:
        assert tx.windows.get(PROD.key) == PROD
        assert tx.windows.get(EXTRA.key) == replace(EXTRA, sector="Test", sequence=1)
        assert tx.windows.get("prod-2027-01-01") is None


def test_many_windows_are_added_at_once_and_those_that_are_there_stay(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.windows.add_all([])
        tx.windows.add(PROD)
        tx.windows.add_all([replace(PROD, sequence=9), EXTRA])
    with store.reading() as tx:
        assert tx.windows.get(PROD.key) == PROD
        assert tx.windows.get(EXTRA.key) == EXTRA


def test_windows_are_found_by_their_end_and_the_others_of_their_cycles(store: SqlStore) -> None:
    over = Segment(NOW - 30 * DAY, NOW - 29 * DAY)
    lead = replace(PROD, key="test-2026-12-03", segment=over)
    long_ago = replace(lead, key="test-2026-11-19", cycle=date(2026, 11, 19))
    with store.transaction() as tx:
        for window in (PROD, EXTRA, lead, long_ago, replace(EXTRA, key="extra-2", segment=over)):
            tx.windows.add(window)
    with store.reading() as tx:
        assert tx.windows.load(NOW) == [lead, EXTRA, PROD]
        assert tx.windows.load(EXTRA.segment.end) == [lead, PROD]


def test_windows_that_share_time_are_found(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.windows.add(PROD)
        tx.windows.add(EXTRA)
    with store.reading() as tx:
        assert tx.windows.overlapping(Segment(NOW + HOUR, SEGMENT.start)) == []
        assert tx.windows.overlapping(Segment(NOW, SEGMENT.start + SECOND)) == [EXTRA, PROD]


def test_windows_added_by_hand_are_numbered(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.windows.add(PROD)
        assert tx.windows.next_extra_key() == "extra-1"
        tx.windows.add(EXTRA)
        assert tx.windows.next_extra_key() == "extra-2"


def test_what_happened_to_a_window_is_on_record_in_order(store: SqlStore) -> None:
    moved = replace(EXTRA, segment=SEGMENT, sequence=1)
    added = WindowChange(NOW, "U1", ChangeKind.ADDED, None, EXTRA)
    then = WindowChange(NOW + SECOND, None, ChangeKind.PLANNED, EXTRA, moved)
    other = WindowChange(NOW, "U1", ChangeKind.CANCELLED, replace(PROD, called_off=None), PROD)
    with store.transaction() as tx:
        tx.windows.add(PROD)
        tx.windows.add(EXTRA)
        for change in (added, other, then):
            tx.windows.record(change)
    with store.reading() as tx:
        assert tx.windows.changes(EXTRA.key) == [added, then]
        assert tx.windows.changes(PROD.key) == [other]


def test_posts_are_found_by_what_they_are_about_and_renamed(store: SqlStore) -> None:
    kind = MessageKind.MAINTENANCE
    first, second, *_ = put(
        store,
        a_draft("a", kind=kind, subject="window:one", channel_id="C1"),
        a_draft("b", kind=kind, subject="window:two", channel_id="C1"),
        a_draft("c", kind=kind, subject="window:three", channel_id="C1"),
        a_draft("d", subject="window:one", channel_id="C1"),
    )
    assert first is not None
    put(store, a_draft(None, kind=kind, subject="window:one", channel_id="C1", edits=first))
    with store.transaction() as tx:
        found = tx.outbox.posts_about({"window:one", "window:two"}, kind)
        assert [written.id for written in found] == [first, second]
        renamed = replace(found[0].draft, subject="new", dedupe_key="new", facts={"window": "one"})
        tx.outbox.rename(first, renamed)
        assert tx.outbox.posts_about({"new"}, kind) == [Written(first, renamed, None, None)]
        assert tx.outbox.add(renamed, NOW) is None, "it is the one with this key"
        assert tx.outbox.add(a_draft("a", kind=kind, subject="window:one"), NOW) is not None


def test_all_promises_of_a_kind_can_be_called_off(store: SqlStore) -> None:
    notice = Timer(TimerKind.MAINTENANCE, NOW, "notice", {})
    with store.transaction() as tx:
        tx.timers.add(notice)
        tx.timers.add(a_timer("other"))
        tx.timers.finish_all(TimerKind.MAINTENANCE, NOW)
        assert [due.kind for due in tx.timers.take_due(NOW, 10)] == [TimerKind.RESPONSE]
        assert not tx.timers.add(notice), "nobody promises it again"


def test_when_windows_were_last_changed_is_found_for_those_in_sight(store: SqlStore) -> None:
    far = replace(PROD, key="prod-2027-12-02", segment=Segment(NOW + 400 * DAY, NOW + 401 * DAY))
    with store.transaction() as tx:
        for window in (PROD, EXTRA, far):
            tx.windows.add(window)
        for window, at, kind in (
            (PROD, NOW, ChangeKind.PLANNED),
            (PROD, NOW + HOUR, ChangeKind.MOVED),
            (PROD, NOW + 2 * HOUR, ChangeKind.KEPT),
            (far, NOW, ChangeKind.MOVED),
        ):
            tx.windows.record(WindowChange(at, "U1", kind, window, window))
    with store.reading() as tx:
        assert tx.windows.revised(Segment(NOW, NOW + 9 * DAY)) == {PROD.key: NOW + HOUR}, (
            "to keep a window in spite of the policy changes nothing of it"
        )


def test_what_is_under_way_is_found_by_an_index_however_much_is_over(
    sqlite_url: str, connect: Callable[[str], Database]
) -> None:
    """Every form asks."""
    store = SqlStore(connect(sqlite_url))
    migrate(store.database)
    with store.transaction() as tx:
        tx.windows.add(EXTRA)
    with store.database.reading() as connection:
        row = dict(connection.execute(sa.select(windows)).mappings().one())
    over = row | {"starts_at": NOW - 2 * DAY, "ends_at": NOW - DAY}
    fill(store, windows, [over | {"key": f"extra-{n}"} for n in range(2, 2000)])
    soon = Segment(NOW, NOW + DAY)
    assert "ix_windows_end" in plan_of(store, lambda tx: tx.windows.overlapping(soon))
