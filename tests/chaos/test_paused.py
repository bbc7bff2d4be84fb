"""Several processes on PostgreSQL, one of them frozen in the middle and woken again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from journal import Outage
from under_fire import Armed, Storm, UnderFire

from storage.database import HOLDS_NO_LONGER

# Until PostgreSQL takes back what a frozen process holds, and the lease of its messages ends.
HELD = timedelta(milliseconds=HOLDS_NO_LONGER["idle_in_transaction_session_timeout"]) + timedelta(
    seconds=8
)
A_MINUTE = 60.0


def test_of_two_web_and_two_engine_processes_any_may_freeze(
    storm: Storm, postgres_url: str
) -> None:
    with storm(postgres_url) as site:
        webs = [site.launch("web"), site.launch("web")]
        engines = [site.launch("engine"), site.launch("engine")]
        for web in webs:
            assert web.wait_until_healthy()
        with site.crowd(), _balanced(site, webs) as serving:
            for process in (*webs, *engines):
                time.sleep(1)
                _freeze(site, process, serving, A_MINUTE)
            time.sleep(1)
        assert all(process.is_alive for process in (*webs, *engines))


def _freeze(site: UnderFire, process: Armed, serving: list[Armed], seconds: float) -> None:
    """What is under way in it stays so; new requests go elsewhere as soon as it is silent."""
    was_serving = process in serving
    frozen = datetime.now(UTC)
    process.freeze()
    if was_serving:
        serving.remove(process)
    time.sleep(seconds)
    site.journal.outages.append(Outage(frozen, min(datetime.now(UTC), frozen + HELD)))
    process.thaw()
    if was_serving:
        serving.append(process)


@contextmanager
def _balanced(site: UnderFire, webs: list[Armed]) -> Iterator[list[Armed]]:
    """Let Slack speak to each web process in turn, as through a balancer."""
    serving = list(webs)
    over = threading.Event()

    def turn() -> None:
        while not over.wait(0.05):
            site.send_to(site.random.choice(tuple(serving)))

    balancer = threading.Thread(target=turn, daemon=True)
    balancer.start()
    yield serving
    over.set()
    balancer.join()
