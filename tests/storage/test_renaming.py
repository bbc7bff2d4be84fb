"""A channel that Slack calls by a new id: all that names it follows, and the old id leads to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from making import NOW, SECOND, a_case, a_draft, claim, keys, put

from bot.domain.case import Person, Place
from bot.domain.conversation import Said
from bot.domain.outbox import Delivered, MessageKind, Posted
from bot.domain.records import Channel, ChannelKind, Submission
from storage.store import SqlStore, SqlTransaction
from storage.tables import channel_aliases, metadata

OLD = Channel("G1", "T1", "acme", is_member=True, is_ext_shared=False)
NEW = replace(OLD, channel_id="C1", is_ext_shared=True)


def _rename(store: SqlStore, old_id: str = "G1", new_id: str = "C1") -> None:
    with store.transaction() as tx:
        tx.rename_channel(old_id, new_id)


def _everything(
    store: SqlStore, *, but: frozenset[sa.Table] = frozenset()
) -> dict[str, list[tuple[Any, ...]]]:
    with store.database.reading() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))]
            for table in metadata.sorted_tables
            if table not in but
        }


def _all_but_aliases(store: SqlStore) -> dict[str, list[tuple[Any, ...]]]:
    return _everything(store, but=frozenset({channel_aliases}))


def _submission(channel_id: str) -> Submission:
    return Submission(Person("T2", "U1"), Place("T1", channel_id), "V1", {}, NOW)


def _live_a_while(store: SqlStore, channel: Channel) -> int:
    """A case from that channel, its card, something said, and more on its way; its number."""
    place = Place("T1", channel.channel_id)
    with store.transaction() as tx:
        tx.roster.learn_channel(channel, NOW)
        tx.submissions.add(_submission(channel.channel_id), {})
        case, _ = tx.cases.open(a_case("V1", place=place))
        tx.cases.save(replace(case, thread_ts="1.000001"))
        said = Said(place.channel_id, "1.000001", "2.000002", case.reporter, "It is down")
        tx.messages.add(case.number, said, by_team=False)
    about: dict[str, Any] = {"subject": case.name, "channel_id": place.channel_id}
    put(store, a_draft("card", **about))
    [card] = claim(store, gap=SECOND)
    with store.transaction() as tx:
        tx.outbox.settle(card, Delivered(Posted(place.channel_id, "1.000001")), NOW)
    put(
        store,
        a_draft("reply", thread_of=card.id, **about),
        a_draft("edit", edits=card.id, **about),
    )
    return case.number


def test_nothing_but_the_alias_names_the_old_id_any_more(store: SqlStore) -> None:
    _live_a_while(store, OLD)
    assert "G1" in str(_all_but_aliases(store)), "or the next would say nothing"
    _rename(store)
    assert "G1" not in str(_all_but_aliases(store))
    assert _everything(store)["channel_aliases"] == [("G1", "C1")]


def test_a_case_and_its_thread_are_found_by_the_new_id(store: SqlStore) -> None:
    number = _live_a_while(store, OLD)
    _rename(store)
    with store.reading() as tx:
        assert tx.cases.in_thread("C1", "1.000001") == number
        assert tx.cases.get(number).place == Place("T1", "C1")
        assert tx.messages.find("C1", "2.000002") is not None
        assert tx.roster.channel("C1") == replace(OLD, channel_id="C1", joined_at=NOW)


@pytest.mark.parametrize(
    ("renamings", "present"),
    [
        ([("G1", "C1")], "C1"),
        ([("G1", "C1"), ("C1", "C2")], "C2"),
        ([("G1", "C1"), ("C1", "C2"), ("C2", "C3")], "C3"),
        ([("G1", "C1"), ("C1", "G1")], "G1"),
        ([("G1", "C1"), ("C1", "C2"), ("C2", "G1")], "G1"),
        ([("G1", "C1"), ("C1", "G1"), ("G1", "C1")], "C1"),
    ],
    ids=["once", "twice", "three times", "there and back", "round", "there, back and there"],
)
def test_a_channel_is_found_by_every_id_that_it_ever_had(
    store: SqlStore, renamings: list[tuple[str, str]], present: str
) -> None:
    """Forms that were open then name an old one; what they say is stored under the present one."""
    with store.transaction() as tx:
        tx.roster.learn_channel(OLD, NOW)
    for old_id, new_id in renamings:
        _rename(store, old_id, new_id)
    now_known = replace(OLD, channel_id=present, joined_at=NOW)
    with store.transaction() as tx:
        for id_of_then in {channel_id for renaming in renamings for channel_id in renaming}:
            assert tx.roster.channel(id_of_then) == now_known
            stored, _ = tx.submissions.get(tx.submissions.add(_submission(id_of_then), {}))
            assert stored.place == Place("T1", present)
    aliases = _everything(store)["channel_aliases"]
    assert present not in [old_id for old_id, _ in aliases], "what it is called is no alias"


def test_an_id_that_leads_to_one_channel_leads_to_no_other(store: SqlStore) -> None:
    other = replace(OLD, channel_id="C5", name="globex")
    with store.transaction() as tx:
        tx.roster.learn_channel(OLD, NOW)
        tx.roster.learn_channel(other, NOW)
    _rename(store)
    _rename(store, "G5", "C5")
    with store.transaction() as tx:
        for old_id, new_id in (("G1", "C1"), ("G5", "C5"), ("C9", "C9")):
            stored, _ = tx.submissions.get(tx.submissions.add(_submission(old_id), {}))
            assert stored.place.channel_id == new_id
        assert tx.roster.channel("G5") == replace(other, joined_at=NOW)
        assert tx.roster.channel("C9") is None


def test_what_is_on_its_way_goes_to_the_new_id_in_its_order(store: SqlStore) -> None:
    number = _live_a_while(store, OLD)
    _rename(store)
    put(store, a_draft("a later one", subject=f"CASE-{number}", channel_id="C1"))
    later = NOW + SECOND
    [reply] = claim(store, later)
    assert (reply.channel_id, reply.thread_ts) == ("C1", "1.000001")
    with store.transaction() as tx:
        tx.outbox.settle(reply, Delivered(Posted("C1", "3.000003")), NOW)
    edit, other = claim(store, later)
    assert (edit.channel_id, edit.original) == ("C1", Posted("C1", "1.000001"))
    assert keys([other]) == ["a later one"], "nothing new waits for a redraw"


def test_a_channel_keeps_its_pace_under_its_new_id(store: SqlStore) -> None:
    put(store, a_draft("first", channel_id="G1"))
    claim(store, gap=SECOND)
    _rename(store)
    put(store, a_draft("second", channel_id="C1"))
    assert claim(store, gap=SECOND) == []
    assert keys(claim(store, NOW + SECOND, gap=SECOND)) == ["second"]


def test_other_channels_stay_what_they_are(store: SqlStore) -> None:
    number = _live_a_while(store, replace(OLD, channel_id="C2"))
    before = _all_but_aliases(store)
    _rename(store)
    assert _all_but_aliases(store) == before
    with store.reading() as tx:
        assert tx.cases.get(number).place.channel_id == "C2"


def test_of_a_channel_that_came_first_under_its_new_id_the_team_knows_what_it_said_of_the_old(
    store: SqlStore,
) -> None:
    """Of what Slack says, the newer is believed."""
    with store.transaction() as tx:
        tx.roster.learn_channel(OLD, NOW)
        tx.roster.describe_channel("G1", "Acme Ltd", ChannelKind.PARTNER)
        tx.roster.learn_channel(NEW, NOW + SECOND)
        tx.rename_channel("G1", "C1")
    of_both = replace(NEW, account="Acme Ltd", kind=ChannelKind.PARTNER, joined_at=NOW + SECOND)
    with store.reading() as tx:
        assert tx.roster.channel("C1") == of_both
        assert tx.roster.channel("G1") == of_both
    assert len(_everything(store)["channels"]) == 1


@pytest.mark.parametrize(
    "again",
    [lambda tx: tx.rename_channel("G1", "C1"), lambda tx: tx.rename_channel("C1", "C1")],
    ids=["the same again", "to itself"],
)
def test_a_renaming_that_has_nothing_to_rename_changes_nothing(
    store: SqlStore, again: Callable[[SqlTransaction], None]
) -> None:
    _live_a_while(store, OLD)
    _rename(store)
    before = _everything(store)
    with store.transaction() as tx:
        again(tx)
    assert _everything(store) == before


def test_of_an_id_that_nothing_names_it_is_remembered_what_it_means_now(store: SqlStore) -> None:
    """Forms may be open there all the same."""
    _live_a_while(store, replace(OLD, channel_id="C1"))
    before = _all_but_aliases(store)
    _rename(store, "G9", "C1")
    assert _all_but_aliases(store) == before
    with store.reading() as tx:
        assert tx.roster.channel("C1") is not None
        assert tx.roster.channel("G9") == tx.roster.channel("C1")


def test_a_message_of_a_person_is_of_no_channel(store: SqlStore) -> None:
    put(store, a_draft("page", kind=MessageKind.PAGE, channel_id=None, user_id="U1"))
    _rename(store)
    [page] = claim(store)
    assert (page.channel_id, page.user_id) == (None, "U1")
