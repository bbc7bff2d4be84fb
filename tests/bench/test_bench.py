"""The benchmarks still run: the cheap rows for a moment, the others as far as importing them."""

from __future__ import annotations

import ast
import importlib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.bench import __main__ as runner
from tests.bench import bare, chart, deadlines, due_lookup
from tests.bench.measuring import Spread, percentile, times
from tests.bench.table import Line, Measured, markdown


def test_deadlines_are_measured_without_the_peers_too() -> None:
    measured = deadlines.measure(quick=True, peers={"itself": deadlines._ours})
    assert "itself 200" in measured.notes[0]
    assert [curve.name for curve in measured.pictures[0].curves] == ["Casebell", "itself"]


def test_looking_for_due_work_is_measured() -> None:
    measured = due_lookup.measure(quick=True, rows=(10, 200), kinds=("SQLite",))
    (line,) = measured.lines
    assert "200 open timers, SQLite" in line.what
    ET.fromstring(chart.svg(measured.pictures))


@pytest.mark.parametrize("name", runner.ROWS)
def test_every_row_says_what_it_measures(name: str) -> None:
    row = importlib.import_module(f"tests.bench.{name}")
    assert row.TITLE
    assert callable(row.measure)


def test_the_bare_app_borrows_nothing_of_casebell() -> None:
    tree = ast.parse(Path(bare.__file__).read_text("utf-8"))
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
        )
    }
    assert not {name.partition(".")[0] for name in imported} & {"bot", "handlers", "storage"}


def test_the_table_says_what_was_missed_and_why() -> None:
    met = Line("one", "1 ms", "2 ms", "0.50x", "1x", True, "of no interest")
    missed = Line("two", "4 ms", "2 ms", "2.00x", "1x", False, "the disk")
    text = markdown([Measured([met, missed], ["as it should be"])])
    assert "| two | 4 ms | 2 ms | 2.00x | 1x | **no** |" in text
    assert "- *two*: the disk" in text
    assert "of no interest" not in text


def test_figures_are_those_of_statistics() -> None:
    assert [percentile(range(1, 101), p) for p in (50, 99, 100)] == [50, 99, 100]
    assert Spread.of_ratios([2, 9, 4], [1, 3, 1]) == Spread(3, 2, 4)
    assert Spread(3, 2, 4).text(times) == "3.00x (2.00x..4.00x)"
