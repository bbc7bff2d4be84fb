"""A form submitted to its 200, the case committed; a bare app answers the same without a database.

One form at a time, as one customer waits for theirs: what a case sets off is let finish first. The
raw transactions are the very rows of such a case, written with `sqlite3` alone, in the two commits
that Casebell makes of it, on the same disk and synced as its own are.
"""

from __future__ import annotations

import sqlite3
import time
from functools import partial
from pathlib import Path
from typing import Any

from storage.database import Database
from storage.migrate import migrate
from tests.bench.measuring import REPETITIONS, Spread, duration, percentile, times
from tests.bench.stage import SEVERE, Stage, stage
from tests.bench.table import Line, Measured
from tests.scenarios.processes import Process

TITLE = "a form submitted to the 200, the case committed"
TO_REACH = 2.5
QUIET = 0.03  # seconds after the last message of a case, in which it is written that it was sent
# By cProfile and the clocks of the threads that answer, on the machine of the table.
WHY = (
    "the listener alone takes 3 ms of the processor (4 to 5 before statements were made once): 0.8"
    " ms to store the form as it came, 2.1 ms to open the case, both of them some twenty statements"
    " through SQLAlchemy (the case, its timeline, its clock, its messages). The disk counts only"
    " where it is slow to sync: the line below."
)
_FIRST_COMMIT = ("submissions", "timers")


def measure(*, quick: bool) -> Measured:
    each = 5 if quick else 50
    found: dict[str, list[float]] = {"Casebell": [], "bare": [], "raw": []}
    tails: dict[str, list[float]] = {"Casebell": [], "bare": []}
    with stage() as on:
        bot = on.bot()
        on.take_views(bot)
        sides = {"Casebell": bot, "bare": on.bare()}
        rows = _rows_of_a_case(on.site.folder / "casebell.db")
        raw = _Raw(on.site.folder / "raw.db", rows)
        for process in sides.values():
            _block(on, process, 3)
        for number in range(1 if quick else REPETITIONS):
            for name in sides if number % 2 else reversed(list(sides)):
                seconds = _block(on, sides[name], each)
                found[name].append(percentile(seconds, 50))
                tails[name].append(percentile(seconds, 99))
            found["raw"].append(percentile([raw.write() for _ in range(each)], 50))
        raw.close()
    ratio = Spread.of_ratios(found["Casebell"], found["bare"])
    show = {name: Spread.of(values).text(duration) for name, values in found.items()}
    share = Spread.of_ratios(found["raw"], found["Casebell"])
    written = sum(len(values) for values in rows.values())
    lines = [
        Line(
            "form submitted to the 200, p50, SQLite",
            show["Casebell"],
            f"bare Bolt, no database {show['bare']}",
            ratio.text(times),
            f"{TO_REACH}x",
            ratio.median <= TO_REACH,
            WHY,
        ),
        Line(
            f"the raw transactions alone ({written} rows, 2 commits)",
            f"of these {show['Casebell']}",
            f"sqlite3 {show['raw']}",
            f"{share.median:.0%} of ours",
            "",
            None,
        ),
    ]
    p99 = {name: Spread.of(values).text(duration) for name, values in tails.items()}
    notes = [f"Form submitted to the 200, p99: {p99['Casebell']}, bare {p99['bare']}."]
    return Measured(lines, notes)


def _block(on: Stage, process: Process, count: int) -> list[float]:
    on.serve(process)
    person, took = on.people[0], []
    for _ in range(count):
        on.site.workspace.calls.clear()
        form = on.fill(person, SEVERE)
        begun = time.perf_counter()
        submission = form.submit()
        took.append(time.perf_counter() - begun)
        assert submission.ok, submission
        assert person.modal is not None
        if person.modal.title.startswith("CASE-") and process.command == "run":
            on.site.workspace.wait_for(partial(_has_its_messages, on), timeout=30)
            on.site.workspace.settle()
            time.sleep(QUIET)
        person.modal.close()
    return took


def _has_its_messages(on: Stage) -> bool:
    """The customer's card, the team's, and the reporter's receipt."""
    return on.posted("CASE-") >= 3


class _Raw:
    """Writes the rows of a case with nothing in between."""

    def __init__(self, path: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
        database = Database(f"sqlite:///{path}")
        migrate(database)
        database.dispose()
        self._rows = rows
        self._number = 0
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=OFF"):
            self._connection.execute(f"PRAGMA {pragma}")

    def write(self) -> float:
        """Seconds for a case."""
        self._number += 1
        begun = time.perf_counter()
        for is_first in (True, False):
            self._connection.execute("BEGIN IMMEDIATE")
            for table, rows in self._rows.items():
                here = rows[:1] if is_first else rows[1:] if table == "timers" else rows
                if is_first is (table in _FIRST_COMMIT) or (table == "timers" and here):
                    for row in here:
                        self._insert(table, row)
            self._connection.execute("COMMIT")
        return time.perf_counter() - begun

    def close(self) -> None:
        self._connection.close()

    def _insert(self, table: str, row: dict[str, Any]) -> None:
        unique = {
            key: f"{value}{self._number}" if key in ("dedupe_key", "view_id") else value
            for key, value in row.items()
        }
        names, marks = ", ".join(unique), ", ".join("?" for _ in unique)
        self._connection.execute(
            f"INSERT INTO {table} ({names}) VALUES ({marks})", list(unique.values())
        )


def _rows_of_a_case(path: Path) -> dict[str, list[dict[str, Any]]]:
    """What the newest case wrote, by table; ids are left to the database."""
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    (number,) = connection.execute("SELECT max(number) FROM cases").fetchone()
    about = {
        "submissions": f"case_number = {number}",
        "timers": f"json_extract(facts, '$.case') = {number} OR dedupe_key = 'submission:' ||"
        f" (SELECT id FROM submissions WHERE case_number = {number})",
        "cases": f"number = {number}",
        "timeline": f"case_number = {number} AND kind = 'opened'",
        "outbox": f"subject = 'case:{number}'",
    }
    found = {}
    for table, which in about.items():
        rows = connection.execute(f"SELECT * FROM {table} WHERE {which} ORDER BY 1").fetchall()
        drop = {"cases": ("number",), "outbox": ("id", "thread_of", "edits")}.get(table, ("id",))
        found[table] = [{k: row[k] for k in row.keys() if k not in drop} for row in rows]  # noqa: SIM118
    connection.close()
    assert all(found.values()), {table: len(rows) for table, rows in found.items()}
    return found
