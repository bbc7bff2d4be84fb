"""A response deadline on aware datetimes, beside the two libraries that one would take for it.

Each side gets its recommended use, warmed up: objects made once, holidays as a ready set, and
pandas its own Timestamps. What they answer is compared before anything is timed.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from functools import partial

from bot.domain.response_clock import Target, Unit, due_at
from bot.domain.support_hours import SupportHours
from bot.policy import load_policy
from tests.bench.measuring import REPETITIONS, Spread, duration, in_turn, times
from tests.bench.table import Curve, Line, Measured, Picture

TITLE = "a response deadline on aware datetimes"
LENGTHS = (4, 40, 400, 2000)
OPENING, CLOSING = wall_time(7), wall_time(18)
NO_SLOWER = 1.05  # what runs of one and the same thing differ by

Deadline = Callable[[datetime], datetime]
Peer = Callable[[int, SupportHours], Deadline]


def businesstimedelta(length: int, hours: SupportHours) -> Deadline:
    """As its README has it: a rule of working days, less the holidays, and a delta to add."""
    import pytz  # noqa: PLC0415 - only where the peers are installed
    from businesstimedelta import BusinessTimeDelta, HolidayRule, Rules, WorkDayRule  # noqa: PLC0415

    zone = pytz.timezone(str(hours.zone))
    workdays = WorkDayRule(OPENING, CLOSING, [0, 1, 2, 3, 4], tz=zone)
    delta = BusinessTimeDelta(
        Rules([workdays, HolidayRule(_holidays(hours), tz=zone)]), hours=length
    )
    return lambda at: at + delta


def pandas(length: int, hours: SupportHours) -> Deadline:
    """An offset of so many business hours, made once, added to a Timestamp."""
    import pandas as pd  # noqa: PLC0415

    offset = pd.offsets.CustomBusinessHour(
        n=length, start="07:00", end="18:00", holidays=sorted(_holidays(hours))
    )
    zone = str(hours.zone)
    ready: dict[datetime, pd.Timestamp] = {}

    def deadline(at: datetime) -> datetime:
        if at not in ready:
            ready[at] = pd.Timestamp(at).tz_convert(zone)
        return ready[at] + offset

    return deadline


PEERS: Mapping[str, Peer] = {"businesstimedelta": businesstimedelta, "pandas": pandas}
AT_4_HOURS = {"businesstimedelta": 60, "pandas": 25}


def measure(*, quick: bool, peers: Mapping[str, Peer] = PEERS) -> Measured:
    hours = load_policy().hours
    instants = _instants(50 if quick else 400)
    sides = {
        (name, length): side(length, hours)
        for length in LENGTHS
        for name, side in {"Casebell": _ours, **peers}.items()
    }
    same = Counter(
        name
        for (name, length), side in sides.items()
        for at in instants
        if side(at) == sides["Casebell", length](at)
    )
    some = instants[:40]  # the same for all, though the long ones cost others much
    timed = in_turn(
        [partial(_seconds_each, side, some, 0.002 if quick else 0.1) for side in sides.values()],
        repetitions=1 if quick else 2 * REPETITIONS - 1,
    )
    found: dict[str, dict[int, list[float]]] = {}
    for (name, length), values in zip(sides, timed, strict=True):
        found.setdefault(name, {})[length] = values
    ours = found.pop("Casebell")
    lines = [
        _line(name, length, ours[length], theirs[length])
        for name, theirs in found.items()
        for length in (LENGTHS[0], LENGTHS[-1])
    ]
    grows = Spread.of_ratios(ours[LENGTHS[-1]], ours[LENGTHS[0]])
    lines.append(
        Line(
            f"deadline of {LENGTHS[-1]:,} h beside one of {LENGTHS[0]} h",
            Spread.of(ours[LENGTHS[-1]]).text(duration),
            Spread.of(ours[LENGTHS[0]]).text(duration),
            grows.text(times),
            f"no slower (within {NO_SLOWER - 1:.0%})",
            grows.median <= NO_SLOWER,
        )
    )
    checked = len(LENGTHS) * len(instants)
    agreed = ", ".join(f"{name} {same[name]:,}" for name in found)
    notes = [
        "Deadlines: seconds of the processor, since nothing is waited for;"
        f" {len(instants)} instants of two years, on nights, weekends and holidays too."
        f" Same answer as Casebell's, of {checked:,}: {agreed or 'nobody else was asked'}."
    ]
    return Measured(lines, notes, [_picture({"Casebell": ours, **found})])


def _ours(length: int, hours: SupportHours) -> Deadline:
    target = Target(length, Unit.BUSINESS_HOURS)
    return lambda at: due_at(target, at, hours)


def _seconds_each(side: Deadline, instants: Sequence[datetime], at_least: float) -> float:
    """Of the processor, for one deadline: over all instants until the clock can tell."""
    passes, begun = 0, time.thread_time()
    while (took := time.thread_time() - begun) < at_least or not passes:
        for at in instants:
            side(at)
        passes += 1
    return took / passes / len(instants)


def _instants(count: int) -> list[datetime]:
    chosen = random.Random(7)
    first = datetime(2026, 1, 5, tzinfo=UTC)
    return [first + timedelta(minutes=chosen.randrange(2 * 365 * 24 * 60)) for _ in range(count)]


def _holidays(hours: SupportHours) -> frozenset[date]:
    days = (date(2025, 1, 1) + timedelta(days=n) for n in range(6 * 365))
    return frozenset(day for day in days if hours.holiday_name(day) is not None)


def _line(name: str, length: int, ours: Sequence[float], theirs: Sequence[float]) -> Line:
    ratio = Spread.of_ratios(theirs, ours)
    wanted = AT_4_HOURS.get(name) if length == LENGTHS[0] else None
    return Line(
        f"deadline of {length:,} h, beside {name}",
        Spread.of(ours).text(duration),
        Spread.of(theirs).text(duration),
        f"{ratio.text(times)} faster",
        f"{wanted}x faster" if wanted else "",
        ratio.median >= wanted if wanted else None,
    )


def _picture(found: Mapping[str, Mapping[int, Sequence[float]]]) -> Picture:
    curves = [
        Curve(name, [(length, Spread.of(v).median * 1e6) for length, v in by_length.items()])
        for name, by_length in found.items()
    ]
    return Picture("A deadline", "business hours ahead", "µs", curves)
