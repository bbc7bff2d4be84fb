"""`/case`: how soon the form is at Slack, and Slack has its 200; alone and with 16 at once.

Both processes stay up; blocks of requests go to them in turn, signed and over HTTP, from the local
workspace, which costs the same on both sides. Percentiles are of a block.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox import Person
from tests.bench.measuring import REPETITIONS, Spread, duration, percentile, times
from tests.bench.stage import Stage, cpu_seconds, stage
from tests.bench.table import Line, Measured
from tests.scenarios.processes import Process

TITLE = "`/case` to `views.open` at the workspace, and to the 200"
AT_ONCE = (1, 16)
TO_REACH = {50: 1.25, 99: 1.5}
# By the clocks of the threads that answer, on the machine of the table.
WHY = (
    "a command costs the thread that answers it 1.1 to 1.3 ms of the processor, the bare app 0.7:"
    " 0.4 ms more for the database (the channel it comes from, maintenance under way) and 0.07 ms"
    " to draw the form from the policy. The Slack client's 0.5 ms are the same on both sides. There"
    " were five look-ups, and are two."
)


@dataclass(frozen=True)
class Block:
    """Seconds from the command to the form at the workspace, and to the 200."""

    to_form: Sequence[float]
    to_answer: Sequence[float]
    cpu_each: float


def measure(*, quick: bool) -> Measured:
    lines, notes = [], []
    with stage(people=max(AT_ONCE)) as on:
        bot = on.bot()
        on.take_views(bot)
        sides = {"Casebell": bot, "bare": on.bare()}
        for at_once in AT_ONCE:
            each = (20 if quick else 400) // at_once
            blocks = _blocks(on, sides, at_once, each, 1 if quick else REPETITIONS + 2)
            lines += _lines(blocks, at_once)
            cpu = {side: Spread.of([b.cpu_each for b in found]) for side, found in blocks.items()}
            notes.append(
                f"`/case`, {at_once} at once: {each * at_once} requests a block; processor time of"
                f" the process for one: {cpu['Casebell'].text(duration)}, bare"
                f" {cpu['bare'].text(duration)}."
            )
    return Measured(lines, notes)


def _blocks(
    on: Stage, sides: dict[str, Process], at_once: int, each: int, repetitions: int
) -> dict[str, list[Block]]:
    for process in sides.values():
        _block(on, process, at_once, max(2, each // 4))  # warms up threads and connections
    found: dict[str, list[Block]] = {name: [] for name in sides}
    for number in range(repetitions):
        for name in sides if number % 2 else reversed(list(sides)):
            found[name].append(_block(on, sides[name], at_once, each))
    return found


def _block(on: Stage, process: Process, at_once: int, each: int) -> Block:
    on.serve(process)
    workspace, people = on.site.workspace, on.people[:at_once]
    workspace.calls.clear()
    spans: dict[str, list[tuple[datetime, datetime]]] = {person.id: [] for person in people}

    def ask(person: Person) -> None:
        for _ in range(each):
            begun = workspace.now()
            assert person.command("/case", "", on.site.acme).ok
            spans[person.id].append((begun, workspace.now()))

    cpu = cpu_seconds(process)
    threads = [threading.Thread(target=ask, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cpu = cpu_seconds(process) - cpu
    opened: dict[str, list[datetime]] = {person.id: [] for person in people}
    for call in workspace.calls:
        if call.method == "views.open":
            opened[workspace.triggers[call.args["trigger_id"]].user.id].append(call.at)
    to_form, to_answer = [], []
    for person in people:
        for (begun, ended), at in zip(spans[person.id], opened[person.id], strict=True):
            to_form.append((at - begun).total_seconds())
            to_answer.append((ended - begun).total_seconds())
    return Block(to_form, to_answer, cpu / each / at_once)


def _lines(blocks: dict[str, list[Block]], at_once: int) -> list[Line]:
    lines = []
    for what, seconds in (
        ("`views.open`", lambda block: block.to_form),
        ("the 200", lambda block: block.to_answer),
    ):
        for percent, limit in TO_REACH.items():
            ours, bare = (
                [percentile(seconds(block), percent) for block in blocks[side]]
                for side in ("Casebell", "bare")
            )
            ratio = Spread.of_ratios(ours, bare)
            lines.append(
                Line(
                    f"`/case` to {what}, p{percent}, {at_once} at once",
                    Spread.of(ours).text(duration),
                    f"bare Bolt {Spread.of(bare).text(duration)}",
                    ratio.text(times),
                    f"{limit}x",
                    ratio.median <= limit,
                    WHY,
                )
            )
    return lines
