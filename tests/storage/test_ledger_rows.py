"""Who was told what of maintenance, as stored; and what a channel wants to hear of."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from making import NOW, SECOND, a_draft, claim, put

from bot.domain.ledger import LedgerLine, LineState
from bot.domain.maintenance import WindowKind
from bot.domain.notices import NoticeKind
from bot.domain.outbox import Delivered, GiveUp, MessageKind, Posted, Skip
from bot.domain.records import Channel, ChannelKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window
from bot.domain.window_news import NewsKind
from storage.store import SqlStore

HOUR = timedelta(hours=1)
SEGMENT = Segment(NOW + 24 * HOUR, NOW + 28 * HOUR)
PROD = Window("prod-2026-12-03", WindowKind.UPGRADE, "Prod", SEGMENT)
ROUTINE = Window("routine-2026-12-14", WindowKind.ROUTINE, None, SEGMENT)
LINE = LedgerLine(
    PROD.key, "prod/3d", NoticeKind.DAYS_BEFORE, "C1", SEGMENT, NOW, message_id=7, number=1
)
LEFT_OUT = replace(
    LINE,
    channel_id="C2",
    state=LineState.LEFT_OUT,
    reason="it does not follow Prod",
    settled_at=NOW,
    message_id=None,
)
ACME = Channel("C1", "T1", "acme", is_member=True, is_ext_shared=True, joined_at=NOW)


def begin(store: SqlStore, *lines: LedgerLine) -> None:
    with store.transaction() as tx:
        tx.windows.add(PROD)
        tx.windows.add(ROUTINE)
        for line in lines:
            tx.ledger.add(line)


def stored(store: SqlStore, key: str = PROD.key) -> list[LedgerLine]:
    """The lines of a window, as if nobody had counted them."""
    with store.reading() as tx:
        return [replace(line, number=1) for line in tx.ledger.of_window(key)]


def test_lines_come_back_as_they_were_written_and_each_is_there_once(store: SqlStore) -> None:
    sent = replace(
        LINE, kind=NewsKind.MOVED, notice="n", posted=Posted("C1", "1.2"), settled_at=NOW
    )
    begin(store, LINE, LINE, LEFT_OUT, sent)
    assert stored(store) == [LINE, LEFT_OUT, sent]
    assert stored(store, ROUTINE.key) == []
    with store.reading() as tx:
        assert tx.ledger.has(PROD.key, "prod/3d")
        assert not tx.ledger.has(ROUTINE.key, "prod/3d")
        first, second, third = (line.number for line in tx.ledger.of_window(PROD.key))
    assert first < second < third


def test_a_message_that_tells_of_two_windows_settles_both_lines(store: SqlStore) -> None:
    other = replace(LINE, window_key=ROUTINE.key, notice="routine/1d")
    begin(store, LINE, other, replace(LINE, channel_id="C3", message_id=8))
    with store.transaction() as tx:
        assert {line.window_key for line in tx.ledger.of_message(7)} == {PROD.key, ROUTINE.key}
        tx.ledger.settle(7, LineState.DUE, None, reason="ratelimited")
    assert stored(store)[0] == replace(LINE, reason="ratelimited")
    posted = Posted("C1", "1.2")
    with store.transaction() as tx:
        tx.ledger.settle(7, LineState.SENT, NOW, posted=posted)
    for line in (stored(store)[0], *stored(store, ROUTINE.key)):
        assert (line.state, line.posted, line.settled_at) == (LineState.SENT, posted, NOW)
        assert line.reason == ""
    assert stored(store)[1].state is LineState.DUE
    with store.transaction() as tx:
        tx.ledger.settle(7, LineState.SENT, NOW + HOUR, reason="not edited: cant_update_message")
    assert stored(store)[0].posted == posted, "where it is, it stays"


def test_a_channel_by_a_new_id_keeps_its_lines(store: SqlStore) -> None:
    by_new_id = replace(LINE, channel_id="C9", message_id=8)
    later = replace(LINE, notice="prod/1d", posted=Posted("C1", "1.2"))
    begin(store, LINE, by_new_id, later)
    with store.transaction() as tx:
        tx.rename_channel("C1", "C9")
    assert stored(store) == [
        replace(LINE, channel_id="C9"),
        by_new_id,
        replace(later, channel_id="C9", posted=Posted("C9", "1.2")),
    ]
    with store.transaction() as tx:
        tx.ledger.settle(8, LineState.SENT, NOW, posted=Posted("C1", "1.3"))
    assert stored(store)[1].posted == Posted("C9", "1.3"), "Slack answered with the old one"


def test_the_ledger_outlives_the_outbox(store: SqlStore) -> None:
    begin(store, LINE)
    with store.transaction() as tx:
        tx.outbox.purge(NOW + 1000 * HOUR, 100)
    assert stored(store) == [LINE]


def test_what_a_channel_wants_to_hear_of_stays_when_slack_tells_of_it_anew(
    store: SqlStore,
) -> None:
    with store.transaction() as tx:
        tx.roster.learn_channel(ACME, NOW)
        assert tx.roster.channel("C1") == ACME, "all of it, each week"
        tx.roster.follow("C1", frozenset({"prod"}), routine_always=False)
        tx.roster.describe_channel("C1", "Acme", ChannelKind.PARTNER)
        learned = tx.roster.learn_channel(replace(ACME, name="acme-2"), NOW + SECOND)
        assert (learned.unfollowed, learned.routine_always) == (frozenset({"prod"}), False)
        tx.rename_channel("C1", "C9")
        renamed = tx.roster.channel("C9")
    assert renamed is not None
    assert (renamed.unfollowed, renamed.routine_always) == (frozenset({"prod"}), False)


def test_the_next_window_of_a_sector_is_the_next_that_takes_place(store: SqlStore) -> None:
    def at(key: str, hours: int, **changes: object) -> Window:
        segment = Segment(NOW + hours * HOUR, NOW + (hours + 1) * HOUR)
        return replace(PROD, key=key, segment=segment, **changes)  # type: ignore[arg-type]

    with store.transaction() as tx:
        for window in (
            PROD,
            at("off", 40, called_off=CalledOff.CANCELLED),
            at("test", 41, sector="Test"),
            at("next", 42, sector="PROD"),
            at("later", 43),
            at("extra", 44, sector=None, kind=WindowKind.EXTRA),
            replace(ROUTINE, key="routine", segment=at("", 45).segment),
        ):
            tx.windows.add(window)
    with store.reading() as tx:
        for window, key in ((PROD, "next"), (ROUTINE, "routine")):
            found = tx.windows.next_of(window)
            assert found is not None
            assert found.key == key
        assert tx.windows.next_of(replace(PROD, sector="Billing")) is None
        everything = replace(PROD, sector=None, kind=WindowKind.EXTRA)
        assert tx.windows.next_of(everything) is None, "it is not one of a series"


def test_messages_to_draw_anew_are_those_that_slack_has_or_that_are_on_their_way(
    store: SqlStore,
) -> None:
    kind = MessageKind.MAINTENANCE
    names = ("sent", "taken", "waits", "refused", "left out")
    ids = put(store, *(a_draft(n, kind=kind, channel_id=f"C{n}", subject="m") for n in names))
    numbers = dict(zip(names, ids, strict=True))
    for sending in claim(store):
        with store.transaction() as tx:
            if sending.id == numbers["sent"]:
                tx.outbox.settle(sending, Delivered(Posted("C1", "1.2")), NOW)
            elif sending.id == numbers["refused"]:
                tx.outbox.settle(sending, GiveUp("is_archived"), NOW)
            elif sending.id == numbers["left out"]:
                tx.outbox.settle(sending, Skip("no longer planned"), NOW)
    [waits] = put(store, a_draft("waits too", kind=kind, channel_id="C8", subject="m"))
    with store.transaction() as tx:
        found = tx.outbox.to_redraw_of({waits, *(n for n in ids if n is not None)})  # type: ignore[arg-type]
        about = tx.outbox.posts_about({"m"}, kind)
    assert [number for number, _ in found] == [
        numbers["waits"], numbers["taken"], numbers["sent"]
    ]  # fmt: skip
    assert [written.settlement for written in about] == [
        Delivered(Posted("C1", "1.2")), None, None, GiveUp("is_archived"),
        Skip("no longer planned"), None,
    ]  # fmt: skip


def test_what_a_channel_was_told_of_windows_that_are_not_over(store: SqlStore) -> None:
    """By the window as it stands, or by what the channel was told of it."""
    other = replace(LINE, window_key=ROUTINE.key, notice="routine/1d", channel_id="C3")
    begin(store, LINE, LEFT_OUT, other)
    with store.transaction() as tx:
        assert [line.notice for line in tx.ledger.of_channel("C1", NOW)] == ["prod/3d"]
        assert tx.ledger.of_channel("C1", SEGMENT.end) == []
        tx.windows.save(replace(PROD, segment=Segment(NOW - 2 * HOUR, NOW - HOUR)))
        assert [line.notice for line in tx.ledger.of_channel("C1", NOW)] == ["prod/3d"]
        tx.windows.save(replace(PROD, segment=Segment(NOW + 40 * HOUR, NOW + 44 * HOUR)))
        assert len(tx.ledger.of_channel("C1", SEGMENT.end)) == 1


def test_what_a_message_says_of_one_of_its_windows_is_put_right(store: SqlStore) -> None:
    other = replace(LINE, window_key=ROUTINE.key, notice="routine/1d")
    later = Segment(SEGMENT.start, SEGMENT.end + HOUR)
    begin(store, LINE, other)
    with store.transaction() as tx:
        tx.ledger.correct(7, ROUTINE.key, later)
    assert stored(store) == [LINE]
    assert stored(store, ROUTINE.key) == [replace(other, told=later)]
    with store.transaction() as tx:
        tx.ledger.leave_out(7, ROUTINE.key, "it was changed")
        tx.ledger.settle(7, LineState.EDITED, NOW, posted=Posted("C1", "1.2"))
    [left_out] = stored(store, ROUTINE.key)
    assert (left_out.state, left_out.reason) == (LineState.LEFT_OUT, "it was changed")
    assert [line.state for line in stored(store)] == [LineState.EDITED]
