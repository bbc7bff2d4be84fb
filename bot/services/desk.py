"""What every service stands on: the policy, the database, the clock and the team's channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.clock import Clock
from bot.domain.case import Case
from bot.domain.outbox import Draft, MessageKind
from bot.domain.page import TeamNews
from bot.domain.records import PageRow
from bot.errors import UserError
from bot.policy import Policy
from bot.services.ports import Store, Transaction


@dataclass(frozen=True)
class Desk:
    """The support desk; `calendar_url` is where people subscribe to maintenance, if anywhere."""

    policy: Policy
    store: Store
    clock: Clock
    team_channel: str
    calendar_url: str | None = None


def case_subject(number: int) -> str:
    """How the outbox names what its messages about a case are about."""
    return f"case:{number}"


def page_subject(page_id: int) -> str:
    """How the outbox names what its messages about a page are about."""
    return f"page:{page_id}"


def channel_subject(channel_id: str) -> str:
    """How the outbox names what its messages about a channel are about."""
    return f"channel:{channel_id}"


def window_subject(key: str) -> str:
    """How the outbox names what its messages about a maintenance window are about."""
    return f"maintenance:{key}"


def about_case(
    kind: MessageKind,
    number: int,
    key: str,
    now: datetime,
    *,
    channel_id: str | None = None,
    user_id: str | None = None,
    thread_of: int | None = None,
    **facts: Any,
) -> Draft:
    """A message about a case, due now; a second of its kind with the same key is not written."""
    return Draft(
        kind=kind,
        subject=case_subject(number),
        dedupe_key=f"{kind}:{number}:{key}",
        due_at=now,
        facts={"case": number, **facts},
        channel_id=channel_id,
        user_id=user_id,
        thread_of=thread_of,
    )


def page_news(
    desk: Desk, row: PageRow, news: TeamNews, key: str, now: datetime, **facts: Any
) -> Draft:
    """What TEAM_CHANNEL is told of a page; a second with the same key is not written."""
    return Draft(
        kind=MessageKind.PAGE_NEWS,
        subject=page_subject(row.id),
        dedupe_key=f"news:{row.id}:{key}",
        due_at=now,
        facts={
            "page": row.id,
            "case": row.case_number,
            "news": news,
            "user": None,
            "at": now.isoformat(),
            **facts,
        },
        channel_id=desk.team_channel,
    )


def existing_case(tx: Transaction, number: int, *, lock: bool = False) -> Case:
    """The case of a number that came from a button.

    Raises:
        UserError: there is none: a button of another time, or of nobody's.
    """
    case = tx.cases.find(number, lock=lock)
    if case is None:
        raise UserError("There is no such case.")
    return case


def locked_page(tx: Transaction, page_id: int) -> PageRow | None:
    """A page, locked in the order that everybody keeps: its case first."""
    row = tx.pages.get(page_id)
    if row is None:
        return None
    tx.cases.get(row.case_number, lock=True)
    return tx.pages.get(page_id, lock=True)


def redraw(
    tx: Transaction,
    now: datetime,
    subject: str,
    *kinds: MessageKind,
    where: Mapping[str, Any] | None = None,
) -> None:
    """Have every message of these kinds drawn anew in place, as things stand when it is sent.

    In each place the newest goes first: it is the one that people look at, and Slack takes only
    about fifty redraws a minute.

    Args:
        where: only those whose facts say this.
    """
    for kind in kinds:
        places: set[str | None] = set()
        for message_id, draft in tx.outbox.to_redraw(subject, kind):
            if where and not where.items() <= draft.facts.items():
                continue
            place = draft.channel_id or draft.user_id
            edit = replace(draft, edits=message_id, dedupe_key=None, due_at=now)
            tx.outbox.add(replace(edit, is_old=place in places), now)
            places.add(place)
