"""Measuring: samples, what is typical of them, and sides that take turns within one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

REPETITIONS = 5


@dataclass(frozen=True)
class Spread:
    """What repetitions gave: the median, and the least and the most as the noise."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(statistics.median(values), min(values), max(values))

    @classmethod
    def of_ratios(cls, ours: Sequence[float], theirs: Sequence[float]) -> Spread:
        """Repetition by repetition, so that what slows both for a while cancels out."""
        return cls.of([one / other for one, other in zip(ours, theirs, strict=True)])

    def text(self, show: Callable[[float], str]) -> str:
        """Such as "1.9 ms (1.8..2.4)"."""
        low, high = (show(value).split(" ")[0] for value in (self.low, self.high))
        if len({show(value).split(" ")[-1] for value in (self.low, self.high, self.median)}) > 1:
            low, high = show(self.low), show(self.high)
        return f"{show(self.median)} ({low}..{high})"


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * percent // 100) - 1))]


def in_turn(
    sides: Sequence[Callable[[], float]], *, repetitions: int, warm_up: bool = True
) -> list[list[float]]:
    """Each side's results; the sides take turns, and every other round the other way round."""
    if warm_up:
        for side in sides:
            side()
    found: list[list[float]] = [[] for _ in sides]
    for number in range(repetitions):
        order = range(len(sides)) if number % 2 == 0 else reversed(range(len(sides)))
        for index in order:
            found[index].append(sides[index]())
    return found


def peak_memory(pid: int | str) -> int:
    """The most bytes that a process held at once; what it was forked from does not count."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def seconds_of(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def duration(seconds: float) -> str:
    """With the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def times(ratio: float) -> str:
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:,.0f}x"


def megabytes(count: float) -> str:
    """Of a count of bytes."""
    return f"{count / 1e6:.0f} MB"
