"""Killed by SIGKILL, again and again, at every boundary and at any moment, while people use it."""

from __future__ import annotations

import pytest
from under_fire import Storm


@pytest.mark.everyday
@pytest.mark.parametrize(
    "kills", [15, pytest.param(500, marks=pytest.mark.chaos)], ids=["a few times", "500 times"]
)
def test_whatever_kills_it_no_case_is_lost_and_nothing_is_doubled(
    storm: Storm, database_url: str, kills: int
) -> None:
    with storm(database_url) as site:
        # A process that lives for a second at most does not send what ten a second would open.
        with site.crowd(pause=(1, 6)):
            site.storm(kills)
        assert kills < 500 or len(site.killed) > 80, "boundaries it died at"
