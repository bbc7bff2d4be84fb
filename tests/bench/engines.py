"""10,000 due rows on PostgreSQL: one engine process, two, four; none decided twice.

Each row is a warning of a case's response clock, decided by Casebell's own decider: the case is
locked and read, the warning goes on its timeline, the team's news of it into the outbox. A process
that decided one twice would count it twice, and the rows in the database are counted too.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.engine.engine import TAKEN_ELSEWHERE
from storage.database import Database
from tests.bench.databases import postgresql
from tests.bench.engine_parts import due_timers, services
from tests.bench.many import add_cases, count
from tests.bench.measuring import REPETITIONS, Spread, duration, in_turn, times
from tests.bench.table import Curve, Line, Measured, Picture
from tests.scenarios.processes import ROOT

TITLE = "engine processes on PostgreSQL"
ENGINES = (1, 2, 4)


def measure(*, quick: bool) -> Measured:
    rows = 200 if quick else 10_000
    with postgresql() as new_database:
        found = in_turn(
            [partial(_seconds, new_database, rows, engines) for engines in ENGINES],
            repetitions=1 if quick else REPETITIONS,
            warm_up=False,
        )
    alone = found[0]
    lines = []
    for engines, seconds in zip(ENGINES[1:], found[1:], strict=True):
        ratio = Spread.of_ratios(alone, seconds)
        lines.append(
            Line(
                f"{rows:,} due rows, {engines} engine processes, PostgreSQL; none decided twice",
                Spread.of(seconds).text(duration),
                f"one process {Spread.of(alone).text(duration)}",
                f"{ratio.text(times)} faster",
                "faster" if engines == ENGINES[-1] else "",
                ratio.median > 1 if engines == ENGINES[-1] else None,
            )
        )
    speeds = [
        (n, rows / Spread.of(seconds).median) for n, seconds in zip(ENGINES, found, strict=True)
    ]
    curve = Curve("rows decided a second", speeds)
    return Measured(lines, (), [Picture("Engines", "processes", "rows/s", [curve], log_up=False)])


def _seconds(new_database: Callable[[], str], rows: int, engines: int) -> float:
    """From the word to go until the last process finds nothing more."""
    url = new_database()
    database = Database(url)
    due_at = datetime.now(UTC) + timedelta(days=1)
    add_cases(database, rows, due_at, percent=50, at=datetime.now(UTC))
    processes = [_start(url) for _ in range(engines)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    begun = time.perf_counter()
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate()[0] for process in processes]
    took = time.perf_counter() - begun
    decided = sum(json.loads(answer)["decided"] for answer in answers)
    warned, told = count(database, "timeline", "kind = 'warned'"), count(database, "outbox")
    open_timers = count(database, "timers", "done_at IS NULL")
    database.dispose()
    assert (decided, warned, told, open_timers) == (rows, rows, rows, 0)
    return took


def _start(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.engines", url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def work(url: str) -> None:
    """An engine process: decide what is due until nothing is."""
    database = Database(url)
    due = due_timers(services(database))
    with database.reading():
        pass  # connected
    print("ready", flush=True)
    sys.stdin.readline()
    decided = 0
    while True:
        taken = due.run()
        decided += taken
        if not taken:
            if not count(database, "timers", "done_at IS NULL"):
                break
            time.sleep(TAKEN_ELSEWHERE.total_seconds())  # as the engine does
    print(json.dumps({"decided": decided}))
    database.dispose()


if __name__ == "__main__":
    work(sys.argv[1])
