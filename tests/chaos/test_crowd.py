"""Many people at the same second, and several who press the same thing at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from random import Random
from typing import TypeVar

import pytest
import sqlalchemy as sa
from crowd import ACKNOWLEDGE, SEVERITIES, STOPPED, Customer
from under_fire import Storm, UnderFire

from bot.sandbox import Channel, Message, Person
from storage import tables
from storage.database import Database

Result = TypeVar("Result")


def at_the_same_moment(acts: Iterable[Callable[[], Result]]) -> list[Result]:
    """Do all of it at once; what came of each."""
    todo = list(acts)
    line = threading.Barrier(len(todo))
    results: list[Result] = []

    def run(act: Callable[[], Result]) -> None:
        line.wait()
        results.append(act())

    threads = [threading.Thread(target=run, args=(act,)) for act in todo]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(todo)
    return results


def more_customers(site: UnderFire, count: int) -> list[tuple[Person, Channel]]:
    ws = site.workspace
    people = [ws.add_person(f"Customer {n}", guest=True) for n in range(count)]
    channels = (site.acme, site.globex)
    found = [(person, channels[n % 2]) for n, person in enumerate(people)]
    for person, channel in found:
        channel.members.append(person)
    return found


@pytest.mark.everyday
def test_sixty_four_customers_submit_at_the_same_second_and_each_has_a_case(
    storm: Storm, database_url: str
) -> None:
    with storm(database_url) as site:
        found = more_customers(site, 64)
        site.more_customers = found
        site.serve_alone()
        customers = [
            Customer(person, channel, site.journal, Random(n), site.over)
            for n, (person, channel) in enumerate(found)
        ]
        forms = [customer.begin(SEVERITIES[n % 4]) for n, customer in enumerate(customers)]
        at_the_same_moment(
            [lambda c=c, f=f: c.submit(*f) for c, f in zip(customers, forms, strict=True)]  # type: ignore[misc]
        )
        assert len(list(site.journal.accepted)) == 64


@pytest.mark.everyday(but="sqlite")
def test_of_several_who_acknowledge_at_once_one_has_it_and_it_rings_nobody_else(
    storm: Storm, database_url: str
) -> None:
    with storm(database_url) as site:
        page = _rung(site)
        press = site.journal.pressed("CASE-1001")
        replies = at_the_same_moment([lambda: site.ana.click(page, ACKNOWLEDGE)] * 8)
        assert all(reply.ok for reply in replies)
        press.done = datetime.now(UTC)
        site.come_to_rest()
        assert "You acknowledged it" in page.shown or "Ana acknowledged it" in page.shown


def test_several_who_escalate_at_once_ring_one_level_more_not_all(
    storm: Storm, database_url: str
) -> None:
    with storm(database_url, judged=False) as site:
        page = _rung(site)
        replies = at_the_same_moment([lambda: site.ana.click(page, "Escalate now")] * 8)
        assert all(reply.ok for reply in replies)
        site.come_to_rest()
        assert [len(site.pages(person)) for person in site.levels.values()] == [1, 1, 0]


def test_two_agents_who_answer_and_resolve_at_once_do_each_thing_once(
    storm: Storm, database_url: str
) -> None:
    with storm(database_url) as site:
        site.serve_alone()
        name = site.open_case("Business severely impacted")
        card: Message = site.workspace.wait_for(lambda: site.team_card(name))
        for person in (site.ana, site.ben):
            assert person.click(card, "Resolve").ok
        views = [person.modal for person in (site.ana, site.ben)]
        for view in views:
            assert view is not None
            view.fill({asked.block_id: "It works again." for asked in view.inputs})
        submissions = at_the_same_moment([view.submit for view in views if view is not None])
        assert len(submissions) == 2
        site.come_to_rest()
        news = [m for m in site.acme.messages if m.thread_ts and "esolved" in m.text]
        assert len(news) == 1
        assert _statuses(database_url) == ["resolved"]


def _statuses(database_url: str) -> list[str]:
    database = Database(database_url)
    try:
        with database.reading() as connection:
            return list(connection.execute(sa.select(tables.cases.c.status)).scalars())
    finally:
        database.dispose()


def _rung(site: UnderFire) -> Message:
    """The page of CASE-1001, which Ana has just got."""
    site.serve_alone()
    assert site.open_case(STOPPED) == "CASE-1001"
    page: Message = site.workspace.wait_for(lambda: next(iter(site.pages(site.ana)), None))
    return page
