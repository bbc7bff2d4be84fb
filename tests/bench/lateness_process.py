"""One side of `lateness`, in a process of its own; prints how late each was, and peak memory."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

LEAD = timedelta(seconds=1)  # between the last row that is written and the first that is due
LONGEST = 90.0  # seconds to wait for all
late: list[float] = []


def casebell(count: int, folder: str) -> None:
    """The engine's own parts: its ticker, its timers, its database."""
    from bot.clock import SystemClock  # noqa: PLC0415 - each side imports its own
    from bot.domain.timers import Timer, TimerKind  # noqa: PLC0415
    from bot.engine.ticker import LONGEST_SLEEP, Ticker  # noqa: PLC0415
    from bot.engine.timers import DueTimers  # noqa: PLC0415
    from bot.policy import load_policy  # noqa: PLC0415
    from bot.services.desk import Desk  # noqa: PLC0415
    from storage.database import Database  # noqa: PLC0415
    from storage.migrate import migrate  # noqa: PLC0415
    from storage.store import SqlStore  # noqa: PLC0415

    database = Database(f"sqlite:///{folder}/casebell.db")
    migrate(database)
    store = SqlStore(database)
    decided: list[datetime] = []

    def decide(_tx: object, facts: Mapping[str, Any], _now: datetime) -> None:
        decided.append(datetime.fromisoformat(facts["due_at"]))

    due_timers = DueTimers(
        Desk(load_policy(), store, SystemClock(), "C1"), {TimerKind.RESPONSE: decide}
    )

    def tick() -> timedelta:
        if due_timers.run():
            committed = datetime.now(UTC)
            late.extend((committed - due).total_seconds() for due in decided)
            decided.clear()
            return timedelta(0)
        with store.reading() as tx:
            due = tx.timers.next_due()
        return LONGEST_SLEEP if due is None else max(timedelta(0), due - datetime.now(UTC))

    first = datetime.now(UTC) + LEAD + timedelta(seconds=count / 1000)
    with store.transaction() as tx:
        for n, due in enumerate(_due(first, count)):
            facts = {"due_at": due.isoformat()}
            tx.timers.add(Timer(TimerKind.RESPONSE, due, f"bench:{n}", facts))
    assert datetime.now(UTC) < first, "it took too long to write them"
    ticker = Ticker(tick)
    ticker.start()
    _wait(count)
    ticker.stop()


def apscheduler(count: int, folder: str, **defaults: Any) -> None:
    """A job each, in its job store, as its guide has it."""
    import sqlalchemy as sa  # noqa: PLC0415
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore  # noqa: PLC0415
    from apscheduler.schedulers.background import BackgroundScheduler  # noqa: PLC0415

    url = f"sqlite:///{folder}/jobs.db"
    # Each job is a commit of its own. They are not measured yet, so they need not be synced.
    unsynced = sa.create_engine(url)
    sa.event.listen(unsynced, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF"))
    writer = BackgroundScheduler(jobstores={"default": SQLAlchemyJobStore(engine=unsynced)})
    writer.start(paused=True)
    first = datetime.now(UTC) + LEAD + timedelta(seconds=count / 120)
    for due in _due(first, count):
        writer.add_job(fired, "date", run_date=due, args=[due.isoformat()], **defaults)
    writer.shutdown()
    unsynced.dispose()
    assert datetime.now(UTC) < first, "it took too long to write them"
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)}, timezone="UTC"
    )
    scheduler.start()
    _wait(count)
    scheduler.shutdown()


def fired(due_at: str) -> None:
    """The job."""
    late.append((datetime.now(UTC) - datetime.fromisoformat(due_at)).total_seconds())


def _due(first: datetime, count: int) -> list[datetime]:
    """All at one instant, as when the office opens: nothing else is as hard."""
    return [first] * count


def _wait(count: int) -> None:
    """Until all have fired, or nothing has for some seconds after the last was due."""
    deadline = time.monotonic() + LONGEST
    seen, since = -1, time.monotonic()
    while len(late) < count and time.monotonic() < deadline:
        if len(late) != seen:
            seen, since = len(late), time.monotonic()
        elif seen > 0 and time.monotonic() - since > 5:
            return
        time.sleep(0.05)


if __name__ == "__main__":
    # Under its name, by which APScheduler finds the job again.
    from tests.bench import lateness_process as here
    from tests.bench.measuring import peak_memory

    side, number, where = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    match side:
        case "casebell":
            here.casebell(number, where)
        case "apscheduler":
            here.apscheduler(number, where, misfire_grace_time=None)
        case "apscheduler-defaults":
            here.apscheduler(number, where)
    print(json.dumps({"late": here.late, "peak": peak_memory("self")}))
