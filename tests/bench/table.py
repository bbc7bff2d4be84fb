"""What a row of the table holds, and how the table reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

HEAD = ("what", "ours", "against", "ratio", "to reach", "reached")

NOT_PROFILED = "no profile has been taken of this miss yet."


@dataclass(frozen=True)
class Line:
    """One comparison.

    `reached`: None where nothing was set to be reached. `why`: what the profile says where it was
    not, shown only then.
    """

    what: str
    ours: str
    against: str
    ratio: str
    to_reach: str
    reached: bool | None
    why: str = ""


@dataclass(frozen=True)
class Curve:
    """One line of a picture: how a figure grows."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Picture:
    """A small diagram with a curve for each side; both scales may be logarithmic."""

    title: str
    across: str
    up: str
    curves: Sequence[Curve]
    log_across: bool = True
    log_up: bool = True


@dataclass(frozen=True)
class Measured:
    """What a row gave: its lines, what else is worth knowing, and how things grow."""

    lines: Sequence[Line]
    notes: Sequence[str] = ()
    pictures: Sequence[Picture] = field(default_factory=tuple)


def markdown(measured: Sequence[Measured]) -> str:
    """The table, the reasons for what was missed, and the notes."""
    lines = [line for one in measured for line in one.lines]
    rows = [HEAD, tuple("---" for _ in HEAD), *(_cells(line) for line in lines)]
    text = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    missed = [
        f"- *{line.what}*: {line.why or NOT_PROFILED}" for line in lines if line.reached is False
    ]
    notes = [f"- {note}" for one in measured for note in one.notes]
    if missed:
        text += "\n\n## Not reached, and why\n\n" + "\n".join(missed)
    if notes:
        text += "\n\n## How it was measured\n\n" + "\n".join(notes)
    return text


def _cells(line: Line) -> tuple[str, ...]:
    reached = {True: "yes", False: "**no**", None: ""}[line.reached]
    return (line.what, line.ours, line.against, line.ratio, line.to_reach, reached)
