"""The oracle objects: each kind of harm, done by hand to what an honest play left, is seen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from crowd import ACKNOWLEDGE, STOPPED
from journal import Outage
from oracle import judge
from under_fire import Storm, UnderFire

from bot.sandbox import Conversation, Message
from storage import tables
from storage.database import Database

pytestmark = pytest.mark.everyday
NAME = "CASE-1001"
Harm = AbstractContextManager[None]


def test_the_oracle_objects_to_every_kind_of_harm(storm: Storm, sqlite_url: str) -> None:
    with storm(sqlite_url, judged=False) as site:
        site.serve_alone()
        assert site.open_case(STOPPED) == NAME
        site.workspace.wait_for(lambda: site.pages(site.ana))
        time.sleep(2)
        press = site.journal.pressed(NAME)
        assert site.ana.click(site.pages(site.ana)[0], ACKNOWLEDGE).ok
        press.done = datetime.now(UTC)
        site.come_to_rest()
        assert not judge(site).objections, "nothing is wrong"
        for harm, words in HARM.items():
            with harm(site):
                found = judge(site).objections
            assert any(words in objection for objection in found), (harm.__name__, found)
        assert not judge(site).objections, "and nothing is again"


@contextmanager
def _without(room: Conversation, message: Message) -> Iterator[None]:
    index = room.messages.index(message)
    room.messages.remove(message)
    yield
    room.messages.insert(index, message)


@contextmanager
def _with(room: Conversation, message: Message) -> Iterator[None]:
    room.messages.append(message)
    yield
    room.messages.remove(message)


@contextmanager
def _with_words(site: UnderFire, summary: str) -> Iterator[None]:
    """The case is stored with other words."""
    database = Database(site.database_url)
    with database.transaction() as connection:
        before = connection.execute(sa.select(tables.cases.c.summary)).scalar_one()
        connection.execute(sa.update(tables.cases).values(summary=summary))
    yield
    with database.transaction() as connection:
        connection.execute(sa.update(tables.cases).values(summary=before))
    database.dispose()


def _card(site: UnderFire) -> Message:
    card = site.card_of(NAME)
    assert card is not None
    return card


def _page(site: UnderFire) -> Message:
    return site.pages(site.ana)[0]


def _said(site: UnderFire, text: str) -> Message:
    return replace(_card(site), text=text, blocks=[], edits=[], metadata=None)


def card_missing(site: UnderFire) -> Harm:
    return _without(site.acme, _card(site))


def card_doubled(site: UnderFire) -> Harm:
    return _with(site.acme, _card(site))


def notice_doubled(site: UnderFire) -> Harm:
    return _with(site.team, next(m for m in site.team.messages if m.metadata))


def case_lost(site: UnderFire) -> Harm:
    return _with_words(site, "something else")


@contextmanager
def page_missing(site: UnderFire) -> Iterator[None]:
    press = site.journal.pressed(NAME)
    before = press.begun
    press.begun += timedelta(seconds=30)
    with _without(site.ana.dm, _page(site)):
        yield
    press.begun = before


@contextmanager
def page_late(site: UnderFire) -> Iterator[None]:
    page = _page(site)
    late = replace(page, ts=f"{float(page.ts) + 11:.6f}")
    with _without(site.ana.dm, page), _with(site.ana.dm, late):
        yield


@contextmanager
def page_late_in_a_storm(site: UnderFire) -> Iterator[None]:
    """No stretch of calm was long, but together they were long enough."""
    due = datetime.fromtimestamp(float(_page(site).ts), UTC)
    gusts = [due + timedelta(seconds=n) for n in range(0, 240, 2)]
    site.journal.outages = [Outage(gone, gone + timedelta(seconds=1)) for gone in gusts]
    late = replace(_page(site), ts=f"{float(_page(site).ts) + 239:.6f}")
    with _without(site.ana.dm, _page(site)), _with(site.ana.dm, late):
        yield
    site.journal.outages = []


def page_doubled(site: UnderFire) -> Harm:
    return _with(site.ana.dm, _page(site))


@contextmanager
def nothing_accepted(site: UnderFire) -> Iterator[None]:
    (form,) = site.journal.forms
    form.name = ""
    yield
    form.name = NAME


def page_after_acknowledgement(site: UnderFire) -> Harm:
    done = site.journal.pressed(NAME).done
    assert done is not None
    again = {"event_payload": {"key": "another"}}
    at = f"{done.timestamp() + 60:.6f}"
    return _with(site.ana.dm, replace(_page(site), ts=at, metadata=again))


def page_to_somebody_else(site: UnderFire) -> Harm:
    again = {"event_payload": {"key": "another"}}
    return _with(site.ben.dm, replace(_page(site), metadata=again))


def internal_words_shown(site: UnderFire) -> Harm:
    return _with(site.acme, _said(site, "You are on call as secondary"))


def words_of_another_shown(site: UnderFire) -> Harm:
    return _with(site.acme, _said(site, "word987654321x"))


HARM: dict[Callable[[UnderFire], Harm], str] = {
    card_missing: "0 cards",
    card_doubled: "2 cards",
    notice_doubled: "2 times",
    case_lost: "was accepted as CASE-1001, and stored: []",
    page_missing: "never rang Ana",
    page_late: "late",
    page_late_in_a_storm: "late",
    page_doubled: "1 pages too many",
    nothing_accepted: "no case was accepted",
    page_after_acknowledgement: "after it was acknowledged",
    page_to_somebody_else: "rang Ben",
    internal_words_shown: "reads 'on call'",
    words_of_another_shown: "another customer's",
}
