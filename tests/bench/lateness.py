"""1,000 timers due at one instant: how late each is, beside APScheduler's SQLAlchemyJobStore.

Each side is a process of its own over an SQLite file of its own, with everything written before
the instant comes. APScheduler gets the setting without which it drops what is a second late
(`misfire_grace_time=None`); what its defaults do is told in a note. Ours counts as fired when the
transaction that decided it is committed, a job when its function runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.measuring import REPETITIONS, Spread, duration, megabytes, percentile, times
from tests.bench.table import Line, Measured
from tests.scenarios.processes import ROOT

TITLE = "1,000 timers due at once"
TO_REACH, SHARE = 0.1, 1 / 20


def measure(*, quick: bool) -> Measured:
    count = 50 if quick else 1_000
    ours, theirs = [], []
    for _ in range(1 if quick else REPETITIONS):
        ours.append(_run("casebell", count))
        theirs.append(_run("apscheduler", count))
    defaults = _run("apscheduler-defaults", count)
    late, others = ([percentile(run["late"], 99) for run in runs] for runs in (ours, theirs))
    fired, fired_there = (min(len(run["late"]) for run in runs) for runs in (ours, theirs))
    ratio = Spread.of_ratios(late, others)
    memory, memory_there = (
        Spread.of([run["peak"] for run in runs]).text(megabytes) for runs in (ours, theirs)
    )
    lines = [
        Line(
            f"{count:,} timers due at once: fired",
            f"{fired:,} of {count:,}",
            f"APScheduler's job store {fired_there:,}",
            "",
            "all",
            fired == count,
        ),
        Line(
            f"{count:,} timers due at once: p99 lateness",
            Spread.of(late).text(duration),
            f"APScheduler's job store {Spread.of(others).text(duration)}",
            f"1/{1 / ratio.median:.0f} (1/{1 / ratio.low:.0f}..1/{1 / ratio.high:.0f})",
            f"{duration(TO_REACH)} and 1/{1 / SHARE:.0f}",
            Spread.of(late).median < TO_REACH and ratio.median <= SHARE,
        ),
        Line(
            f"{count:,} timers due at once: peak memory",
            memory,
            f"APScheduler's job store {memory_there}",
            times(Spread.of_ratios([r["peak"] for r in ours], [r["peak"] for r in theirs]).median),
            "",
            None,
        ),
    ]
    notes = [
        f"With APScheduler's defaults (a job may be 1 s late), {len(defaults['late']):,} of"
        f" {count:,} jobs ran; the others were dropped."
    ]
    return Measured(lines, notes)


def _run(side: str, count: int) -> Mapping[str, Any]:
    """What a fresh process measured."""
    with tempfile.TemporaryDirectory(prefix="casebell-bench-") as folder:
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.lateness_process", side, str(count), folder],
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # APScheduler logs each job that it drops
            text=True,
        )
        assert list(Path(folder).iterdir())
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found
