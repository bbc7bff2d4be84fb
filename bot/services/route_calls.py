"""When a page's routes are called: after a ring, when Slack is silent, and when it is over."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.domain.events import EventKind, TimelineEntry
from bot.domain.outbox import Draft, MessageKind
from bot.domain.page import Page, Ring, TeamNews
from bot.domain.records import PageRow
from bot.domain.route import Route, RouteAction
from bot.domain.timers import Timer, TimerKind
from bot.services.desk import Desk, locked_page, page_news, page_subject
from bot.services.ports import Transaction

_log = logging.getLogger(__name__)

ROUTE = "route:"  # begins the places that are no channels of Slack's
SLACK_IS_SILENT = timedelta(seconds=60)
# That a page is over is told once what was on its way before has arrived.
IN_FLIGHT = timedelta(seconds=5)


@dataclass(frozen=True)
class RouteCalls:
    """What other use cases do to have routes called; part of somebody else's transaction."""

    desk: Desk

    def follow(
        self, tx: Transaction, row: PageRow, page: Page, rings: Sequence[Ring], now: datetime
    ) -> None:
        """A page has moved on: rings go out by the routes too, and what is quiet is told to stop.

        Each route is called once for all whom it rings; and every route if Slack is silent.
        """
        if not page.is_ringing:
            for route in row.policy.routes:
                self._call(tx, row, page, route, RouteAction.RESOLVE, now + IN_FLIGHT)
        called = []
        for route in row.policy.routes:
            rung = [ring for ring in rings if ring.level in route.levels]
            if rung:
                users = [ring.user for ring in rung]
                due_at = now + route.after
                self._call(tx, row, page, route, RouteAction.TRIGGER, due_at, rung[0].level, users)
                if route.after <= SLACK_IS_SILENT:
                    called.append(route.name)
        if row.policy.routes and rings:
            told = {
                "page": row.id,
                "case": row.case_number,
                "since": now.isoformat(),
                "level": page.level,
                "users": [ring.user for ring in rings],
                "called": called,
            }
            key = f"silence:{row.id}:{page.version}"
            tx.timers.add(Timer(TimerKind.SILENCE, now + SLACK_IS_SILENT, key, told))

    def slack_is_silent(self, tx: Transaction, facts: Mapping[str, Any], now: datetime) -> None:
        """A minute after a ring: where Slack has delivered none since, every route is called."""
        row, since = locked_page(tx, facts["page"]), datetime.fromisoformat(facts["since"])
        if row is None or not row.page.is_ringing:
            return
        if tx.outbox.has_sent(page_subject(row.id), MessageKind.PAGE, since=since):
            return
        _log.error("page %s: Slack has delivered nothing for a minute", row.id)
        names = " and ".join(route.name for route in row.policy.routes)
        self._tell_team(tx, row, TeamNews.SLACK_WAS_SILENT, names, now)
        for route in row.policy.routes:
            if route.name not in facts["called"]:
                level, users = facts["level"], facts["users"]
                self._call(
                    tx, row, row.page, route, RouteAction.TRIGGER, now, level, users, silent=True
                )

    def _call(
        self,
        tx: Transaction,
        row: PageRow,
        page: Page,
        route: Route,
        action: RouteAction,
        due_at: datetime,
        level: str | None = None,
        users: Sequence[str] = (),
        *,
        silent: bool = False,
    ) -> None:
        """Have a route called: once for each version of the page, however many are rung."""
        why = "silent" if silent else action
        tx.outbox.add(
            Draft(
                kind=MessageKind.ROUTE_CALL,
                subject=page_subject(row.id),
                dedupe_key=f"route:{row.id}:{page.version}:{route.name}:{why}",
                due_at=due_at,
                facts={
                    "page": row.id,
                    "case": row.case_number,
                    "route": route.name,
                    "action": action,
                    "level": level,
                    "users": list(users),
                },
                # A call that waits for its time holds up no other: each has a lane of its own.
                channel_id=f"{ROUTE}{route.name}:{page.version}:{why}",
            ),
            self.desk.clock.now(),
        )

    def refused(self, tx: Transaction, call: Mapping[str, Any], reason: str, now: datetime) -> None:
        """A route will not be rung, whatever is tried: the team hears of it."""
        row, route = locked_page(tx, call["page"]), call["route"]
        facts = {"page": call["page"], "route": route, "action": call["action"], "reason": reason}
        tx.cases.record(TimelineEntry(call["case"], now, EventKind.PAGE_REFUSED, facts=facts))
        if row is not None:
            named = f"{route} ({reason})"
            self._tell_team(tx, row, TeamNews.ROUTE_REFUSED, named, now)

    def _tell_team(
        self, tx: Transaction, row: PageRow, news: TeamNews, route: str, now: datetime
    ) -> None:
        """Once for each page; as for Slack's silence, it arrives when Slack is back."""
        key = f"{news}:{route}"
        tx.outbox.add(page_news(self.desk, row, news, key, now, route=route), now)
