"""Killed by SIGKILL, again and again, at every boundary and at any moment, while people use it."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from oracle import judge
from under_fire import under_fire

SEED = int(os.environ.get("CASEBELL_SEED", random.randrange(10_000)))
pytestmark = pytest.mark.timeout(1800)


@pytest.mark.parametrize(
    "kills", [15, pytest.param(500, marks=pytest.mark.chaos)], ids=["a few times", "500 times"]
)
def test_whatever_is_killed_nothing_is_lost_and_nothing_is_doubled(
    database_url: str, tmp_path: Path, kills: int
) -> None:
    print(f"CASEBELL_SEED={SEED}")
    with under_fire(database_url, tmp_path, SEED) as site:
        with site.crowd():
            site.storm(kills)
        site.come_to_rest()
        verdict = judge(site)
        print(verdict)
        assert not verdict.objections, str(verdict)
