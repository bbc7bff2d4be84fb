"""Other ways to ring than Slack: what a route is told of a page, and who answers it by a link."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.case import Case
from bot.domain.outbox import Delivered, Posted, Sending, Skip
from bot.domain.page import Stale
from bot.domain.records import PageRow
from bot.domain.route import Route, RouteAction, RouteCall
from bot.errors import UserError
from bot.services.desk import Desk, page_subject
from bot.services.directory import Directory
from bot.services.links import thread_url
from bot.services.paging import Paging
from bot.services.ports import AckLinks, Routes, SlackGateway, Transaction

LINK_LIFE = timedelta(hours=24)


@dataclass(frozen=True)
class Routing:
    """The use cases of routes.

    Args:
        links: absent where Casebell has no address of its own, or no secret to sign with.
    """

    desk: Desk
    slack: SlackGateway
    directory: Directory
    paging: Paging
    routes: Routes
    links: AckLinks | None

    def send(self, sending: Sending, now: datetime) -> Delivered | Skip:
        """Call a route, if there is still something to tell.

        Raises:
            RouteError: the other end did not take it.
        """
        facts, action = sending.facts, RouteAction(sending.facts["action"])
        with self.desk.store.reading() as tx:
            row = tx.pages.get(facts["page"])
            if row is None:
                return Skip("there is no such page")
            if action is RouteAction.TRIGGER and not row.page.is_ringing:
                return Skip(f"the page is {row.page.state} now")
            if action is RouteAction.TRIGGER and tx.outbox.is_called_again(sending, now):
                return Skip("called again since")
            if action is RouteAction.RESOLVE and row.page.is_ringing:
                return Skip("it rings again")
            if action is RouteAction.RESOLVE and not tx.outbox.has_called(
                page_subject(row.id), facts["route"]
            ):
                return Skip("it was never called")
            route = next(known for known in row.policy.routes if known.name == facts["route"])
            call = self._call(tx, route, row, sending, now)
        if action is RouteAction.RESOLVE:
            call = replace(call, ack_url=None)
        self.routes.call(call, action)
        return Delivered(Posted(f"route:{route.name}", action))

    def page_of(self, page_id: int) -> tuple[Case, PageRow]:
        """The page that a link is about, and its case.

        Raises:
            UserError: there is none.
        """
        with self.desk.store.reading() as tx:
            row = tx.pages.get(page_id)
            if row is None:
                raise UserError("There is no such page.")
            return tx.cases.get(row.case_number), row

    def acknowledge(self, page_id: int, by: str) -> Stale | None:
        """Somebody takes a page by its link; what is stale about it, if anything is.

        Raises:
            UserError: they are no longer of the team.
        """
        self.admit(by)
        return self.paging.acknowledge(page_id, by)

    def admit(self, user_id: str) -> None:
        """Let somebody in by their link.

        Raises:
            UserError: they are no longer of the team.
        """
        with self.desk.store.reading() as tx:
            if not self.directory.is_known_as_team(tx, user_id):
                raise UserError("This link belongs to somebody who is no longer of the team.")

    def name(self, user_id: str) -> str:
        """What a person is called."""
        with self.desk.store.reading() as tx:
            return self.directory.names(tx, [user_id]).get(user_id, "somebody of the team")

    def _call(
        self, tx: Transaction, route: Route, row: PageRow, sending: Sending, now: datetime
    ) -> RouteCall:
        case, facts = tx.cases.get(row.case_number), sending.facts
        names = self.directory.names(tx, facts["users"])
        people = tuple(names.get(user_id, user_id) for user_id in facts["users"])
        ack_url = None
        if self.links is not None and facts["users"]:
            expires = now + LINK_LIFE
            ack_url = self.links.url(row.id, facts["users"][0], route.name, expires)
        return RouteCall(
            route=route,
            page_id=row.id,
            case_name=case.name,
            severity=self.desk.policy.label(case.severity),
            summary=case.summary,
            customer=case.account or "a customer",
            due_at=case.due_at,
            level=facts["level"],
            people=people,
            case_url=thread_url(self.slack.identity(), case),
            ack_url=ack_url,
            dedupe_key=f"casebell-page-{row.id}",
        )
