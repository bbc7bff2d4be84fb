"""Months of maintenance at random: each notice once to each channel that follows, none that is stale.

`CASEBELL_SEED=7 python -m pytest -s tests/scenarios/test_months.py` lives through other ones.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from months_journal import Entry
from months_oracle import judge
from months_story import MonthsStory

YEAR = (datetime(2026, 11, 9, 12, tzinfo=UTC), datetime(2027, 11, 15, 12, tzinfo=UTC))
DENSE = (datetime(2026, 12, 10, 12, tzinfo=UTC), datetime(2027, 1, 20, 12, tzinfo=UTC))
SEEDS = [int(os.environ["CASEBELL_SEED"])] if "CASEBELL_SEED" in os.environ else [1]


def objections(journal: list[Entry], seed: int) -> tuple[str, Counter[str]]:
    found, counts = judge(journal)
    words = "\n".join([f"CASEBELL_SEED={seed}: {len(found)} objections", *found[:20]])
    return (words if found else ""), counts


@pytest.mark.timeout(300)
def test_months(database_url: str, tmp_path: Path) -> None:
    seed = SEEDS[0]
    story = MonthsStory(database_url, seed, *DENSE, tmp_path)
    wrong, counts = objections(story.tell(), seed)
    print(*(f"{n:6} {what}" for what, n in sorted(counts.items())), sep="\n")
    assert not wrong, wrong
