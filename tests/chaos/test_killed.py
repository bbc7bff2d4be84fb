"""Killed by SIGKILL, again and again, at every boundary and at any moment, while people use it."""

from __future__ import annotations

import pytest
from under_fire import VITAL, Storm


@pytest.mark.everyday
@pytest.mark.parametrize(
    "kills", [12, pytest.param(500, marks=pytest.mark.chaos)], ids=["a few times", "500 times"]
)
def test_whatever_kills_it_no_case_is_lost_and_nothing_is_doubled(
    storm: Storm, database_url: str, kills: int
) -> None:
    with storm(database_url) as site:
        # A process that lives for a second at most does not send what ten a second would open.
        with site.crowd(pause=(1, 6)):
            site.storm(kills)
        if kills == 500:
            assert set(VITAL) <= site.killed.keys()
            assert len(site.killed) > 120, "boundaries it died at"
            assert len(site.missed) < len(site.tried) / 4, site.missed
