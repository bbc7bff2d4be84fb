"""From a Business Stopped case to the page in somebody's DM, over 100,000 open cases.

Measured from the press of Submit, which is before the commit: an upper bound. GoAlert is not run:
its engine looks every 5 s (`--engine-cycle-time`), so that is how long a page of its may wait.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial

from storage.database import Database
from storage.migrate import migrate
from tests.bench.many import add_cases
from tests.bench.measuring import REPETITIONS, Spread, duration, percentile, times
from tests.bench.stage import STOPPED, Stage, stage
from tests.bench.submission import QUIET
from tests.bench.table import Line, Measured

TITLE = "a case committed to the DM at the workspace"
CYCLE = 5.0  # seconds
TO_REACH = 0.25


def measure(*, quick: bool) -> Measured:
    cases = 1_000 if quick else 100_000
    with stage() as on:
        database = Database(on.site.environment["DATABASE_URL"])
        migrate(database)
        due = datetime.now(UTC) + timedelta(days=30)
        add_cases(database, cases, due, percent=100, at=due)
        database.dispose()
        bot = on.bot()
        on.site.set_on_call()
        on.serve(bot)
        _block(on, 3)
        blocks = [_block(on, 10 if quick else 40) for _ in range(1 if quick else REPETITIONS)]
    p99, p50 = (Spread.of([percentile(block, p) for block in blocks]) for p in (99, 50))
    ratio = Spread.of([CYCLE / percentile(block, 99) for block in blocks])
    line = Line(
        f"case submitted to its DM, p99, {cases:,} open cases, one process",
        p99.text(duration),
        "GoAlert's engine cycle, 5 s (documented, not run)",
        f"{ratio.text(times)} sooner",
        duration(TO_REACH),
        p99.median < TO_REACH,
    )
    notes = [
        f"Case to DM: p50 {p50.text(duration)}; Slack's pace of a message a second in one place is"
        " off, since cases come faster here than it allows."
    ]
    return Measured([line], notes)


def _block(on: Stage, count: int) -> list[float]:
    """Seconds from Submit until the page is in the DM, one case after the other."""
    person, workspace, took = on.people[0], on.site.workspace, []
    dm = on.site.ana.dm.id
    for _ in range(count):
        form = on.fill(person, STOPPED)
        workspace.calls.clear()
        begun = workspace.now()
        assert form.submit().ok
        at = workspace.wait_for(partial(_paged_at, on, dm), timeout=30)
        took.append((at - begun).total_seconds())
        workspace.wait_for(lambda: on.posted("CASE-") >= 4, timeout=30)  # cards and receipt too
        workspace.settle()
        time.sleep(QUIET)
        assert person.modal is not None
        person.modal.close()
    return took


def _paged_at(on: Stage, dm: str) -> datetime | None:
    """When the page came in."""
    for call in on.site.workspace.calls:
        is_post = call.method == "chat.postMessage" and call.args.get("channel") == dm
        if is_post and call.args["text"].startswith("Page: "):
            return call.at
    return None
