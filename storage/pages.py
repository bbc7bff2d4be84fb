"""The pages, as the page machine left them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.domain.page import EscalationPolicy, Page, PageState, TeamNews
from bot.domain.records import PageRow
from storage.tables import RANG, pages, timeline

_OF_PAGE = timeline.c.facts["page"].as_integer()
_MOST_ROWS = 2**31  # no database counts further, and people type anything
_OWN_COLUMNS = ("state", "due_at", "version")
_SETS = ("rung", "quiet", "unreachable", "unreachable_said")


class PageRepository:
    """See `bot.services.ports.Pages`."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def add(self, case_number: int, policy: EscalationPolicy, page: Page, now: datetime) -> int:
        row = {
            "case_number": case_number,
            "opened_at": now,
            "policy": policy.to_dict(),
            **_columns(page),
        }
        statement = sa.insert(pages).values(row).returning(pages.c.id)
        added: int = self._connection.execute(statement).scalar_one()
        return added

    def get(self, page_id: int, *, lock: bool = False) -> PageRow | None:
        query = sa.select(pages).where(pages.c.id == page_id)
        return self._one(query.with_for_update() if lock else query)

    def save(self, page_id: int, page: Page) -> None:
        self._connection.execute(
            sa.update(pages).where(pages.c.id == page_id).values(_columns(page))
        )

    def latest_of(self, case_number: int, *, lock: bool = False) -> PageRow | None:
        query = sa.select(pages).where(pages.c.case_number == case_number)
        query = query.order_by(pages.c.id.desc()).limit(1)
        return self._one(query.with_for_update() if lock else query)

    def open(self) -> list[PageRow]:
        """Those that are not over, in the order in which they were opened."""
        query = sa.select(pages).where(pages.c.due_at.is_not(None)).order_by(pages.c.id)
        return [_row(row) for row in self._connection.execute(query)]

    def last_rung(self, *, first: int = 0, most: int) -> list[tuple[int, int]]:
        """Pages that rang somebody, or should have, and their cases; the newest first."""
        rang = sa.exists().where(
            timeline.c.case_number == pages.c.case_number, RANG, pages.c.id == _OF_PAGE
        )
        query = sa.select(pages.c.id, pages.c.case_number).where(rang)
        newest = query.order_by(pages.c.id.desc()).offset(min(first, _MOST_ROWS)).limit(most)
        return [(row.id, row.case_number) for row in self._connection.execute(newest)]

    def rung_between(self, since: datetime, until: datetime) -> list[tuple[int, int]]:
        """Pages that did so in a stretch of time, and their cases; the oldest first."""
        query = (
            sa.select(_OF_PAGE.label("page"), timeline.c.case_number)
            .where(RANG, timeline.c.at >= since, timeline.c.at < until)
            .distinct()
        )
        found = self._connection.execute(query.order_by("page"))
        return [(row.page, row.case_number) for row in found]

    def _one(self, query: sa.Select[Any]) -> PageRow | None:
        row = self._connection.execute(query).one_or_none()
        return None if row is None else _row(row)


def _row(row: Any) -> PageRow:
    policy = EscalationPolicy.from_dict(row.policy)
    return PageRow(row.id, row.case_number, policy, _page(row), row.opened_at)


def _columns(page: Page) -> dict[str, Any]:
    """The page as columns: those that are asked for by name, and the rest as JSON."""
    machine = asdict(page)
    columns = {name: machine.pop(name) for name in _OWN_COLUMNS}
    machine |= {name: sorted(machine[name]) for name in _SETS}
    if page.acknowledged_at is not None:
        machine["acknowledged_at"] = page.acknowledged_at.isoformat()
    return {**columns, "machine": machine}


def _page(row: Any) -> Page:
    machine = dict(row.machine)
    machine |= {name: frozenset(machine.get(name, ())) for name in _SETS}  # older rows lack some
    if machine["acknowledged_at"] is not None:
        machine["acknowledged_at"] = datetime.fromisoformat(machine["acknowledged_at"])
    if machine["silence_said"] is not None:
        machine["silence_said"] = TeamNews(machine["silence_said"])
    return Page(state=PageState(row.state), due_at=row.due_at, version=row.version, **machine)
