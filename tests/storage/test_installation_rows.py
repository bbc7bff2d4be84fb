"""Installations, links and states: each link and each state serves one, whoever comes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

from making import NOW, SECOND

from bot.domain.installation import Ending, Installation, InstallLink, InstallState
from storage.store import SqlStore

ACME = Installation(
    "T2", "Acme", "C1", "sealed", "U2BOT", "U2", NOW, NOW, enterprise_id="E2", doubted_at=NOW
)
LINK = InstallLink("key", "C1", "U1", NOW + timedelta(days=7))
STATE = InstallState("key", "browser", NOW + timedelta(minutes=10))


def test_an_installation_is_kept_as_it_is(store: SqlStore) -> None:
    unchecked = replace(ACME, team_id="T3", enterprise_id="", checked_at=None)
    ended = unchecked.ended(NOW + SECOND, Ending.DISCONNECTED)
    with store.transaction() as tx:
        tx.installations.save(ACME)
        tx.installations.save(ended)
    with store.reading() as tx:
        assert tx.installations.get("T2") == ACME
        assert tx.installations.get("T3") == ended
        assert tx.installations.get("T4") is None
        assert tx.installations.active() == [ACME]
        assert tx.installations.active(["T3", "T4"]) == []
        assert tx.installations.active([]) == []


def test_a_workspace_has_one_installation(store: SqlStore) -> None:
    again = replace(ACME, sealed_token="newer", installed_at=NOW + SECOND)
    with store.transaction() as tx:
        tx.installations.save(ACME.ended(NOW, Ending.REMOVED))
        tx.installations.save(again)
        assert tx.installations.active() == [again]


def test_a_link_is_used_once_by_whoever_comes_first(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.installations.add_link(LINK)

    def use(_: int) -> bool:
        with store.transaction() as tx:
            return tx.installations.use_link("key", NOW)

    with ThreadPoolExecutor(4) as threads:
        assert sum(threads.map(use, range(8))) == 1
    with store.reading() as tx:
        assert tx.installations.link("key") == replace(LINK, used_at=NOW)
        assert tx.installations.link("other") is None


def test_the_links_of_a_channel_end_unless_they_were_used(store: SqlStore) -> None:
    used = replace(LINK, key="used", used_at=NOW)
    elsewhere = replace(LINK, key="elsewhere", channel_id="C2")
    expired = replace(LINK, key="expired", expires_at=NOW)
    with store.transaction() as tx:
        for link in (LINK, used, elsewhere, expired):
            tx.installations.add_link(link)
        assert tx.installations.end_links("C1", NOW) == 1
        assert tx.installations.end_links("C1", NOW) == 0
        assert tx.installations.link("key") is None
        assert tx.installations.link("used") == used
        assert tx.installations.link("elsewhere") == elsewhere


def test_a_state_is_taken_once_by_whoever_comes_first(store: SqlStore) -> None:
    """What slack_sdk's own store on PostgreSQL does not hold."""
    for n in range(10):
        state = f"state {n}"
        with store.transaction() as tx:
            tx.installations.add_state(state, STATE)

        def take(_: int, state: str = state) -> InstallState | None:
            with store.transaction() as tx:
                return tx.installations.take_state(state)

        with ThreadPoolExecutor(4) as threads:
            taken = [one for one in threads.map(take, range(4)) if one is not None]
        assert taken == [STATE]


def test_what_expired_is_forgotten(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.installations.add_link(LINK)
        tx.installations.add_state("state", STATE)
        assert tx.installations.purge(NOW + timedelta(minutes=10), 100) == 0
        assert tx.installations.purge(NOW + timedelta(minutes=11), 100) == 1
        assert tx.installations.take_state("state") is None
        assert tx.installations.link("key") == LINK
        assert tx.installations.purge(NOW + timedelta(days=8), 100) == 1


def test_they_follow_a_channel_to_its_new_id(store: SqlStore) -> None:
    with store.transaction() as tx:
        tx.installations.save(ACME)
        tx.installations.add_link(LINK)
        tx.rename_channel("C1", "C9")
        assert [one.channel_id for one in tx.installations.active()] == ["C9"]
        link = tx.installations.link("key")
        assert link is not None
        assert link.channel_id == "C9"
