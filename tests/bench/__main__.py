"""Every claim of speed, measured: `make bench`, or `python -m tests.bench [--quick] [ROW ...]`.

All rows write `RESULTS.md` and `curves.svg` beside this file. Some rows, or `--quick`, which shows
that they run and measures nothing that counts, only print.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
import time
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import chart, machine
from tests.bench.table import Measured, markdown

ROWS = (
    "deadlines",
    "command",
    "submission",
    "paging",
    "due_lookup",
    "lateness",
    "start",
    "engines",
)
HERE = Path(__file__).parent


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure; 0 also where a figure is not reached, since the table says so."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of: {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="a few turns, to see that it runs")
    options = parser.parse_args(arguments)
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}")
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    found, failed = [], []
    for name in options.rows or ROWS:
        try:
            found.append(_measure(name, quick=options.quick))
        except Exception:  # what the others measured is not lost
            traceback.print_exc()
            failed.append(name)
    if failed:
        print(f"Nothing is written: {', '.join(failed)} failed.", file=sys.stderr)
        return 1
    if not options.rows and not options.quick:
        _write(found)
    return 0


def _measure(name: str, *, quick: bool) -> Measured:
    begun = time.monotonic()
    row = importlib.import_module(f"tests.bench.{name}")
    print(f"{name}: {row.TITLE} ...", end="", file=sys.stderr, flush=True)
    measured: Measured = row.measure(quick=quick)
    print(f" {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(markdown([measured]), end="\n\n", flush=True)  # should a later one fail
    return measured


def _write(found: Sequence[Measured]) -> None:
    pictures = [picture for one in found for picture in one.pictures]
    (HERE / "curves.svg").write_text(chart.svg(pictures), "utf-8")
    head = (
        "# Benchmarks\n\n"
        f"Written by `make bench` on {datetime.now(UTC):%d %B %Y}. Medians of at least five"
        " repetitions, with the least and the most of them; the sides take turns within one run,"
        " and a ratio is taken repetition by repetition.\n\n"
        f"The machine: {machine.describe()}.\n\n"
    )
    curves = "\n\n## How it grows\n\n![Growth curves](curves.svg)\n"
    (HERE / "RESULTS.md").write_text(head + markdown(found) + curves, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
