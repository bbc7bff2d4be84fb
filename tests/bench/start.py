"""From nothing to the first 200 of `/healthz`: import, set up, serve; and how much memory it took.

The database is there and migrated, as at every start but the first. Both ask Slack once who they
are before they serve.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request

from tests.bench.measuring import (
    REPETITIONS,
    Spread,
    duration,
    in_turn,
    megabytes,
    peak_memory,
    times,
)
from tests.bench.stage import BareProcess, Stage, stage
from tests.bench.table import Line, Measured
from tests.scenarios.processes import Process

TITLE = "import and start to `/healthz`"
TO_REACH = 2.5
# By -X importtime and cProfile, on the machine of the table.
WHY = (
    "by the profile, nine tenths of it is importing: SQLAlchemy 0.15 s, pydantic with its settings"
    " and the policy's shapes 0.12 s, Bolt 0.09 s as in the bare app, the rest Casebell's own"
    " modules, mostly their 285 dataclasses. It was 1.9 s before Alembic, the driver of PostgreSQL,"
    " the calendar's library and 250 countries' holidays were left to those who need them."
)


def measure(*, quick: bool) -> Measured:
    memory: dict[str, list[float]] = {"Casebell": [], "bare": []}
    with stage() as on:
        ours, bare = in_turn(
            [lambda: _start(on, "Casebell", memory), lambda: _start(on, "bare", memory)],
            repetitions=1 if quick else 2 * REPETITIONS - 1,
        )
    ratio = Spread.of_ratios(ours, bare)
    used = {name: Spread.of(peaks).text(megabytes) for name, peaks in memory.items()}
    lines = [
        Line(
            "import and start to `/healthz`",
            Spread.of(ours).text(duration),
            f"bare Bolt {Spread.of(bare).text(duration)}",
            ratio.text(times),
            f"{TO_REACH}x",
            ratio.median <= TO_REACH,
            WHY,
        ),
        Line(
            "peak memory of that process",
            used["Casebell"],
            f"bare Bolt {used['bare']}",
            times(Spread.of_ratios(memory["Casebell"], memory["bare"]).median),
            "",
            None,
        ),
    ]
    return Measured(lines)


def _start(on: Stage, side: str, memory: dict[str, list[float]]) -> float:
    """Seconds until it is healthy; then it is stopped."""
    make = Process if side == "Casebell" else BareProcess
    process = make("run", on.site.environment, on.site.folder)
    begun = time.perf_counter()
    process.start(wait=False)
    on.site.processes.append(process)
    address = f"http://127.0.0.1:{process.port}/healthz"
    while not _is_up(address):
        assert time.perf_counter() - begun < 60, f"{side} did not come up"
        time.sleep(0.002)
    took = time.perf_counter() - begun
    assert process.process is not None
    memory[side].append(peak_memory(process.process.pid))
    process.process.terminate()
    process.process.wait()
    on.site.processes.remove(process)
    return took


def _is_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except (OSError, urllib.error.URLError):
        return False
