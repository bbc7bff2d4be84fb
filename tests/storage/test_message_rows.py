"""What was said in a case's thread, as stored: each message once, in its newest wording."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from making import NOW, SECOND, a_case, at_once

from bot.domain.case import Person
from bot.domain.conversation import CaseMessage, File, Said
from bot.domain.outbox import Posted
from storage.database import Database
from storage.store import SqlStore
from storage.tables import messages

Connect = Callable[[str], Database]
CARLA = Person("T2", "U1")
LOG = File("F1", "log.txt", 7, "https://acme.slack.com/files/U1/F1/log.txt")


def ts(at: datetime) -> str:
    return f"{at.timestamp():.6f}"


def a_message(at: datetime = NOW, **changed: Any) -> Said:
    return replace(Said("C1", ts(NOW), ts(at), CARLA, "It is down"), **changed)


@pytest.fixture
def case(store: SqlStore) -> int:
    return _open(store)


def _open(store: SqlStore, view_id: str = "V1") -> int:
    with store.transaction() as tx:
        return tx.cases.open(a_case(view_id))[0].number


def _add(store: SqlStore, case: int, said: Said, *, by_team: bool = False) -> int | None:
    with store.transaction() as tx:
        return tx.messages.add(case, said, by_team=by_team)


def _added(store: SqlStore, case: int, said: Said) -> int:
    added = _add(store, case, said)
    assert added is not None
    return added


def _get(store: SqlStore, message_id: int) -> CaseMessage:
    with store.reading() as tx:
        return tx.messages.get(message_id)


def _wordings(store: SqlStore, message_id: int) -> list[dict[str, str]]:
    with store.database.reading() as connection:
        query = sa.select(messages.c.wordings).where(messages.c.id == message_id)
        wordings: list[dict[str, str]] = connection.execute(query).scalar_one()
        return wordings


# What is put on record.


@pytest.mark.parametrize("by_team", [True, False], ids=["of the team", "of the customer"])
def test_a_message_comes_back_as_it_was_said(store: SqlStore, case: int, by_team: bool) -> None:
    said = a_message(NOW + SECOND, text="价格 💥 &lt;b&gt;", files=(LOG, File("F2")))
    message_id = _add(store, case, said, by_team=by_team)
    assert message_id is not None
    wanted = CaseMessage(
        id=message_id,
        case_number=case,
        channel_id="C1",
        ts=said.ts,
        author=CARLA,
        by_team=by_team,
        text=said.text,
        files=said.files,
        said_at=NOW + SECOND,
        edited_at=None,
        deleted_at=None,
    )
    assert _get(store, message_id) == wanted
    with store.reading() as tx:
        assert tx.messages.find("C1", said.ts) == wanted


def test_a_message_that_was_edited_before_it_was_seen_says_so(store: SqlStore, case: int) -> None:
    message_id = _added(store, case, a_message(edited_ts=ts(NOW + SECOND)))
    assert _get(store, message_id).edited_at == NOW + SECOND


def test_a_message_is_on_record_once_whatever_tells_of_it(store: SqlStore, case: int) -> None:
    message_id = _added(store, case, a_message())
    assert _add(store, case, a_message(text="as the look-up found it")) is None
    assert _get(store, message_id).text == "It is down"


@pytest.mark.parametrize(
    "other", [{"channel_id": "C2"}, {"ts": "1.000001"}], ids=["another channel", "another ts"]
)
def test_a_message_is_named_by_its_channel_and_ts(
    store: SqlStore, case: int, other: dict[str, Any]
) -> None:
    _added(store, case, a_message())
    said = a_message(**other)
    with store.reading() as tx:
        assert tx.messages.find(said.channel_id, said.ts) is None
    assert _add(store, case, said) is not None


def test_a_message_that_many_tell_of_at_once_is_added_by_one(store: SqlStore, case: int) -> None:
    added = at_once(*[lambda: _add(store, case, a_message())] * 8)
    assert [one is None for one in added].count(False) == 1


def test_who_adds_a_message_on_postgres_waits_for_who_is_adding_it(
    postgres_url: str, connect: Connect
) -> None:
    """And finds it on record, for an id that is given out belongs to a row that stays."""
    first, second = (SqlStore(connect(postgres_url)) for _ in range(2))
    case = _open(first)
    began, ended = threading.Event(), threading.Event()

    def add_slowly() -> int | None:
        with first.transaction() as tx:
            added = tx.messages.add(case, a_message(), by_team=False)
            began.set()
            assert not ended.wait(0.3), "the other did not wait"
        return added

    def add_meanwhile() -> int | None:
        assert began.wait(5)
        added = _add(second, case, a_message())
        ended.set()
        return added

    added = at_once(add_slowly, add_meanwhile)
    assert added[0] is not None
    assert added[1] is None


# How it changes.


def test_an_edited_message_has_its_newest_wording_and_keeps_the_older_ones(
    store: SqlStore, case: int
) -> None:
    message_id = _added(store, case, a_message(files=(LOG,)))
    with store.transaction() as tx:
        tx.messages.edit(message_id, "It is slow", [LOG, File("F2")], NOW + SECOND)
        tx.messages.edit(message_id, "It is fine", [], NOW + 2 * SECOND)
    message = _get(store, message_id)
    assert (message.text, message.files) == ("It is fine", ())
    assert (message.said_at, message.edited_at) == (NOW, NOW + 2 * SECOND)
    assert _wordings(store, message_id) == [
        {"at": NOW.isoformat(), "text": "It is down"},
        {"at": (NOW + SECOND).isoformat(), "text": "It is slow"},
    ]


@pytest.mark.parametrize("late", [SECOND, 2 * SECOND], ids=["older", "the same"])
def test_an_edit_that_comes_late_changes_nothing(
    store: SqlStore, case: int, late: timedelta
) -> None:
    message_id = _added(store, case, a_message())
    with store.transaction() as tx:
        tx.messages.edit(message_id, "newest", [], NOW + 2 * SECOND)
        before = tx.messages.get(message_id)
        tx.messages.edit(message_id, "late", [LOG], NOW + late)
    assert _get(store, message_id) == before
    assert len(_wordings(store, message_id)) == 1


def test_edits_that_come_at_once_lose_no_wording(store: SqlStore, case: int) -> None:
    """They come in any order, and what is older than what is known is not put on record."""
    message_id = _added(store, case, a_message())

    def edit(n: int) -> None:
        with store.transaction() as tx:
            tx.messages.edit(message_id, f"wording {n}", [], NOW + n * SECOND)

    at_once(*(lambda n=n: edit(n) for n in range(1, 7)))
    assert _get(store, message_id).text == "wording 6"
    kept = [wording["at"] for wording in _wordings(store, message_id)]
    assert kept == sorted(set(kept))
    assert kept[0] == NOW.isoformat()


def test_of_a_deleted_message_no_words_are_kept(store: SqlStore, case: int) -> None:
    message_id = _added(store, case, a_message(files=(LOG,)))
    with store.transaction() as tx:
        tx.messages.edit(message_id, "my password is …", [LOG], NOW + SECOND)
        tx.messages.delete(message_id, NOW + 2 * SECOND)
    message = _get(store, message_id)
    assert (message.text, message.files, message.deleted_at) == ("", (), NOW + 2 * SECOND)
    assert _wordings(store, message_id) == []
    with store.reading() as tx:
        assert tx.messages.find("C1", ts(NOW)) == message, "that it was there is known"


def test_what_was_deleted_stays_so(store: SqlStore, case: int) -> None:
    message_id = _added(store, case, a_message())
    with store.transaction() as tx:
        tx.messages.delete(message_id, NOW + SECOND)
        tx.messages.edit(message_id, "an edit from before, told of late", [LOG], NOW + 2 * SECOND)
        tx.messages.delete(message_id, NOW + 3 * SECOND)
    message = _get(store, message_id)
    assert (message.text, message.files, message.deleted_at) == ("", (), NOW + SECOND)
    assert _wordings(store, message_id) == []
    assert _add(store, case, a_message()) is None


def test_what_happens_to_one_message_happens_to_no_other(store: SqlStore, case: int) -> None:
    first, other = (_added(store, case, a_message(NOW + n * SECOND)) for n in range(2))
    before = _get(store, other)
    with store.transaction() as tx:
        tx.messages.edit(first, "changed", [], NOW + SECOND)
        tx.messages.delete(first, NOW + SECOND)
    assert _get(store, other) == before


# Replies of ours.


def test_a_reply_has_no_ts_until_slack_has_it(store: SqlStore, case: int) -> None:
    ana = Person("T1", "U9")
    with store.transaction() as tx:
        replies = [tx.messages.add_reply(case, "C1", ana, "On it", NOW) for _ in range(2)]
    reply = _get(store, replies[0])
    assert (reply.ts, reply.said_at, reply.text) == (None, NOW, "On it")
    assert (reply.author, reply.by_team, reply.files) == (ana, True, ())
    with store.transaction() as tx:
        tx.messages.posted(replies[0], Posted("C2", ts(NOW + SECOND)))
    wanted = replace(reply, channel_id="C2", ts=ts(NOW + SECOND), said_at=NOW + SECOND)
    with store.reading() as tx:
        assert tx.messages.find("C2", ts(NOW + SECOND)) == wanted
        assert tx.messages.get(replies[1]).ts is None


# What people wrote themselves.


def test_what_people_wrote_after_an_instant_is_told_in_the_order_of_its_rows(
    store: SqlStore, case: int
) -> None:
    """So that it can be seen which of it is no longer in Slack."""
    other = _open(store, "V2")
    at_it, late, later = (_added(store, case, a_message(NOW + n * SECOND)) for n in (1, 3, 2))
    _added(store, other, a_message(NOW + 4 * SECOND))
    with store.reading() as tx:
        assert tx.messages.written_since(case, NOW + SECOND) == [
            tx.messages.get(late),
            tx.messages.get(later),
        ]
        assert [m.id for m in tx.messages.written_since(case, NOW)] == [at_it, late, later]
        assert tx.messages.written_since(case, NOW + 3 * SECOND) == []


def test_what_was_taken_back_and_what_we_posted_was_not_written_by_people(
    store: SqlStore, case: int
) -> None:
    """What somebody of the team wrote in Slack was, though."""
    ana = Person("T1", "U9")
    gone = _added(store, case, a_message(NOW + SECOND))
    hers = _add(store, case, a_message(NOW + 2 * SECOND, author=ana), by_team=True)
    with store.transaction() as tx:
        tx.messages.delete(gone, NOW + 5 * SECOND)
        tx.messages.add_reply(case, "C1", ana, "On its way", NOW + 3 * SECOND)
        reply = tx.messages.add_reply(case, "C1", ana, "There", NOW + 4 * SECOND)
        tx.messages.posted(reply, Posted("C1", ts(NOW + 4 * SECOND)))
        assert [message.id for message in tx.messages.written_since(case, NOW)] == [hers]


# When something was said last.


def test_the_newest_message_of_a_case_is_the_one_said_last(store: SqlStore, case: int) -> None:
    other = _open(store, "V2")
    for after in (2 * SECOND, 3 * SECOND, SECOND):
        _added(store, case, a_message(NOW + after))
    _added(store, other, a_message(NOW + 9 * SECOND))
    with store.transaction() as tx:
        assert tx.messages.newest(case) == NOW + 3 * SECOND
        tx.messages.add_reply(case, "C1", CARLA, "On it", NOW + 4 * SECOND)
        assert tx.messages.newest(case) == NOW + 4 * SECOND


def test_nothing_was_said_yet_in_a_new_case(store: SqlStore, case: int) -> None:
    with store.reading() as tx:
        assert tx.messages.newest(case) is None
