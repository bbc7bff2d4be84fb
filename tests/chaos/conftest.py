"""What every storm has: a seed that is printed, and a site that is judged when it is over."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from evidence import evidence
from oracle import judge
from under_fire import Storm, UnderFire, under_fire

SEED = int(os.environ.get("CASEBELL_SEED", random.randrange(10_000)))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Storms are for `make chaos`, but for those marked as everyday, on one database."""
    for item in items:
        if "storm" not in getattr(item, "fixturenames", ()):
            continue
        item.add_marker(pytest.mark.timeout(1800))
        everyday = item.get_closest_marker("everyday")
        database = item.callspec.params.get("database_url") if hasattr(item, "callspec") else None
        if everyday is None or database == everyday.kwargs.get("but", "postgres"):
            item.add_marker(pytest.mark.chaos)


@pytest.fixture
def storm(tmp_path: Path, request: pytest.FixtureRequest) -> Storm:
    """A site to play with; when the play is over it comes to rest and is judged."""

    @contextmanager
    def play(
        database_url: str, *, socket_mode: bool = False, judged: bool = True
    ) -> Iterator[UnderFire]:
        with under_fire(database_url, tmp_path, SEED, socket_mode=socket_mode) as site:
            try:
                yield site
                if not judged:
                    return
                site.come_to_rest()
                verdict = judge(site)
                print(evidence(database_url, verdict.objections))
                request.node.user_properties.append(("storm", f"seed {SEED}: {verdict}"))
                assert not verdict.objections, f"CASEBELL_SEED={SEED}\n{verdict}"
            except BaseException:
                print(f"CASEBELL_SEED={SEED}\n{site.log.read_text()[-20_000:]}")
                raise

    return play
