"""Maintenance windows, and what people did to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.maintenance import WindowKind
from bot.domain.segments import Segment
from bot.domain.window import CalledOff, Window
from bot.domain.window_changes import ChangeKind, WindowChange
from storage.rows import insert, insert_once
from storage.tables import window_changes, windows

_others = windows.alias()
_BY_START = windows.c.starts_at, windows.c.key
# Made once: every form asks for it.
_OVERLAPPING = (
    sa.select(windows)
    .where(windows.c.starts_at < sa.bindparam("end"), windows.c.ends_at > sa.bindparam("start"))
    .order_by(*_BY_START)
)


class WindowRepository:
    """See `bot.services.ports.Windows`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def load(self, since: datetime) -> list[Window]:
        """Those that end after an instant, or whose cycle begins then; earliest first.

        With them come the others of their cycles.
        """
        cycles = sa.select(_others.c.cycle).where(_others.c.ends_at > since)
        is_later = windows.c.cycle >= since.date()  # it may have been moved to before
        return self._found(sa.or_(windows.c.ends_at > since, windows.c.cycle.in_(cycles), is_later))

    def overlapping(self, segment: Segment) -> list[Window]:
        """Those that share time with a segment, also if they were called off; earliest first."""
        when = {"start": segment.start, "end": segment.end}
        found = self._connection.execute(_OVERLAPPING, when)
        return [_window(dict(row)) for row in found.mappings()]

    def get(self, key: str) -> Window | None:
        return next(iter(self._found(windows.c.key == key)), None)

    def next_of(self, window: Window) -> Window | None:
        """The next window of its sector that takes place, after its end.

        After the routine window, the next one of these; work by hand on everything has none.
        """
        if window.sector is not None:
            same = sa.func.lower(windows.c.sector) == window.sector.lower()
        else:
            same = windows.c.kind == WindowKind.ROUTINE
        if window.kind is WindowKind.EXTRA and window.sector is None:
            return None
        coming = sa.and_(windows.c.starts_at >= window.segment.end, windows.c.key != window.key)
        query = sa.select(windows).where(same, coming, windows.c.called_off.is_(None))
        row = self._connection.execute(query.order_by(*_BY_START).limit(1)).mappings().first()
        return None if row is None else _window(dict(row))

    def add(self, window: Window) -> bool:
        """Whether it is new: a second of that key is not written."""
        return insert_once(self._connection, windows, _columns(window)) is not None

    def add_all(self, new: Sequence[Window]) -> None:
        """Add many at once; a second of a key is not written."""
        if new:
            statement = insert(self._connection, windows).on_conflict_do_nothing()
            self._connection.execute(statement, [_columns(window) for window in new])

    def save(self, window: Window) -> None:
        statement = sa.update(windows).where(windows.c.key == window.key)
        self._connection.execute(statement.values(_columns(window)))

    def next_extra_key(self) -> str:
        """What the next window that is added by hand is called."""
        query = sa.select(sa.func.count()).where(windows.c.kind == WindowKind.EXTRA)
        return f"{WindowKind.EXTRA}-{self._connection.execute(query).scalar_one() + 1}"

    def record(self, change: WindowChange) -> None:
        row = {
            "window_key": change.after.key,
            "at": change.at,
            "by": change.by,
            "kind": change.kind,
            "before": sa.null() if change.before is None else _as_json(change.before),
            "after": _as_json(change.after),
        }
        self._connection.execute(sa.insert(window_changes).values(row))

    def changes(self, key: str) -> list[WindowChange]:
        """Everything that happened to a window, in order."""
        query = sa.select(window_changes).where(window_changes.c.window_key == key)
        return [
            WindowChange(
                at=row.at,
                by=row.by,
                kind=ChangeKind(row.kind),
                before=None if row.before is None else _from_json(row.before),
                after=_from_json(row.after),
            )
            for row in self._connection.execute(query.order_by(window_changes.c.id))
        ]

    def revised(self, segment: Segment) -> Mapping[str, datetime]:
        """When those that share time with a segment were last changed, by key, if they were.

        To keep a window in spite of the policy changes nothing of it.
        """
        query = (
            sa.select(window_changes.c.window_key, sa.func.max(window_changes.c.at))
            .join(windows, windows.c.key == window_changes.c.window_key)
            .where(
                windows.c.starts_at < segment.end,
                windows.c.ends_at > segment.start,
                window_changes.c.kind != ChangeKind.KEPT,
            )
            .group_by(window_changes.c.window_key)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def _found(self, *which: sa.ColumnElement[bool]) -> list[Window]:
        query = sa.select(windows).where(*which).order_by(*_BY_START)
        return [_window(dict(row)) for row in self._connection.execute(query).mappings()]


def _columns(window: Window) -> dict[str, Any]:
    by_rule = window.by_rule
    return {
        "key": window.key,
        "kind": window.kind,
        "sector": window.sector,
        "cycle": window.cycle,
        "starts_at": window.segment.start,
        "ends_at": window.segment.end,
        "rule_starts_at": by_rule.start if by_rule else None,
        "rule_ends_at": by_rule.end if by_rule else None,
        "what": window.what,
        "affected": window.affected,
        "called_off": window.called_off,
        "announced_at": window.announced_at,
        "changed_at": window.changed_at,
        "sequence": window.sequence,
    }


def _window(row: Mapping[str, Any]) -> Window:
    by_rule = None
    if row["rule_starts_at"] is not None:
        by_rule = Segment(row["rule_starts_at"], row["rule_ends_at"])
    return Window(
        key=row["key"],
        kind=WindowKind(row["kind"]),
        sector=row["sector"],
        segment=Segment(row["starts_at"], row["ends_at"]),
        cycle=row["cycle"],
        by_rule=by_rule,
        what=row["what"],
        affected=row["affected"],
        called_off=CalledOff(row["called_off"]) if row["called_off"] else None,
        announced_at=row["announced_at"],
        changed_at=row["changed_at"],
        sequence=row["sequence"],
    )


def _as_json(window: Window) -> dict[str, Any]:
    """The columns, with dates and instants as text."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in _columns(window).items()
    }


def _from_json(row: Mapping[str, Any]) -> Window:
    def read(name: str, value: Any) -> Any:
        if value is None:
            return None
        if name == "cycle":
            return date.fromisoformat(value)
        return datetime.fromisoformat(value) if name.endswith("_at") else value

    return _window({name: read(name, value) for name, value in row.items()})
