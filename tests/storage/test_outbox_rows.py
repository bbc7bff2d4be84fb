"""The outbox as stored: in order, at Slack's pace, pages before all else, each to one sender."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from explaining import fill, plan_of
from making import LEASE, NOW, SECOND, a_draft, at_once, claim, keys, put

from bot.domain.outbox import (
    Delivered,
    GiveUp,
    MessageKind,
    Posted,
    RetryAt,
    Sending,
    Settlement,
    Skip,
)
from storage.database import TIMEOUT_SECONDS, Database
from storage.migrate import migrate
from storage.store import SqlStore
from storage.tables import outbox

Connect = Callable[[str], Database]
DELIVERED = Delivered(Posted("C1", "1.000001"))
SOON = NOW + timedelta(minutes=1)


def _settle(
    store: SqlStore, sending: Sending, settlement: Settlement = DELIVERED, at: timedelta = SECOND
) -> bool:
    with store.transaction() as tx:
        return tx.outbox.settle(sending, settlement, NOW + at)


# What is written.


def test_the_same_message_is_written_once(store: SqlStore) -> None:
    first, again = put(store, a_draft("card"), a_draft("card", channel_id="C2"))
    assert first is not None
    assert again is None
    assert put(store, a_draft("card")) == [None]
    assert keys(claim(store)) == ["card"]


def test_messages_without_a_key_are_all_written(store: SqlStore) -> None:
    """They are edits: one more changes nothing, one less would leave old words standing."""
    assert None not in put(store, *[a_draft(None)] * 3)


def test_every_message_has_a_metadata_key_of_its_own(store: SqlStore) -> None:
    put(store, a_draft("one"), a_draft("two"))
    assert len({sending.metadata_key for sending in claim(store)}) == 2


def test_a_message_is_claimed_as_it_was_written(store: SqlStore) -> None:
    draft = a_draft("card", facts={"key": "card", "case": 1001, "changed": {"summary": "価格"}})
    [message_id] = put(store, draft)
    [sending] = claim(store)
    assert (sending.id, sending.kind, sending.subject) == (message_id, draft.kind, draft.subject)
    assert (sending.facts, sending.channel_id, sending.user_id) == (draft.facts, "C1", None)
    assert (sending.created_at, sending.attempts, sending.in_doubt) == (NOW, 1, False)


def test_a_message_is_not_claimed_before_it_is_due(store: SqlStore) -> None:
    put(store, a_draft("later", due_at=NOW + SECOND))
    assert claim(store) == []
    assert keys(claim(store, NOW + SECOND)) == ["later"]


# In which order.


@pytest.mark.parametrize(
    "settlement",
    [DELIVERED, GiveUp("is_archived"), Skip("no longer true")],
    ids=["delivered", "given up", "skipped"],
)
def test_what_is_about_one_thing_to_one_place_keeps_its_order(
    store: SqlStore, settlement: Settlement
) -> None:
    put(store, a_draft("first", subject="case:1"), a_draft("second", subject="case:1"))
    [first] = claim(store)
    assert first.facts["key"] == "first"
    assert claim(store) == []
    _settle(store, first, settlement)
    assert keys(claim(store)) == ["second"]


def test_a_message_that_is_tried_again_later_is_not_overtaken(store: SqlStore) -> None:
    put(store, a_draft("first", subject="case:1"), a_draft("second", subject="case:1"))
    [first] = claim(store)
    _settle(store, first, RetryAt(SOON, "ratelimited"))
    assert claim(store, SOON - SECOND) == []
    assert keys(claim(store, SOON)) == ["first"]


@pytest.mark.parametrize(
    "other",
    [{"subject": "case:2"}, {"subject": "case:1", "channel_id": "C2"},
     {"subject": "case:1", "channel_id": None, "user_id": "U1"}],
    ids=["another case", "another channel", "a person"],
)  # fmt: skip
def test_what_waits_holds_up_nothing_about_other_things_or_places(
    store: SqlStore, other: dict[str, str | None]
) -> None:
    put(store, a_draft("first", subject="case:1"))
    [first] = claim(store)
    _settle(store, first, RetryAt(SOON, "ratelimited"))
    put(store, a_draft("other", **other))  # type: ignore[arg-type]
    assert keys(claim(store)) == ["other"]


def test_pages_go_before_cards_and_cards_before_notices(store: SqlStore) -> None:
    put(
        store,
        a_draft("notice", kind=MessageKind.MAINTENANCE, due_at=NOW - timedelta(minutes=2)),
        a_draft("card", due_at=NOW - timedelta(minutes=1)),
        a_draft("page", kind=MessageKind.PAGE, channel_id=None, user_id="U1"),
        a_draft("page news", kind=MessageKind.PAGE_NEWS),
        a_draft("channel lost", kind=MessageKind.TEAM_CHANNEL_LOST, channel_id=None, user_id="U1"),
    )
    assert keys(claim(store)) == ["page", "page news", "channel lost", "card", "notice"]


def test_a_page_that_is_redrawn_goes_with_the_cards(store: SqlStore) -> None:
    """It rings nobody, so no ring waits for it."""
    [ring] = put(store, a_draft("ring", kind=MessageKind.PAGE))
    [first] = claim(store)
    _settle(store, first)
    put(store, a_draft("redrawn", kind=MessageKind.PAGE, edits=ring, due_at=NOW - SECOND))
    put(store, a_draft("another ring", kind=MessageKind.PAGE))
    assert keys(claim(store)) == ["another ring", "redrawn"]


def test_when_senders_are_few_the_most_urgent_get_them(store: SqlStore) -> None:
    put(store, *(a_draft(f"card {n}", due_at=NOW - SECOND) for n in range(5)))
    put(store, a_draft("page", kind=MessageKind.PAGE))
    assert keys(claim(store, limit=2)) == ["page", "card 0"]


def test_a_ring_waits_for_no_redrawing_of_an_older_one(store: SqlStore) -> None:
    page: dict[str, Any] = {"kind": MessageKind.PAGE, "subject": "page:1"}
    [ring] = put(store, a_draft("ring", **page))
    [first] = claim(store)
    _settle(store, first)
    put(store, a_draft("redrawn", edits=ring, **page))
    [edit] = claim(store)
    _settle(store, edit, RetryAt(SOON, "ratelimited"))
    put(store, a_draft("ring again", **page))
    assert keys(claim(store)) == ["ring again"]


@pytest.mark.parametrize(
    ("limit", "claimed"),
    [(8, ["page", "card 0", "card 1", "card 2"]), (4, ["page", "card 0", "card 1"]),
     (2, ["page"]), (1, ["page"])],
)  # fmt: skip
def test_some_senders_are_kept_for_pages(store: SqlStore, limit: int, claimed: list[str]) -> None:
    put(store, *(a_draft(f"card {n}", due_at=NOW - SECOND) for n in range(3)))
    put(store, a_draft("page", kind=MessageKind.PAGE))
    assert keys(claim(store, limit=limit, for_pages=2)) == claimed


# At which pace.


def test_a_turn_that_was_given_before_the_clock_was_set_back_is_void(store: SqlStore) -> None:
    put(store, a_draft("before", due_at=NOW - timedelta(hours=2)))
    assert keys(claim(store, gap=SECOND)) == ["before"]
    put(store, a_draft("after", due_at=NOW - timedelta(hours=2)))
    assert keys(claim(store, NOW - timedelta(hours=1), gap=SECOND)) == ["after"]


def test_a_channel_gets_one_message_a_second(store: SqlStore) -> None:
    put(store, *(a_draft(f"card {n}") for n in range(3)))
    got = [keys(claim(store, NOW + n * SECOND / 2, gap=SECOND)) for n in range(6)]
    assert got == [["card 0"], [], ["card 1"], [], ["card 2"], []]


def test_the_pace_of_a_channel_is_no_other_channels(store: SqlStore) -> None:
    put(store, a_draft("one"), a_draft("two", channel_id="C2"), a_draft("three"))
    assert keys(claim(store, gap=SECOND)) == ["one", "two"]


def test_what_has_to_wait_for_a_busy_channel_may_hide_more_and_says_so(store: SqlStore) -> None:
    put(store, *(a_draft(f"busy {n}") for n in range(12)), a_draft("other", channel_id="C2"))
    with store.transaction() as tx:
        looks = [tx.outbox.claim(NOW, NOW + LEASE, 8, SECOND, for_pages=2) for _ in range(4)]
    assert [keys(look.sendings) for look in looks] == [["busy 0"], [], ["other"], []]
    assert [look.put_off for look in looks] == [5, 6, 0, 0]


def test_a_person_gets_one_message_a_second_too(store: SqlStore) -> None:
    put(store, *(a_draft(key, channel_id=None, user_id="U1") for key in ("one", "two")))
    assert keys(claim(store, gap=SECOND)) == ["one"]


def test_pages_wait_for_nobody(store: SqlStore) -> None:
    """Nor do they use up the turn of what is not a page."""
    page = {"kind": MessageKind.PAGE_NEWS, "channel_id": "C1"}
    put(store, *(a_draft(f"page {n}", **page) for n in range(3)), a_draft("card"))  # type: ignore[arg-type]
    assert keys(claim(store, gap=SECOND)) == ["page 0", "page 1", "page 2", "card"]
    put(store, a_draft("page 3", **page))  # type: ignore[arg-type]
    assert keys(claim(store, gap=SECOND)) == ["page 3"]


def test_what_is_put_off_for_the_pace_counts_as_no_attempt(store: SqlStore) -> None:
    put(store, a_draft("one"), a_draft("two"))
    claim(store, gap=SECOND)
    [second] = claim(store, NOW + SECOND, gap=SECOND)
    assert (second.attempts, second.in_doubt) == (1, False)


def test_what_waits_for_its_turn_is_next_due_at_its_turn(store: SqlStore) -> None:
    put(store, a_draft("one"), a_draft("two"))
    [one] = claim(store, gap=SECOND)
    _settle(store, one)
    with store.reading() as tx:
        assert tx.outbox.next_due() == NOW + SECOND


# Who has it.


def test_a_message_belongs_to_who_claimed_it_until_the_lease_ends(store: SqlStore) -> None:
    put(store, a_draft("card"))
    [first] = claim(store)
    assert claim(store, NOW + LEASE - timedelta(microseconds=1)) == []
    [again] = claim(store, NOW + LEASE)
    assert (first.in_doubt, again.in_doubt) == (False, True)
    assert (again.attempts, again.metadata_key) == (2, first.metadata_key)


def test_who_comes_back_after_the_lease_settles_nothing(store: SqlStore) -> None:
    put(store, a_draft("card"))
    [late] = claim(store)
    [holder] = claim(store, NOW + LEASE)
    assert not _settle(store, late, GiveUp("not_in_channel"))
    assert _settle(store, holder)
    assert not _settle(store, late, RetryAt(NOW, "no_answer"))
    assert claim(store, SOON) == []


def test_what_is_settled_is_settled_once(store: SqlStore) -> None:
    put(store, a_draft("card"))
    [sending] = claim(store)
    assert _settle(store, sending)
    assert not _settle(store, sending, GiveUp("not_in_channel"))


@pytest.mark.parametrize("in_doubt", [True, False], ids=["in doubt", "refused"])
def test_a_retry_remembers_whether_slack_may_have_it_already(
    store: SqlStore, in_doubt: bool
) -> None:
    put(store, a_draft("card"))
    [sending] = claim(store)
    _settle(store, sending, RetryAt(SOON, "no_answer", in_doubt))
    [again] = claim(store, SOON)
    assert again.in_doubt is in_doubt


def test_an_edit_and_a_reply_know_where_their_message_is_once_slack_has_it(
    store: SqlStore,
) -> None:
    [card] = put(store, a_draft("card"))
    put(store, a_draft("edit", edits=card), a_draft("reply", thread_of=card))
    sent = {sending.facts["key"]: sending for sending in claim(store)}
    assert (sent["edit"].original, sent["reply"].thread_ts) == (None, None)
    for sending in sent.values():
        _settle(store, sending, DELIVERED if sending.edits is None else RetryAt(SOON, "x"))
    put(store, a_draft("reply 2", thread_of=card))
    later = {sending.facts["key"]: sending for sending in claim(store, SOON)}
    assert later["edit"].original == DELIVERED.posted
    assert later["reply 2"].thread_ts == DELIVERED.posted.ts


def test_a_message_may_go_into_a_thread_that_somebody_else_began(store: SqlStore) -> None:
    put(store, a_draft("reply", thread_ts="7.000007"))
    [reply] = claim(store)
    assert (reply.thread_of, reply.thread_ts) == (None, "7.000007")


def test_the_thread_of_a_message_of_ours_is_where_slack_has_that(store: SqlStore) -> None:
    [card] = put(store, a_draft("card"))
    put(store, a_draft("reply", thread_of=card))
    sent = {sending.facts["key"]: sending for sending in claim(store)}
    assert (sent["reply"].thread_of, sent["reply"].thread_ts) == (card, None)
    _settle(store, sent["card"])
    _settle(store, sent["reply"], RetryAt(SOON, "its thread is not there yet"))
    [reply] = claim(store, SOON)
    assert reply.thread_ts == DELIVERED.posted.ts


def test_claimers_on_postgres_never_get_the_same_message(
    postgres_url: str, connect: Connect
) -> None:
    stores = [SqlStore(connect(postgres_url)) for _ in range(4)]
    put(stores[0], *(a_draft(str(n), subject=f"case:{n % 300}") for n in range(500)))

    def run(store: SqlStore) -> list[str]:
        claimed: list[str] = []
        while _pending(store):
            for sending in claim(store, limit=8):
                claimed.append(sending.facts["key"])
                _settle(store, sending)
        return claimed

    claimed = at_once(*(lambda store=store: run(store) for store in stores))
    assert Counter(key for keys in claimed for key in keys) == Counter(map(str, range(500)))


def test_claimers_that_want_turns_in_the_same_channels_do_not_wait_for_each_other(
    postgres_url: str, connect: Connect
) -> None:
    first, second = (SqlStore(connect(postgres_url)) for _ in range(2))
    both_have_a_turn = threading.Barrier(2)
    first_has_a_turn = threading.Event()

    def after_a_turn(_c: Any, _k: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("INSERT INTO paces"):
            first_has_a_turn.set()
            with suppress(threading.BrokenBarrierError):
                both_have_a_turn.wait(timeout=0.3)

    for store in (first, second):
        sa.event.listen(store.database.engine, "after_cursor_execute", after_a_turn)
    places = ("C1", "C2", "C2", "C1")  # two for the first, and two for the second
    put(first, *(a_draft(str(n), channel_id=place) for n, place in enumerate(places)))

    def claim_as_second() -> list[Sending]:
        assert first_has_a_turn.wait(5)
        return claim(second, limit=2, gap=SECOND)

    claimed = at_once(lambda: claim(first, limit=2, gap=SECOND), claim_as_second)
    assert sorted(keys([*claimed[0], *claimed[1]])) == ["0", "1"]


def _pending(store: SqlStore) -> bool:
    with store.reading() as tx:
        return tx.outbox.next_due() is not None


# What is still worth sending.


def test_an_edit_is_superseded_by_a_later_edit_of_the_same_message(store: SqlStore) -> None:
    card, other = put(store, a_draft("card"), a_draft("other"))
    for sending in claim(store):
        _settle(store, sending)
    edit = {"subject": "about card"}
    put(store, a_draft("edit", edits=card, **edit))  # type: ignore[arg-type]
    [first] = claim(store)
    put(store, a_draft("edit of another", edits=other, **edit))  # type: ignore[arg-type]
    with store.reading() as tx:
        assert not tx.outbox.is_superseded(first)
    put(store, a_draft("edit again", edits=card, **edit))  # type: ignore[arg-type]
    with store.reading() as tx:
        assert tx.outbox.is_superseded(first)


@pytest.mark.parametrize(
    ("later", "superseded"),
    [
        ({}, True),
        ({"kind": MessageKind.PAGE_NEWS}, False),
        ({"user_id": "U2"}, False),
        ({"subject": "page:2"}, False),
    ],
    ids=["the same", "another kind", "another person", "another page"],
)
def test_a_post_is_superseded_by_a_later_post_that_says_the_same_to_the_same_person(
    store: SqlStore, later: dict[str, object], superseded: bool
) -> None:
    page: dict[str, object] = {
        "kind": MessageKind.PAGE,
        "subject": "page:1",
        "channel_id": None,
        "user_id": "U1",
    }
    put(store, a_draft("ring", **page))  # type: ignore[arg-type]
    [first] = claim(store)
    put(store, a_draft("later", **(page | later)))  # type: ignore[arg-type]
    with store.reading() as tx:
        assert tx.outbox.is_superseded(first) is superseded


@pytest.mark.parametrize(("told", "superseded"), [("exhausted", True), ("undeliverable", False)])
def test_news_is_superseded_by_such_news_alone(
    store: SqlStore, told: str, superseded: bool
) -> None:
    kind = MessageKind.PAGE_NEWS
    put(store, a_draft("first", kind=kind, subject="page:1"))
    [first] = claim(store)
    put(store, a_draft("later", kind=kind, subject="page:1", facts={"news": told}))
    with store.reading() as tx:
        assert tx.outbox.is_superseded(first, news={"exhausted"}) is superseded
        assert tx.outbox.is_superseded(first)


def test_an_edit_says_nothing_anew(store: SqlStore) -> None:
    [ring] = put(store, a_draft("ring", subject="page:1"))
    [first] = claim(store)
    put(store, a_draft("edit", subject="page:1", edits=ring))
    with store.reading() as tx:
        assert not tx.outbox.is_superseded(first)


def test_what_has_been_sent_supersedes_nothing(store: SqlStore) -> None:
    put(store, a_draft("ring", subject="page:1"))
    [first] = claim(store)
    put(store, a_draft("again", subject="page:1"))
    _settle(store, first, RetryAt(SOON, "no_answer"))
    with store.database.transaction() as connection:
        again = outbox.c.dedupe_key == "again"
        connection.execute(sa.update(outbox).where(again).values(state="sent"))
    with store.reading() as tx:
        assert not tx.outbox.is_superseded(first)


def _to_redraw(store: SqlStore) -> list[str]:
    with store.transaction() as tx:
        found = tx.outbox.to_redraw("case:1", MessageKind.CASE_CARD)
        return [draft.facts["key"] for _, draft in found]


def test_what_nobody_has_taken_yet_needs_no_redrawing(store: SqlStore) -> None:
    """It is drawn when it is sent; from the moment somebody has it, it may show old words."""
    put(store, a_draft("card", subject="case:1"))
    assert _to_redraw(store) == []
    [sending] = claim(store)
    assert _to_redraw(store) == ["card"]
    _settle(store, sending)
    assert _to_redraw(store) == ["card"]


@pytest.mark.parametrize(
    ("settlement", "found"),
    [(RetryAt(SOON, "no_answer", True), ["card"]), (GiveUp("x"), []), (Skip("x"), [])],
    ids=["tried again", "given up", "skipped"],
)
def test_what_is_not_in_slack_needs_no_redrawing_unless_it_may_be_there(
    store: SqlStore, settlement: Settlement, found: list[str]
) -> None:
    put(store, a_draft("card", subject="case:1"))
    [sending] = claim(store)
    _settle(store, sending, settlement)
    assert _to_redraw(store) == found


def test_of_several_the_newest_is_redrawn_first(store: SqlStore) -> None:
    """It is the one that people look at."""
    put(store, *(a_draft(key, subject="case:1") for key in ("older", "newer")))
    for _ in range(2):
        [sending] = claim(store)
        _settle(store, sending)
    assert _to_redraw(store) == ["newer", "older"]


def test_edits_and_other_things_are_not_among_what_is_redrawn(store: SqlStore) -> None:
    [card] = put(store, a_draft("card", subject="case:1"))
    put(store, a_draft("other case", subject="case:2"))
    put(store, a_draft("other kind", subject="case:1", kind=MessageKind.TEAM_CARD, channel_id="C9"))
    for sending in claim(store):
        _settle(store, sending)
    put(store, a_draft("edit", subject="case:1", edits=card))
    for sending in claim(store):
        _settle(store, sending)
    assert _to_redraw(store) == ["card"]


def test_what_is_redrawn_stays_in_its_thread(store: SqlStore) -> None:
    put(store, a_draft("card", subject="case:1", thread_ts="7.000007"))
    claim(store)
    with store.transaction() as tx:
        [(_, draft)] = tx.outbox.to_redraw("case:1", MessageKind.CASE_CARD)
    assert draft.thread_ts == "7.000007"


@pytest.mark.parametrize(
    ("settlement", "found"),
    [
        (None, "newer"),
        (DELIVERED, "newer"),
        (RetryAt(SOON, "no_answer", True), "newer"),
        (GiveUp("x"), "older"),
        (Skip("x"), "older"),
    ],
    ids=["on its way", "sent", "tried again", "given up", "skipped"],
)
def test_the_newest_message_is_one_that_slack_has_or_will_have(
    store: SqlStore, settlement: Settlement | None, found: str
) -> None:
    older, newer, *_ = put(
        store,
        a_draft("older", subject="case:1"),
        a_draft("newer", subject="case:1", channel_id="C2"),
        a_draft("another thing", subject="case:2"),
        a_draft("another kind", subject="case:1", kind=MessageKind.TEAM_CARD),
    )
    put(store, a_draft("edit", subject="case:1", edits=older))
    for sending in claim(store):
        if settlement is not None and sending.id == newer:
            _settle(store, sending, settlement)
    with store.reading() as tx:
        newest = tx.outbox.newest("case:1", MessageKind.CASE_CARD)
        assert newest == {"older": older, "newer": newer}[found]
        assert tx.outbox.newest("case:3", MessageKind.CASE_CARD) is None


def test_where_a_message_is_is_where_slack_has_the_newest(store: SqlStore) -> None:
    def where() -> Posted | None:
        with store.reading() as tx:
            return tx.outbox.where("case:1", MessageKind.CASE_CARD)

    [card] = put(store, a_draft("card", subject="case:1"))
    assert where() is None
    places = [Posted("C1", "1.000001"), Posted("C1", "2.000002")]
    for place in places:
        [sending] = claim(store)
        _settle(store, sending, Delivered(place))
        assert where() == place
        put(store, a_draft(f"after {place.ts}", subject="case:1"))
    [pending] = claim(store)
    assert where() == places[1], "another is only on its way"
    _settle(store, pending, GiveUp("is_archived"))
    put(store, a_draft("edit", subject="case:1", edits=card))
    [edit] = claim(store)
    _settle(store, edit, Delivered(places[0]))
    assert where() == places[1], "an edit posts nothing"


@pytest.mark.parametrize(
    ("posted", "kinds", "found"),
    [
        (Posted("D1", "1.000001"), {MessageKind.RECEIPT}, 1001),
        (Posted("D1", "1.000001"), [MessageKind.CASE_CARD, MessageKind.RECEIPT], 1001),
        (Posted("D1", "1.000001"), {MessageKind.CASE_CARD}, None),
        (Posted("D1", "1.000001"), (), None),
        (Posted("D2", "1.000001"), {MessageKind.RECEIPT}, None),
        (Posted("D1", "2.000002"), {MessageKind.RECEIPT}, None),
    ],
    ids=["its kind", "one of its kinds", "another kind", "no kind", "another place", "another ts"],
)
def test_the_case_of_a_message_is_known_by_where_slack_has_it(
    store: SqlStore, posted: Posted, kinds: Collection[MessageKind], found: int | None
) -> None:
    receipt = a_draft("receipt", kind=MessageKind.RECEIPT, facts={"key": "receipt", "case": 1001})
    put(store, receipt)
    [sending] = claim(store)
    with store.reading() as tx:
        assert tx.outbox.case_of(posted, kinds) is None, "Slack has none yet"
    _settle(store, sending, Delivered(Posted("D1", "1.000001")))
    with store.reading() as tx:
        assert tx.outbox.case_of(posted, kinds) == found


def test_a_message_about_no_case_and_an_edit_lead_to_none(store: SqlStore) -> None:
    place = Posted("D1", "1.000001")
    [welcome] = put(store, a_draft("welcome", kind=MessageKind.WELCOME))
    put(store, a_draft("edit", facts={"key": "edit", "case": 1001}, edits=welcome))
    for sending in claim(store):
        _settle(store, sending, Delivered(place))
    with store.reading() as tx:
        assert tx.outbox.case_of(place, {MessageKind.WELCOME}) is None
        assert tx.outbox.case_of(place, {MessageKind.CASE_CARD}) is None


def test_while_an_answer_is_missing_slack_may_have_a_message_that_nobody_knows(
    store: SqlStore,
) -> None:
    def may_be_there(
        channel_id: str = "C1", kind: MessageKind = MessageKind.CASE_CARD, *, since: datetime = NOW
    ) -> bool:
        with store.reading() as tx:
            return tx.outbox.is_being_posted(
                channel_id, kind, user_id="U1", after=since, before=since + 3600 * SECOND
            )

    put(store, a_draft("card"))
    assert not may_be_there()
    [sending] = claim(store)
    assert may_be_there()
    assert not may_be_there("C2")
    assert not may_be_there(kind=MessageKind.TEAM_CARD)
    assert not may_be_there(since=NOW + 3600 * SECOND), "it was written before"
    _settle(store, sending, RetryAt(NOW, "no_answer", in_doubt=True))
    assert may_be_there()
    [sending] = claim(store)
    _settle(store, sending)
    assert not may_be_there()


# When to look again.


def test_nothing_waits_when_everything_is_settled(store: SqlStore) -> None:
    put(store, a_draft("card"))
    [sending] = claim(store)
    _settle(store, sending)
    with store.reading() as tx:
        assert tx.outbox.next_due() is None


def test_what_waits_for_an_earlier_message_is_not_what_is_due_next(store: SqlStore) -> None:
    put(store, a_draft("first", subject="case:1"))
    [first] = claim(store)
    put(store, a_draft("second", subject="case:1", due_at=NOW - SECOND))
    with store.reading() as tx:
        assert tx.outbox.next_due() == NOW + LEASE
    _settle(store, first, RetryAt(SOON, "ratelimited"))
    with store.reading() as tx:
        assert tx.outbox.next_due() == SOON
    put(store, a_draft("elsewhere", due_at=NOW + SECOND))
    with store.reading() as tx:
        assert tx.outbox.next_due() == NOW + SECOND


@pytest.mark.parametrize(
    "ask",
    [
        lambda tx: tx.outbox.next_due(),
        lambda tx: tx.outbox.claim(NOW, SOON, 8, SECOND, for_pages=2),
    ],
    ids=["next_due", "claim"],
)
def test_what_is_due_is_found_by_indexes_of_what_is_pending(
    sqlite_url: str, connect: Connect, ask: Callable[..., object]
) -> None:
    store = SqlStore(connect(sqlite_url))
    migrate(store.database)
    put(store, a_draft("card"))
    with store.database.reading() as connection:
        row = dict(connection.execute(sa.select(outbox)).mappings().one())
    del row["id"]
    unlike = ("lane", "dedupe_key", "metadata_key")
    fill(store, outbox, [
        row | {"state": "sent"} | {name: f"{name} {n}" for name in unlike} for n in range(2000)
    ])  # fmt: skip
    plan = plan_of(store, ask)
    assert "ix_outbox_due" in plan
    assert "ix_outbox_lane" in plan
    assert "SCAN outbox_1" not in plan


# What is forgotten.


def _with_redraws(store: SqlStore, posts: int, redraws: int) -> None:
    """That many posts of long ago, and redraws of some of them."""
    put(store, a_draft("card"))
    [sending] = claim(store)
    _settle(store, sending)
    with store.database.reading() as connection:
        row = dict(connection.execute(sa.select(outbox)).mappings().one())
    unlike = ("lane", "subject", "dedupe_key", "metadata_key")
    fill(store, outbox, [
        row | {"id": n, "edits": edits} | {name: f"{name} {n}" for name in unlike}
        for n, edits in (
            *((row["id"] + n, None) for n in range(1, posts)),
            *((row["id"] + posts + n, row["id"] + n % posts) for n in range(redraws)),
        )
    ])  # fmt: skip


def test_old_redraws_are_forgotten_at_once_however_many_posts_are_kept(store: SqlStore) -> None:
    """Each that goes is looked for in every row that may refer to it."""
    _with_redraws(store, posts=10_000, redraws=2000)
    started = time.monotonic()
    with store.transaction() as tx:
        assert tx.outbox.purge(NOW + 2 * SECOND, 1500) == 1500
        assert tx.outbox.purge(NOW + 2 * SECOND, 1500) == 500
        assert tx.outbox.purge(NOW + 2 * SECOND, 1500) == 0
    assert time.monotonic() - started < TIMEOUT_SECONDS
    with store.database.reading() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(outbox)) == 10_000


def test_what_is_forgotten_is_found_by_indexes_and_so_is_what_refers_to_it(
    sqlite_url: str, connect: Connect
) -> None:
    store = SqlStore(connect(sqlite_url))
    _with_redraws(store, posts=2000, redraws=20)
    plan = plan_of(store, lambda tx: tx.outbox.purge(NOW + 2 * SECOND, 10), "DELETE")
    assert "ix_outbox_thread_of (thread_of=?)" in plan
    assert "ix_outbox_edits (edits=?)" in plan
    assert "ix_outbox_settled" not in plan, "every post that was ever sent would be looked at"
    assert "SCAN" not in plan


def test_a_kind_that_only_a_newer_version_knows_does_not_stop_the_others(store: SqlStore) -> None:
    """A deploy that is rolled back leaves such rows behind."""
    newer, _ = put(store, a_draft("of the newer version"), a_draft("ours"))
    with store.database.transaction() as connection:
        connection.execute(sa.update(outbox).where(outbox.c.id == newer).values(kind="survey"))
    assert keys(claim(store)) == ["ours"]


# Other ways to ring.

PAGE: dict[str, Any] = {
    "kind": MessageKind.PAGE,
    "subject": "page:1",
    "channel_id": None,
    "user_id": "U1",
}
CALL: dict[str, Any] = {
    "kind": MessageKind.ROUTE_CALL,
    "subject": "page:1",
    "channel_id": "route:phone:1:trigger",
}
CALLED = Delivered(Posted("route:phone", "trigger"))


def _has_sent(store: SqlStore, since: datetime = NOW) -> bool:
    with store.reading() as tx:
        return tx.outbox.has_sent("page:1", MessageKind.PAGE, since=since)


def _has_called(store: SqlStore, subject: str = "page:1", route: str = "phone") -> bool:
    with store.reading() as tx:
        return tx.outbox.has_called(subject, route)


def test_while_only_some_kinds_can_be_sent_the_others_are_not_claimed(store: SqlStore) -> None:
    put(store, a_draft("page", **PAGE), a_draft("call", **CALL), a_draft("card"))
    with store.transaction() as tx:
        claimed = tx.outbox.claim(
            NOW, NOW + LEASE, 8, SECOND, for_pages=2, kinds=(MessageKind.ROUTE_CALL,)
        )
    assert keys(claimed.sendings) == ["call"]
    assert keys(claim(store)) == ["page", "card"]


def test_many_messages_that_cannot_be_sent_do_not_hide_a_call(store: SqlStore) -> None:
    put(store, *(a_draft(f"page {n}", **(PAGE | {"user_id": f"U{n}"})) for n in range(20)))
    put(store, a_draft("call", **CALL))
    with store.transaction() as tx:
        claimed = tx.outbox.claim(
            NOW, NOW + LEASE, 8, SECOND, for_pages=2, kinds=(MessageKind.ROUTE_CALL,)
        )
    assert keys(claimed.sendings) == ["call"]


def test_a_call_goes_before_cards_and_waits_for_nobody(store: SqlStore) -> None:
    put(store, *(a_draft(f"card {n}", due_at=NOW - SECOND) for n in range(5)))
    put(store, a_draft("call", **CALL))
    assert keys(claim(store, limit=2, for_pages=2)) == ["call"]


def test_a_page_that_has_arrived_counts_from_when_it_was_written(store: SqlStore) -> None:
    put(store, a_draft("ring", **PAGE))
    assert not _has_sent(store)
    [ring] = claim(store)
    assert not _has_sent(store), "it is on its way"
    _settle(store, ring)
    assert _has_sent(store)
    assert not _has_sent(store, since=NOW + SECOND), "it is of an earlier ring"


@pytest.mark.parametrize(
    "settlement",
    [RetryAt(SOON, "no_answer", True), GiveUp("user_disabled"), Skip("rung again since")],
    ids=["tried again", "given up", "left out"],
)
def test_a_page_that_has_not_arrived_does_not_count(
    store: SqlStore, settlement: Settlement
) -> None:
    put(store, a_draft("ring", **PAGE))
    [ring] = claim(store)
    _settle(store, ring, settlement)
    assert not _has_sent(store)


def test_what_else_has_arrived_is_no_page(store: SqlStore) -> None:
    put(
        store,
        a_draft("news", kind=MessageKind.PAGE_NEWS, subject="page:1"),
        a_draft("another page", **(PAGE | {"subject": "page:2"})),
        a_draft("call", **CALL),
    )
    for sending in claim(store):
        _settle(store, sending)
    assert not _has_sent(store)


def test_a_page_that_was_redrawn_has_not_arrived_anew(store: SqlStore) -> None:
    [message_id] = put(store, a_draft("ring", **PAGE))
    [ring] = claim(store)
    _settle(store, ring)
    with store.transaction() as tx:
        tx.outbox.add(a_draft(None, edits=message_id, **PAGE), NOW + SECOND)
    for sending in claim(store):
        _settle(store, sending)
    assert not _has_sent(store, since=NOW + SECOND)


def test_a_route_that_took_a_call_of_a_page_has_been_called_about_that_page(
    store: SqlStore,
) -> None:
    put(store, a_draft("call", **CALL))
    [call] = claim(store)
    assert call.kind is MessageKind.ROUTE_CALL
    _settle(store, call, CALLED)
    assert _has_called(store)
    assert not _has_called(store, route="pagerduty")
    assert not _has_called(store, subject="page:2")


@pytest.mark.parametrize(
    "settlement",
    [RetryAt(SOON, "no_answer", in_doubt=False), GiveUp("http_403"), Skip("it is over")],
    ids=["never left", "refused", "left out"],
)
def test_a_route_that_took_no_call_has_not_been_called(
    store: SqlStore, settlement: Settlement
) -> None:
    put(store, a_draft("call", **CALL))
    [call] = claim(store)
    _settle(store, call, settlement)
    assert not _has_called(store)


@pytest.mark.parametrize("then", [None, Skip("somebody has it")], ids=["pending", "left out"])
def test_a_route_that_may_have_taken_a_call_counts_as_called(
    store: SqlStore, then: Settlement | None
) -> None:
    """To tell an alarm that never was that it is over costs nothing."""
    put(store, a_draft("call", **CALL))
    [call] = claim(store)
    _settle(store, call, RetryAt(SOON, "no_answer", in_doubt=True))
    if then is not None:
        [again] = claim(store, SOON)
        _settle(store, again, then)
    assert _has_called(store)


# A clock that was set back.


def test_what_waits_for_a_time_that_was_set_back_is_found_and_sent(store: SqlStore) -> None:
    """One that was being tried again, one that was just written; not one that waits on purpose."""
    hour, five = timedelta(hours=1), timedelta(minutes=5)
    put(store, a_draft("tried again"), a_draft("later", due_at=NOW + hour, channel_id="C2"))
    [sending] = claim(store)
    _settle(store, sending, RetryAt(NOW + 5 * SECOND, "no_answer"))
    with store.transaction() as tx:
        assert tx.outbox.put_off(NOW, NOW + five) == 0
        tx.outbox.add(a_draft("ahead", due_at=NOW + hour, channel_id="C3"), NOW + hour)
        assert tx.outbox.put_off(NOW, NOW + five) == 1
        back = NOW - hour
        assert tx.outbox.put_off(back, back + five) == 3, "all were written after that"
        assert tx.outbox.send_now(back, back + five, back + LEASE) == 3
        assert tx.outbox.send_now(back, back + five, back + LEASE) == 0, "whoever comes second"
    again = claim(store, back)
    assert keys(again) == ["later", "ahead"], "what was tried may be under way, for a lease"
    for found in again:
        _settle(store, found)
    assert keys(claim(store, back + LEASE)) == ["tried again"]
