"""Looking for due work where none is due: a whole tick of the engine, over more and more rows.

A tick asks for due timers and due messages, and when the next of either will be.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from bot.engine.engine import Engine
from storage.database import Database
from tests.bench.databases import KINDS
from tests.bench.engine_parts import engine
from tests.bench.many import add_timers
from tests.bench.measuring import REPETITIONS, Spread, duration, in_turn, percentile, times
from tests.bench.table import Curve, Line, Measured, Picture

TITLE = "looking for due work, none due"
ROWS = (1_000, 100_000, 1_000_000)
TO_REACH = 1.3


def measure(
    *, quick: bool, rows: Sequence[int] | None = None, kinds: Sequence[str] = tuple(KINDS)
) -> Measured:
    rows = rows or ((1_000, 10_000) if quick else ROWS)
    lines, curves = [], []
    for kind in kinds:
        with KINDS[kind]() as new_database:
            databases = [Database(new_database()) for _ in rows]
            for database, count in zip(databases, rows, strict=True):
                add_timers(database, count, datetime.now(UTC) + timedelta(days=1))
            engines = [engine(database) for database in databases]
            for one, _ in engines:
                assert one.timers.run() == 0  # unlike a tick, it raises what goes wrong
            found = in_turn(
                [partial(_tick, one, 20 if quick else 200) for one, _ in engines],
                repetitions=1 if quick else 2 * REPETITIONS - 1,
            )
            for _, deliverer in engines:
                deliverer.stop()
            for database in databases:
                database.dispose()
        fewest = found[0]
        for count, ticks in zip(rows[1:], found[1:], strict=True):
            ratio = Spread.of_ratios(ticks, fewest)
            lines.append(
                Line(
                    f"looking for due work, {count:,} open timers, {kind}",
                    Spread.of(ticks).text(duration),
                    f"{rows[0]:,} timers {Spread.of(fewest).text(duration)}",
                    ratio.text(times),
                    f"{TO_REACH}x",
                    ratio.median <= TO_REACH,
                )
            )
        medians = [Spread.of(ticks).median * 1e3 for ticks in found]
        curves.append(Curve(kind, list(zip(rows, medians, strict=True))))
    picture = Picture("Looking for due work", "open timers, none due", "ms", curves, log_up=False)
    return Measured(lines, (), [picture])


def _tick(one: Engine, count: int) -> float:
    """Seconds for a tick, typically."""
    took = []
    for _ in range(count):
        begun = time.perf_counter()
        sleep = one.tick()
        took.append(time.perf_counter() - begun)
        assert sleep > timedelta(0)
    return percentile(took, 50)
